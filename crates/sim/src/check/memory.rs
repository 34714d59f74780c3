//! Memory is bounded: after every turn the engine holds exactly as much work as is owed by what was committed, of each
//! application and on each channel, and as much under way as the neighbours have; at rest it holds nothing. While the
//! store is in trouble it may hold less: what could not be committed or read waits outside of lanes and queues.

use domain::outgoing::OutgoingState;

use crate::world::World;

const CHECK: &str = "memory is bounded by pending work";

/// Holds what the node shows of itself against the truth.
pub(crate) fn after_a_turn(world: &mut World) {
    let Some(node) = &world.node else { return };
    let is_excused = world.neighbours.is_excused(world.now_ms());
    let may_pass_over = world.neighbours.may_pass_over(world.now_ms());
    let (truth, story, number) = (world.disk.truth(), &mut world.story, node.number);
    let (ledger, applications, network) = (&truth.ledger, &world.applications, &world.network);
    node.live.update(|live| {
        for (id, shown) in &live.applications {
            let owed = ledger.callbacks.values().filter(|c| c.ended.is_none() && c.record.application == *id).count();
            let running = applications.running.iter().filter(|running| running.application == *id).count();
            let holds = fits(shown.pending, owed, is_excused) && fits(u64::from(shown.in_flight), running, is_excused);
            if !holds {
                let (pending, in_flight) = (shown.pending, shown.in_flight);
                story.wrong(
                    CHECK,
                    format_args!(
                        "node {number} holds {pending} callbacks of {id} of which {in_flight} run; \
                         {owed} are owed and {running} run"
                    ),
                );
            }
        }
        for (id, shown) in &live.channels {
            let is_queued = |state| state == OutgoingState::Queued;
            let owed = ledger.outgoing.values().filter(|o| o.channel == *id && is_queued(o.state)).count();
            let is_up = |link| network.links_up.contains_key(&(id.clone(), link));
            let open = network.orders.iter().filter(|o| o.is_open && o.channel == *id && is_up(o.link)).count();
            // What the network turned out to have while it was submitted again leaves when its turn comes.
            let is_done = |stamp| ledger.outgoing.get(stamp).is_none_or(|o| !is_queued(o.state));
            let done = network.late.iter().filter(|message| is_done(&message.stamp)).count();
            let is_known = (owed as u64..=(owed + done) as u64).contains(&shown.queued);
            let holds = (is_known || fits(shown.queued, owed, may_pass_over))
                && fits(u64::from(shown.window_used), open, is_excused);
            if !holds {
                let (queued, used) = (shown.queued, shown.window_used);
                story.wrong(
                    CHECK,
                    format_args!(
                        "node {number} holds {queued} MTs of {id} and {used} places of its windows; \
                         {owed} are queued and {open} open"
                    ),
                );
            }
        }
    });
}

const fn fits(shown: u64, owed: usize, is_excused: bool) -> bool {
    shown == owed as u64 || (is_excused && shown < owed as u64)
}

/// When everything is done, the engine and the store hold nothing that is not finished.
pub(crate) fn at_rest(world: &mut World) {
    let Some(node) = &world.node else { return };
    let shown = node.live.snapshot();
    let callbacks: u64 = shown.applications.values().map(|app| app.pending + u64::from(app.in_flight)).sum();
    let mts: u64 = shown.channels.values().map(|channel| channel.queued + u64::from(channel.window_used)).sum();
    let held = callbacks + mts + shown.engine.waiting;
    if held > 0 || !node.runner.is_idle() {
        let is_idle = node.runner.is_idle();
        world.story.wrong(CHECK, format_args!("at rest the node still shows {held} things; it is idle: {is_idle}"));
    }
}
