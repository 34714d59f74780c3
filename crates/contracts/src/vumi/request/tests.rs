//! The bytes of every message and event, and that every value survives them.

use domain::address::Address;
use domain::directory::{Contract, RetryPolicy, Vumi};
use domain::id::Stamp;
use domain::secret::Secret;
use proptest::prelude::*;
use serde_json::Value;

use super::super::Flavour;
use super::*;

const AT: At = At(1_795_317_657_118_275);

fn id(counter: u16) -> MessageId {
    MessageId::new(Stamp::new(1_795_000_000_123, counter), 1 << 40)
}

fn conversation() -> Conversation<'static> {
    Conversation { key: "conv", flavour: Flavour::Pushed, account: "acc" }
}

/// The answer to a plain send.
fn sent() -> UserMessage<'static> {
    UserMessage {
        direction: Direction::Mt,
        message: id(0),
        at: AT,
        to: Some("+2345"),
        from: None,
        content: Some("foo"),
        in_reply_to: None,
        session_event: None,
        channel: None,
        transport_type: None,
        conversation: conversation(),
        helper_metadata: None,
    }
}

fn received() -> UserMessage<'static> {
    UserMessage {
        direction: Direction::Mo,
        to: Some("9292"),
        from: Some("+41791234567"),
        content: Some("in 1"),
        channel: Some("sphex"),
        transport_type: Some(TransportType::Sms),
        ..sent()
    }
}

#[track_caller]
fn check(written: &UserMessage<'_>, golden: &str) {
    assert_eq!(String::from_utf8(message(written)).unwrap(), golden);
}

#[test]
fn the_answer_to_a_plain_send() {
    check(
        &sent(),
        concat!(
            r#"{"message_id":"01a1ee565e7b70008000004000000000","message_type":"user_message","#,
            r#""message_version":"20110921","timestamp":"2026-11-22 03:20:57.118275","to_addr":"+2345","#,
            r#""from_addr":null,"to_addr_type":null,"from_addr_type":null,"content":"foo","in_reply_to":null,"#,
            r#""session_event":null,"group":null,"provider":null,"transport_name":null,"transport_type":null,"#,
            r#""transport_metadata":{},"routing_metadata":{"endpoint_name":"default"},"helper_metadata":{"go":"#,
            r#"{"conversation_key":"conv","conversation_type":"http_api_nostream","user_account":"acc"}}}"#,
        ),
    );
}

#[test]
fn the_answer_to_a_plain_send_with_everything() {
    check(
        &UserMessage {
            content: None,
            session_event: Some(SessionEvent::New),
            helper_metadata: Some(r##"{"voice":{"wait_for":"#"}}"##),
            conversation: Conversation { flavour: Flavour::Streamed, ..conversation() },
            ..sent()
        },
        concat!(
            r#"{"message_id":"01a1ee565e7b70008000004000000000","message_type":"user_message","#,
            r#""message_version":"20110921","timestamp":"2026-11-22 03:20:57.118275","to_addr":"+2345","#,
            r#""from_addr":null,"to_addr_type":null,"from_addr_type":null,"content":null,"in_reply_to":null,"#,
            r#""session_event":"new","group":null,"provider":null,"transport_name":null,"transport_type":null,"#,
            r#""transport_metadata":{},"routing_metadata":{"endpoint_name":"default"},"helper_metadata":{"go":"#,
            r##"{"conversation_key":"conv","conversation_type":"http_api","user_account":"acc"},"voice":{"wait_for":"#"}}}"##,
        ),
    );
}

#[test]
fn the_answer_to_a_reply() {
    check(
        &UserMessage {
            to: Some("+41791234567"),
            from: Some("9292"),
            in_reply_to: Some(id(7)),
            session_event: Some(SessionEvent::Close),
            channel: Some("sphex"),
            transport_type: Some(TransportType::Ussd),
            ..sent()
        },
        concat!(
            r#"{"message_id":"01a1ee565e7b70008000004000000000","message_type":"user_message","#,
            r#""message_version":"20110921","timestamp":"2026-11-22 03:20:57.118275","to_addr":"+41791234567","#,
            r#""from_addr":"9292","to_addr_type":null,"from_addr_type":null,"content":"foo","#,
            r#""in_reply_to":"01a1ee565e7b70078000004000000000","session_event":"close","group":null,"#,
            r#""provider":null,"transport_name":"sphex","transport_type":"ussd","transport_metadata":{},"#,
            r#""routing_metadata":{"endpoint_name":"default"},"helper_metadata":{"go":"#,
            r#"{"conversation_key":"conv","conversation_type":"http_api_nostream","user_account":"acc"}}}"#,
        ),
    );
}

#[test]
fn a_received_message() {
    let golden = |content: &str, session_event: &str, transport_type: &str| {
        [
            r#"{"message_id":"01a1ee565e7b70008000004000000000","message_type":"user_message","#,
            r#""message_version":"20110921","timestamp":"2026-11-22 03:20:57.118275","to_addr":"9292","#,
            r#""from_addr":"+41791234567","to_addr_type":null,"from_addr_type":null,"content":"#,
            content,
            r#","in_reply_to":null,"session_event":"#,
            session_event,
            r#","group":null,"provider":null,"transport_name":"sphex","transport_type":"#,
            transport_type,
            r#","transport_metadata":{},"routing_metadata":{},"helper_metadata":{"go":"#,
            r#"{"conversation_key":"conv","conversation_type":"http_api_nostream","user_account":"acc"}}}"#,
        ]
        .concat()
    };
    check(&received(), &golden(r#""in 1""#, "null", r#""sms""#));
    let ussd = UserMessage { transport_type: Some(TransportType::Ussd), ..received() };
    for event in SessionEvent::ALL {
        let word = format!("\"{event}\"");
        check(&UserMessage { session_event: Some(event), content: None, ..ussd }, &golden("null", &word, r#""ussd""#));
    }
    let text = UserMessage { content: Some("Grüezi\n\"2015-01-02 03:04:05\" 😀"), ..received() };
    check(&text, &golden(r#""Gr\u00fcezi\n\"2015-01-02 03:04:05\" \ud83d\ude00""#, "null", r#""sms""#));
}

#[test]
fn empty_metadata_adds_nothing() {
    let empty = UserMessage { helper_metadata: Some("{}"), ..sent() };
    assert_eq!(message(&empty), message(&sent()));
}

#[test]
fn a_date_as_content_stays_the_text_it_was() {
    for content in ["2015-01-02 03:04:05", "2015-01-02 03:04:05.1", "2015-01-02"] {
        let json: Value =
            serde_json::from_slice(&message(&UserMessage { content: Some(content), ..received() })).unwrap();
        assert_eq!(json["content"], content);
    }
}

fn told(kind: EventKind<'static>) -> MessageEvent<'static> {
    let id = CallbackId::new(id(0).stamp, 1 << 50);
    MessageEvent { id, at: AT, message: self::id(0), kind, channel: Some("sphex"), conversation: conversation() }
}

#[test]
fn every_event() {
    let check = |told: &MessageEvent<'_>, own: &str, transport: &str| {
        let golden = [
            r#"{"message_type":"event","message_version":"20110921","timestamp":"2026-11-22 03:20:57.118275","#,
            r#""event_id":"01a1ee565e7b70008001000000000000","#,
            own,
            transport,
            r#","routing_metadata":{},"helper_metadata":{"go":{"conversation_key":"conv","#,
            r#""conversation_type":"http_api_nostream","user_account":"acc"}}}"#,
        ]
        .concat();
        assert_eq!(String::from_utf8(event(told)).unwrap(), golden);
    };
    let of = r#""user_message_id":"01a1ee565e7b70008000004000000000""#;
    let transport = r#","transport_name":"sphex","transport_metadata":{}"#;
    check(
        &told(EventKind::Ack { network_id: "0e99" }),
        &format!(r#""event_type":"ack",{of},"sent_message_id":"0e99""#),
        transport,
    );
    check(
        &told(EventKind::Ack { network_id: "" }),
        &format!(r#""event_type":"ack",{of},"sent_message_id":"01a1ee565e7b70008000004000000000""#),
        transport,
    );
    check(
        &MessageEvent { channel: None, ..told(EventKind::Nack { reason: "ESME_RINVDSTADR" }) },
        &format!(r#""event_type":"nack",{of},"nack_reason":"ESME_RINVDSTADR""#),
        "",
    );
    for status in [DeliveryStatus::Pending, DeliveryStatus::Failed, DeliveryStatus::Delivered] {
        check(
            &told(EventKind::DeliveryReport(status)),
            &format!(r#""event_type":"delivery_report",{of},"delivery_status":"{}""#, status.name()),
            transport,
        );
    }
}

#[test]
fn reports_have_the_words_clients_know() {
    let check = |status, is_final, expected: Option<&str>| {
        let word = DeliveryStatus::of_report(status, is_final).map(DeliveryStatus::name);
        assert_eq!(word, expected, "{status:?} {is_final}");
    };
    check(ReportStatus::Queued, false, None);
    check(ReportStatus::Pending, false, Some("pending"));
    check(ReportStatus::Delivered, true, Some("delivered"));
    check(ReportStatus::Failed, true, Some("failed"));
    check(ReportStatus::Expired, true, Some("failed"));
    check(ReportStatus::Rejected, true, Some("failed"));
    check(ReportStatus::Unknown, false, Some("pending"));
    check(ReportStatus::Unknown, true, Some("failed"));
}

/// A conversation of which messages are pushed and events streamed.
fn conversation_half_pushed() -> Application {
    Application {
        id: "conv".into(),
        account: "acc".into(),
        contract: Contract::Vumi,
        url: "".into(),
        api_key: Secret::new(""),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 1,
        timeout_ms: 1,
        report_queued: false,
        vumi: Some(Arc::new(Vumi {
            tokens: Vec::new(),
            push_message_url: Some("http://127.0.0.1/".into()),
            push_event_url: None,
            ignore_messages: false,
            ignore_events: false,
            content_length_limit: None,
            metric_store: "default".into(),
        })),
    }
}

#[test]
fn what_is_told_becomes_the_json_of_its_kind() {
    let application = conversation_half_pushed();
    let (id, at) = (CallbackId { stamp: Stamp(0x01a1_ee56_5e7b_7000), tail: 0x8001_0000_0000_0000 }, At(0));
    let message = MessageId { stamp: id.stamp, tail: 0x8000_0000_4000_0000 };
    let check = |told: CallbackEvent, parts: &[&str]| {
        let rendered = render(&told, &application, id, at);
        assert_eq!(rendered.body_type.content_type(), "application/json; charset=utf-8");
        let body = std::str::from_utf8(&rendered.body).unwrap();
        parts.iter().for_each(|part| assert!(body.contains(part), "{part} in {body}"));
    };
    let told = |text: &str, session_event, transport| CallbackEvent::IncomingMessage {
        message,
        phone: Address::parse("+41791234567").unwrap(),
        service_address: Address::parse("9292").unwrap(),
        text: text.into(),
        sent_at: At(0),
        auto_subscribe: false,
        auto_responded: false,
        channel: "sphex".into(),
        transport,
        session_event,
    };
    let pushed = r#""conversation_type":"http_api_nostream""#;
    let streamed = r#""conversation_type":"http_api""#;
    let sms = r#""transport_type":"sms""#;
    check(told("", None, TransportType::Sms), &[r#""content":"""#, r#""session_event":null"#, sms, pushed]);
    let close = told("", Some(SessionEvent::Close), TransportType::Ussd);
    check(close, &[r#""content":null"#, r#""session_event":"close""#, r#""transport_type":"ussd""#]);
    let channel = || -> domain::directory::Name { "sphex".into() };
    let ack = CallbackEvent::Ack { message, network_id: "0e99".into(), channel: channel() };
    let names = [r#""event_id":"01a1ee565e7b70008001000000000000""#, r#""transport_name":"sphex""#];
    check(ack, &[r#""event_type":"ack""#, r#""sent_message_id":"0e99""#, names[0], names[1], streamed]);
    let nack = CallbackEvent::Nack { message, reason: "refused".into(), channel: channel() };
    check(nack, &[r#""event_type":"nack""#, r#""nack_reason":"refused""#]);
    let status = ReportStatus::Unknown;
    let report = CallbackEvent::MessageReport { message, status, is_final: true, channel: channel() };
    check(report, &[r#""event_type":"delivery_report""#, r#""delivery_status":"failed""#]);
}

proptest! {
    #[test]
    fn every_value_survives(
        content in proptest::option::of(any::<String>()),
        to in any::<String>(),
        from in any::<String>(),
        key in any::<String>(),
        given in any::<String>(),
        us in any::<i64>(),
    ) {
        let helper_metadata = crate::vumi::json::ascii(&serde_json::json!({ "given": given }).to_string());
        let written = message(&UserMessage {
            at: At(us),
            to: Some(&to),
            from: Some(&from),
            content: content.as_deref(),
            channel: Some(&key),
            conversation: Conversation { key: &key, ..conversation() },
            helper_metadata: Some(&helper_metadata),
            ..received()
        });
        prop_assert!(written.iter().all(|byte| matches!(byte, b' '..=b'~')), "one line of ASCII");
        let json: Value = serde_json::from_slice(&written).unwrap();
        prop_assert_eq!(json.as_object().unwrap().len(), 18);
        prop_assert_eq!(json["content"].as_str(), content.as_deref());
        prop_assert_eq!(json["to_addr"].as_str(), Some(&*to));
        prop_assert_eq!(json["from_addr"].as_str(), Some(&*from));
        prop_assert_eq!(json["transport_name"].as_str(), Some(&*key));
        prop_assert_eq!(json["helper_metadata"]["go"]["conversation_key"].as_str(), Some(&*key));
        prop_assert_eq!(json["helper_metadata"]["given"].as_str(), Some(&*given));
    }

    #[test]
    fn every_reason_survives(reason in "(?s).+", network_id in "(?s).+") {
        let nack: Value = serde_json::from_slice(&event(&MessageEvent {
            kind: EventKind::Nack { reason: &reason },
            ..told(EventKind::DeliveryReport(DeliveryStatus::Failed))
        })).unwrap();
        prop_assert_eq!(nack["nack_reason"].as_str(), Some(&*reason));
        let ack: Value = serde_json::from_slice(&event(&MessageEvent {
            kind: EventKind::Ack { network_id: &network_id },
            ..told(EventKind::DeliveryReport(DeliveryStatus::Failed))
        })).unwrap();
        prop_assert_eq!(ack["sent_message_id"].as_str(), Some(&*network_id));
    }
}
