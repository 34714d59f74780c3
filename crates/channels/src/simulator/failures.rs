//! Binds that failed lately. Each further one is refused more slowly, so that a password can't be found by trying; who
//! knows it is not held up.

/// So many failures are refused at once: people mistype.
const FREE: u32 = 3;
/// How long the next one waits, in milliseconds; doubles with each further one.
const DELAY_MS: u64 = 50;
/// The longest wait, in milliseconds.
pub(super) const DELAY_MS_MAX: u64 = 2_000;
/// Failures are forgotten after so long without one, in milliseconds.
const QUIET_MS: u64 = 60_000;

/// The failures of all connections together.
#[derive(Default)]
pub(super) struct Failures {
    count: u32,
    last_ms: u64,
}

impl Failures {
    /// One more failed; gives how long its refusal is to wait, in milliseconds.
    pub(super) fn one_more(&mut self, now_ms: u64) -> u64 {
        if now_ms.saturating_sub(self.last_ms) >= QUIET_MS {
            self.count = 0;
        }
        self.last_ms = now_ms;
        self.count = self.count.saturating_add(1);
        match self.count.checked_sub(FREE + 1) {
            None => 0,
            Some(doublings) => DELAY_MS.saturating_mul(1 << doublings.min(20)).min(DELAY_MS_MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_get_slower_until_it_has_been_quiet() {
        let mut failures = Failures::default();
        let delays: Vec<u64> = (0..12).map(|_| failures.one_more(5)).collect();
        assert_eq!(delays, [0, 0, 0, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000]);
        assert_eq!(failures.one_more(5 + QUIET_MS - 1), DELAY_MS_MAX);
        assert_eq!(failures.one_more(5 + 2 * QUIET_MS), 0);
    }
}
