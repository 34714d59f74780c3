//! Which dates are read, and which are refused.

use super::*;

const FIVE_O_SIX: i64 = 1_795_323_972;

#[track_caller]
fn check(text: &str, seconds: Option<i64>) {
    assert_eq!(parse(text), seconds.map(|s| At(s * 1_000_000)), "{text}");
}

#[test]
fn the_forms_clients_write_are_read() {
    check("2026-11-22T05:06:12Z", Some(FIVE_O_SIX));
    check("2026-11-22T05:06:12z", Some(FIVE_O_SIX));
    check("2026-11-22t05:06:12+00:00", Some(FIVE_O_SIX));
    check("2026-11-22 05:06:12", Some(FIVE_O_SIX));
    check(" 2026-11-22 05:06:12 UTC ", Some(FIVE_O_SIX));
    check("2026-11-22 05:06:12 GMT", Some(FIVE_O_SIX));
    check("2026-11-22 07:06:12 +02:00", Some(FIVE_O_SIX));
    check("2026-11-22 07:06:12 +0200", Some(FIVE_O_SIX));
    check("2026-11-22T07:06:12+02", Some(FIVE_O_SIX));
    check("2026-11-21T23:36:12-05:30", Some(FIVE_O_SIX));
    check("2026-11-22 00:06:12 EST", Some(FIVE_O_SIX));
    check("2026-11-22 05:06", Some(FIVE_O_SIX - 12));
    check("2026-11-22 05:06Z", Some(FIVE_O_SIX - 12));
    check("2026-11-22", Some(FIVE_O_SIX - 5 * 3600 - 6 * 60 - 12));
    check("Sun, 22 Nov 2026 05:06:12 GMT", Some(FIVE_O_SIX));
    check("22 Nov 2026 07:06:12 +0200", Some(FIVE_O_SIX));
    check("1795323972", Some(FIVE_O_SIX));
    assert_eq!(parse("2026-11-22T05:06:12.250Z"), Some(At(FIVE_O_SIX * 1_000_000 + 250_000)));
}

#[test]
fn what_needs_a_clock_or_a_guess_is_refused() {
    for text in [
        "",
        "tomorrow",
        "in 2 hours",
        "11/22/2026 05:06",
        "22.11.2026",
        "5pm",
        "20261122",
        "1795323972000",
        "2026-13-01 00:00",
        "2026-02-30 00:00",
        "2026-11-22 25:00",
        "2026-11-22 05:06 +99:00",
        "2026-11-22 05:06 +02:75",
        "2026-11-22 05:06 CEST",
        "2026-11-22 05:06 MARS",
        "２０２６-11-22 05:06",
        "9999-99-99999999999999999999999999999999999999999999999999999999999999999",
    ] {
        check(text, None);
    }
}

#[test]
fn a_date_has_its_length_and_an_offset_its_minutes() {
    let padded = |bytes: usize| format!("{:width$}Z", "2026-11-22 05:06", width = bytes - 1);
    check(&padded(DATE_BYTES_MAX), Some(FIVE_O_SIX - 12));
    check(&padded(DATE_BYTES_MAX + 1), None);
    check("2026-11-22 11:05:12 +05:59", Some(FIVE_O_SIX));
    check("2026-11-22 11:06:12 +05:60", None);
    // The hyphens of the date are no sign, and a day alone has no zone to speak of.
    check("2026-11-22-05:00", None);
    check("2026-11-22+05:00", None);
}

#[test]
fn times_beyond_the_calendar_are_still_written() {
    assert_eq!(utc(At(i64::MAX)).year(), 9999);
    assert_eq!(utc(At(i64::MIN)).year(), -9999);
    assert_eq!(utc(At(-1)).to_string(), "1969-12-31T23:59:59");
}
