//! A gateway without a world around it: events go in, decisions are applied to a view and written into a ledger.

use std::sync::Arc;

use super::ledger::Ledger;
use super::setup::address;
use crate::address::AddressKey;
use crate::answer::{Answer, Instruction};
use crate::callback::{
    AttemptFailure, AttemptOutcome, AttemptRecord, Callback, CallbackEvent, CallbackKind, CallbackState,
};
use crate::decide::decide;
use crate::decision::{Change, Decision, Outcome, SentMessage};
use crate::directory::Directory;
use crate::event::{Event, Mo, MoContent, Needs, Send, SubmitResult};
use crate::id::{CallbackId, MessageId, Stamp};
use crate::message::{Direction, Message, MessageState};
use crate::mint::Mint;
use crate::note::{Entry, NoteCode};
use crate::outgoing::Outgoing;
use crate::phone::PhoneRecord;
use crate::report::{Report, ReportStatus};
use crate::text::coding::Alphabet;
use crate::text::reassembly::{Carrier, Concatenation, Reference};
use crate::time::At;
use crate::view::View;

pub(super) struct World {
    pub(super) now: At,
    pub(super) view: View,
    pub(super) ledger: Ledger,
    mint: Mint,
}

impl World {
    pub(super) fn new(directory: Arc<Directory>) -> World {
        World {
            now: At::from_ms(1_795_000_000_000),
            view: View::new(directory),
            ledger: Ledger::default(),
            mint: Mint::new(Stamp(0), 7),
        }
    }

    /// Decides, applies and writes down. Whatever the event: deciding twice decides the same, the records named by
    /// `needs` are all that is read, the ledger's promises hold, and an ended callback cannot end again.
    #[track_caller]
    pub(super) fn decide(&mut self, event: &Event) -> Decision {
        let mint = self.mint.clone();
        let decision = decide(&self.view, event, self.now, &mut self.mint);
        let again = decide(&self.loaded(event), event, self.now, &mut mint.clone());
        assert_eq!(decision, again, "the same input gives the same decision, and only what is needed is read");
        let before = self.view.clone();
        self.view.apply(&decision.changes);
        self.ledger.record(&before, &self.view, &decision);
        if let Event::AttemptEnded { callback, .. } = event
            && self.view.callbacks.get(callback).is_none_or(|c| c.state != CallbackState::Pending)
        {
            let repeated = decide(&self.view, event, self.now, &mut mint.clone());
            assert_eq!(repeated, Decision::nothing(), "a callback ends once");
        }
        decision
    }

    /// The view a store would load for the event.
    fn loaded(&self, event: &Event) -> View {
        let mut needs = Needs::default();
        event.needs(&mut needs);
        let mut view = View::new(self.view.directory.clone());
        view.phones = self.view.phones.clone();
        view.phones.retain(|key, _| needs.phones.contains(key));
        view.callbacks = self.view.callbacks.clone();
        view.callbacks.retain(|id, _| needs.callbacks.contains(id));
        view.sent = self.view.sent.clone();
        view.sent.retain(|key, _| needs.sent.contains(key));
        let led_to: Vec<Stamp> = view.sent.values().map(|s| s.message.stamp).collect();
        view.outgoing = self.view.outgoing.clone();
        view.outgoing.retain(|stamp, _| needs.outgoing.contains(stamp) || led_to.contains(stamp));
        view.finished = self.view.finished.clone();
        view.finished.retain(|stamp, _| led_to.contains(stamp));
        view.unmatched = self.view.unmatched.clone();
        view.unmatched.retain(|key, _| needs.unmatched.contains(key));
        view.idempotency = self.view.idempotency.clone();
        view.idempotency.retain(|key, _| needs.idempotency.contains(key));
        view.series = self.view.series.clone();
        view.series.retain(|key, _| needs.series.contains(key));
        view.dashboards = self.view.dashboards.clone();
        view.dashboards.retain(|key, _| needs.dashboards.contains(key));
        view.opt_outs = self.view.opt_outs.clone();
        view.opt_outs.retain(|key, _| needs.opt_outs.contains(key));
        view
    }

    pub(super) fn pass(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
    }

    /// As after a reload.
    pub(super) fn configure(&mut self, directory: Arc<Directory>) {
        self.view.directory = directory;
    }

    // What happens.

    #[track_caller]
    pub(super) fn arrive(&mut self, mo: Mo) -> MessageId {
        match self.decide(&Event::MoArrived(mo)).outcome {
            Outcome::Accepted { message } => message,
            other => panic!("an MO is always accepted: {other:?}"),
        }
    }

    #[track_caller]
    pub(super) fn mo(&mut self, phone: &str, to: &str, text: &str) -> MessageId {
        self.arrive(mo(phone, to, text))
    }

    /// A segment of a long text with an 8-bit reference.
    #[track_caller]
    pub(super) fn segment(&mut self, phone: &str, reference: u16, place: (u8, u8), text: &str) -> MessageId {
        self.arrive(segment(phone, Reference { carrier: Carrier::Udh8, value: reference }, place, text))
    }

    pub(super) fn answer(&mut self, callback: CallbackId, instructions: &[Instruction]) -> Decision {
        let answer = Answer { instructions: instructions.to_vec(), complaints: Vec::new() };
        self.end_attempt(callback, None, Some(answer), None)
    }

    pub(super) fn fail(&mut self, callback: CallbackId, failure: AttemptFailure) -> Decision {
        self.end_attempt(callback, Some(failure), None, None)
    }

    pub(super) fn end_attempt(
        &mut self,
        callback: CallbackId,
        failure: Option<AttemptFailure>,
        answer: Option<Answer>,
        retry_after_ms: Option<u64>,
    ) -> Decision {
        let known = self.view.callbacks.get(&callback);
        let phone = known.map_or_else(|| address("+4100").key(), |c| c.phone.key());
        let number = known.map_or(1, |c| c.attempts + 1);
        let status = match failure {
            None => Some(200),
            Some(AttemptFailure::Gone) => Some(410),
            Some(AttemptFailure::Status) => Some(503),
            Some(_) => None,
        };
        let outcome = AttemptOutcome {
            record: AttemptRecord {
                number,
                started_at: self.now,
                took_ms: 12,
                url: "http://127.0.0.1:9000/gateway".into(),
                status,
                failure,
                detail: String::new(),
                content_type: "text/plain".into(),
                body: String::new(),
            },
            answer,
            retry_after_ms,
        };
        self.decide(&Event::AttemptEnded { callback, phone, outcome })
    }

    /// Attempts and fails until the callback has ended; returns how many attempts it took.
    pub(super) fn exhaust(&mut self, callback: CallbackId) -> u32 {
        for attempts in 1..10_000 {
            self.fail(callback, AttemptFailure::TimedOut);
            let record = &self.view.callbacks[&callback];
            if record.state == CallbackState::Exhausted {
                return attempts;
            }
            self.now = record.due_at.max(self.now.plus_ms(1));
        }
        panic!("the attempts never end");
    }

    #[track_caller]
    pub(super) fn send(&mut self, send: Send) -> Vec<SentMessage> {
        match self.decide(&Event::SendAsked(send)).outcome {
            Outcome::Sent { messages, .. } => messages,
            other => panic!("not sent: {other:?}"),
        }
    }

    /// One MT of `weather` to one phone.
    #[track_caller]
    pub(super) fn sent(&mut self, text: &str) -> MessageId {
        self.send(send("+41791", text))[0].id
    }

    pub(super) fn submit(&mut self, message: MessageId, segment: u8, result: SubmitResult, throttles: u32) -> Decision {
        let channel = self.ledger.messages[&message.stamp].channel.clone();
        self.decide(&Event::SubmitEnded { message, segment, result, throttles, channel })
    }

    /// The network takes a segment under an id.
    pub(super) fn taken(&mut self, message: MessageId, segment: u8, id: &str) -> Decision {
        let spellings = if id.is_empty() { Vec::new() } else { vec![id.to_owned()] };
        self.submit(message, segment, SubmitResult::Taken { network_id: id.to_owned(), spellings }, 0)
    }

    pub(super) fn refused(&mut self, message: MessageId, segment: u8) -> Decision {
        self.submit(message, segment, SubmitResult::Refused { reason: "ESME_RINVDSTADR".into() }, 0)
    }

    pub(super) fn unknown(&mut self, message: MessageId, segment: u8) -> Decision {
        self.submit(message, segment, SubmitResult::Unknown { reason: "the link was lost".into() }, 0)
    }

    /// A receipt on channel `carrier`.
    pub(super) fn report(&mut self, id: &str, status: ReportStatus) -> Decision {
        self.report_on("carrier", &[id], status)
    }

    pub(super) fn report_on(&mut self, channel: &str, ids: &[&str], status: ReportStatus) -> Decision {
        let report = Report {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
            status,
            detail: "stat:X err:000".into(),
            received_at: self.now,
        };
        self.decide(&Event::ReportArrived { channel: channel.into(), phone: address("+41791"), report })
    }

    pub(super) fn phone_due(&mut self, phone: &str) -> Decision {
        self.decide(&Event::PhoneDue { phone: address(phone).key() })
    }

    pub(super) fn outgoing_due(&mut self, message: MessageId) -> Decision {
        self.decide(&Event::OutgoingDue { message })
    }

    // What came of it.

    pub(super) fn message(&self, id: MessageId) -> &Message {
        &self.ledger.messages[&id.stamp]
    }

    pub(super) fn state(&self, id: MessageId) -> MessageState {
        self.ledger.states[&id.stamp]
    }

    /// The timeline in words that programs know: `received`, `owes news incoming_message`, `attempt 1`, ….
    pub(super) fn timeline(&self, id: MessageId) -> Vec<String> {
        self.ledger.timeline.get(&id.stamp).into_iter().flatten().map(short).collect()
    }

    /// The timeline as a person reads it; callbacks and attempts left out.
    pub(super) fn words(&self, id: MessageId) -> String {
        let notes = self.ledger.timeline.get(&id.stamp).into_iter().flatten().filter_map(|entry| match entry {
            Entry::Note(note) => Some(note.words()),
            _ => None,
        });
        notes.collect::<Vec<_>>().join("; ")
    }

    #[track_caller]
    pub(super) fn shows(&self, id: MessageId, state: MessageState, timeline: &[&str]) {
        assert_eq!(self.timeline(id), timeline, "{}", self.words(id));
        assert_eq!(self.state(id), state);
    }

    #[track_caller]
    pub(super) fn says(&self, id: MessageId, sentence: &str) {
        let words = self.words(id);
        assert!(words.contains(sentence), "{sentence:?} is not in: {words}");
    }

    /// The only callback record of a kind that belongs to a message.
    #[track_caller]
    pub(super) fn owed(&self, message: MessageId, kind: CallbackKind) -> CallbackId {
        let found: Vec<CallbackId> = self.owed_all(kind).into_iter().filter(|id| id.stamp == message.stamp).collect();
        assert_eq!(found.len(), 1, "{} of {message:?}: {:?}", kind.name(), self.timeline(message));
        found[0]
    }

    /// The MO's own callback.
    #[track_caller]
    pub(super) fn incoming(&self, message: MessageId) -> CallbackId {
        self.owed(message, CallbackKind::IncomingMessage)
    }

    pub(super) fn owed_all(&self, kind: CallbackKind) -> Vec<CallbackId> {
        self.view.callbacks.values().filter(|c| c.kind == kind).map(|c| c.id).collect()
    }

    #[track_caller]
    pub(super) fn callback(&self, id: CallbackId) -> &Callback {
        &self.view.callbacks[&id]
    }

    #[track_caller]
    pub(super) fn told(&self, id: CallbackId) -> &CallbackEvent {
        &self.ledger.told[&id]
    }

    #[track_caller]
    pub(super) fn outgoing(&self, message: MessageId) -> &Outgoing {
        self.view.outgoing.get(&message.stamp).expect("the MT is not finished")
    }

    pub(super) fn is_finished(&self, message: MessageId) -> bool {
        !self.view.outgoing.contains_key(&message.stamp)
    }

    pub(super) fn phone(&self, phone: &str) -> Option<&PhoneRecord> {
        self.view.phones.get(&address(phone).key())
    }

    /// Applications that have a session with the phone, oldest first.
    pub(super) fn sessions(&self, phone: &str) -> Vec<&str> {
        self.phone(phone).into_iter().flat_map(|p| &p.sessions).map(|s| &*s.application).collect()
    }

    pub(super) fn subscriptions(&self, phone: &str) -> Vec<&str> {
        self.phone(phone).into_iter().flat_map(|p| &p.subscriptions).map(|s| &*s.application).collect()
    }
}

/// A whole text without network id, on the channel that `carrier` is.
pub(super) fn mo(phone: &str, to: &str, text: &str) -> Mo {
    Mo {
        channel: "carrier".into(),
        network_id: None,
        from: address(phone),
        to: address(to),
        content: MoContent::Whole { text: text.to_owned(), encoding: "GSM-7" },
        complaints: Vec::new(),
        session_event: None,
        dialog: None,
    }
}

pub(super) fn segment(phone: &str, reference: Reference, (number, total): (u8, u8), text: &str) -> Mo {
    let place = Concatenation { reference, total, number };
    let bytes = text.bytes().collect();
    Mo { content: MoContent::Segment { place, bytes, alphabet: Alphabet::Ascii }, ..mo(phone, "8282", "") }
}

/// A send of application `weather` from 8282 that wants reports.
pub(super) fn send(to: &str, text: &str) -> Send {
    Send {
        account: "acme".into(),
        application: Some("weather".into()),
        from: Some(address("8282")),
        to: vec![address(to)],
        text: text.to_owned(),
        send_at: None,
        validity_ms: None,
        priority: 0,
        tells: true,
        opens_session: false,
        idempotency: None,
        in_reply_to: None,
        session_event: None,
        metadata: None,
        address_type: None,
    }
}

pub(super) fn reply(text: &str) -> Instruction {
    Instruction::Reply { text: text.to_owned() }
}

pub(super) fn reprocess(text: &str) -> Instruction {
    Instruction::Reprocess { text: text.to_owned() }
}

pub(super) fn key(phone: &str) -> AddressKey {
    address(phone).key()
}

/// The messages a decision added of one direction, in order.
pub(super) fn added(decision: &Decision, direction: Direction) -> Vec<MessageId> {
    let messages = decision.changes.iter().filter_map(|change| match change {
        Change::AddMessage { message, .. } if message.direction == direction => Some(message.id),
        _ => None,
    });
    messages.collect()
}

fn short(entry: &Entry) -> String {
    match entry {
        Entry::Note(note) => match note.code {
            NoteCode::RoutedBySession => "routed by session".to_owned(),
            NoteCode::RoutedByKeyword => "routed by keyword".to_owned(),
            NoteCode::RoutedByAddress => "routed by address".to_owned(),
            code => code.name().to_owned(),
        },
        Entry::CallbackMade { kind, application, .. } => format!("owes {application} {}", kind.name()),
        Entry::Attempt { record, .. } => format!("attempt {}", record.number),
    }
}
