//! Points in time and the arithmetic on them. Clocks are elsewhere: a time is always an argument.

use std::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At(pub i64);

impl At {
    /// The far end of time, used for "never".
    pub const NEVER: At = At(i64::MAX);

    /// From whole milliseconds since the epoch; saturates.
    pub const fn from_ms(ms: i64) -> At {
        At(ms.saturating_mul(1000))
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub const fn ms(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Later by `ms` milliseconds; saturates.
    #[must_use]
    pub const fn plus_ms(self, ms: u64) -> At {
        let us = if ms > (i64::MAX / 1000) as u64 { i64::MAX } else { (ms * 1000) as i64 };
        At(self.0.saturating_add(us))
    }

    /// Milliseconds from `earlier` to `self`, 0 when `earlier` is later.
    pub const fn ms_since(self, earlier: At) -> u64 {
        let us = self.0.saturating_sub(earlier.0);
        if us <= 0 { 0 } else { (us / 1000) as u64 }
    }

    /// Days since 1970-01-01 in UTC: the key of daily storage.
    pub const fn day(self) -> i32 {
        self.0.div_euclid(86_400_000_000) as i32
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}us", self.0)
    }
}
