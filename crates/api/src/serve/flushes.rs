//! Word of a connection having written everything it was given: a response that is told apart by lines learns by it
//! which of them the system has taken over.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One who wants to know.
type Watcher = Arc<dyn Fn() + Send + Sync>;

/// The word of one connection; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Flushes {
    watcher: Arc<Mutex<Option<Watcher>>>,
}

impl Flushes {
    /// From now on this one is told, instead of whoever was before. It must not block.
    pub(crate) fn watch(&self, watcher: Watcher) {
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
    }

    /// From now on nobody is told.
    pub(crate) fn forget(&self) {
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Everything that was given to the connection before this call is written.
    pub(super) fn tell(&self) {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(watcher) = watcher {
            watcher();
        }
    }
}

impl fmt::Debug for Flushes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flushes").finish_non_exhaustive()
    }
}
