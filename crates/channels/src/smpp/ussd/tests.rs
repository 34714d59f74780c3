//! Turns of phones as networks say them, and ours as networks read them.

use smpp::ShortMessage;

use super::*;

fn said(op: Option<&[u8]>, info: Option<&[u8]>, text: &str) -> (Turn, usize) {
    let mut deliver = Deliver { short_message: text.into(), ..Deliver::default() };
    if let Some(op) = op {
        deliver.tlvs.push(Tag::USSD_SERVICE_OP, op).unwrap();
    }
    if let Some(info) = info {
        deliver.tlvs.push(Tag::ITS_SESSION_INFO, info).unwrap();
    }
    let mut complaints = Vec::new();
    (turn(&deliver, text, &mut complaints), complaints.len())
}

#[test]
fn turns_as_the_specification_has_them() {
    let check = |op: u8, info: [u8; 2], event, dialog| {
        assert_eq!(said(Some(&[op]), Some(&info), "1"), (Turn { event, dialog: Some(dialog) }, 0), "{op} {info:02x?}");
    };
    check(1, [0x2A, 0x00], SessionEvent::New, 0x2A00);
    check(18, [0x2A, 0x04], SessionEvent::Resume, 0x2A04);
    check(18, [0x2A, 0x05], SessionEvent::Close, 0x2A04);
    check(0, [0x2A, 0x00], SessionEvent::Close, 0x2A00);
    check(1, [0xFF, 0xFE], SessionEvent::New, 0xFFFE);
}

#[test]
fn turns_as_other_peers_have_them() {
    let check = |op: Option<&[u8]>, info: Option<&[u8]>, text, event, dialog, complaints| {
        assert_eq!(said(op, info, text), (Turn { event, dialog }, complaints), "{op:?} {info:?} {text}");
    };
    use SessionEvent::{Close, New, Resume};
    // The request's number for the answer to it, numbers as text, the session's number alone, none at all.
    check(Some(&[2]), Some(&[7, 0]), "1", Resume, Some(0x0700), 0);
    check(Some(b"18"), Some(&[7, 0]), "1", Resume, Some(0x0700), 0);
    check(Some(b"01"), Some(&[7]), "*120#", New, Some(0x0700), 0);
    check(Some(&[18]), None, "1", Resume, None, 0);
    // Numbers of vendors end it: release, abort, timeout.
    check(Some(&[0x20]), Some(&[7, 0]), "", Close, Some(0x0700), 0);
    check(Some(&[0x81]), None, "", Close, None, 0);
    // What only we say, and what nobody says, is told.
    check(Some(&[17]), Some(&[7, 0]), "", Close, Some(0x0700), 1);
    check(Some(&[19]), None, "", Close, None, 1);
    check(Some(&[5]), None, "", Close, None, 1);
    // All 16 bits as a number: the lowest bit of the first turn can't be its end.
    check(Some(&[1]), Some(&[7, 1]), "*120#", New, Some(0x0700), 1);
    // No operation: by the text.
    check(None, None, "*120*1#", New, None, 1);
    check(None, Some(&[7, 0]), "#100#", New, Some(0x0700), 1);
    check(None, Some(&[7, 0]), "1", Resume, Some(0x0700), 1);
    check(None, Some(&[7, 1]), "1", Close, Some(0x0700), 0);
    check(None, None, "#", Resume, None, 1);
    check(Some(&[1]), Some(&[1, 2, 3]), "*120#", New, None, 1);
}

#[test]
fn a_turn_of_ours_goes_back_under_the_same_number() {
    let check = |event, dialog, golden: &[u8]| {
        let mut submit = ShortMessage { registered_delivery: 1, ..Submit::default() };
        mark(&mut submit, UssdTurn { dialog, event }, &UssdWire::default());
        assert_eq!(submit.tlvs.as_wire(), golden, "{event} {dialog:?}");
        assert_eq!((submit.registered_delivery, submit.validity_period.is_empty()), (0, true));
        assert_eq!(submit.service_type.to_text(), "USSD");
    };
    check(SessionEvent::Resume, Some(0x2A04), b"\x05\x01\x00\x01\x02\x13\x83\x00\x02\x2a\x04");
    check(SessionEvent::Close, Some(0x2A04), b"\x05\x01\x00\x01\x11\x13\x83\x00\x02\x2a\x05");
    check(SessionEvent::Resume, None, b"\x05\x01\x00\x01\x02");
    check(SessionEvent::Close, None, b"\x05\x01\x00\x01\x11");
}

#[test]
fn one_text_is_all_that_ussd_carries() {
    let check = |encoding, bytes, fits| assert_eq!(super::check(encoding, bytes).is_ok(), fits, "{encoding:?} {bytes}");
    check(Encoding::Gsm7, 0, true);
    check(Encoding::Gsm7, 182, true);
    check(Encoding::Gsm7, 183, false);
    check(Encoding::Ucs2, 160, true);
    check(Encoding::Ucs2, 162, false);
    let why = super::check(Encoding::Gsm7, 200).unwrap_err();
    assert!(why.contains("200 septets") && why.contains("182"), "{why}");
}
