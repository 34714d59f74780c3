//! The bytes of every PDU, both ways, and a second opinion on them from another implementation.

use crate::pair::{bytes, golden_bind, latin1, pdu};
use proptest::prelude::*;
use rusmpp::decode::DecodeWithLength;
use rusmpp::encode::Encode;
use smpp::pdu::{
    BindResponse, Command, Frame, Header, Oddities, PDU_BYTES_MAX, frame, read_message_id, write_empty,
    write_message_id,
};
use smpp::udh::{Concat, ConcatKind};
use smpp::{Address, BindMode, Form, Latin1, ShortMessage, Status, Tag, Tlvs};

const CLEAN: Oddities = Oddities { missing_nul: false, overlong_text: false, trailing_bytes: false };

/// The header and body of exactly one PDU.
fn open(pdu: &[u8]) -> (Header, &[u8]) {
    match frame(pdu, PDU_BYTES_MAX) {
        Frame::Pdu { header, body, bytes } if bytes == pdu.len() => (header, body),
        other => panic!("{other:?}"),
    }
}

/// Another implementation must read our bytes and write the same again.
pub(crate) fn second_opinion(ours: &[u8], name: &str) {
    let mut input = ::bytes::BytesMut::from(&ours[4..]);
    let (command, _) = rusmpp::Command::decode(&mut input, ours.len() - 4)
        .unwrap_or_else(|error| panic!("{name}: {error}: {ours:02x?}"));
    let mut theirs = vec![0; ours.len() + 100];
    let written = command.encode(&mut theirs);
    assert_eq!(&theirs[..written], &ours[4..]);
}

fn full_message(form: Form) -> ShortMessage {
    let mut tlvs = Tlvs::default();
    tlvs.push_u16(Tag::USER_MESSAGE_REFERENCE, 0x1234);
    tlvs.push_sar(Concat { kind: ConcatKind::Sar, reference: 7, total: 2, segment: 1 });
    tlvs.push(Tag(0x1400), b"vendor").expect("short");
    let mut message = ShortMessage {
        form,
        service_type: latin1("CMT"),
        source: Address { ton: 5, npi: 0, address: latin1("Zürich") },
        destination: Address { ton: 1, npi: 1, address: latin1("41790000000") },
        esm_class: 0x40,
        registered_delivery: 1,
        data_coding: 8,
        tlvs,
        ..ShortMessage::default()
    };
    if form == Form::Sm {
        message.protocol_id = 0x7F;
        message.priority_flag = 3;
        message.schedule_delivery_time = latin1("240101120000000+");
        message.validity_period = latin1("000001000000000R");
        message.replace_if_present_flag = 1;
        message.sm_default_msg_id = 9;
    }
    message.set_octets(b"\x00h\x00i").expect("short");
    message
}

const TLVS: &str = "0204 0002 1234  020C 0002 0007  020E 0001 02  020F 0001 01  1400 0006 'vendor'";

fn full_body(form: Form) -> String {
    let addresses = "'CMT' 00  05 00 'Z' FC 'rich' 00  01 01 '41790000000' 00  40";
    match form {
        Form::Sm => {
            format!("{addresses} 7F 03 '240101120000000+' 00 '000001000000000R' 00 01 01 08 09 04 00680069 {TLVS}")
        }
        Form::Data => format!("{addresses} 01 08 {TLVS} 0424 0004 00680069"),
    }
}

#[test]
fn messages() {
    let check = |command: Command, id: &str, body: &str, message: &ShortMessage| {
        let golden = pdu(&format!("{id} 00000000 7FFFFFFF {body}"));
        let mut out = b"before".to_vec();
        message.encode(command, 0x7FFF_FFFF, PDU_BYTES_MAX, &mut out).expect("within limits");
        assert_eq!(&out[6..], golden, "{command}");
        let (header, body) = open(&golden);
        assert_eq!(header, Header { command, status: Status::ROK, sequence: 0x7FFF_FFFF });
        assert_eq!(ShortMessage::decode(message.form, body), Ok((message.clone(), CLEAN)));
        if message.source.address.as_bytes().is_ascii() {
            second_opinion(&golden, "golden");
        }
    };
    let empty = "00 000000 000000 00 00 00 00 00 00 00 00 00 00";
    check(Command::SUBMIT_SM, "00000004", empty, &ShortMessage::default());
    check(Command::DELIVER_SM, "00000005", empty, &ShortMessage::default());
    let empty_data = ShortMessage { form: Form::Data, ..ShortMessage::default() };
    check(Command::DATA_SM, "00000103", "00 000000 000000 00 00 00", &empty_data);
    for (command, id, form) in [
        (Command::SUBMIT_SM, "00000004", Form::Sm),
        (Command::DELIVER_SM, "00000005", Form::Sm),
        (Command::DATA_SM, "00000103", Form::Data),
    ] {
        check(command, id, &full_body(form), &full_message(form));
        let ascii =
            ShortMessage { source: Address { ton: 5, npi: 0, address: latin1("Zurich") }, ..full_message(form) };
        check(command, id, &full_body(form).replace("' FC '", "u"), &ascii);
    }
}

#[test]
fn binds() {
    // The example of SMPP 3.4 §3.2.3.
    let golden = bytes("0000002F 00000002 00000000 00000001 'SMPP3TEST' 00 'secret08' 00 'SUBMIT1' 00 00 01 01 00");
    let mut out = Vec::new();
    golden_bind().encode(1, &mut out).expect("within limits");
    assert_eq!(out, golden);
    second_opinion(&golden, "golden");
    let (header, body) = open(&golden);
    assert_eq!(header.command, Command::BIND_TRANSMITTER);
    let decoded = smpp::BindRequest::decode(BindMode::Transmitter, body);
    assert_eq!(decoded, Ok((golden_bind(), CLEAN)));
    assert!(!format!("{decoded:?}").contains("secret08"), "passwords stay out of logs");
    for (mode, id) in
        [(BindMode::Receiver, "80000001"), (BindMode::Transmitter, "80000002"), (BindMode::Transceiver, "80000009")]
    {
        let response = BindResponse { system_id: latin1("SMSC"), sc_interface_version: Some(0x34) };
        let golden = pdu(&format!("{id} 00000000 00000001 'SMSC' 00 0210 0001 34"));
        let mut out = Vec::new();
        response.encode(mode, Status::ROK, 1, &mut out).expect("within limits");
        assert_eq!(out, golden);
        second_opinion(&golden, "golden");
        assert_eq!(BindResponse::decode(open(&golden).1), (response, CLEAN));
        assert_eq!(BindMode::of(mode.command()), Some(mode));
    }
    assert_eq!(BindResponse::decode(b"").0, BindResponse::default());
    assert_eq!(BindResponse::decode(b"SMSC").0.system_id, latin1("SMSC"));
    assert_eq!(BindResponse::decode(b"SMSC\0\x02\x10\0\x05x").0.sc_interface_version, None);
}

#[test]
fn headers_alone() {
    let check = |command: Command, status: Status, id: &str| {
        let golden = bytes(&format!("00000010 {id} 00000102"));
        let mut out = Vec::new();
        write_empty(&mut out, command, status, 0x102);
        assert_eq!(out, golden, "{command}");
        assert_eq!(open(&golden), (Header { command, status, sequence: 0x102 }, &b""[..]));
        second_opinion(&golden, "golden");
    };
    check(Command::ENQUIRE_LINK, Status::ROK, "00000015 00000000");
    check(Command::ENQUIRE_LINK.response(), Status::ROK, "80000015 00000000");
    check(Command::UNBIND, Status::ROK, "00000006 00000000");
    check(Command::UNBIND.response(), Status::ROK, "80000006 00000000");
    check(Command::GENERIC_NACK, Status::RINVCMDID, "80000000 00000003");
    check(Command::SUBMIT_SM.response(), Status::RTHROTTLED, "80000004 00000058");
}

#[test]
fn answers_to_messages() {
    let check = |command: Command, id: &str, message_id: &str| {
        let golden = pdu(&format!("{id} 00000000 00000002 '{message_id}' 00"));
        let mut out = Vec::new();
        write_message_id(&mut out, command, Status::ROK, 2, &latin1(message_id));
        assert_eq!(out, golden, "{command}");
        second_opinion(&golden, "golden");
        assert_eq!(read_message_id(open(&golden).1), (latin1(message_id), CLEAN));
    };
    check(Command::SUBMIT_SM.response(), "80000004", "0E999F21");
    check(Command::DELIVER_SM.response(), "80000005", "");
    check(Command::DATA_SM.response(), "80000103", "0E999F21");
}

#[test]
fn names_of_commands() {
    let check = |command: Command, name: &str| assert_eq!(command.to_string(), name);
    check(Command::SUBMIT_SM, "submit_sm");
    check(Command::SUBMIT_SM.response(), "submit_sm_resp");
    check(Command::GENERIC_NACK, "generic_nack");
    check(Command(0x0001_0200), "command 0x00010200");
}

#[test]
fn what_can_not_be_said_is_refused_and_nothing_is_written() {
    use smpp::pdu::EncodeError;
    let check = |message: ShortMessage, expected: EncodeError| {
        let mut out = Vec::new();
        assert_eq!(message.encode(Command::SUBMIT_SM, 1, 400, &mut out), Err(expected));
        assert!(out.is_empty());
    };
    let address = |text: &str| Address { ton: 0, npi: 0, address: latin1(text) };
    let base = ShortMessage::default;
    check(ShortMessage { source: address("123456789012345678901"), ..base() }, EncodeError::TextTooLong("source_addr"));
    check(ShortMessage { destination: address("1\x002"), ..base() }, EncodeError::NulInText("destination_addr"));
    check(ShortMessage { short_message: vec![0; 255], ..base() }, EncodeError::ShortMessageTooLong);
    check(ShortMessage { form: Form::Data, short_message: vec![0], ..base() }, EncodeError::ShortMessageInDataSm);
    let mut long = ShortMessage { form: Form::Data, ..base() };
    long.set_octets(&[0; 400]).expect("below 64 KiB");
    check(long, EncodeError::PduTooLong);
    // To the octet: 16 of header, 17 of body, 4 + 363 of payload.
    let mut fits = base();
    fits.set_octets(&[1; 363]).expect("below 64 KiB");
    let mut out = Vec::new();
    assert_eq!(fits.encode(Command::SUBMIT_SM, 1, 400, &mut out), Ok(()));
    assert_eq!(out.len(), 400);
    assert_eq!(fits.octets(), [1; 363]);
}

#[test]
fn known_parameters_are_read_on_demand() {
    use smpp::pdu::{ItsSessionInfo, NetworkErrorCode};
    let mut tlvs = Tlvs::default();
    let info = ItsSessionInfo { session: 9, sequence: 3, end: true };
    tlvs.push_its_session_info(info);
    tlvs.push_u8(Tag::USSD_SERVICE_OP, 2);
    tlvs.push(Tag::NETWORK_ERROR_CODE, &[3, 1, 2]).expect("short");
    tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &latin1("é")).expect("short");
    tlvs.push(Tag::SOURCE_PORT, &[]).expect("short");
    tlvs.push(Tag::DESTINATION_PORT, &[0; 5]).expect("short");
    tlvs.push_u8(Tag::USSD_SERVICE_OP, 99);
    assert_eq!(tlvs.its_session_info(), Some(info));
    assert_eq!(tlvs.number(Tag::USSD_SERVICE_OP), Some(2), "the first of two");
    assert_eq!(tlvs.network_error_code(), Some(NetworkErrorCode { network: 3, code: 0x102 }));
    assert_eq!(tlvs.text(Tag::RECEIPTED_MESSAGE_ID), Some(latin1("é")));
    assert_eq!(tlvs.get(Tag::RECEIPTED_MESSAGE_ID), Some(&b"\xE9\0"[..]));
    assert_eq!(tlvs.number(Tag::SOURCE_PORT), None, "no octets");
    assert_eq!(tlvs.number(Tag::DESTINATION_PORT), None, "five octets");
    assert_eq!(tlvs.sar(), None);
    assert_eq!(tlvs.iter().count(), 7);
    tlvs.push_sar(Concat { kind: ConcatKind::Sar, reference: 1, total: 2, segment: 3 });
    assert_eq!(tlvs.sar(), None, "segment 3 of 2");
    assert!(tlvs.push(Tag(1), &[0; 65_536]).is_err());
}

#[test]
fn the_parameters_of_ussd() {
    use smpp::pdu::{ItsSessionInfo, UssdServiceOp};
    // SMPP 3.4 §5.3.2.43: the session's number, then seven bits of sequence, and the end in the lowest bit.
    let check = |session, sequence, end, golden: &str| {
        let info = ItsSessionInfo { session, sequence, end };
        let mut tlvs = Tlvs::default();
        tlvs.push_its_session_info(info);
        assert_eq!(tlvs.as_wire(), bytes(golden));
        assert_eq!(tlvs.its_session_info(), Some(info));
    };
    check(0, 0, false, "1383 0002 0000");
    check(0x2A, 0, true, "1383 0002 2A01");
    check(255, 127, false, "1383 0002 FFFE");
    let mut tlvs = Tlvs::default();
    tlvs.push_ussd_service_op(UssdServiceOp::USSR_REQUEST);
    tlvs.push_its_session_info(ItsSessionInfo { session: 0x2A, sequence: 1, end: false });
    assert_eq!(tlvs.as_wire(), bytes("0501 0001 02  1383 0002 2A02"));
    let message = ShortMessage { tlvs, ..ShortMessage::default() };
    let mut pdu = Vec::new();
    message.encode(Command::SUBMIT_SM, 1, PDU_BYTES_MAX, &mut pdu).expect("within limits");
    second_opinion(&pdu, "USSD");
}

#[test]
fn the_ussd_operation_is_read_however_a_peer_writes_it() {
    use smpp::pdu::UssdServiceOp;
    let check = |octets: &[u8], expected: Option<u8>| {
        let mut tlvs = Tlvs::default();
        tlvs.push(Tag::USSD_SERVICE_OP, octets).expect("short");
        assert_eq!(tlvs.ussd_service_op(), expected.map(UssdServiceOp), "{octets:02x?}");
    };
    check(&[1], Some(1));
    check(&[18], Some(18));
    check(&[0x81], Some(0x81));
    check(&[0, 0, 0, 18], Some(18));
    check(b"1", Some(1));
    check(b"02", Some(2));
    check(b"18\0", Some(18));
    check(&[0], Some(0));
    check(&[0, 0], Some(0));
    check(&[1, 0], None);
    check(b"", None);
    check(b"999", None);
    check(b"op", None);
    assert_eq!(Tlvs::default().ussd_service_op(), None);
    assert!(UssdServiceOp(32).is_vendor() && !UssdServiceOp(31).is_vendor());
}

fn texts(bytes_max: usize) -> impl Strategy<Value = Latin1> {
    proptest::collection::vec(1u8.., 0..=bytes_max).prop_map(|bytes| Latin1::from_bytes(&bytes))
}

fn messages_within_limits() -> impl Strategy<Value = ShortMessage> {
    let address =
        || (any::<u8>(), any::<u8>(), texts(20)).prop_map(|(ton, npi, address)| Address { ton, npi, address });
    let tlv = (any::<u16>(), proptest::collection::vec(any::<u8>(), 0..20));
    let fields = (
        (texts(5), address(), address(), texts(16), texts(16)),
        proptest::array::uniform8(any::<u8>()),
        proptest::collection::vec(any::<u8>(), 0..=254),
        proptest::collection::vec(tlv, 0..5),
        any::<bool>(),
    );
    fields.prop_map(|((service_type, source, destination, schedule, validity), octets, text, tlvs, data)| {
        let mut message = ShortMessage {
            form: if data { Form::Data } else { Form::Sm },
            service_type,
            source,
            destination,
            esm_class: octets[0],
            registered_delivery: octets[1],
            data_coding: octets[2],
            ..ShortMessage::default()
        };
        for (tag, value) in tlvs {
            message.tlvs.push(Tag(tag), &value).expect("short");
        }
        if !data {
            message.schedule_delivery_time = schedule;
            message.validity_period = validity;
            message.protocol_id = octets[3];
            message.priority_flag = octets[4];
            message.replace_if_present_flag = octets[5];
            message.sm_default_msg_id = octets[6];
            message.short_message = text;
        }
        message
    })
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back(message in messages_within_limits()) {
        let mut out = Vec::new();
        message.encode(Command::SUBMIT_SM, 1, PDU_BYTES_MAX, &mut out).expect("within limits");
        let (_, body) = open(&out);
        prop_assert_eq!(ShortMessage::decode(message.form, body), Ok((message, CLEAN)));
    }
}
