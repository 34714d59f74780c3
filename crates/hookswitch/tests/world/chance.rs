//! Chance of the tests: SplitMix64, so that a failing run can be told by its seed.

/// A sequence of numbers.
pub struct Chance(u64);

impl Chance {
    /// From the seed in the environment, or always the same; says which.
    pub fn of(variable: &str) -> Chance {
        let seed = std::env::var(variable).ok().and_then(|seed| seed.parse().ok()).unwrap_or(20261122);
        eprintln!("{variable}={seed}");
        Chance(seed)
    }

    /// The next number from 0 and below this one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
