//! Times as Vumi writes them: UTC, six decimals, a blank in the middle and no zone (`docs/reference/vumi.md §2`).

use domain::time::At;
use jiff::Timestamp;
use jiff::tz::Offset;

/// `2026-11-22 03:20:57.118275`; times outside of the years ±9999 become the nearest one inside.
pub(super) fn shown(at: At) -> String {
    let seconds = at.0.div_euclid(1_000_000).clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    let utc = Offset::UTC.to_datetime(timestamp);
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        utc.year(),
        utc.month(),
        utc.day(),
        utc.hour(),
        utc.minute(),
        utc.second(),
        at.0.rem_euclid(1_000_000)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_always_have_six_decimals() {
        let check = |us, golden| assert_eq!(shown(At(us)), golden);
        check(1_795_317_657_118_275, "2026-11-22 03:20:57.118275");
        check(1_795_317_657_000_000, "2026-11-22 03:20:57.000000");
        check(0, "1970-01-01 00:00:00.000000");
        check(-1, "1969-12-31 23:59:59.999999");
        assert_eq!(&shown(At(i64::MAX))[..10], "9999-12-30");
    }
}
