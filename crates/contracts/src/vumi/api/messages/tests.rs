//! Bodies that are sends, bodies that are replies, and the bytes of every refusal.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const MO: &str = "01a1ee565e7b70008000004000000000";

fn payload(body: &Value) -> Payload {
    Payload::read(body.to_string().as_bytes()).unwrap()
}

fn send(body: &Value, chars_max: Option<usize>) -> Result<PlainSend, BadMessage> {
    payload(body).into_send(chars_max)
}

fn plain(to: &str, content: Option<&str>) -> PlainSend {
    PlainSend {
        to: Address::parse(to).unwrap(),
        content: content.map(str::to_owned),
        session_event: None,
        helper_metadata: None,
    }
}

/// Status, phrase and body of a refusal.
#[track_caller]
fn check_refused(bad: &BadMessage, phrase: &str, body: &str) {
    let response = bad.response();
    assert_eq!(std::str::from_utf8(&response.body).unwrap(), body);
    assert_eq!((response.status, response.phrase), (400, phrase));
    assert_eq!(response.content_type, "application/json; charset=utf-8");
    assert!(!response.phrase.contains(['\r', '\n']) && response.phrase.is_ascii());
}

#[test]
fn a_plain_send() {
    assert_eq!(send(&json!({"to_addr": "+2345", "content": "foo"}), None), Ok(plain("+2345", Some("foo"))));
    assert_eq!(send(&json!({"to_addr": "+2345"}), Some(0)), Ok(plain("+2345", None)));
    assert_eq!(send(&json!({"to_addr": "+2345", "content": null}), Some(1)), Ok(plain("+2345", None)));
    let ignored = json!({
        "to_addr": "+2345", "content": "2015-01-02 03:04:05", "message_id": "evil_id", "from_addr": 5, "group": {},
        "transport_name": [], "in_reply_to": null, "session_event": null, "helper_metadata": null, "to_addr_type": 7,
    });
    assert_eq!(send(&ignored, None), Ok(plain("+2345", Some("2015-01-02 03:04:05"))));
}

#[test]
fn a_plain_send_with_session_and_metadata() {
    for event in SessionEvent::ALL {
        let sent = send(&json!({"to_addr": "1", "session_event": event.name()}), None).unwrap();
        assert_eq!(sent.session_event, Some(event));
    }
    let metadata =
        |given: Value| send(&json!({"to_addr": "1", "helper_metadata": given}), None).unwrap().helper_metadata;
    assert_eq!(metadata(json!({})), None);
    assert_eq!(metadata(json!({"go": {"user_account": "somebody else"}})), None);
    assert_eq!(metadata(json!({"voice": null})).unwrap(), r#"{"voice":null}"#);
    assert_eq!(
        metadata(json!({"go": 1, "voice": {"speech_url": "http://é/"}})).unwrap(),
        r#"{"voice":{"speech_url":"http://\u00e9/"}}"#
    );
}

#[test]
fn a_reply() {
    let reply = |body: Value| payload(&body).into_reply(None);
    let said = |closes_session| Reply { content: Some("foo".into()), closes_session, helper_metadata: None };
    assert_eq!(reply(json!({"content": "foo", "in_reply_to": MO})), Ok(said(false)));
    assert_eq!(reply(json!({"content": "foo", "session_event": "close", "to_addr": 5})), Ok(said(true)));
    for event in [json!("new"), json!("resume"), Value::Null] {
        assert_eq!(reply(json!({"content": "foo", "session_event": event})), Ok(said(false)));
    }
    let balanced = reply(json!({"helper_metadata": {"load_balancer": {"tag": ["pool", "x"]}}})).unwrap();
    assert_eq!(balanced.helper_metadata.unwrap(), r#"{"load_balancer":{"tag":["pool","x"]}}"#);
    assert_eq!(balanced.content, None);
}

#[test]
fn what_is_asked_hangs_on_the_truth_of_in_reply_to() {
    let check = |in_reply_to: Value, expected: Result<Asks<'_>, BadMessage>| {
        let body = payload(&json!({"in_reply_to": in_reply_to, "to_addr": "+1", "to_addr_type": "gtalk_id"}));
        assert_eq!(body.asks(), expected, "{in_reply_to}");
    };
    let send = Asks::Send(Some(Recipient { address_type: "gtalk_id", address: "+1" }));
    for nothing in [json!(null), json!(""), json!(0), json!(0.0), json!(false), json!([]), json!({})] {
        check(nothing, Ok(send));
    }
    check(json!(MO), Ok(Asks::Reply(MessageId::parse(MO).unwrap())));
    for wrong in [json!("x"), json!(1), json!(true), json!([MO]), json!({"a": 1}), json!(format!("{MO}0"))] {
        check(wrong, Err(BadMessage::UnknownReply));
    }
}

#[test]
fn the_recipient_is_looked_up_before_anything_is_checked() {
    let recipient = |body: Value| match payload(&body).asks() {
        Ok(Asks::Send(recipient)) => recipient.map(|r| (r.address_type.to_owned(), r.address.to_owned())),
        other => panic!("{other:?}"),
    };
    assert_eq!(recipient(json!({"to_addr": "+1", "content": 5})), Some(("msisdn".into(), "+1".into())));
    assert_eq!(recipient(json!({"to_addr": "", "to_addr_type": null})), Some(("msisdn".into(), String::new())));
    assert_eq!(recipient(json!({"to_addr": "a", "to_addr_type": 1})), Some(("msisdn".into(), "a".into())));
    for none in [json!({}), json!({"to_addr": null}), json!({"to_addr": 5}), json!({"to_addr": ["+1"]})] {
        assert_eq!(recipient(none), None);
    }
}

#[test]
fn bodies_that_are_no_object_are_refused() {
    for body in [
        "",
        " ",
        "{",
        "nul",
        "null",
        "5",
        "\"x\"",
        "[]",
        "[{}]",
        "{}x",
        "{\"to_addr\":NaN}",
        "{'to_addr':'1'}",
        "{\"to_addr\":1e999}",
        "\u{feff}{}",
        "{\"to_addr\":\"\\ud800\"}",
    ] {
        assert_eq!(Payload::read(body.as_bytes()), Err(BadMessage::Unreadable), "{body}");
    }
    assert_eq!(Payload::read(b"{\"content\":\"\xff\"}"), Err(BadMessage::Unreadable));
    assert_eq!(Payload::read("[".repeat(100_000).as_bytes()), Err(BadMessage::Unreadable));
    assert_eq!(Payload::read("{\"a\":".repeat(100_000).as_bytes()), Err(BadMessage::Unreadable));
    check_refused(&BadMessage::Unreadable, "Invalid Message", r#"{"success":false,"reason":"Invalid Message"}"#);
}

#[test]
fn wrong_members_are_named_in_the_order_of_the_alphabet() {
    let check = |body: Value, keys: &[Key]| {
        let faults = keys.iter().map(|key| Fault::Member(*key)).collect();
        assert_eq!(send(&body, None), Err(BadMessage::Faults(faults)), "{body}");
    };
    check(json!({}), &[Key::ToAddr]);
    check(json!({"to_addr": null, "content": "a"}), &[Key::ToAddr]);
    check(json!({"to_addr": "", "content": "a"}), &[Key::ToAddr]);
    check(json!({"to_addr": "1\n2"}), &[Key::ToAddr]);
    check(json!({"to_addr": "1".repeat(65)}), &[Key::ToAddr]);
    check(json!({"to_addr": 1234, "content": 0xBAD}), &[Key::Content, Key::ToAddr]);
    for content in [json!(true), json!(1.5), json!([]), json!({})] {
        check(json!({"to_addr": "1", "content": content}), &[Key::Content]);
    }
    for event in [json!("sparrow"), json!(""), json!("Close"), json!(1), json!(["close"]), json!({})] {
        check(json!({"to_addr": "1", "session_event": event}), &[Key::SessionEvent]);
    }
    for metadata in [json!("x"), json!([]), json!(1), json!(false)] {
        check(json!({"to_addr": "1", "helper_metadata": metadata}), &[Key::HelperMetadata]);
    }
    check(
        json!({"to_addr": "1", "helper_metadata": {"x": "y".repeat(HELPER_METADATA_BYTES_MAX)}}),
        &[Key::HelperMetadata],
    );
    check(json!({"to_addr": "1", "helper_metadata": {"voice": "x"}}), &[Key::Voice]);
    check(
        json!({"content": 1, "session_event": 2, "helper_metadata": 3, "to_addr": 4}),
        &[Key::Content, Key::HelperMetadata, Key::SessionEvent, Key::ToAddr],
    );
    let reply = payload(&json!({"in_reply_to": MO, "content": 1, "session_event": "x", "to_addr": 1})).into_reply(None);
    let faults = vec![Fault::Member(Key::Content), Fault::Member(Key::SessionEvent)];
    assert_eq!(reply, Err(BadMessage::Faults(faults)));
}

#[test]
fn characters_are_counted_and_the_limit_itself_is_allowed() {
    let body = |content: &str| json!({"to_addr": "1", "content": content});
    assert!(send(&body("five!"), Some(5)).is_ok());
    assert!(send(&body("äöü☂😀"), Some(5)).is_ok());
    assert!(send(&body(""), Some(0)).is_ok());
    let long = |length, max| Err(BadMessage::Faults(vec![Fault::TooLong { length, max }]));
    assert_eq!(send(&body("sixsix"), Some(5)), long(6, 5));
    assert_eq!(send(&body("äöü☂😀x"), Some(5)), long(6, 5));
    assert_eq!(send(&body(&"x".repeat(TEXT_BYTES_MAX + 1)), None), long(TEXT_BYTES_MAX + 1, TEXT_BYTES_MAX));
    assert!(send(&body(&"x".repeat(TEXT_BYTES_MAX)), None).is_ok());
    let reply = payload(&json!({"content": "This message is longer than 10 characters."})).into_reply(Some(10));
    check_refused(
        &reply.unwrap_err(),
        "Bad Request",
        r#"{"success":false,"reason":"Payload content too long: 42 > 10"}"#,
    );
}

#[test]
fn every_refusal_has_its_bytes() {
    for key in [Key::Content, Key::HelperMetadata, Key::SessionEvent, Key::ToAddr, Key::Voice] {
        let sentence = key.sentence();
        let body = format!(r#"{{"success":false,"reason":"{sentence}"}}"#);
        check_refused(&BadMessage::Faults(vec![Fault::Member(key)]), sentence, &body);
    }
    check_refused(
        &send(&json!({"to_addr": 1, "content": 2}), None).unwrap_err(),
        "Bad Request",
        r#"{"success":false,"reason":"Errors:\n* Invalid or missing value for payload key 'content'\n* Invalid or missing value for payload key 'to_addr'"}"#,
    );
    check_refused(
        &send(&json!({"to_addr": 1, "content": "abc"}), Some(2)).unwrap_err(),
        "Bad Request",
        r#"{"success":false,"reason":"Errors:\n* Invalid or missing value for payload key 'to_addr'\n* Payload content too long: 3 > 2"}"#,
    );
    check_refused(
        &BadMessage::UnknownReply,
        "Invalid in_reply_to value",
        r#"{"success":false,"reason":"Invalid in_reply_to value"}"#,
    );
    check_refused(
        &Recipient { address_type: "msisdn", address: "+41791234567" }.opted_out(),
        "Bad Request",
        r#"{"success":false,"reason":"Recipient with msisdn +41791234567 has opted out"}"#,
    );
    check_refused(
        &Recipient { address_type: "gtalk_id", address: "zoë\r\nSet-Cookie: x" }.opted_out(),
        "Bad Request",
        r#"{"success":false,"reason":"Recipient with gtalk_id zo\u00ebSet-Cookie: x has opted out"}"#,
    );
    check_refused(
        &BadMessage::from(&Refusal::EmptyText),
        "Invalid or missing value for payload key 'content'",
        r#"{"success":false,"reason":"Invalid or missing value for payload key 'content'"}"#,
    );
    let refused = BadMessage::from(&Refusal::Schedule);
    assert!(refused.to_string().ends_with("(HS-1107)"), "{refused}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "new|close|msisdn|\\+41791234567".prop_map(Value::from),
    ];
    let key = prop_oneof![
        "content|to_addr|to_addr_type|in_reply_to|session_event|helper_metadata|voice|go|message_id",
        any::<String>(),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key.clone(), inner), 0..9).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_a_message_or_a_refusal(json in any_json(), chars_max in proptest::option::of(0_usize..20)) {
        let read = Payload::read(json.to_string().as_bytes());
        prop_assert_eq!(read.is_ok(), json.is_object());
        let Ok(payload) = read else { return Ok(()) };
        let asked = payload.asks().map(|_| ());
        for refused in [
            asked,
            payload.clone().into_reply(chars_max).map(|_| ()),
            payload.into_send(chars_max).map(|sent| assert_metadata(sent.helper_metadata.as_deref())),
        ] {
            if let Err(bad) = refused {
                let response = bad.response();
                prop_assert_eq!(response.status, 400);
                let body: Value = serde_json::from_slice(&response.body).unwrap();
                prop_assert_eq!(&body, &json!({"success": false, "reason": bad.to_string()}));
            }
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_a_refusal(body in any::<Vec<u8>>()) {
        if let Ok(payload) = Payload::read(&body) {
            let _ = (payload.asks(), payload.clone().into_send(Some(1)), payload.clone().into_reply(None));
        }
    }
}

fn assert_metadata(kept: Option<&str>) {
    if let Some(kept) = kept {
        let kept: Value = serde_json::from_str(kept).unwrap();
        assert!(kept.as_object().is_some_and(|members| !members.is_empty() && !members.contains_key("go")));
    }
}
