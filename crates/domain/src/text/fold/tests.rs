//! Keywords match whatever the case, the spacing and the punctuation.

use proptest::prelude::*;

use super::*;

#[test]
fn folding_makes_spellings_equal() {
    let check = |text: &str, expected: &str| assert_eq!(folded(text), expected, "{text:?}");
    check("  Weather \t\r\n London ", "weather london");
    check("STRASSE", "strasse");
    check("Straße", "strasse");
    check("STRAẞE", "strasse");
    check("BİLGİ", "bilgi");
    check("BILGI", "bilgi");
    check("bılgı", "bilgi");
    check("BI\u{307}LGI\u{307}", "bilgi");
    check("ΟΔΟΣ", "οδοσ");
    check("οδος", "οδοσ");
    check("ПОГОДА", "погода");
    check("ÉTÉ", "été");
    check("\u{a0}stop\u{2003}", "stop");
    check("e\u{307}", "e\u{307}");
    check(" ", "");
}

#[test]
fn exact_means_nothing_but_the_keyword() {
    let check = |text: &str, keyword: &str, expected: bool| {
        assert_eq!(exact(&folded(text), &folded(keyword)), expected, "{text:?} {keyword:?}");
    };
    check("STOP", "stop", true);
    check(" Stop. ", "stop", true);
    check("“stop”!", "stop", true);
    check("¿ayuda?", "ayuda", true);
    check("stop all", "stop", false);
    check("stopp", "stop", false);
    check("#1", "#1", true);
    check("#1", "1", false);
    check("1.", "1", true);
    check("?", "?", true);
    check("👍", "👍", true);
    check("opt-out", "opt-out", true);
    check("", "", false);
    check("...", "", false);
    check("stop", "", false);
}

#[test]
fn the_first_word_ends_where_a_reader_sees_it_end() {
    let check = |text: &str, keyword: &str, expected: bool| {
        assert_eq!(starts_with_word(&folded(text), &folded(keyword)), expected, "{text:?} {keyword:?}");
    };
    check("weather", "weather", true);
    check("Weather London", "weather", true);
    check("weather, London", "weather", true);
    check("weather\nLondon", "weather", true);
    check("weather😀", "weather", true);
    check("weatherman", "weather", false);
    check("weather2", "weather", false);
    check("weatherж", "weather", false);
    check("weat", "weather", false);
    check("\"Weather\" london", "weather", true);
    check("the weather", "weather", false);
    check("news  sport today", "News Sport", true);
    check("cafe\u{301} now", "cafe", false);
    check("क्या", "क", false);
    check("क है", "क", true);
    check("نعم، شكرا", "نعم", true);
    check("*100# now", "*100#", true);
    check("#weather", "weather", false);
    check("weather", "", false);
    check("", "", false);
}

proptest! {
    #[test]
    fn folding_twice_is_folding_once(text in any::<String>()) {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once);
    }

    #[test]
    fn an_exact_match_is_a_match_at_the_start(text in "[ .!?a-cß]{0,6}", keyword in "[a-cß]{1,4}") {
        let (text, keyword) = (folded(&text), folded(&keyword));
        prop_assert!(!exact(&text, &keyword) || starts_with_word(&text, &keyword));
    }
}
