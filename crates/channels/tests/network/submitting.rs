//! Orders of the engine: every one gets exactly one answer, and the right one.

use crate::support::gateway::Gateway;
use crate::support::raw::{Peer, listen};
use crate::support::{World, eventually, options, order, submit_text};
use channels::simulator::{OperatorOptions, ReceiptIds};
use channels::smpp::{BindKind, Options, SmppChannel};
use domain::directory::SegmentMark;
use domain::message::MessageState;
use domain::report::ReportStatus;
use engine::port::{Channel, Signal, SubmitAnswer, SubmitOrder};
use smpp::pdu::{Command, write_message_id};
use smpp::{Latin1, ShortMessage, Status};

#[test]
fn fates_of_phones_become_answers() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions::default());
    let channel = world.channel(Options { response_timeout_ms: 300, ..options(operator.address().port()) });
    world.engine.wait_up(1);
    let submit = |number, to: &str| {
        channel.submit(order(number, to, "hi"));
        world.engine.wait_answer(number)
    };
    assert!(matches!(submit(1, "41790001234"), SubmitAnswer::Taken { .. }));
    let SubmitAnswer::Refused { reason } = submit(2, "41790000003") else { panic!() };
    assert!(reason.contains("ESME_RINVDSTADR"), "{reason}");
    assert!(matches!(submit(3, "41790000004"), SubmitAnswer::Throttled { .. }));
    assert!(matches!(submit(4, "41790000004"), SubmitAnswer::Throttled { .. }));
    assert!(matches!(submit(5, "41790000004"), SubmitAnswer::Taken { .. }));
    assert!(matches!(submit(6, "41790000008"), SubmitAnswer::Temporary { .. }));
    let SubmitAnswer::Unknown { reason } = submit(7, "41790000006") else { panic!() };
    assert!(reason.contains("300 ms"), "{reason}");
    let SubmitAnswer::Unknown { reason } = submit(8, "41790000007") else { panic!() };
    assert!(reason.contains("connection"), "{reason}");
    world.engine.wait_up(2);
    assert!(matches!(submit(9, "41790001234"), SubmitAnswer::Taken { .. }));
    let nameless = SubmitOrder { from: domain::address::Address::parse("Ακμή").unwrap(), ..order(10, "1", "hi") };
    channel.submit(nameless);
    assert!(matches!(world.engine.wait_answer(10), SubmitAnswer::Refused { .. }));
    world.stop(&channel);
    assert_eq!(world.engine.record().answers().len(), 10);
}

#[test]
fn orders_for_a_link_that_is_not_up_are_answered_at_once() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::accept(&listener);
    channel.submit(order(1, "41790001234", "while binding"));
    channel.submit(SubmitOrder { link: 9, ..order(2, "41790001234", "no such link") });
    assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::NotSent { .. }));
    assert!(matches!(world.engine.wait_answer(2), SubmitAnswer::NotSent { .. }));
    assert!(peer.read().is_some());
    drop((peer, listener));
    world.wait_state(0, "down");
    channel.submit(order(3, "41790001234", "while down"));
    assert!(matches!(world.engine.wait_answer(3), SubmitAnswer::NotSent { .. }));
    world.stop(&channel);
    channel.submit(order(4, "41790001234", "after the end"));
    assert!(matches!(world.engine.wait_answer(4), SubmitAnswer::NotSent { .. }));
}

#[test]
fn a_lost_connection_answers_all_that_was_open_once() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(Options { window: 5, ..options(port) });
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    for number in 0..8 {
        channel.submit(order(number, "41790001234", "hi"));
    }
    let mut sequences = Vec::new();
    for _ in 0..5 {
        let (header, _) = peer.read().unwrap();
        assert_eq!(header.command, Command::SUBMIT_SM);
        sequences.push(header.sequence);
    }
    // Beyond the window nothing is written.
    for number in 5..8 {
        assert!(matches!(world.engine.wait_answer(number), SubmitAnswer::NotSent { .. }));
    }
    peer.say(Command::SUBMIT_SM.response(), Status::RTHROTTLED, sequences[2]);
    assert!(matches!(world.engine.wait_answer(2), SubmitAnswer::Throttled { .. }));
    drop((peer, listener));
    for number in [0, 1, 3, 4] {
        assert!(matches!(world.engine.wait_answer(number), SubmitAnswer::Unknown { .. }));
    }
    world.engine.wait("the link is down", |record| {
        record.signals.iter().any(|signal| matches!(signal, Signal::LinkDown { link: 0, .. })).then_some(())
    });
    world.stop(&channel);
    assert_eq!(world.engine.record().answers().len(), 8);
}

#[test]
fn an_answer_after_the_timeout_is_told_as_what_it_is() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(Options { response_timeout_ms: 100, ..options(port) });
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    channel.submit(order(1, "41790001234", "hi"));
    let (header, _) = peer.read().unwrap();
    assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::Unknown { .. }));
    let mut response = Vec::new();
    write_message_id(&mut response, header.command.response(), Status::ROK, header.sequence, &Latin1::from(b"0E99"));
    // Twice: the second one answers nothing.
    peer.write(&response.repeat(2));
    peer.say(Command::ENQUIRE_LINK, Status::ROK, 7);
    while peer.read().unwrap().0.sequence != 7 {}
    let late = world.engine.wait("the late answer", |record| {
        let mut late = record.signals.iter().filter_map(|signal| match signal {
            Signal::AnsweredLate { message, segment: 0, answer, .. } => Some((message.stamp.ms(), answer.clone())),
            _ => None,
        });
        let first = late.next();
        assert!(late.next().is_none());
        first
    });
    let (1, SubmitAnswer::Taken { network_id, spellings }) = late else { panic!("{late:?}") };
    assert_eq!((&*network_id, &*spellings[0]), ("0E99", "e99"));
    assert!(world.engine.record().answer(1).is_some(), "it was answered once");
    drop((peer, listener));
    world.stop(&channel);
}

#[test]
fn a_message_in_doubt_is_submitted_after_all_when_its_answer_comes_late() {
    let (listener, port) = listen();
    let gateway = Gateway::start(Options { response_timeout_ms: 100, ..options(port) }, 0);
    let mut peer = Peer::bound(&listener);
    gateway.send("41790001234", "hi");
    let (header, _) = peer.read().unwrap();
    let state = |state: MessageState| {
        eventually(state.name(), || match gateway.messages()[0].state {
            found if found == state => Ok(()),
            found => Err(found.name().to_owned()),
        });
    };
    state(MessageState::InDoubt);
    let mut response = Vec::new();
    write_message_id(&mut response, header.command.response(), Status::ROK, header.sequence, &Latin1::from(b"0E99"));
    peer.write(&response);
    state(MessageState::Submitted);
    // The same, but the network says that it did not take it: it is submitted again.
    gateway.send("41790001235", "hi");
    let (header, _) = peer.read().unwrap();
    eventually("in doubt", || match gateway.messages()[0].state {
        MessageState::InDoubt => Ok(()),
        found => Err(found.name().to_owned()),
    });
    peer.say(header.command.response(), Status::RTHROTTLED, header.sequence);
    let (header, _) = peer.read().unwrap();
    assert_eq!(header.command, Command::SUBMIT_SM);
    peer.say(header.command.response(), Status::ROK, header.sequence);
    state(MessageState::Submitted);
}

#[test]
fn what_goes_over_the_wire() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    channel.submit(SubmitOrder { priority: 2, report: false, ..order(1, "+41 79 000 12 34", "a@") });
    let (header, body) = peer.read().unwrap();
    assert_eq!(header.command, Command::SUBMIT_SM);
    let (submit, _) = ShortMessage::decode(smpp::Form::Sm, &body).unwrap();
    assert_eq!(submit.destination.address.to_text(), "41790001234");
    assert_eq!((submit.short_message, submit.data_coding), (vec![b'a', 0], 0));
    assert_eq!((submit.priority_flag, submit.registered_delivery), (2, 0));
    drop((peer, listener));
    world.stop(&channel);
}

#[test]
fn long_texts_arrive_whole_however_they_are_marked() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions { receipt_delay_ms: 0, ..OperatorOptions::default() });
    let port = operator.address().port();
    let channel = world.channel(Options { window: 50, bind: BindKind::Split, ..options(port) });
    world.engine.wait_up(1);
    let latin = "Grüße aus Zürich @ €. ".repeat(30);
    let emoji = "Привет 😀 ".repeat(40);
    let mut number = 0;
    for mark in [SegmentMark::Udh8, SegmentMark::Udh16, SegmentMark::Sar] {
        for text in [&latin, &emoji] {
            number += 1;
            submit_text(&channel, number, "41790001234", text, mark);
            eventually("the text", || match operator.received("41790001234", number - 1).first() {
                Some(received) if received.text == *text && received.from == "8282" => Ok(()),
                received => Err(format!("{mark:?} {received:?}")),
            });
        }
    }
    let payload = SubmitOrder {
        mark: SegmentMark::Payload,
        payload: domain::text::gsm7::encode(&latin).unwrap(),
        ..order(7, "41790001234", "")
    };
    channel.submit(payload);
    eventually("the text", || match operator.received("41790001234", 6).first() {
        Some(received) if received.text == latin => Ok(()),
        received => Err(format!("{received:?}")),
    });
    world.stop(&channel);
}

#[test]
fn reports_bear_a_spelling_under_which_the_submit_is_known() {
    for receipt_ids in [ReceiptIds::AsGiven, ReceiptIds::Decimal] {
        let world = World::taking();
        let options_of_operator = OperatorOptions { receipt_delay_ms: 5, receipt_ids, ..OperatorOptions::default() };
        let operator = world.operator(options_of_operator);
        let channel = world.channel(options(operator.address().port()));
        world.engine.wait_up(1);
        let fates = [
            (1, "41790001234", Some(ReportStatus::Delivered)),
            (2, "41790000001", Some(ReportStatus::Failed)),
            (3, "41790000002", Some(ReportStatus::Expired)),
            (4, "41790000009", Some(ReportStatus::Delivered)),
            (5, "41790000005", None),
        ];
        for (number, phone, status) in fates {
            channel.submit(order(number, phone, "hi"));
            let SubmitAnswer::Taken { spellings, .. } = world.engine.wait_answer(number) else { panic!() };
            let Some(expected) = status else { continue };
            let report = world.engine.wait("the report", |record| {
                let mut reports = record.reports.iter().filter(|(of, _)| of == phone);
                reports.next().map(|(_, report)| report.clone())
            });
            assert_eq!(report.status, expected, "{phone}");
            assert!(report.ids.contains(&spellings[0]), "{:?} {spellings:?}", report.ids);
            assert!(spellings.contains(&report.ids[0]), "{:?} {spellings:?}", report.ids);
        }
        assert!(operator.received("41790000001", 0).is_empty());
        assert_eq!(operator.received("41790000005", 0).len(), 1);
        world.stop(&channel);
        assert_eq!(world.engine.record().reports.len(), 4);
    }
}

#[test]
fn a_stop_waits_for_answers_and_takes_nothing_more() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions { submit_latency_ms: 300, ..OperatorOptions::default() });
    let channel = world.channel(options(operator.address().port()));
    world.engine.wait_up(1);
    channel.submit(order(1, "41790001234", "on its way"));
    eventually("it arrived", || match operator.counts().submits {
        1 => Ok(()),
        submits => Err(format!("{submits}")),
    });
    world.shutdown.send_replace(true);
    world.engine.wait("the link is down", |record| {
        record.signals.iter().any(|signal| matches!(signal, Signal::LinkDown { .. })).then_some(())
    });
    channel.submit(order(2, "41790001234", "too late"));
    assert!(matches!(world.engine.wait_answer(2), SubmitAnswer::NotSent { .. }));
    assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::Taken { .. }));
    world.stop(&channel);
    assert_eq!(operator.counts().submits, 1);
}

#[test]
fn orders_are_answered_even_when_the_workers_are_torn_down() {
    let world = World::taking();
    let (listener, port) = listen();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (inlet, live) = (world.engine.inlet.clone(), world.live.clone());
    let shutdown = world.shutdown.subscribe();
    let channel = SmppChannel::start(options(port), inlet, live, runtime.handle(), shutdown).unwrap();
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    channel.submit(order(1, "41790001234", "written"));
    assert_eq!(peer.read().unwrap().0.command, Command::SUBMIT_SM);
    drop(runtime);
    assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::Unknown { .. }));
    channel.submit(order(2, "41790001234", "to nobody"));
    assert!(matches!(world.engine.wait_answer(2), SubmitAnswer::NotSent { .. }));
}
