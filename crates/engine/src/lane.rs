//! Lanes: callbacks of one application and one phone run one at a time, in the order in which they were committed.
//! An application's lanes share its concurrency and its breaker, and nothing with other applications.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use domain::callback::Callback;
use domain::directory::{Application, Directory, Name};
use domain::id::CallbackId;
use domain::mint::Mint;
use domain::time::At;

use crate::breaker::Breaker;
use crate::due::{Due, DueItem};
use crate::key::{ByLane, LaneKey, LaneKeys};
use crate::limit::LANES_KEPT;
use crate::queue::{Queue, Queues};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LaneState {
    /// In the application's list of lanes whose head may be attempted.
    Ready,
    /// The head is being attempted.
    InFlight,
    /// The head waits for its next attempt: see [`Wait`].
    Waiting,
}

struct Lane {
    queue: Queue,
    state: LaneState,
}

/// Why a lane does not go on. Few have one: those whose head has failed or is due later.
#[derive(Clone, Copy, Default)]
struct Wait {
    /// The head's next attempt.
    until: Option<At>,
    /// The head is failing; until then the lane waits for it.
    hold_until: Option<At>,
}

/// What may be attempted next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Lane(LaneKey),
    Detached(CallbackId),
}

#[derive(Default)]
struct AppLanes {
    application: Option<Arc<Application>>,
    lanes: ByLane<Lane>,
    waits: ByLane<Wait>,
    /// Lanes to go on. One counts only while its lane is ready: others were overtaken by what happened since.
    ready: VecDeque<LaneKey>,
    /// Callbacks that go on alone, to be attempted.
    alone: VecDeque<CallbackId>,
    /// Whose turn it was last: lanes and callbacks that go on alone take turns.
    last_was_alone: bool,
    in_flight: u32,
    pending: u64,
    breaker: Breaker,
    succeeded: u64,
    failed: u64,
}

/// A pending callback as lanes know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owed {
    pub(crate) created_at: At,
    pub(crate) callback: CallbackId,
    due_at: At,
    failing_since: Option<At>,
    lane: LaneKey,
    position: u32,
    is_detached: bool,
}

/// What one application's lanes look like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AppNumbers {
    pub(crate) pending: u64,
    pub(crate) in_flight: u32,
    pub(crate) breaker_open: bool,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
}

/// An attempt that may start.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    pub(crate) callback: CallbackId,
    pub(crate) application: Arc<Application>,
    turn: Turn,
}

/// All lanes of an owner.
#[derive(Default)]
pub(crate) struct Lanes {
    keys: LaneKeys,
    positions: BTreeMap<Name, usize>,
    apps: Vec<AppLanes>,
    waiting: Queues<CallbackId>,
    in_flight: u32,
}

impl Lanes {
    /// Takes over a configuration. Lanes of an application that is gone wait for it to come back.
    pub(crate) fn configure(&mut self, directory: &Directory) {
        for app in &mut self.apps {
            app.application = None;
        }
        for (id, application) in &directory.applications {
            let position = self.position(id);
            self.apps[position].application = Some(application.clone());
        }
    }

    fn position(&mut self, id: &Name) -> usize {
        if let Some(position) = self.positions.get(id) {
            return *position;
        }
        self.apps.push(AppLanes::default());
        self.positions.insert(id.clone(), self.apps.len() - 1);
        self.apps.len() - 1
    }

    /// What lanes keep of a pending callback. Small, because a start sorts all of them.
    pub(crate) fn owed(&mut self, callback: &Callback) -> Owed {
        Owed {
            created_at: callback.created_at,
            callback: callback.id,
            due_at: callback.due_at,
            failing_since: callback.failing_since,
            lane: self.keys.of(&callback.phone.key()),
            position: self.position(&callback.application) as u32,
            is_detached: callback.detached,
        }
    }

    /// A callback is newly owed (made, replayed, or found at start).
    pub(crate) fn owe(&mut self, owed: &Owed, now: At, due: &mut Due) {
        let position = owed.position as usize;
        let app = &mut self.apps[position];
        app.pending += 1;
        if owed.is_detached {
            return due.push(owed.due_at, DueItem::Detached(position, owed.callback));
        }
        if let Some(lane) = app.lanes.get_mut(&owed.lane) {
            return self.waiting.push(&mut lane.queue, owed.callback);
        }
        let mut lane = Lane { queue: Queue::default(), state: LaneState::Ready };
        self.waiting.push(&mut lane.queue, owed.callback);
        if owed.due_at <= now {
            app.ready.push_back(owed.lane);
        } else {
            lane.state = LaneState::Waiting;
            app.waits.entry(owed.lane).or_default().until = Some(owed.due_at);
            due.push(owed.due_at, DueItem::Lane(position, owed.lane));
        }
        app.lanes.insert(owed.lane, lane);
        app.plan_hold(owed, due);
    }

    /// An attempt failed and the next one is planned; the committed record says when.
    pub(crate) fn later(&mut self, callback: &Callback, due: &mut Due) {
        let owed = self.owed(callback);
        let position = owed.position as usize;
        let app = &mut self.apps[position];
        if owed.is_detached {
            return due.push(owed.due_at, DueItem::Detached(position, owed.callback));
        }
        let Some(lane) = app.lanes.get_mut(&owed.lane) else { return };
        lane.state = LaneState::Waiting;
        let wait = app.waits.entry(owed.lane).or_default();
        wait.until = Some(owed.due_at);
        // After a restart the hold may not be planned yet, whatever the number of the attempt.
        if wait.hold_until.is_none() {
            app.plan_hold(&owed, due);
        }
        due.push(owed.due_at, DueItem::Lane(position, owed.lane));
    }

    /// A callback has ended, in whatever way; its lane goes on.
    pub(crate) fn ended(&mut self, callback: &Callback) {
        let owed = self.owed(callback);
        let app = &mut self.apps[owed.position as usize];
        app.pending = app.pending.saturating_sub(1);
        if !owed.is_detached {
            app.advance(&mut self.waiting, owed.lane, owed.callback);
        }
    }

    /// A failing callback lets its lane go on and continues alone.
    pub(crate) fn detach(&mut self, callback: &Callback, due: &mut Due) {
        let owed = self.owed(callback);
        let app = &mut self.apps[owed.position as usize];
        let head = app.lanes.get(&owed.lane).filter(|lane| self.waiting.front(&lane.queue) == Some(owed.callback));
        let in_flight = head.is_some_and(|lane| lane.state == LaneState::InFlight);
        if head.is_some() {
            app.advance(&mut self.waiting, owed.lane, owed.callback);
        }
        // One that is being attempted right now is planned anew when that attempt has ended.
        if !in_flight {
            due.push(owed.due_at, DueItem::Detached(owed.position as usize, owed.callback));
        }
    }

    /// The wait of a lane's head is over.
    pub(crate) fn lane_due(&mut self, position: usize, key: LaneKey, now: At) {
        let Some(app) = self.apps.get_mut(position) else { return };
        let until = app.waits.get(&key).and_then(|wait| wait.until);
        if let Some(lane) = app.lanes.get_mut(&key)
            && lane.state == LaneState::Waiting
            && until.is_some_and(|at| at <= now)
        {
            lane.state = LaneState::Ready;
            app.ready.push_back(key);
        }
    }

    /// The time a failing callback may hold its lane is over. False when it no longer does: it has ended, perhaps even
    /// been replayed.
    pub(crate) fn hold_due(&self, position: usize, key: LaneKey, callback: CallbackId, now: At) -> bool {
        let Some(app) = self.apps.get(position) else { return false };
        let hold_until = app.waits.get(&key).and_then(|wait| wait.hold_until);
        hold_until.is_some_and(|until| until <= now)
            && app.lanes.get(&key).is_some_and(|lane| self.waiting.front(&lane.queue) == Some(callback))
    }

    /// The wait of a callback that goes on alone is over.
    pub(crate) fn detached_due(&mut self, position: usize, callback: CallbackId) {
        if let Some(app) = self.apps.get_mut(position) {
            app.alone.push_back(callback);
        }
    }

    /// Takes attempts that may start now, each application within its concurrency and breaker.
    pub(crate) fn starts(&mut self, now_ms: u64, into: &mut Vec<Start>) {
        for app in &mut self.apps {
            let Some(application) = app.application.clone() else { continue };
            while app.has_ready() {
                let free = application.concurrency.saturating_sub(app.in_flight);
                if app.breaker.permits(now_ms, free) == 0 {
                    break;
                }
                let Some((callback, turn)) = app.take_ready(&self.waiting) else { continue };
                app.in_flight += 1;
                self.in_flight += 1;
                app.breaker.started();
                into.push(Start { callback, application: application.clone(), turn });
            }
        }
    }

    /// An attempt is over (its result is not yet decided).
    pub(crate) fn attempt_over(&mut self, application: &Name, succeeded: bool, now_ms: u64, mint: &mut Mint) {
        let position = self.position(application);
        let app = &mut self.apps[position];
        app.in_flight = app.in_flight.saturating_sub(1);
        self.in_flight = self.in_flight.saturating_sub(1);
        if succeeded {
            app.succeeded += 1;
            app.breaker.succeeded();
        } else {
            app.failed += 1;
            app.breaker.failed(now_ms, mint);
        }
    }

    /// An attempt could not start. `again`: it is the first to start later; otherwise its lane waits for a restart.
    pub(crate) fn not_started(&mut self, start: Start, again: bool) {
        let position = self.position(&start.application.id);
        let app = &mut self.apps[position];
        app.in_flight = app.in_flight.saturating_sub(1);
        self.in_flight = self.in_flight.saturating_sub(1);
        app.breaker.withdrawn();
        if !again {
            return;
        }
        match start.turn {
            Turn::Detached(callback) => app.alone.push_front(callback),
            Turn::Lane(key) => {
                if let Some(lane) = app.lanes.get_mut(&key) {
                    lane.state = LaneState::Ready;
                }
                app.ready.push_front(key);
            }
        }
    }

    /// Attempts under way.
    pub(crate) const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// True when nothing is owed to anybody.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.len() == 0 && self.apps.iter().all(|a| a.pending == 0 && a.in_flight == 0 && a.lanes.is_empty())
    }

    /// When the next attempt may start without anything else having to happen before: at once, or when a breaker lets
    /// its canary through.
    pub(crate) fn next_start_ms(&self, now_ms: u64) -> Option<u64> {
        let waiting = self.apps.iter().filter(|app| app.has_ready());
        let next = waiting.filter_map(|app| {
            let free = app.application.as_ref()?.concurrency.saturating_sub(app.in_flight);
            if free == 0 {
                return None;
            }
            if app.breaker.permits(now_ms, free) > 0 { Some(now_ms) } else { app.breaker.canary_at_ms() }
        });
        next.min()
    }

    /// Numbers by application, in the order of their names.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&Name, AppNumbers)> {
        self.positions.iter().map(|(id, position)| {
            let app = &self.apps[*position];
            let numbers = AppNumbers {
                pending: app.pending,
                in_flight: app.in_flight,
                breaker_open: app.breaker.is_open(),
                succeeded: app.succeeded,
                failed: app.failed,
            };
            (id, numbers)
        })
    }
}

impl AppLanes {
    fn has_ready(&self) -> bool {
        !self.ready.is_empty() || !self.alone.is_empty()
    }

    fn take_ready(&mut self, waiting: &Queues<CallbackId>) -> Option<(CallbackId, Turn)> {
        let alone_first = !self.last_was_alone || self.ready.is_empty();
        if alone_first && let Some(callback) = self.alone.pop_front() {
            self.last_was_alone = true;
            return Some((callback, Turn::Detached(callback)));
        }
        self.last_was_alone = false;
        let key = self.ready.pop_front()?;
        let lane = self.lanes.get_mut(&key).filter(|lane| lane.state == LaneState::Ready)?;
        lane.state = LaneState::InFlight;
        Some((waiting.front(&lane.queue)?, Turn::Lane(key)))
    }

    /// Plans the end of the wait for a failing head.
    fn plan_hold(&mut self, owed: &Owed, due: &mut Due) {
        let Some(application) = &self.application else { return };
        let Some(until) = owed.failing_since.map(|since| since.plus_ms(application.order_hold_ms)) else { return };
        self.waits.entry(owed.lane).or_default().hold_until = Some(until);
        due.push(until, DueItem::LaneHold(owed.position as usize, owed.lane, owed.callback));
    }

    /// Takes a callback off its lane; the next one becomes ready.
    fn advance(&mut self, waiting: &mut Queues<CallbackId>, key: LaneKey, callback: CallbackId) {
        let Some(lane) = self.lanes.get_mut(&key) else { return };
        let was_head = waiting.front(&lane.queue) == Some(callback);
        waiting.remove(&mut lane.queue, |id| *id == callback);
        if !was_head {
            return;
        }
        self.waits.remove(&key);
        if lane.queue.is_empty() {
            self.lanes.remove(&key);
            if self.lanes.is_empty() {
                self.give_back();
            }
            return;
        }
        // A lane that was ready is in the list already.
        if lane.state != LaneState::Ready {
            lane.state = LaneState::Ready;
            self.ready.push_back(key);
        }
    }

    /// The memory of a backlog that has drained.
    fn give_back(&mut self) {
        if self.lanes.capacity() > LANES_KEPT {
            self.lanes = ByLane::default();
            self.waits = ByLane::default();
            self.ready = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests;
