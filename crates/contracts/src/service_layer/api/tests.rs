//! What parameters are read as, and the bytes of the answers.

use super::*;

fn parameters(form: &str) -> Parameters {
    Parameters::read(None, form.as_bytes()).unwrap()
}

fn phone(text: &str) -> Recipient {
    Recipient::Phone(Address::parse(text).unwrap())
}

#[test]
fn a_send_is_read_from_body_or_query() {
    let form = "api_key=k%26y&phone_number=%2B1+(555)+123-4567&body=Gr%C3%BC%C3%9Fe+%26+more&on=2026-11-22+05:06:12&action_expected=TRUE&tag=team+1";
    let expected = SendMessage {
        api_key: Secret::new("k&y"),
        recipients: vec![phone("+1 (555) 123-4567")],
        text: "Grüße & more".into(),
        action_expected: true,
        send_at: Some(At(1_795_323_972_000_000)),
        tag: Some("team 1".into()),
    };
    assert_eq!(SendMessage::read(&parameters(form)), Ok(expected.clone()));
    let query = Parameters::read(Some(form), b"").unwrap();
    assert_eq!(SendMessage::read(&query), Ok(expected));
    let both = Parameters::read(Some("body=query&api_key=q"), b"body=form&api_key=").unwrap();
    assert_eq!((both.get("body"), both.get("api_key")), (Some("form"), Some("q")));
}

#[test]
fn every_number_keeps_its_place() {
    let send = SendMessage::read(&parameters(
        "api_key=k&body=hi&phone_numbers=15551234567,+nobody,,12,+44+20+7946+0000,1234567890123456",
    ))
    .unwrap();
    assert_eq!(
        send.recipients,
        [phone("15551234567"), Recipient::Invalid, Recipient::Invalid, phone("44 20 7946 0000"), Recipient::Invalid]
    );
    assert_eq!((send.action_expected, send.send_at, send.tag), (false, None, None));
}

#[test]
fn booleans_have_ten_spellings() {
    let check = |text, expected| assert_eq!(super::super::parse_boolean(text), expected, "{text}");
    for text in ["1", "t", "T", "true", "TRUE", "True", "y", "Y", "yes", "Yes"] {
        check(text, Some(true));
    }
    for text in ["0", "f", "F", "false", "FALSE", "n", "N", "no", "NO"] {
        check(text, Some(false));
    }
    for text in ["", "2", "on", "off", "truth", "-1"] {
        check(text, None);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    let check = |form: &str, sentence: &str| {
        assert_eq!(SendMessage::read(&parameters(form)).unwrap_err().to_string(), sentence, "{form}");
    };
    check("phone_number=155512345&body=x", "the parameter api_key is missing");
    check("api_key=k&phone_number=155512345", "the parameter body is missing");
    check("api_key=k&phone_number=155512345&body=+%0A", "the parameter body is missing");
    check("api_key=k&body=x", "the parameter phone_number is missing");
    check("api_key=k&phone_numbers=,+,&body=x", "the parameter phone_number is missing");
    check(
        "api_key=k&phone_number=155512345&body=x&on=tomorrow",
        "on is not a date we can read: tomorrow (write it like 2026-11-22T05:06:12Z)",
    );
    check(
        "api_key=k&phone_number=155512345&body=x&action_expected=maybe",
        "action_expected is not a boolean: maybe (use true or false)",
    );
    check(
        &format!("api_key=k&body=x&phone_numbers={}", "12345,".repeat(RECIPIENTS_MAX + 1)),
        "phone_numbers is too long: at most 1000",
    );
    check(
        &format!("api_key=k&phone_number=12345&body={}", "x".repeat(TEXT_BYTES_MAX + 1)),
        "body is too long: at most 65536",
    );
    assert_eq!(Parameters::read(Some(&"a=b&".repeat(PARAMETERS_MAX + 1)), b""), Err(BadParameters::TooMany));
}

#[test]
fn message_ids_are_read_as_they_were_given_out() {
    let ids = MessageIds::read(&parameters("message_ids=5554055,-1,+5554056,")).unwrap();
    assert_eq!(ids, MessageIds { api_key: None, segments: vec![SegmentNumber(5_554_055), SegmentNumber(5_554_056)] });
    let ids = MessageIds::read(&parameters("message_ids=7&api_key=k")).unwrap();
    assert_eq!(ids.api_key, Some(Secret::new("k")));
    let check = |form: &str, sentence: &str| {
        assert_eq!(MessageIds::read(&parameters(form)).unwrap_err().to_string(), sentence, "{form}");
    };
    check("message_ids=", "the parameter message_ids is missing");
    check("message_ids=1,abc", "message_ids contains what is no message id: abc");
    check("message_ids=99999999999999999999", "message_ids contains what is no message id: 99999999999999999999");
    check(&format!("message_ids={}", "1,".repeat(MESSAGE_IDS_MAX + 1)), "message_ids is too long: at most 1000");
}

#[test]
fn what_is_just_allowed_is_read() {
    let text = "x".repeat(TEXT_BYTES_MAX);
    let tag = "ü".repeat(TAG_CHARS_MAX);
    let form = format!("api_key=k&phone_number=155512345&body={text}&tag={tag}");
    let send = SendMessage::read(&parameters(&form)).unwrap();
    assert_eq!((send.text, send.tag), (text, Some(tag)));
    let form = format!("api_key=k&phone_number=155512345&body=x&tag={}", "ü".repeat(TAG_CHARS_MAX + 1));
    assert_eq!(SendMessage::read(&parameters(&form)), Err(BadParameters::TooLong { name: "tag", max: TAG_CHARS_MAX }));
    let ids = MessageIds::read(&parameters(&format!("message_ids={}", "1,".repeat(MESSAGE_IDS_MAX)))).unwrap();
    assert_eq!(ids.segments.len(), MESSAGE_IDS_MAX);
    let ids = MessageIds::read(&parameters("message_ids=0,1")).unwrap();
    assert_eq!(ids.segments, [SegmentNumber(1)], "0 is no id that was ever given out");
}

#[test]
fn sessions_are_closed_for_real_numbers() {
    let close = CloseSessions::read(&parameters("api_key=k&phone_numbers=15551234567,x")).unwrap();
    assert_eq!(close.phones, [Address::parse("15551234567").unwrap()]);
    assert_eq!(
        CloseSessions::read(&parameters("phone_numbers=15551234567")),
        Err(BadParameters::Missing { name: "api_key" })
    );
}

#[test]
fn answers_are_what_old_clients_parse() {
    assert_eq!(sent_json([1, 2, 3]), r#"{"message_ids":"1,2,3"}"#);
    assert_eq!(sent_json([INVALID_NUMBER, 5_554_055]), r#"{"message_ids":"-1,5554055"}"#);
    assert_eq!(sent_json([]), r#"{"message_ids":""}"#);
    assert_eq!(cancelled_json(3), r#"{"canceled_count":3}"#);
    let statuses = [
        (SegmentNumber(5), DeliveryStatus::Delivered),
        (SegmentNumber(6), DeliveryStatus::Queued),
        (SegmentNumber(7), DeliveryStatus::Failed),
    ];
    assert_eq!(statuses_json(statuses), r#"{"5":1,"6":0,"7":2}"#);
    assert_eq!(statuses_json([]), "{}");
}

#[test]
fn methods_have_their_names() {
    assert_eq!(Method::parse("send_message"), Some(Method::SendMessage));
    assert_eq!(Method::parse("cancel_messages"), Some(Method::CancelMessages));
    assert_eq!(Method::parse("delivery_status"), Some(Method::DeliveryStatus));
    assert_eq!(Method::parse("close_sessions"), Some(Method::CloseSessions));
    assert_eq!(Method::parse("SEND_MESSAGE"), None);
    assert_eq!(Method::parse("send_messages"), None);
}
