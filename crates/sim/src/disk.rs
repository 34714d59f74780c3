//! The memory store with faults the world asks for; each durable commit also goes into the ledger.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::callback::Rendered;
use domain::decision::Change;
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::time::At;
use domain::view::View;
use engine::port::{Store, StoreError, Swept, Unfinished};
use store::memory::{MemoryBrowse, MemoryStore};

use crate::ledger::Ledger;

/// What is durable, and what the disk does next.
#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) ledger: Ledger,
    pub(crate) is_full: bool,
    pub(crate) is_unreadable: bool,
    /// The next commit ends the process; true: it is durable all the same.
    pub(crate) dies_in_commit: Option<bool>,
    /// What the store refused though nothing was wrong with it.
    pub(crate) refusals: Vec<String>,
}

/// The disk, which survives nodes.
pub(crate) struct Disk {
    browse: MemoryBrowse,
    truth: Arc<Mutex<Truth>>,
}

impl Disk {
    pub(crate) fn new() -> Disk {
        let (_, browse) = MemoryStore::new();
        Disk { browse, truth: Arc::default() }
    }

    /// The port of a new owner; whatever an earlier one still does fails.
    pub(crate) fn port(&self) -> Box<dyn Store> {
        Box::new(Port { inner: self.browse.crash(), truth: self.truth.clone() })
    }

    pub(crate) fn truth(&self) -> MutexGuard<'_, Truth> {
        lock(&self.truth)
    }
}

fn lock(truth: &Mutex<Truth>) -> MutexGuard<'_, Truth> {
    truth.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Port {
    inner: MemoryStore,
    truth: Arc<Mutex<Truth>>,
}

impl Port {
    fn readable(&self) -> Result<(), StoreError> {
        if lock(&self.truth).is_unreadable { Err(StoreError::Unavailable("read error".to_owned())) } else { Ok(()) }
    }
}

impl Store for Port {
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
        self.readable()?;
        self.inner.load(needs, view)
    }

    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError> {
        let mut truth = lock(&self.truth);
        if let Some(durable) = truth.dies_in_commit.take() {
            if durable && !truth.is_full {
                self.inner.commit(at, changes)?;
                truth.ledger.apply(changes);
            }
            return Err(StoreError::Fatal("power was cut during a commit".to_owned()));
        }
        if truth.is_full {
            return Err(StoreError::Full("no space left on device".to_owned()));
        }
        match self.inner.commit(at, changes) {
            Ok(()) => {
                truth.ledger.apply(changes);
                Ok(())
            }
            Err(error) => {
                truth.refusals.push(error.to_string());
                Err(error)
            }
        }
    }

    fn unfinished(&mut self, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError> {
        self.inner.unfinished(take)
    }

    fn last_stamp(&mut self) -> Result<Stamp, StoreError> {
        self.inner.last_stamp()
    }

    fn messages(&mut self, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError> {
        self.readable()?;
        self.inner.messages(stamps)
    }

    fn requests(&mut self, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError> {
        self.readable()?;
        self.inner.requests(callbacks)
    }

    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
        self.readable()?;
        self.inner.overdue(after, now)
    }

    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError> {
        self.inner.sweep(before, now)
    }
}
