//! Chance as an argument: where fresh ids and random numbers of a decision come from.
//!
//! A [`Mint`] is plain state. The engine seeds it and carries it from decision to decision; a simulation seeds it
//! itself and gets the same ids again.

use crate::id::{CallbackId, MessageId, Stamp};
use crate::time::At;

/// Source of stamps and of chance for the decisions of one owner.
#[derive(Clone, Debug)]
pub struct Mint {
    last: u64,
    chance: u64,
}

impl Mint {
    /// `last` is the highest stamp given before (0 when none); `seed` is the chance.
    pub const fn new(last: Stamp, seed: u64) -> Mint {
        Mint { last: last.0, chance: seed }
    }

    /// The next random number (SplitMix64).
    pub const fn chance(&mut self) -> u64 {
        self.chance = self.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.chance;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A random number in `0..=bound`.
    pub const fn up_to(&mut self, bound: u64) -> u64 {
        if bound == u64::MAX { self.chance() } else { ((self.chance() as u128 * (bound as u128 + 1)) >> 64) as u64 }
    }

    /// A fresh stamp: not below `now`, always above the last one, also when the clock steps back.
    pub const fn stamp(&mut self, now: At) -> Stamp {
        let ms = if now.0 < 0 { 0 } else { now.ms() as u64 };
        let last = Stamp(self.last);
        let next = if ms > last.ms() {
            Stamp::new(ms, 0)
        } else if last.counter() < 0xfff {
            Stamp::new(last.ms(), last.counter() + 1)
        } else {
            Stamp::new(last.ms() + 1, 0)
        };
        self.last = next.0;
        next
    }

    /// A fresh message id.
    pub const fn message(&mut self, now: At) -> MessageId {
        let stamp = self.stamp(now);
        MessageId::new(stamp, self.chance())
    }

    /// A fresh callback id for a message.
    pub const fn callback(&mut self, message: MessageId) -> CallbackId {
        CallbackId::new(message.stamp, self.chance())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_grow_within_a_millisecond_and_when_the_clock_steps_back() {
        let mut mint = Mint::new(Stamp(0), 7);
        let mut last = Stamp(0);
        for i in 0..10_000 {
            let now = if i == 5000 { At::from_ms(1) } else { At::from_ms(1_795_000_000_000) };
            let stamp = mint.stamp(now);
            assert!(stamp > last);
            last = stamp;
        }
    }

    #[test]
    fn chance_stays_in_its_bound() {
        let mut mint = Mint::new(Stamp(0), 1);
        let mut seen = [false; 4];
        for _ in 0..200 {
            seen[mint.up_to(3) as usize] = true;
        }
        assert_eq!(seen, [true; 4]);
        assert_eq!(mint.up_to(0), 0);
    }
}
