//! The breaker of one application: after failures in a row it lets one attempt through at a time, a canary, with
//! growing waits between them. Waiting callbacks lose none of their attempts meanwhile.

use domain::mint::Mint;

use crate::limit::{BREAKER_FAILURES, BREAKER_WAIT_MS, BREAKER_WAIT_MS_MAX};

#[derive(Clone, Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Debug)]
struct Open {
    canary_at_ms: u64,
    wait_ms: u64,
    canary_out: bool,
}

impl Breaker {
    /// How many attempts may start now when `free` would fit.
    pub(crate) fn permits(&self, now_ms: u64, free: u32) -> u32 {
        match &self.open {
            None => free,
            Some(open) if open.canary_out || now_ms < open.canary_at_ms => 0,
            Some(_) => free.min(1),
        }
    }

    pub(crate) fn started(&mut self) {
        if let Some(open) = &mut self.open {
            open.canary_out = true;
        }
    }

    /// What was started did not go out after all.
    pub(crate) fn withdrawn(&mut self) {
        if let Some(open) = &mut self.open {
            open.canary_out = false;
        }
    }

    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.open = None;
    }

    pub(crate) fn failed(&mut self, now_ms: u64, mint: &mut Mint) {
        self.failures = self.failures.saturating_add(1);
        match &mut self.open {
            None if self.failures >= BREAKER_FAILURES => {
                let canary_at_ms = now_ms + half_jitter(BREAKER_WAIT_MS, mint);
                self.open = Some(Open { canary_at_ms, wait_ms: BREAKER_WAIT_MS, canary_out: false });
            }
            // Attempts that were under way when it opened end here too; only the canary's end moves the wait on.
            Some(open) if open.canary_out => {
                open.canary_out = false;
                open.wait_ms = (open.wait_ms * 2).min(BREAKER_WAIT_MS_MAX);
                open.canary_at_ms = now_ms + half_jitter(open.wait_ms, mint);
            }
            _ => {}
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// When the next canary may go, while it is open and none is out.
    pub(crate) fn canary_at_ms(&self) -> Option<u64> {
        self.open.as_ref().filter(|open| !open.canary_out).map(|open| open.canary_at_ms)
    }
}

/// Between half of the wait and all of it, so that many applications do not come back at once.
fn half_jitter(wait_ms: u64, mint: &mut Mint) -> u64 {
    wait_ms / 2 + mint.up_to(wait_ms / 2)
}

#[cfg(test)]
mod tests {
    //! What the owner of a dead application sees.
    use super::*;
    use domain::id::Stamp;

    #[test]
    fn it_opens_after_failures_in_a_row_and_sends_single_canaries_with_growing_waits() {
        let mut mint = Mint::new(Stamp(0), 3);
        let mut breaker = Breaker::default();
        for _ in 0..BREAKER_FAILURES - 1 {
            breaker.failed(0, &mut mint);
        }
        assert_eq!(breaker.permits(0, 16), 16);
        breaker.failed(0, &mut mint);
        assert_eq!(breaker.permits(0, 16), 0);
        let mut now = 0;
        let mut wait = BREAKER_WAIT_MS;
        for _ in 0..10 {
            let at = breaker.canary_at_ms().unwrap();
            assert!(at - now >= wait / 2 && at - now <= wait);
            now = at;
            assert_eq!(breaker.permits(now, 16), 1);
            breaker.started();
            assert_eq!(breaker.permits(now, 16), 0);
            breaker.failed(now, &mut mint);
            wait = (wait * 2).min(BREAKER_WAIT_MS_MAX);
        }
        let at = breaker.canary_at_ms().unwrap();
        assert_eq!(breaker.permits(at, 16), 1);
        breaker.started();
        breaker.succeeded();
        assert_eq!(breaker.permits(at, 16), 16);
        assert!(!breaker.is_open());
    }

    #[test]
    fn a_success_between_failures_keeps_it_closed() {
        let mut mint = Mint::new(Stamp(0), 3);
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            breaker.failed(0, &mut mint);
            breaker.failed(0, &mut mint);
            breaker.succeeded();
        }
        assert!(!breaker.is_open());
    }
}
