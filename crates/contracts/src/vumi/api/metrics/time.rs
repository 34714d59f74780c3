//! The words of metric queries for times and intervals (`docs/reference/vumi.md §9`). Seconds throughout, as in the
//! queries.

use domain::time::At;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

#[cfg(test)]
mod tests;

/// The first second a query may name.
const FIRST_S: i64 = 0;
/// The last second a query may name: the end of the year 9998.
const LAST_S: i64 = 253_370_764_799;
const DAY_S: u64 = 86_400;

/// Units with all their names.
const UNITS: [(u64, &[&str]); 7] = [
    (1, &["s", "second", "seconds"]),
    (60, &["min", "mins", "minute", "minutes"]),
    (3600, &["h", "hour", "hours"]),
    (DAY_S, &["d", "day", "days"]),
    (7 * DAY_S, &["w", "week", "weeks"]),
    (30 * DAY_S, &["mon", "month", "months"]),
    (365 * DAY_S, &["y", "year", "years"]),
];

/// Reads `<count><unit>`, in seconds; very long ones become [`LAST_S`].
pub(super) fn interval_s(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = text.split_at(digits);
    let (unit_s, _) = UNITS.iter().find(|(_, names)| names.contains(&unit))?;
    let is_zero = count.bytes().all(|byte| byte == b'0');
    let longest = LAST_S.unsigned_abs();
    // What is too long to be a number is longer than any time.
    let count: u64 = if is_zero { 0 } else { count.parse().unwrap_or(longest) };
    (digits > 0).then(|| count.saturating_mul(*unit_s).min(longest))
}

/// Reads a time: `-<count><unit>` before now, `now`, `today`, `yesterday`, `tomorrow`, `YYYYMMDD`, `HH:MM_YYYYMMDD`,
/// or seconds since 1970. In seconds since 1970, brought into the range that a query may name.
pub(super) fn at_s(text: &str, now: At) -> Option<i64> {
    let now_s = now.0.div_euclid(1_000_000);
    let day_s = DAY_S.cast_signed();
    let at_s = match text {
        "now" | "today" => now_s,
        "yesterday" => now_s.saturating_sub(day_s),
        "tomorrow" => now_s.saturating_add(day_s),
        _ => match text.strip_prefix('-') {
            Some(interval) => now_s.saturating_sub_unsigned(interval_s(interval)?),
            None => absolute_s(text)?,
        },
    };
    Some(at_s.clamp(FIRST_S, LAST_S))
}

fn absolute_s(text: &str) -> Option<i64> {
    if let Some((time, date)) = text.split_once('_') {
        let (hour, minute) = time.split_once(':')?;
        let time = Time::new(two_digits(hour)?, two_digits(minute)?, 0, 0).ok()?;
        return seconds(day(date)?, time);
    }
    if let Some(date) = day(text) {
        return seconds(date, Time::midnight());
    }
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(LAST_S))
}

/// `YYYYMMDD` after the year 1900; other eight digits are seconds.
fn day(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: i16 = text[..4].parse().ok()?;
    let date = Date::new(year, two_digits(&text[4..6])?, two_digits(&text[6..])?).ok()?;
    (year > 1900).then_some(date)
}

fn two_digits(text: &str) -> Option<i8> {
    (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn seconds(date: Date, time: Time) -> Option<i64> {
    // The last days of the year 9999 lie outside of what a timestamp can hold.
    Some(Offset::UTC.to_timestamp(date.to_datetime(time)).map_or(LAST_S, jiff::Timestamp::as_second))
}
