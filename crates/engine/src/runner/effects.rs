//! What follows from committed changes, and only from committed ones: askers are told, caches brought up to date,
//! lanes and pacing move on, watchers hear of it.

use std::sync::Arc;

use domain::callback::CallbackState;
use domain::decision::Change;
use domain::event::Event;
use domain::message::Message;
use domain::outgoing::{Outgoing, OutgoingState};
use domain::time::At;
use domain::view::View;

use crate::cache::{CallbackWork, MtWork};
use crate::due::DueItem;
use crate::port::Changed;
use crate::runner::Runner;
use crate::runner::batch::Decided;

impl Runner {
    pub(super) fn effects(
        &mut self,
        decided: Vec<Decided>,
        changes: &[Change],
        works: Vec<CallbackWork>,
        view: &View,
        now: At,
    ) {
        for work in works {
            if self.works.has_room() {
                self.works.keep_callback(work);
            }
        }
        let watched = self.ports.feed.is_watched();
        self.count_arrivals(&decided);
        for one in decided {
            let changes = &changes[one.changes];
            for (index, change) in changes.iter().enumerate() {
                self.effect(&one.envelope.event, change, &changes[..index], now);
            }
            for ended in one.ended {
                self.pace.dropped(&ended.channel, &ended.phone_key(), ended.id);
            }
            self.after(&one.envelope.event, view);
            if let Some(ticket) = one.envelope.ticket {
                ticket(Ok(one.outcome));
            }
        }
        if watched {
            let changed: Vec<Changed> = changes.iter().filter_map(changed).collect();
            if !changed.is_empty() {
                self.ports.feed.publish(changed);
            }
        }
    }

    /// `before` are the changes of the same event that came before this one.
    fn effect(&mut self, event: &Event, change: &Change, before: &[Change], now: At) {
        match change {
            Change::PutCallback(callback) if self.is_streamed(callback) => {
                self.works.update_callback(callback);
                if callback.state == CallbackState::Pending {
                    self.streams.owe(callback);
                } else {
                    self.works.forget_callback(callback.id);
                    self.streams.ended(callback.id, Some(callback));
                }
            }
            Change::PutCallback(callback) => {
                self.works.update_callback(callback);
                if callback.state != CallbackState::Pending {
                    self.works.forget_callback(callback.id);
                    self.lanes.ended(callback);
                } else if matches!(event, Event::LaneHeld { .. }) {
                    self.lanes.detach(callback, &mut self.due);
                } else if callback.attempts == 0 {
                    let owed = self.lanes.owed(callback);
                    self.lanes.owe(&owed, now, &mut self.due);
                } else {
                    self.lanes.later(callback, &mut self.due);
                    if !self.works.has_room() {
                        self.works.forget_callback(callback.id);
                    }
                }
            }
            Change::EndCallback { id } => {
                if let Some(work) = self.works.callback(*id) {
                    let callback = work.callback.clone();
                    if self.is_streamed(&callback) {
                        self.streams.ended(*id, Some(&callback));
                    } else {
                        self.lanes.ended(&callback);
                    }
                }
                self.works.forget_callback(*id);
            }
            Change::PutOutgoing(outgoing) => {
                // A send to many makes each MT right after its message.
                let message = before.iter().rev().find_map(|change| match change {
                    Change::AddMessage { message, .. } => Some(message).filter(|message| message.id == outgoing.id),
                    _ => None,
                });
                self.put_outgoing(event, outgoing, message);
            }
            Change::EndOutgoing { id, .. } => {
                self.works.forget_mt(id.stamp);
            }
            Change::PutPhone(record) => {
                self.due.set_phone(&record.key, record.due_at());
                let kept = (!record.is_empty()).then(|| record.clone());
                self.phones.put(record.key.clone(), kept);
            }
            Change::AddMessage { .. }
            | Change::AddEntries { .. }
            | Change::AddSent { .. }
            | Change::ParkReport(_)
            | Change::DropParked { .. }
            | Change::PutOptOut(_)
            | Change::DropOptOut(_)
            | Change::AddStreamed(_)
            | Change::RememberSend(_)
            | Change::AddPoints { .. }
            | Change::PutDashboard { .. }
            | Change::DropDashboard { .. } => {}
        }
    }

    fn put_outgoing(&mut self, event: &Event, outgoing: &Outgoing, message: Option<&Message>) {
        match message {
            Some(message) if self.works.has_room() && outgoing.state == OutgoingState::Queued => {
                self.works.keep_mt(MtWork { outgoing: outgoing.clone(), message: Arc::new(message.clone()) });
            }
            _ => self.works.update_mt(outgoing),
        }
        let newly_queued = match event {
            Event::OutgoingDue { .. } => true,
            // Out of doubt again; or it waits to be submitted again, and need not.
            Event::AnsweredLate { .. } if outgoing.state == OutgoingState::Queued => !self.pace.knows(outgoing),
            Event::AnsweredLate { .. } => {
                self.pace.dropped(&outgoing.channel, &outgoing.phone_key(), outgoing.id);
                false
            }
            _ => message.is_some(),
        };
        match outgoing.state {
            OutgoingState::Scheduled => self.due.push(outgoing.due_at, DueItem::Outgoing(outgoing.id)),
            OutgoingState::Queued if newly_queued => self.pace.queue(outgoing),
            OutgoingState::Queued => {}
            // Waiting for reports needs no bytes at hand.
            OutgoingState::Submitted | OutgoingState::InDoubt => self.works.forget_mt(outgoing.id.stamp),
        }
    }

    /// Counts MOs and reports for those who look; once for a batch, since they share a lock.
    fn count_arrivals(&self, decided: &[Decided]) {
        let arrivals = || {
            decided.iter().filter_map(|one| match &one.envelope.event {
                Event::MoArrived(mo) => Some((&mo.channel, false)),
                Event::ReportArrived { channel, .. } => Some((channel, true)),
                _ => None,
            })
        };
        if arrivals().next().is_none() {
            return;
        }
        self.live.update(|live| {
            for (channel, is_report) in arrivals() {
                let Some(channel) = live.channels.get_mut(channel) else { continue };
                if is_report {
                    channel.reports += 1;
                } else {
                    channel.received += 1;
                }
            }
        });
    }

    /// What an event itself, not a change, sets in motion.
    fn after(&mut self, event: &Event, view: &View) {
        match event {
            Event::SubmitEnded { message, channel, .. } => {
                let outgoing = view.outgoing.get(&message.stamp);
                let more = outgoing.is_some_and(|o| o.state == OutgoingState::Queued && o.next_segment().is_some());
                self.pace.settled(channel, *message, more);
            }
            // Should the clock have stepped back since it was due, it is due again later.
            Event::PhoneDue { phone } => {
                let due_at = view.phones.get(phone).and_then(|record| record.due_at());
                self.due.set_phone(phone, due_at);
            }
            _ => {}
        }
    }
}

fn changed(change: &Change) -> Option<Changed> {
    match change {
        Change::AddMessage { message, state, .. } => Some(Changed {
            message: message.id,
            account: message.account.clone(),
            application: message.application.clone(),
            state: Some(*state),
        }),
        Change::AddEntries { message, state, .. } => {
            Some(Changed { message: *message, account: None, application: None, state: *state })
        }
        _ => None,
    }
}
