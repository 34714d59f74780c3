//! Becoming a subscriber: once the callback has ended, however it has ended, and once only.

use std::sync::Arc;

use super::setup::Setup;
use super::world::{World, added};
use crate::callback::{AttemptFailure, CallbackEvent, CallbackKind};
use crate::decision::Decision;
use crate::directory::{Directory, Name};
use crate::event::{Asker, Event};
use crate::id::{CallbackId, MessageId};
use crate::limit::SUBSCRIPTIONS_MAX;
use crate::message::{Direction, MessageState};
use crate::phone::{PhoneRecord, Subscriber};

fn joined(world: &mut World) -> (MessageId, CallbackId) {
    let message = world.mo("+41791", "8282", "Join");
    (message, world.incoming(message))
}

fn is_announced(event: &CallbackEvent) -> bool {
    matches!(event, CallbackEvent::IncomingMessage { auto_subscribe: true, .. })
}

#[test]
fn a_phone_becomes_a_subscriber_when_the_callback_has_ended_however_it_ended() {
    let check = |how: fn(&mut World, CallbackId) -> Decision, state: MessageState| {
        let mut world = Setup::usual().world();
        let (message, callback) = joined(&mut world);
        assert!(is_announced(world.told(callback)));
        assert_eq!(world.subscriptions("+41791"), [""; 0], "not yet");
        let decision = how(&mut world, callback);
        assert_eq!(world.subscriptions("+41791"), ["news"]);
        let [mt] = added(&decision, Direction::Mt)[..] else { panic!("one confirmation: {decision:?}") };
        assert_eq!(
            (world.message(mt).text.as_str(), world.message(mt).parent),
            ("Welcome to the news.", Some(message))
        );
        world.shows(mt, MessageState::Queued, &["confirmation", "segmented", "queued"]);
        world.says(message, "the phone is now a subscriber of news; reply");
        world.owed(message, CallbackKind::SubscriptionCreated);
        assert_eq!(world.state(message), state);
    };
    check(|world, callback| world.answer(callback, &[]), MessageState::Answered);
    check(|world, callback| world.fail(callback, AttemptFailure::Gone), MessageState::Refused);
    let exhausted = |world: &mut World, callback: CallbackId| {
        world.pass(super::setup::RETRY_FOR_MS);
        world.fail(callback, AttemptFailure::TimedOut)
    };
    check(exhausted, MessageState::Exhausted);
}

#[test]
fn a_failed_attempt_that_is_followed_by_another_subscribes_nobody() {
    let mut world = Setup::usual().world();
    let (_, callback) = joined(&mut world);
    let decision = world.fail(callback, AttemptFailure::TimedOut);
    assert_eq!((added(&decision, Direction::Mt), world.subscriptions("+41791")), (vec![], vec![]));
    assert!(world.callback(callback).subscribe.is_some(), "it is still to come");
}

#[test]
fn nobody_subscribes_twice() {
    let mut world = Setup::usual().world();
    let (_, first) = joined(&mut world);
    let (_, second) = joined(&mut world);
    assert!(is_announced(world.told(second)), "the first has not ended");
    world.answer(first, &[]);
    let decision = world.answer(second, &[]);
    assert_eq!(added(&decision, Direction::Mt), [], "confirmed once");
    let (_, third) = joined(&mut world);
    assert!(!is_announced(world.told(third)));
    world.answer(third, &[]);
    assert_eq!(world.subscriptions("+41791"), ["news"]);
    assert_eq!(world.owed_all(CallbackKind::SubscriptionCreated).len(), 1);
}

#[test]
fn a_replay_subscribes_nobody_again() {
    let mut world = Setup::usual().world();
    let (_, callback) = joined(&mut world);
    world.fail(callback, AttemptFailure::Gone);
    assert_eq!(world.callback(callback).subscribe, None, "it has been done");
    world.decide(&Event::ReplayAsked { asker: Asker::Operator, callback });
    let decision = world.answer(callback, &[]);
    assert_eq!(added(&decision, Direction::Mt), []);
    assert_eq!(world.subscriptions("+41791"), ["news"]);
    assert_eq!(world.owed_all(CallbackKind::SubscriptionCreated).len(), 1);
}

fn with_confirmation(confirmation: Option<Name>) -> Arc<Directory> {
    let mut setup = Setup::usual();
    for route in &mut setup.routes {
        route.confirmation = confirmation.clone();
    }
    setup.directory()
}

#[test]
fn a_confirmation_may_be_left_out_or_be_too_long_and_the_phone_is_subscribed_all_the_same() {
    for (confirmation, shown) in [(None, None), (Some("x".repeat(256 * 153).into()), Some("reply_refused"))] {
        let mut world = World::new(with_confirmation(confirmation));
        let (message, callback) = joined(&mut world);
        let decision = world.answer(callback, &[]);
        assert_eq!((added(&decision, Direction::Mt), world.subscriptions("+41791")), (vec![], vec!["news"]));
        let expected = ["received", "routed by keyword", "owes news incoming_message", "attempt 1", "answered"];
        let mut expected: Vec<&str> = [&expected[..], &["subscribed"]].concat();
        expected.extend(shown);
        expected.push("owes news subscription_created");
        world.shows(message, MessageState::Answered, &expected);
    }
}

#[test]
fn a_phone_has_so_many_subscriptions() {
    let mut world = Setup::usual().world();
    let key = super::world::key("+41791");
    let mut record = PhoneRecord::new(key.clone());
    record.subscriptions = (0..SUBSCRIPTIONS_MAX)
        .map(|i| Subscriber { application: format!("a{i}").into(), since: world.now, tags: Vec::new() })
        .collect();
    world.view.phones.insert(key, record);
    let (message, callback) = joined(&mut world);
    world.answer(callback, &[]);
    assert_eq!(world.phone("+41791").unwrap().subscriptions.len(), SUBSCRIPTIONS_MAX);
    assert!(!world.timeline(message).contains(&"subscribed".to_owned()));
}
