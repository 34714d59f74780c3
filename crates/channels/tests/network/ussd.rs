//! USSD dialogs over real sockets: with the simulated operator's phones, and with peers that say things their own way.

use crate::support::raw::{Peer, listen};
use crate::support::{World, eventually, options, order};
use channels::simulator::{DialogState, Ending, Operator, OperatorOptions, Undelivered};
use channels::smpp::{Options, SmppChannel, UssdWire};
use domain::address::Address;
use domain::directory::SegmentMark;
use domain::event::{Mo, MoContent};
use domain::ussd::{SessionEvent, UssdTurn};
use engine::port::{Channel, SubmitAnswer, SubmitOrder};
use smpp::pdu::Command;
use smpp::{Form, Latin1, ShortMessage, Status, Tag};

const PHONE: &str = "41791234567";
const CODE: &str = "*120*1#";

fn ussd(port: u16) -> Options {
    Options { ussd: Some(UssdWire::default()), ..options(port) }
}

/// A world with an operator and a channel that is up.
fn dialling(options: OperatorOptions) -> (World, Operator, SmppChannel) {
    let world = World::taking();
    let operator = world.operator(options);
    let channel = world.channel(ussd(operator.address().port()));
    world.engine.wait_up(1);
    eventually("a receiver", || operator.has_receiver().then_some(()).ok_or_else(|| "none".to_owned()));
    (world, operator, channel)
}

fn turn(world: &World, number: usize) -> Mo {
    world.engine.wait(&format!("turn {number}"), |record| record.mos.get(number).cloned())
}

fn text(mo: &Mo) -> &str {
    match &mo.content {
        MoContent::Whole { text, .. } => text,
        MoContent::Segment { .. } => panic!("{mo:?}"),
    }
}

fn say(channel: &SmppChannel, number: u64, dialog: Option<u16>, event: SessionEvent, text: &str) {
    channel.submit(SubmitOrder {
        from: Address::parse(CODE).unwrap(),
        mark: SegmentMark::Payload,
        ussd: Some(UssdTurn { dialog, event }),
        ..order(number, PHONE, text)
    });
}

fn taken(world: &World, number: u64) {
    let answer = world.engine.wait_answer(number);
    assert!(matches!(answer, SubmitAnswer::Taken { .. }), "{answer:?}");
}

fn wait_screen(operator: &Operator, state: DialogState, text: &str) {
    eventually(&format!("{state:?} with {text:?}"), || match operator.screen(PHONE) {
        Some(screen) if screen.state == state && screen.text == text => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
fn a_menu_of_three_steps() {
    let (world, operator, channel) = dialling(OperatorOptions { receipt_delay_ms: 0, ..OperatorOptions::default() });
    operator.dial(PHONE, CODE, "*120*1*9#").unwrap();
    let first = turn(&world, 0);
    assert_eq!((text(&first), first.session_event), ("*120*1*9#", Some(SessionEvent::New)));
    assert_eq!((first.from.as_str(), first.to.as_str()), (PHONE, CODE));
    assert!(first.dialog.is_some() && first.complaints.is_empty(), "{first:?}");
    say(&channel, 1, first.dialog, SessionEvent::Resume, "Fruit?\n1 Äpfel\n2 €");
    taken(&world, 1);
    wait_screen(&operator, DialogState::Asking, "Fruit?\n1 Äpfel\n2 €");
    operator.answer(PHONE, "1").unwrap();
    let second = turn(&world, 1);
    assert_eq!((text(&second), second.session_event), ("1", Some(SessionEvent::Resume)));
    assert_eq!(second.dialog, first.dialog);
    let long = "x".repeat(182);
    say(&channel, 2, second.dialog, SessionEvent::Resume, &long);
    wait_screen(&operator, DialogState::Asking, &long);
    operator.answer(PHONE, "да").unwrap();
    assert_eq!(text(&turn(&world, 2)), "да");
    say(&channel, 3, second.dialog, SessionEvent::Close, "Done.");
    taken(&world, 3);
    wait_screen(&operator, DialogState::Ended(Ending::LastWord), "Done.");
    assert_eq!(operator.answer(PHONE, "2"), Err(Undelivered::NotAsked));
    // It is over for the network too, and no receipt was asked for.
    say(&channel, 4, second.dialog, SessionEvent::Close, "late");
    assert!(matches!(world.engine.wait_answer(4), SubmitAnswer::Refused { .. }));
    let record = world.engine.record();
    assert_eq!((record.reports.len(), record.mos.len()), (0, 3));
    drop(record);
    world.stop(&channel);
}

#[test]
fn a_text_that_is_too_long_never_leaves_and_the_dialog_goes_on() {
    let (world, operator, channel) = dialling(OperatorOptions::default());
    operator.dial(PHONE, CODE, CODE).unwrap();
    let dialog = turn(&world, 0).dialog;
    say(&channel, 1, dialog, SessionEvent::Resume, &"x".repeat(183));
    let SubmitAnswer::Refused { reason } = world.engine.wait_answer(1) else { panic!() };
    assert!(reason.contains("183 septets") && reason.contains("at most 182"), "{reason}");
    say(&channel, 2, dialog, SessionEvent::Close, "shorter");
    wait_screen(&operator, DialogState::Ended(Ending::LastWord), "shorter");
    assert_eq!(operator.counts().submits, 1);
    assert_eq!(operator.dial(PHONE, CODE, &"1".repeat(183)), Err(Undelivered::TooLongForUssd));
    world.stop(&channel);
}

#[test]
fn a_phone_that_hangs_up_or_dials_again_ends_its_dialog() {
    let (world, operator, channel) = dialling(OperatorOptions::default());
    operator.dial(PHONE, CODE, CODE).unwrap();
    let first = turn(&world, 0);
    operator.hang_up(PHONE);
    let ended = turn(&world, 1);
    assert_eq!((text(&ended), ended.session_event, ended.dialog), ("", Some(SessionEvent::Close), first.dialog));
    say(&channel, 1, first.dialog, SessionEvent::Resume, "too late");
    assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::Refused { .. }));
    wait_screen(&operator, DialogState::Ended(Ending::HungUp), "");

    operator.dial(PHONE, CODE, CODE).unwrap();
    let second = turn(&world, 2);
    operator.dial(PHONE, CODE, CODE).unwrap();
    let third = turn(&world, 4);
    let events: Vec<_> = world.engine.record().mos[2..].iter().map(|mo| (mo.session_event, mo.dialog)).collect();
    let [new, close] = [Some(SessionEvent::New), Some(SessionEvent::Close)];
    assert_eq!(events, [(new, second.dialog), (close, second.dialog), (new, third.dialog)]);
    // What was meant for the dialog before does not show up in this one.
    say(&channel, 2, second.dialog, SessionEvent::Resume, "stale");
    assert!(matches!(world.engine.wait_answer(2), SubmitAnswer::Refused { .. }));
    say(&channel, 3, third.dialog, SessionEvent::Resume, "fresh");
    wait_screen(&operator, DialogState::Asking, "fresh");
    world.stop(&channel);
}

#[test]
fn the_network_gives_up_waiting_for_either_side() {
    let (world, operator, channel) =
        dialling(OperatorOptions { ussd_answer_ms: 30, ussd_person_ms: 30, ..OperatorOptions::default() });
    operator.dial(PHONE, CODE, CODE).unwrap();
    wait_screen(&operator, DialogState::Ended(Ending::NoAnswer), "");
    let (new, ended) = (turn(&world, 0), turn(&world, 1));
    assert_eq!((ended.session_event, ended.dialog), (Some(SessionEvent::Close), new.dialog));

    let (world, operator, channel) = {
        world.stop(&channel);
        dialling(OperatorOptions { ussd_person_ms: 30, ..OperatorOptions::default() })
    };
    operator.dial(PHONE, CODE, CODE).unwrap();
    let new = turn(&world, 0);
    say(&channel, 1, new.dialog, SessionEvent::Resume, "Are you there?");
    wait_screen(&operator, DialogState::Ended(Ending::Idle), "Are you there?");
    assert_eq!(turn(&world, 1).session_event, Some(SessionEvent::Close));
    world.stop(&channel);
}

#[test]
fn a_code_without_a_gateway_ends_at_once() {
    let world = World::taking();
    let operator = world.operator(OperatorOptions::default());
    operator.dial(PHONE, CODE, CODE).unwrap();
    wait_screen(&operator, DialogState::Ended(Ending::NotTaken), "");
}

/// A message of a phone with parameters by hand.
fn said(form: Form, sequence: u32, text: &[u8], tlvs: &[(Tag, &[u8])]) -> Vec<u8> {
    let mut message = ShortMessage {
        form,
        source: smpp::Address { ton: 1, npi: 1, address: Latin1::from_bytes(PHONE.as_bytes()) },
        destination: smpp::Address { ton: 0, npi: 1, address: Latin1::from(b"120") },
        ..ShortMessage::default()
    };
    for (tag, value) in tlvs {
        message.tlvs.push(*tag, value).unwrap();
    }
    message.set_octets(text).unwrap();
    let command = if form == Form::Data { Command::DATA_SM } else { Command::DELIVER_SM };
    let mut octets = Vec::new();
    message.encode(command, sequence, 1 << 16, &mut octets).unwrap();
    octets
}

#[test]
fn peers_that_say_it_their_own_way() {
    const OP: Tag = Tag::USSD_SERVICE_OP;
    const INFO: Tag = Tag::ITS_SESSION_INFO;
    use SessionEvent::{Close, New, Resume};
    type Parameters = &'static [(Tag, &'static [u8])];
    let turns: [(Form, &[u8], Parameters, _, _); 8] = [
        (Form::Sm, b"*120#", &[(OP, &[1]), (INFO, &[9, 0])], New, Some(0x0900)),
        (Form::Data, b"1", &[(OP, &[18]), (INFO, &[9, 2])], Resume, Some(0x0902)),
        (Form::Sm, b"2", &[(OP, b"02\0"), (INFO, &[9, 0])], Resume, Some(0x0900)),
        (Form::Sm, b"", &[(OP, &[18]), (INFO, &[9, 1])], Close, Some(0x0900)),
        (Form::Sm, b"*120*7#", &[], New, None),
        (Form::Sm, b"3", &[(OP, &[18])], Resume, None),
        (Form::Sm, b"", &[(OP, &[0x81])], Close, None),
        (Form::Sm, b"", &[(OP, &[1, 1, 1, 1, 1]), (INFO, &[9, 1])], Close, Some(0x0900)),
    ];
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(ussd(port));
    let mut peer = Peer::bound(&listener);
    for (sequence, (form, octets, tlvs, event, dialog)) in (1..).zip(turns) {
        peer.write(&said(form, sequence, octets, tlvs));
        let (header, _) = peer.read().unwrap();
        assert_eq!((header.status, header.sequence), (Status::ROK, sequence));
        let mo = turn(&world, sequence as usize - 1);
        assert_eq!((mo.session_event, mo.dialog), (Some(event), dialog), "{tlvs:?}");
        assert_eq!(text(&mo).as_bytes(), octets);
    }
    world.stop(&channel);
}

#[test]
fn what_leaves_is_what_the_specification_says_octet_for_octet() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(ussd(port));
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    let mut check = |number, dialog, event, tlvs: &[u8]| {
        say(&channel, number, dialog, event, "Hi");
        let (header, body) = peer.read().unwrap();
        assert_eq!(header.command, Command::SUBMIT_SM);
        let head = b"USSD\0\x05\0*120*1#\0\x01\x0141791234567\0\0\0\0\0\0\0\0\0\0\x02Hi";
        assert_eq!(body, [&head[..], tlvs].concat());
        let mut answer = Vec::new();
        let id = Latin1::from(b"7");
        smpp::pdu::write_message_id(&mut answer, header.command.response(), Status::ROK, header.sequence, &id);
        peer.write(&answer);
        taken(&world, number);
    };
    check(1, Some(0x2A06), SessionEvent::Resume, b"\x05\x01\0\x01\x02\x13\x83\0\x02\x2A\x06");
    check(2, Some(0x2A06), SessionEvent::Close, b"\x05\x01\0\x01\x11\x13\x83\0\x02\x2A\x07");
    check(3, None, SessionEvent::Close, b"\x05\x01\0\x01\x11");
    drop(peer);
    world.stop(&channel);
}
