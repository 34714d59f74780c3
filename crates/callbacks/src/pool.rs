//! The free links of one application to one destination, kept for the next attempt.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::link::Link;

/// How long a free link is kept, in milliseconds. Servers commonly close after 5 s; being first avoids meeting a link
/// that closes just as a request goes out.
pub const IDLE_MS_MAX: u64 = 4_000;
/// How old a link may become, in milliseconds: after that the name is resolved, and judged, anew.
pub const LINK_AGE_MS_MAX: u64 = 60_000;

/// Free links, the longest free first.
#[derive(Default)]
pub(crate) struct Pool {
    free: Mutex<Free>,
}

#[derive(Default)]
struct Free {
    links: Vec<Link>,
    is_watched: bool,
}

impl Pool {
    /// Takes the link that became free last, if one is still good.
    pub(crate) async fn take(&self) -> Option<Link> {
        loop {
            let mut link = self.lock().links.pop()?;
            if link.idle_since.elapsed() < Duration::from_millis(IDLE_MS_MAX) && link.is_ready().await {
                return Some(link);
            }
        }
    }

    /// Keeps a link whose response is over, unless it cannot be used again or is too old. Runs within a runtime.
    pub(crate) async fn keep(pool: &Arc<Pool>, mut link: Link) {
        link.idle_since = Instant::now();
        let age = link.idle_since - link.opened_at;
        if age >= Duration::from_millis(LINK_AGE_MS_MAX) || !link.is_ready().await {
            return;
        }
        let mut free = pool.lock();
        free.links.push(link);
        if !free.is_watched {
            free.is_watched = true;
            tokio::spawn(watch(pool.clone()));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes links that have been free for too long; ends when none is left.
async fn watch(pool: Arc<Pool>) {
    let idle_max = Duration::from_millis(IDLE_MS_MAX);
    loop {
        let wake_at = {
            let mut free = pool.lock();
            free.links.retain(|link| link.idle_since.elapsed() < idle_max);
            match free.links.first() {
                Some(oldest) => oldest.idle_since + idle_max,
                None => {
                    free.is_watched = false;
                    return;
                }
            }
        };
        tokio::time::sleep_until(wake_at).await;
    }
}
