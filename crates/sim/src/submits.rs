//! What the network does with the segments it is given.

use domain::address::AddressKey;
use domain::directory::Name;
use domain::report::ReportStatus;
use engine::limit::{REFUSALS_IN_A_ROW_MAX, THROTTLE_PAUSE_MS};
use engine::port::{Signal, SubmitAnswer, SubmitOrder};

use crate::agenda::Happening;
use crate::check;
use crate::network::{Life, Order, hex, spellings};
use crate::tally::Fault;
use crate::world::World;

/// How long the SMPP adapter waits for the answer to a submit.
const RESPONSE_MS: u64 = 10_000;

impl World {
    pub(crate) fn ordered(&mut self, channel: Name, order: &SubmitOrder) {
        check::rest::starting(self, "a submit");
        check::submit::ordered(self, &channel, order);
        check::neighbour::submitted(self, &channel, &order.to.key());
        let place = self.network.orders.len();
        let is_up = self.network.links_up.contains_key(&(channel.clone(), order.link));
        self.network.orders.push(Order {
            channel: channel.clone(),
            link: order.link,
            message: order.message,
            segment: order.segment,
            phone: order.to.key(),
            is_open: true,
        });
        let now_ms = self.now_ms();
        let (answer, after_ms) = if is_up { self.answer(&channel, order) } else { (not_sent(), 1) };
        self.story.tell(format_args!(
            "{channel}/{} is given segment {} of {} to {}: {answer:?} in {after_ms} ms",
            order.link,
            order.segment + 1,
            order.message,
            order.to
        ));
        let is_certain = matches!(
            answer,
            SubmitAnswer::Throttled { .. } | SubmitAnswer::Temporary { .. } | SubmitAnswer::NotSent { .. }
        );
        if &*channel == "spare" && !is_certain {
            self.network.written_once.insert((order.message, order.segment));
        }
        self.agenda.at(now_ms + after_ms, Happening::SubmitAnswered(place, answer));
    }

    /// What the network makes of a segment, and when it says so.
    fn answer(&mut self, channel: &Name, order: &SubmitOrder) -> (SubmitAnswer, u64) {
        let (faults, is_storm) = (self.faults(), self.network.storms.contains(channel));
        let chance = &mut self.network.chance;
        let mut latency_ms = chance.between(2, 400);
        let fault = *chance.pick(&[
            Fault::Throttled,
            Fault::Throttled,
            Fault::TakenAfterAll,
            Fault::RefusedAfterAll,
            Fault::RefusedForNow,
            Fault::RefusedForGood,
            Fault::SubmitLost,
            Fault::AnswerLost,
            Fault::NoNetworkId,
            Fault::AnswerLate,
        ]);
        let fault = match (is_storm, chance.percent(faults)) {
            (true, true) => Fault::RefusedForNow,
            (true, false) => Fault::Throttled,
            (false, true) => fault,
            (false, false) => return (self.taken(channel, order, latency_ms), latency_ms),
        };
        if !matches!(fault, Fault::TakenAfterAll | Fault::RefusedAfterAll) {
            self.story.tally.count(fault);
        }
        let reason = String::new();
        let no_answer = || SubmitAnswer::Unknown { reason: "no answer in time".to_owned() };
        match fault {
            Fault::Throttled => (SubmitAnswer::Throttled { reason }, latency_ms),
            Fault::RefusedForNow => (SubmitAnswer::Temporary { reason }, latency_ms),
            Fault::RefusedForGood => (SubmitAnswer::Refused { reason: "invalid destination".to_owned() }, latency_ms),
            Fault::SubmitLost => (no_answer(), RESPONSE_MS),
            Fault::AnswerLost => {
                self.take(channel, order, latency_ms);
                (no_answer(), RESPONSE_MS)
            }
            Fault::TakenAfterAll => {
                let answer = self.taken(channel, order, RESPONSE_MS);
                self.answer_late(channel, order.link, answer);
                (no_answer(), RESPONSE_MS)
            }
            Fault::RefusedAfterAll => {
                let answers = [
                    SubmitAnswer::Refused { reason: "invalid destination".to_owned() },
                    SubmitAnswer::Temporary { reason: "queue full".to_owned() },
                    SubmitAnswer::Throttled { reason: "throttled".to_owned() },
                ];
                let answer = self.network.chance.pick(&answers).clone();
                self.answer_late(channel, order.link, answer);
                (no_answer(), RESPONSE_MS)
            }
            Fault::NoNetworkId => {
                self.take(channel, order, latency_ms);
                (SubmitAnswer::Taken { network_id: String::new(), spellings: Vec::new() }, latency_ms)
            }
            _ => {
                latency_ms = self.network.chance.between(4_000, RESPONSE_MS - 100);
                (self.taken(channel, order, latency_ms), latency_ms)
            }
        }
    }

    fn taken(&mut self, channel: &Name, order: &SubmitOrder, latency_ms: u64) -> SubmitAnswer {
        let id = hex(self.take(channel, order, latency_ms));
        SubmitAnswer::Taken { spellings: spellings(&id), network_id: id }
    }

    /// The network takes a segment and plans its receipts; some come before the answer.
    fn take(&mut self, channel: &Name, order: &SubmitOrder, latency_ms: u64) -> u64 {
        let (faults, now_ms) = (self.faults(), self.now_ms());
        let network = &mut self.network;
        let last_word = match network.chance.between(0, 9) {
            0 => ReportStatus::Failed,
            1 => ReportStatus::Expired,
            _ => ReportStatus::Delivered,
        };
        let last_word = if network.chance.percent(faults / 3) { None } else { Some(last_word) };
        let id = network.take(last_word);
        let is_early = network.chance.percent(faults);
        let mut at_ms = match is_early {
            true => now_ms + network.chance.between(0, latency_ms),
            false => now_ms + latency_ms + network.chance.between(0, 8_000),
        };
        if network.chance.percent(faults) {
            let place = network.receipt(channel, order.to.clone(), id, ReportStatus::Pending, None);
            self.agenda.at(at_ms, Happening::DeliverReceipt(place));
            at_ms += network.chance.between(0, 2_000);
        }
        let Some(status) = last_word else {
            self.story.tally.count(Fault::ReceiptNever);
            return id;
        };
        if network.chance.percent(faults / 3) {
            let other: Name = (if &**channel == "spare" { "carrier" } else { "spare" }).into();
            let fault = Some(Fault::ReceiptElsewhere);
            let place = network.receipt(&other, order.to.clone(), id, status, fault);
            self.agenda.at(at_ms, Happening::DeliverReceipt(place));
        }
        let place = network.receipt(channel, order.to.clone(), id, status, None);
        self.agenda.at(at_ms, Happening::DeliverReceipt(place));
        id
    }

    pub(crate) fn submit_answered(&mut self, place: usize, answer: SubmitAnswer) {
        let order = &mut self.network.orders[place];
        if !std::mem::take(&mut order.is_open) {
            return;
        }
        let (channel, link) = (order.channel.clone(), order.link);
        let (message, segment) = (order.message, order.segment);
        let phone = order.phone.clone();
        self.pause(&channel, link, phone, &answer);
        self.network.tell(&answer);
        self.signal(Signal::SubmitEnded { channel, link, message, segment, answer });
    }

    /// Notes what the node may let rest after such an answer.
    fn pause(&mut self, channel: &Name, link: u16, phone: AddressKey, answer: &SubmitAnswer) {
        // The node may see it a little later.
        let until_ms = self.now_ms() + THROTTLE_PAUSE_MS + check::neighbour::NOTICED_MS;
        let on = (channel.clone(), link);
        match answer {
            SubmitAnswer::Throttled { .. } => {
                self.network.paused_until_ms.insert(on, until_ms);
            }
            SubmitAnswer::Temporary { .. } => {
                self.network.resting_until_ms.insert((channel.clone(), phone), until_ms);
                let refusals = self.network.refusals.entry(on.clone()).or_default();
                *refusals += 1;
                if *refusals >= REFUSALS_IN_A_ROW_MAX {
                    self.network.paused_until_ms.insert(on, until_ms);
                }
            }
            SubmitAnswer::NotSent { .. } => {}
            _ => {
                self.network.refusals.remove(&on);
            }
        }
    }

    /// The network answers the newest order when it has been given up.
    fn answer_late(&mut self, channel: &Name, link: u16, answer: SubmitAnswer) {
        let Some(life) = self.network.links_up.get(&(channel.clone(), link)).copied() else { return };
        let after_ms = RESPONSE_MS + self.network.chance.between(1, 8_000);
        let place = self.network.orders.len() - 1;
        self.agenda.at(self.now_ms() + after_ms, Happening::AnsweredLate(place, life, answer));
    }

    pub(crate) fn answered_late(&mut self, place: usize, life: Life, answer: SubmitAnswer) {
        let order = &self.network.orders[place];
        let (channel, link) = (order.channel.clone(), order.link);
        let (message, segment) = (order.message, order.segment);
        if !self.network.is_alive(&channel, Some((link, life))) {
            return;
        }
        let fault = match answer {
            SubmitAnswer::Taken { .. } => Fault::TakenAfterAll,
            _ => Fault::RefusedAfterAll,
        };
        self.story.happened(fault, format_args!("{channel}/{link} answers late for {message}: {answer:?}"));
        if fault == Fault::RefusedAfterAll {
            // Now it is certain that the network does not have it.
            self.network.written_once.remove(&(message, segment));
        }
        self.network.late.insert(message);
        self.network.tell(&answer);
        self.signal(Signal::AnsweredLate { channel, message, segment, answer });
    }
}

fn not_sent() -> SubmitAnswer {
    SubmitAnswer::NotSent { reason: "the link is down".to_owned() }
}
