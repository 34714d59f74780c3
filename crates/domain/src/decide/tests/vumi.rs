//! What an application with the Vumi contract is told: each message once, ack or nack once, then what the network says.

use super::setup::{Setup, VALIDITY_MS};
use super::world::{World, send};
use crate::callback::{AttemptFailure, CallbackEvent, CallbackKind, CallbackState};
use crate::directory::{Contract, Vumi};
use crate::event::{Asker, Event, Send};
use crate::id::MessageId;
use crate::message::MessageState;
use crate::note::Entry;
use crate::report::ReportStatus;

pub(super) fn vumi() -> Vumi {
    Vumi {
        tokens: Vec::new(),
        push_message_url: Some("http://127.0.0.1:9000/messages".into()),
        push_event_url: Some("http://127.0.0.1:9000/events".into()),
        ignore_messages: false,
        ignore_events: false,
        content_length_limit: None,
        metric_store: "default".into(),
    }
}

fn world_with(vumi: Vumi) -> World {
    let setup = Setup::usual().application("weather", |weather| {
        weather.contract = Contract::Vumi;
        weather.vumi = Some(vumi.into());
    });
    setup.world()
}

fn world() -> World {
    world_with(vumi())
}

/// What the application is told about an MT, in order.
fn told(world: &World, message: MessageId) -> Vec<String> {
    let entries = world.ledger.timeline.get(&message.stamp).into_iter().flatten();
    let ids = entries.filter_map(|entry| match entry {
        Entry::CallbackMade { id, .. } => Some(*id),
        _ => None,
    });
    let words = ids.map(|id| match world.told(id) {
        CallbackEvent::Ack { network_id, .. } => format!("ack {network_id}"),
        CallbackEvent::Nack { reason, .. } => format!("nack {reason}"),
        CallbackEvent::MessageReport { status, is_final, .. } => {
            format!("{}{}", status.name(), if *is_final { ", final" } else { "" })
        }
        other => format!("{other:?}"),
    });
    words.collect()
}

#[test]
fn a_message_taken_and_delivered_is_an_ack_and_a_report() {
    let mut world = world();
    let message = world.sent("hello");
    assert_eq!(told(&world, message), Vec::<String>::new());
    world.taken(message, 0, "0e99");
    world.report("0e99", ReportStatus::Queued);
    world.report("0e99", ReportStatus::Pending);
    world.report("0e99", ReportStatus::Delivered);
    world.report("0e99", ReportStatus::Delivered);
    assert_eq!(told(&world, message), ["ack 0e99", "pending", "delivered, final"]);
}

#[test]
fn several_segments_are_one_message() {
    let mut world = world();
    let message = world.sent(&"x".repeat(400));
    world.taken(message, 0, "a");
    world.taken(message, 1, "b");
    assert_eq!(told(&world, message), Vec::<String>::new(), "one segment is missing");
    world.taken(message, 2, "c");
    world.report("b", ReportStatus::Delivered);
    world.report("a", ReportStatus::Failed);
    assert_eq!(told(&world, message), ["ack a"]);
    world.report("c", ReportStatus::Delivered);
    assert_eq!(told(&world, message), ["ack a", "failed, final"]);
}

#[test]
fn an_early_report_comes_after_the_ack() {
    let mut world = world();
    let message = world.sent("hello");
    world.report("7", ReportStatus::Delivered);
    world.taken(message, 0, "7");
    assert_eq!(told(&world, message), ["ack 7", "delivered, final"]);
}

#[test]
fn what_will_not_be_sent_is_a_nack_with_the_reason_and_nothing_more() {
    let check = |ends: &dyn Fn(&mut World, MessageId), reason: &str, state| {
        let mut world = world();
        let message = world.send(Send { send_at: Some(world.now.plus_ms(5)), ..send("+41791", "hello") })[0].id;
        ends(&mut world, message);
        assert_eq!(told(&world, message), [format!("nack {reason}")]);
        assert_eq!(world.state(message), state);
    };
    let queue = |world: &mut World, message| {
        world.pass(5);
        world.outgoing_due(message);
    };
    check(
        &|world, message| {
            queue(world, message);
            world.refused(message, 0);
        },
        "segment 1 of 1 refused by the network: ESME_RINVDSTADR",
        MessageState::Rejected,
    );
    check(
        &|world, message| {
            queue(world, message);
            world.pass(VALIDITY_MS);
            world.outgoing_due(message);
        },
        "not submitted within its validity",
        MessageState::Expired,
    );
    check(
        &|world, message| {
            world.decide(&Event::CancelAsked { asker: Asker::Operator, messages: vec![message.stamp] });
        },
        "cancelled by the operator",
        MessageState::Cancelled,
    );
}

#[test]
fn messages_and_events_can_be_ignored_each() {
    let mut world = world_with(Vumi { ignore_messages: true, ..vumi() });
    let mo = world.mo("+41791", "8282", "weather zurich");
    assert_eq!(world.owed_all(CallbackKind::IncomingMessage), []);
    assert_eq!(world.state(mo), MessageState::Answered);
    world.says(mo, "weather is not told of it");
    let message = world.sent("hello");
    world.taken(message, 0, "1");
    assert_eq!(told(&world, message), ["ack 1"]);

    let mut world = world_with(Vumi { ignore_events: true, ..vumi() });
    let message = world.sent("hello");
    world.taken(message, 0, "1");
    world.report("1", ReportStatus::Delivered);
    assert_eq!(told(&world, message), Vec::<String>::new());
    assert_eq!(world.state(message), MessageState::Delivered);
    let mo = world.mo("+41791", "8282", "weather zurich");
    world.incoming(mo);
}

#[test]
fn who_refuses_a_push_is_not_asked_again() {
    let mut world = world();
    let mo = world.mo("+41791", "8282", "weather zurich");
    let callback = world.incoming(mo);
    world.fail(callback, AttemptFailure::Refused);
    assert_eq!(world.callback(callback).state, CallbackState::Refused);
    assert_eq!(world.state(mo), MessageState::Refused);
}

#[test]
fn the_contract_has_no_word_for_the_end_of_a_session() {
    let mut world = world();
    let mo = world.mo("+41791", "8282", "weather zurich");
    let callback = world.incoming(mo);
    world.answer(callback, &[]);
    world.pass(super::setup::SESSION_MS);
    world.phone_due("+41791");
    assert_eq!(world.sessions("+41791"), Vec::<&str>::new());
    assert_eq!(world.owed_all(CallbackKind::SessionClosed), []);
}

#[test]
fn a_reply_goes_back_the_way_the_message_came() {
    let mut world = world();
    let mo = world.mo("+41791", "9292", "hello");
    let reply = Send {
        from: Some(world.message(mo).to.clone()),
        in_reply_to: Some((mo, "carrier".into())),
        metadata: Some(r#"{"voice":{}}"#.into()),
        ..send("+41791", "yes?")
    };
    let sent = world.send(reply)[0].id;
    let message = world.message(sent);
    assert_eq!((message.from.as_str(), message.parent), ("9292", Some(mo)), "though the account has no route there");
    world.says(sent, r#"given along: {"voice":{}}"#);
}
