//! What changed, told to those who watch right now. Nothing is kept for those who are slow: they are told to read again.

use std::sync::Arc;

use engine::port::{Changed, Feed};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::auth::Scope;

/// Most commits a watcher may lag behind before it is told to read again.
pub const COMMITS_KEPT_MAX: usize = 128;
/// Most messages told of one commit; above, watchers are told to read again.
pub const CHANGES_TOLD_MAX: usize = 256;

/// What a watcher gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedItem {
    /// These messages changed. Never empty.
    Changed(Vec<Changed>),
    /// More changed than is told one by one: read again what is shown.
    Refresh,
}

/// The sending end; clones share one.
#[derive(Clone)]
pub struct FeedHandle {
    /// None stands for more than is told.
    sender: broadcast::Sender<Option<Arc<[Changed]>>>,
}

impl Default for FeedHandle {
    fn default() -> FeedHandle {
        FeedHandle::new()
    }
}

impl FeedHandle {
    /// One that nobody watches yet.
    pub fn new() -> FeedHandle {
        FeedHandle { sender: broadcast::Sender::new(COMMITS_KEPT_MAX) }
    }

    /// Watches from now on what this scope may see.
    pub fn subscribe(&self, scope: Scope) -> Watch {
        Watch { scope, receiver: self.sender.subscribe() }
    }
}

impl Feed for FeedHandle {
    fn is_watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    fn publish(&self, changed: Vec<Changed>) {
        if changed.is_empty() {
            return;
        }
        let told = (changed.len() <= CHANGES_TOLD_MAX).then(|| Arc::from(changed));
        // Nobody watches any more: nothing to tell.
        drop(self.sender.send(told));
    }
}

/// The receiving end of one watcher.
pub struct Watch {
    scope: Scope,
    receiver: broadcast::Receiver<Option<Arc<[Changed]>>>,
}

impl Watch {
    /// The next change this watcher may see; `None` when the gateway is gone. May be dropped while waiting.
    pub async fn next(&mut self) -> Option<FeedItem> {
        loop {
            match self.receiver.recv().await {
                Ok(None) | Err(RecvError::Lagged(_)) => return Some(FeedItem::Refresh),
                Err(RecvError::Closed) => return None,
                Ok(Some(changed)) => {
                    let mine: Vec<Changed> = changed.iter().filter(|c| self.sees(c)).cloned().collect();
                    if !mine.is_empty() {
                        return Some(FeedItem::Changed(mine));
                    }
                }
            }
        }
    }

    /// A commit that does not say whose message it is, is told only to the operator.
    fn sees(&self, changed: &Changed) -> bool {
        self.scope.sees_account(changed.account.as_ref())
    }
}

#[cfg(test)]
mod tests;
