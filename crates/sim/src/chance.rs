//! Where every choice of a world comes from: one seeded source.

use domain::id::Stamp;
use domain::mint::Mint;

pub(crate) struct Chance {
    mint: Mint,
}

impl Chance {
    pub(crate) const fn new(seed: u64) -> Chance {
        Chance { mint: Mint::new(Stamp(0), seed ^ 0x5eed_5eed_5eed_5eed) }
    }

    /// In `low..=high`.
    pub(crate) const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.mint.up_to(high - low)
    }

    pub(crate) const fn percent(&mut self, share: u64) -> bool {
        self.mint.up_to(99) < share
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.mint.up_to(from.len() as u64 - 1) as usize]
    }

    pub(crate) const fn number(&mut self) -> u64 {
        self.mint.chance()
    }
}
