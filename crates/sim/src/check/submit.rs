//! At the moment of a submit: one at a time for a phone on a channel, segments and messages in order, never more than
//! the window, never twice where doubts are held.

use domain::directory::Name;
use domain::message::MessageState;
use domain::outgoing::{Outgoing, OutgoingState, SegmentState};
use engine::port::{Clock, SubmitOrder};

use crate::ledger::Ledger;
use crate::world::World;

const CHECK: &str = "submits are in order";

pub(crate) fn ordered(world: &mut World, channel: &Name, order: &SubmitOrder) {
    let truth = world.disk.truth();
    let (ledger, story) = (&truth.ledger, &mut world.story);
    let (id, segment) = (order.message, order.segment);
    let open = || world.network.orders.iter().filter(|o| o.is_open && o.channel == *channel);
    if let Some(other) = open().find(|o| o.phone == order.to.key()) {
        story.wrong(CHECK, format_args!("{id} is submitted while {} to the same phone has no answer", other.message));
    }
    let used = open().filter(|o| o.link == order.link).count();
    if used >= world.plan.window as usize {
        story.wrong("window", format_args!("{id} is submitted while {used} orders are open on its link"));
    }
    if world.network.written_once.contains(&(id, segment)) {
        story.wrong("in doubt is held", format_args!("segment {segment} of {id} is written a second time"));
    }
    let Some(outgoing) = ledger.outgoing.get(&id.stamp) else {
        return story.wrong(CHECK, format_args!("{id} is submitted and has ended"));
    };
    let next = outgoing.next_segment();
    if outgoing.state != OutgoingState::Queued || next != Some(usize::from(segment)) {
        let state = outgoing.state;
        story.wrong(CHECK, format_args!("segment {segment} of {id} is submitted; it is {state:?}, next {next:?}"));
    }
    // What is decided about the first already, a doubt or the end of its validity, may wait for a store in trouble.
    let now = world.clock.now();
    let waits = |first: &domain::id::MessageId| {
        let is_decided = |o: &Outgoing| o.valid_until <= now || o.segments.contains(&SegmentState::Submitting);
        let outgoing = ledger.outgoing.get(&first.stamp);
        world.neighbours.is_excused(world.clock.monotonic_ms()) && outgoing.is_some_and(is_decided)
    };
    let first = first_of_queue(ledger, channel, order).filter(|first| *first != id && !waits(first));
    if let Some(before) = first {
        story.wrong(CHECK, format_args!("{id} is submitted before {before}, which was queued earlier"));
    }
}

/// The MT whose turn it is. Left out are scheduled ones and those that were in doubt: they have a place by the time
/// they were queued while the node lives, and by their id after a restart.
fn first_of_queue(ledger: &Ledger, channel: &Name, order: &SubmitOrder) -> Option<domain::id::MessageId> {
    let was_elsewhere = |id: &domain::id::MessageId| {
        let states = ledger.messages.get(&id.stamp).map_or(&[][..], |truth| &truth.states);
        states.first() == Some(&MessageState::Scheduled) || states.contains(&MessageState::InDoubt)
    };
    if was_elsewhere(&order.message) {
        return None;
    }
    let queue = ledger.queues.get(&(channel.clone(), order.to.key()))?;
    queue.iter().find(|id| !was_elsewhere(id)).copied()
}
