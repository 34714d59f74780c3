//! Commands nobody knows, answers to nothing, and what peers do with sequence numbers.

use crate::pair::{bound_esme, bound_smsc, events, handles, latin1, message, output, pdu};
use smpp::{AnswerRefused, Bind, BindEvent, Complaint, Limits, Status};

/// Numbers inside and outside of what the spec allows (1 to 0x7FFFFFFF).
const NUMBERS: [u32; 7] = [0, 1, 2, 0x7FFF_FFFE, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];

const TEXT: &str = "00 0101 '41791234567' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 05 'hello'";

fn complaint(complaint: Complaint, count: u32) -> BindEvent {
    BindEvent::Complaint { complaint, count }
}

fn both() -> [Bind; 2] {
    [bound_esme(Limits::default()), bound_smsc(Limits::default())]
}

#[test]
fn unknown_commands_are_nacked_under_their_number_in_both_roles() {
    for id in [0x0000_0000, 0x0000_000A, 0x0000_0016, 0x0000_0104, 0x0000_0111, 0x0001_0200, 0x7FFF_FFFFu32] {
        for number in NUMBERS {
            for mut bind in both() {
                bind.receive(&pdu(&format!("{id:08X} 00000000 {number:08X} 'what'")), 0);
                assert_eq!(output(&mut bind), pdu(&format!("80000000 00000003 {number:08X}")), "{id:#x}");
                assert_eq!(events(&mut bind), [complaint(Complaint::UnknownCommand, 1)]);
                assert!(bind.is_bound());
            }
        }
    }
}

#[test]
fn answers_to_nothing_are_counted_and_change_nothing() {
    let ids = [
        0x8000_0000u32,
        0x8000_0001,
        0x8000_0002,
        0x8000_0003,
        0x8000_0004,
        0x8000_0005,
        0x8000_0006,
        0x8000_0007,
        0x8000_0008,
        0x8000_0009,
        0x8000_0015,
        0x8000_0021,
        0x8000_0103,
        0x8000_00AA,
        0xFFFF_FFFF,
    ];
    let mut bind = bound_esme(Limits::default());
    bind.submit(5, &message("x"), 0).expect("room");
    output(&mut bind);
    let mut strays = 0;
    for id in ids {
        // 2 is the number of the submit.
        for number in NUMBERS.into_iter().filter(|number| *number != 2) {
            for body in ["", "00", "'id' 00", "'no end'"] {
                bind.receive(&pdu(&format!("{id:08X} 00000000 {number:08X} {body}")), 0);
                strays += 1;
            }
        }
    }
    assert_eq!(events(&mut bind), [complaint(Complaint::UnknownResponse, strays)]);
    assert_eq!((output(&mut bind).len(), bind.in_flight(), bind.buffered_bytes()), (0, 1, 0));
    assert!(bind.is_bound());
    bind.receive(&pdu("80000004 00000000 00000002 'id' 00"), 0);
    let answered = BindEvent::Submitted { token: 5, status: Status::ROK, message_id: latin1("id"), late: false };
    assert_eq!(events(&mut bind), [answered]);
}

#[test]
fn every_request_is_answered_under_its_own_number() {
    for number in NUMBERS {
        let mut bind = bound_esme(Limits::default());
        let deliver = pdu(&format!("00000005 00000000 {number:08X} {TEXT}"));
        let data = pdu(&format!("00000103 00000000 {number:08X} 00 000000 000000 00 00 00"));
        bind.receive(&[deliver, data].concat(), 0);
        for handle in handles(&events(&mut bind)) {
            bind.respond_deliver(handle, Status::ROK, 0).expect("asked");
        }
        let answers = [format!("80000005 00000000 {number:08X} 00"), format!("80000103 00000000 {number:08X} 00")];
        assert_eq!(output(&mut bind), answers.map(|answer| pdu(&answer)).concat());
        bind.receive(&pdu(&format!("00000015 00000000 {number:08X}")), 0);
        assert_eq!(output(&mut bind), pdu(&format!("80000015 00000000 {number:08X}")));
        let mut bind = bound_smsc(Limits::default());
        bind.receive(&pdu(&format!("00000004 00000000 {number:08X} {TEXT}")), 0);
        let handle = handles(&events(&mut bind))[0];
        bind.respond_submit(handle, Status::ROK, &latin1("id"), 0).expect("asked");
        assert_eq!(output(&mut bind), pdu(&format!("80000004 00000000 {number:08X} 'id' 00")));
    }
}

#[test]
fn a_message_that_comes_again_before_it_is_answered_is_told_once_and_answered_each_time() {
    let deliver = pdu(&format!("00000005 00000000 00000007 {TEXT}"));
    let answer = pdu("80000005 00000014 00000007 00");
    let mut bind = bound_esme(Limits::default());
    bind.receive(&deliver, 0);
    let asked = handles(&events(&mut bind));
    bind.receive(&[&deliver[..], &deliver[..]].concat(), 0);
    assert_eq!(events(&mut bind), [complaint(Complaint::Repeated, 2)]);
    assert_eq!((asked.len(), bind.unanswered()), (1, 3));
    bind.respond_deliver(asked[0], Status::RMSGQFUL, 0).expect("asked");
    assert_eq!(output(&mut bind), answer.repeat(3));
    assert_eq!(bind.respond_deliver(asked[0], Status::ROK, 0), Err(AnswerRefused::NotAsked));
    assert_eq!(bind.unanswered(), 0);
    // Once it is answered, the same octets are a new delivery: they may as well be a second text of that phone.
    bind.receive(&deliver, 0);
    assert_eq!(handles(&events(&mut bind)).len(), 1);
}

#[test]
fn one_number_for_different_messages_loses_none() {
    let text = |text: &str| {
        pdu(&format!(
            "00000005 00000000 00000000 00 0101 '4179' 00 0001 '8282' 00 00 00 00 00 00 00 00 00 00 02 '{text}'"
        ))
    };
    let mut bind = bound_esme(Limits::default());
    bind.receive(&[text("ab"), text("cd"), text("ab"), text("ef")].concat(), 0);
    let told = events(&mut bind);
    let texts: Vec<&[u8]> = told
        .iter()
        .filter_map(|event| match event {
            BindEvent::Delivered { deliver, .. } => Some(deliver.octets()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, [b"ab", b"cd", b"ef"]);
    assert_eq!(told[3..], [complaint(Complaint::Repeated, 1)]);
    for handle in handles(&told) {
        bind.respond_deliver(handle, Status::ROK, 0).expect("asked");
    }
    assert_eq!(output(&mut bind), pdu("80000005 00000000 00000000 00").repeat(4));
}

#[test]
fn submits_that_come_again_are_taken_once_too() {
    let submit = pdu(&format!("00000004 00000000 00000007 {TEXT}"));
    let mut bind = bound_smsc(Limits::default());
    bind.receive(&[&submit[..], &submit[..]].concat(), 0);
    let told = events(&mut bind);
    assert_eq!((handles(&told).len(), &told[1..]), (1, &[complaint(Complaint::Repeated, 1)][..]));
    bind.respond_submit(handles(&told)[0], Status::ROK, &latin1("id"), 0).expect("asked");
    assert_eq!(output(&mut bind), pdu("80000004 00000000 00000007 'id' 00").repeat(2));
}

#[test]
fn a_flood_of_one_message_is_bounded_like_any_other() {
    let mut bind = bound_esme(Limits { unanswered_max: 100, ..Limits::default() });
    let deliver = pdu(&format!("00000005 00000000 00000007 {TEXT}"));
    bind.receive(&deliver.repeat(1000), 0);
    assert!(!bind.wants_bytes(), "as many answers are owed as may be");
    assert_eq!(bind.unanswered(), 100);
    let told = events(&mut bind);
    assert_eq!(told[1..], [complaint(Complaint::Repeated, 99)]);
    bind.respond_deliver(handles(&told)[0], Status::ROK, 0).expect("asked");
    assert_eq!(output(&mut bind).len(), 100 * 17);
}
