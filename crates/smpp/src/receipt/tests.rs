//! Receipts seen in the field, and spellings of ids.

use super::*;
use crate::pdu::ShortMessage;
use proptest::prelude::*;

const RECEIPT: u8 = 0x04;

fn deliver(esm_class: u8, text: &str) -> Deliver {
    ShortMessage { esm_class, short_message: text.as_bytes().to_vec(), ..ShortMessage::default() }
}

/// Id, state and error of a receipt, `-` for what it doesn't tell.
fn summary(receipt: &Receipt) -> String {
    let dash = || "-".to_owned();
    format!(
        "{} {} {}",
        receipt.message_id.clone().unwrap_or_else(dash),
        receipt.state.map_or_else(dash, |state| state.to_text().to_owned()),
        receipt.error.clone().unwrap_or_else(dash),
    )
}

#[test]
fn texts_of_the_field() {
    let check = |text: &str, expected: &str| {
        let receipt = Receipt::read(&deliver(RECEIPT, text), false).expect("esm_class says so");
        assert_eq!(summary(&receipt), expected, "{text}");
    };
    // The form of appendix B and its small variations.
    check(
        "id:1234567890 sub:001 dlvrd:001 submit date:2401011200 done date:2401011201 stat:DELIVRD err:000 text:Hello",
        "1234567890 DELIVRD 000",
    );
    check(
        "id:1234567890 sub:001 dlvrd:001 submit date:240101120000 done date:240101120100 stat:DELIVRD err:000 Text:Hello",
        "1234567890 DELIVRD 000",
    );
    check(
        "id:1234567890 sub:001 dlvrd:001 submit date:2401011200 done date:2401011201 stat:DELIVRD err:000",
        "1234567890 DELIVRD 000",
    );
    check(
        "ID:ABCDEF SUB:001 DLVRD:001 SUBMIT DATE:2401011200 DONE DATE:2401011201 STAT:DELIVRD ERR:000 TEXT:HELLO",
        "ABCDEF DELIVRD 000",
    );
    check("Id:77 Sub:1 Dlvrd:1 Submit Date:2401011200 Done Date:2401011201 Stat:Delivrd Err:0 Text:", "77 DELIVRD 0");
    check(
        "id: 42 sub: 001 dlvrd: 001 submit date: 2401011200 done date: 2401011201 stat: DELIVRD err: 000 text: hi",
        "42 DELIVRD 000",
    );
    check("id :42 stat :DELIVRD err :1", "42 DELIVRD 1");
    check(
        "id:42 sub:001 dlvrd:000 submit date:2401011200 done date:2401011201 stat:UNDELIV err:8 text:",
        "42 UNDELIV 8",
    );
    check(
        "id:0E999F21-8C5A-4D2B-9A66-0242AC120002 sub:001 dlvrd:001 stat:DELIVRD err:000",
        "0E999F21-8C5A-4D2B-9A66-0242AC120002 DELIVRD 000",
    );
    check("id:00000000000000123456 stat:EXPIRED err:027", "00000000000000123456 EXPIRED 027");
    check("  id:42 stat:EXPIRED", "42 EXPIRED -");
    check("\nid:42\nsub:001\nstat:REJECTD\nerr:11\n", "42 REJECTD 11");
    check("id:42,sub:001,dlvrd:001,stat:DELIVRD,err:000,text:a,b", "42 DELIVRD 000");
    check("id:42;sub:001;dlvrd:001;stat:DELIVRD;err:000", "42 DELIVRD 000");
    check("id=42&sub=1&stat=DELIVRD err=0", "42 DELIVRD 0");
    check("id:\"42\" stat:\"DELIVRD\" err:\"000\"", "42 DELIVRD 000");
    check("id:42 stat:DELIVRD err:000\0", "42 DELIVRD 000");
    check("id:42 submit_date:2401011200 done_date:2401011201 stat:DELIVRD err:000", "42 DELIVRD 000");
    check("id:42 submitdate:2401011200 donedate:2401011201 status:DELIVRD error:5", "42 DELIVRD 5");
    check("msgid:42 status:DELIVERED errcode:5", "42 DELIVRD 5");
    check("Message ID: 42 State: EXPIRED Error-Code: 5", "42 EXPIRED 5");
    check("message_id=42 state=3 err=5", "42 EXPIRED 5");
    // Missing, doubled, empty and unknown fields, another order.
    check("id:42 stat:DELIVRD", "42 DELIVRD -");
    check("stat:DELIVRD id:42", "42 DELIVRD -");
    check("err:12 stat:UNDELIV dlvrd:000 sub:001 id:42", "42 UNDELIV 12");
    check("id:42 sub: dlvrd: submit date: done date: stat:ENROUTE err: text:", "42 ENROUTE -");
    check("id:42 id:43 stat:DELIVRD stat:EXPIRED", "42 DELIVRD -");
    check("id:42 sub:001 dlvrd:001 pid:0 price:0.01 mccmnc:26201 stat:DELIVRD err:000 net:vf", "42 DELIVRD 000");
    check("id:42 stat:DELIVRD err:000 text:id:99 stat:EXPIRED", "42 DELIVRD 000");
    check("id:42 stat:DELIVRD err:EC_ABSENT_SUBSCRIBER", "42 DELIVRD EC_ABSENT_SUBSCRIBER");
    check("id:42 stat:DELIVRD err:0x1F", "42 DELIVRD 0x1F");
    // States cut off, spelled out, in other case, as numbers.
    check("id:42 stat:DELIVERED", "42 DELIVRD -");
    check("id:42 stat:DELIVERD", "42 DELIVRD -");
    check("id:42 stat:DELIV", "42 DELIVRD -");
    check("id:42 stat:DLVRD", "42 DELIVRD -");
    check("id:42 stat:delivered", "42 DELIVRD -");
    check("id:42 stat:EXPIRD", "42 EXPIRED -");
    check("id:42 stat:DELETED", "42 DELETED -");
    check("id:42 stat:DELETD", "42 DELETED -");
    check("id:42 stat:UNDELIVERABLE", "42 UNDELIV -");
    check("id:42 stat:UNDELIVERED", "42 UNDELIV -");
    check("id:42 stat:UNDELVD", "42 UNDELIV -");
    check("id:42 stat:FAILED", "42 UNDELIV -");
    check("id:42 stat:ACCEPTD", "42 ACCEPTD -");
    check("id:42 stat:ACCEPTED", "42 ACCEPTD -");
    check("id:42 stat:UNKNOWN", "42 UNKNOWN -");
    check("id:42 stat:REJECTED", "42 REJECTD -");
    check("id:42 stat:REJECT", "42 REJECTD -");
    check("id:42 stat:EN_ROUTE", "42 ENROUTE -");
    check("id:42 stat:EN ROUTE err:0", "42 ENROUTE 0");
    check("id:42 stat:BUFFRED", "42 ENROUTE -");
    check("id:42 stat:2", "42 DELIVRD -");
    // Nothing in it.
    check("", "- - -");
    check("stat:WHATEVER", "- - -");
    check("Your message was delivered", "- - -");
    check("idea:42 status report", "- - -");
}

#[test]
fn every_field_of_a_receipt_is_told() {
    let text = "id:42 sub:003 dlvrd:002 submit date:2024-01-01 12:00:05 done date:2401011201 \
                stat:DELIVRD err:000 text:Caf\u{e9} id:9";
    let mut message = deliver(RECEIPT, "");
    message.short_message = crate::Latin1::from_text(text).expect("Latin 1").as_bytes().to_vec();
    message.tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 0, 27]).expect("short");
    let expected = Receipt {
        message_id: Some("42".into()),
        state: Some(MessageState::Delivered),
        error: Some("000".into()),
        network_error: Some(NetworkErrorCode { network: 3, code: 27 }),
        submit_date: Some("2024-01-01 12:00:05".into()),
        done_date: Some("2401011201".into()),
        submitted: Some(3),
        delivered: Some(2),
        text: Some("Caf\u{e9} id:9".into()),
        ..Receipt::default()
    };
    assert_eq!(Receipt::read(&message, false), Some(expected));
}

#[test]
fn what_is_missed_is_told() {
    let check = |text: &str, complaints: &[ReceiptComplaint]| {
        let receipt = Receipt::read(&deliver(RECEIPT, text), false).expect("esm_class says so");
        assert_eq!(receipt.complaints, complaints, "{text}");
    };
    check("id:42 stat:DELIVRD", &[]);
    check("stat:DELIVRD", &[ReceiptComplaint::NoId]);
    check("id:42", &[ReceiptComplaint::NoState]);
    check("id:42 stat:GONE", &[ReceiptComplaint::UnknownState("GONE".into())]);
    check("", &[ReceiptComplaint::NoState, ReceiptComplaint::NoId]);
}

#[test]
fn parameters_come_before_the_text() {
    let check = |text: &str, id: &[u8], state: &[u8], expected: &str, complaints: &[ReceiptComplaint]| {
        let mut message = deliver(RECEIPT, text);
        message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, id).expect("short");
        message.tlvs.push(Tag::MESSAGE_STATE, state).expect("short");
        let receipt = Receipt::read(&message, false).expect("esm_class says so");
        assert_eq!(summary(&receipt), expected);
        assert_eq!(receipt.complaints, complaints);
    };
    check("", b"abc\0", &[2], "abc DELIVRD -", &[]);
    check("", b"abc", &[5], "abc UNDELIV -", &[]);
    check("", b"abc\0\0\0", &[0, 8], "abc REJECTD -", &[]);
    check("id:42 stat:DELIVRD", b"abc\0", &[2], "abc DELIVRD -", &[]);
    check("id:42 stat:DELIVRD", b"\0", &[2], "42 DELIVRD -", &[]);
    let disagree = ReceiptComplaint::StatesDisagree("EXPIRED".into());
    check("id:42 stat:EXPIRED", b"abc\0", &[2], "abc DELIVRD -", &[disagree]);
    let number = ReceiptComplaint::UnknownStateNumber(99);
    check("id:42 stat:EXPIRED", b"abc\0", &[99], "abc EXPIRED -", &[number]);
}

#[test]
fn the_id_of_the_text_is_a_candidate_too() {
    let mut message = deliver(RECEIPT, "id:0255 stat:DELIVRD");
    message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, b"FF\0").expect("short");
    let receipt = Receipt::read(&message, false).expect("a receipt");
    assert_eq!(receipt.text_id.as_deref(), Some("0255"));
    assert_eq!(receipt.candidates(), ["FF", "ff", "255", "0255", "597"]);
}

#[test]
fn esm_class_decides() {
    let receipt_text = "id:42 sub:001 dlvrd:001 stat:DELIVRD err:000";
    let check = |esm_class: u8, text: &str, accept_plain: bool, expected: Option<bool>| {
        let receipt = Receipt::read(&deliver(esm_class, text), accept_plain);
        let intermediate = receipt.map(|receipt| receipt.intermediate);
        assert_eq!(intermediate, expected, "{esm_class:#04x} {text:?} {accept_plain}");
    };
    check(0x04, receipt_text, false, Some(false));
    check(0x07, receipt_text, false, Some(false));
    check(0x20, receipt_text, false, Some(true));
    check(0x24, receipt_text, false, Some(true));
    check(0x08, receipt_text, false, Some(false));
    check(0x08, "seen, thanks", false, None);
    check(0x10, receipt_text, false, None);
    check(0x18, receipt_text, true, None);
    check(0x00, receipt_text, false, None);
    check(0x00, receipt_text, true, Some(false));
    check(0x03, receipt_text, true, Some(false));
    // A person may write about ids.
    check(0x00, "my id:42 stat:DELIVRD err:000", true, None);
    check(0x00, "id:42 please", true, None);
    check(0x00, "id:42 stat:DELIVRD", true, None);
    check(0x00, "id:42 stat:married sub:001", true, None);
}

#[test]
fn receipts_in_other_clothes() {
    let text = "id:42 stat:DELIVRD err:000";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let check = |message: ShortMessage| {
        let receipt = Receipt::read(&message, false).expect("a receipt");
        assert_eq!(summary(&receipt), "42 DELIVRD 000");
    };
    check(ShortMessage { data_coding: 8, short_message: wide, ..deliver(RECEIPT, "") });
    check(ShortMessage { data_coding: 8, ..deliver(RECEIPT, text) });
    check(ShortMessage { esm_class: 0x44, ..deliver(0, &format!("\x05\0\x03\x01\x01\x01{text}")) });
    let mut payload = ShortMessage { form: crate::Form::Data, ..deliver(RECEIPT, "") };
    payload.set_octets(text.as_bytes()).expect("short");
    check(payload);
}

#[test]
fn candidates_of_ids() {
    let check = |id: &str, expected: &[&str]| assert_eq!(id_candidates(id), expected, "{id}");
    check("", &[]);
    check("42", &["42", "66", "2a"]);
    check("0042", &["0042", "42", "66", "2a"]);
    check("FF", &["FF", "ff", "255"]);
    check("0x00FF", &["0x00FF", "0x00ff", "ff", "255"]);
    check("0000", &["0000", "0"]);
    check("0E999F21", &["0E999F21", "0e999f21", "e999f21", "244948769"]);
    check("0E999F21-8C5A", &["0E999F21-8C5A", "0e999f21-8c5a", "e999f21-8c5a"]);
    check("FFFFFFFFFFFFFFFF", &["FFFFFFFFFFFFFFFF", "ffffffffffffffff", "18446744073709551615"]);
    // Above 64 bits an id is left alone in the reading that is too large.
    check("1FFFFFFFFFFFFFFFF", &["1FFFFFFFFFFFFFFFF", "1ffffffffffffffff"]);
    check("18446744073709551616", &["18446744073709551616"]);
    check("+42", &["+42"]);
    check("msg_7", &["msg_7"]);
}

proptest! {
    /// However the receipt spells the number of the submit, it is found.
    #[test]
    fn a_respelled_id_finds_its_submit(number: u64, zeros in 0usize..8, there in 0usize..4, back in 0usize..4) {
        let spell = |way: usize, zeros: usize| {
            let zeros = "0".repeat(zeros);
            match way {
                0 => format!("{zeros}{number}"),
                1 => format!("{zeros}{number:x}"),
                2 => format!("{zeros}{number:X}"),
                _ => format!("0x{number:X}"),
            }
        };
        let known = canonical_id(&spell(there, zeros));
        let candidates = id_candidates(&spell(back, 7 - zeros));
        prop_assert!(candidates.contains(&known), "{known} not in {candidates:?}");
    }

    #[test]
    fn no_octets_break_it(esm_class: u8, data_coding: u8, octets: Vec<u8>, plain: bool) {
        let message = ShortMessage { esm_class, data_coding, short_message: octets, ..Default::default() };
        Receipt::read(&message, plain);
    }

    #[test]
    fn no_text_breaks_it(text in "(id|stat|text|err|submit date|\\PC| |:|=|é){0,40}") {
        Receipt::read(&deliver(RECEIPT, &text), true);
        let wide = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let message = ShortMessage { data_coding: 8, short_message: wide, ..deliver(RECEIPT, "") };
        Receipt::read(&message, true);
    }
}
