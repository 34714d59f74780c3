//! A bad neighbour costs only itself: what has nothing in its way starts at once, however many others are dead, slow or
//! throttled. Nothing is in the way of the head of a lane when it is due, its application has a free place and has
//! not been failing; and of the first MT of a phone when a link of its channel has room and was not asked to pause.

use std::collections::BTreeMap;

use domain::address::AddressKey;
use domain::directory::Name;
use domain::id::CallbackId;
use domain::outgoing::OutgoingState;
use engine::limit::{BREAKER_FAILURES, SLEEP_MS_MAX};
use engine::port::Attempt;

use crate::ledger::Ledger;
use crate::world::{LEAP_AFTER_MS, World};

const CHECK: &str = "a bad neighbour costs only itself";
/// How long something may wait though nothing is in its way, in milliseconds of virtual time.
pub(crate) const WAIT_MS_MAX: u64 = 100;
/// How long the node may take to notice what has happened, in milliseconds: it is busy for up to 20.
pub(crate) const NOTICED_MS: u64 = 50;
/// How long after its end a trouble of the store still excuses a wait, in milliseconds.
const TROUBLE_MS: u64 = 2_000;

type Line = (Name, AddressKey);

/// Since when each line has nothing in its way, in milliseconds.
#[derive(Default)]
pub(crate) struct Neighbours {
    lanes: BTreeMap<Line, u64>,
    queues: BTreeMap<Line, u64>,
    excused_until_ms: u64,
    /// By when the node has looked at a wall clock that stepped: it sleeps for a second at most.
    noticed_by_ms: u64,
    /// The clock was set back while the end of an MT's validity may have waited for the store. Such an MT, valid again,
    /// is passed over until its validity ends once more or a node starts.
    passes_over: bool,
    pub(crate) beside_the_sick: u64,
    pub(crate) waited_ms_max: u64,
}

impl Neighbours {
    /// The wall clock stepped.
    pub(crate) fn clock_stepped(&mut self, by_ms: i64, now_ms: u64) {
        self.passes_over |= by_ms < 0 && self.is_excused(now_ms);
        self.noticed_by_ms = now_ms + SLEEP_MS_MAX + NOTICED_MS;
        self.forget();
    }

    /// The node is gone.
    pub(crate) fn node_gone(&mut self) {
        self.passes_over = false;
        self.forget();
    }

    fn forget(&mut self) {
        self.lanes.clear();
        self.queues.clear();
    }

    /// True while a trouble of the store, or a recent one, excuses what would be wrong otherwise.
    pub(crate) const fn is_excused(&self, now_ms: u64) -> bool {
        now_ms < self.excused_until_ms
    }

    /// True while the node may hold fewer MTs than are queued.
    pub(crate) const fn may_pass_over(&self, now_ms: u64) -> bool {
        self.passes_over || self.is_excused(now_ms)
    }
}

/// An attempt starts.
pub(crate) fn attempted(world: &mut World, attempt: &Attempt) {
    let id = &attempt.application.id;
    let waited_since = world.neighbours.lanes.remove(&(id.clone(), attempt.phone.clone()));
    let sick = world.applications.down.iter().chain(&world.applications.slow);
    let is_beside = sick.clone().any(|other| other != id) && !sick.clone().any(|other| other == id);
    started(world, waited_since, is_beside);
}

/// A submit starts.
pub(crate) fn submitted(world: &mut World, channel: &Name, phone: &AddressKey) {
    let waited_since = world.neighbours.queues.remove(&(channel.clone(), phone.clone()));
    let storms = &world.network.storms;
    let is_beside = !storms.is_empty() && !storms.contains(channel);
    started(world, waited_since, is_beside);
}

fn started(world: &mut World, waited_since: Option<u64>, is_beside: bool) {
    let now_ms = world.now_ms();
    let neighbours = &mut world.neighbours;
    neighbours.beside_the_sick += u64::from(is_beside);
    let waited_ms = waited_since.map_or(0, |since_ms| now_ms - since_ms);
    neighbours.waited_ms_max = neighbours.waited_ms_max.max(waited_ms);
}

/// Looks at every lane and queue.
pub(crate) fn look(world: &mut World) {
    let now_ms = world.now_ms();
    if !world.disk.truth().troubles.is_empty() {
        world.neighbours.excused_until_ms = now_ms + TROUBLE_MS;
    }
    let is_running = world.node.is_some() && world.drains_since_ms.is_none();
    // After it, time leaps.
    let is_over = world.is_healed && now_ms >= world.healed_at_ms + LEAP_AFTER_MS;
    let has_jumped = now_ms < world.neighbours.noticed_by_ms;
    if !is_running || is_over || has_jumped || world.neighbours.is_excused(now_ms) {
        return world.neighbours.forget();
    }
    let (lanes, queues) = {
        let truth = world.disk.truth();
        (free_lanes(world, &truth.ledger), free_queues(world, &truth.ledger))
    };
    let World { neighbours, story, .. } = world;
    for (was, is, what) in [(&mut neighbours.lanes, lanes, "callback"), (&mut neighbours.queues, queues, "MT")] {
        was.retain(|line, _| is.contains(line));
        for line in is {
            let since_ms = *was.entry(line.clone()).or_insert(now_ms);
            if now_ms > since_ms + WAIT_MS_MAX {
                let waited_ms = now_ms - since_ms;
                let (of, phone) = &line;
                story.wrong(CHECK, format_args!("a {what} of {of} for {phone:?} waits for {waited_ms} ms for nothing"));
                was.insert(line, now_ms);
            }
        }
    }
}

/// Lanes whose head could be attempted.
fn free_lanes(world: &World, ledger: &Ledger) -> Vec<Line> {
    let now = world.wall();
    let (applications, mut free) = (&world.applications, Vec::new());
    for (line, lane) in &ledger.lanes {
        let Some(head) = lane.first().and_then(|id| ledger.callbacks.get(id)) else { continue };
        let running = || applications.running.iter().filter(|running| running.application == line.0);
        let has_place = (running().count() as u32) < world.plan.concurrency;
        let is_running = lane.iter().any(|id| running().any(|running| running.callback == *id));
        let fails = applications.failures.get(&line.0).is_some_and(|failures| *failures >= BREAKER_FAILURES);
        // A clock that was set back far, and a restart: the engine has another order, and another head.
        let is_older =
            |id: &CallbackId| ledger.callbacks.get(id).is_some_and(|c| c.record.created_at < head.record.created_at);
        if lane.iter().any(is_older) {
            continue;
        }
        let is_there = world.absent != Some(&*line.0);
        if is_there && has_place && !is_running && !fails && head.record.due_at <= now {
            free.push(line.clone());
        }
    }
    free
}

/// Queues whose first MT could be submitted. A channel with a rate is left out.
fn free_queues(world: &World, ledger: &Ledger) -> Vec<Line> {
    let (network, now_ms, mut free) = (&world.network, world.now_ms(), Vec::new());
    if world.neighbours.may_pass_over(now_ms) {
        return free;
    }
    for (line, queue) in ledger.queues.iter().filter(|(_, queue)| !queue.is_empty()) {
        let is_paced = world.plan.rate > 0 && &*line.0 == "carrier";
        let mut open = network.orders.iter().filter(|order| order.is_open && order.channel == line.0);
        let is_resting = network.resting_until_ms.get(line).is_some_and(|until_ms| now_ms < *until_ms);
        if is_paced || is_resting || open.clone().any(|order| order.phone == line.1) {
            continue;
        }
        let has_room = network.links_up.keys().filter(|(channel, _)| *channel == line.0).any(|(channel, link)| {
            let used = open.clone().filter(|order| order.link == *link).count();
            let paused_until_ms = network.paused_until_ms.get(&(channel.clone(), *link)).copied().unwrap_or(0);
            (used as u32) < world.plan.window && now_ms >= paused_until_ms
        });
        let is_queued = |id: &domain::id::MessageId| {
            ledger.outgoing.get(&id.stamp).is_some_and(|outgoing| outgoing.state == OutgoingState::Queued)
        };
        if has_room && queue.iter().any(is_queued) && open.by_ref().all(|order| order.phone != line.1) {
            free.push(line.clone());
        }
    }
    free
}
