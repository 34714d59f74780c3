//! What answers are understood to ask for, the odd and the hostile ones among them.

use domain::directory::Contract;
use proptest::prelude::*;

use super::object::DEPTH_MAX;
use super::*;

fn understood(content_type: Option<&str>, body: &[u8]) -> Answer {
    understand(CallbackKind::IncomingMessage, content_type, body)
}

fn text(text: &str) -> Instruction {
    Instruction::Reply { text: text.into() }
}

fn reprocess(text: &str) -> Instruction {
    Instruction::Reprocess { text: text.into() }
}

/// The instructions, and how many complaints there are.
#[track_caller]
fn check(body: &str, instructions: &[Instruction], complaints: usize) {
    let answer = understood(Some("text/plain"), body.as_bytes());
    assert_eq!(answer.instructions, instructions, "{body:?}: {:?}", answer.complaints);
    assert_eq!(answer.complaints.len(), complaints, "{body:?}: {:?}", answer.complaints);
}

#[test]
fn nothing_asks_for_nothing() {
    for blank in ["", " ", "\r\n\r\n", "\t \n", "\u{feff}", "\u{a0}", "{}", " { } "] {
        check(blank, &[], 0);
    }
}

#[test]
fn plain_text_is_the_reply() {
    check("Sunny, 24°", &[text("Sunny, 24°")], 0);
    check("\nSunny\r\n", &[text("Sunny")], 0);
    check("  two  blanks  ", &[text("  two  blanks  ")], 0);
    check("line 1\r\nline 2\rline 3\n", &[text("line 1\nline 2\nline 3")], 0);
    check("a\u{0}b\u{7}c\td\u{85}", &[text("abc\td")], 1);
    check("\u{0}\u{1}", &[], 1);
    check("\"quoted\" words", &[text("\"quoted\" words")], 0);
    check("[ad] buy", &[text("[ad] buy")], 0);
    check("42", &[text("42")], 0);
    check("< 5 min", &[text("< 5 min")], 0);
}

#[test]
fn an_object_is_obeyed_in_the_order_of_effects() {
    check(
        r#"{"reprocess":"another keyword","close_session":true,"body":"Switching to another app"}"#,
        &[text("Switching to another app"), Instruction::CloseSession, reprocess("another keyword")],
        0,
    );
    check(r#" {"close_session": true} "#, &[Instruction::CloseSession], 0);
    check(r#"{"close_session": false, "body": null, "reprocess": null}"#, &[], 0);
    check(r#"{"body":""}"#, &[], 0);
    check("{\"body\":\"caf\\u00e9\\nau lait \\ud83d\\ude00\"}", &[text("café\nau lait 😀")], 0);
    check("\u{feff}{\"body\":\"x\"}", &[text("x")], 0);
    check(r#"{"body":"first","body":"last"}"#, &[text("last")], 0);
}

#[test]
fn oddities_are_complained_about() {
    check(r#"{"close_session":"true"}"#, &[Instruction::CloseSession], 1);
    check(r#"{"close_session":"Yes"}"#, &[Instruction::CloseSession], 1);
    check(r#"{"close_session":1}"#, &[Instruction::CloseSession], 1);
    check(r#"{"close_session":"no"}"#, &[], 1);
    check(r#"{"close_session":0}"#, &[], 1);
    check(r#"{"close_session":2}"#, &[], 1);
    check(r#"{"close_session":[]}"#, &[], 1);
    check(r#"{"body":42,"close_session":true}"#, &[Instruction::CloseSession], 1);
    check(r#"{"body":["a"],"reprocess":{}}"#, &[], 2);
    check(r#"{"body":"x","Body":"y","session":1}"#, &[text("x")], 2);
    check(r#"{"reprocess":"  "}"#, &[], 1);
    check("{\"body\":\"a\\u0000b\"}", &[text("ab")], 1);
    let many: String = (0..100).map(|i| format!("\"k{i}\":1,")).collect();
    check(&format!("{{{many}\"body\":\"x\"}}"), &[text("x")], COMPLAINTS_MAX);
}

#[test]
fn what_only_looks_like_json_is_text() {
    check(r#"{"text":"hi"}"#, &[text(r#"{"text":"hi"}"#)], 1);
    check(r#"{hello}"#, &[text("{hello}")], 1);
    check(r#"{"body":"x",}"#, &[text(r#"{"body":"x",}"#)], 1);
    check(r#"{"body":"x"} bye"#, &[text(r#"{"body":"x"} bye"#)], 1);
    check(r#"["body"]"#, &[text(r#"["body"]"#)], 1);
    check(r#""hello""#, &[text(r#""hello""#)], 1);
}

#[test]
fn deep_json_is_neither_parsed_nor_sent() {
    for (open, close) in [("[", "]"), ("{\"body\":", "}")] {
        for depth in [DEPTH_MAX + 1, 100_000] {
            check(&format!("{}1{}", open.repeat(depth), close.repeat(depth)), &[], 1);
            check(&open.repeat(depth), &[], 1);
        }
    }
    let brackets = "[".repeat(1000);
    check(&format!(r#"{{"body":"{brackets} \" {brackets}"}}"#), &[text(&format!("{brackets} \" {brackets}"))], 0);
}

#[test]
fn a_nesting_within_the_limit_is_read_however_many_brackets_there_are() {
    let deep = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
    check(&deep, &[text(&deep)], 1);
    let siblings = "[],".repeat(10 * DEPTH_MAX);
    check(&format!(r#"{{"body":"x","list":[{siblings}0]}}"#), &[text("x")], 1);
    check(&format!(r#"{{"body":"x","list":[{}0]}}"#, "{},".repeat(10 * DEPTH_MAX)), &[text("x")], 1);
}

#[test]
fn complaints_say_what_was_wrong_and_the_last_that_there_was_more() {
    let complaints = |body: &str| understood(None, body.as_bytes()).complaints;
    assert_eq!(complaints(r#"{"body":4}"#), ["body must be a string, a number was ignored"]);
    assert_eq!(complaints(r#"{"body":[]}"#), ["body must be a string, an array was ignored"]);
    assert_eq!(complaints(r#"{"close_session":0}"#), ["close_session must be a boolean; it was taken as false"]);
    assert_eq!(complaints(r#"{"close_session":2}"#), ["close_session must be a boolean and was ignored"]);
    assert_eq!(
        complaints("{\"na\\u001bme\\n\":0,\"body\":\"x\"}"),
        ["the member name is not known and was ignored"],
        "what a terminal would obey is not repeated"
    );
    let many: String = (0..COMPLAINTS_MAX).map(|i| format!("\"k{i:02}\":1,")).collect();
    let told = complaints(&format!("{{{many}\"body\":\"x\"}}"));
    assert_eq!(told.len(), COMPLAINTS_MAX);
    assert_eq!(told[COMPLAINTS_MAX - 2], "the member k14 is not known and was ignored");
    assert_eq!(told[COMPLAINTS_MAX - 1], "there was more to complain about");
}

#[test]
fn the_contract_of_the_application_says_how_its_answer_is_read() {
    let answer = crate::understand(Contract::ServiceLayer, CallbackKind::IncomingMessage, None, b"Sunny");
    assert_eq!(answer.instructions, [text("Sunny")]);
}

#[test]
fn pages_for_browsers_are_not_sent_to_phones() {
    let check = |content_type: &str, body: &str, sent: bool| {
        let answer = understood(Some(content_type), body.as_bytes());
        assert_eq!(answer.instructions.len(), usize::from(sent), "{content_type} {body}");
        assert_eq!(answer.complaints.is_empty(), sent, "{content_type} {body}");
    };
    check("text/plain", "<!DOCTYPE html><p>x", false);
    check("application/json", "\n <HTML lang=en>", false);
    check("text/html; charset=utf-8", "<br />\n<b>Fatal error</b>: x", false);
    check("text/html", "<\u{1}\u{0}!doctype HTML><p>x", false);
    check("text/plain", "\u{7} <html>x", false);
    check("TEXT/HTML", "<?php echo 1", false);
    check("application/xhtml+xml", "<?xml version='1.0'?><html/>", false);
    // Many servers declare text/html unless told otherwise.
    check("text/html; charset=utf-8", "Sunny, 24°", true);
    check("text/html", r#"{"body":"Sunny"}"#, true);
    check("text/html", "<3 you", true);
    check("text/plain", "<b>bold</b> words", true);
}

#[test]
fn bytes_that_are_no_utf8_are_decoded_as_declared() {
    let declared = understood(Some("text/plain; charset=iso-8859-1"), b"caf\xe9");
    assert_eq!(declared, Answer { instructions: vec![text("café")], complaints: vec![] });
    let undeclared = understood(None, b"caf\xe9");
    assert_eq!(undeclared.instructions, [text("caf\u{fffd}")]);
    assert_eq!(undeclared.complaints.len(), 1);
}

#[test]
fn a_reply_beyond_the_limit_is_dropped() {
    let fits = "ü".repeat(REPLY_CHARS_MAX);
    check(&fits, &[text(&fits)], 0);
    check(&"ü".repeat(REPLY_CHARS_MAX + 1), &[], 1);
    let long = "x".repeat(REPLY_CHARS_MAX + 1);
    check(
        &format!(r#"{{"body":"{long}","close_session":true,"reprocess":"{long}"}}"#),
        &[Instruction::CloseSession],
        2,
    );
}

#[test]
fn only_incoming_messages_are_answered() {
    for kind in CallbackKind::ALL {
        let answer = understand(kind, None, b"tag one, tag two");
        assert_eq!(answer.instructions.len(), usize::from(kind == CallbackKind::IncomingMessage), "{kind:?}");
        assert_eq!(answer.complaints.len(), 0, "{kind:?}");
    }
}

/// Bodies that come near to being answers.
fn near_json() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        "\\",
        "body",
        "\"body\"",
        "\"close_session\"",
        "\"reprocess\"",
        "true",
        "null",
        "1e999",
        "\\ud800",
        "\u{0}",
        "<html",
        "\r\n",
        "é",
        " ",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn any_answer_is_understood_within_bounds(
        body in prop_oneof![near_json(), prop::collection::vec(any::<u8>(), 0..300)],
        content_type in prop::option::of(prop_oneof![
            Just("text/html".to_owned()), Just("text/plain; charset=latin1".to_owned()), any::<String>(),
        ]),
    ) {
        let answer = understood(content_type.as_deref(), &body);
        prop_assert!(answer.complaints.len() <= COMPLAINTS_MAX);
        for instruction in &answer.instructions {
            if let Instruction::Reply { text } | Instruction::Reprocess { text } = instruction {
                prop_assert!(!text.trim().is_empty());
                prop_assert!(text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
                prop_assert!(text.chars().count() <= REPLY_CHARS_MAX);
            }
        }
    }
}
