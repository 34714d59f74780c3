//! SMPP: single PDUs, receipts, and whole exchanges through the bind machine.

use smpp::pdu::{Command, Frame, PDU_BYTES_MAX, frame};
use smpp::receipt::Receipt;
use smpp::{
    Address, Bind, BindEvent, BindMode, Deliver, EsmeOptions, Form, Latin1, Limits, ShortMessage, Status, Submit,
};

use crate::Scenario;

/// The `esm_class` of a receipt (SMPP 3.4 §5.2.12).
const RECEIPT: u8 = 0x04;
const RECEIPT_TEXT: &[u8] = b"id:0E99A4C7 sub:001 dlvrd:001 submit date:2611220506 done date:2611220507 stat:DELIVRD \
    err:000 text:Your order is on its";

pub(crate) fn scenarios() -> Vec<Scenario> {
    vec![
        decode("smpp: decode deliver_sm", Command::DELIVER_SM, deliver()),
        encode("smpp: encode deliver_sm", Command::DELIVER_SM, deliver()),
        decode("smpp: decode submit_sm", Command::SUBMIT_SM, submit()),
        encode("smpp: encode submit_sm", Command::SUBMIT_SM, submit()),
        receipt(),
        delivered(),
        submitted(),
    ]
}

fn latin1(text: &str) -> Latin1 {
    Latin1::from_text(text).expect("ASCII is in Latin 1")
}

fn international(digits: &str) -> Address {
    Address { ton: 1, npi: 1, address: latin1(digits) }
}

fn short_code() -> Address {
    Address { ton: 3, npi: 1, address: latin1("8282") }
}

fn deliver() -> Deliver {
    let short_message = b"Weather Zurich tomorrow".to_vec();
    Deliver {
        source: international("41791234567"),
        destination: short_code(),
        short_message,
        ..ShortMessage::default()
    }
}

fn submit() -> Submit {
    Submit {
        source: short_code(),
        destination: international("41791234567"),
        validity_period: latin1("000001000000000R"),
        registered_delivery: 1,
        short_message: b"Your order is on its way and will be there tomorrow before noon.".to_vec(),
        ..ShortMessage::default()
    }
}

fn bytes_of(command: Command, message: &ShortMessage) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(command, 1, PDU_BYTES_MAX, &mut bytes).expect("the message is short");
    bytes
}

fn read(pdu: &[u8]) -> Option<ShortMessage> {
    match frame(pdu, PDU_BYTES_MAX) {
        Frame::Pdu { body, .. } => ShortMessage::decode(Form::Sm, body).ok().map(|(message, _)| message),
        Frame::Incomplete | Frame::BadLength(_) => None,
    }
}

fn decode(name: &str, command: Command, message: ShortMessage) -> Scenario {
    let pdu = bytes_of(command, &message);
    assert_eq!(read(&pdu), Some(message));
    Scenario::new(name, move || read(&pdu))
}

fn encode(name: &str, command: Command, message: ShortMessage) -> Scenario {
    let mut out = bytes_of(command, &message);
    Scenario::new(name, move || {
        out.clear();
        message.encode(command, 1, PDU_BYTES_MAX, &mut out)
    })
}

fn receipt() -> Scenario {
    let deliver = Deliver { esm_class: RECEIPT, short_message: RECEIPT_TEXT.to_vec(), ..deliver() };
    let read = move || Receipt::read(&deliver, false).map(|receipt| (receipt.candidates(), receipt));
    let (candidates, receipt) = read().expect("esm_class says that it is one");
    assert!(receipt.complaints.is_empty() && candidates.len() > 1, "{receipt:?}");
    Scenario::new("smpp: read a receipt and the spellings of its id", read)
}

/// A bind of ours to an operator.
fn bound() -> Bind {
    let options = EsmeOptions::new(BindMode::Transceiver, latin1("hookswitch"), latin1("secret"));
    let limits = Limits { enquire_interval_ms: 0, ..Limits::default() };
    let mut bind = Bind::esme(EsmeOptions { limits, ..options }, 0).expect("short names");
    bind.receive(&response(Command::BIND_TRANSCEIVER, 1, b"operator\0"), 0);
    bind.take_output(&mut Vec::new());
    assert!(bind.is_bound());
    while bind.poll_event().is_some() {}
    bind
}

fn response(to: Command, sequence: u32, body: &[u8]) -> Vec<u8> {
    let bytes = u32::try_from(body.len() + 16).expect("a short body");
    let header = [bytes, to.response().0, Status::ROK.0, sequence];
    header.into_iter().flat_map(u32::to_be_bytes).chain(body.iter().copied()).collect()
}

/// A deliver_sm comes in and is acknowledged.
fn delivered() -> Scenario {
    let mut bind = bound();
    let pdu = bytes_of(Command::DELIVER_SM, &deliver());
    let mut out = Vec::new();
    Scenario::new("smpp: a bind takes and acknowledges a deliver_sm", move || {
        bind.receive(&pdu, 0);
        let delivered = match bind.poll_event() {
            Some(BindEvent::Delivered { handle, deliver }) => Some((handle, deliver)),
            _ => None,
        };
        let (handle, deliver) = delivered.expect("a whole deliver_sm was received");
        bind.respond_deliver(handle, Status::ROK, 0).expect("it is asked for");
        out.clear();
        bind.take_output(&mut out);
        assert!(!out.is_empty());
        deliver
    })
}

/// A submit_sm goes out and its answer comes back.
fn submitted() -> Scenario {
    let (mut bind, submit) = (bound(), submit());
    let mut out = Vec::new();
    Scenario::new("smpp: a bind sends a submit_sm and takes its answer", move || {
        bind.submit(7, &submit, 0).expect("the window is empty");
        out.clear();
        bind.take_output(&mut out);
        let sequence = out.get(12..16).and_then(|octets| octets.try_into().ok()).map_or(0, u32::from_be_bytes);
        bind.receive(&response(Command::SUBMIT_SM, sequence, b"0E99A4C7\0"), 0);
        let event = bind.poll_event();
        assert!(matches!(event, Some(BindEvent::Submitted { token: 7, .. })));
        event
    })
}
