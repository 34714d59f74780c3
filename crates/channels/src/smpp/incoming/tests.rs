//! Octets of the network and the events they are.

mod long;

use std::sync::Arc;

use domain::report::ReportStatus;
use domain::secret::Secret;
use domain::ussd::SessionEvent;
use smpp::Latin1;

use super::*;
use crate::smpp::{DefaultAlphabet, Endpoint, Options, UssdWire};

fn options() -> Options {
    Options::new(Arc::from("c"), Endpoint { host: "localhost".into(), port: 1 }, "us", Secret::new("pw"))
}

fn deliver(esm_class: u8, data_coding: u8, octets: &[u8]) -> Deliver {
    Deliver {
        source: smpp::Address { ton: 1, npi: 1, address: Latin1::from(b"41791234567") },
        destination: smpp::Address { ton: 0, npi: 1, address: Latin1::from(b"8282") },
        esm_class,
        data_coding,
        short_message: octets.to_vec(),
        ..Deliver::default()
    }
}

fn mo(deliver: &Deliver, options: &Options) -> Mo {
    match event(deliver, options, At(9)) {
        Event::MoArrived(mo) => mo,
        other => panic!("{other:?}"),
    }
}

#[test]
fn whole_texts_by_alphabet() {
    let check = |data_coding, default_alphabet, octets: &[u8], text: &str, encoding, complaints| {
        let mo = mo(&deliver(0, data_coding, octets), &Options { default_alphabet, ..options() });
        assert_eq!(mo.content, MoContent::Whole { text: text.into(), encoding }, "{data_coding:#04x}");
        assert_eq!(mo.complaints.len(), complaints, "{:?}", mo.complaints);
        assert_eq!((mo.from.as_str(), mo.to.as_str(), mo.network_id), ("41791234567", "8282", None));
    };
    use DefaultAlphabet::{Ascii, Gsm7, Gsm7Packed, Latin1};
    check(0x00, Gsm7, b"a\x00\x1b\x65", "a@€", "GSM-7", 0);
    check(0x00, Latin1, b"caf\xe9", "café", "Latin-1", 0);
    check(0x00, Ascii, b"caf\xe9", "caf\u{fffd}", "ASCII", 1);
    check(0x00, Gsm7Packed, &[0xe8, 0x32, 0x9b, 0xfd, 0x06], "hello", "GSM-7 packed", 0);
    check(0x01, Gsm7, b"a@", "a@", "ASCII", 0);
    check(0x03, Gsm7, b"caf\xe9", "café", "Latin-1", 0);
    check(0x08, Gsm7, &[0x04, 0x16, 0xd8, 0x3d, 0xde, 0x00], "Ж😀", "UCS-2", 0);
    check(0x08, Gsm7, &[0x04, 0x16, 0x04], "Ж\u{fffd}", "UCS-2", 1);
    check(0x04, Gsm7, &[0x00, 0xff], "\u{0}ÿ", "Latin-1", 1);
    check(0xf0, Latin1, b"a\x00", "a@", "GSM-7", 0);
    check(0x0e, Gsm7, b"a\x00", "a@", "GSM-7", 1);
    check(0x00, Gsm7, b"", "", "GSM-7", 0);
}

#[test]
fn only_a_ussd_channel_knows_dialogs() {
    let mut dialled = deliver(0, 0x0F, b"*120*1#");
    dialled.tlvs.push_u8(Tag::USSD_SERVICE_OP, 1);
    dialled.tlvs.push_u16(Tag::ITS_SESSION_INFO, 0x2A00);
    let sms = mo(&dialled, &options());
    assert_eq!((sms.session_event, sms.dialog, sms.complaints.len()), (None, None, 0));
    let ussd = Options { ussd: Some(UssdWire::default()), ..options() };
    let turn = mo(&dialled, &ussd);
    assert_eq!((turn.session_event, turn.dialog), (Some(SessionEvent::New), Some(0x2A00)));
    assert_eq!(turn.content, MoContent::Whole { text: "*120*1#".into(), encoding: "GSM-7" });
    let hung_up = Deliver { form: smpp::Form::Data, short_message: Vec::new(), ..dialled };
    assert_eq!(mo(&hung_up, &ussd).session_event, Some(SessionEvent::New), "data_sm is read as deliver_sm is");
}

#[test]
fn the_text_may_be_in_message_payload_and_in_data_sm() {
    for form in [smpp::Form::Sm, smpp::Form::Data] {
        let mut deliver = Deliver { form, ..deliver(0, 0, b"") };
        deliver.tlvs.push(Tag::MESSAGE_PAYLOAD, &b"long ".repeat(100)).unwrap();
        let MoContent::Whole { text, .. } = mo(&deliver, &options()).content else { panic!() };
        assert_eq!(text, "long ".repeat(100));
    }
}

#[test]
fn an_endless_text_is_cut() {
    let mut deliver = deliver(0, 3, b"");
    deliver.tlvs.push(Tag::MESSAGE_PAYLOAD, &vec![0xe9; 60_000]).unwrap();
    let mo = mo(&deliver, &options());
    let MoContent::Whole { text, .. } = mo.content else { panic!() };
    assert!(text.len() <= TEXT_BYTES_MAX && text.len() > TEXT_BYTES_MAX - 4);
    assert_eq!(mo.complaints.len(), 1);
}

#[test]
fn segments() {
    let check = |deliver: &Deliver, expected: Option<(Carrier, u16, u8, u8)>, complaints| {
        let mo = mo(deliver, &options());
        let place = match mo.content {
            MoContent::Segment { place, bytes, alphabet } => {
                assert_eq!((&bytes[..], alphabet), (&b"hi"[..], Alphabet::GSM7));
                Some((place.reference.carrier, place.reference.value, place.total, place.number))
            }
            MoContent::Whole { .. } => None,
        };
        assert_eq!(place, expected);
        assert_eq!(mo.complaints.len(), complaints, "{:?}", mo.complaints);
    };
    check(&deliver(0x40, 0, b"\x05\x00\x03\x34\x03\x02hi"), Some((Carrier::Udh8, 0x34, 3, 2)), 0);
    check(&deliver(0x40, 0, b"\x06\x08\x04\x12\x34\x03\x02hi"), Some((Carrier::Udh16, 0x1234, 3, 2)), 0);
    // Another element before the one that counts.
    check(&deliver(0x40, 0, b"\x08\x70\x01\xff\x00\x03\x34\x03\x02hi"), Some((Carrier::Udh8, 0x34, 3, 2)), 0);
    check(&deliver(0x40, 0, b"\x05\x00\x03\x34\x01\x01hi"), None, 0);
    check(&deliver(0x40, 0, b"\x05\x00\x03\x34\x03\x00hi"), None, 1);
    let mut sar = deliver(0, 0, b"hi");
    sar.tlvs.push_sar(Concat { kind: ConcatKind::Sar, reference: 7, total: 2, segment: 1 });
    check(&sar, Some((Carrier::Sar, 7, 2, 1)), 0);
    let mut oversized = deliver(0, 0, b"");
    oversized.tlvs.push(Tag::MESSAGE_PAYLOAD, &[b'x'; 300]).unwrap();
    oversized.tlvs.push_sar(Concat { kind: ConcatKind::Sar, reference: 7, total: 2, segment: 1 });
    check(&oversized, None, 1);
}

#[test]
fn national_tables_named_by_the_header_are_used() {
    // Turkish single shift (0x24 1 1): escape and 0x63 is ç.
    let MoContent::Whole { text, .. } = mo(&deliver(0x40, 0, b"\x03\x24\x01\x01\x1b\x63"), &options()).content else {
        panic!()
    };
    assert_eq!(text, "ç");
}

#[test]
fn the_identity_of_a_delivery() {
    let mut deliver = deliver(0, 0, b"hi");
    deliver.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, b" mo-17 \0").unwrap();
    deliver.tlvs.push(Tag(0x1401), b"vendor-3").unwrap();
    assert_eq!(mo(&deliver, &options()).network_id.as_deref(), Some("mo-17"));
    let options = Options { mo_identity_tag: Some(0x1401), ..options() };
    assert_eq!(mo(&deliver, &options).network_id.as_deref(), Some("vendor-3"));
}

#[test]
fn receipts_are_reports() {
    let text = b"id:0042 sub:001 dlvrd:001 submit date:2611220500 done date:2611220501 stat:UNDELIV err:099 text:x";
    let Event::ReportArrived { phone, report, channel } = event(&deliver(0x04, 0, text), &options(), At(9)) else {
        panic!()
    };
    assert_eq!((&*channel, phone.as_str()), ("c", "41791234567"));
    assert_eq!((report.status, report.received_at), (ReportStatus::Failed, At(9)));
    assert_eq!(report.ids[0], "42");
    assert_eq!(report.detail, "UNDELIV err:099");
    // A person may write such a text; a network that sends receipts so has to be configured.
    assert!(matches!(event(&deliver(0, 0, text), &options(), At(9)), Event::MoArrived(_)));
    let plain = Options { receipts_in_plain_text: true, ..options() };
    assert!(matches!(event(&deliver(0, 0, text), &plain, At(9)), Event::ReportArrived { .. }));
}
