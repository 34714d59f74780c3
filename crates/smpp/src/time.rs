//! Times of the wire (SMPP 3.4 §7.1.1), for `validity_period` and `schedule_delivery_time`.
//! The dates in receipts are free text of vendors in an unknown zone and stay text: see [`crate::receipt`].

use crate::latin1::Latin1;

/// Days the relative form gives to a month, and to a year. The spec leaves both open.
const MONTH_DAYS: u64 = 30;
const YEAR_DAYS: u64 = 365;
const DAY_S: u64 = 86_400;
/// The longest relative time two digits of years can say, 99 years.
const RELATIVE_S_MAX: u64 = 99 * YEAR_DAYS * DAY_S;

/// The relative form `YYMMDDhhmmss000R` of a span in milliseconds, rounded up to a second.
/// More than 99 years become 99 years.
pub fn relative(span_ms: u64) -> Latin1 {
    let total_s = span_ms.div_ceil(1000).min(RELATIVE_S_MAX);
    let days = total_s / DAY_S;
    let (years, rest) = (days / YEAR_DAYS, days % YEAR_DAYS);
    let (months, days) = (rest / MONTH_DAYS, rest % MONTH_DAYS);
    let text = format!(
        "{years:02}{months:02}{days:02}{:02}{:02}{:02}000R",
        total_s % DAY_S / 3600,
        total_s % 3600 / 60,
        total_s % 60
    );
    Latin1::from_bytes(text.as_bytes())
}

/// The span in milliseconds that a relative time says; nothing if it isn't one.
pub fn parse_relative(wire: &Latin1) -> Option<u64> {
    let bytes = wire.as_bytes();
    let (&kind, digits) = bytes.split_last()?;
    if kind != b'R' || digits.len() != 15 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |at: usize| u64::from(digits[at] - b'0') * 10 + u64::from(digits[at + 1] - b'0');
    let days = pair(0) * YEAR_DAYS + pair(2) * MONTH_DAYS + pair(4);
    Some((days * DAY_S + pair(6) * 3600 + pair(8) * 60 + pair(10)) * 1000)
}

/// The absolute form `YYMMDDhhmmsstnnp` in UTC of milliseconds since 1970.
pub fn absolute(unix_ms: u64) -> Latin1 {
    let (year, month, day) = civil_date(unix_ms / 1000 / DAY_S);
    let second = unix_ms / 1000 % DAY_S;
    let text = format!(
        "{:02}{month:02}{day:02}{:02}{:02}{:02}{}00+",
        year % 100,
        second / 3600,
        second % 3600 / 60,
        second % 60,
        unix_ms % 1000 / 100
    );
    Latin1::from_bytes(text.as_bytes())
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
/// Eras of 400 years that begin on the first of March make the leap day the last of its year.
fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times() {
        let check = |ms, wire: &str, back| {
            assert_eq!(relative(ms).to_text(), wire);
            assert_eq!(parse_relative(&relative(ms)), Some(back), "{wire}");
        };
        check(0, "000000000000000R", 0);
        check(1, "000000000001000R", 1000);
        check(300_000, "000000000500000R", 300_000);
        check(86_400_000, "000001000000000R", 86_400_000);
        check(7 * 86_400_000 + 3_661_000, "000007010101000R", 608_461_000);
        check(31 * 86_400_000, "000101000000000R", 31 * 86_400_000);
        check(365 * 86_400_000, "010000000000000R", 365 * 86_400_000);
        check(u64::MAX, "990000000000000R", RELATIVE_S_MAX * 1000);
    }

    #[test]
    fn what_is_not_relative_is_refused() {
        for wire in ["", "R", "240101120000000+", "00000000000000xR", "0000000000000000R"] {
            assert_eq!(parse_relative(&Latin1::from_bytes(wire.as_bytes())), None, "{wire}");
        }
    }

    #[test]
    fn absolute_times() {
        let check = |ms, wire: &str| assert_eq!(absolute(ms).to_text(), wire);
        check(0, "700101000000000+");
        check(1_709_164_799_900, "240228235959900+");
        check(1_709_164_800_000, "240229000000000+");
        check(1_735_689_599_000, "241231235959000+");
        check(4_107_542_400_000, "000301000000000+");
    }
}
