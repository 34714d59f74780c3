//! What every handler gets: the way into the engine, the way to what is stored, and what is configured.
//! Handles only; nothing in here changes by a request except through the engine.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::decision::Outcome;
use domain::directory::Directory;
use domain::event::Event;
use domain::secret::Secret;
use domain::time::At;
use engine::inlet::{Inlet, NotTaken};
use engine::live::Live;
use engine::port::Browse;
use tokio::sync::{Semaphore, oneshot, watch};

use crate::auth::{Caller, Scope};
use crate::feed::FeedHandle;
use crate::metrics::Traffic;
use crate::phones::Phones;
use crate::reader::Reader;
use crate::under_way::UnderWay;

/// Most queries that read the store at a time; further ones wait for their turn.
pub const READS_MAX: usize = 32;

/// The configuration as it is now; clones share it, a reload replaces it for all.
#[derive(Clone, Default)]
pub struct DirectoryHandle {
    current: Arc<RwLock<Arc<Directory>>>,
}

impl DirectoryHandle {
    /// Starts with this configuration.
    pub fn new(directory: Arc<Directory>) -> DirectoryHandle {
        DirectoryHandle { current: Arc::new(RwLock::new(directory)) }
    }

    /// What is configured now.
    pub fn current(&self) -> Arc<Directory> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts another configuration in its place, for requests that come from now on.
    pub fn replace(&self, directory: Arc<Directory>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = directory;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Starting,
    Serving,
    Draining,
}

/// Whether the process wants traffic, for `/health/ready`; clones share it.
#[derive(Clone)]
pub struct Readiness {
    phase: Arc<watch::Sender<Phase>>,
}

impl Default for Readiness {
    fn default() -> Readiness {
        Readiness { phase: Arc::new(watch::Sender::new(Phase::Starting)) }
    }
}

impl Readiness {
    /// From now on it takes traffic, unless it is draining already.
    pub fn set_serving(&self) {
        self.phase.send_if_modified(|phase| {
            let starting = *phase == Phase::Starting;
            if starting {
                *phase = Phase::Serving;
            }
            starting
        });
    }

    /// From now on it wants no new traffic.
    pub fn set_draining(&self) {
        self.phase.send_replace(Phase::Draining);
    }

    /// Waits until it is draining: what streams to a client ends then.
    pub async fn draining(&self) {
        let mut phase = self.phase.subscribe();
        // Fails only when the sender is gone, and this handle holds it.
        let _ended = phase.wait_for(|phase| *phase == Phase::Draining).await;
    }

    /// Why it wants no traffic; none when it does.
    pub fn reason(&self) -> Option<&'static str> {
        match *self.phase.borrow() {
            Phase::Starting => Some("starting: unfinished work is being loaded"),
            Phase::Serving => None,
            Phase::Draining => Some("draining: the gateway is stopping"),
        }
    }
}

/// What the gateway is wired with. The way to what is stored is not in here: it is behind [`ApiState::reader`].
pub struct Parts {
    /// The way into the engine.
    pub inlet: Inlet,
    /// What is going on right now.
    pub live: Live,
    /// What is configured.
    pub directory: DirectoryHandle,
    /// Opens everything. Empty: nobody is the operator.
    pub operator_token: Secret,
    /// What changes, for those who watch.
    pub feed: FeedHandle,
    /// The simulated operator's handsets, when there is one.
    pub phones: Option<Arc<dyn Phones>>,
    /// Where the outside reaches us, without a slash at the end.
    pub public_url: String,
    /// Whether this is the demo.
    pub demo: bool,
    /// When the process started.
    pub started_at: At,
    /// Wall time.
    pub clock: Arc<dyn Fn() -> At + Send + Sync>,
    /// Whether the process wants traffic.
    pub ready: Readiness,
}

struct Shared {
    parts: Parts,
    browse: Arc<dyn Browse>,
    reads: Arc<Semaphore>,
    traffic: Traffic,
    under_way: UnderWay,
    readers: AtomicU64,
}

/// A handle on all of it; clones share one.
#[derive(Clone)]
pub struct ApiState {
    shared: Arc<Shared>,
}

impl Deref for ApiState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.shared.parts
    }
}

impl ApiState {
    /// Wires it up.
    pub fn new(parts: Parts, browse: Arc<dyn Browse>) -> ApiState {
        let reads = Arc::new(Semaphore::new(READS_MAX));
        let (traffic, under_way, readers) = (Traffic::default(), UnderWay::default(), AtomicU64::new(0));
        ApiState { shared: Arc::new(Shared { parts, browse, reads, traffic, under_way, readers }) }
    }

    /// Requests of accounts that are under way.
    pub(crate) fn under_way(&self) -> &UnderWay {
        &self.shared.under_way
    }

    /// A number for one who reads a stream, that nobody else gets.
    pub(crate) fn next_reader(&self) -> u64 {
        self.shared.readers.fetch_add(1, Ordering::Relaxed)
    }

    /// Requests answered since start.
    pub(crate) fn traffic(&self) -> &Traffic {
        &self.shared.traffic
    }

    /// Wall time.
    pub fn now(&self) -> At {
        (self.clock)()
    }

    /// What this caller may see of what is stored, under the configuration of now.
    pub fn reader(&self, caller: &Caller) -> Reader {
        let scope = Scope::of(caller, &self.directory.current());
        Reader::new(scope, Arc::clone(&self.shared.browse), Arc::clone(&self.shared.reads))
    }

    /// Has the engine decide an event; returns when that is durable, or with the reason why it was not taken.
    pub async fn ask(&self, event: Event) -> Result<Outcome, NotTaken> {
        let (sender, receiver) = oneshot::channel();
        // The receiver is gone when the client is: the event is decided all the same.
        self.inlet.post(event, Box::new(move |result| drop(sender.send(result))));
        receiver.await.unwrap_or(Err(NotTaken::Stopping))
    }
}
