//! Lanes: callbacks of one application and one phone run one at a time, in the order in which they were committed.
//! An application's lanes share its concurrency and its breaker, and nothing with other applications.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use domain::address::AddressKey;
use domain::callback::Callback;
use domain::directory::{Application, Directory, Name};
use domain::id::CallbackId;
use domain::mint::Mint;
use domain::time::At;

use crate::breaker::Breaker;
use crate::due::{Due, DueItem};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LaneState {
    /// In the application's list of lanes whose head may be attempted.
    Ready,
    /// The head is being attempted.
    InFlight,
    /// The head waits for its next attempt.
    Waiting(At),
}

struct Lane {
    queue: VecDeque<CallbackId>,
    state: LaneState,
    /// The head is failing; until then the lane waits for it.
    hold_until: Option<At>,
}

/// What may be attempted next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Turn {
    Lane(AddressKey),
    Detached(CallbackId),
}

struct AppLanes {
    application: Option<Arc<Application>>,
    lanes: HashMap<AddressKey, Lane>,
    ready: VecDeque<Turn>,
    in_flight: u32,
    pending: u64,
    breaker: Breaker,
    succeeded: u64,
    failed: u64,
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
    positions: BTreeMap<Name, usize>,
    apps: Vec<AppLanes>,
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
        self.apps.push(AppLanes {
            application: None,
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            in_flight: 0,
            pending: 0,
            breaker: Breaker::default(),
            succeeded: 0,
            failed: 0,
        });
        self.positions.insert(id.clone(), self.apps.len() - 1);
        self.apps.len() - 1
    }

    /// A callback is newly owed (made, replayed, or found at start).
    pub(crate) fn owe(&mut self, callback: &Callback, now: At, due: &mut Due) {
        let position = self.position(&callback.application);
        let app = &mut self.apps[position];
        app.pending += 1;
        if callback.detached {
            return due.push(callback.due_at, DueItem::Detached(position, callback.id));
        }
        let phone = callback.phone.key();
        if let Some(lane) = app.lanes.get_mut(&phone) {
            return lane.queue.push_back(callback.id);
        }
        let state = if callback.due_at <= now { LaneState::Ready } else { LaneState::Waiting(callback.due_at) };
        match state {
            LaneState::Waiting(at) => due.push(at, DueItem::Lane(position, phone.clone())),
            _ => app.ready.push_back(Turn::Lane(phone.clone())),
        }
        let hold_until = app.plan_hold(position, callback, due);
        app.lanes.insert(phone, Lane { queue: VecDeque::from([callback.id]), state, hold_until });
    }

    /// An attempt failed and the next one is planned; the committed record says when.
    pub(crate) fn later(&mut self, callback: &Callback, due: &mut Due) {
        let position = self.position(&callback.application);
        let app = &mut self.apps[position];
        if callback.detached {
            return due.push(callback.due_at, DueItem::Detached(position, callback.id));
        }
        let phone = callback.phone.key();
        let Some(lane) = app.lanes.get(&phone) else { return };
        // After a restart the hold may not be planned yet, whatever the number of the attempt.
        let hold_until = lane.hold_until.or_else(|| app.plan_hold(position, callback, due));
        let Some(lane) = app.lanes.get_mut(&phone) else { return };
        lane.hold_until = hold_until;
        lane.state = LaneState::Waiting(callback.due_at);
        due.push(callback.due_at, DueItem::Lane(position, phone));
    }

    /// A callback has ended, in whatever way; its lane goes on.
    pub(crate) fn ended(&mut self, callback: &Callback) {
        let position = self.position(&callback.application);
        let app = &mut self.apps[position];
        app.pending = app.pending.saturating_sub(1);
        if !callback.detached {
            app.advance(&callback.phone.key(), callback.id);
        }
    }

    /// A failing callback lets its lane go on and continues alone.
    pub(crate) fn detach(&mut self, callback: &Callback, due: &mut Due) {
        let position = self.position(&callback.application);
        let app = &mut self.apps[position];
        let phone = callback.phone.key();
        let is_head = app.lanes.get(&phone).is_some_and(|l| l.queue.front() == Some(&callback.id));
        let in_flight = is_head && app.lanes.get(&phone).is_some_and(|l| l.state == LaneState::InFlight);
        if is_head {
            app.ready.retain(|turn| *turn != Turn::Lane(phone.clone()));
            app.advance(&phone, callback.id);
        }
        // One that is being attempted right now is planned anew when that attempt has ended.
        if !in_flight {
            due.push(callback.due_at, DueItem::Detached(position, callback.id));
        }
    }

    /// The wait of a lane's head is over.
    pub(crate) fn lane_due(&mut self, position: usize, phone: AddressKey, now: At) {
        let Some(app) = self.apps.get_mut(position) else { return };
        if let Some(lane) = app.lanes.get_mut(&phone)
            && matches!(lane.state, LaneState::Waiting(at) if at <= now)
        {
            lane.state = LaneState::Ready;
            app.ready.push_back(Turn::Lane(phone));
        }
    }

    /// The time a failing callback may hold its lane is over. False when it no longer does: it has ended, perhaps even
    /// been replayed.
    pub(crate) fn hold_due(&self, position: usize, phone: &AddressKey, callback: CallbackId, now: At) -> bool {
        let lane = self.apps.get(position).and_then(|app| app.lanes.get(phone));
        lane.is_some_and(|l| l.queue.front() == Some(&callback) && l.hold_until.is_some_and(|until| until <= now))
    }

    /// The wait of a callback that goes on alone is over.
    pub(crate) fn detached_due(&mut self, position: usize, callback: CallbackId) {
        if let Some(app) = self.apps.get_mut(position) {
            app.ready.push_back(Turn::Detached(callback));
        }
    }

    /// Takes attempts that may start now, each application within its concurrency and breaker.
    pub(crate) fn starts(&mut self, now_ms: u64, into: &mut Vec<Start>) {
        for app in &mut self.apps {
            let Some(application) = app.application.clone() else { continue };
            while !app.ready.is_empty() {
                let free = application.concurrency.saturating_sub(app.in_flight);
                if app.breaker.permits(now_ms, free) == 0 {
                    break;
                }
                let Some((callback, turn)) = app.take_ready() else { continue };
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
        if let Turn::Lane(phone) = &start.turn
            && let Some(lane) = app.lanes.get_mut(phone)
        {
            lane.state = LaneState::Ready;
        }
        app.ready.push_front(start.turn);
    }

    /// Attempts under way.
    pub(crate) const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// True when nothing is owed to anybody.
    pub(crate) fn is_idle(&self) -> bool {
        self.apps.iter().all(|a| a.pending == 0 && a.in_flight == 0 && a.lanes.is_empty() && a.ready.is_empty())
    }

    /// When the next attempt may start without anything else having to happen before: at once, or when a breaker lets
    /// its canary through.
    pub(crate) fn next_start_ms(&self, now_ms: u64) -> Option<u64> {
        let waiting = self.apps.iter().filter(|app| !app.ready.is_empty());
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
    fn take_ready(&mut self) -> Option<(CallbackId, Turn)> {
        let turn = self.ready.pop_front()?;
        let callback = match &turn {
            Turn::Detached(callback) => *callback,
            Turn::Lane(phone) => {
                let lane = self.lanes.get_mut(phone)?;
                lane.state = LaneState::InFlight;
                lane.queue.front().copied()?
            }
        };
        Some((callback, turn))
    }

    /// Plans the end of the wait for a failing head.
    fn plan_hold(&self, position: usize, callback: &Callback, due: &mut Due) -> Option<At> {
        let until = callback.failing_since?.plus_ms(self.application.as_ref()?.order_hold_ms);
        due.push(until, DueItem::LaneHold(position, callback.phone.key(), callback.id));
        Some(until)
    }

    /// Takes a callback off its lane; the next one becomes ready.
    fn advance(&mut self, phone: &AddressKey, callback: CallbackId) {
        let Some(lane) = self.lanes.get_mut(phone) else { return };
        if lane.queue.front() != Some(&callback) {
            return lane.queue.retain(|id| *id != callback);
        }
        lane.queue.pop_front();
        if lane.queue.is_empty() {
            self.lanes.remove(phone);
            return;
        }
        if lane.queue.len() * 4 < lane.queue.capacity() {
            lane.queue.shrink_to(lane.queue.len() * 2);
        }
        lane.state = LaneState::Ready;
        lane.hold_until = None;
        self.ready.push_back(Turn::Lane(phone.clone()));
    }
}

#[cfg(test)]
mod tests;
