//! Orders and the PDUs that say them; statuses and the answers they are.

use std::sync::Arc;

use domain::address::Address;
use domain::id::{MessageId, Stamp};
use domain::secret::Secret;
use domain::text::segment::Encoding;
use domain::ussd::{SessionEvent, UssdTurn};

use super::*;
use crate::smpp::{Endpoint, Options, UssdWire};

fn options() -> Options {
    Options::new(Arc::from("c"), Endpoint { host: "localhost".into(), port: 1 }, "us", Secret::new("pw"))
}

fn order(payload: &[u8]) -> SubmitOrder {
    SubmitOrder {
        message: MessageId::new(Stamp::new(1, 0), 7),
        link: 0,
        segment: 0,
        segments: 1,
        reference: 0x1234,
        mark: SegmentMark::Udh8,
        from: Address::parse("8282").unwrap(),
        to: Address::parse("+41791234567").unwrap(),
        encoding: Encoding::Gsm7,
        payload: payload.to_vec(),
        validity_ms: 86_400_000,
        priority: 1,
        report: true,
        ussd: None,
    }
}

#[test]
fn a_single_segment() {
    let submit = submit(order(b"hi"), &options()).unwrap();
    assert_eq!((submit.source.ton, submit.source.npi), (0, 1));
    assert_eq!((submit.destination.ton, submit.destination.npi), (1, 1));
    assert_eq!(submit.destination.address.to_text(), "41791234567");
    assert_eq!((submit.esm_class, submit.data_coding), (0, 0));
    assert_eq!((submit.registered_delivery, submit.priority_flag), (1, 1));
    assert_eq!(submit.validity_period.to_text(), "000001000000000R");
    assert_eq!(submit.short_message, b"hi");
    assert!(submit.tlvs.is_empty());
}

#[test]
fn segments_are_marked_as_the_channel_says() {
    let check = |mark, esm_class, octets: &[u8], sar: bool| {
        let order = SubmitOrder { segment: 1, segments: 3, mark, ..order(b"hi") };
        let submit = submit(order, &options()).unwrap();
        assert_eq!((submit.esm_class, &submit.short_message[..]), (esm_class, octets), "{mark:?}");
        let place = submit.tlvs.sar().map(|concat| (concat.reference, concat.total, concat.segment));
        assert_eq!(place, sar.then_some((0x1234, 3, 2)), "{mark:?}");
    };
    check(SegmentMark::Udh8, 0x40, b"\x05\x00\x03\x34\x03\x02hi", false);
    check(SegmentMark::Udh16, 0x40, b"\x06\x08\x04\x12\x34\x03\x02hi", false);
    check(SegmentMark::Sar, 0, b"hi", true);
}

#[test]
fn what_one_sms_can_not_carry_goes_into_message_payload() {
    let check = |octets: usize, encoding, in_payload| {
        let order = SubmitOrder { mark: SegmentMark::Payload, encoding, ..order(&vec![0x41; octets]) };
        let submit = submit(order, &options()).unwrap();
        assert_eq!(submit.tlvs.get(Tag::MESSAGE_PAYLOAD).is_some(), in_payload, "{octets} {encoding:?}");
        assert_eq!(submit.octets().len(), octets);
    };
    check(160, Encoding::Gsm7, false);
    check(161, Encoding::Gsm7, true);
    check(140, Encoding::Ucs2, false);
    check(142, Encoding::Ucs2, true);
    check(1000, Encoding::Gsm7, true);
}

#[test]
fn what_can_not_be_said_is_refused_with_a_reason() {
    let greek = SubmitOrder { from: Address::parse("Ακμή").unwrap(), ..order(b"hi") };
    assert!(submit(greek, &options()).unwrap_err().contains("Ακμή"));
    let beyond = SubmitOrder { segment: 3, segments: 3, ..order(b"hi") };
    assert!(submit(beyond, &options()).is_err());
}

#[test]
fn statuses_become_answers() {
    let id = Latin1::from(b"0E99");
    let SubmitAnswer::Taken { network_id, spellings } = answer(Status::ROK, &id) else { panic!() };
    assert_eq!(network_id, "0E99");
    assert_eq!(spellings[0], "e99");
    assert!(spellings.contains(&"3737".to_owned()), "{spellings:?}");
    let check = |status, expected: fn(String) -> SubmitAnswer| {
        assert_eq!(answer(status, &id), expected(format!("the network says {status}")));
    };
    check(Status::RTHROTTLED, |reason| SubmitAnswer::Throttled { reason });
    check(Status::RMSGQFUL, |reason| SubmitAnswer::Throttled { reason });
    check(Status::RSYSERR, |reason| SubmitAnswer::Temporary { reason });
    check(Status::RINVDSTADR, |reason| SubmitAnswer::Refused { reason });
    check(Status(0x401), |reason| SubmitAnswer::Refused { reason });
    let nameless = SubmitAnswer::Taken { network_id: String::new(), spellings: Vec::new() };
    assert_eq!(answer(Status::ROK, &Latin1::default()), nameless);
}

#[test]
fn a_ussd_text_is_one_pdu_with_its_dialog() {
    let turn = UssdTurn { dialog: Some(0x2A00), event: SessionEvent::Resume };
    let menu = SubmitOrder { mark: SegmentMark::Payload, ussd: Some(turn), ..order(&[0x41; 182]) };
    let said = submit(menu.clone(), &options()).unwrap();
    assert_eq!((said.short_message.len(), said.esm_class, said.registered_delivery), (182, 0, 0));
    assert_eq!(said.tlvs.as_wire(), b"\x05\x01\x00\x01\x02\x13\x83\x00\x02\x2a\x00");
    let wide = SubmitOrder { encoding: Encoding::Ucs2, payload: vec![0x04; 160], ..menu.clone() };
    let said = submit(wide.clone(), &options()).unwrap();
    assert_eq!((said.short_message.len(), said.data_coding), (160, 8));
    let refused = |order| submit(order, &options()).unwrap_err();
    assert!(refused(SubmitOrder { payload: vec![0x41; 183], ..menu.clone() }).contains("at most 182"));
    assert!(refused(SubmitOrder { payload: vec![0x04; 162], ..wide }).contains("at most 80"));
    assert!(refused(SubmitOrder { segments: 2, ..menu.clone() }).contains("not split"));
    let own = Options { ussd: Some(UssdWire { service_type: String::new() }), ..options() };
    assert!(submit(menu, &own).unwrap().service_type.is_empty());
}
