//! What the network delivers to the gateway, MOs and receipts, and what it does with the answers.

use domain::decision::Outcome;
use domain::event::Event;
use domain::report::ReportStatus;
use engine::inlet::NotTaken;

use crate::agenda::Happening;
use crate::check;
use crate::network::hex;
use crate::node::{Asked, Slip};
use crate::phones;
use crate::tally::Fault;
use crate::world::World;

impl World {
    pub(crate) fn take_asked(&mut self, asked: Asked) {
        match asked {
            Asked::Attempt(attempt) => self.attempted(&attempt),
            Asked::Order(channel, order) => self.ordered(channel, &order),
            Asked::Told(slip, result) => self.told(slip, &result),
        }
    }

    pub(crate) fn deliver_mo(&mut self, place: usize) {
        let channel = self.network.pieces[place].mo.channel.clone();
        let on = self.network.link_of(&channel);
        if self.node.is_none() || on.is_none() {
            return self.agenda.at(self.now_ms() + 1_000, Happening::DeliverMo(place));
        }
        for fault in phones::remarks(&self.network.pieces, place) {
            self.story.tally.count(fault);
        }
        let piece = &mut self.network.pieces[place];
        if piece.is_acknowledged {
            self.story.tally.count(Fault::MoRepeated);
        }
        (piece.has_come, piece.is_waiting, piece.on) = (true, true, on);
        if self.plan.acknowledge_before_commit {
            (piece.is_acknowledged, piece.is_waiting) = (true, false);
        }
        let mo = piece.mo.clone();
        let faults = self.faults();
        let is_cut = self.network.chance.percent(faults / 3);
        if let Some((link, _)) = on.filter(|_| is_cut) {
            self.agenda.at(self.now_ms(), Happening::LinkCut(channel, link));
        }
        let piece = &self.network.pieces[place];
        self.story.tell(format_args!("the network delivers {}from {} to {}", piece.token, mo.from, mo.to));
        self.post(Event::MoArrived(mo), Slip::Mo(place));
    }

    pub(crate) fn deliver_receipt(&mut self, place: usize) {
        let channel = self.network.receipts[place].channel.clone();
        let on = self.network.link_of(&channel);
        if self.node.is_none() || on.is_none() {
            return self.agenda.at(self.now_ms() + 1_000, Happening::DeliverReceipt(place));
        }
        let now = self.wall();
        let event = self.network.receipt_event(place, now);
        let receipt = &mut self.network.receipts[place];
        (receipt.is_waiting, receipt.on) = (true, on);
        let (about, status, fault) = (receipt.about, receipt.status, receipt.fault);
        let is_repeated = receipt.is_acknowledged;
        self.story.tell(format_args!("{channel} reports {} {}", hex(about), status.name()));
        self.count_receipt(about, fault, is_repeated);
        self.post(event, Slip::Receipt(place));
    }

    fn count_receipt(&mut self, about: u64, fault: Option<Fault>, is_repeated: bool) {
        if is_repeated {
            return self.story.tally.count(Fault::ReceiptDoubled);
        }
        if let Some(fault) = fault {
            self.story.tally.count(fault);
        }
        let Some(taken) = self.network.taken.get(&about) else { return };
        if self.network.orders[taken.order].is_open {
            self.story.tally.count(Fault::ReceiptEarly);
        }
        if about % 5 < 3 {
            self.story.tally.count(Fault::ReceiptRespelled);
        }
    }

    pub(crate) fn deliver_strange_receipt(&mut self, is_nameless: bool) {
        let place = self.network.strange_receipt(is_nameless);
        self.deliver_receipt(place);
    }

    fn told(&mut self, slip: Slip, result: &Result<Outcome, NotTaken>) {
        check::accepted::told(self, slip, result);
        match slip {
            Slip::Mo(place) => self.mo_told(place, result),
            Slip::Receipt(place) => self.receipt_told(place, result.is_ok()),
            Slip::Send(place) => self.send_told(place, result),
            Slip::ReusedKey => check::sends::reused_key(result, &mut self.story),
            Slip::Other => self.story.tell(format_args!("an asker is told {}", words(result))),
        }
    }

    fn mo_told(&mut self, place: usize, result: &Result<Outcome, NotTaken>) {
        let again_ms = self.now_ms() + self.chance.between(200, 4_000);
        let repeats = self.chance.percent(self.faults());
        let piece = &self.network.pieces[place];
        let is_heard = self.network.is_alive(&piece.mo.channel, piece.on);
        let piece = &mut self.network.pieces[place];
        piece.is_waiting = false;
        piece.is_acknowledged |= is_heard && matches!(result, Ok(Outcome::Accepted { .. }));
        let lost = if is_heard { "" } else { ", which nobody hears" };
        self.story.tell(format_args!("MO {}answered {}{lost}", piece.token, words(result)));
        // Refused for now, or the OK was lost on its way.
        if !piece.is_acknowledged || (repeats && !self.plan.acknowledge_before_commit) {
            self.agenda.at(again_ms, Happening::DeliverMo(place));
        }
    }

    fn receipt_told(&mut self, place: usize, is_ok: bool) {
        let again_ms = self.now_ms() + self.chance.between(200, 4_000);
        let receipt = &self.network.receipts[place];
        let is_heard = self.network.is_alive(&receipt.channel, receipt.on);
        let receipt = &mut self.network.receipts[place];
        receipt.is_waiting = false;
        if !is_ok || !is_heard {
            return self.agenda.at(again_ms, Happening::DeliverReceipt(place));
        }
        receipt.is_acknowledged = true;
        if receipt.is_strange() {
            return check::report::parked(self, place);
        }
        let (about, status, is_first_word) = (receipt.about, receipt.status, receipt.fault.is_none());
        if !status.is_final() || !is_first_word {
            return;
        }
        if let Some(taken) = self.network.taken.get_mut(&about) {
            taken.is_told |= taken.last_word == Some(status);
        }
        self.say_more(place, again_ms);
    }

    /// After the last word: once more, or something else than before.
    fn say_more(&mut self, place: usize, again_ms: u64) {
        let faults = self.faults();
        if self.chance.percent(faults) {
            return self.agenda.at(again_ms, Happening::DeliverReceipt(place));
        }
        if !self.chance.percent(faults) {
            return;
        }
        let receipt = &self.network.receipts[place];
        let (channel, phone, about) = (receipt.channel.clone(), receipt.phone.clone(), receipt.about);
        if self.network.taken.get(&about).is_none_or(|taken| !taken.is_known) {
            // Of what is parked until its submit is answered, the later last word counts.
            return;
        }
        let (status, fault) = match (self.chance.percent(50), receipt.status) {
            (true, _) => (ReportStatus::Pending, Fault::ReceiptBackward),
            (false, ReportStatus::Delivered) => (ReportStatus::Failed, Fault::ReceiptContradicts),
            (false, _) => (ReportStatus::Delivered, Fault::ReceiptContradicts),
        };
        let place = self.network.receipt(&channel, phone, about, status, Some(fault));
        self.agenda.at(again_ms + 1_000, Happening::DeliverReceipt(place));
    }
}

pub(crate) fn words(result: &Result<Outcome, NotTaken>) -> String {
    match result {
        Ok(Outcome::Accepted { message }) => format!("OK, {message}"),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("not now: {error}"),
    }
}
