//! The bytes of every callback, and that every value survives the form.

use domain::address::Address;
use domain::callback::CallbackKind;
use domain::directory::{Contract, RetryPolicy};
use domain::id::{MessageId, SegmentNumber, Stamp};
use domain::report::ReportStatus;
use domain::secret::Secret;
use domain::ussd::TransportType;
use proptest::prelude::*;

use super::*;

fn application(api_key: &str) -> Application {
    Application {
        id: "weather".into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9000/gateway".into(),
        api_key: Secret::new(api_key),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 1,
        timeout_ms: 1,
        report_queued: false,
        vumi: None,
    }
}

fn id() -> MessageId {
    MessageId::new(Stamp::new(1_795_000_000_123, 0), 1)
}

fn phone() -> Address {
    Address::parse("+41791234567").unwrap()
}

fn incoming(text: &str, sent_at: At, auto_subscribe: bool, auto_responded: bool) -> CallbackEvent {
    CallbackEvent::IncomingMessage {
        message: id(),
        phone: phone(),
        service_address: Address::parse("8282").unwrap(),
        text: text.into(),
        sent_at,
        auto_subscribe,
        auto_responded,
        channel: "carrier".into(),
        transport: TransportType::Sms,
        session_event: None,
    }
}

fn report(status: ReportStatus, is_final: bool) -> CallbackEvent {
    CallbackEvent::DeliveryReport { message: id(), segment: SegmentNumber(5_554_055), status, is_final, phone: phone() }
}

#[track_caller]
fn check(event: &CallbackEvent, golden: &str) {
    let rendered = render(event, &application("weather-key"));
    assert_eq!(std::str::from_utf8(&rendered.body).unwrap(), golden);
    assert_eq!(rendered.body_type, BodyType::Form);
}

const AT: At = At(1_795_323_972_999_999);

#[test]
fn an_incoming_message() {
    check(
        &incoming("weather Zürich & more 100% ☂", AT, false, false),
        "type=incoming_message&api_key=weather-key&phone_number=%2B41791234567&body=weather+Z%C3%BCrich+%26+more+100%25+%E2%98%82&sent_at=2026-11-22T05%3A06%3A12Z",
    );
    check(
        &incoming("", At(0), true, true),
        "type=incoming_message&api_key=weather-key&phone_number=%2B41791234567&body=&sent_at=1970-01-01T00%3A00%3A00Z&auto_subscribe=true&auto_responded=true",
    );
    check(
        &incoming("a\r\nb=c&d;e", AT, true, false),
        "type=incoming_message&api_key=weather-key&phone_number=%2B41791234567&body=a%0D%0Ab%3Dc%26d%3Be&sent_at=2026-11-22T05%3A06%3A12Z&auto_subscribe=true",
    );
}

#[test]
fn a_delivery_report() {
    let golden = |tail: &str| format!("type=delivery_report&api_key=weather-key&message_id=5554055&{tail}");
    check(&report(ReportStatus::Queued, false), &golden("final=false&status=4"));
    check(&report(ReportStatus::Pending, false), &golden("final=false&status=0"));
    check(&report(ReportStatus::Delivered, true), &golden("final=true&status=1"));
    check(&report(ReportStatus::Failed, true), &golden("final=true&status=2"));
    check(&report(ReportStatus::Expired, true), &golden("final=true&status=2"));
    check(&report(ReportStatus::Rejected, true), &golden("final=true&status=2"));
    check(&report(ReportStatus::Unknown, false), &golden("final=false&status=0"));
    check(&report(ReportStatus::Unknown, true), &golden("final=true&status=2"));
}

#[test]
fn the_other_kinds() {
    check(
        &CallbackEvent::SessionClosed { phone: phone(), service_address: Address::parse("8282").unwrap() },
        "type=session_closed&api_key=weather-key&phone_numbers=%2B41791234567",
    );
    check(
        &CallbackEvent::AutoReplyLoop { phone: phone() },
        "type=auto_reply_loop&api_key=weather-key&phone_number=%2B41791234567",
    );
    check(
        &CallbackEvent::SubscriptionCreated { phone: phone() },
        "type=subscription_created&api_key=weather-key&phone_number=%2B41791234567",
    );
}

proptest! {
    #[test]
    fn every_value_survives_the_form(text in any::<String>(), key in any::<String>(), us in any::<i64>()) {
        let rendered = render(&incoming(&text, At(us), false, true), &application(&key));
        prop_assert!(rendered.body.is_ascii());
        let pairs: Vec<_> = form_urlencoded::parse(&rendered.body).collect();
        let sent_at = pairs[4].1.clone();
        let expected = [
            ("type", CallbackKind::IncomingMessage.name()),
            ("api_key", &*key),
            ("phone_number", "+41791234567"),
            ("body", &*text),
            ("sent_at", &*sent_at),
            ("auto_responded", "true"),
        ];
        prop_assert_eq!(pairs.iter().map(|(name, value)| (&**name, &**value)).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_time_is_read_back_to_its_second(us in 0_i64..253_402_300_800_000_000) {
        let rendered = render(&incoming("", At(us), false, false), &application("k"));
        let sent_at = form_urlencoded::parse(&rendered.body).find(|(name, _)| name == "sent_at").unwrap().1;
        prop_assert_eq!(date::parse(&sent_at), Some(At(us.div_euclid(1_000_000) * 1_000_000)));
    }
}
