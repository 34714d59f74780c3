//! Networks that make binding hard: every refusal, a cut at every octet, and how often we come back.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use crate::support::raw::{Peer, deliver_octets, listen};
use crate::support::{World, eventually, options, order};
use channels::smpp::{Options, SmppChannel, Waits};
use engine::port::{Channel, SubmitAnswer};
use smpp::pdu::{BindResponse, Command};
use smpp::{BindMode, Latin1, Status};

#[test]
fn each_refusal_is_told_with_its_code_and_waited_for_as_it_asks() {
    /// Refuses the first bind; gives the listener for what follows.
    fn refused(world: &World, status: Status, waits: Waits) -> (TcpListener, SmppChannel) {
        let (listener, port) = listen();
        let channel = world.channel(Options { waits, ..options(port) });
        let mut peer = Peer::accept(&listener);
        let (header, _) = peer.read().unwrap();
        peer.say(header.command.response(), status, header.sequence);
        (listener, channel)
    }
    let check = |status: Status, state: &'static str, code: &str| {
        // Only the wait that belongs to the refusal is short: it comes again.
        let world = World::taking();
        let of = |its_code: &str| if its_code == code { 10 } else { 600_000 };
        let (backoff, refused_ms, already_bound_ms) = (of("HS-4004"), of("HS-4001"), of("HS-4005"));
        let waits = Waits { backoff_min_ms: backoff, backoff_max_ms: backoff, refused_ms, already_bound_ms };
        let (listener, channel) = refused(&world, status, waits);
        drop(Peer::accept(&listener));
        world.stop(&channel);
        // It is long: there is time to read the words.
        let world = World::taking();
        let long = 600_000;
        let waits = Waits { backoff_min_ms: long, backoff_max_ms: long, refused_ms: long, already_bound_ms: long };
        let (_listener, channel) = refused(&world, status, waits);
        let told = world.wait_state(0, state);
        assert!(told.detail.contains(code) && told.detail.contains(&status.to_string()), "{told:?}");
        world.stop(&channel);
    };
    check(Status::RINVSYSID, "refused", "HS-4001");
    check(Status::RINVPASWD, "refused", "HS-4001");
    check(Status::RBINDFAIL, "refused", "HS-4001");
    check(Status::RINVSYSTYP, "refused", "HS-4001");
    check(Status::RINVCMDID, "refused", "HS-4001");
    check(Status::RALYBND, "down", "HS-4005");
    check(Status::RSYSERR, "down", "HS-4004");
    check(Status::RTHROTTLED, "down", "HS-4004");
    check(Status::RINVBNDSTS, "down", "HS-4004");
    check(Status(0x0401), "down", "HS-4004");
}

#[test]
fn a_bind_that_is_cut_at_any_octet_is_made_again() {
    let world = World::taking();
    let (listener, port) = listen();
    let waits = Waits { backoff_min_ms: 2, backoff_max_ms: 4, ..Waits::default() };
    let channel = world.channel(Options { waits, ..options(port) });
    let mut response = Vec::new();
    let accepted = BindResponse { system_id: Latin1::from(b"operator"), sc_interface_version: Some(0x34) };
    accepted.encode(BindMode::Transceiver, Status::ROK, 1, &mut response).unwrap();
    for octets in 0..response.len() {
        let mut peer = Peer::accept(&listener);
        let (header, _) = peer.read().expect("a bind request");
        assert_eq!((header.command, header.sequence), (Command::BIND_TRANSCEIVER, 1), "cut after {octets}");
        peer.write(&response[..octets]);
    }
    assert_eq!(world.engine.record().signals.len(), 0, "no link was up");
    // Cut in the middle of what comes right behind the bind.
    let mut peer = Peer::bound(&listener);
    peer.write(&deliver_octets(1, b"hello")[..20]);
    drop(peer);
    let peer = Peer::bound(&listener);
    world.engine.wait_up(2);
    assert!(world.engine.record().mos.is_empty());
    drop((peer, listener));
    world.stop(&channel);
}

#[test]
fn the_waits_between_connections_grow_and_differ_between_links() {
    let world = World::taking();
    let (listener, port) = listen();
    let waits = Waits { backoff_min_ms: 40, backoff_max_ms: 640, ..Waits::default() };
    let channel = world.channel(Options { waits, seed: 5, ..options(port) });
    let mut accepted = Vec::new();
    for _ in 0..7 {
        drop(Peer::accept(&listener));
        accepted.push(Instant::now());
    }
    let gaps: Vec<Duration> = accepted.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (gap, full_ms) in gaps.iter().zip([40, 80, 160, 320, 640, 640]) {
        // Between half of the wait and all of it, and however long a busy machine takes.
        assert!(*gap >= Duration::from_millis(full_ms / 2), "{gaps:?}");
        assert!(*gap <= Duration::from_millis(full_ms + 2000), "{gaps:?}");
    }
    world.stop(&channel);
    // Two links that lose one operator come back at times of their own.
    let world = World::taking();
    let (listener, port) = listen();
    let waits = Waits { backoff_min_ms: 400, backoff_max_ms: 400, ..Waits::default() };
    let channel = world.channel(Options { links: 8, waits, ..options(port) });
    for _ in 0..8 {
        drop(Peer::accept(&listener));
    }
    let mut again = Vec::new();
    for _ in 0..8 {
        drop(Peer::accept(&listener));
        again.push(Instant::now());
    }
    assert!(again[7] - again[0] >= Duration::from_millis(40), "they came in step: {again:?}");
    world.stop(&channel);
}

#[test]
fn an_outbind_and_other_calls_of_the_network_leave_the_link_as_it_is() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    peer.say(Command::OUTBIND, Status::ROK, 5);
    peer.say(Command::ALERT_NOTIFICATION, Status::ROK, 6);
    peer.say(Command::BIND_TRANSCEIVER, Status::ROK, 7);
    let (header, _) = peer.read().unwrap();
    assert_eq!((header.command, header.status), (Command::BIND_TRANSCEIVER.response(), Status::RINVCMDID));
    channel.submit(order(1, "41790001234", "hi"));
    let (header, _) = peer.read().unwrap();
    peer.say(header.command.response(), Status::ROK, header.sequence);
    assert!(matches!(world.engine.wait_answer(1), SubmitAnswer::Taken { .. }));
    drop((peer, listener));
    world.stop(&channel);
}

#[test]
fn an_unbind_in_the_middle_of_traffic_leaves_nothing_without_an_answer() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    for number in 1..=5 {
        channel.submit(order(number, "41790001234", "hi"));
    }
    let sequences: Vec<u32> = (0..5).map(|_| peer.read().unwrap().0.sequence).collect();
    peer.say(Command::SUBMIT_SM.response(), Status::ROK, sequences[3]);
    peer.say(Command::UNBIND, Status::ROK, 9);
    let (header, _) = peer.read().unwrap();
    assert_eq!((header.command, header.sequence), (Command::UNBIND.response(), 9));
    assert!(peer.read().is_none());
    assert!(matches!(world.engine.wait_answer(4), SubmitAnswer::Taken { .. }));
    for number in [1, 2, 3, 5] {
        assert!(matches!(world.engine.wait_answer(number), SubmitAnswer::Unknown { .. }), "{number}");
    }
    let again = Peer::bound(&listener);
    world.engine.wait_up(2);
    eventually("bound again", || match world.link(0) {
        Some(status) if status.state == "bound" => Ok(()),
        status => Err(format!("{status:?}")),
    });
    drop((again, listener));
    world.stop(&channel);
}
