//! `AttemptEnded`: answered, planned again, refused or exhausted. What an answer asks for is in `answer.rs`.

use super::setup::{RETRY_FOR_MS, Setup, WAITS_MS};
use super::world::{World, key, reply};
use crate::answer::Answer;
use crate::callback::{AttemptFailure, AttemptOutcome, AttemptRecord, CallbackKind, CallbackState};
use crate::decision::{Change, Decision};
use crate::event::Event;
use crate::id::{CallbackId, Stamp};
use crate::message::MessageState;
use crate::report::ReportStatus;

use AttemptFailure::{Gone, Misconfigured, Status, TimedOut, Unreachable};

const BEFORE: [&str; 3] = ["received", "routed by keyword", "owes news incoming_message"];

fn usual() -> World {
    Setup::usual().world()
}

fn after(more: &[&'static str]) -> Vec<&'static str> {
    [&BEFORE[..], more].concat()
}

#[test]
fn an_answer_ends_the_callback() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    let decision = world.answer(callback, &[]);
    world.shows(message, MessageState::Answered, &after(&["attempt 1", "answered"]));
    world.says(message, "answer understood: nothing to do");
    assert!(decision.changes.contains(&Change::EndCallback { id: callback }), "its small record goes");
    assert!(world.view.callbacks.is_empty());
}

#[test]
fn a_callback_is_answered_once() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    world.answer(callback, &[reply("first")]);
    let messages = world.ledger.messages.len();
    assert_eq!(world.answer(callback, &[reply("second")]), Decision::nothing());
    assert_eq!(world.fail(callback, TimedOut), Decision::nothing());
    assert_eq!((world.ledger.messages.len(), world.state(message)), (messages, MessageState::Answered));
    let nobodys = CallbackId::new(Stamp::new(1, 1), 1);
    assert_eq!(world.answer(nobodys, &[]), Decision::nothing());
}

#[test]
fn what_was_odd_about_an_answer_is_noted_and_fails_nothing() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let answer = Answer { instructions: vec![reply("ok")], complaints: vec!["close_session is no boolean".into()] };
    world.end_attempt(world.incoming(message), None, Some(answer), None);
    world.shows(message, MessageState::Answered, &after(&["attempt 1", "answered", "complaint", "replied"]));
    world.says(message, "odd: close_session is no boolean");
}

#[test]
fn a_failed_attempt_is_followed_by_another_within_the_schedule() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    let first_failed_at = world.now;
    for (attempt, bound) in (1..).zip([WAITS_MS[0], WAITS_MS[1], WAITS_MS[2], WAITS_MS[2]]) {
        world.fail(callback, TimedOut);
        let record = world.callback(callback);
        assert_eq!((record.attempts, record.state), (attempt, CallbackState::Pending));
        assert_eq!(record.failing_since, Some(first_failed_at), "the lane's patience counts from the first failure");
        assert!(record.due_at >= world.now && record.due_at <= world.now.plus_ms(bound), "attempt {attempt}");
        world.now = record.due_at.max(world.now.plus_ms(1));
    }
    world.answer(callback, &[]);
    let more = ["attempt 1", "retry_planned", "attempt 2", "retry_planned", "attempt 3", "retry_planned", "attempt 4"];
    let more = [&more[..], &["retry_planned", "attempt 5", "answered"]].concat();
    world.shows(message, MessageState::Answered, &after(&more));
}

#[test]
fn why_an_attempt_failed_is_said_in_words() {
    let check = |failure: AttemptFailure, words: &str| {
        let mut world = usual();
        let message = world.mo("+41791", "8282", "news");
        world.fail(world.incoming(message), failure);
        world.says(message, words);
    };
    check(Status, "attempt 1 failed: HTTP 503; the next one in 0 ms");
    check(Unreachable, "attempt 1 failed: no connection to the application; the next one in 0 ms");
    check(Misconfigured, "the application's URL cannot be called (HS-3002); the next one");
    check(Gone, "refused by the application: HTTP 410");
}

#[test]
fn what_is_known_about_a_failure_is_said_beside_its_kind() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let outcome = AttemptOutcome {
        record: AttemptRecord {
            number: 1,
            started_at: world.now,
            took_ms: 12,
            url: "http://127.0.0.1:9000/gateway".into(),
            status: None,
            failure: Some(Unreachable),
            detail: "connection refused".into(),
            content_type: String::new(),
            body: String::new(),
        },
        answer: None,
        retry_after_ms: None,
    };
    world.decide(&Event::AttemptEnded { callback: world.incoming(message), phone: key("+41791"), outcome });
    world.says(message, "attempt 1 failed: no connection to the application (connection refused); the next one");
}

#[test]
fn a_callback_ends_without_an_answer_and_is_kept() {
    let check = |how: fn(&mut World, CallbackId), state: CallbackState, message_state: MessageState, last: &str| {
        let mut world = usual();
        let message = world.mo("+41791", "8282", "news");
        let callback = world.incoming(message);
        how(&mut world, callback);
        assert_eq!(world.callback(callback).state, state);
        assert_eq!(world.state(message), message_state);
        assert_eq!(world.timeline(message).last().map(String::as_str), Some(last));
        assert_eq!(world.answer(callback, &[]), Decision::nothing(), "it can only be replayed");
        assert_eq!(world.fail(callback, Gone), Decision::nothing());
        world.ledger.assert_nothing_lost(&world.view);
    };
    let gone = |world: &mut World, callback: CallbackId| {
        world.fail(callback, Gone);
    };
    let exhausted = |world: &mut World, callback: CallbackId| {
        let attempts = world.exhaust(callback);
        assert_eq!(world.callback(callback).attempts, attempts);
    };
    let without_application = |world: &mut World, callback: CallbackId| {
        world.configure(Setup::usual().without_application("news").directory());
        world.fail(callback, Misconfigured);
    };
    check(gone, CallbackState::Refused, MessageState::Refused, "callback_refused");
    check(exhausted, CallbackState::Exhausted, MessageState::Exhausted, "callback_exhausted");
    check(without_application, CallbackState::Exhausted, MessageState::Exhausted, "callback_exhausted");
}

#[test]
fn the_last_attempt_comes_when_the_time_is_used_up() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    let ends_at = world.now.plus_ms(RETRY_FOR_MS);
    world.now = ends_at.plus_ms(0);
    world.now.0 -= 1_000;
    world.fail(callback, TimedOut);
    assert!(world.callback(callback).due_at <= ends_at);
    world.now = ends_at;
    world.fail(callback, TimedOut);
    assert_eq!(world.callback(callback).state, CallbackState::Exhausted);
    world.says(message, "given up after 2 attempts; it can be replayed");
}

#[test]
fn the_application_says_how_long_to_wait() {
    let mut world = usual();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    world.end_attempt(callback, Some(Status), None, Some(90_000));
    assert_eq!(world.callback(callback).due_at, world.now.plus_ms(90_000));
}

#[test]
fn only_the_callback_about_the_mo_moves_its_state() {
    let mut world = usual();
    let mt = world.sent("hello");
    world.taken(mt, 0, "n1");
    world.report("n1", ReportStatus::Delivered);
    let report = world.owed(mt, CallbackKind::DeliveryReport);
    world.exhaust(report);
    assert_eq!(world.state(mt), MessageState::Delivered);
    let mut world = usual();
    let opened = world.mo("+41791", "8282", "weather");
    world.answer(world.incoming(opened), &[crate::answer::Instruction::CloseSession]);
    let closed = world.owed(opened, CallbackKind::SessionClosed);
    world.fail(closed, Gone);
    assert_eq!(world.state(opened), MessageState::Answered);
    assert_eq!(world.callback(closed).state, CallbackState::Refused);
}
