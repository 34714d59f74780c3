//! At the moment of a submit: one at a time for a phone on a channel, segments and messages in order, never more than
//! the window, never twice where doubts are held.

use domain::directory::Name;
use domain::message::MessageState;
use domain::outgoing::OutgoingState;
use engine::port::SubmitOrder;

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
    if let Some(before) = first_of_queue(ledger, channel, order).filter(|first| *first != id) {
        story.wrong(CHECK, format_args!("{id} is submitted before {before}, which was queued earlier"));
    }
}

/// The MT whose turn it is. Scheduled ones have a place by their time while the node lives and by their id after a
/// restart, so they are left out.
fn first_of_queue(ledger: &Ledger, channel: &Name, order: &SubmitOrder) -> Option<domain::id::MessageId> {
    let was_scheduled = |id: &domain::id::MessageId| {
        let truth = ledger.messages.get(&id.stamp);
        truth.is_some_and(|truth| truth.states.first() == Some(&MessageState::Scheduled))
    };
    if was_scheduled(&order.message) {
        return None;
    }
    let queue = ledger.queues.get(&(channel.clone(), order.to.key()))?;
    queue.iter().find(|id| !was_scheduled(id)).copied()
}
