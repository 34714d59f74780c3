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
    /// RFC 3339 in UTC with milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil(self.day());
        let ms = self.ms().rem_euclid(86_400_000);
        let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", ms % 1000)
    }
}

/// Year, month and day of a day since the epoch, in the proleptic Gregorian calendar: years are counted from March, so
/// that the leap day is the last of its year.
const fn civil(day: i32) -> (i64, i64, i64) {
    let z = day as i64 + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year, month, day_of_year - (153 * month_from_march + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_as_rfc_3339() {
        for (ms, shown) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_305_600_123, "2026-11-22T00:00:00.123Z"),
            (4_102_444_800_000, "2100-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(At::from_ms(ms).to_string(), shown);
        }
    }
}
