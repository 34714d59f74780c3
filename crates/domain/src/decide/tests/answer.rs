//! What an answer asks for: replies, the end of the session, the text processed again, in this order.

use super::setup::{Setup, address, route};
use super::world::{World, added, reply, reprocess};
use crate::answer::Instruction::{self, CloseSession};
use crate::callback::{CallbackEvent, CallbackKind};
use crate::decision::Decision;
use crate::id::{CallbackId, MessageId};
use crate::limit::{REPLIES_MAX, REPROCESS_HOPS_MAX};
use crate::message::{Direction, MessageState};

fn usual() -> World {
    Setup::usual().world()
}

/// A phone writes and the application answers.
fn answered(world: &mut World, text: &str, instructions: &[Instruction]) -> (MessageId, Decision) {
    let message = world.mo("+41791", "8282", text);
    let decision = world.answer(world.incoming(message), instructions);
    (message, decision)
}

#[test]
fn what_an_answer_asks_for_is_done_and_shown() {
    let check =
        |text: &str, instructions: &[Instruction], timeline: &[&str], sessions: &[&str], new: (usize, usize)| {
            let mut world = usual();
            let (message, decision) = answered(&mut world, text, instructions);
            let shown = world.timeline(message);
            let since = shown.iter().position(|entry| entry == "answered").unwrap();
            // The end of a session is told in the timeline of the message that opened it, which here is the same.
            assert_eq!(shown[since..], *timeline, "{text} {instructions:?}");
            assert_eq!(world.sessions("+41791"), sessions);
            assert_eq!((added(&decision, Direction::Mo).len(), added(&decision, Direction::Mt).len()), new);
            assert_eq!(world.state(message), MessageState::Answered);
        };
    check("weather", &[], &["answered"], &["weather"], (0, 0));
    check("weather", &[reply("Rain.")], &["answered", "replied"], &["weather"], (0, 1));
    check("weather", &[reply("a"), reply("b")], &["answered", "replied", "replied"], &["weather"], (0, 2));
    check("news", &[CloseSession], &["answered"], &[], (0, 0));
    check("news", &[reprocess("nobody's")], &["answered", "reprocessed"], &[], (1, 0));
    check("news", &[reprocess("weather")], &["answered", "reprocessed"], &["weather"], (1, 0));
    check("weather", &[reprocess("news")], &["answered", "reprocessed"], &["weather"], (1, 0));
    check("news", &[reprocess("help")], &["answered", "reprocessed"], &[], (1, 1));
}

#[test]
fn a_reply_goes_back_the_way_the_text_came() {
    let mut world = usual();
    let (message, decision) = answered(&mut world, "weather", &[reply("Rain in Zürich.")]);
    let [mt] = added(&decision, Direction::Mt)[..] else { panic!("{decision:?}") };
    let sent = world.message(mt);
    assert_eq!((sent.from.as_str(), sent.to.as_str(), sent.text.as_str()), ("8282", "+41791", "Rain in Zürich."));
    assert_eq!((&*sent.channel, sent.application.as_deref(), sent.parent), ("carrier", Some("weather"), Some(message)));
    world.shows(mt, MessageState::Queued, &["in_reply_to", "segmented", "queued"]);
    world.says(message, &format!("reply {mt} to +41791"));
    assert_eq!(world.outgoing(mt).due_at, world.now);
    assert!(!world.outgoing(mt).tells);
}

#[test]
fn replies_have_limits_and_what_is_beyond_them_is_said() {
    let mut world = usual();
    let (message, decision) = answered(&mut world, "news", &vec![reply("again"); REPLIES_MAX + 2]);
    assert_eq!(added(&decision, Direction::Mt).len(), REPLIES_MAX);
    world.says(message, &format!("a reply of the answer was not sent: more than {REPLIES_MAX} replies"));
    let long = "x".repeat(256 * 153);
    let (message, decision) = answered(&mut world, "news", &[reply(&long), reply("short")]);
    assert_eq!(added(&decision, Direction::Mt).len(), 1, "the others are sent all the same");
    world.says(message, "a reply of the answer was not sent: it would need 256 segments");
    assert_eq!(world.state(message), MessageState::Answered);
}

#[test]
fn closing_ends_the_session_on_this_address_only_and_tells_the_opening_message() {
    let second = crate::directory::Route { session: true, ..route("weather", "9393", "go") };
    let mut world = Setup::usual().route(second).world();
    let opened = world.mo("+41791", "8282", "weather");
    world.mo("+41791", "9393", "go");
    let last = world.mo("+41791", "8282", "bye");
    world.answer(world.incoming(last), &[CloseSession]);
    assert_eq!(world.sessions("+41791"), ["weather"], "the one on 9393");
    world.says(opened, "session with weather closed: the application's answer asked for it");
    let told = world.told(world.owed(opened, CallbackKind::SessionClosed));
    let closed = CallbackEvent::SessionClosed { phone: address("+41791"), service_address: address("8282") };
    assert_eq!(*told, closed);
    assert!(!world.timeline(last).iter().any(|entry| entry.contains("session_closed")));
}

#[test]
fn reply_comes_before_close_and_close_before_the_text_is_processed_again() {
    let mut world = usual();
    let (message, decision) =
        answered(&mut world, "weather", &[reply("Bye."), CloseSession, reprocess("news of the day")]);
    let [again] = added(&decision, Direction::Mo)[..] else { panic!("{decision:?}") };
    assert_eq!(world.message(again).application.as_deref(), Some("news"), "the session was closed before");
    world.shows(
        again,
        MessageState::Received,
        &["reprocessed_from", "routed by keyword", "owes news incoming_message"],
    );
    assert_eq!((world.message(again).parent, world.message(again).hops), (Some(message), 1));
    assert_eq!(world.callback(world.incoming(again)).hops, 1);
    let positions: Vec<usize> = ["Bye.", "news of the day"]
        .iter()
        .map(|text| {
            let adds = |change: &crate::decision::Change| matches!(change, crate::decision::Change::AddMessage { message, .. } if message.text == *text);
            decision.changes.iter().position(adds).unwrap()
        })
        .collect();
    assert!(positions[0] < positions[1]);
    world.says(message, &format!("the answer had the text \"news of the day\" processed as {again}"));
    let mut world = usual();
    let (_, decision) = answered(&mut world, "weather", &[reprocess("news of the day")]);
    let [again] = added(&decision, Direction::Mo)[..] else { panic!("{decision:?}") };
    assert_eq!(world.message(again).application.as_deref(), Some("weather"), "an open session comes first");
}

/// Answers every callback about the phone's texts the same, until none is owed; returns how many there were.
fn answer_all(world: &mut World, instructions: &[Instruction]) -> usize {
    for count in 0..100 {
        let Some(callback) = world.view.callbacks.keys().next().copied() else { return count };
        world.answer(callback, instructions);
    }
    panic!("the loop is not cut");
}

#[test]
fn a_text_that_is_processed_again_and_again_is_cut_and_told() {
    let mut world = usual();
    let mut message = world.mo("+41791", "8282", "news");
    for hops in 1..=REPROCESS_HOPS_MAX {
        let decision = world.answer(world.incoming(message), &[reprocess("news")]);
        message = added(&decision, Direction::Mo)[0];
        assert_eq!(world.message(message).hops, hops);
    }
    let decision = world.answer(world.incoming(message), &[reply("still sent"), reprocess("news")]);
    assert_eq!(added(&decision, Direction::Mo), [], "the loop ends here");
    assert_eq!(added(&decision, Direction::Mt).len(), 1);
    world.says(message, "the answer asked to process a text again for the 9th time; cut to end the loop");
    let told = world.owed(message, CallbackKind::AutoReplyLoop);
    assert_eq!(*world.told(told), CallbackEvent::AutoReplyLoop { phone: address("+41791") });
    assert_eq!(world.callback(told).application.as_ref(), "news");
    assert_eq!(world.state(message), MessageState::Answered);
    world.answer(told, &[reprocess("news")]);
    world.says(message, "the answer asked to process a text again for the 10th time");
}

#[test]
fn an_application_that_answers_everything_with_another_round_comes_to_an_end() {
    let mut world = usual();
    world.mo("+41791", "8282", "news");
    let rounds = usize::from(REPROCESS_HOPS_MAX);
    assert_eq!(answer_all(&mut world, &[reprocess("news")]), rounds + 2, "the MO, its rounds, and the loop's own");
    assert_eq!(world.ledger.messages.len(), rounds + 1);
}

#[test]
fn two_texts_of_one_answer_are_two_messages() {
    let mut world = usual();
    let (message, decision) = answered(&mut world, "news", &[reprocess("weather"), reprocess("news")]);
    let again = added(&decision, Direction::Mo);
    assert_eq!(again.len(), 2);
    assert!(again.iter().all(|id| world.message(*id).parent == Some(message)));
    assert_eq!(world.message(again[1]).application.as_deref(), Some("weather"), "the first one opened a session");
}

#[test]
fn an_answer_after_its_application_is_gone_still_counts() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "weather");
    let callback: CallbackId = world.incoming(message);
    world.configure(Setup::usual().without_application("weather").directory());
    let decision = world.answer(callback, &[reply("Rain."), CloseSession]);
    assert_eq!(added(&decision, Direction::Mt).len(), 1);
    assert_eq!(world.state(message), MessageState::Answered);
    assert_eq!(world.sessions("+41791"), [""; 0]);
}
