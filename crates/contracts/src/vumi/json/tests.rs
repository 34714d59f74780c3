//! Whatever the text, a reader of JSON gets it back, and the line has no line break.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(value: &str, golden: &str) {
    let mut out = Vec::new();
    text(&mut out, value);
    assert_eq!(std::str::from_utf8(&out).unwrap(), golden);
}

#[test]
fn texts_are_ascii() {
    check("", r#""""#);
    check("a \"b\" \\ c/d ~", r#""a \"b\" \\ c/d ~""#);
    check("\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}", r#""\b\f\n\r\t\u0000\u001f\u007f""#);
    check("Zürich ☂ 😀 \u{2028}\u{85}", r#""Z\u00fcrich \u2602 \ud83d\ude00 \u2028\u0085""#);
}

#[test]
fn foreign_json_becomes_ascii() {
    assert_eq!(ascii(r#"{"ä":"\n☂","b":1}"#), r#"{"\u00e4":"\n\u2602","b":1}"#);
    assert_eq!(ascii(r#"{"b":1}"#), r#"{"b":1}"#);
}

proptest! {
    #[test]
    fn every_text_survives(value in any::<String>()) {
        let mut out = Vec::new();
        text(&mut out, &value);
        prop_assert!(out.iter().all(|byte| matches!(byte, b' '..=b'~')));
        prop_assert_eq!(&serde_json::from_slice::<String>(&out).unwrap(), &value);
        let foreign = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<String>(&ascii(&foreign)).unwrap(), value);
    }
}
