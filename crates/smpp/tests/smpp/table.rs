//! A table of malformed PDUs, made field by field: each is refused in the way the spec names, or taken with a complaint,
//! or ends the connection where nothing else is possible. Memory stays within the limits whatever a PDU claims.

use crate::pair::{bound_esme, bound_smsc, bytes, events, output, pdu};
use smpp::pdu::PDU_BYTES_MAX;
use smpp::{Bind, BindEvent, CloseReason, Complaint, Limits, Status, Tag};

/// What a peer gets for a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    /// A nack, and the end of the connection.
    TheEnd(u32),
    /// A refusal, and the connection stays.
    Refused(Status),
    /// The message is taken, with these complaints in the order of their telling.
    Taken(&'static [Complaint]),
}

struct Row {
    name: String,
    octets: Vec<u8>,
    gets: Gets,
}

/// A body of `deliver_sm` or `submit_sm`, field by field; every field has at least one octet.
const SM: &[(&str, &str)] = &[
    ("service_type", "'CMT' 00"),
    ("source_addr_ton", "01"),
    ("source_addr_npi", "01"),
    ("source_addr", "'41791234567' 00"),
    ("dest_addr_ton", "01"),
    ("dest_addr_npi", "01"),
    ("destination_addr", "'8282' 00"),
    ("esm_class", "40"),
    ("protocol_id", "01"),
    ("priority_flag", "01"),
    ("schedule_delivery_time", "'240101120000000+' 00"),
    ("validity_period", "'000001000000000R' 00"),
    ("registered_delivery", "01"),
    ("replace_if_present_flag", "01"),
    ("data_coding", "01"),
    ("sm_default_msg_id", "01"),
    ("sm_length", "0B"),
    ("short_message", "050003 34 02 01 'hello'"),
];

const DATA: &[(&str, &str)] = &[
    ("service_type", "'CMT' 00"),
    ("source_addr_ton", "01"),
    ("source_addr_npi", "01"),
    ("source_addr", "'41791234567' 00"),
    ("dest_addr_ton", "01"),
    ("dest_addr_npi", "01"),
    ("destination_addr", "'8282' 00"),
    ("esm_class", "40"),
    ("registered_delivery", "01"),
    ("data_coding", "01"),
];

/// Parameters whose every octet but those of a length is not 0, so that no cut looks like a stray NUL.
const PARAMETERS: &[&str] = &["1424 0003 'abc'", "1501 0001 FF", "1502 0004 'wxyz'"];

const DELIVER_SM: &str = "00000005";
const DATA_SM: &str = "00000103";

fn row(name: String, command: &str, body: &[u8], gets: Gets) -> Row {
    let octets = [&pdu(&format!("{command} 00000000 00000001"))[4..], body].concat();
    let length = u32::try_from(octets.len() + 4).expect("short");
    Row { name, octets: [&length.to_be_bytes()[..], &octets].concat(), gets }
}

fn body(fields: &[(&str, &str)]) -> Vec<u8> {
    fields.iter().flat_map(|(_, spelled)| bytes(spelled)).collect()
}

fn lengths(rows: &mut Vec<Row>) {
    let above = [
        0x1_0001,
        0x1_0010,
        0x2_0000,
        0x00FF_FFFF,
        0x0100_0000,
        0x1000_0000,
        0x4745_5420, // "GET "
        0x1603_0100, // a TLS handshake
        0x7FFF_FFFF,
        0x8000_0000,
        0x8000_0010,
        0xFFFF_FFF0,
        0xFFFF_FFFF,
    ];
    for length in (0..16u32).chain(above) {
        let octets = [&length.to_be_bytes()[..], &pdu("00000005 00000000 00000001")].concat();
        rows.push(Row { name: format!("command_length {length:#x}"), octets, gets: Gets::TheEnd(length) });
    }
}

/// The body ends inside each field, octet by octet.
fn cuts(rows: &mut Vec<Row>, command: &str, fields: &[(&str, &str)]) {
    let mut before = Vec::new();
    for (field, spelled) in fields {
        let field_octets = bytes(spelled);
        for kept in 0..field_octets.len() {
            let cut = [&before[..], &field_octets[..kept]].concat();
            let name = format!("{command} ends after {kept} octets of {field}");
            rows.push(row(name, command, &cut, Gets::Refused(Status::RINVMSGLEN)));
        }
        before.extend(field_octets);
    }
}

/// A string without its NUL, in a body without any other, of many lengths; and strings too long for their field.
fn strings(rows: &mut Vec<Row>, command: &str, fields: &[(&str, &str)]) {
    for (at, (field, spelled)) in fields.iter().enumerate().filter(|(_, (_, spelled))| spelled.ends_with("' 00")) {
        let before = body(&fields[..at]);
        for octets in [1, 7, 17, 66, 255, 60_000] {
            let cut = [&before[..], &b"4".repeat(octets)].concat();
            let name = format!("{command}: {field} of {octets} octets without NUL");
            rows.push(row(name, command, &cut, Gets::Refused(Status::RINVMSGLEN)));
        }
        let fits = bytes(spelled).len() - 1;
        for octets in [66, 255, 5000, 60_000] {
            let long = [&before[..], &b"4".repeat(octets), b"\0", &body(&fields[at + 1..])].concat();
            let name = format!("{command}: {field} of {octets} octets, usually {fits}");
            rows.push(row(name, command, &long, Gets::Taken(&[Complaint::OverlongText])));
        }
    }
}

/// `sm_length` says more than there is, or less.
fn text_lengths(rows: &mut Vec<Row>) {
    let text_at = body(SM).len() - 11;
    for claimed in (0..=255u8).filter(|claimed| *claimed != 11) {
        let mut lying = body(SM);
        lying[text_at - 1] = claimed;
        let gets = match claimed {
            12.. => Gets::Refused(Status::RINVMSGLEN),
            // What is left over is no parameter: "ello" claims 0x6C6F octets, and fewer are not even a length.
            _ => Gets::Refused(Status::RINVOPTPARSTREAM),
        };
        // Behind 0 to 2 octets of text a parameter of tag 0x0500 or the like would begin; it lies too.
        rows.push(row(format!("sm_length {claimed} for 11 octets"), DELIVER_SM, &lying, gets));
    }
}

/// Parameters cut, or with lengths that lie.
fn parameters(rows: &mut Vec<Row>, command: &str, fields: &[(&str, &str)]) {
    let whole = body(fields);
    let refused = Gets::Refused(Status::RINVOPTPARSTREAM);
    let mut before = whole.clone();
    for parameter in PARAMETERS {
        let octets = bytes(parameter);
        for kept in 1..octets.len() {
            let cut = [&before[..], &octets[..kept]].concat();
            rows.push(row(format!("{command}: {kept} octets of parameter {parameter}"), command, &cut, refused));
        }
        for claimed in [0x0005u16, 0x00FF, 0x0100, 0x7FFF, 0x8000, 0xFFFF] {
            let mut lying = octets.clone();
            lying[2..4].copy_from_slice(&claimed.to_be_bytes());
            let name = format!("{command}: parameter {parameter} that claims {claimed:#x}");
            rows.push(row(name, command, &[&before[..], &lying].concat(), refused));
        }
        before.extend(octets);
    }
    for stray in 1..=3 {
        let gets = Gets::Taken(&[Complaint::TrailingBytes]);
        let body = [&before[..], &vec![0; stray]].concat();
        rows.push(row(format!("{command}: {stray} stray NULs"), command, &body, gets));
    }
    let known = [
        Tag::RECEIPTED_MESSAGE_ID,
        Tag::USER_MESSAGE_REFERENCE,
        Tag::SOURCE_PORT,
        Tag::SAR_MSG_REF_NUM,
        Tag::SAR_TOTAL_SEGMENTS,
        Tag::SAR_SEGMENT_SEQNUM,
        Tag::NETWORK_ERROR_CODE,
        Tag::MESSAGE_PAYLOAD,
        Tag::MESSAGE_STATE,
        Tag::USSD_SERVICE_OP,
        Tag::ITS_SESSION_INFO,
        Tag(0x0000),
        Tag(0x1400),
        Tag(0xFFFF),
    ];
    for tag in known {
        for length in [0u16, 1, 3, 9, 300, 60_000] {
            let odd = [&tag.0.to_be_bytes(), &length.to_be_bytes(), &vec![0xFE; length.into()][..]].concat();
            let name = format!("{command}: parameter {tag:?} of {length} octets");
            rows.push(row(name, command, &[&whole[..], &odd].concat(), Gets::Taken(&[])));
        }
    }
}

fn table() -> Vec<Row> {
    let mut rows = Vec::new();
    lengths(&mut rows);
    for (command, fields) in [(DELIVER_SM, SM), (DATA_SM, DATA)] {
        cuts(&mut rows, command, fields);
        strings(&mut rows, command, fields);
        parameters(&mut rows, command, fields);
    }
    text_lengths(&mut rows);
    rows
}

/// What came of a PDU that arrived in pieces; nothing is ever held beyond one PDU.
fn got(mut bind: Bind, row: &Row, response: &[u8]) -> Gets {
    for piece in row.octets.chunks(1000) {
        bind.receive(piece, 0);
        assert!(bind.buffered_bytes() <= PDU_BYTES_MAX, "{}", row.name);
    }
    let told = events(&mut bind);
    let written = output(&mut bind);
    let complaints: Vec<Complaint> = told
        .iter()
        .filter_map(|event| match event {
            BindEvent::Complaint { complaint, .. } => Some(*complaint),
            _ => None,
        })
        .collect();
    if let Some(BindEvent::Closed { reason, .. }) = told.last() {
        let CloseReason::BadLength(length) = *reason else { panic!("{}: {reason:?}", row.name) };
        assert_eq!(written, bytes("00000010 80000000 00000002 00000000"), "{}", row.name);
        assert_eq!(bind.buffered_bytes(), 0);
        return Gets::TheEnd(length);
    }
    // The same connection goes on.
    bind.receive(&pdu("00000015 00000000 00000009"), 0);
    assert_eq!(output(&mut bind), pdu("80000015 00000000 00000009"), "{}", row.name);
    if written.is_empty() {
        let taken = told.iter().any(|e| matches!(e, BindEvent::Delivered { .. } | BindEvent::SubmitAsked { .. }));
        assert!(taken, "{}: {told:?}", row.name);
        let known: &[&[Complaint]] = &[&[], &[Complaint::OverlongText], &[Complaint::TrailingBytes]];
        let complaints = known.iter().find(|known| **known == complaints);
        return Gets::Taken(complaints.unwrap_or_else(|| panic!("{}: {told:?}", row.name)));
    }
    assert_eq!(complaints, [Complaint::Undecodable], "{}", row.name);
    assert_eq!((written.len(), &written[4..8], &written[12..]), (16, response, &[0, 0, 0, 1][..]), "{}", row.name);
    Gets::Refused(Status(u32::from_be_bytes([written[8], written[9], written[10], written[11]])))
}

#[test]
fn every_row_gets_its_answer_in_both_roles_and_memory_stays_bounded() {
    let rows = table();
    println!("{} malformed PDUs", rows.len());
    assert!(rows.len() >= 200);
    for row in &rows {
        let command = [&[0x80], &row.octets[5..8]].concat();
        assert_eq!(got(bound_esme(Limits::default()), row, &command), row.gets, "{}", row.name);
        // As a submit_sm or data_sm to an SMSC.
        let mut other = Row { name: row.name.clone(), octets: row.octets.clone(), gets: row.gets };
        if other.octets[4..8] == [0, 0, 0, 5] {
            other.octets[7] = 4;
        }
        let command = [&[0x80], &other.octets[5..8]].concat();
        assert_eq!(got(bound_smsc(Limits::default()), &other, &command), row.gets, "{}", row.name);
    }
}

#[test]
fn a_length_is_judged_before_anything_is_kept_for_it() {
    for length in [0u32, 15, 0x1_0001, 0x7FFF_FFFF, 0xFFFF_FFFF] {
        let mut bind = bound_esme(Limits::default());
        for octet in length.to_be_bytes().chunks(1) {
            assert!(!bind.is_closed());
            bind.receive(octet, 0);
        }
        assert!(bind.is_closed(), "{length:#x}: as soon as the length is known");
    }
    // The longest that is allowed is waited for, and no more of it is kept than has come.
    let mut bind = bound_esme(Limits::default());
    bind.receive(&bytes("00010000 00000005 00000000 00000001"), 0);
    assert_eq!(bind.buffered_bytes(), 16);
}

#[test]
fn answers_of_an_smsc_are_taken_however_they_are_written() {
    let check = |answer: &str, id: &str, complaints: &[Complaint]| {
        let mut bind = bound_esme(Limits::default());
        bind.submit(5, &crate::pair::message("x"), 0).expect("room");
        bind.receive(&pdu(answer), 0);
        let mut told = events(&mut bind).into_iter();
        let Some(BindEvent::Submitted { token: 5, status: Status::ROK, message_id, late: false }) = told.next() else {
            panic!("{answer}")
        };
        assert_eq!(message_id.to_text(), id);
        let complained: Vec<BindEvent> =
            complaints.iter().map(|complaint| BindEvent::Complaint { complaint: *complaint, count: 1 }).collect();
        assert_eq!(told.collect::<Vec<_>>(), complained, "{answer}");
    };
    check("80000004 00000000 00000002", "", &[]);
    check("80000004 00000000 00000002 00", "", &[]);
    check("80000004 00000000 00000002 'id'", "id", &[Complaint::MissingNul]);
    check("80000004 00000000 00000002 'id' 00 'rest'", "id", &[]);
    check("80000004 00000000 00000002 'id' 00 001D 00FF 'cut'", "id", &[]);
    check("80000004 00000000 00000002 E9FF 00", "éÿ", &[]);
    let long = "x".repeat(65);
    check(&format!("80000004 00000000 00000002 '{long}' 00"), &long, &[Complaint::OverlongText]);
    let both = [Complaint::MissingNul, Complaint::OverlongText];
    check(&format!("80000004 00000000 00000002 '{long}'"), &long, &both);
}
