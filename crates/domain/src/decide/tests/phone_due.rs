//! `PhoneDue`: sessions end, long texts stop waiting (see `mo_in_segments.rs`), network ids are forgotten.

use super::setup::{DEDUPE_MS, REASSEMBLY_MS, SESSION_MS, Setup, address};
use super::world::{World, mo};
use crate::callback::{CallbackEvent, CallbackKind};
use crate::decision::Decision;
use crate::event::Mo;
use crate::message::MessageState::Received;

fn usual() -> World {
    Setup::usual().world()
}

#[test]
fn a_session_without_a_message_ends_and_its_application_is_told() {
    let mut world = usual();
    let opened = world.mo("+41791", "8282", "weather");
    world.pass(1_000);
    let last = world.mo("+41791", "8282", "zurich");
    world.pass(SESSION_MS);
    world.phone_due("+41791");
    let timeline = [
        "received",
        "routed by keyword",
        "session_opened",
        "owes weather incoming_message",
        "session_closed",
        "owes weather session_closed",
    ];
    world.shows(opened, Received, &timeline);
    world.says(opened, "session with weather closed: no message came in time");
    let callback = world.owed(opened, CallbackKind::SessionClosed);
    let told = CallbackEvent::SessionClosed { phone: address("+41791"), service_address: address("8282") };
    assert_eq!(*world.told(callback), told);
    world.shows(last, Received, &["received", "routed by session", "owes weather incoming_message"]);
    assert!(world.phone("+41791").is_none(), "an empty record is dropped");
    assert_eq!(world.phone_due("+41791"), Decision::nothing(), "it ends once");
}

#[test]
fn nothing_is_done_before_something_is_due() {
    let mut world = usual();
    assert_eq!(world.phone_due("+41791"), Decision::nothing());
    world.mo("+41791", "8282", "weather");
    world.pass(SESSION_MS - 1);
    assert_eq!(world.phone_due("+41791"), Decision::nothing());
}

#[test]
fn everything_that_is_due_is_done_and_the_rest_waits() {
    let mut world = usual();
    let opened = world.mo("+41791", "8282", "weather");
    world.pass(SESSION_MS - REASSEMBLY_MS);
    let long = world.segment("+41791", 9, (1, 2), "news ");
    world.arrive(Mo { network_id: Some("77".into()), ..mo("+41791", "9292", "seen") });
    world.pass(REASSEMBLY_MS);
    world.phone_due("+41791");
    world.owed(opened, CallbackKind::SessionClosed);
    world.shows(long, Received, &["received", "flushed", "routed by keyword", "owes news incoming_message"]);
    let phone = world.phone("+41791").unwrap();
    assert_eq!((phone.sessions.len(), phone.long_messages.len(), phone.seen.len()), (0, 0, 1));
    assert_eq!(phone.due_at(), Some(world.now.plus_ms(DEDUPE_MS - REASSEMBLY_MS)));
    world.pass(DEDUPE_MS - REASSEMBLY_MS);
    world.phone_due("+41791");
    assert!(world.phone("+41791").is_none());
}

#[test]
fn a_phone_that_was_looked_at_is_not_due_again_at_once() {
    let mut world = Setup::usual().channel("spare", |c| c.dedupe_ms = 10).world();
    world.arrive(Mo { network_id: Some("1".into()), ..mo("+41791", "9292", "long remembered") });
    world.arrive(Mo {
        network_id: Some("2".into()),
        channel: "spare".into(),
        ..mo("+41791", "9292", "soon forgotten")
    });
    for _ in 0..2 {
        let due_at = world.phone("+41791").unwrap().due_at().unwrap();
        world.now = due_at;
        world.phone_due("+41791");
        assert!(world.phone("+41791").and_then(|p| p.due_at()).is_none_or(|next| next > due_at));
    }
    assert!(world.phone("+41791").is_none());
}
