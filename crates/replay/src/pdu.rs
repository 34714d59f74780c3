//! One PDU: what is read is written again, octet for octet where the peer wrote it properly, and read as the same.

use smpp::pdu::{
    BindResponse, Command, Frame, HEADER_BYTES, Header, Oddities, PDU_BYTES_MAX, SHORT_MESSAGE_BYTES_MAX, frame,
    read_message_id, write_empty, write_message_id,
};
use smpp::{BindMode, BindRequest, Form, Latin1, ShortMessage, Status};

/// The beginning of a stream.
pub fn check(octets: &[u8]) {
    let Frame::Pdu { header, body, bytes } = frame(octets, PDU_BYTES_MAX) else { return };
    assert_eq!(body.len() + HEADER_BYTES, bytes);
    assert!(bytes <= octets.len());
    for cut in 0..bytes {
        assert_eq!(frame(&octets[..cut], PDU_BYTES_MAX), Frame::Incomplete, "{cut} of {bytes} octets");
    }
    let whole = &octets[..bytes];
    match header.command {
        Command::SUBMIT_SM | Command::DELIVER_SM => message(Form::Sm, header, body, whole),
        Command::DATA_SM => message(Form::Data, header, body, whole),
        command if command == Command::SUBMIT_SM.response() || command == Command::DATA_SM.response() => {
            message_id(header, body, whole);
        }
        command => match (BindMode::of(command), BindMode::of(Command(command.0 & 0x7FFF_FFFF))) {
            (Some(mode), _) => bind(mode, header, body, whole),
            (None, Some(mode)) => bind_response(mode, header, body),
            (None, None) => nothing_but_a_header(header),
        },
    }
}

/// What was written, taken apart again.
fn open(out: &[u8]) -> (Header, &[u8]) {
    match frame(out, PDU_BYTES_MAX) {
        Frame::Pdu { header, body, bytes } if bytes == out.len() => (header, body),
        other => panic!("we wrote no PDU: {other:?}"),
    }
}

fn message(form: Form, header: Header, body: &[u8], whole: &[u8]) {
    let (message, oddities) = match ShortMessage::decode(form, body) {
        Ok(decoded) => decoded,
        Err(error) => return assert!(!error.status().is_ok(), "a refusal that says OK: {error}"),
    };
    let kept = message.short_message.len() + message.tlvs.as_wire().len();
    assert!(kept <= body.len(), "{kept} octets of {}", body.len());
    let (user_data_header, text) = message.split_header();
    assert!(message.octets().ends_with(text));
    assert!(user_data_header.is_some() || text == message.octets());
    let mut out = b"before".to_vec();
    match message.encode(header.command, header.sequence, PDU_BYTES_MAX, &mut out) {
        Ok(()) => {
            let (again, body) = open(&out[6..]);
            assert_eq!(again, Header { status: Status::ROK, ..header });
            assert_eq!(ShortMessage::decode(form, body), Ok((message, Oddities::default())));
            if oddities == Oddities::default() && header.status.is_ok() {
                assert_eq!(&out[6..], whole, "it was well written and we write it otherwise");
            }
        }
        Err(error) => {
            assert_eq!(out, b"before", "half a PDU was written");
            let is_too_long = oddities.overlong_text || message.short_message.len() > SHORT_MESSAGE_BYTES_MAX;
            assert!(is_too_long || whole.len() + HEADER_BYTES > PDU_BYTES_MAX, "{error}");
        }
    }
}

fn message_id(header: Header, body: &[u8], whole: &[u8]) {
    let (id, oddities) = read_message_id(body);
    let mut out = Vec::new();
    write_message_id(&mut out, header.command, header.status, header.sequence, &id);
    let (again, written) = open(&out);
    assert_eq!(again, header);
    assert_eq!(read_message_id(written).0, id);
    if oddities == Oddities::default() && body.iter().filter(|octet| **octet == 0).count() == 1 && body.ends_with(&[0])
    {
        assert_eq!(out, whole);
    }
}

fn bind(mode: BindMode, header: Header, body: &[u8], whole: &[u8]) {
    let Ok((request, oddities)) = BindRequest::decode(mode, body) else { return };
    let other = BindRequest { password: Latin1::from_bytes(b"another"), ..request.clone() };
    assert_eq!(format!("{request:?}"), format!("{other:?}"), "the password is shown");
    let mut out = Vec::new();
    match request.encode(header.sequence, &mut out) {
        Ok(()) => {
            assert_eq!(BindRequest::decode(mode, open(&out).1).map(|(again, _)| again), Ok(request));
            let is_clean = oddities == Oddities::default() && header.status.is_ok();
            assert!(!is_clean || whole.starts_with(&out[4..]) || out[4..] == whole[4..out.len()]);
        }
        Err(error) => {
            assert!(out.is_empty());
            assert!(oddities.overlong_text, "{error}");
        }
    }
}

fn bind_response(mode: BindMode, header: Header, body: &[u8]) {
    let (response, oddities) = BindResponse::decode(body);
    let mut out = Vec::new();
    match response.encode(mode, header.status, header.sequence, &mut out) {
        Ok(()) if header.status.is_ok() => assert_eq!(BindResponse::decode(open(&out).1).0, response),
        Ok(()) => assert_eq!(open(&out).0.status, header.status),
        Err(error) => assert!(oddities.overlong_text, "{error}"),
    }
}

fn nothing_but_a_header(header: Header) {
    let mut out = Vec::new();
    write_empty(&mut out, header.command, header.status, header.sequence);
    assert_eq!(open(&out), (header, &[][..]));
}
