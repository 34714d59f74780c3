//! How long to wait before the next connection: doubling, bounded, and jittered so that many links that lost one
//! operator do not come back in step.

/// Doublings after which the longest wait is reached whatever the shortest is.
const DOUBLINGS_MAX: u32 = 20;

/// The waits of one worker.
pub(super) struct Backoff {
    min_ms: u64,
    max_ms: u64,
    failures: u32,
    chance: u64,
}

impl Backoff {
    /// From `min_ms`, doubling up to `max_ms`; `seed` decides the jitter.
    pub(super) fn new(min_ms: u64, max_ms: u64, seed: u64) -> Backoff {
        Backoff { min_ms: min_ms.max(1), max_ms: max_ms.max(min_ms).max(1), failures: 0, chance: seed }
    }

    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure: between half of the doubled wait and all of it.
    pub(super) fn next_ms(&mut self) -> u64 {
        let full = self.min_ms.saturating_mul(1 << self.failures.min(DOUBLINGS_MAX)).min(self.max_ms);
        self.failures = self.failures.saturating_add(1);
        self.jittered(full)
    }

    /// A fixed wait, jittered in the same way.
    pub(super) fn jittered(&mut self, full_ms: u64) -> u64 {
        let half = full_ms / 2;
        full_ms - half + self.draw() % (half + 1)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    fn draw(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_differ_between_seeds() {
        let waits = |seed| {
            let mut backoff = Backoff::new(1000, 60_000, seed);
            (0..40).map(|_| backoff.next_ms()).collect::<Vec<_>>()
        };
        for seed in 0..50 {
            for (failures, wait) in waits(seed).into_iter().enumerate() {
                let full = (1000u64 << failures.min(20)).min(60_000);
                assert!((full / 2..=full).contains(&wait), "{failures}: {wait}");
            }
        }
        assert_ne!(waits(1), waits(2));
        assert_eq!(waits(1), waits(1));
    }

    #[test]
    fn a_reset_begins_again() {
        let mut backoff = Backoff::new(10, 1000, 7);
        for _ in 0..9 {
            backoff.next_ms();
        }
        backoff.reset();
        assert!(backoff.next_ms() <= 10);
    }
}
