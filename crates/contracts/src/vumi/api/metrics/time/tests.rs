//! Times and intervals that clients write.

use proptest::prelude::*;

use super::*;

const fn now() -> At {
    // 2015-01-24 10:15:25
    At(1_422_094_525_000_000)
}

#[test]
fn intervals() {
    let check = |text: &str, expected: Option<u64>| assert_eq!(interval_s(text), expected, "{text}");
    for (unit_s, names) in UNITS {
        for name in names {
            check(&format!("0{name}"), Some(0));
            check(&format!("1{name}"), Some(unit_s));
            check(&format!("012{name}"), Some(12 * unit_s));
        }
    }
    check("1hour", Some(3600));
    check("30d", Some(2_592_000));
    check("000000000000000000000000000s", Some(0));
    check("99999999999999999999999999y", Some(LAST_S.unsigned_abs()));
    for bad in ["", "s", "1", "three days", "-1h", "2fortnights", "1 h", "1H", "1hs", " 1h", "٣h"] {
        check(bad, None);
    }
}

#[test]
fn times() {
    let check = |text: &str, expected: Option<i64>| assert_eq!(at_s(text, now()), expected, "{text}");
    check("-0s", Some(1_422_094_525));
    check("now", Some(1_422_094_525));
    check("today", Some(1_422_094_525));
    check("-24h", Some(1_422_008_125));
    check("yesterday", Some(1_422_008_125));
    check("tomorrow", Some(1_422_180_925));
    check("-2w", Some(1_420_884_925));
    check("-30d", Some(1_419_502_525));
    check("-1000y", Some(0));
    check("20150201", Some(1_422_748_800));
    check("00:00_20150201", Some(1_422_748_800));
    check("23:59_20150201", Some(1_422_835_140));
    check("1422748800", Some(1_422_748_800));
    check("0", Some(0));
    check("19000101", Some(19_000_101));
    check("20150132", Some(20_150_132));
    check("20151301", Some(20_151_301));
    check("99991231", Some(LAST_S));
    check("99999999999999999999999", Some(LAST_S));
    for bad in [
        "",
        "-",
        "-0",
        "-12",
        "-12fortnights",
        "-20150101",
        "blahblah",
        "2015_02_01",
        "12:35 20150201",
        "12:3520150201",
        "12/31/99",
        "6pm today",
        "noon tomorrow",
        "january 1",
        "monday",
        "24:00_20150201",
        "1:00_20150201",
        "Now",
        "+1h",
        "1.5",
        "12:35_20150132",
    ] {
        check(bad, None);
    }
}

proptest! {
    #[test]
    fn any_text_is_a_time_or_none(text in any::<String>(), us in any::<i64>()) {
        let _ = interval_s(&text);
        if let Some(at_s) = at_s(&text, At(us)) {
            prop_assert!((FIRST_S..=LAST_S).contains(&at_s));
        }
    }

    #[test]
    fn any_interval_leads_to_a_time(count in any::<u128>(), unit in 0_usize..UNITS.len(), us in any::<i64>()) {
        let text = format!("-{count}{}", UNITS[unit].1[0]);
        let at_s = at_s(&text, At(us)).unwrap();
        prop_assert!((FIRST_S..=LAST_S).contains(&at_s));
    }
}
