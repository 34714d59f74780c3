//! The pen of a decision: collects changes in order, keeps the working copy of the phone, makes callbacks and MTs.

use crate::address::{Address, AddressKey};
use crate::callback::{Callback, CallbackEvent, CallbackState, Subscribe};
use crate::decide::ussd;
use crate::decision::{Change, Decision, Outcome, SentMessage};
use crate::directory::{Application, Channel, Name, SegmentMark, Teller};
use crate::id::MessageId;
use crate::limit::{USSD_SEPTETS_MAX, USSD_UCS2_MAX};
use crate::message::{Direction, Message, MessageState};
use crate::mint::Mint;
use crate::note::{Entry, Note, NoteCode, RequestBody};
use crate::outgoing::{Outgoing, OutgoingState, SegmentState};
use crate::phone::PhoneRecord;
use crate::text::segment::{self, Count, Encoding, Options, ReferenceWidth, SegmentRefusal};
use crate::time::At;
use crate::ussd::{SessionEvent, UssdTurn};
use crate::view::View;

/// How long an MT is valid on a channel that is no longer configured, in milliseconds: 1 day.
const VALIDITY_MS: u64 = 86_400_000;

pub(super) struct Draft<'a> {
    pub(super) view: &'a View,
    pub(super) now: At,
    pub(super) mint: &'a mut Mint,
    changes: Vec<Change>,
    phone: Option<PhoneRecord>,
    phone_changed: bool,
}

/// The conversation a callback or an MT belongs to.
#[derive(Clone, Copy)]
pub(super) struct Conversation<'a> {
    pub(super) channel: &'a Name,
    pub(super) phone: &'a Address,
    pub(super) service_address: &'a Address,
    pub(super) hops: u8,
}

impl<'a> Conversation<'a> {
    /// The conversation a callback belongs to.
    pub(super) const fn of(callback: &'a Callback) -> Conversation<'a> {
        Conversation {
            channel: &callback.channel,
            phone: &callback.phone,
            service_address: &callback.service_address,
            hops: callback.hops,
        }
    }
}

/// An MT to make.
pub(super) struct NewMt<'a> {
    pub(super) account: Option<Name>,
    pub(super) application: Option<Name>,
    pub(super) channel: &'a Name,
    pub(super) from: &'a Address,
    pub(super) to: &'a Address,
    pub(super) text: &'a str,
    pub(super) parent: Option<MessageId>,
    pub(super) send_at: Option<At>,
    pub(super) validity_ms: Option<u64>,
    pub(super) priority: u8,
    pub(super) tells: bool,
    /// What it does to the dialog of a USSD channel; none = goes on with it.
    pub(super) session_event: Option<SessionEvent>,
    pub(super) first: Entry,
}

impl<'a> Draft<'a> {
    pub(super) fn new(view: &'a View, now: At, mint: &'a mut Mint) -> Draft<'a> {
        Draft { view, now, mint, changes: Vec::with_capacity(4), phone: None, phone_changed: false }
    }

    /// Takes the working copy of a phone. A decision works on one phone at a time; the one before is written.
    pub(super) fn open_phone(&mut self, key: &AddressKey) {
        if self.phone.as_ref().is_some_and(|p| p.key == *key) {
            return;
        }
        self.write_phone();
        self.phone = Some(self.view.phones.get(key).cloned().unwrap_or_else(|| PhoneRecord::new(key.clone())));
    }

    /// The working copy, to read.
    pub(super) fn phone(&self) -> Option<&PhoneRecord> {
        self.phone.as_ref()
    }

    /// The working copy, to change. It exists once [`Draft::open_phone`] was called.
    pub(super) fn phone_mut(&mut self) -> Option<&mut PhoneRecord> {
        self.phone_changed = true;
        self.phone.as_mut()
    }

    pub(super) fn push(&mut self, change: Change) {
        self.changes.push(change);
    }

    pub(super) fn add_entries(&mut self, message: MessageId, state: Option<MessageState>, entries: Vec<Entry>) {
        if state.is_some() || !entries.is_empty() {
            self.changes.push(Change::AddEntries { message, state, entries });
        }
    }

    pub(super) fn done(mut self, outcome: Outcome) -> Decision {
        self.write_phone();
        Decision::new(self.changes, outcome)
    }

    fn write_phone(&mut self) {
        if let Some(phone) = self.phone.take()
            && self.phone_changed
        {
            self.changes.push(Change::PutPhone(phone));
        }
        self.phone_changed = false;
    }

    pub(super) fn application(&self, id: &str) -> Option<&'a Application> {
        self.view.directory.applications.get(id).map(|a| &**a)
    }

    pub(super) fn channel(&self, id: &str) -> Option<&'a Channel> {
        self.view.directory.channels.get(id).map(|c| &**c)
    }

    /// Makes a callback and returns the entry that shows it; the caller puts the entry into the message's timeline.
    /// None when the application is told nothing of this kind.
    pub(super) fn make_callback(
        &mut self,
        message: MessageId,
        application: &Name,
        conversation: Conversation<'_>,
        event: CallbackEvent,
        subscribe: Option<Subscribe>,
    ) -> Option<Entry> {
        let kind = event.kind();
        if self.application(application).is_some_and(|a| a.teller(kind) == Teller::Nobody) {
            return None;
        }
        let id = self.mint.callback(message);
        self.changes.push(Change::PutCallback(Callback {
            id,
            message,
            application: application.clone(),
            phone: conversation.phone.clone(),
            service_address: conversation.service_address.clone(),
            channel: conversation.channel.clone(),
            hops: conversation.hops,
            kind,
            state: CallbackState::Pending,
            created_at: self.now,
            due_at: self.now,
            attempts: 0,
            failing_since: None,
            detached: false,
            subscribe,
        }));
        Some(Entry::CallbackMade { id, kind, application: application.clone(), request: RequestBody::Told(event) })
    }

    /// Makes an MT back to the phone of an MO. Returns the note for the MO's timeline: `done`,
    /// or `ReplyRefused` with the reason.
    pub(super) fn make_reply(
        &mut self,
        to: MessageId,
        application: &Name,
        conversation: Conversation<'_>,
        text: &str,
        session_event: Option<SessionEvent>,
        (first, done): (Entry, NoteCode),
    ) -> Note {
        let sent = self.make_mt(NewMt {
            account: self.application(application).map(|a| a.account.clone()),
            application: Some(application.clone()),
            channel: conversation.channel,
            from: conversation.service_address,
            to: conversation.phone,
            text,
            parent: Some(to),
            send_at: None,
            validity_ms: None,
            priority: 0,
            tells: false,
            session_event,
            first,
        });
        match sent {
            Ok(sent) => Note::new(done, [sent.id.to_string(), conversation.phone.to_string()]),
            Err(segments) => Note::new(NoteCode::ReplyRefused, [format!("it would need {segments} segments")]),
        }
    }

    /// Makes an MT; `Err` says how many segments it would have needed. On a USSD channel without an open dialog it is
    /// kept and not sent.
    pub(super) fn make_mt(&mut self, new: NewMt<'_>) -> Result<SentMessage, usize> {
        let channel = self.channel(new.channel);
        let mark = if channel.is_some_and(|c| c.ussd.is_some()) {
            SegmentMark::Payload
        } else {
            channel.map_or(SegmentMark::Udh8, |c| c.segment_mark)
        };
        let count = count_segments(new.text, mark)?;
        let id = self.mint.message(self.now);
        let due = new.send_at.filter(|at| *at > self.now);
        let screen_units = if count.encoding == Encoding::Gsm7 { USSD_SEPTETS_MAX } else { USSD_UCS2_MAX };
        let turn = ussd::turn(self, &new, count.units <= screen_units);
        let encoding = match count.encoding {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        };
        let segmented = [encoding.to_owned(), count.units.to_string(), count.segments.to_string()];
        let mut entries = vec![new.first.clone(), Entry::note(NoteCode::Segmented, segmented)];
        let state = match (&turn, due) {
            (Err(why), _) => {
                entries.push(Entry::note(NoteCode::DialogOver, [(*why).to_owned()]));
                entries.extend(self.tell_unsent(&new, id, why));
                MessageState::Expired
            }
            (_, Some(at)) => {
                entries.push(Entry::note(NoteCode::Scheduled, [at.to_string()]));
                MessageState::Scheduled
            }
            (_, None) => {
                entries.push(Entry::note(NoteCode::Queued, [new.channel.to_string()]));
                MessageState::Queued
            }
        };
        // The count is at most 255, which `count_segments` holds.
        let segments = count.segments as u8;
        self.changes.push(Change::AddMessage {
            message: Message {
                id,
                direction: Direction::Mt,
                account: new.account.clone(),
                application: new.application.clone(),
                channel: new.channel.clone(),
                from: new.from.clone(),
                to: new.to.clone(),
                text: new.text.to_owned(),
                created_at: self.now,
                parent: new.parent,
                hops: 0,
                segments,
            },
            state,
            entries,
        });
        if let Ok(turn) = turn {
            let validity_ms = new.validity_ms.unwrap_or_else(|| channel.map_or(VALIDITY_MS, |c| c.validity_ms));
            self.queue_mt(new, (id, segments), due, validity_ms, turn);
        }
        Ok(SentMessage { id, segments, scheduled: due.is_some() })
    }

    fn queue_mt(
        &mut self,
        new: NewMt<'_>,
        (id, segments): (MessageId, u8),
        due: Option<At>,
        validity_ms: u64,
        turn: Option<UssdTurn>,
    ) {
        let valid_from = due.unwrap_or(self.now);
        self.changes.push(Change::PutOutgoing(Outgoing {
            id,
            channel: new.channel.clone(),
            account: new.account,
            application: new.application,
            phone: new.to.clone(),
            service_address: new.from.clone(),
            state: if due.is_some() { OutgoingState::Scheduled } else { OutgoingState::Queued },
            due_at: valid_from,
            valid_until: valid_from.plus_ms(validity_ms),
            priority: new.priority,
            tells: new.tells,
            segments: vec![SegmentState::Waiting; usize::from(segments)],
            ussd: turn,
            is_settled: false,
        }));
    }

    /// Tells the sender of an MT that is kept and not sent.
    fn tell_unsent(&mut self, new: &NewMt<'_>, message: MessageId, why: &str) -> Option<Entry> {
        let application = new.application.as_ref().filter(|_| new.tells)?;
        let (phone, service_address) = (new.to, new.from);
        let conversation = Conversation { channel: new.channel, phone, service_address, hops: 0 };
        let event = CallbackEvent::Nack { message, reason: why.to_owned(), channel: new.channel.clone() };
        self.make_callback(message, application, conversation, event, None)
    }
}

/// How a text is split on a channel that marks segments so; none when it is not split at all.
pub const fn split_options(mark: SegmentMark) -> Option<Options> {
    match mark {
        SegmentMark::Udh8 => Some(Options { reference: ReferenceWidth::Bits8, prefer_graphemes: true }),
        // The network makes a 16-bit header of SAR parameters, so the segments must leave room for one.
        SegmentMark::Udh16 | SegmentMark::Sar => {
            Some(Options { reference: ReferenceWidth::Bits16, prefer_graphemes: true })
        }
        SegmentMark::Payload => None,
    }
}

fn count_segments(text: &str, mark: SegmentMark) -> Result<Count, usize> {
    let options = split_options(mark);
    match (segment::count(text, options.unwrap_or_default()), options) {
        (Ok(count), Some(_)) => Ok(count),
        (Ok(count) | Err(SegmentRefusal::TooManySegments { count }), None) => Ok(Count { segments: 1, ..count }),
        (Err(SegmentRefusal::TooManySegments { count }), Some(_)) => Err(count.segments),
    }
}
