//! What clients and the operator ask of the gateway, and what they do with its answers.

use domain::callback::CallbackState;
use domain::decision::Outcome;
use domain::event::{Asker, Event};
use domain::id::CallbackId;
use domain::outgoing::OutgoingState;
use engine::inlet::NotTaken;

use crate::agenda::Happening;
use crate::deliveries::words;
use crate::node::Slip;
use crate::tally::Fault;
use crate::world::World;

impl World {
    pub(crate) fn ask_to_send(&mut self, place: usize) {
        let now = self.wall();
        if self.node.is_none() {
            return self.agenda.at(self.now_ms() + 1_000, Happening::Send(place));
        }
        let wish = &mut self.wishes[place];
        if wish.asked_at.is_some() && !wish.may_repeat(now) {
            return self.story.tell(format_args!("the client of {:.8} no longer trusts its key", wish.send.text));
        }
        let send = wish.ask(now);
        self.story.tell(format_args!("a client sends {:.8} to {:?}", send.text, send.to));
        self.post(Event::SendAsked(send), Slip::Send(place));
    }

    pub(crate) fn send_told(&mut self, place: usize, result: &Result<Outcome, NotTaken>) {
        let again_ms = self.now_ms() + self.chance.between(200, 4_000);
        let repeats = self.chance.percent(self.faults());
        let reuses = self.chance.percent(self.faults());
        let wish = &mut self.wishes[place];
        wish.is_waiting = false;
        self.story.tell(format_args!("send {:.8} answered {}", wish.send.text, words(result)));
        let has_key = wish.send.idempotency.is_some();
        match result {
            Ok(Outcome::Sent { messages, .. }) => {
                wish.accepted.push(messages.clone());
                if has_key && repeats {
                    self.story.tally.count(Fault::SendRepeated);
                    self.agenda.at(again_ms, Happening::Send(place));
                } else if has_key && reuses {
                    self.agenda.at(again_ms, Happening::ReuseKey(place));
                }
            }
            Err(_) if has_key => {
                self.story.tally.count(Fault::SendRepeated);
                self.agenda.at(again_ms, Happening::Send(place));
            }
            _ => {}
        }
    }

    /// The same key for something else.
    pub(crate) fn reuse_key(&mut self, place: usize) {
        let now = self.wall();
        let wish = &self.wishes[place];
        if self.node.is_none() || !wish.may_repeat(now) {
            return;
        }
        let mut send = wish.send.clone();
        send.text = format!("another text than {:.8}", send.text);
        if let Some(idempotency) = &mut send.idempotency {
            idempotency.fingerprint[15] ^= 1;
        }
        let what = format_args!("a client uses the key of {:.8} for another text", wish.send.text);
        self.story.happened(Fault::KeyReused, what);
        self.post(Event::SendAsked(send), Slip::ReusedKey);
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
