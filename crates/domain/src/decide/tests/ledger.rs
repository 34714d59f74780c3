//! What a store would hold of the messages, and what must be true of it whatever was decided.

use std::collections::{BTreeMap, BTreeSet};

use crate::callback::{Callback, CallbackEvent, CallbackKind, CallbackState};
use crate::decision::{Change, Decision, Outcome};
use crate::id::{CallbackId, MessageId, Stamp};
use crate::limit::{REASSEMBLIES_MAX, REPROCESS_HOPS_MAX, SEEN_MAX, SESSIONS_MAX, SUBSCRIPTIONS_MAX, TEXT_BYTES_MAX};
use crate::message::{Direction, Message, MessageState};
use crate::note::{Entry, Note, NoteCode, RequestBody};
use crate::outgoing::{Outgoing, OutgoingState};
use crate::phone::PhoneRecord;
use crate::view::View;

#[derive(Default)]
pub(super) struct Ledger {
    pub(super) messages: BTreeMap<Stamp, Message>,
    pub(super) states: BTreeMap<Stamp, MessageState>,
    pub(super) timeline: BTreeMap<Stamp, Vec<Entry>>,
    pub(super) told: BTreeMap<CallbackId, CallbackEvent>,
    answered: BTreeSet<CallbackId>,
    finished: BTreeSet<Stamp>,
    replayed: BTreeSet<Stamp>,
}

impl Ledger {
    /// Writes a decision down and holds it against the promises; `before` and `after` are the view around it.
    pub(super) fn record(&mut self, before: &View, after: &View, decision: &Decision) {
        if let Outcome::Refused(refusal) = &decision.outcome {
            assert_eq!(decision.changes, [], "a refusal changes nothing: {refusal}");
        }
        let mut made = Vec::new();
        for change in &decision.changes {
            match change {
                Change::AddMessage { message, state, entries } => {
                    assert!(message.text.len() <= TEXT_BYTES_MAX);
                    assert!(message.hops <= REPROCESS_HOPS_MAX, "a text went around {} times", message.hops);
                    assert!(message.segments > 0, "{:?} has no segment", message.id);
                    let other = self.messages.insert(message.id.stamp, message.clone());
                    assert_eq!(other, None, "a stamp was given twice");
                    self.states.insert(message.id.stamp, *state);
                    self.write(message.id, entries, &mut made);
                }
                Change::AddEntries { message, state, entries } => {
                    if let Some(state) = state {
                        self.move_to(*message, *state, entries);
                    }
                    self.write(*message, entries, &mut made);
                }
                _ => {}
            }
        }
        self.check_callbacks(before, decision, made);
        self.check_rest(before, after, decision);
    }

    fn write(&mut self, message: MessageId, entries: &[Entry], made: &mut Vec<(MessageId, CallbackId)>) {
        for entry in entries {
            match entry {
                Entry::Note(note) => {
                    assert_words(note);
                    if note.code == NoteCode::Replayed {
                        self.replayed.insert(message.stamp);
                    }
                }
                Entry::CallbackMade { id, kind, request: RequestBody::Told(event), .. } => {
                    assert_eq!(event.kind(), *kind);
                    assert_eq!(self.told.insert(*id, event.clone()), None, "a callback was made twice");
                    made.push((message, *id));
                }
                Entry::CallbackMade { .. } => panic!("a decision renders nothing"),
                Entry::Attempt { callback, .. } => assert_eq!(callback.stamp, message.stamp),
            }
        }
        self.timeline.entry(message.stamp).or_default().extend(entries.iter().cloned());
    }

    /// States only move forward; only a replay opens an ended MO again.
    fn move_to(&mut self, message: MessageId, state: MessageState, entries: &[Entry]) {
        use MessageState::*;
        let before = self.states[&message.stamp];
        let forward = match (before, state) {
            (Received, Answered | Refused | Exhausted) => true,
            (Refused | Exhausted, Answered | Refused | Exhausted) => self.replayed.remove(&message.stamp),
            (Scheduled, Queued | Cancelled) => true,
            (Queued, InDoubt | Submitted | Delivered | Undelivered | Expired | Rejected) => true,
            (InDoubt, Queued) => {
                entries.iter().any(|e| matches!(e, Entry::Note(n) if n.code == NoteCode::AnsweredLate))
            }
            (InDoubt, InDoubt | Submitted | Delivered | Undelivered | Expired | Rejected) => true,
            (Submitted, Submitted | Delivered | Undelivered | Expired | Rejected) => true,
            _ => false,
        };
        assert!(forward, "{message:?} went from {} to {} with {entries:?}", before.name(), state.name());
        self.states.insert(message.stamp, state);
    }

    /// Every callback is owed by a message that exists, is in its timeline once, and ends once.
    fn check_callbacks(&mut self, before: &View, decision: &Decision, made: Vec<(MessageId, CallbackId)>) {
        let mut new = BTreeMap::new();
        for change in &decision.changes {
            match change {
                Change::PutCallback(callback) => {
                    assert!(!self.answered.contains(&callback.id), "an answered callback came back");
                    self.check_callback(callback);
                    if !before.callbacks.contains_key(&callback.id) {
                        assert_eq!(callback.state, CallbackState::Pending);
                        assert_eq!(new.insert(callback.id, callback.message), None, "a callback was put twice");
                    }
                }
                Change::EndCallback { id } => {
                    assert_eq!(before.callbacks.get(id).map(|c| c.state), Some(CallbackState::Pending));
                    assert!(self.answered.insert(*id), "a callback ended twice");
                }
                _ => {}
            }
        }
        let made: BTreeMap<CallbackId, MessageId> = made.into_iter().map(|(message, id)| (id, message)).collect();
        assert_eq!(made, new, "what the timelines show is what is owed");
    }

    fn check_callback(&self, callback: &Callback) {
        assert_eq!(callback.id.stamp, callback.message.stamp);
        let message = self.messages.get(&callback.message.stamp).expect("a callback is about a message that exists");
        assert_eq!(message.id, callback.message);
        assert_eq!(message.application.as_ref(), Some(&callback.application), "owed to whom the message belongs");
        assert_eq!(message.phone().key(), callback.phone.key());
        assert_eq!(message.service_address().key(), callback.service_address.key());
        assert_eq!(message.channel, callback.channel);
        match &self.told[&callback.id] {
            CallbackEvent::IncomingMessage { message: id, text, .. } => {
                assert_eq!((*id, text), (message.id, &message.text));
            }
            CallbackEvent::DeliveryReport { message: id, segment, .. } => {
                assert_eq!(*id, message.id);
                let (stamp, index) = segment.split().unwrap();
                assert_eq!(stamp, message.id.stamp, "the segment's number leads back to its message");
                assert!(index < message.segments);
            }
            _ => assert_ne!(callback.kind, CallbackKind::IncomingMessage),
        }
    }

    fn check_rest(&mut self, before: &View, after: &View, decision: &Decision) {
        for change in &decision.changes {
            match change {
                Change::AddEntries { message, .. } => {
                    let coming = |view: &View| {
                        view.phones.values().flat_map(|p| &p.long_messages).any(|long| long.message == *message)
                    };
                    let known = self.messages.contains_key(&message.stamp);
                    assert!(known || coming(before) || coming(after), "{message:?} has a timeline and no beginning");
                }
                Change::PutOutgoing(outgoing) => self.check_outgoing(outgoing),
                Change::EndOutgoing { id, state, segments } => {
                    assert!(self.finished.insert(id.stamp), "an MT ended twice");
                    assert_eq!(self.states[&id.stamp], *state);
                    assert_eq!(self.messages[&id.stamp].segments, *segments);
                }
                Change::PutPhone(phone) => check_phone(phone),
                Change::AddSent { segment, .. } => {
                    assert!(segment.segment < self.messages[&segment.message.stamp].segments);
                }
                _ => {}
            }
        }
    }

    fn check_outgoing(&self, outgoing: &Outgoing) {
        let message = self.messages.get(&outgoing.id.stamp).expect("an MT has its message");
        assert_eq!(message.direction, Direction::Mt);
        assert_eq!(usize::from(message.segments), outgoing.segments.len());
        assert!(!self.finished.contains(&outgoing.id.stamp), "a finished MT came back");
        let state = match outgoing.state {
            OutgoingState::Scheduled => MessageState::Scheduled,
            OutgoingState::Queued => MessageState::Queued,
            OutgoingState::InDoubt => MessageState::InDoubt,
            OutgoingState::Submitted => MessageState::Submitted,
        };
        assert_eq!(self.states[&outgoing.id.stamp], state, "the record and the message say the same of {outgoing:?}");
    }

    /// Nothing accepted is lost: what is not at its end is waited for by somebody.
    pub(super) fn assert_nothing_lost(&self, view: &View) {
        for (stamp, state) in &self.states {
            let told = |kind| view.callbacks.values().any(|c| c.message.stamp == *stamp && c.kind == kind);
            match state {
                MessageState::Received | MessageState::Refused | MessageState::Exhausted => {
                    assert!(told(CallbackKind::IncomingMessage), "{stamp:?} is {} and nobody has it", state.name());
                }
                MessageState::Scheduled | MessageState::Queued => {
                    assert!(view.outgoing.contains_key(stamp), "{stamp:?} is {} and nobody has it", state.name());
                }
                _ => {}
            }
        }
    }
}

fn check_phone(phone: &PhoneRecord) {
    assert!(phone.sessions.len() <= SESSIONS_MAX);
    assert!(phone.subscriptions.len() <= SUBSCRIPTIONS_MAX);
    assert!(phone.seen.len() <= SEEN_MAX);
    assert!(phone.long_messages.len() <= REASSEMBLIES_MAX);
    for session in &phone.sessions {
        assert_eq!(session.phone.key(), phone.key);
    }
    for long in &phone.long_messages {
        assert_eq!(long.phone.key(), phone.key);
        assert!(!long.parts.segments.is_empty(), "a long MO without a segment");
        assert!(!long.parts.is_complete(), "a whole long MO is kept back");
    }
    let applications: BTreeSet<_> = phone.subscriptions.iter().map(|s| &s.application).collect();
    assert_eq!(applications.len(), phone.subscriptions.len(), "subscribed twice");
}

/// A sentence has all its arguments, and no more.
fn assert_words(note: &Note) {
    let with = |count: usize| Note { code: note.code, args: vec!["x".to_owned(); count] }.words();
    assert!(!with(note.args.len()).contains('?'), "too few arguments: {}", note.words());
    assert!(note.args.is_empty() || with(note.args.len() - 1).contains('?'), "too many arguments: {note:?}");
}
