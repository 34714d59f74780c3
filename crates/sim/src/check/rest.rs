//! Everything comes to rest: once all neighbours are well, what is owed is done within a bounded time, and nothing is
//! left in memory.

use domain::outgoing::OutgoingState;
use domain::time::At;
use engine::limit::DRAIN_MS;
use engine::port::Clock;

use crate::ledger::CallbackTruth;
use crate::world::World;

const CHECK: &str = "everything comes to rest";

/// How long a callback may be owed when everybody is well, in milliseconds; breakers wait a minute at most.
const OWED_MS_MAX: i64 = 600_000;

/// An hour after the healing: callbacks have ended, MTs have been submitted. Only reports may still be waited for.
pub(crate) fn healed(world: &mut World) {
    let truth = world.disk.truth();
    // One that was made just now (a session ends by itself) may still be on its way.
    let old = At(world.clock.now().0 - 1000 * OWED_MS_MAX);
    let is_late = |callback: &CallbackTruth| callback.ended.is_none() && callback.record.created_at <= old;
    for (id, callback) in truth.ledger.callbacks.iter().filter(|(_, callback)| is_late(callback)) {
        let record = &callback.record;
        world.story.wrong(
            CHECK,
            format_args!(
                "callback {id} to {} is still owed after {} attempts (detached: {})",
                record.application, record.attempts, record.detached
            ),
        );
    }
    for outgoing in truth.ledger.outgoing.values() {
        if matches!(outgoing.state, OutgoingState::Queued | OutgoingState::Scheduled) {
            let (id, state) = (outgoing.id, outgoing.state);
            world.story.wrong(CHECK, format_args!("{id} on {} is still {state:?}", outgoing.channel));
        }
    }
}

/// An orderly stop waits for what is under way, up to its deadline.
pub(crate) fn drained(world: &mut World) {
    let is_early = world.drains_since_ms.is_none_or(|since_ms| world.now_ms() < since_ms + DRAIN_MS);
    let running = world.applications.running.len();
    let open = world.network.orders.iter().filter(|order| order.is_open).count();
    if is_early && running + open > 0 {
        world.story.wrong(CHECK, format_args!("the node stopped while {running} attempts and {open} orders were open"));
    }
}

/// Nothing starts once the node is asked to stop.
pub(crate) fn starting(world: &mut World, what: &str) {
    if world.drains_since_ms.is_some() {
        world.story.wrong(CHECK, format_args!("{what} started though the node was asked to stop"));
    }
}

/// The world goes on and on.
pub(crate) fn never_rests(world: &mut World) {
    let is_idle = world.node.as_ref().is_some_and(|node| node.runner.is_idle());
    let ledger = &world.disk.truth().ledger;
    let owed = ledger.callbacks.values().filter(|callback| callback.ended.is_none()).count();
    let (outgoing, phones) = (ledger.outgoing.len(), ledger.phones.len());
    world.story.wrong(
        CHECK,
        format_args!(
            "days later {owed} callbacks, {outgoing} MTs and {phones} phones are left; the node is idle: {is_idle}"
        ),
    );
}
