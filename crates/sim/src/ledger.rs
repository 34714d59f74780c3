//! The truth: what was committed, kept apart from the store and in the shape in which the checkers ask.

use std::collections::{BTreeMap, BTreeSet};

use domain::address::AddressKey;
use domain::callback::{Callback, CallbackState, Rendered};
use domain::decision::Change;
use domain::directory::Name;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::{Message, MessageState};
use domain::note::{Entry, Note, NoteCode, RequestBody};
use domain::outgoing::{Outgoing, OutgoingState};
use domain::phone::PhoneRecord;

/// A message as committed so far. Entries may come before the message: a segment came twice before the text is whole.
#[derive(Default)]
pub(crate) struct MessageTruth {
    pub(crate) message: Option<Message>,
    pub(crate) states: Vec<MessageState>,
    pub(crate) entries: Vec<Entry>,
}

impl MessageTruth {
    pub(crate) fn state(&self) -> Option<MessageState> {
        self.states.last().copied()
    }

    pub(crate) fn notes(&self, code: NoteCode) -> impl Iterator<Item = &Note> {
        self.entries.iter().filter_map(move |entry| match entry {
            Entry::Note(note) if note.code == code => Some(note),
            _ => None,
        })
    }
}

pub(crate) struct CallbackTruth {
    pub(crate) record: Callback,
    pub(crate) body: Option<Rendered>,
    /// How it ended; none while it is owed.
    pub(crate) ended: Option<CallbackState>,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) messages: BTreeMap<Stamp, MessageTruth>,
    pub(crate) callbacks: BTreeMap<CallbackId, CallbackTruth>,
    /// Callbacks owed in each lane, in the order of their commits; detached ones are not in it.
    pub(crate) lanes: BTreeMap<(Name, AddressKey), Vec<CallbackId>>,
    pub(crate) outgoing: BTreeMap<Stamp, Outgoing>,
    /// Queued MTs of each channel and phone, in the order of their commits.
    pub(crate) queues: BTreeMap<(Name, AddressKey), Vec<MessageId>>,
    /// Phones about which something is remembered that will end.
    pub(crate) phones: BTreeSet<AddressKey>,
    /// Long MOs of each phone that wait for segments.
    pub(crate) collecting: BTreeMap<AddressKey, Vec<Stamp>>,
    /// Reports that matched nothing, by channel and id.
    pub(crate) parked: BTreeSet<(Name, String)>,
    pub(crate) commits: u64,
    bodies: BTreeMap<CallbackId, Rendered>,
}

impl Ledger {
    pub(crate) fn apply(&mut self, changes: &[Change]) {
        self.commits += 1;
        for change in changes {
            self.apply_one(change);
        }
    }

    fn apply_one(&mut self, change: &Change) {
        match change {
            Change::AddMessage { message, state, entries } => {
                self.add(message.id, Some(*state), entries).message = Some(message.clone());
            }
            Change::AddEntries { message, state, entries } => {
                self.add(*message, *state, entries);
            }
            Change::PutCallback(callback) => self.put_callback(callback),
            Change::EndCallback { id } => self.end_callback(*id, CallbackState::Answered),
            Change::PutOutgoing(outgoing) => self.put_outgoing(outgoing),
            Change::EndOutgoing { id, .. } => {
                if let Some(outgoing) = self.outgoing.remove(&id.stamp) {
                    self.leave_queue(&outgoing);
                }
            }
            Change::PutPhone(record) => self.put_phone(record),
            Change::ParkReport(report) => {
                self.parked.insert((report.channel.as_str().into(), report.network_id.clone()));
            }
            Change::DropParked { channel, network_id } => {
                self.parked.remove(&(channel.clone(), network_id.clone()));
            }
            Change::AddSent { .. }
            | Change::RememberSend(_)
            | Change::PutOptOut(_)
            | Change::DropOptOut(_)
            | Change::AddStreamed(_)
            | Change::AddPoints { .. }
            | Change::PutDashboard { .. }
            | Change::DropDashboard { .. } => {}
        }
    }

    fn put_phone(&mut self, record: &PhoneRecord) {
        if record.due_at().is_some() {
            self.phones.insert(record.key.clone());
        } else {
            self.phones.remove(&record.key);
        }
        let collecting = record.long_messages.iter().map(|long| long.message.stamp);
        self.collecting.insert(record.key.clone(), collecting.collect());
    }

    /// True when a message, or a segment of what will be one, is durable.
    pub(crate) fn has(&self, message: MessageId) -> bool {
        let is_message = self.messages.get(&message.stamp).is_some_and(|truth| truth.message.is_some());
        is_message || self.collecting.values().any(|stamps| stamps.contains(&message.stamp))
    }

    fn add(&mut self, id: MessageId, state: Option<MessageState>, entries: &[Entry]) -> &mut MessageTruth {
        for entry in entries {
            if let Entry::CallbackMade { id, request: RequestBody::Rendered(body), .. } = entry {
                self.bodies.insert(*id, body.clone());
                if let Some(callback) = self.callbacks.get_mut(id) {
                    callback.body = Some(body.clone());
                }
            }
        }
        let truth = self.messages.entry(id.stamp).or_default();
        truth.states.extend(state);
        truth.entries.extend_from_slice(entries);
        truth
    }

    fn put_callback(&mut self, callback: &Callback) {
        let body = self.bodies.get(&callback.id).cloned();
        let truth = self.callbacks.entry(callback.id).or_insert_with(|| CallbackTruth {
            record: callback.clone(),
            body,
            ended: None,
        });
        truth.record = callback.clone();
        if callback.state != CallbackState::Pending {
            return self.end_callback(callback.id, callback.state);
        }
        truth.ended = None;
        let lane = self.lanes.entry((callback.application.clone(), callback.phone.key())).or_default();
        if callback.detached {
            lane.retain(|id| *id != callback.id);
        } else if !lane.contains(&callback.id) {
            lane.push(callback.id);
        }
    }

    fn end_callback(&mut self, id: CallbackId, how: CallbackState) {
        let Some(truth) = self.callbacks.get_mut(&id) else { return };
        truth.ended = Some(how);
        let lane = (truth.record.application.clone(), truth.record.phone.key());
        if let Some(lane) = self.lanes.get_mut(&lane) {
            lane.retain(|other| *other != id);
        }
    }

    fn put_outgoing(&mut self, outgoing: &Outgoing) {
        if outgoing.state == OutgoingState::Queued {
            let queue = self.queues.entry((outgoing.channel.clone(), outgoing.phone_key())).or_default();
            if !queue.contains(&outgoing.id) {
                queue.push(outgoing.id);
            }
        } else {
            self.leave_queue(outgoing);
        }
        self.outgoing.insert(outgoing.id.stamp, outgoing.clone());
    }

    fn leave_queue(&mut self, outgoing: &Outgoing) {
        if let Some(queue) = self.queues.get_mut(&(outgoing.channel.clone(), outgoing.phone_key())) {
            queue.retain(|id| *id != outgoing.id);
        }
    }

    /// Nothing is owed, nothing is on its way, nothing about a phone will end.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.outgoing.is_empty() && self.phones.is_empty() && self.callbacks.values().all(|c| c.ended.is_some())
    }

    /// How many messages have exactly this text.
    pub(crate) fn with_text(&self, text: &str) -> usize {
        self.messages.values().filter(|m| m.message.as_ref().is_some_and(|m| m.text == text)).count()
    }
}
