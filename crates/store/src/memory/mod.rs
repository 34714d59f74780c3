//! The store in memory, for simulations and tests: the same promises, with commits that fail on demand and crashes
//! after which a new owner finds exactly what was committed.

mod browse;
mod series;
mod state;

use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::callback::{CallbackState, Rendered};
use domain::decision::Change;
use domain::directory::Name;
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::note::{Entry, RequestBody};
use domain::stream::StreamKind;
use domain::time::At;
use domain::view::View;
use engine::limit::OVERDUE_SCAN_ROWS;
use engine::port::{Store, StoreError, Swept, Unfinished};

use self::state::State;
use crate::due::is_overdue;

/// What is stored, and what the simulation wants to happen.
#[derive(Default)]
struct Shared {
    state: State,
    /// Which owner may write; an earlier one has crashed.
    owner: u64,
    next_failure: Option<(StoreError, Durable)>,
}

/// What of a failing commit is durable all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durable {
    /// Nothing.
    Nothing,
    /// All of it: only the word of success was lost.
    All,
}

/// The owner's handle.
pub struct MemoryStore {
    shared: Arc<Mutex<Shared>>,
    owner: u64,
}

/// The handle for reading, and for the simulation that drives failures; clones share one store.
#[derive(Clone)]
pub struct MemoryBrowse {
    shared: Arc<Mutex<Shared>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> (MemoryStore, MemoryBrowse) {
        let browse = MemoryBrowse { shared: Arc::default() };
        (browse.crash(), browse)
    }

    fn lock(&self) -> Result<MutexGuard<'_, Shared>, StoreError> {
        let shared = lock(&self.shared);
        if shared.owner == self.owner {
            return Ok(shared);
        }
        Err(StoreError::Fatal("this owner of the store has crashed".to_owned()))
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryBrowse {
    /// The next commit fails with this error.
    pub fn fail_next_commit(&self, error: StoreError, durable: Durable) {
        lock(&self.shared).next_failure = Some((error, durable));
    }

    /// The owner crashes: whatever it does from now on fails, and the new owner finds what was committed.
    pub fn crash(&self) -> MemoryStore {
        let mut shared = lock(&self.shared);
        shared.owner += 1;
        shared.next_failure = None;
        MemoryStore { shared: self.shared.clone(), owner: shared.owner }
    }
}

/// What keeps a batch from being stored.
fn check(state: &State, changes: &[Change]) -> Result<(), StoreError> {
    let mut added = std::collections::BTreeSet::new();
    for change in changes {
        let entries = match change {
            Change::AddMessage { message, entries, .. } => {
                let stamp = message.id.stamp;
                if state.messages.contains_key(&stamp) || !added.insert(stamp) {
                    return Err(StoreError::Unavailable(format!("message {} is stored already", message.id)));
                }
                entries
            }
            Change::AddEntries { entries, .. } => entries,
            _ => continue,
        };
        for entry in entries {
            if let Entry::CallbackMade { id, request: RequestBody::Told(_), .. } = entry {
                return Err(StoreError::Unavailable(format!("callback {id} came without its bytes")));
            }
        }
    }
    Ok(())
}

impl Store for MemoryStore {
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
        self.lock()?.state.load(needs, view);
        Ok(())
    }

    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError> {
        let mut shared = self.lock()?;
        let failure = shared.next_failure.take();
        if let Some((error, Durable::Nothing)) = failure {
            return Err(error);
        }
        check(&shared.state, changes)?;
        for change in changes {
            shared.state.apply(at, change);
        }
        failure.map_or(Ok(()), |(error, _)| Err(error))
    }

    fn unfinished(&mut self, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError> {
        let shared = self.lock()?;
        let state = &shared.state;
        let mut pending: Vec<_> = state.callbacks.values().filter(|c| c.state == CallbackState::Pending).collect();
        pending.sort_by(|a, b| (&a.application, a.id).cmp(&(&b.application, b.id)));
        pending.into_iter().for_each(|callback| take(Unfinished::Callback(callback.clone())));
        state.outgoing.values().for_each(|outgoing| take(Unfinished::Outgoing(outgoing.clone())));
        for (phone, record) in &state.phones {
            if let Some(due_at) = record.due_at() {
                take(Unfinished::Phone { phone: phone.clone(), due_at });
            }
        }
        Ok(())
    }

    fn last_stamp(&mut self) -> Result<Stamp, StoreError> {
        Ok(self.lock()?.state.last_stamp)
    }

    fn messages(&mut self, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError> {
        let shared = self.lock()?;
        Ok(stamps.iter().filter_map(|stamp| Some(shared.state.messages.get(stamp)?.message.clone())).collect())
    }

    fn requests(&mut self, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError> {
        let shared = self.lock()?;
        Ok(callbacks.iter().filter_map(|id| Some((*id, shared.state.request(*id)?))).collect())
    }

    fn streamed(
        &mut self,
        application: &str,
        stream: StreamKind,
        after: At,
        limit: usize,
    ) -> Result<Vec<(At, CallbackId)>, StoreError> {
        let shared = self.lock()?;
        let from = (Name::from(application), stream, At(after.0.saturating_add(1)));
        let to = (Name::from(application), stream, At(i64::MAX));
        let lines = shared.state.streamed.range(from..=to).take(limit);
        Ok(lines.map(|((_, _, at), callback)| (*at, *callback)).collect())
    }

    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
        let shared = self.lock()?;
        let lower = after.map_or(Bound::Unbounded, Bound::Excluded);
        let read: Vec<_> = shared.state.outgoing.range((lower, Bound::Unbounded)).take(OVERDUE_SCAN_ROWS).collect();
        let next = (read.len() == OVERDUE_SCAN_ROWS).then(|| read.last().map(|(stamp, _)| **stamp)).flatten();
        let overdue = read.into_iter().filter(|(_, outgoing)| is_overdue(outgoing, now));
        Ok((overdue.map(|(_, outgoing)| outgoing.id).collect(), next))
    }

    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError> {
        Ok(self.lock()?.state.sweep(before, now))
    }
}

#[cfg(test)]
mod tests;
