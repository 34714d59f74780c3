//! A timer for a deadline that moves with every PDU: it is set again only when it would ring too late, so that a busy
//! link doesn't touch the timer wheel for each message.

use std::pin::Pin;

use tokio::time::{Sleep, sleep_until};

use crate::clock::instant_of;

/// The timer of one connection.
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    /// When it rings; none while it is off.
    rings_at_ms: Option<u64>,
}

impl Alarm {
    /// One that is off.
    pub(crate) fn new() -> Alarm {
        Alarm { sleep: Box::pin(sleep_until(instant_of(0))), rings_at_ms: None }
    }

    /// Makes sure that it rings at `deadline_ms` at the latest. It may ring earlier.
    pub(crate) fn set(&mut self, deadline_ms: Option<u64>) {
        let Some(deadline_ms) = deadline_ms else { return };
        if self.rings_at_ms.is_none_or(|rings_at_ms| deadline_ms < rings_at_ms) {
            // A millisecond clock rounds down: one more, or it would ring just before the deadline and again.
            self.sleep.as_mut().reset(instant_of(deadline_ms.saturating_add(1).min(FAR_MS)));
            self.rings_at_ms = Some(deadline_ms);
        }
    }

    /// Ends when it rings; it is off then. Never ends while it is off. May be dropped and called again.
    pub(crate) async fn ring(&mut self) {
        match self.rings_at_ms {
            Some(_) => self.sleep.as_mut().await,
            None => std::future::pending().await,
        }
        self.rings_at_ms = None;
    }
}

/// Farther than any process runs, and still an instant: 100 years.
const FAR_MS: u64 = 100 * 365 * 86_400_000;
