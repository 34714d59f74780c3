//! One life of the gateway: the real runner with ports that only write down what it asks for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::callback::{CallbackEvent, Rendered};
use domain::decision::Outcome;
use domain::directory::{Application, Directory, Name};
use domain::id::CallbackId;
use domain::time::At;
use engine::inlet::{Inlet, NotTaken, Ticket};
use engine::live::Live;
use engine::port::{Attempt, CallbackClient, Changed, Channel, Contracts, Feed, Store, SubmitOrder};
use engine::runner::{Options, Ports, RunError, Runner};

use crate::clock::VirtualClock;

/// Who waits for a ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Slip {
    /// The network, for a piece of an MO.
    Mo(usize),
    /// The network, for a receipt.
    Receipt(usize),
    /// A client, for a send.
    Send(usize),
    /// A client that uses a key for another request.
    ReusedKey,
    /// Nobody who minds.
    Other,
}

/// What a turn asked of the world, in order.
pub(crate) enum Asked {
    Attempt(Attempt),
    Order(Name, SubmitOrder),
    Told(Slip, Result<Outcome, NotTaken>),
}

#[derive(Clone, Default)]
pub(crate) struct Outbox {
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Outbox {
    fn put(&self, asked: Asked) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }

    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn ticket(&self, slip: Slip) -> Ticket {
        let outbox = self.clone();
        Box::new(move |result| outbox.put(Asked::Told(slip, result)))
    }
}

pub(crate) struct Node {
    pub(crate) number: u32,
    pub(crate) runner: Runner,
    pub(crate) inlet: Inlet,
    pub(crate) outbox: Outbox,
    /// What the node shows of itself.
    pub(crate) live: Live,
    pub(crate) wakes_ms: u64,
}

impl Node {
    pub(crate) fn start(
        number: u32,
        seed: u64,
        store: Box<dyn Store>,
        directory: Arc<Directory>,
        clock: VirtualClock,
    ) -> Result<Node, RunError> {
        let outbox = Outbox::default();
        let inlet = Inlet::new();
        let mut channels: BTreeMap<Name, Box<dyn Channel>> = BTreeMap::new();
        for id in directory.channels.keys() {
            channels.insert(id.clone(), Box::new(ChannelPort { id: id.clone(), outbox: outbox.clone() }));
        }
        let ports = Ports {
            store,
            contracts: Box::new(ContractsPort),
            client: Box::new(ClientPort { outbox: outbox.clone() }),
            channels,
            feed: Box::new(FeedPort),
            clock: Box::new(clock),
        };
        let live = Live::new();
        let options = Options { seed, retention_days: 30 };
        let runner = Runner::start(ports, options, directory, inlet.clone(), live.clone())?;
        Ok(Node { number, runner, inlet, outbox, live, wakes_ms: 0 })
    }
}

struct ContractsPort;

impl Contracts for ContractsPort {
    fn render(&self, event: &CallbackEvent, application: &Application, id: CallbackId, at: At) -> Rendered {
        contracts::render(event, application, id, at)
    }
}

struct ClientPort {
    outbox: Outbox,
}

impl CallbackClient for ClientPort {
    fn start(&self, attempt: Attempt) {
        self.outbox.put(Asked::Attempt(attempt));
    }
}

struct ChannelPort {
    id: Name,
    outbox: Outbox,
}

impl Channel for ChannelPort {
    fn submit(&self, order: SubmitOrder) {
        self.outbox.put(Asked::Order(self.id.clone(), order));
    }
}

struct FeedPort;

impl Feed for FeedPort {
    fn is_watched(&self) -> bool {
        false
    }

    fn publish(&self, _: Vec<Changed>) {}
}
