//! Golden bytes of everything that goes to an application's Sync URL, and that it can be read back.

use proptest::prelude::*;

use super::*;
use crate::smssync::device::{self, Ask, DeviceTime};

fn forwarded<'a>(secret: &'a Secret, text: &'a str) -> Forwarded<'a> {
    Forwarded {
        secret,
        from: "+41791234567",
        message: text,
        sent_at: At::from_ms(1_795_317_657_118),
        sent_to: "8282",
        message_id: "01a1ee56-5e7b-7000-8000-004000000000",
        device_id: "carrier",
    }
}

#[track_caller]
fn check(text: &str, format: Format, golden: &str) {
    let secret = Secret::new("s3 cret");
    let body = message(&forwarded(&secret, text), &Keys::default(), format);
    assert_eq!(String::from_utf8(body).unwrap(), golden);
}

#[test]
fn a_message_as_a_form() {
    check(
        "Grüße & 1=1",
        Format::Form,
        "secret=s3+cret&from=%2B41791234567&message=Gr%C3%BC%C3%9Fe+%26+1%3D1&sent_timestamp=1795317657118&sent_to=8282\
         &message_id=01a1ee56-5e7b-7000-8000-004000000000&device_id=carrier",
    );
}

#[test]
fn a_message_as_json() {
    check(
        "Grüße \"☂\"\n",
        Format::Json,
        concat!(
            r#"{"secret":"s3 cret","from":"+41791234567","message":"Grüße \"☂\"\n","sent_timestamp":"1795317657118","#,
            r#""sent_to":"8282","message_id":"01a1ee56-5e7b-7000-8000-004000000000","device_id":"carrier"}"#,
        ),
    );
}

#[test]
fn a_message_as_xml() {
    check(
        "1 < 2 & 3 > 2",
        Format::Xml,
        concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?><payload><secret>s3 cret</secret><from>+41791234567</from>"#,
            "<message>1 &lt; 2 &amp; 3 &gt; 2</message><sent_timestamp>1795317657118</sent_timestamp>",
            "<sent_to>8282</sent_to><message_id>01a1ee56-5e7b-7000-8000-004000000000</message_id>",
            "<device_id>carrier</device_id></payload>",
        ),
    );
}

#[test]
fn keys_are_renamed_and_empty_values_stay() {
    let secret = Secret::default();
    let keys = Keys::renamed([(Key::From, "sender"), (Key::SentTo, "to")]).unwrap();
    let empty = Forwarded { device_id: "", ..forwarded(&secret, "") };
    assert_eq!(
        String::from_utf8(message(&empty, &keys, Format::Form)).unwrap(),
        "secret=&sender=%2B41791234567&message=&sent_timestamp=1795317657118&to=8282\
         &message_id=01a1ee56-5e7b-7000-8000-004000000000&device_id="
    );
}

#[test]
fn urls_of_tasks() {
    let check = |sync_url: &str, task, secret: &str, golden: &str| {
        assert_eq!(url(sync_url, task, &Secret::new(secret)), golden);
    };
    check("http://a.example/sync", Task::Send, "a&b=c d", "http://a.example/sync?task=send&secret=a%26b%3Dc+d");
    check("http://a.example/sync", Task::Send, "", "http://a.example/sync?task=send");
    check("http://a.example/sync", Task::Sent, "s", "http://a.example/sync?task=sent");
    check("http://a.example/sync", Task::Result, "s", "http://a.example/sync?task=result&secret=s");
    check("http://a.example/sync?a=b", Task::Send, "s", "http://a.example/sync?a=b&task=send&secret=s");
    check("http://a.example/sync?", Task::Send, "s", "http://a.example/sync?task=send&secret=s");
    check("http://a.example/sync?a&", Task::Sent, "s", "http://a.example/sync?a&task=sent");
}

#[test]
fn what_was_queued() {
    assert_eq!(queued(["a-1", "a-2"]), br#"{"queued_messages":["a-1","a-2"]}"#);
}

proptest! {
    /// A device played by us is understood by us.
    #[test]
    fn every_message_survives_every_format(text in "[^\u{0}-\u{1f}\u{fffe}\u{ffff}]{0,60}", secret in "[ -~]{0,12}") {
        let secret = Secret::new(secret);
        for format in Format::ALL {
            let body = message(&forwarded(&secret, &text), &Keys::default(), format);
            let request = device::read("POST", "", &body, &Keys::default()).unwrap();
            prop_assert!(device::is_allowed(&secret, &request));
            prop_assert_eq!(request.complaints, Vec::<String>::new());
            let Ask::Message(received) = request.ask else { panic!("{format:?}") };
            prop_assert_eq!(&received.message, &text);
            prop_assert_eq!(received.from, "+41791234567");
            prop_assert_eq!(received.sent_at, Some(DeviceTime::Exact(At::from_ms(1_795_317_657_118))));
            prop_assert_eq!(received.message_id.as_deref(), Some("01a1ee56-5e7b-7000-8000-004000000000"));
        }
    }
}
