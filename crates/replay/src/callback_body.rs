//! The bodies of callbacks, in each contract: what is told arrives, field by field, whatever the text is.

use contracts::render;
use domain::address::Address;
use domain::callback::{CallbackEvent, Rendered};
use domain::directory::{Application, Contract, RetryPolicy};
use domain::id::{MessageId, SegmentNumber, Stamp};
use domain::report::ReportStatus;
use domain::secret::Secret;
use domain::time::At;

use crate::input::Input;

/// A new contract gets a row here, and does not compile until it has one in [`arrives`].
const CONTRACTS: &[Contract] = &[Contract::ServiceLayer];

/// Holds a callback's body against its event.
fn arrives(event: &CallbackEvent, application: &Application, rendered: &Rendered) {
    match application.contract {
        Contract::ServiceLayer => service_layer(event, application, rendered),
    }
}

/// The contract, the kind, flags, times, addresses and the text.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let contract = input.one_of(CONTRACTS);
    let api_key = Secret::new(input.text());
    let application = application(contract, api_key);
    let event = event(&mut input);
    let rendered = render(&event, &application);
    assert_eq!(render(&event, &application), rendered, "the same bytes for life");
    arrives(&event, &application, &rendered);
}

fn event(input: &mut Input<'_>) -> CallbackEvent {
    let (kind, flags) = (input.octet(), input.octet());
    let at = [input.number(), input.number(), input.number(), input.number()];
    let number = at.iter().fold(0_u64, |number, part| number << 16 | u64::from(*part));
    let message = MessageId::new(Stamp(number), 1);
    let (phone, service_address) = (Address::from_network(&input.text()), Address::from_network(&input.text()));
    match kind % 5 {
        0 => CallbackEvent::IncomingMessage {
            message,
            phone,
            service_address,
            text: String::from_utf8_lossy(input.rest()).into_owned(),
            sent_at: At(number as i64),
            auto_subscribe: flags & 1 != 0,
            auto_responded: flags & 2 != 0,
        },
        1 => CallbackEvent::DeliveryReport {
            message,
            segment: SegmentNumber(number as i64),
            status: input.one_of(&ReportStatus::ALL),
            is_final: flags & 1 != 0,
            phone,
        },
        2 => CallbackEvent::SessionClosed { phone, service_address },
        3 => CallbackEvent::AutoReplyLoop { phone },
        _ => CallbackEvent::SubscriptionCreated { phone },
    }
}

/// `docs/reference/service-layer.md §3`
fn service_layer(event: &CallbackEvent, application: &Application, rendered: &Rendered) {
    assert!(rendered.body.is_ascii());
    let fields: Vec<(String, String)> = form_urlencoded::parse(&rendered.body).into_owned().collect();
    let said = |name: &str| {
        let mut values = fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert!(values.next().is_none(), "{name} is said twice");
        value
    };
    assert_eq!(fields[0], ("type".into(), event.kind().name().into()));
    assert_eq!(fields[1], ("api_key".into(), application.api_key.expose().into()));
    match event {
        CallbackEvent::IncomingMessage { phone, text, auto_subscribe, auto_responded, sent_at, .. } => {
            assert_eq!((said("phone_number"), said("body")), (Some(phone.as_str()), Some(text.as_str())));
            assert_eq!(said("auto_subscribe").is_some(), *auto_subscribe);
            assert_eq!(said("auto_responded").is_some(), *auto_responded);
            date(*sent_at, said("sent_at").unwrap_or_default());
        }
        CallbackEvent::DeliveryReport { segment, is_final, .. } => {
            assert_eq!(said("message_id"), Some(segment.0.to_string().as_str()));
            assert_eq!(said("final"), Some(if *is_final { "true" } else { "false" }));
            assert!(matches!(said("status"), Some("0" | "1" | "2" | "4")));
        }
        CallbackEvent::SessionClosed { phone, .. } => assert_eq!(said("phone_numbers"), Some(phone.as_str())),
        CallbackEvent::AutoReplyLoop { phone } | CallbackEvent::SubscriptionCreated { phone } => {
            assert_eq!(said("phone_number"), Some(phone.as_str()));
        }
    }
}

/// Our clients may send a time back to us.
fn date(at: At, written: &str) {
    let seconds = at.0.div_euclid(1_000_000);
    // From the year 1 to the last time that every zone of the world has within the year 9999.
    if (-62_135_596_800..=253_402_207_200).contains(&seconds) {
        let read = contracts::service_layer::date::parse(written);
        assert_eq!(read, Some(At(seconds * 1_000_000)), "{written}");
    }
}

fn application(contract: Contract, api_key: Secret) -> Application {
    Application {
        id: "weather".into(),
        account: "acme".into(),
        contract,
        url: "http://127.0.0.1:9000/".into(),
        api_key,
        retry: RetryPolicy { waits_ms: vec![], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 1,
        timeout_ms: 1,
        report_queued: false,
    }
}
