//! `CancelAsked`: only what still waits for its time, and only by whom it belongs to.

use super::setup::Setup;
use super::world::{World, send};
use crate::decision::{Decision, Outcome};
use crate::event::{Asker, Event, Send};
use crate::id::{MessageId, Stamp};
use crate::message::MessageState;

fn scheduled(world: &mut World) -> MessageId {
    let at = world.now.plus_ms(60_000);
    world.send(Send { send_at: Some(at), ..send("+41791", "hello") })[0].id
}

fn cancel(world: &mut World, asker: Asker, messages: &[MessageId]) -> Decision {
    let messages: Vec<Stamp> = messages.iter().map(|m| m.stamp).collect();
    world.decide(&Event::CancelAsked { asker, messages })
}

#[test]
fn who_may_see_an_mt_may_cancel_it() {
    let check = |asker: Asker, count: usize, words: &str| {
        let mut world = Setup::usual().world();
        let message = scheduled(&mut world);
        assert_eq!(cancel(&mut world, asker, &[message]).outcome, Outcome::Cancelled { count });
        if count == 0 {
            assert_eq!(world.state(message), MessageState::Scheduled, "{words}");
        } else {
            world.shows(message, MessageState::Cancelled, &["accepted", "segmented", "scheduled", "cancelled"]);
            world.says(message, words);
            assert!(world.is_finished(message));
        }
    };
    check(Asker::Operator, 1, "cancelled by the operator");
    check(Asker::Account("acme".into()), 1, "cancelled by account acme");
    check(Asker::Application("weather".into()), 1, "cancelled by application weather");
    check(Asker::Account("press".into()), 0, "another account");
    check(Asker::Application("idle".into()), 0, "another application of the account");
}

#[test]
fn only_what_waits_for_its_time_is_cancelled() {
    let mut world = Setup::usual().world();
    let (first, second) = (scheduled(&mut world), scheduled(&mut world));
    let queued = world.sent("on its way");
    let done = world.sent("done");
    world.refused(done, 0);
    let incoming = world.mo("+41791", "8282", "news");
    let all = [second, queued, first, second, done, incoming];
    assert_eq!(cancel(&mut world, Asker::Operator, &all).outcome, Outcome::Cancelled { count: 2 });
    let states = [first, second, queued, done, incoming].map(|m| world.state(m));
    let expected = [MessageState::Cancelled, MessageState::Cancelled, MessageState::Queued, MessageState::Rejected];
    assert_eq!(states[..4], expected);
    assert_eq!(states[4], MessageState::Received);
    assert_eq!(cancel(&mut world, Asker::Operator, &all).outcome, Outcome::Cancelled { count: 0 });
    world.pass(60_000);
    assert_eq!(world.outgoing_due(first), Decision::nothing(), "what is cancelled never goes out");
}
