//! Dates of the Service Layer: the one form we write and the many a client may write
//! (`docs/reference/service-layer.md §5`).
//!
//! No clock here: words that need one (`tomorrow`, `in 2 hours`) are refused.

use domain::time::At;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822;
use jiff::tz::Offset;

#[cfg(test)]
mod tests;

/// Longest date text that is looked at, in bytes.
const DATE_BYTES_MAX: usize = 64;

/// Zones by name: UTC's names and those of RFC 2822 §4.3, in hours from UTC.
const ZONES: [(&str, i8); 12] = [
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("Z", 0),
    ("EST", -5),
    ("EDT", -4),
    ("CST", -6),
    ("CDT", -5),
    ("MST", -7),
    ("MDT", -6),
    ("PST", -8),
    ("PDT", -7),
];

/// The civil time in UTC; times outside of the years ±9999 become the nearest one inside.
pub(super) fn utc(at: At) -> DateTime {
    let seconds = at.0.div_euclid(1_000_000).clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
    Offset::UTC.to_datetime(timestamp)
}

/// Reads a date: RFC 3339, `YYYY-MM-DD HH:MM[:SS][ zone]`, RFC 2822, or seconds since 1970 (9 to 11 digits). A zone is
/// `Z`, an offset or one of RFC 2822's names; without one it is UTC. None for anything else.
pub fn parse(text: &str) -> Option<At> {
    let text = text.trim();
    if text.len() > DATE_BYTES_MAX || !text.is_ascii() {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let is_likely = (9..=11).contains(&text.len());
        return text.parse::<i64>().ok().filter(|_| is_likely).map(|seconds| At(seconds * 1_000_000));
    }
    if text.as_bytes().first().is_some_and(u8::is_ascii_digit) && text.as_bytes().get(4) == Some(&b'-') {
        return parse_year_first(text);
    }
    let parsed = rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(At(parsed.as_microsecond()))
}

fn parse_year_first(text: &str) -> Option<At> {
    let (civil, offset) = split_zone(text)?;
    let civil: DateTime = civil.trim_end().parse().ok()?;
    let timestamp = offset.to_timestamp(civil).ok()?;
    Some(At(timestamp.as_microsecond()))
}

/// The date and time without its zone, and the zone. The sign of an offset stands behind the date's ten characters.
fn split_zone(text: &str) -> Option<(&str, Offset)> {
    let named = ZONES.iter().find_map(|(name, hours)| {
        let at = text.len().checked_sub(name.len())?;
        let (civil, zone) = text.split_at(at);
        let stands_alone = civil.ends_with(|c: char| c.is_ascii_digit() || c == ' ');
        (stands_alone && zone.eq_ignore_ascii_case(name)).then_some((civil, Offset::constant(*hours)))
    });
    if named.is_some() {
        return named;
    }
    let Some(sign_at) = text.rfind(['+', '-']).filter(|at| *at > 10) else {
        return Some((text, Offset::UTC));
    };
    let (civil, signed) = text.split_at(sign_at);
    let (sign, digits) = signed.split_at(1);
    let (hours, minutes) = match (digits.len(), digits.as_bytes().get(2)) {
        (5, Some(b':')) => (&digits[..2], &digits[3..]),
        (4, _) => digits.split_at(2),
        (2, _) => (digits, "0"),
        _ => return None,
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok().map(|offset| (civil, offset))
}
