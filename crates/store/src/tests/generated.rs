//! Records made by chance, every field in its whole range.

use domain::address::Address;
use domain::callback::{
    AttemptFailure, AttemptRecord, BodyType, Callback, CallbackKind, CallbackState, Rendered, Subscribe,
};
use domain::decision::{RepeatableSend, SentMessage};
use domain::directory::Name;
use domain::id::{CallbackId, MessageId};
use domain::message::{Direction, Message};
use domain::note::{Entry, Note, NoteCode, RequestBody};
use domain::opt_out::OptOut;
use domain::outgoing::{Outgoing, OutgoingState, SegmentState};
use domain::phone::{LongMessage, PhoneRecord, Seen, Session, Subscriber};
use domain::report::{Report, ReportStatus, UnmatchedReport};
use domain::text::coding::Alphabet;
use domain::text::gsm7::Languages;
use domain::text::reassembly::{Carrier, Reassembly, ReceivedSegment, Reference};
use domain::time::At;
use domain::ussd::{Dialog, SessionEvent, UssdTurn};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "\\PC{0,40}", "[a-z0-9€😀\n\u{0}]{0,20}"]
}

fn name() -> impl Strategy<Value = Name> {
    "[a-z-]{0,12}".prop_map(Name::from)
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof!["\\+[0-9]{1,15}", "00[0-9]{6,12}", "[A-Za-zäß&]{1,11}", "\\*[0-9]{3}#", "\\PC{0,70}"]
        .prop_map(|text| Address::from_network(&text))
}

fn at() -> impl Strategy<Value = At> {
    any::<i64>().prop_map(At)
}

fn message_id() -> impl Strategy<Value = MessageId> {
    any::<u128>().prop_map(MessageId::from_u128)
}

fn callback_id() -> impl Strategy<Value = CallbackId> {
    any::<u128>().prop_map(CallbackId::from_u128)
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> {
    select(all.to_vec())
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    let who = (one_of(&[Direction::Mo, Direction::Mt]), of(name()), of(name()), name(), address(), address());
    let what = (message_id(), text(), at(), of(message_id()), any::<u8>(), any::<u8>());
    (who, what).prop_map(|((direction, account, application, channel, from, to), what)| {
        let (id, text, created_at, parent, hops, segments) = what;
        Message { id, direction, account, application, channel, from, to, text, created_at, parent, hops, segments }
    })
}

fn rendered() -> impl Strategy<Value = Rendered> {
    (one_of(&[BodyType::Form, BodyType::Json]), vec(any::<u8>(), 0..60))
        .prop_map(|(body_type, body)| Rendered { body_type, body: body.into() })
}

fn attempt() -> impl Strategy<Value = AttemptRecord> {
    let when = (any::<u32>(), at(), any::<u32>(), of(any::<u16>()), of(one_of(&AttemptFailure::ALL)));
    (when, text(), text(), text(), text()).prop_map(|(when, url, detail, content_type, body)| {
        let (number, started_at, took_ms, status, failure) = when;
        AttemptRecord { number, started_at, took_ms, url: url.into(), status, failure, detail, content_type, body }
    })
}

pub(crate) fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let note = (one_of(NoteCode::ALL), vec(text(), 0..4)).prop_map(|(code, args)| Entry::Note(Note { code, args }));
    let made =
        (callback_id(), one_of(&CallbackKind::ALL), name(), rendered()).prop_map(|(id, kind, application, body)| {
            Entry::CallbackMade { id, kind, application, request: RequestBody::Rendered(body) }
        });
    let ended = (callback_id(), attempt()).prop_map(|(callback, record)| Entry::Attempt { callback, record });
    vec(prop_oneof![note, made, ended], 0..4)
}

pub(crate) fn callback() -> impl Strategy<Value = Callback> {
    let subscribe = of(of(text()).prop_map(|confirmation| Subscribe { confirmation }));
    let who = (callback_id(), message_id(), name(), address(), address(), name());
    let what = (any::<u8>(), one_of(&CallbackKind::ALL), one_of(&CallbackState::ALL), any::<u32>(), any::<bool>());
    (who, what, at(), at(), of(at()), subscribe).prop_map(
        |(who, what, created_at, due_at, failing_since, subscribe)| {
            let (id, message, application, phone, service_address, channel) = who;
            let (hops, kind, state, attempts, detached) = what;
            Callback {
                id,
                message,
                application,
                phone,
                service_address,
                channel,
                hops,
                kind,
                state,
                created_at,
                due_at,
                attempts,
                failing_since,
                detached,
                subscribe,
            }
        },
    )
}

pub(crate) fn outgoing() -> impl Strategy<Value = Outgoing> {
    let segment = prop_oneof![
        Just(SegmentState::Waiting),
        Just(SegmentState::Submitting),
        Just(SegmentState::Rejected),
        text().prop_map(|network_id| SegmentState::Submitted { network_id }),
        (text(), one_of(&ReportStatus::ALL))
            .prop_map(|(network_id, status)| SegmentState::Reported { network_id, status }),
    ];
    let who = (message_id(), name(), of(name()), of(name()), address(), address());
    let what = (one_of(&OutgoingState::ALL), at(), at(), any::<u8>(), any::<bool>());
    let turn = (of(any::<u16>()), one_of(&[SessionEvent::Resume, SessionEvent::Close]));
    let turn = turn.prop_map(|(dialog, event)| UssdTurn { dialog, event });
    (who, what, vec(segment, 0..5), of(turn), any::<bool>()).prop_map(|(who, what, segments, ussd, is_settled)| {
        let (id, channel, account, application, phone, service_address) = who;
        let (state, due_at, valid_until, priority, tells) = what;
        Outgoing {
            id,
            channel,
            account,
            application,
            phone,
            service_address,
            state,
            due_at,
            valid_until,
            priority,
            tells,
            segments,
            ussd,
            is_settled,
        }
    })
}

pub(crate) fn opt_out() -> impl Strategy<Value = OptOut> {
    (name(), name(), address(), at(), of(message_id())).prop_map(
        |(account, address_type, address, created_at, message)| OptOut {
            account,
            address_type,
            address,
            created_at,
            message,
        },
    )
}

fn reassembly() -> impl Strategy<Value = Reassembly> {
    let languages = (any::<u8>(), any::<u8>()).prop_map(|(locking, single)| Languages { locking, single });
    let packed = (languages.clone(), any::<u8>(), of(any::<u16>()))
        .prop_map(|(languages, fill_bits, septets)| Alphabet::Gsm7Packed { languages, fill_bits, septets });
    let plain = select(vec![Alphabet::Ascii, Alphabet::Latin1, Alphabet::Ucs2]);
    let alphabet = prop_oneof![languages.prop_map(Alphabet::Gsm7), packed, plain];
    let segment = (any::<u8>(), alphabet, vec(any::<u8>(), 0..20))
        .prop_map(|(number, alphabet, bytes)| ReceivedSegment { number, alphabet, bytes });
    let carrier = one_of(&[Carrier::Udh8, Carrier::Udh16, Carrier::Sar]);
    let reference = (carrier, any::<u16>()).prop_map(|(carrier, value)| Reference { carrier, value });
    (text(), text(), reference, any::<u8>(), vec(segment, 0..4), at(), at()).prop_map(
        |(phone, service_address, reference, total, segments, first_at, deadline_at)| Reassembly {
            phone,
            service_address,
            reference,
            total,
            segments,
            first_at,
            deadline_at,
        },
    )
}

pub(crate) fn phone() -> impl Strategy<Value = PhoneRecord> {
    let session = (address(), address(), name(), name(), message_id(), (at(), at(), any::<u64>())).prop_map(
        |(phone, service_address, channel, application, opened_by, (opened_at, expires_at, idle_ms))| Session {
            phone,
            service_address,
            channel,
            application,
            opened_by,
            opened_at,
            expires_at,
            idle_ms,
        },
    );
    let subscriber = (name(), at(), vec(text(), 0..3)).prop_map(|(application, since, tags)| Subscriber {
        application,
        since,
        tags,
    });
    let seen = (any::<u64>(), at(), message_id()).prop_map(|(fingerprint, until, message)| Seen {
        fingerprint,
        until,
        message,
    });
    let long = (name(), address(), address(), message_id(), reassembly()).prop_map(
        |(channel, service_address, phone, message, parts)| LongMessage {
            channel,
            service_address,
            phone,
            message,
            parts,
        },
    );
    let dialog = (name(), address(), address(), of(any::<u16>()), message_id(), of(at()), at()).prop_map(
        |(channel, phone, service_address, number, asked_by, reply_by, expires_at)| Dialog {
            channel,
            phone,
            service_address,
            number,
            asked_by,
            reply_by,
            expires_at,
        },
    );
    (address(), vec(session, 0..3), vec(subscriber, 0..3), vec(seen, 0..3), vec(long, 0..2), vec(dialog, 0..3))
        .prop_map(|(address, sessions, subscriptions, seen, long_messages, dialogs)| PhoneRecord {
            key: address.key(),
            sessions,
            subscriptions,
            seen,
            long_messages,
            dialogs,
        })
}

pub(crate) fn parked() -> impl Strategy<Value = UnmatchedReport> {
    let report = (vec(text(), 0..3), one_of(&ReportStatus::ALL), text(), at())
        .prop_map(|(ids, status, detail, received_at)| Report { ids, status, detail, received_at });
    (text(), text(), text(), text(), report).prop_map(|(channel, network_id, phone, reason, report)| UnmatchedReport {
        channel,
        network_id,
        phone,
        reason,
        report,
    })
}

pub(crate) fn send() -> impl Strategy<Value = RepeatableSend> {
    let message = (message_id(), any::<u8>(), any::<bool>()).prop_map(|(id, segments, scheduled)| SentMessage {
        id,
        segments,
        scheduled,
    });
    (name(), text(), any::<[u8; 16]>(), vec(message, 0..4), at()).prop_map(
        |(account, key, fingerprint, messages, until)| RepeatableSend { account, key, fingerprint, messages, until },
    )
}
