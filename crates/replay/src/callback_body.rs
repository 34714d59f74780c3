//! The bodies of callbacks, in each contract: what is told arrives, field by field, whatever the text is.

use contracts::render;
use domain::address::Address;
use domain::callback::{CallbackEvent, Rendered};
use domain::directory::{Application, Contract, RetryPolicy, Teller, Vumi};
use domain::id::{CallbackId, MessageId, SegmentNumber, Stamp};
use domain::report::ReportStatus;
use domain::secret::Secret;
use domain::time::At;
use domain::ussd::{SessionEvent, TransportType};
use serde_json::{Value, json};

use crate::input::Input;

/// A new contract gets a row here, and does not compile until it has one in [`arrives`].
const CONTRACTS: &[Contract] = &[Contract::ServiceLayer, Contract::Vumi];

/// Holds a callback's body against its event.
fn arrives(event: &CallbackEvent, application: &Application, rendered: &Rendered) {
    match application.contract {
        Contract::ServiceLayer => service_layer(event, application, rendered),
        Contract::Vumi => vumi(event, application, rendered),
    }
}

/// The contract, the kind, flags, times, addresses and the text.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let contract = input.one_of(CONTRACTS);
    let api_key = Secret::new(input.text());
    let application = application(contract, api_key);
    let event = event(&mut input);
    // Only what the contract has a word for is told.
    if application.teller(event.kind()) == Teller::Nobody || is_foreign(&event, contract) {
        return;
    }
    let (id, at) = (CallbackId { stamp: Stamp(7), tail: 9 }, At(0));
    let rendered = render(&event, &application, id, at);
    assert_eq!(render(&event, &application, id, at), rendered, "the same bytes for life");
    arrives(&event, &application, &rendered);
}

fn event(input: &mut Input<'_>) -> CallbackEvent {
    let (kind, flags) = (input.octet(), input.octet());
    let at = [input.number(), input.number(), input.number(), input.number()];
    let number = at.iter().fold(0_u64, |number, part| number << 16 | u64::from(*part));
    let message = MessageId::new(Stamp(number), 1);
    let (phone, service_address) = (Address::from_network(&input.text()), Address::from_network(&input.text()));
    let channel = || -> domain::directory::Name { "carrier".into() };
    match kind % 8 {
        0 => CallbackEvent::IncomingMessage {
            message,
            phone,
            service_address,
            text: String::from_utf8_lossy(input.rest()).into_owned(),
            sent_at: At(number as i64),
            auto_subscribe: flags & 1 != 0,
            auto_responded: flags & 2 != 0,
            channel: "carrier".into(),
            transport: if flags & 4 != 0 { TransportType::Ussd } else { TransportType::Sms },
            session_event: SessionEvent::ALL.get(usize::from(flags >> 4)).copied(),
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
        4 => CallbackEvent::Ack { message, network_id: input.text(), channel: channel() },
        5 => CallbackEvent::Nack { message, reason: input.text(), channel: channel() },
        6 => CallbackEvent::MessageReport {
            message,
            status: input.one_of(&ReportStatus::ALL),
            is_final: flags & 1 != 0,
            channel: channel(),
        },
        _ => CallbackEvent::SubscriptionCreated { phone },
    }
}

/// One contract hears of segments and the other of messages; neither has a word for the other.
const fn is_foreign(event: &CallbackEvent, contract: Contract) -> bool {
    matches!(
        (event, contract),
        (CallbackEvent::DeliveryReport { .. }, Contract::Vumi)
            | (
                CallbackEvent::MessageReport { .. } | CallbackEvent::Ack { .. } | CallbackEvent::Nack { .. },
                Contract::ServiceLayer
            )
    )
}

/// `docs/reference/vumi.md §3`, `docs/reference/vumi.md §4`
fn vumi(event: &CallbackEvent, application: &Application, rendered: &Rendered) {
    assert!(rendered.body.is_ascii());
    let body: Value = serde_json::from_slice(&rendered.body).expect("it is JSON");
    assert_eq!(body["helper_metadata"]["go"]["conversation_key"], *application.id);
    assert_eq!(body["transport_name"], "carrier");
    match event {
        CallbackEvent::IncomingMessage { message, phone, service_address, text, session_event, .. } => {
            assert_eq!(body["message_id"], message.hex());
            assert_eq!(
                (&body["from_addr"], &body["to_addr"]),
                (&json!(phone.as_str()), &json!(service_address.as_str()))
            );
            assert_eq!(body["session_event"], json!(session_event.map(SessionEvent::name)));
            assert_eq!(body["content"].as_str().unwrap_or_default(), text);
        }
        CallbackEvent::Ack { message, network_id, .. } => {
            assert_eq!(body["user_message_id"], message.hex());
            let told = if network_id.is_empty() { message.hex() } else { network_id.clone() };
            assert_eq!(body["sent_message_id"], told);
        }
        CallbackEvent::Nack { reason, .. } => assert_eq!(body["nack_reason"], **reason),
        CallbackEvent::MessageReport { .. } => {
            assert!(matches!(body["delivery_status"].as_str(), Some("pending" | "failed" | "delivered")));
        }
        other => panic!("{other:?} is not told in this contract"),
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
        CallbackEvent::Ack { .. } | CallbackEvent::Nack { .. } | CallbackEvent::MessageReport { .. } => {
            panic!("{event:?} is not told in this contract")
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
    let vumi = Vumi {
        tokens: Vec::new(),
        push_message_url: Some("http://127.0.0.1:9000/".into()),
        push_event_url: None,
        ignore_messages: false,
        ignore_events: false,
        content_length_limit: None,
        metric_store: "default".into(),
    };
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
        vumi: (contract == Contract::Vumi).then(|| vumi.into()),
    }
}
