//! What is going on right now, for the console, the API and metrics: written by the engine and the channels, read by
//! anybody. Nothing here is durable and nothing decides by it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::directory::Name;
use domain::time::At;

/// State of one link of a channel, told by its adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// `connecting`, `bound`, `refused`, `down`, ….
    pub state: &'static str,
    /// The sentence for a person, for example why the bind was refused and what to do.
    pub detail: String,
    /// Since when.
    pub since: At,
}

/// What keeps a channel from being faster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LimitedBy {
    /// Nothing waits.
    #[default]
    NoDemand,
    /// Segments wait for answers of the network: its latency divides the window.
    Window,
    /// The configured rate.
    Rate,
    /// The network asked to slow down.
    Throttled,
    /// No link is up.
    NoLink,
}

impl LimitedBy {
    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            LimitedBy::NoDemand => "no_demand",
            LimitedBy::Window => "window",
            LimitedBy::Rate => "rate",
            LimitedBy::Throttled => "throttled",
            LimitedBy::NoLink => "no_link",
        }
    }
}

/// A channel right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelLive {
    /// By link number.
    pub links: BTreeMap<u16, LinkStatus>,
    /// Links that take segments.
    pub links_up: u32,
    /// Sum of the windows of those links.
    pub window: u32,
    /// Segments without an answer.
    pub window_used: u32,
    /// MTs waiting.
    pub queued: u64,
    /// What limits it.
    pub limited_by: LimitedBy,
    /// MOs received since start.
    pub received: u64,
    /// Segments submitted since start.
    pub submitted: u64,
    /// Times the network asked to slow down since start.
    pub throttled: u64,
    /// Reports received since start.
    pub reports: u64,
}

/// An application right now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplicationLive {
    /// Callbacks owed.
    pub pending: u64,
    /// Attempts under way.
    pub in_flight: u32,
    /// True while the breaker lets only single canaries through.
    pub breaker_open: bool,
    /// Attempts that succeeded since start.
    pub succeeded: u64,
    /// Attempts that failed since start.
    pub failed: u64,
    /// Clients that read its streams.
    pub readers: u32,
}

/// Counters of the engine itself, since start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineLive {
    /// Commits.
    pub commits: u64,
    /// Events committed.
    pub events: u64,
    /// Microseconds spent in commits.
    pub commit_us: u64,
    /// Longest commit, in microseconds.
    pub commit_us_max: u64,
    /// Commits that failed.
    pub commits_failed: u64,
    /// Events waiting for a turn.
    pub waiting: u64,
}

/// Everything.
#[derive(Clone, Debug, Default)]
pub struct LiveState {
    /// By channel id.
    pub channels: BTreeMap<Name, ChannelLive>,
    /// By application id.
    pub applications: BTreeMap<Name, ApplicationLive>,
    /// The engine.
    pub engine: EngineLive,
    /// Why the store takes nothing at the moment, when it does not.
    pub store_trouble: Option<String>,
}

/// A handle; clones share one state.
#[derive(Clone, Default)]
pub struct Live {
    state: Arc<Mutex<LiveState>>,
}

impl Live {
    /// A fresh one.
    pub fn new() -> Live {
        Live::default()
    }

    /// A copy of everything.
    pub fn snapshot(&self) -> LiveState {
        self.lock().clone()
    }

    /// Changes something; keep it short.
    pub fn update(&self, change: impl FnOnce(&mut LiveState)) {
        change(&mut self.lock());
    }

    /// Sets the status of a link.
    pub fn set_link(&self, channel: &Name, link: u16, status: LinkStatus) {
        self.update(|state| {
            state.channels.entry(channel.clone()).or_default().links.insert(link, status);
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LiveState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
