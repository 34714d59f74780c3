//! The memory store with faults the world asks for; each durable commit also goes into the ledger.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::callback::Rendered;
use domain::decision::Change;
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::stream::StreamKind;
use domain::time::At;
use domain::view::View;
use engine::port::{Store, StoreError, Swept, Unfinished};
use store::memory::{MemoryBrowse, MemoryStore};

use crate::ledger::Ledger;
use crate::tally::{Fault, Tally};

/// A passing trouble of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// Commits find no room.
    Full,
    /// Commits fail for another reason.
    Failing,
    /// Reads fail.
    Unreadable,
}

/// The process is to die at the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// In a commit, after `after` others; `durable`: the commit is durable all the same.
    Commit { after: u64, durable: bool },
    /// While unfinished work is read, after so many records.
    Scan(u64),
}

/// What is durable, and what the disk does next.
#[derive(Default)]
pub(crate) struct Truth {
    pub(crate) ledger: Ledger,
    pub(crate) troubles: BTreeSet<Trouble>,
    pub(crate) death: Option<Death>,
    /// What the store refused though nothing was wrong with it.
    pub(crate) refusals: Vec<String>,
    pub(crate) tally: Tally,
}

impl Truth {
    /// Why nothing can be committed now, when nothing can.
    pub(crate) fn refuses_commits(&self) -> Option<StoreError> {
        if self.troubles.contains(&Trouble::Full) {
            return Some(StoreError::Full("no space left on device".to_owned()));
        }
        let is_failing = self.troubles.contains(&Trouble::Failing);
        is_failing.then(|| StoreError::Unavailable("write error".to_owned()))
    }

    /// True when the process dies in the commit that is asked for now.
    fn dies_now(&mut self) -> Option<bool> {
        let Some(Death::Commit { after, durable }) = &mut self.death else { return None };
        if *after > 0 {
            *after -= 1;
            return None;
        }
        let durable = *durable;
        self.death = None;
        Some(durable)
    }
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
        let is_unreadable = lock(&self.truth).troubles.contains(&Trouble::Unreadable);
        if is_unreadable { Err(StoreError::Unavailable("read error".to_owned())) } else { Ok(()) }
    }
}

impl Store for Port {
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
        self.readable()?;
        self.inner.load(needs, view)
    }

    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError> {
        let mut truth = lock(&self.truth);
        let refusal = truth.refuses_commits();
        if let Some(durable) = truth.dies_now() {
            let is_durable = durable && refusal.is_none();
            if is_durable {
                self.inner.commit(at, changes)?;
                truth.ledger.apply(changes);
            }
            truth.tally.count(if is_durable { Fault::DiedAfterCommit } else { Fault::DiedBeforeCommit });
            return Err(StoreError::Fatal("power was cut during a commit".to_owned()));
        }
        if let Some(refusal) = refusal {
            truth.tally.count(Fault::CommitRefused);
            return Err(refusal);
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
        let dies_after = match lock(&self.truth).death {
            Some(Death::Scan(after)) => after,
            _ => return self.inner.unfinished(take),
        };
        let mut taken = 0;
        self.inner.unfinished(&mut |unfinished| {
            taken += 1;
            if taken <= dies_after {
                take(unfinished);
            }
        })?;
        let mut truth = lock(&self.truth);
        truth.death = None;
        truth.tally.count(Fault::DiedInScan);
        Err(StoreError::Fatal("power was cut during the recovery".to_owned()))
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

    fn streamed(
        &mut self,
        application: &str,
        stream: StreamKind,
        after: At,
        limit: usize,
    ) -> Result<Vec<(At, CallbackId)>, StoreError> {
        self.readable()?;
        self.inner.streamed(application, stream, after, limit)
    }

    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
        self.readable()?;
        self.inner.overdue(after, now)
    }

    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError> {
        self.inner.sweep(before, now)
    }
}
