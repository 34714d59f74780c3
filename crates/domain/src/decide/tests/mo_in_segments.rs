//! `MoArrived` with a segment of a long text: collected until it is whole, too late, too much or impossible.

use super::setup::{REASSEMBLY_MS, Setup};
use super::world::{World, segment};
use crate::callback::CallbackEvent;
use crate::decision::{Decision, Outcome};
use crate::event::{Event, Mo, MoContent};
use crate::id::MessageId;
use crate::limit::{REASSEMBLIES_MAX, TEXT_BYTES_MAX};
use crate::message::MessageState::{Received, Unrouted};
use crate::text::coding::Alphabet;
use crate::text::reassembly::{Carrier, Concatenation, Reference, SEGMENT_BYTES_MAX};

const JOINED: [&str; 4] = ["received", "joined", "routed by keyword", "owes news incoming_message"];
const FLUSHED: [&str; 4] = ["received", "flushed", "routed by keyword", "owes news incoming_message"];

fn usual() -> World {
    Setup::usual().world()
}

fn texts(world: &World) -> Vec<&str> {
    world.ledger.messages.values().map(|m| m.text.as_str()).collect()
}

#[test]
fn segments_in_any_order_are_one_message() {
    let pieces = ["news ", "is ", "what ", "is ", "new"];
    for order in [[1, 2, 3, 4, 5], [5, 1, 3, 2, 4], [5, 4, 3, 2, 1]] {
        let mut world = usual();
        let ids: Vec<MessageId> =
            order.iter().map(|n| world.segment("+41791", 9, (*n, 5), pieces[usize::from(*n) - 1])).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "all are acknowledged as one message");
        world.shows(ids[0], Received, &JOINED);
        world.says(ids[0], "received on channel carrier from +41791 to 8282, 5 of 5 segments; all 5 segments joined");
        assert_eq!((world.message(ids[0]).text.as_str(), world.message(ids[0]).segments), ("news is what is new", 5));
        assert!(world.phone("+41791").is_none(), "nothing is left to remember");
    }
}

#[test]
fn nothing_is_told_before_the_last_segment_has_come() {
    let mut world = usual();
    let message = world.segment("+41791", 9, (2, 2), "today");
    assert!(world.ledger.messages.is_empty() && world.view.callbacks.is_empty());
    assert_eq!(world.phone("+41791").unwrap().due_at(), Some(world.now.plus_ms(REASSEMBLY_MS)));
    world.pass(5_000);
    world.segment("+41791", 9, (1, 2), "news ");
    let told = world.told(world.incoming(message));
    let CallbackEvent::IncomingMessage { text, sent_at, .. } = told else { panic!("{told:?}") };
    assert_eq!((text.as_str(), *sent_at), ("news today", world.now));
}

#[test]
fn a_repeated_segment_is_ignored_and_noted() {
    let mut world = usual();
    let message = world.segment("+41791", 9, (1, 2), "news ");
    assert_eq!(world.segment("+41791", 9, (1, 2), "news "), message);
    world.segment("+41791", 9, (2, 2), "today");
    world.shows(message, Received, &[&["segment_repeated"][..], &JOINED[..]].concat());
    assert_eq!(texts(&world), ["news today"]);
}

#[test]
fn a_segment_the_network_delivers_twice_is_suppressed_by_its_id() {
    let mut world = usual();
    let reference = Reference { carrier: Carrier::Udh8, value: 9 };
    let first = Mo { network_id: Some("77".into()), ..segment("+41791", reference, (1, 2), "news ") };
    let message = world.arrive(first.clone());
    assert_eq!(world.arrive(first), message);
    world.segment("+41791", 9, (2, 2), "today");
    world.shows(message, Received, &[&["duplicate"][..], &JOINED[..]].concat());
}

#[test]
fn a_reference_used_again_is_another_message_and_neither_is_lost() {
    let mut world = usual();
    let lost = world.segment("+41791", 9, (1, 2), "news that never ended");
    world.pass(60_000);
    let second = world.segment("+41791", 9, (1, 2), "news ");
    assert_ne!(lost, second, "the same number with other words begins another text");
    world.segment("+41791", 9, (2, 2), "today");
    world.shows(lost, Received, &FLUSHED);
    world.shows(second, Received, &JOINED);
    assert_eq!(texts(&world), ["news that never ended[…]", "news today"]);
}

#[test]
fn what_has_come_goes_on_with_marked_gaps_when_the_wait_is_over() {
    let mut world = usual();
    let message = world.segment("+41791", 9, (1, 4), "news ");
    world.segment("+41791", 9, (3, 4), "today");
    world.pass(REASSEMBLY_MS - 1);
    assert_eq!(world.phone_due("+41791"), Decision::nothing(), "not yet");
    world.pass(1);
    world.phone_due("+41791");
    world.shows(message, Received, &FLUSHED);
    world.says(message, "2 of 4 segments; segments missing after the wait: 2, 4; went on with what came, gaps marked");
    assert_eq!((texts(&world), world.message(message).segments), (vec!["news […]today[…]"], 2));
    let straggler = world.segment("+41791", 9, (2, 4), "of ");
    assert_ne!(straggler, message, "what comes later is not lost either");
    world.pass(REASSEMBLY_MS);
    world.phone_due("+41791");
    world.shows(straggler, Unrouted, &["received", "flushed", "unrouted"]);
}

#[test]
fn segments_of_different_messages_are_never_mixed() {
    let udh8 = Reference { carrier: Carrier::Udh8, value: 9 };
    let check = |what: &str, other: Mo| {
        let mut world = usual();
        let first = world.arrive(segment("+41791", udh8, (1, 2), "news "));
        let second = world.arrive(other);
        assert_ne!(first, second, "{what}");
        assert!(world.ledger.messages.is_empty(), "{what}: both wait");
        assert_eq!(world.arrive(segment("+41791", udh8, (2, 2), "today")), first, "{what}");
        world.shows(first, Received, &JOINED);
        assert_eq!(texts(&world), ["news today"], "{what}");
    };
    check("another reference", segment("+41791", Reference { value: 10, ..udh8 }, (2, 2), "x"));
    check("a 16-bit reference", segment("+41791", Reference { carrier: Carrier::Udh16, ..udh8 }, (2, 2), "x"));
    check("a SAR reference", segment("+41791", Reference { carrier: Carrier::Sar, ..udh8 }, (2, 2), "x"));
    check("another phone", segment("+41792", udh8, (2, 2), "x"));
    check("another total", segment("+41791", udh8, (2, 3), "x"));
    check("another service address", Mo { to: super::setup::address("9292"), ..segment("+41791", udh8, (2, 2), "x") });
    check("another channel", Mo { channel: "spare".into(), ..segment("+41791", udh8, (2, 2), "x") });
}

#[test]
fn spellings_of_one_phone_belong_together() {
    let mut world = usual();
    let message = world.segment("+41791", 9, (1, 2), "news ");
    assert_eq!(world.segment("+41 79-1", 9, (2, 2), "today"), message);
    assert_eq!(texts(&world), ["news today"]);
}

#[test]
fn a_segment_with_an_impossible_place_is_a_message_of_its_own() {
    let check = |place: (u8, u8), complaint: &str| {
        let mut world = usual();
        let message = world.segment("+41791", 9, place, "news today");
        world.shows(message, Received, &["received", "complaint", "routed by keyword", "owes news incoming_message"]);
        world.says(message, complaint);
        assert_eq!(world.message(message).text, "news today");
        assert!(world.phone("+41791").is_none());
    };
    check((0, 2), "odd: the segment has number 0");
    check((1, 0), "odd: the segment names a total of 0");
    check((3, 2), "odd: the segment is number 3 of 2");
}

#[test]
fn a_single_segment_that_calls_itself_long_is_whole_at_once() {
    let mut world = usual();
    let message = world.segment("+41791", 9, (1, 1), "news");
    world.shows(message, Received, &JOINED);
}

#[test]
fn a_segment_larger_than_any_is_a_message_of_its_own_and_leaves_nothing_behind() {
    let place = |reference, number| Concatenation {
        reference: Reference { carrier: Carrier::Udh8, value: reference },
        total: 2,
        number,
    };
    let large = |bytes: usize| {
        let bytes = [b"news ".to_vec(), vec![0xe9; bytes]].concat();
        let content = MoContent::Segment { place: place(9, 1), bytes, alphabet: Alphabet::Latin1 };
        Mo { content, ..segment("+41791", place(9, 1).reference, (1, 2), "") }
    };
    let mut world = usual();
    let message = world.arrive(large(SEGMENT_BYTES_MAX));
    world.says(message, "odd: the segment has 260 bytes, at most 255 are kept");
    assert!(world.phone("+41791").is_none(), "no long message waits for the rest of it");
    let huge = world.arrive(large(TEXT_BYTES_MAX));
    assert!(world.message(huge).text.len() <= TEXT_BYTES_MAX);
    assert_eq!(world.ledger.messages.len(), 2);
}

#[test]
fn a_phone_has_so_many_long_messages_waiting_and_the_oldest_goes_on_without_the_rest() {
    let mut world = usual();
    let ids: Vec<MessageId> =
        (0..=REASSEMBLIES_MAX).map(|i| world.segment("+41791", i as u16, (1, 2), "news ")).collect();
    assert_eq!(world.phone("+41791").unwrap().long_messages.len(), REASSEMBLIES_MAX);
    world.shows(ids[0], Received, &FLUSHED);
    assert_eq!(world.ledger.messages.len(), 1);
    assert_eq!(world.segment("+41791", 1, (2, 2), "today"), ids[1], "the others still wait");
}

#[test]
fn the_channel_says_how_long_to_wait() {
    let mut world = Setup::usual().channel("carrier", |c| c.reassembly_ms = 1_000).world();
    world.segment("+41791", 9, (1, 2), "news ");
    world.pass(1_000);
    let decision = world.decide(&Event::PhoneDue { phone: super::world::key("+41791") });
    assert_eq!((decision.outcome, world.ledger.messages.len()), (Outcome::Done, 1));
}

#[test]
fn characters_that_cannot_be_read_are_complained_of_and_the_rest_is_kept() {
    let mut world = usual();
    let reference = Reference { carrier: Carrier::Udh8, value: 9 };
    let place = Concatenation { reference, total: 1, number: 1 };
    let content = MoContent::Segment { place, bytes: b"news \xff".to_vec(), alphabet: Alphabet::Ascii };
    let message = world.arrive(Mo { content, ..segment("+41791", reference, (1, 1), "") });
    world.says(message, "odd: 1 characters could not be read");
    assert_eq!(texts(&world), ["news \u{fffd}"]);
}
