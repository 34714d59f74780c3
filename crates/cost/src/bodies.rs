//! Contracts: the bodies of callbacks, the understanding of answers, and what clients of the API ask.

use contracts::service_layer::api::{Parameters, SendMessage};
use contracts::vumi::api::messages::Payload;
use contracts::{render, understand};
use domain::answer::Instruction;
use domain::callback::{CallbackEvent, CallbackKind};
use domain::directory::{Application, Contract, Vumi};
use domain::id::{CallbackId, MessageId, SegmentNumber, Stamp};
use domain::report::ReportStatus;
use domain::ussd::TransportType;

use crate::Scenario;
use crate::setup::{NOW, PHONE, SERVICE_ADDRESS, address, application};

const OBJECT: &str = r#"{"body": "21 degrees and sunny. Send MORE for the week.", "close_session": true}"#;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let application = application("weather");
    let message = MessageId::new(Stamp::new(NOW.ms() as u64, 0), 7);
    let incoming = CallbackEvent::IncomingMessage {
        message,
        phone: address(PHONE),
        service_address: address(SERVICE_ADDRESS),
        text: "Weather Zürich tomorrow & the day after".into(),
        sent_at: NOW,
        auto_subscribe: false,
        auto_responded: false,
        channel: "carrier".into(),
        transport: TransportType::Sms,
        session_event: None,
    };
    let report = CallbackEvent::DeliveryReport {
        message,
        segment: SegmentNumber::new(message.stamp, 0),
        status: ReportStatus::Delivered,
        is_final: true,
        phone: address(PHONE),
    };
    let (of_report, conversation) = (application.clone(), conversation(application.clone()));
    let (message_told, of_ack) = (incoming.clone(), conversation.clone());
    let ack = CallbackEvent::Ack { message, network_id: "0e99".into(), channel: "carrier".into() };
    let id = CallbackId::new(message.stamp, 1);
    vec![
        Scenario::new("service layer: render incoming_message", move || render(&incoming, &application, id, NOW)),
        Scenario::new("service layer: render delivery_report", move || render(&report, &of_report, id, NOW)),
        Scenario::new("vumi: render a message", move || render(&message_told, &conversation, id, NOW)),
        Scenario::new("vumi: render an ack", move || render(&ack, &of_ack, id, NOW)),
        put(),
        answer("service layer: understand a text", "text/plain; charset=utf-8", "21 degrees and sunny.", 1),
        answer("service layer: understand an object", "application/json", OBJECT, 2),
        send_message(),
    ]
}

fn conversation(application: Application) -> Application {
    let vumi = Vumi {
        tokens: Vec::new(),
        push_message_url: Some(application.url.clone()),
        push_event_url: Some(application.url.clone()),
        ignore_messages: false,
        ignore_events: false,
        content_length_limit: None,
        metric_store: "default".into(),
    };
    Application { contract: Contract::Vumi, vumi: Some(vumi.into()), ..application }
}

fn put() -> Scenario {
    let body = br#"{"to_addr":"+41791234567","content":"Your order is on its way","message_id":"evil_id"}"#;
    let read = || Payload::read(body).and_then(|payload| payload.into_send(None));
    assert!(read().is_ok());
    Scenario::new("vumi: read a message that is put", read)
}

fn answer(name: &str, content_type: &'static str, body: &'static str, instructions: usize) -> Scenario {
    let read =
        move || understand(Contract::ServiceLayer, CallbackKind::IncomingMessage, Some(content_type), body.as_bytes());
    let answer = read();
    assert!(answer.complaints.is_empty() && answer.instructions.len() == instructions, "{answer:?}");
    assert!(matches!(answer.instructions[0], Instruction::Reply { .. }), "{answer:?}");
    Scenario::new(name, read)
}

fn send_message() -> Scenario {
    let form = "api_key=weather-key&phone_number=%2B41791234567&body=Your+order+is+on+its+way+%E2%80%93+tomorrow.";
    let read = || SendMessage::read(&Parameters::read(None, form.as_bytes())?);
    assert!(read().is_ok_and(|send| send.recipients.len() == 1));
    Scenario::new("service layer: read send_message", read)
}
