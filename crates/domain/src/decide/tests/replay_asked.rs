//! `ReplayAsked`: a callback that ended without an answer is owed again.

use super::setup::{RETRY_FOR_MS, Setup};
use super::world::{World, reply};
use crate::callback::{AttemptFailure, CallbackState};
use crate::decision::{Decision, Outcome, Refusal};
use crate::event::{Asker, Event};
use crate::id::CallbackId;
use crate::message::MessageState;

fn replay(world: &mut World, asker: Asker, callback: CallbackId) -> Decision {
    world.decide(&Event::ReplayAsked { asker, callback })
}

/// A callback of `news` that was given up.
fn exhausted(world: &mut World) -> CallbackId {
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    world.exhaust(callback);
    callback
}

#[test]
fn who_may_see_a_callback_may_replay_it() {
    let check = |asker: Asker, allowed: bool| {
        let mut world = Setup::usual().world();
        let callback = exhausted(&mut world);
        let expected = if allowed { Outcome::Done } else { Outcome::Refused(Refusal::NotFound) };
        assert_eq!(replay(&mut world, asker.clone(), callback).outcome, expected, "{asker:?}");
        let state = if allowed { CallbackState::Pending } else { CallbackState::Exhausted };
        assert_eq!(world.callback(callback).state, state);
    };
    check(Asker::Operator, true);
    check(Asker::Account("press".into()), true);
    check(Asker::Application("news".into()), true);
    check(Asker::Account("acme".into()), false);
    check(Asker::Application("weather".into()), false);
}

#[test]
fn only_a_kept_callback_can_be_replayed() {
    let mut world = Setup::usual().world();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    let pending = replay(&mut world, Asker::Operator, callback).outcome;
    assert_eq!(pending, Outcome::Refused(Refusal::StillPending));
    assert_eq!(Refusal::StillPending.code(), "HS-1110");
    world.answer(callback, &[]);
    let answered = replay(&mut world, Asker::Operator, callback).outcome;
    assert_eq!(answered, Outcome::Refused(Refusal::NotFound));
    assert_eq!(Refusal::NotFound.code(), "HS-1109");
}

#[test]
fn a_replay_starts_the_schedule_anew_with_the_same_id_and_body() {
    let mut world = Setup::usual().world();
    let callback = exhausted(&mut world);
    let message = world.callback(callback).message;
    world.pass(86_400_000);
    replay(&mut world, Asker::Account("press".into()), callback);
    let record = world.callback(callback);
    assert_eq!((record.attempts, record.failing_since, record.detached), (0, None, false));
    assert_eq!((record.created_at, record.due_at), (world.now, world.now));
    assert_eq!(world.state(message), MessageState::Exhausted, "until the replay has ended");
    world.says(message, &format!("callback {callback} replayed by account press"));
    world.fail(callback, AttemptFailure::TimedOut);
    assert_eq!(world.callback(callback).state, CallbackState::Pending, "it has all its time again");
    world.answer(callback, &[reply("Late, but here.")]);
    assert_eq!(world.state(message), MessageState::Answered);
}

#[test]
fn a_replay_may_end_without_an_answer_again() {
    let mut world = Setup::usual().world();
    let callback = exhausted(&mut world);
    let message = world.callback(callback).message;
    replay(&mut world, Asker::Operator, callback);
    world.fail(callback, AttemptFailure::Gone);
    assert_eq!(world.state(message), MessageState::Refused);
    replay(&mut world, Asker::Operator, callback);
    world.pass(RETRY_FOR_MS);
    world.fail(callback, AttemptFailure::TimedOut);
    assert_eq!(world.state(message), MessageState::Exhausted);
}
