//! The only way into the engine: adapters post events and signals here, and are told through their ticket what became
//! of an event once that is durable.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use domain::decision::Outcome;
use domain::event::Event;

use crate::port::Signal;

/// Most events that wait for a turn before new ones from outside are turned away.
pub const WAITING_EVENTS_MAX: usize = 16 * 1024;

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too many events wait; nothing was stored. Refuse for now.
    #[error("too much is waiting; try again shortly")]
    Busy,
    /// The store could not commit; nothing was stored. Refuse for now.
    #[error("the store cannot take it now: {0}")]
    NotCommitted(String),
    /// The gateway is stopping; nothing was stored.
    #[error("the gateway is stopping")]
    Stopping,
}

/// Called once: after the commit with what became of the event, or with the reason why it was not taken.
/// It runs on the engine's thread and must not block.
pub type Ticket = Box<dyn FnOnce(Result<Outcome, NotTaken>) + Send>;

/// An event on its way.
pub struct Envelope {
    /// What happened.
    pub event: Event,
    /// Whom to tell; none when nobody waits.
    pub ticket: Option<Ticket>,
}

/// What arrived since the last turn.
#[derive(Default)]
pub struct Arrivals {
    /// Events in the order of arrival.
    pub events: Vec<Envelope>,
    /// Signals in the order of arrival.
    pub signals: Vec<Signal>,
}

#[derive(Default)]
struct Waiting {
    arrivals: Arrivals,
    asleep: bool,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

/// A handle for posting; clones share one inbox.
#[derive(Clone, Default)]
pub struct Inlet {
    shared: Arc<Shared>,
}

impl Inlet {
    /// A fresh inbox.
    pub fn new() -> Inlet {
        Inlet::default()
    }

    /// Posts an event from outside. When too much waits or the engine stops, the ticket is called at once with the
    /// reason.
    pub fn post(&self, event: Event, ticket: Ticket) {
        let refused = {
            let mut waiting = self.lock();
            if waiting.closed {
                NotTaken::Stopping
            } else if waiting.arrivals.events.len() >= WAITING_EVENTS_MAX {
                NotTaken::Busy
            } else {
                waiting.arrivals.events.push(Envelope { event, ticket: Some(ticket) });
                self.wake(waiting);
                return;
            }
        };
        ticket(Err(refused));
    }

    /// Posts what must not be turned away because work under way depends on it: the result of an attempt. Its number
    /// is bounded by the work that was started.
    pub fn tell(&self, event: Event) {
        let mut waiting = self.lock();
        waiting.arrivals.events.push(Envelope { event, ticket: None });
        self.wake(waiting);
    }

    /// Posts a signal.
    pub fn signal(&self, signal: Signal) {
        let mut waiting = self.lock();
        waiting.arrivals.signals.push(signal);
        self.wake(waiting);
    }

    /// Takes what has arrived; waits for it at most `patience`. For the engine alone.
    pub fn take(&self, patience: Duration) -> Arrivals {
        let mut waiting = self.lock();
        if waiting.arrivals.events.is_empty() && waiting.arrivals.signals.is_empty() && !patience.is_zero() {
            waiting.asleep = true;
            let (woken, _) = self.shared.wake.wait_timeout(waiting, patience).unwrap_or_else(PoisonError::into_inner);
            waiting = woken;
            waiting.asleep = false;
        }
        std::mem::take(&mut waiting.arrivals)
    }

    /// How many events wait.
    pub fn depth(&self) -> usize {
        self.lock().arrivals.events.len()
    }

    /// From now on nothing from outside is taken.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, waiting: std::sync::MutexGuard<'_, Waiting>) {
        let asleep = waiting.asleep;
        drop(waiting);
        if asleep {
            self.shared.wake.notify_one();
        }
    }
}
