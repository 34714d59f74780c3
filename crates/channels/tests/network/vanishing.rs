//! Operators that vanish without a word: the connection looks alive, and nothing comes any more.

use std::time::{Duration, Instant};

use crate::support::relay::{Passes, Relay};
use crate::support::{World, options, order};
use channels::simulator::OperatorOptions;
use channels::smpp::{Options, Waits};
use engine::port::{Channel, Signal, SubmitAnswer};

const ROUNDS: usize = 20;
const ENQUIRE_MS: u64 = 300;
const TIMEOUT_MS: u64 = 400;
/// How much later than interval + timeout it may be found while other tests keep the machine busy.
const SLACK: Duration = Duration::from_secs(3);

/// The moment at which the network vanishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    WhileBinding,
    Idle,
    WithSubmitsOpen,
    WithAnMoOnItsWay,
    /// The MO was taken, and the network never heard of it.
    WithAnAnswerOnItsWay,
}

fn round(moment: Moment, vanishes: Passes) {
    let world = World::taking();
    let operator = world.operator(OperatorOptions {
        enquire_link_ms: ENQUIRE_MS,
        response_timeout_ms: TIMEOUT_MS,
        redeliver_ms: 10,
        ..OperatorOptions::default()
    });
    let relay = Relay::start(operator.address().port(), Passes::All);
    if moment == Moment::WhileBinding {
        relay.set(vanishes);
    }
    let waits = Waits { backoff_min_ms: 20, backoff_max_ms: 20, ..Waits::default() };
    let channel = world.channel(Options {
        enquire_link_ms: ENQUIRE_MS,
        response_timeout_ms: TIMEOUT_MS,
        connect_timeout_ms: TIMEOUT_MS,
        waits,
        ..options(relay.port)
    });
    let mut expected_mos = 0;
    if moment == Moment::WhileBinding {
        let status = world.wait_state(0, "down");
        assert!(status.detail.contains("HS-4004"), "{status:?}");
        relay.set(Passes::All);
    } else {
        world.engine.wait_up(1);
        channel.submit(order(1, "41790001234", "before"));
        assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::Taken { .. }));
        relay.set(vanishes);
        let vanished_at = Instant::now();
        let send_mo = || {
            let operator = operator.clone();
            world.runtime.spawn(async move { operator.send_from_phone("41791234567", "8282", "again").await })
        };
        let sending = match moment {
            Moment::WithAnMoOnItsWay | Moment::WithAnAnswerOnItsWay => Some(send_mo()),
            _ => None,
        };
        if moment == Moment::WithAnAnswerOnItsWay {
            world.engine.wait("the MO", |record| (record.mos.len() == 1).then_some(()));
        }
        if moment == Moment::WithSubmitsOpen {
            for number in 2..=6 {
                channel.submit(order(number, "41790001234", "into the void"));
            }
        }
        let is_down = |signal: &Signal| matches!(signal, Signal::LinkDown { .. });
        world.engine.wait("the link is down", |record| (record.count(is_down) >= 1).then_some(()));
        let found_after = vanished_at.elapsed();
        // What was still on its way when it vanished counts as a sign of life.
        let longest = Duration::from_millis(ENQUIRE_MS + TIMEOUT_MS) + SLACK;
        assert!(found_after <= longest, "{moment:?}: found after {found_after:?}");
        relay.set(Passes::All);
        if moment == Moment::WithSubmitsOpen {
            for number in 2..=6 {
                assert!(matches!(world.engine.wait_answer(number), SubmitAnswer::Unknown { .. }), "{number}");
            }
        }
        if let Some(sending) = sending {
            world.runtime.block_on(sending).unwrap().unwrap();
            expected_mos = 1;
        }
        world.engine.wait_up(2);
    }
    world.wait_state(0, "bound");
    channel.submit(order(9, "41790001234", "after"));
    assert!(matches!(world.engine.wait_answer(9), SubmitAnswer::Taken { .. }));
    let record = world.engine.record();
    let mut identities: Vec<_> = record.mos.iter().map(|mo| mo.network_id.clone().expect("an identity")).collect();
    identities.dedup();
    assert_eq!(identities.len(), expected_mos, "{moment:?}: repetitions bear the same identity");
    drop(record);
    world.stop(&channel);
}

#[test]
fn a_network_that_vanishes_is_found_in_time_and_nothing_is_lost() {
    let moments = [
        (Moment::WhileBinding, Passes::Nothing),
        (Moment::WhileBinding, Passes::NotEvenReads),
        (Moment::Idle, Passes::Nothing),
        (Moment::Idle, Passes::NotEvenReads),
        (Moment::WithSubmitsOpen, Passes::Nothing),
        (Moment::WithSubmitsOpen, Passes::NotEvenReads),
        (Moment::WithSubmitsOpen, Passes::Deaf),
        (Moment::WithAnMoOnItsWay, Passes::Nothing),
        (Moment::WithAnMoOnItsWay, Passes::NotEvenReads),
        (Moment::WithAnAnswerOnItsWay, Passes::Deaf),
    ];
    for half in [&moments[..5], &moments[5..]] {
        std::thread::scope(|scope| {
            for (moment, vanishes) in half.iter().chain(half) {
                scope.spawn(|| round(*moment, *vanishes));
            }
        });
    }
    assert_eq!(2 * moments.len(), ROUNDS);
}
