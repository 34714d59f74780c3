//! What two machines do with each other, on a virtual clock.

use crate::pair::{Pair, bound_esme, bound_smsc, bytes, esme, events, handles, latin1, message, output, pdu, smsc};
use smpp::{
    AnswerRefused, Bind, BindEvent, BindMode, BindVerdict, CloseReason, Complaint, Form, Handle, Latin1, Limits,
    SendRefused, ShortMessage, Status, SubmitVerdict,
};

fn closed(reason: CloseReason, in_doubt: &[u64]) -> BindEvent {
    BindEvent::Closed { reason, in_doubt: in_doubt.to_vec() }
}

fn submitted(token: u64, status: Status, message_id: &str) -> BindEvent {
    BindEvent::Submitted { token, status, message_id: latin1(message_id), late: false }
}

#[test]
fn a_bind_is_asked_for_and_accepted() {
    for mode in [BindMode::Transmitter, BindMode::Receiver, BindMode::Transceiver] {
        let mut pair = Pair::new(mode, Limits::default());
        let [BindEvent::BindAsked(request)] = &pair.take_smsc_events()[..] else {
            panic!("one event");
        };
        assert_eq!((request.mode, &request.system_id), (mode, &latin1("hookswitch")));
        assert_eq!(request.password, latin1("secret"));
        assert!(!pair.esme.is_bound());
        assert_eq!(pair.esme.submit(1, &message("too early"), 0), Err(SendRefused::NotBound));
        pair.smsc.accept_bind(0).expect("asked");
        assert_eq!(pair.smsc.accept_bind(0), Err(AnswerRefused::NotAsked));
        pair.drive();
        let bound = BindEvent::Bound { system_id: latin1("operator"), interface_version: Some(0x34) };
        assert_eq!(pair.take_esme_events(), [bound]);
    }
}

#[test]
fn a_refused_bind_ends_both_sides() {
    let mut pair = Pair::new(BindMode::Transceiver, Limits::default());
    pair.take_smsc_events();
    pair.smsc.refuse_bind(Status::RINVPASWD).expect("asked");
    pair.drive();
    let reason = CloseReason::BindRefused(Status::RINVPASWD);
    let refused = BindEvent::BindRefused { status: Status::RINVPASWD };
    assert_eq!(pair.take_esme_events(), [refused, closed(reason, &[])]);
    assert_eq!(pair.take_smsc_events(), [closed(reason, &[])]);
    assert_eq!(Status::RINVPASWD.bind_verdict(), BindVerdict::RefusedForGood);
}

#[test]
fn a_bind_is_refused_by_a_nack_too() {
    let mut bind = esme(BindMode::Transceiver, Limits::default(), 0);
    bind.receive(&pdu("80000000 00000003 00000001"), 0);
    assert_eq!(events(&mut bind)[0], BindEvent::BindRefused { status: Status::RINVCMDID });
}

#[test]
fn answers_to_another_number_neither_bind_nor_refuse_nor_unbind() {
    let mut bind = esme(BindMode::Transceiver, Limits::default(), 0);
    bind.receive(&pdu("80000009 00000000 00000002 'op' 00"), 0);
    bind.receive(&pdu("80000009 0000000E 00000002"), 0);
    bind.receive(&pdu("80000000 00000003 00000002"), 0);
    let strays = |count| BindEvent::Complaint { complaint: Complaint::UnknownResponse, count };
    assert_eq!(events(&mut bind), [strays(3)]);
    bind.receive(&pdu("80000009 00000000 00000001 'op' 00"), 0);
    assert!(bind.is_bound());
    events(&mut bind);
    bind.unbind(0);
    bind.receive(&pdu("80000000 00000003 00000001"), 0);
    assert_eq!(events(&mut bind), [strays(1)]);
    // An SMSC that doesn't know unbind has still been told.
    bind.receive(&pdu("80000000 00000003 00000002"), 0);
    assert_eq!(events(&mut bind), [closed(CloseReason::Unbound, &[])]);
}

#[test]
fn old_smscs_answer_a_bind_in_their_own_way() {
    // Another kind of response, no NUL, no version; or no body at all.
    for response in ["80000001 00000000 00000001 'old'", "80000009 00000000 00000001"] {
        let mut bind = esme(BindMode::Transceiver, Limits::default(), 0);
        bind.receive(&pdu(response), 0);
        assert!(bind.is_bound(), "{response}");
    }
}

#[test]
fn no_bind_in_time_is_the_end() {
    let mut pair = Pair::new(BindMode::Transceiver, Limits::default());
    pair.take_smsc_events();
    pair.pass(29_999);
    assert_eq!((pair.take_esme_events(), pair.take_smsc_events()), (vec![], vec![]));
    pair.pass(1);
    let expected = [closed(CloseReason::BindTimedOut, &[])];
    assert_eq!(pair.take_esme_events(), expected);
    assert_eq!(pair.take_smsc_events(), expected);
    assert_eq!(pair.esme.next_deadline(), None);
}

#[test]
fn submits_are_answered_in_any_order() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    for token in [10, 11, 12] {
        pair.esme.submit(token, &message("hello"), 0).expect("room");
    }
    pair.drive();
    let asked = handles(&pair.take_smsc_events());
    for (handle, id) in [(asked[2], "c"), (asked[0], "a"), (asked[1], "b")] {
        pair.smsc.respond_submit(handle, Status::ROK, &latin1(id), 0).expect("asked");
    }
    pair.drive();
    let expected = [submitted(12, Status::ROK, "c"), submitted(10, Status::ROK, "a"), submitted(11, Status::ROK, "b")];
    assert_eq!(pair.take_esme_events(), expected);
    assert_eq!(pair.esme.in_flight(), 0);
}

#[test]
fn messages_come_as_they_were_sent() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    let data = ShortMessage { form: Form::Data, esm_class: 0x04, ..ShortMessage::default() };
    let plain = message("hello");
    pair.smsc.deliver(1, &plain, 0).expect("room");
    pair.smsc.deliver(2, &data, 0).expect("room");
    pair.esme.submit(3, &data, 0).expect("room");
    pair.drive();
    let [BindEvent::Delivered { handle: first, deliver: a }, BindEvent::Delivered { handle: second, deliver: b }] =
        &pair.take_esme_events()[..]
    else {
        panic!("two messages");
    };
    assert_eq!((a, b), (&plain, &data));
    let [BindEvent::SubmitAsked { handle, submit }] = &pair.take_smsc_events()[..] else {
        panic!("one message");
    };
    assert_eq!(submit, &data);
    pair.smsc.respond_submit(*handle, Status::ROK, &latin1("id"), 0).expect("asked");
    pair.esme.respond_deliver(*second, Status::ROK, 0).expect("asked");
    pair.esme.respond_deliver(*first, Status::RX_T_APPN, 0).expect("asked");
    pair.drive();
    let answered = |token, status| BindEvent::DeliverAnswered { token, status, late: false };
    assert_eq!(pair.take_smsc_events(), [answered(2, Status::ROK), answered(1, Status::RX_T_APPN)]);
    assert_eq!(pair.take_esme_events(), [submitted(3, Status::ROK, "id")]);
}

#[test]
fn a_request_is_answered_once() {
    let mut bind = bound_esme(Limits::default());
    bind.receive(&pdu("00000005 00000000 00000007 00 000000 000000 00 00 00 00 00 00 00 00 00 00"), 0);
    let handle = handles(&events(&mut bind))[0];
    assert_eq!(bind.unanswered(), 1);
    assert_eq!(bind.respond_deliver(handle, Status::ROK, 0), Ok(()));
    assert_eq!(bind.respond_deliver(handle, Status::ROK, 0), Err(AnswerRefused::NotAsked));
    assert_eq!(bind.respond_deliver(Handle::from_number(3), Status::ROK, 0), Err(AnswerRefused::NotAsked));
    assert_eq!(output(&mut bind), pdu("80000005 00000000 00000007 00"));
    assert_eq!(bind.unanswered(), 0);
}

#[test]
fn a_refused_submit_has_no_body_and_a_refused_deliver_has_one() {
    let mut bind = bound_smsc(Limits::default());
    let body = "00 000000 000000 00 00 00 00 00 00 00 00 00 00";
    bind.receive(&pdu(&format!("00000004 00000000 00000009 {body}")), 0);
    let handle = handles(&events(&mut bind))[0];
    let long = Latin1::from_bytes(&[b'x'; 65]);
    let unencodable = bind.respond_submit(handle, Status::ROK, &long, 0);
    assert!(matches!(unencodable, Err(AnswerRefused::Unencodable(_))));
    bind.respond_submit(handle, Status::RTHROTTLED, &latin1("id"), 0).expect("asked");
    assert_eq!(output(&mut bind), pdu("80000004 00000058 00000009"));
    let mut bind = bound_esme(Limits::default());
    bind.receive(&pdu(&format!("00000005 00000000 00000009 {body}")), 0);
    let handle = handles(&events(&mut bind))[0];
    bind.respond_deliver(handle, Status::RMSGQFUL, 0).expect("asked");
    assert_eq!(output(&mut bind), pdu("80000005 00000014 00000009 00"));
}

#[test]
fn statuses_pass_up() {
    let check = |answer: &str, status: Status, verdict: SubmitVerdict| {
        let mut bind = bound_esme(Limits::default());
        bind.submit(5, &message("x"), 0).expect("room");
        bind.receive(&pdu(answer), 0);
        assert_eq!(events(&mut bind), [submitted(5, status, "")], "{answer}");
        assert_eq!(status.submit_verdict(), verdict);
    };
    check("80000004 00000058 00000002", Status::RTHROTTLED, SubmitVerdict::Throttled);
    check("80000004 00000014 00000002 00", Status::RMSGQFUL, SubmitVerdict::Throttled);
    check("80000004 0000000B 00000002", Status::RINVDSTADR, SubmitVerdict::Permanent);
    check("80000004 00000401 00000002", Status(0x401), SubmitVerdict::Permanent);
    check("80000000 00000008 00000002", Status::RSYSERR, SubmitVerdict::Temporary);
    // A nack that says "no error" is no acceptance; data_sm_resp does for submit_sm.
    check("80000000 00000000 00000002", Status::RUNKNOWNERR, SubmitVerdict::Temporary);
    check("80000103 00000000 00000002 00", Status::ROK, SubmitVerdict::Accepted);
}

#[test]
fn messages_flow_only_the_way_of_the_bind() {
    let mut pair = Pair::bound(BindMode::Receiver, Limits::default());
    assert_eq!(pair.esme.submit(1, &message("x"), 0), Err(SendRefused::WrongBind));
    assert_eq!(pair.esme.deliver(1, &message("x"), 0), Err(SendRefused::WrongBind));
    assert_eq!(pair.smsc.deliver(1, &message("x"), 0), Ok(()));
    pair.smsc.receive(&pdu("00000004 00000000 00000009 00"), 0);
    assert_eq!(output(&mut pair.smsc)[34..], pdu("80000004 00000004 00000009"));
    let mut pair = Pair::bound(BindMode::Transmitter, Limits::default());
    assert_eq!(pair.smsc.deliver(1, &message("x"), 0), Err(SendRefused::WrongBind));
    assert_eq!(pair.smsc.submit(1, &message("x"), 0), Err(SendRefused::WrongBind));
    assert_eq!(pair.esme.submit(1, &message("x"), 0), Ok(()));
}

#[test]
fn a_full_window_keeps_messages_back_and_nothing_else() {
    let limits = Limits { window: 2, ..Limits::default() };
    let mut pair = Pair::bound(BindMode::Transceiver, limits);
    for token in [1, 2] {
        pair.esme.submit(token, &message("x"), 0).expect("room");
    }
    assert_eq!(pair.esme.submit(3, &message("x"), 0), Err(SendRefused::WindowFull));
    pair.drive();
    let asked = handles(&pair.take_smsc_events());
    assert_eq!(asked.len(), 2);
    // Silence until both have asked each other whether they are there.
    pair.pass(59_000);
    assert!(pair.esme.is_bound() && pair.smsc.is_bound());
    assert_eq!(pair.esme.submit(3, &message("x"), pair.now), Err(SendRefused::WindowFull));
    pair.smsc.respond_submit(asked[1], Status::ROK, &latin1("id"), pair.now).expect("asked");
    pair.drive();
    assert_eq!(pair.esme.submit(3, &message("x"), pair.now), Ok(()));
}

#[test]
fn a_slow_smsc_gets_nothing_twice() {
    // 5 answers a second, a window of 10 and 60 s of patience.
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    let mut token = 0;
    let mut waiting = Vec::new();
    let mut answers = 0;
    while answers < 500 {
        while pair.esme.submit(token, &message("x"), pair.now).is_ok() {
            token += 1;
        }
        pair.drive();
        waiting.extend(handles(&pair.take_smsc_events()));
        pair.smsc.respond_submit(waiting.remove(0), Status::ROK, &latin1("i"), pair.now).expect("asked");
        pair.pass(200);
        let events = pair.take_esme_events();
        assert_eq!(events, [submitted(answers, Status::ROK, "i")]);
        answers += 1;
    }
    assert_eq!(token, answers + 9);
}

#[test]
fn submits_time_out_and_late_answers_still_tell() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    pair.esme.submit(7, &message("x"), pair.now).expect("room");
    pair.drive();
    let asked = handles(&pair.take_smsc_events());
    pair.pass(59_999);
    assert_eq!(pair.take_esme_events(), []);
    pair.pass(1);
    assert_eq!(pair.take_esme_events(), [BindEvent::SubmitTimedOut { token: 7 }]);
    assert_eq!(pair.esme.in_flight(), 0);
    pair.smsc.respond_submit(asked[0], Status::ROK, &latin1("id"), pair.now).expect("asked");
    pair.drive();
    let late = BindEvent::Submitted { token: 7, status: Status::ROK, message_id: latin1("id"), late: true };
    assert_eq!(pair.take_esme_events(), [late]);
}

#[test]
fn delivers_time_out_too() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    pair.smsc.deliver(7, &message("x"), pair.now).expect("room");
    pair.pass(60_000);
    assert_eq!(pair.take_smsc_events(), [BindEvent::DeliverTimedOut { token: 7 }]);
}

#[test]
fn answers_to_nothing_are_counted_and_ignored() {
    let mut bind = bound_esme(Limits::default());
    bind.submit(5, &message("x"), 0).expect("room");
    let strays = [
        "80000004 00000000 00000099 00",
        "80000005 00000000 00000002 00",
        "80000000 00000003 00000000",
        "80000009 00000000 00000002 00",
        "80000006 00000000 00000002",
        "80000015 00000000 00000002",
        "80000003 00000000 00000002",
        "8000ABCD 00000000 00000002",
    ];
    for stray in strays {
        bind.receive(&pdu(stray), 0);
    }
    let complaint = BindEvent::Complaint { complaint: Complaint::UnknownResponse, count: 8 };
    assert_eq!(events(&mut bind), [complaint]);
    assert_eq!(bind.in_flight(), 1);
    output(&mut bind);
    assert_eq!(output(&mut bind), b"", "responses are never answered");
    bind.receive(&pdu("80000004 00000000 00000002 'id' 00"), 0);
    bind.receive(&pdu("80000004 00000000 00000002 'id' 00"), 0);
    let twice = BindEvent::Complaint { complaint: Complaint::UnknownResponse, count: 1 };
    assert_eq!(events(&mut bind), [submitted(5, Status::ROK, "id"), twice]);
}

#[test]
fn either_side_unbinds() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    pair.esme.unbind(0);
    assert_eq!(pair.esme.submit(1, &message("x"), 0), Err(SendRefused::NotBound));
    pair.drive();
    assert_eq!(pair.take_esme_events(), [closed(CloseReason::Unbound, &[])]);
    let peer = [BindEvent::PeerUnbound, closed(CloseReason::PeerUnbound, &[])];
    assert_eq!(pair.take_smsc_events(), peer);
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    pair.esme.submit(4, &message("x"), 0).expect("room");
    pair.drive();
    pair.take_smsc_events();
    pair.smsc.unbind(0);
    pair.drive();
    let peer = [BindEvent::PeerUnbound, closed(CloseReason::PeerUnbound, &[4])];
    assert_eq!(pair.take_esme_events(), peer);
    assert_eq!(pair.take_smsc_events(), [closed(CloseReason::Unbound, &[])]);
}

#[test]
fn messages_are_still_taken_and_answered_while_unbinding() {
    let mut bind = bound_esme(Limits::default());
    bind.submit(4, &message("x"), 0).expect("room");
    output(&mut bind);
    bind.unbind(0);
    assert_eq!(output(&mut bind), pdu("00000006 00000000 00000003"));
    bind.receive(&pdu("00000005 00000000 00000007 00 000000 000000 00 00 00 00 00 00 00 00 00 00"), 0);
    bind.receive(&pdu("80000004 00000000 00000002 'id' 00"), 0);
    let seen = events(&mut bind);
    assert_eq!(seen[1], submitted(4, Status::ROK, "id"));
    bind.respond_deliver(handles(&seen)[0], Status::ROK, 0).expect("asked");
    assert_eq!(output(&mut bind), pdu("80000005 00000000 00000007 00"));
    bind.receive(&pdu("80000006 00000000 00000003"), 0);
    assert_eq!(events(&mut bind), [closed(CloseReason::Unbound, &[])]);
}

#[test]
fn an_unbind_without_answer_ends_too() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    pair.broken = true;
    pair.esme.unbind(0);
    pair.pass(60_000);
    assert_eq!(pair.take_esme_events(), [closed(CloseReason::UnbindTimedOut, &[])]);
}

#[test]
fn a_broken_connection_leaves_what_was_in_flight_in_doubt() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    for token in [31, 30, 33, 32] {
        pair.esme.submit(token, &message("x"), 0).expect("room");
    }
    pair.drive();
    let asked = handles(&pair.take_smsc_events());
    pair.smsc.respond_submit(asked[1], Status::ROK, &latin1("id"), 0).expect("asked");
    pair.drive();
    pair.take_esme_events();
    pair.esme.disconnected();
    pair.esme.disconnected();
    pair.smsc.disconnected();
    pair.drive();
    assert_eq!(pair.take_esme_events(), [closed(CloseReason::Disconnected, &[31, 33, 32])]);
    assert_eq!(pair.smsc.respond_submit(asked[0], Status::ROK, &latin1("id"), 0), Err(AnswerRefused::NotAsked));
    assert_eq!(pair.esme.submit(1, &message("x"), 0), Err(SendRefused::NotBound));
    assert!(!pair.esme.wants_bytes());
}

#[test]
fn a_silent_peer_is_asked_and_answers() {
    let mut pair = Pair::bound(BindMode::Transceiver, Limits::default());
    pair.pass(3_600_000);
    assert!(pair.esme.is_bound() && pair.smsc.is_bound());
    assert_eq!((pair.take_esme_events(), pair.take_smsc_events()), (vec![], vec![]));
}

#[test]
fn a_peer_that_vanished_is_found_after_interval_and_timeout() {
    let limits = Limits { response_timeout_ms: 10_000, ..Limits::default() };
    let mut pair = Pair::bound(BindMode::Transceiver, limits);
    pair.pass(12_345);
    pair.broken = true;
    pair.esme.submit(1, &message("x"), pair.now).expect("room");
    pair.pass(10_000);
    assert_eq!(pair.take_esme_events(), [BindEvent::SubmitTimedOut { token: 1 }]);
    pair.pass(30_000 + 10_000 - 12_345 - 10_000 - 1);
    assert_eq!(pair.take_esme_events(), []);
    pair.pass(1);
    assert_eq!(pair.take_esme_events(), [closed(CloseReason::KeepaliveTimedOut, &[])]);
}

#[test]
fn any_sign_of_life_counts_and_a_busy_link_is_not_asked() {
    let mut bind = bound_esme(Limits::default());
    for second in 1..200 {
        bind.timeout(second * 1000);
        bind.receive(&pdu("00000015 00000000 00000044"), second * 1000);
        assert_eq!(output(&mut bind), pdu("80000015 00000000 00000044"), "only the answer");
    }
    // Asked, but busy sending instead of answering; then the answer comes after all.
    bind.timeout(229_000);
    assert_eq!(output(&mut bind), pdu("00000015 00000000 00000002"));
    bind.receive(&pdu("00000015 00000000 00000045"), 280_000);
    bind.timeout(289_000);
    bind.receive(&pdu("80000015 00000000 00000002"), 289_500);
    assert!(bind.is_bound());
    assert_eq!(events(&mut bind), []);
}

#[test]
fn an_interval_of_zero_never_asks() {
    let limits = Limits { enquire_interval_ms: 0, ..Limits::default() };
    let mut bind = bound_esme(limits);
    assert_eq!(bind.next_deadline(), None);
    bind.timeout(1_000_000_000);
    assert_eq!(output(&mut bind), b"");
    assert!(bind.is_bound());
}

#[test]
fn an_owner_that_owes_answers_is_given_no_more() {
    let limits = Limits { unanswered_max: 3, ..Limits::default() };
    let mut bind = bound_esme(limits);
    let deliver =
        |number: u32| pdu(&format!("00000005 00000000 {number:08X} 00 000000 000000 00 00 00 00 00 00 00 00 00 00"));
    let mut stream: Vec<u8> = (1..=4).flat_map(deliver).collect();
    stream.extend(pdu("00000015 00000000 00000044"));
    stream.extend(&deliver(5)[..20]);
    bind.receive(&stream, 0);
    let asked = handles(&events(&mut bind));
    assert_eq!(asked.len(), 3);
    assert!(!bind.wants_bytes());
    assert_eq!(output(&mut bind), b"");
    bind.respond_deliver(asked[1], Status::ROK, 0).expect("asked");
    assert!(!bind.wants_bytes(), "the fourth was waiting");
    assert_eq!(handles(&events(&mut bind)).len(), 1);
    bind.respond_deliver(asked[0], Status::ROK, 0).expect("asked");
    assert!(bind.wants_bytes());
    let expected = ["80000005 00000000 00000002 00", "80000005 00000000 00000001 00"].map(pdu).concat();
    assert_eq!(output(&mut bind), [expected, pdu("80000015 00000000 00000044")].concat());
    bind.receive(&deliver(5)[20..], 0);
    assert_eq!(handles(&events(&mut bind)).len(), 1);
}

#[test]
fn nobody_is_given_up_while_nothing_is_read() {
    let limits = Limits { unanswered_max: 1, ..Limits::default() };
    let mut bind = bound_esme(limits);
    bind.submit(9, &message("x"), 0).expect("room");
    bind.receive(&pdu("00000005 00000000 00000007 00 000000 000000 00 00 00 00 00 00 00 00 00 00"), 20_000);
    let asked = handles(&events(&mut bind));
    assert_eq!(bind.next_deadline(), None);
    bind.timeout(500_000);
    assert_eq!(events(&mut bind), []);
    bind.respond_deliver(asked[0], Status::ROK, 500_000).expect("asked");
    // 20 s of its 60 had gone by before reading stopped.
    bind.timeout(539_999);
    assert_eq!(events(&mut bind), []);
    bind.timeout(540_000);
    assert_eq!(events(&mut bind), [BindEvent::SubmitTimedOut { token: 9 }]);
}

#[test]
fn an_owner_that_does_not_stop_reading_loses_the_connection() {
    let limits = Limits { unanswered_max: 1, ..Limits::default() };
    let mut bind = bound_esme(limits);
    let deliver = pdu("00000005 00000000 00000007 00 000000 000000 00 00 00 00 00 00 00 00 00 00");
    let chunk = deliver.repeat(1000);
    let mut given = 0;
    while !bind.is_closed() {
        bind.receive(&chunk, 0);
        given += chunk.len();
        assert!(given < 400_000);
    }
    assert_eq!(events(&mut bind).last(), Some(&closed(CloseReason::Overrun, &[])));
    assert_eq!(bind.buffered_bytes(), 0);
}

#[test]
fn a_peer_that_does_not_read_is_not_read_and_then_closed() {
    let limits = Limits { output_bytes_max: 1600, ..Limits::default() };
    let mut bind = bound_esme(limits);
    let enquire = pdu("00000015 00000000 00000044");
    bind.receive(&enquire.repeat(50), 0);
    assert!(bind.wants_bytes());
    bind.receive(&enquire, 0);
    assert!(!bind.wants_bytes());
    bind.receive(&enquire.repeat(49), 0);
    assert!(!bind.is_closed());
    assert_eq!(bind.submit(1, &message("x"), 0), Err(SendRefused::OutputFull));
    assert_eq!((bind.in_flight(), bind.buffered_bytes()), (0, 1600), "nothing of it went out");
    bind.receive(&enquire, 0);
    assert_eq!(events(&mut bind), [closed(CloseReason::SlowReader, &[])]);
    // Where reading stops in time, the silence is what ends it.
    let mut bind = bound_esme(limits);
    bind.receive(&enquire.repeat(51), 0);
    bind.timeout(30_000);
    bind.timeout(90_000);
    assert_eq!(events(&mut bind), [closed(CloseReason::KeepaliveTimedOut, &[])]);
}

#[test]
fn bursts_are_one_write() {
    let mut bind = bound_esme(Limits { window: 100, ..Limits::default() });
    for token in 0..100 {
        bind.submit(token, &message("x"), 0).expect("room");
    }
    let mut out = b"before".to_vec();
    bind.take_output(&mut out);
    assert_eq!(out.len(), 6 + 100 * 34);
    bind.take_output(&mut out);
    assert_eq!(out.len(), 6 + 100 * 34);
}

#[test]
fn a_second_bind_and_messages_before_the_first_are_refused() {
    let mut bind = smsc(Limits::default(), 0);
    bind.receive(&pdu("00000004 00000000 00000001 00"), 0);
    assert_eq!(output(&mut bind), pdu("80000004 00000004 00000001"));
    bind.receive(&pdu("00000009 00000000 00000002 'a' 00 'b' 00 00 34 00 00 00"), 0);
    bind.receive(&pdu("00000009 00000000 00000003 'a' 00 'b' 00 00 34 00 00 00"), 0);
    assert_eq!(output(&mut bind), pdu("80000009 00000005 00000003"));
    assert!(matches!(events(&mut bind)[0], BindEvent::BindAsked(_)));
    bind.accept_bind(0).expect("asked");
    assert_eq!(output(&mut bind), pdu("80000009 00000000 00000002 'operator' 00 0210 0001 34"));
    // An ESME of SMPP 3.3 is not told a version it can't read.
    let mut bind = smsc(Limits::default(), 0);
    bind.receive(&pdu("00000002 00000000 00000002 'a' 00 'b' 00 00 33 00 00 00"), 0);
    bind.accept_bind(0).expect("asked");
    assert_eq!(output(&mut bind), pdu("80000002 00000000 00000002 'operator' 00"));
}

/// What a peer says to a bound ESME, in one stream.
fn transcript() -> Vec<u8> {
    [
        pdu("80000009 00000000 00000001 'operator' 00 0210 0001 34"),
        pdu("00000005 00000000 00000001 00 0101 '41790000000' 00 0000 '8282' 00 00 00 00 00 00 00 00 00 00 05 'hello' 0204 0002 0007"),
        pdu("00000015 00000000 00000002"),
        pdu("00000103 00000000 00000003 00 000000 000000 04 00 00 001E 0003 '42' 00 0427 0001 02"),
        pdu("0000ABCD 00000000 00000004 'what'"),
        pdu("00000005 00000000 00000005 00 00"),
        pdu("80000004 00000000 00000077 'id' 00"),
        pdu("00000006 00000000 00000006"),
    ]
    .concat()
}

fn told_by(chunks: &[&[u8]]) -> (Vec<BindEvent>, Vec<u8>) {
    let mut bind: Bind = esme(BindMode::Transceiver, Limits::default(), 0);
    output(&mut bind);
    for chunk in chunks {
        bind.receive(chunk, 0);
    }
    (events(&mut bind), output(&mut bind))
}

#[test]
fn where_the_stream_is_cut_makes_no_difference() {
    let stream = transcript();
    let whole = told_by(&[&stream]);
    let (seen, written) = &whole;
    assert_eq!(seen.len(), 8, "{seen:?}");
    let answers = [
        "80000015 00000000 00000002",
        "80000000 00000003 00000004",
        "80000005 00000001 00000005",
        "80000006 00000000 00000006",
    ];
    assert_eq!(*written, answers.map(pdu).concat());
    for cut in 0..stream.len() {
        assert_eq!(told_by(&[&stream[..cut], &stream[cut..]]), whole, "cut at {cut}");
    }
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(told_by(&single), whole);
    let triple: Vec<&[u8]> = stream.chunks(3).collect();
    assert_eq!(told_by(&triple), whole);
}

#[test]
fn the_bind_request_is_the_first_output() {
    let mut bind = esme(BindMode::Receiver, Limits::default(), 0);
    let golden = pdu("00000001 00000000 00000001 'hookswitch' 00 'secret' 00 00 34 00 00 00");
    assert_eq!(output(&mut bind), golden);
    assert_eq!(bytes("00"), [0]);
}
