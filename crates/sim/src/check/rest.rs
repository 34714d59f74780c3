//! Everything comes to rest: once all neighbours are well, what is owed is done within a bounded time, and nothing is
//! left in memory.

use domain::id::{CallbackId, Stamp};
use domain::outgoing::OutgoingState;
use domain::time::At;
use engine::limit::DRAIN_MS;

use crate::ledger::CallbackTruth;
use crate::world::World;

const CHECK: &str = "everything comes to rest";

/// How long what was owed at the healing may take, in milliseconds of virtual time. What waits for a time of the wall
/// clock (the next attempt, a scheduled send) waits longer by as much as that clock was set back meanwhile.
const DRAIN_MS_MAX: u64 = 300_000;
/// Virtual time after the healing in which all that is owed must be done, also what came later, in milliseconds.
const HEALED_MS: u64 = 3_600_000;
/// How long a callback may be owed when everybody is well, in milliseconds; breakers wait a minute at most.
const OWED_MS_MAX: i64 = 600_000;

/// What was owed when everything healed.
pub(crate) struct Owed {
    callbacks: Vec<CallbackId>,
    mts: Vec<Stamp>,
    /// When the last of it was done, in milliseconds after the healing.
    pub(crate) done_after_ms: Option<u64>,
    is_late: bool,
}

impl Owed {
    /// What is owed now: callbacks that are pending, and MTs that could be submitted.
    pub(crate) fn now(world: &World) -> Owed {
        let ledger = &world.disk.truth().ledger;
        let callbacks = ledger.callbacks.iter().filter(|(_, callback)| callback.ended.is_none());
        let mts = ledger.outgoing.values().filter(|outgoing| outgoing.state == OutgoingState::Queued);
        Owed {
            callbacks: callbacks.map(|(id, _)| *id).collect(),
            mts: mts.map(|outgoing| outgoing.id.stamp).collect(),
            done_after_ms: None,
            is_late: false,
        }
    }
}

/// Looks what of it is left.
pub(crate) fn look(world: &mut World) {
    let after_ms = world.now_ms().saturating_sub(world.healed_at_ms);
    let Some(owed) = world.owed.as_mut().filter(|owed| owed.done_after_ms.is_none() && !owed.is_late) else { return };
    let truth = world.disk.truth();
    let ledger = &truth.ledger;
    owed.callbacks.retain(|id| ledger.callbacks.get(id).is_some_and(|callback| callback.ended.is_none()));
    let is_queued = |stamp: &Stamp| ledger.outgoing.get(stamp).is_some_and(|o| o.state == OutgoingState::Queued);
    owed.mts.retain(is_queued);
    if owed.callbacks.is_empty() && owed.mts.is_empty() {
        owed.done_after_ms = Some(after_ms);
    } else if after_ms > DRAIN_MS_MAX + world.set_back_ms {
        owed.is_late = true;
        let (callbacks, mts) = (owed.callbacks.len(), owed.mts.len());
        world.story.wrong(
            CHECK,
            format_args!(
                "{after_ms} ms after the healing {callbacks} callbacks and {mts} MTs are left of what was owed"
            ),
        );
    }
}

/// When it is time for [`healed`].
pub(crate) const fn healed_by_ms(world: &World) -> u64 {
    world.healed_at_ms + HEALED_MS + world.set_back_ms
}

/// An hour after the healing: callbacks have ended, MTs have been submitted. Only reports may still be waited for.
pub(crate) fn healed(world: &mut World) {
    let now = world.wall();
    let truth = world.disk.truth();
    // One that was made just now (a session ends by itself) may still be on its way.
    let old = At(now.0 - 1000 * OWED_MS_MAX);
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
        let is_overdue = outgoing.state == OutgoingState::Scheduled && outgoing.due_at <= old;
        if is_overdue || outgoing.state == OutgoingState::Queued {
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
