//! How `Retry-After` is read and texts are cut; what is recorded is tested against a real server.

use super::*;

#[test]
fn retry_after_is_seconds_or_a_date() {
    let now = At::from_ms(784_111_777_000);
    let check = |value: &str, expected: Option<u64>| assert_eq!(retry_after_ms(value, now), expected, "{value}");
    check("0", Some(0));
    check(" 120 ", Some(120_000));
    check("86400", Some(RETRY_AFTER_MS_MAX));
    check("99999999999999999999999", Some(RETRY_AFTER_MS_MAX));
    check("Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000));
    check("Sunday, 06-Nov-94 08:49:47 GMT", Some(10_000));
    check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
    check("Sat, 06 Nov 2094 08:49:47 GMT", Some(RETRY_AFTER_MS_MAX));
    for nonsense in ["", "soon", "-1", "1.5", "+5", "1994-11-06"] {
        check(nonsense, None);
    }
}

#[test]
fn a_cut_text_has_whole_characters() {
    assert_eq!(cut("aüb", 2), "a");
    assert_eq!(cut("aüb", 3), "aü");
    assert_eq!(cut("aüb", 99), "aüb");
}
