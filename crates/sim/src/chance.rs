//! Where every choice of a world comes from: seeded sources, one for each part of the world, so that one part may do
//! less without another part choosing otherwise.

use domain::id::Stamp;
use domain::mint::Mint;

/// A part of the world with choices of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    Plan,
    Texts,
    Sends,
    Faults,
    World,
    Network,
    Applications,
}

pub(crate) struct Chance {
    mint: Mint,
}

impl Chance {
    pub(crate) const fn new(seed: u64, part: Part) -> Chance {
        let seed = seed.wrapping_add((part as u64) << 48);
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
