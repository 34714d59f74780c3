//! Peers that send garbage: each piece has its answer, and nothing breaks or grows.

use crate::pair::{bound_esme, bound_smsc, bytes, events, output, pdu, smsc};
use proptest::prelude::*;
use smpp::bind::READ_BYTES_MAX;
use smpp::{Bind, BindEvent, CloseReason, Complaint, Limits};

const ADDRESSES: &str = "00 000000 000000";

/// Feeds a bound ESME; gives what it writes, whom it complains of, how many messages came, and how it ended.
fn fed(stream: &[u8]) -> (Vec<u8>, Vec<Complaint>, usize, Option<CloseReason>) {
    let mut bind = bound_esme(Limits::default());
    bind.receive(stream, 0);
    let (mut complaints, mut messages, mut end) = (Vec::new(), 0, None);
    for event in events(&mut bind) {
        match event {
            BindEvent::Complaint { complaint, .. } => complaints.push(complaint),
            BindEvent::Delivered { .. } => messages += 1,
            BindEvent::Closed { reason, .. } => end = Some(reason),
            other => panic!("{other:?}"),
        }
    }
    (output(&mut bind), complaints, messages, end)
}

#[test]
fn lengths_out_of_range_end_the_connection() {
    let nack = bytes("00000010 80000000 00000002 00000000");
    for length in [0, 1, 15, 0x1_0001, 0x7FFF_FFFF, 0xFFFF_FFFFu32] {
        for rest in [&b""[..], b"\0\0\0\x15\0\0\0\0\0\0\0\x05"] {
            let stream = [&length.to_be_bytes()[..], rest].concat();
            let end = Some(CloseReason::BadLength(length));
            assert_eq!(fed(&stream), (nack.clone(), vec![], 0, end), "{length:#x}");
        }
    }
    // The longest PDU allowed is only waited for; the limit is the owner's.
    let (written, _, _, end) = fed(&bytes("00010000 00000005 00000000 00000001"));
    assert_eq!((written, end), (vec![], None));
    let mut bind = bound_esme(Limits { pdu_bytes_max: 100, ..Limits::default() });
    bind.receive(&bytes("00000065"), 0);
    assert!(bind.is_closed());
}

#[test]
fn what_can_not_be_read_is_refused_and_the_connection_stays() {
    let check = |body: &str, status: &str, complaint: Complaint| {
        let id = body.get(..8).expect("a command id");
        let response = format!("8{}", &id[1..]);
        let stream = [pdu(body), pdu("00000015 00000000 00000002")].concat();
        let alive = pdu("80000015 00000000 00000002");
        let refusal = pdu(&format!("{response} {status} 00000001"));
        let expected = ([refusal, alive].concat(), vec![complaint], 0, None);
        assert_eq!(fed(&stream), expected, "{body}");
    };
    const HEAD: &str = "00000005 00000000 00000001";
    const MSGLEN: &str = "00000001";
    const OPTPAR: &str = "000000C0";
    let deliver = |rest: &str, status| check(&format!("{HEAD} {rest}"), status, Complaint::Undecodable);
    // Cut inside each field in turn.
    deliver("", MSGLEN);
    deliver("'CMT'", MSGLEN);
    deliver("00", MSGLEN);
    deliver("00 01", MSGLEN);
    deliver("00 0101", MSGLEN);
    deliver("00 0101 '4179'", MSGLEN);
    deliver("00 0101 '4179' 00", MSGLEN);
    deliver("00 0101 '4179' 00 0101 '8282'", MSGLEN);
    deliver(ADDRESSES, MSGLEN);
    deliver(&format!("{ADDRESSES} 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 '24'"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00 00 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00 00 00 00 00"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00 00 00 00 00 00"), MSGLEN);
    // No NUL anywhere.
    deliver(&"FF ".repeat(200), MSGLEN);
    // sm_length lies.
    deliver(&format!("{ADDRESSES} 00 00 00 00 00 00 00 00 00 01"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00 00 00 00 00 00 FF 'short'"), MSGLEN);
    deliver(&format!("{ADDRESSES} 00 00 00 00 00 00 00 00 00 06 'short'"), MSGLEN);
    // Optional parameters lie.
    let whole = format!("{ADDRESSES} 00 00 00 00 00 00 00 00 00 00");
    deliver(&format!("{whole} 0424 0001"), OPTPAR);
    deliver(&format!("{whole} 0424 FFFF 'x'"), OPTPAR);
    deliver(&format!("{whole} 0204 0002 0007 0424 0003 'xx'"), OPTPAR);
    deliver(&format!("{whole} 04"), OPTPAR);
    deliver(&format!("{whole} 0424 00"), OPTPAR);
    let data = |rest: &str, status| {
        check(&format!("00000103 00000000 00000001 {rest}"), status, Complaint::Undecodable);
    };
    data("", MSGLEN);
    data(&format!("{ADDRESSES} 00 00"), MSGLEN);
    data(&format!("{ADDRESSES} 00 00 00 0424 0009"), OPTPAR);
    // Commands that are not for an ESME.
    for id in ["00000004", "00000003", "00000008", "00000007", "00000021", "00000009", "00000001"] {
        check(&format!("{id} 00000000 00000001 00"), "00000003", Complaint::NotServed);
    }
}

#[test]
fn unknown_commands_are_nacked_and_the_connection_stays() {
    for id in ["00000000", "0000000A", "00000111", "00010200", "7FFFFFFF"] {
        let stream = [pdu(&format!("{id} 00000000 00000009 'what'")), pdu("00000015 00000000 00000002")];
        let answers = ["80000000 00000003 00000009", "80000015 00000000 00000002"].map(pdu).concat();
        assert_eq!(fed(&stream.concat()), (answers, vec![Complaint::UnknownCommand], 0, None), "{id}");
    }
}

#[test]
fn commands_without_answer_get_none() {
    for id in ["0000000B", "00000102"] {
        let stream = pdu(&format!("{id} 00000000 00000009 'op' 00 'pw' 00"));
        assert_eq!(fed(&stream), (vec![], vec![Complaint::Ignored], 0, None));
    }
}

#[test]
fn small_sins_are_overlooked_and_told() {
    let check = |body: &str, complaints: &[Complaint]| {
        let stream = pdu(&format!("00000005 00000000 00000001 {body}"));
        assert_eq!(fed(&stream), (vec![], complaints.to_vec(), 1, None), "{body}");
    };
    let rest = "00 00 00 00 00 00 00 00 00";
    check(&format!("{ADDRESSES} {rest} 00"), &[]);
    check(&format!("{ADDRESSES} {rest} 05 'hello' 00"), &[Complaint::TrailingBytes]);
    check(&format!("{ADDRESSES} {rest} 05 'hello' 000000"), &[Complaint::TrailingBytes]);
    check(&format!("{ADDRESSES} {rest} FF {}", "41".repeat(255)), &[]);
    let long = "'1234567890123456789012345' 00";
    check(&format!("00 0000 {long} 000000 {rest} 00"), &[Complaint::OverlongText]);
    check(&format!("'TOOLONG' 00 000000 000000 {rest} 00"), &[Complaint::OverlongText]);
    // Known parameters of odd lengths, unknown ones, and empty ones.
    check(&format!("{ADDRESSES} {rest} 00 0427 0003 010203 020C 0000 1500 0001 FF"), &[]);
    // Numbers no spec allows.
    check(&format!("{ADDRESSES} FF FF FF 00 00 FF FF FF FF 00"), &[]);
}

#[test]
fn vendor_values_are_kept() {
    let mut bind = bound_esme(Limits::default());
    let body = "'TOOLONG' 00 FFFE '1234567890123456789012345' 00 0909 E9 00 FF EE DD 00 00 FF FF CC 77 03 'abc'";
    bind.receive(&pdu(&format!("00000005 00000000 00000001 {body} 1401 0002 BEEF")), 0);
    let Some(BindEvent::Delivered { deliver, .. }) = bind.poll_event() else {
        panic!("a message");
    };
    assert_eq!(deliver.service_type.to_text(), "TOOLONG");
    assert_eq!((deliver.source.ton, deliver.source.npi), (0xFF, 0xFE));
    assert_eq!(deliver.source.address.to_text(), "1234567890123456789012345");
    assert_eq!(deliver.destination.address.to_text(), "é");
    assert_eq!((deliver.esm_class, deliver.data_coding, deliver.sm_default_msg_id), (0xFF, 0xCC, 0x77));
    assert_eq!(deliver.octets(), b"abc");
    assert_eq!(deliver.tlvs.get(smpp::Tag(0x1401)), Some(&[0xBE, 0xEF][..]));
}

#[test]
fn any_sequence_number_is_echoed() {
    for sequence in ["00000000", "7FFFFFFF", "80000000", "FFFFFFFF"] {
        let (written, ..) = fed(&pdu(&format!("00000015 00000000 {sequence}")));
        assert_eq!(written, pdu(&format!("80000015 00000000 {sequence}")));
    }
}

#[test]
fn an_smsc_survives_bad_requests_too() {
    let mut bind = smsc(Limits::default(), 0);
    bind.receive(&pdu("00000009 00000000 00000001 'no end'"), 0);
    assert_eq!(output(&mut bind), pdu("80000009 00000001 00000001"));
    bind.receive(&pdu("00000009 00000000 00000002 'a' 00 'b' 00 00 34 00 00"), 0);
    assert_eq!(output(&mut bind), b"", "a missing NUL at the end is overlooked");
    assert!(matches!(bind.poll_event(), Some(BindEvent::BindAsked(_))));
    let mut bind = bound_smsc(Limits::default());
    for id in ["00000003", "00000007", "00000008", "00000021", "00000005"] {
        bind.receive(&pdu(&format!("{id} 00000000 00000001 'x' 00")), 0);
        assert_eq!(output(&mut bind), pdu(&format!("8{} 00000003 00000001", &id[1..])));
    }
}

/// PDUs to start damage from.
fn seeds() -> Vec<Vec<u8>> {
    [
        "00000005 00000000 00000001 00 0101 '4179' 00 0000 '8282' 00 04 00 00 00 00 00 00 00 00 05 'hello' 0424 0002 'xx'",
        "00000103 00000000 00000003 00 000000 000000 04 00 00 001E 0003 '42' 00 0427 0001 02",
        "00000004 00000000 00000004 00 000000 000000 00 00 00 00 00 00 00 00 00 00",
        "00000009 00000000 00000005 'a' 00 'b' 00 00 34 00 00 00",
        "80000004 00000000 00000002 'id' 00",
        "80000005 00000000 00000002 00",
        "80000009 00000000 00000001 'op' 00 0210 0001 34",
        "00000015 00000000 00000006",
        "80000015 00000000 00000002",
        "80000000 00000003 00000002",
    ]
    .map(pdu)
    .to_vec()
}

/// A stream of PDUs in which some octets were changed.
fn damaged_streams() -> impl Strategy<Value = Vec<u8>> {
    let pieces = proptest::collection::vec(proptest::sample::select(seeds()), 1..20);
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (pieces, damage).prop_map(|(pieces, damage)| {
        let mut stream = pieces.concat();
        for (at, octet) in damage {
            let at = at.index(stream.len());
            stream[at] = octet;
        }
        stream
    })
}

fn survivors() -> [Bind; 3] {
    let limits = Limits { unanswered_max: 5, output_bytes_max: 400, ..Limits::default() };
    let mut esme = bound_esme(Limits::default());
    esme.submit(1, &crate::pair::message("x"), 0).expect("room");
    [esme, bound_smsc(Limits::default()), bound_esme(limits)]
}

/// Events and output do not depend on how the stream came, and memory stays within the limits.
fn drink(bind: &mut Bind, stream: &[u8], chunk_bytes: usize) -> (Vec<BindEvent>, Vec<u8>) {
    let bytes_max = READ_BYTES_MAX + 64 * 1024 + 1024 * 1024;
    for chunk in stream.chunks(chunk_bytes) {
        bind.receive(chunk, 0);
        assert!(bind.buffered_bytes() <= bytes_max);
        assert!(bind.unanswered() <= 2048);
    }
    bind.timeout(1_000_000);
    (events(bind), output(bind))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn damage_breaks_nothing(stream in damaged_streams(), chunk_bytes in 1usize..50) {
        for (mut whole, mut cut) in survivors().into_iter().zip(survivors()) {
            let expected = drink(&mut whole, &stream, stream.len());
            let result = drink(&mut cut, &stream, chunk_bytes);
            prop_assert_eq!(result, expected);
        }
    }

    #[test]
    fn noise_breaks_nothing(stream in proptest::collection::vec(any::<u8>(), 1..2000)) {
        for mut bind in survivors() {
            drink(&mut bind, &stream, 100);
        }
    }

    #[test]
    fn any_body_is_read_or_refused(id in 0u32..0x110, body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut stream = (16 + body.len() as u32).to_be_bytes().to_vec();
        stream.extend([id.to_be_bytes(), [0; 4], [0, 0, 0, 9]].concat());
        stream.extend(body);
        for mut bind in survivors() {
            drink(&mut bind, &stream, stream.len());
        }
    }
}
