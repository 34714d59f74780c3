//! What the neighbours do with what a turn of the node asked of them, and what they ask of the node.

use domain::callback::{AttemptOutcome, CallbackState};
use domain::decision::Outcome;
use domain::directory::Name;
use domain::event::{Asker, Event};
use domain::id::CallbackId;
use domain::outgoing::OutgoingState;
use domain::report::ReportStatus;
use engine::inlet::NotTaken;
use engine::port::{Attempt, Clock, Signal, SubmitAnswer, SubmitOrder};

use crate::agenda::Happening;
use crate::application::{Known, Running};
use crate::check;
use crate::network::{Network, Order, hex, spellings};
use crate::node::{Asked, Slip};
use crate::world::World;

/// How long the SMPP adapter waits for the answer to a submit.
const RESPONSE_MS: u64 = 10_000;

impl World {
    pub(crate) fn take_asked(&mut self, asked: Asked) {
        match asked {
            Asked::Attempt(attempt) => self.attempted(&attempt),
            Asked::Order(channel, order) => self.ordered(channel, &order),
            Asked::Told(slip, result) => self.told(slip, result),
        }
    }

    pub(crate) fn deliver_mo(&mut self, place: usize) {
        let piece = &mut self.network.pieces[place];
        if self.node.is_none() {
            return self.agenda.at(self.clock.monotonic_ms() + 1_000, Happening::DeliverMo(place));
        }
        piece.is_waiting = true;
        if self.plan.acknowledge_before_commit {
            piece.is_acknowledged = true;
        }
        let mo = piece.mo.clone();
        self.story.tell(format_args!("the network delivers {}from {}", self.network.pieces[place].token, mo.from));
        self.post(Event::MoArrived(mo), Slip::Mo(place));
    }

    pub(crate) fn deliver_receipt(&mut self, place: usize) {
        if self.node.is_none() {
            return self.agenda.at(self.now_ms() + 1_000, Happening::DeliverReceipt(place));
        }
        self.network.receipts[place].is_waiting = true;
        let event = self.network.receipt_event(place, self.clock.now());
        let (about, status) = (self.network.receipts[place].about, self.network.receipts[place].status);
        self.story.tell(format_args!("the network reports {} {}", hex(about), status.name()));
        self.post(event, Slip::Receipt(place));
    }

    pub(crate) fn ask_to_send(&mut self, place: usize) {
        if self.node.is_none() {
            return self.agenda.at(self.now_ms() + 1_000, Happening::Send(place));
        }
        let send = self.wishes[place].ask(self.clock.now());
        self.story.tell(format_args!("a client sends {:.8} to {:?}", send.text, send.to));
        self.post(Event::SendAsked(send), Slip::Send(place));
    }

    fn told(&mut self, slip: Slip, result: Result<Outcome, NotTaken>) {
        let now_ms = self.now_ms();
        let again_ms = now_ms + self.chance.between(200, 4_000);
        match slip {
            Slip::Mo(place) => {
                let is_ok = matches!(result, Ok(Outcome::Accepted { .. }));
                let repeats = self.chance.percent(self.faults());
                let piece = &mut self.network.pieces[place];
                piece.is_waiting = false;
                piece.is_acknowledged |= is_ok;
                self.story.tell(format_args!("MO {}answered {}", piece.token, words(&result)));
                // Refused for now, or the OK was lost on its way.
                if !piece.is_acknowledged || repeats {
                    self.agenda.at(again_ms, Happening::DeliverMo(place));
                }
            }
            Slip::Receipt(place) => self.receipt_told(place, result.is_ok(), again_ms),
            Slip::Send(place) => {
                let repeats = self.chance.percent(self.faults());
                let wish = &mut self.wishes[place];
                wish.is_waiting = false;
                self.story.tell(format_args!("send {:.8} answered {}", wish.send.text, words(&result)));
                let has_key = wish.send.idempotency.is_some();
                match result {
                    Ok(Outcome::Sent { messages, .. }) => {
                        wish.accepted.push(messages);
                        if has_key && repeats {
                            self.agenda.at(again_ms, Happening::Send(place));
                        }
                    }
                    Err(_) if has_key => self.agenda.at(again_ms, Happening::Send(place)),
                    _ => {}
                }
            }
            Slip::Other => self.story.tell(format_args!("an asker is told {}", words(&result))),
        }
    }

    fn receipt_told(&mut self, place: usize, is_ok: bool, again_ms: u64) {
        let faults = self.faults();
        let receipt = &mut self.network.receipts[place];
        receipt.is_waiting = false;
        if !is_ok {
            return self.agenda.at(again_ms, Happening::DeliverReceipt(place));
        }
        receipt.is_acknowledged = true;
        let (about, status) = (receipt.about, receipt.status);
        if !status.is_final() {
            return;
        }
        if let Some(taken) = self.network.taken.get_mut(&about) {
            taken.is_told |= taken.last_word == Some(status);
        }
        // Once more, or something else than before.
        if self.chance.percent(faults) {
            self.agenda.at(again_ms, Happening::DeliverReceipt(place));
        } else if self.chance.percent(faults / 3) {
            let receipt = &self.network.receipts[place];
            let (channel, phone) = (receipt.channel.clone(), receipt.phone.clone());
            let odd = if status == ReportStatus::Delivered { ReportStatus::Failed } else { ReportStatus::Delivered };
            let place = self.network.receipt(&channel, phone, about, odd);
            self.agenda.at(again_ms + 1_000, Happening::DeliverReceipt(place));
        }
    }

    fn attempted(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        let count = self.applications.known.len();
        let known = self.applications.known.entry(attempt.callback).or_insert_with(|| Known {
            number: count,
            request: attempt.request.clone(),
            attempts: 0,
            kind: attempt.kind,
        });
        known.attempts += 1;
        let number = known.number;
        check::rest::starting(self, "an attempt");
        check::attempt::started(self, attempt);
        let faults = self.faults();
        let course = self.applications.handle(attempt, faults, &mut self.chance);
        let application = attempt.application.id.clone();
        self.story.tell(format_args!(
            "attempt {} of callback {number} ({}, {application}, {:?}): {}",
            attempt.number,
            attempt.kind.name(),
            attempt.phone,
            course.words(),
        ));
        self.applications.running.push(Running { callback: attempt.callback, application });
        let node = self.nodes;
        let ends_ms = self.now_ms() + course.took_ms;
        let outcome = Box::new(course.outcome(attempt, self.clock.now()));
        self.agenda.at(ends_ms, Happening::AttemptEnds { node, callback: attempt.callback, outcome });
    }

    pub(crate) fn attempt_ends(&mut self, node: u32, callback: CallbackId, outcome: AttemptOutcome) {
        if self.node.as_ref().is_none_or(|current| current.number != node) {
            return;
        }
        self.applications.running.retain(|running| running.callback != callback);
        let phone = match self.disk.truth().ledger.callbacks.get(&callback) {
            Some(truth) => truth.record.phone.key(),
            None => return,
        };
        if let Some(node) = &self.node {
            node.inlet.tell(Event::AttemptEnded { callback, phone, outcome });
        }
        self.wake();
    }

    fn ordered(&mut self, channel: Name, order: &SubmitOrder) {
        check::rest::starting(self, "a submit");
        check::submit::ordered(self, &channel, order);
        let place = self.network.orders.len();
        let is_up = self.network.links_up.contains(&(channel.clone(), order.link));
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
        let latency_ms = self.chance.between(2, 400);
        if self.chance.percent(self.faults()) {
            let reason = String::new();
            match self.chance.between(0, 9) {
                0..=2 => return (SubmitAnswer::Throttled { reason }, latency_ms),
                3 => return (SubmitAnswer::Temporary { reason }, latency_ms),
                4 => return (SubmitAnswer::Refused { reason: "invalid destination".to_owned() }, latency_ms),
                5 => return (SubmitAnswer::Unknown { reason: "no answer in time".to_owned() }, RESPONSE_MS),
                6 => {
                    self.take(channel, order, latency_ms);
                    return (SubmitAnswer::Unknown { reason: "no answer in time".to_owned() }, RESPONSE_MS);
                }
                _ => {}
            }
        }
        let id = hex(self.take(channel, order, latency_ms));
        (SubmitAnswer::Taken { spellings: spellings(&id), network_id: id }, latency_ms)
    }

    /// The network takes a segment and plans its receipts; some come before the answer.
    fn take(&mut self, channel: &Name, order: &SubmitOrder, latency_ms: u64) -> u64 {
        let faults = self.faults();
        let last_word = match self.chance.between(0, 9) {
            0 => ReportStatus::Failed,
            1 => ReportStatus::Expired,
            _ => ReportStatus::Delivered,
        };
        let last_word = if self.chance.percent(faults / 3) { None } else { Some(last_word) };
        let id = self.network.take(last_word);
        let is_early = self.chance.percent(faults);
        let after_ms = if is_early { self.chance.between(0, latency_ms) } else { latency_ms };
        let mut at_ms = self.now_ms() + after_ms + if is_early { 0 } else { self.chance.between(0, 8_000) };
        if self.chance.percent(faults) {
            let pending = ReportStatus::Pending;
            let place = self.network.receipt(channel, order.to.clone(), id, pending);
            self.agenda.at(at_ms, Happening::DeliverReceipt(place));
            at_ms += self.chance.between(0, 2_000);
        }
        if let Some(status) = last_word {
            let place = self.network.receipt(channel, order.to.clone(), id, status);
            self.agenda.at(at_ms, Happening::DeliverReceipt(place));
        }
        id
    }

    pub(crate) fn submit_answered(&mut self, place: usize, answer: SubmitAnswer) {
        let order = &mut self.network.orders[place];
        if !std::mem::take(&mut order.is_open) {
            return;
        }
        let (channel, link) = (order.channel.clone(), order.link);
        let (message, segment) = (order.message, order.segment);
        self.signal(Signal::SubmitEnded { channel, link, message, segment, answer });
    }

    pub(crate) fn replay(&mut self) {
        let kept: Vec<CallbackId> = {
            let truth = self.disk.truth();
            let callbacks = truth.ledger.callbacks.iter();
            let is_kept = |how| matches!(how, Some(CallbackState::Refused | CallbackState::Exhausted));
            callbacks.filter(|(_, c)| is_kept(c.ended)).map(|(id, _)| *id).collect()
        };
        if kept.is_empty() || self.node.is_none() {
            return;
        }
        let callback = *self.chance.pick(&kept);
        self.story.tell(format_args!("the operator replays {callback}"));
        self.post(Event::ReplayAsked { asker: Asker::Operator, callback }, Slip::Other);
    }

    pub(crate) fn close_sessions(&mut self) {
        let phones: Vec<_> = self.disk.truth().ledger.phones.iter().cloned().collect();
        self.story.tell(format_args!("weather closes its sessions with {phones:?}"));
        self.post(Event::CloseSessionsAsked { application: "weather".into(), phones }, Slip::Other);
    }

    pub(crate) fn cancel(&mut self) {
        let messages = {
            let truth = self.disk.truth();
            let scheduled = truth.ledger.outgoing.values().filter(|o| o.state == OutgoingState::Scheduled);
            scheduled.map(|o| o.id.stamp).collect()
        };
        self.story.tell(format_args!("the operator withdraws what is scheduled"));
        self.post(Event::CancelAsked { asker: Asker::Operator, messages }, Slip::Other);
    }
}

impl Network {
    /// The open orders of a link.
    pub(crate) fn orders_on(&self, channel: &Name, link: u16) -> Vec<usize> {
        let is_on = |order: &Order| order.is_open && order.channel == *channel && order.link == link;
        self.orders.iter().enumerate().filter(|(_, order)| is_on(order)).map(|(place, _)| place).collect()
    }
}

fn not_sent() -> SubmitAnswer {
    SubmitAnswer::NotSent { reason: "the link is down".to_owned() }
}

fn words(result: &Result<Outcome, NotTaken>) -> String {
    match result {
        Ok(Outcome::Accepted { message }) => format!("OK, {message}"),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("not now: {error}"),
    }
}
