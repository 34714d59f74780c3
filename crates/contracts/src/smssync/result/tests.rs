//! Every spelling of results, and their golden bytes.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn statuses(body: &str) -> Vec<(String, Option<ReportStatus>)> {
    let mut complaints = Vec::new();
    let results = read(body, &mut complaints).unwrap_or_else(|| panic!("{body}"));
    assert_eq!(complaints, Vec::<String>::new(), "{body}");
    results.into_iter().map(|result| (result.uuid, result.status)).collect()
}

#[test]
fn every_spelling_of_the_body_is_read() {
    let item = r#"{"uuid":"a-1","sent_result_code":-1,"sent_result_message":"SMS sent","delivered_result_code":-1,"delivered_result_message":"SMS delivered"}"#;
    let escaped = item.replace('"', "\\\"");
    for body in [
        format!(r#"{{"message_result":"[{escaped}]"}}"#),
        format!(r#"{{"message_result":[{item}]}}"#),
        format!(r#"{{ "message_result" : " [ {escaped} ] " }}"#),
        format!(r#"{{"message_result":{item}}}"#),
        format!(r#"{{"message_result":"{escaped}"}}"#),
        format!(r#"{{"message_results":[{item}]}}"#),
        format!("[{item}]"),
        format!(r#""[{escaped}]""#),
    ] {
        assert_eq!(statuses(&body), [("a-1".to_owned(), Some(ReportStatus::Delivered))], "{body}");
    }
    for empty in [
        r#"{"message_result":"[]"}"#,
        r#"{"message_result":[]}"#,
        r#"{"message_result":""}"#,
        "{}",
        "[]",
        r#"{"message_result":null}"#,
    ] {
        assert_eq!(statuses(empty), []);
    }
    for bad in ["", "x", "1", r#"{"message_result":"x"}"#, r#"{"message_result":1}"#, r#"{"message_result":"1"}"#] {
        assert_eq!(read(bad, &mut Vec::new()), None, "{bad}");
    }
}

#[test]
fn codes_and_words_are_judged_together() {
    let check = |sent: &str, delivered: &str, status: Option<ReportStatus>| {
        let member = |step: &str, given: &str| match given.split_once(' ') {
            Some((code, words)) => format!(r#","{step}_result_code":{code},"{step}_result_message":"{words}""#),
            None if given.is_empty() => String::new(),
            None => format!(r#","{step}_result_code":{given}"#),
        };
        let body = format!(r#"[{{"uuid":"u"{}{}}}]"#, member("sent", sent), member("delivered", delivered));
        assert_eq!(statuses(&body), [("u".to_owned(), status)], "{body}");
    };
    use ReportStatus::{Delivered, Failed, Pending};
    // Devices, version 2.
    check("-1 SMS sent", "-1 SMS delivered", Some(Delivered));
    check("-1 SMS gesendet", "-1 SMS zugestellt", Some(Delivered));
    check("-1 SMS sent", "0 SMS not delivered", Some(Failed));
    check("-1 SMS gesendet", "0 SMS nicht zugestellt", Some(Failed));
    check("-1 SMS sent", "-2", Some(Pending));
    check("-1 SMS sent", "", Some(Pending));
    check("1 generic failure", "-2", Some(Failed));
    check("2", "0", Some(Failed));
    check("4 no service", "", Some(Failed));
    check("-2", "-2", None);
    // Version 3 leaves codes at zero.
    check("0", "0", None);
    check("0 Message sent", "0", Some(Pending));
    check("0 Message failed", "0", Some(Failed));
    check("0 No service", "0", Some(Failed));
    check("0", "-1", Some(Delivered));
    // As documented.
    check("0 SMSSync Message Sent", "0 SMS Delivered", Some(Delivered));
    check("0 SMSSync Message Sent", "0 SMS not delivered", Some(Failed));
    // Codes as texts, and nonsense.
    check("\"-1\"", "\"-1\"", Some(Delivered));
    check("true", "[]", None);
    check("99999999999999999999", "7", None);
    check("", "", None);
}

#[test]
fn the_devices_words_are_kept_for_people() {
    let body = r#"[{"uuid":" u ","sent_result_code":0,"sent_result_message":"Sent","sent_timestamp":"Jan 2, 2017 3:04:05 PM","delivered_result_code":-1}]"#;
    let results = read(body, &mut Vec::new()).unwrap();
    assert_eq!(results[0].detail, "sent: 0, Sent, Jan 2, 2017 3:04:05 PM; delivered: -1");
    assert_eq!(results[0].uuid, "u");
}

#[test]
fn what_is_no_result_is_left_out_and_said() {
    let mut complaints = Vec::new();
    let long = "u".repeat(UUID_BYTES_MAX + 1);
    let body = format!(r#"[1,{{}},{{"uuid":""}},{{"uuid":"{long}"}},{{"uuid":7,"delivered_result_code":-1}}]"#);
    let results = read(&body, &mut complaints).unwrap();
    assert_eq!(results.iter().map(|result| result.uuid.as_str()).collect::<Vec<_>>(), ["7"]);
    assert_eq!(complaints.len(), 4);
    let many = format!("[{}]", vec![r#"{"uuid":"u"}"#; ENTRIES_MAX + 1].join(","));
    complaints.clear();
    assert_eq!(read(&many, &mut complaints).unwrap().len(), ENTRIES_MAX);
    assert_eq!(complaints, ["1001 results came, the first 1000 were read"]);
}

#[test]
fn results_are_written_as_devices_send_them() {
    assert_eq!(
        String::from_utf8(write([("a-1", Outcome::Delivered), ("a-2", Outcome::NotSent)], Codes::Device)).unwrap(),
        concat!(
            r#"{"message_result":"[{\"uuid\":\"a-1\",\"sent_result_code\":-1,\"sent_result_message\":\"SMS sent\","#,
            r#"\"delivered_result_code\":-1,\"delivered_result_message\":\"SMS delivered\"},"#,
            r#"{\"uuid\":\"a-2\",\"sent_result_code\":1,\"sent_result_message\":\"SMS not sent\","#,
            r#"\"delivered_result_code\":-2,\"delivered_result_message\":\"\"}]"}"#,
        )
    );
    assert_eq!(
        String::from_utf8(write([("a", Outcome::Delivered)], Codes::Documented)).unwrap(),
        concat!(
            r#"{"message_result":"[{\"uuid\":\"a\",\"sent_result_code\":0,\"sent_result_message\":\"SMSSync Message Sent\","#,
            r#"\"delivered_result_code\":0,\"delivered_result_message\":\"SMS Delivered\"}]"}"#,
        )
    );
    assert_eq!(write([], Codes::Device), br#"{"message_result":"[]"}"#);
}

#[test]
fn what_we_write_we_read_as_the_same() {
    for (outcome, status) in [
        (Outcome::Sent, Some(ReportStatus::Pending)),
        (Outcome::Delivered, Some(ReportStatus::Delivered)),
        (Outcome::NotDelivered, Some(ReportStatus::Failed)),
        (Outcome::NotSent, Some(ReportStatus::Failed)),
    ] {
        let body = String::from_utf8(write([("u", outcome)], Codes::Device)).unwrap();
        assert_eq!(statuses(&body), [("u".to_owned(), status)], "{outcome:?}");
    }
}

#[test]
fn an_outcome_is_told_when_no_more_is_expected() {
    let check = |state, reports, outcome| assert_eq!(Outcome::of(state, reports), outcome, "{state:?} {reports}");
    check(MessageState::Queued, false, None);
    check(MessageState::InDoubt, false, None);
    check(MessageState::Submitted, true, None);
    check(MessageState::Submitted, false, Some(Outcome::Sent));
    check(MessageState::Delivered, true, Some(Outcome::Delivered));
    check(MessageState::Undelivered, true, Some(Outcome::NotDelivered));
    for state in [MessageState::Expired, MessageState::Rejected, MessageState::Cancelled] {
        check(state, true, Some(Outcome::NotSent));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), uuid in "[!-~]{1,128}") {
        let _ = read(&text, &mut Vec::new());
        let _ = read(&serde_json::json!({"message_result": text, "uuid": text}).to_string(), &mut Vec::new());
        let body = String::from_utf8(write([(uuid.as_str(), Outcome::Delivered)], Codes::Device)).unwrap();
        prop_assert_eq!(statuses(&body), [(uuid, Some(ReportStatus::Delivered))]);
    }
}
