//! Contracts: the bodies of callbacks, the understanding of answers, and what clients of the API ask.

use contracts::service_layer::api::{Parameters, SendMessage};
use contracts::{render, understand};
use domain::answer::Instruction;
use domain::callback::{CallbackEvent, CallbackKind};
use domain::directory::Contract;
use domain::id::{MessageId, SegmentNumber, Stamp};
use domain::report::ReportStatus;

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
    };
    let report = CallbackEvent::DeliveryReport {
        message,
        segment: SegmentNumber::new(message.stamp, 0),
        status: ReportStatus::Delivered,
        is_final: true,
        phone: address(PHONE),
    };
    let of_report = application.clone();
    vec![
        Scenario::new("service layer: render incoming_message", move || render(&incoming, &application)),
        Scenario::new("service layer: render delivery_report", move || render(&report, &of_report)),
        answer("service layer: understand a text", "text/plain; charset=utf-8", "21 degrees and sunny.", 1),
        answer("service layer: understand an object", "application/json", OBJECT, 2),
        send_message(),
    ]
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
