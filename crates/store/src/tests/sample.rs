//! Records to store, each different from the next.

use domain::address::{Address, AddressKey};
use domain::callback::{BodyType, Callback, CallbackKind, CallbackState, Rendered, Subscribe};
use domain::decision::{Change, RepeatableSend, SentMessage};
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::{Direction, Message, MessageState};
use domain::note::{Entry, NoteCode, RequestBody};
use domain::outgoing::{Outgoing, OutgoingState, SegmentState, SentSegment};
use domain::phone::{PhoneRecord, Seen, Session, Subscriber};
use domain::report::{Report, ReportStatus, UnmatchedReport};
use domain::time::At;
use domain::ussd::{Dialog, SessionEvent, UssdTurn};

/// 2026-11-22, a little after midnight UTC.
pub(crate) const DAY_MS: u64 = 86_400_000;
pub(crate) const TODAY: u64 = 20_779;
pub(crate) const NOW: At = At(((TODAY * DAY_MS) * 1000 + 5_000_000) as i64);

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn phone_key(number: u64) -> AddressKey {
    address(&phone_number(number)).key()
}

fn phone_number(number: u64) -> String {
    format!("+41 79 {:07}", number)
}

/// The id of the `number`-th message of a day.
pub(crate) fn id_of_day(day: u64, number: u64) -> MessageId {
    MessageId::new(Stamp::new(day * DAY_MS + number, 0), number << 7)
}

pub(crate) fn id(number: u64) -> MessageId {
    id_of_day(TODAY, number)
}

pub(crate) fn callback_id(number: u64) -> CallbackId {
    CallbackId::new(id(number).stamp, number << 9)
}

pub(crate) fn message(id: MessageId, direction: Direction) -> Message {
    let number = id.tail & 0xffff;
    let (phone, ours) = (address(&phone_number(number % 7)), address("8282"));
    let (from, to) = if direction == Direction::Mo { (phone, ours) } else { (ours, phone) };
    Message {
        id,
        direction,
        account: (!number.is_multiple_of(3)).then(|| "acme".into()),
        application: (!number.is_multiple_of(3)).then(|| "weather".into()),
        channel: "carrier".into(),
        from,
        to,
        text: format!("Grüezi {number}"),
        created_at: At::from_ms(id.stamp.ms() as i64),
        parent: number.is_multiple_of(2).then(|| self::id(number + 1)),
        hops: 1,
        segments: 2,
    }
}

pub(crate) fn note(text: &str) -> Entry {
    Entry::note(NoteCode::Complaint, [text.to_owned()])
}

pub(crate) fn body(text: &str) -> Rendered {
    Rendered { body_type: BodyType::Form, body: text.as_bytes().into() }
}

pub(crate) fn made(id: CallbackId, text: &str) -> Entry {
    let (kind, request) = (CallbackKind::IncomingMessage, RequestBody::Rendered(body(text)));
    Entry::CallbackMade { id, kind, application: "weather".into(), request }
}

pub(crate) fn add(message: Message, state: MessageState) -> Change {
    let entries = vec![note("first")];
    Change::AddMessage { message, state, entries }
}

pub(crate) fn mo(number: u64) -> Change {
    add(message(id(number), Direction::Mo), MessageState::Received)
}

pub(crate) fn callback(number: u64, application: &str, state: CallbackState) -> Callback {
    Callback {
        id: callback_id(number),
        message: id(number),
        application: application.into(),
        phone: address(&phone_number(number)),
        service_address: address("8282"),
        channel: "carrier".into(),
        hops: 2,
        kind: CallbackKind::IncomingMessage,
        state,
        created_at: NOW,
        due_at: NOW.plus_ms(10),
        attempts: 3,
        failing_since: number.is_multiple_of(2).then_some(NOW),
        detached: true,
        subscribe: Some(Subscribe { confirmation: Some("welcome".into()) }),
    }
}

pub(crate) fn outgoing(id: MessageId, state: OutgoingState) -> Outgoing {
    Outgoing {
        id,
        channel: "carrier".into(),
        account: Some("acme".into()),
        application: Some("weather".into()),
        phone: address("+41790000001"),
        service_address: address("8282"),
        state,
        due_at: NOW.plus_ms(1000),
        valid_until: NOW.plus_ms(2000),
        priority: 2,
        tells: true,
        segments: vec![
            SegmentState::Waiting,
            SegmentState::Reported { network_id: "0e99".into(), status: ReportStatus::Delivered },
        ],
        ussd: Some(UssdTurn { dialog: Some(0x0102), event: SessionEvent::Close }),
        is_settled: true,
    }
}

pub(crate) fn phone(number: u64, applications: &[&str]) -> PhoneRecord {
    let key = phone_key(number);
    let session = |application: &&str| Session {
        phone: address(&phone_number(number)),
        service_address: address("8282"),
        channel: "carrier".into(),
        application: (*application).into(),
        opened_by: id(number),
        opened_at: NOW,
        expires_at: NOW.plus_ms(60_000),
        idle_ms: 60_000,
    };
    PhoneRecord {
        sessions: applications.iter().map(session).collect(),
        subscriptions: vec![Subscriber { application: "weather".into(), since: NOW, tags: vec!["vip".into()] }],
        seen: vec![Seen { fingerprint: number, until: NOW.plus_ms(90_000), message: id(number) }],
        dialogs: if applications.is_empty() {
            Vec::new()
        } else {
            vec![Dialog {
                channel: "carrier".into(),
                phone: address(&phone_number(number)),
                service_address: address("*120#"),
                number: Some(7),
                asked_by: id(number),
                reply_by: Some(NOW.plus_ms(70_000)),
                expires_at: NOW.plus_ms(80_000),
            }]
        },
        ..PhoneRecord::new(key)
    }
}

pub(crate) fn sent(network_id: &str, message: MessageId) -> Change {
    let segment = SentSegment { message, segment: 1 };
    Change::AddSent { channel: "carrier".into(), network_id: network_id.into(), segment }
}

pub(crate) fn parked(network_id: &str, received_at: At) -> UnmatchedReport {
    UnmatchedReport {
        channel: "carrier".into(),
        network_id: network_id.into(),
        phone: "41790000001".into(),
        reason: "early".into(),
        report: Report {
            ids: vec![network_id.into(), "other".into()],
            status: ReportStatus::Delivered,
            detail: "stat:DELIVRD err:000".into(),
            received_at,
        },
    }
}

pub(crate) fn send(key: &str, until: At) -> RepeatableSend {
    let messages = vec![SentMessage { id: id(1), segments: 1, scheduled: true }];
    RepeatableSend { account: "acme".into(), key: key.into(), fingerprint: [7; 16], messages, until }
}
