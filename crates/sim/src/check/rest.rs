//! Everything comes to rest: once all neighbours are well, what is owed is done within a bounded time, and nothing is
//! left in memory.

use domain::outgoing::OutgoingState;

use crate::world::World;

const CHECK: &str = "everything comes to rest";

/// An hour after the healing: callbacks have ended, MTs have been submitted. Only reports may still be waited for.
pub(crate) fn healed(world: &mut World) {
    let truth = world.disk.truth();
    for (id, callback) in truth.ledger.callbacks.iter().filter(|(_, callback)| callback.ended.is_none()) {
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
