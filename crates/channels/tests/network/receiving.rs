//! Messages and receipts from the network: when they are acknowledged, with which status, and what they become.

use std::io::Write;
use std::time::Duration;

use crate::support::raw::{Peer, deliver_octets, listen};
use crate::support::{Say, World, accepted, eventually, message, options};
use channels::simulator::OperatorOptions;
use channels::smpp::Options;
use domain::decision::Outcome;
use domain::event::MoContent;
use domain::text::coding::Alphabet;
use engine::inlet::NotTaken;
use smpp::pdu::{Command, write_empty};
use smpp::{Deliver, Latin1, Status, Tag};

#[test]
fn an_mo_is_acknowledged_only_when_its_ticket_says_so() {
    let world = World::new(|_| Say::Later);
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    for sequence in 1..=3 {
        peer.write(&deliver_octets(sequence, b"hello"));
    }
    let tickets = world
        .engine
        .wait("three tickets", |record| (record.tickets.len() == 3).then(|| std::mem::take(&mut record.tickets)));
    // The answer to a later question shows that nothing was said about the messages before it.
    peer.say(Command::ENQUIRE_LINK, Status::ROK, 77);
    assert_eq!(peer.read().unwrap().0.sequence, 77);
    let results = [
        Ok(Outcome::Accepted { message: message(1) }),
        Err(NotTaken::NotCommitted("disk full".into())),
        Err(NotTaken::Stopping),
    ];
    // In another order than they came.
    for (ticket, result) in tickets.into_iter().zip(results).rev() {
        ticket(result);
    }
    for expected in [(3, Status::RX_T_APPN), (2, Status::RMSGQFUL), (1, Status::ROK)] {
        let (header, _) = peer.read().unwrap();
        assert_eq!(header.command, Command::DELIVER_SM.response());
        assert_eq!((header.sequence, header.status), expected);
    }
    world.stop(&channel);
}

#[test]
fn a_ticket_that_is_dropped_refuses_for_now() {
    let world = World::new(|_| Say::Nothing);
    let (listener, port) = listen();
    let channel = world.channel(Options { mo_temporary_status: Some(0x400), ..options(port) });
    let mut peer = Peer::bound(&listener);
    peer.write(&deliver_octets(1, b"hello"));
    assert_eq!(peer.read().unwrap().0.status, Status(0x400));
    world.stop(&channel);
}

#[test]
fn a_verdict_for_a_connection_that_is_gone_is_dropped() {
    let world = World::new(|_| Say::Later);
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut first = Peer::bound(&listener);
    first.write(&deliver_octets(1, b"hello"));
    let ticket = world.engine.wait("a ticket", |record| record.tickets.pop());
    drop(first);
    let mut second = Peer::bound(&listener);
    world.engine.wait_up(2);
    ticket(Ok(Outcome::Done));
    second.say(Command::ENQUIRE_LINK, Status::ROK, 77);
    assert_eq!(second.read().unwrap().0.sequence, 77);
    world.stop(&channel);
}

#[test]
fn data_sm_is_taken_and_answered_as_such() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    let mut message = Deliver { form: smpp::Form::Data, data_coding: 3, ..Deliver::default() };
    message.tlvs.push(Tag::MESSAGE_PAYLOAD, b"caf\xe9").unwrap();
    let mut octets = Vec::new();
    message.encode(Command::DATA_SM, 8, 1 << 16, &mut octets).unwrap();
    peer.write(&octets);
    let (header, _) = peer.read().unwrap();
    assert_eq!((header.command, header.status, header.sequence), (Command::DATA_SM.response(), Status::ROK, 8));
    let mo = world.engine.wait("the MO", |record| record.mos.pop());
    assert_eq!(mo.content, MoContent::Whole { text: "café".into(), encoding: "Latin-1" });
    world.stop(&channel);
}

#[test]
fn texts_of_phones_in_every_encoding() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions::default());
    let channel = world.channel(options(operator.address().port()));
    world.engine.wait_up(1);
    let long = "Grüße ".repeat(100);
    for text in ["hello @ €", "Привет 😀", &long] {
        world.runtime.block_on(operator.send_from_phone("41791234567", "8282", text)).unwrap();
    }
    let record = world.engine.record();
    let whole = |index: usize| record.mos[index].content.clone();
    assert_eq!(whole(0), MoContent::Whole { text: "hello @ €".into(), encoding: "GSM-7" });
    assert_eq!(whole(1), MoContent::Whole { text: "Привет 😀".into(), encoding: "UCS-2" });
    let mut joined = String::new();
    for mo in &record.mos[2..] {
        let MoContent::Segment { place, bytes, alphabet } = &mo.content else { panic!("{mo:?}") };
        assert_eq!((*alphabet, place.total), (Alphabet::GSM7, 4));
        joined += &domain::text::coding::decode(bytes, *alphabet).text;
    }
    assert_eq!(joined, long);
    let mut identities: Vec<_> = record.mos.iter().map(|mo| mo.network_id.clone().expect("an identity")).collect();
    identities.sort();
    identities.dedup();
    assert_eq!(identities.len(), record.mos.len(), "each delivery has its own identity");
    assert!(record.mos.iter().all(|mo| mo.from.as_str() == "41791234567" && mo.to.as_str() == "8282"));
    drop(record);
    world.stop(&channel);
}

#[test]
fn receipts_become_reports_and_are_acknowledged_like_messages() {
    let mut refusals = 1;
    let world = World::new(move |_| match refusals {
        0 => accepted(),
        _ => {
            refusals -= 1;
            Say::Now(Err(NotTaken::Busy))
        }
    });
    let operator = world.operator(OperatorOptions { redeliver_ms: 10, ..OperatorOptions::default() });
    let channel = world.channel(options(operator.address().port()));
    let mut receipt = Deliver {
        source: smpp::Address { ton: 1, npi: 1, address: Latin1::from(b"41791234567") },
        esm_class: 0x04,
        short_message: b"id:00FF stat:EXPIRED err:011".to_vec(),
        ..Deliver::default()
    };
    receipt.tlvs.push_u8(Tag::MESSAGE_STATE, 3);
    assert_eq!(world.runtime.block_on(operator.deliver(receipt.clone())), Ok(Status::RMSGQFUL));
    assert_eq!(world.runtime.block_on(operator.deliver(receipt)), Ok(Status::ROK));
    let (phone, report) = world.engine.wait("the report", |record| record.reports.pop());
    assert_eq!((&*phone, &*report.ids[0], &*report.detail), ("41791234567", "ff", "EXPIRED err:011"));
    assert_eq!(report.status, domain::report::ReportStatus::Expired);
    world.stop(&channel);
}

#[test]
fn what_can_not_be_read_is_refused_and_the_rest_goes_on() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    // sm_length claims more than there is.
    let mut lying = deliver_octets(1, b"hello");
    let at = lying.len() - 6;
    assert_eq!(lying[at], 5);
    lying[at] = 200;
    peer.write(&lying);
    assert_eq!(peer.read().unwrap().0.status, Status::RINVMSGLEN);
    // An unknown command.
    peer.say(Command(0x0000_0999), Status::ROK, 2);
    let (header, _) = peer.read().unwrap();
    assert_eq!((header.command, header.status), (Command::GENERIC_NACK, Status::RINVCMDID));
    // Octet by octet.
    for octet in deliver_octets(3, b"slowly") {
        peer.write(&[octet]);
    }
    assert_eq!((peer.read().unwrap().0.status, world.engine.record().mos.len()), (Status::ROK, 1));
    // An impossible length: nack, end of the connection, and a new bind.
    peer.write(&[0xff; 16]);
    assert_eq!(peer.read().unwrap().0.command, Command::GENERIC_NACK);
    assert!(peer.read().is_none());
    let _again = Peer::bound(&listener);
    world.engine.wait_up(2);
    world.stop(&channel);
}

#[test]
fn reading_stops_while_the_engine_owes_answers() {
    let world = World::new(|_| Say::Later);
    let (listener, port) = listen();
    let channel = world.channel(Options { unanswered_max: 10, ..options(port) });
    let mut peer = Peer::bound(&listener);
    // Far more than the kernel's buffers hold: the writer comes to a halt.
    let many: Vec<u8> = (1..=1000).flat_map(|sequence| deliver_octets(sequence, &[b'x'; 200])).collect();
    let mut halted = false;
    for _ in 0..200 {
        if !peer.write_within(&many, Duration::from_millis(300)) {
            halted = true;
            break;
        }
    }
    assert!(halted, "40 MB were read although nothing was answered");
    assert_eq!(world.engine.record().mos.len(), 10);
    // As soon as the engine answers, it goes on.
    let tickets = std::mem::take(&mut world.engine.record().tickets);
    for ticket in tickets {
        ticket(Ok(Outcome::Done));
    }
    world.engine.wait("ten more", |record| (record.mos.len() == 20).then_some(()));
    drop((peer, listener));
    world.stop(&channel);
}

#[test]
fn a_peer_that_never_reads_is_given_up_within_bounds() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(Options { response_timeout_ms: 500, enquire_link_ms: 200, ..options(port) });
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    // Each gets an answer that nobody reads.
    let many: Vec<u8> = (1..=10_000).flat_map(|sequence| deliver_octets(sequence, b"x")).collect();
    while peer.write_within(&many, Duration::from_millis(500)) {}
    let _again = Peer::bound(&listener);
    world.engine.wait_up(2);
    world.stop(&channel);
}

#[test]
fn a_peer_that_reads_late_is_waited_for_and_gets_every_answer_once() {
    const QUESTIONS: u32 = 2_000_000;
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener).into_stream();
    let mut octets = Vec::new();
    for sequence in 1..=QUESTIONS {
        write_empty(&mut octets, Command::ENQUIRE_LINK, Status::ROK, sequence);
    }
    // Nothing is read until the gateway stops reading too.
    peer.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut written = 0;
    while let Ok(bytes) = peer.write(&octets[written..]) {
        written += bytes;
        assert!(written < octets.len(), "32 MB of answers are kept for somebody who reads none");
    }
    let mut rest = peer.try_clone().unwrap();
    rest.set_write_timeout(None).unwrap();
    let writing = std::thread::spawn(move || rest.write_all(&octets[written..]).unwrap());
    let mut peer = Peer::over(peer);
    for sequence in 1..=QUESTIONS {
        let (header, _) = peer.read().expect("the link stays");
        assert_eq!((header.command, header.sequence), (Command::ENQUIRE_LINK.response(), sequence));
    }
    writing.join().unwrap();
    drop((peer, listener));
    world.stop(&channel);
}

#[test]
fn a_stop_answers_what_is_open_and_unbinds() {
    let world = World::new(|_| Say::Later);
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    peer.write(&deliver_octets(1, b"hello"));
    let ticket = world.engine.wait("a ticket", |record| record.tickets.pop());
    world.shutdown.send_replace(true);
    eventually("it drains", || match world.engine.record().signals.len() {
        2.. => Ok(()),
        signals => Err(format!("{signals} signals")),
    });
    ticket(Ok(Outcome::Done));
    let (header, _) = peer.read().unwrap();
    assert_eq!((header.command, header.status), (Command::DELIVER_SM.response(), Status::ROK));
    let (header, _) = peer.read().unwrap();
    assert_eq!(header.command, Command::UNBIND);
    peer.say(header.command.response(), Status::ROK, header.sequence);
    assert!(peer.read().is_none());
    world.stop(&channel);
}
