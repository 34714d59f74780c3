//! Connecting, binding, keeping up and giving up: what an operator sees of our links, and a person of their state.

use std::time::Duration;

use crate::support::raw::{Peer, listen};
use crate::support::{World, eventually, options};
use channels::simulator::OperatorOptions;
use channels::smpp::{BadOptions, BindKind, Endpoint, Options, SmppChannel, Tls, Waits};
use domain::secret::Secret;
use engine::port::Signal;
use smpp::Status;
use smpp::pdu::Command;

fn is_up(signal: &Signal) -> bool {
    matches!(signal, Signal::LinkUp { .. })
}

fn is_down(signal: &Signal) -> bool {
    matches!(signal, Signal::LinkDown { .. })
}

#[test]
fn transceiver_and_split_links_bind_and_unbind_with_the_gateway() {
    let check = |bind, links: u16, connections| {
        let world = World::taking();
        let operator = world.operator(OperatorOptions::default());
        let channel = world.channel(Options { bind, links, window: 7, ..options(operator.address().port()) });
        world.engine.wait_up(links.into());
        for link in 0..links {
            let status = world.wait_state(link, "bound");
            assert!(status.detail.contains("simulator"), "{status:?}");
        }
        world.engine.wait("windows", |record| {
            let windows: Vec<u32> = record
                .signals
                .iter()
                .filter_map(|signal| match signal {
                    Signal::LinkUp { window, .. } => Some(*window),
                    _ => None,
                })
                .collect();
            (windows == vec![7; usize::from(links)]).then_some(())
        });
        eventually("all binds", || match operator.counts().binds_asked {
            asked if asked == connections => Ok(()),
            asked => Err(format!("{asked}")),
        });
        world.stop(&channel);
        world.wait_state(0, "stopped");
        world.engine.wait("links that are down", |record| (record.count(is_down) == usize::from(links)).then_some(()));
        assert_eq!(operator.counts().complaints, 0);
    };
    check(BindKind::Transceiver, 1, 1);
    check(BindKind::Transceiver, 3, 3);
    check(BindKind::Split, 2, 4);
}

#[test]
fn a_refused_bind_is_told_and_not_hammered() {
    let world = World::taking();
    let login = Some(("hookswitch".to_owned(), Secret::new("another")));
    let operator = world.operator(OperatorOptions { login, ..OperatorOptions::default() });
    let channel = world.channel(options(operator.address().port()));
    let status = world.wait_state(0, "refused");
    assert!(status.detail.contains("HS-4001") && status.detail.contains("ESME_RINVPASWD"), "{status:?}");
    // A second channel that may bind shows that the operator had all the time to be asked again.
    let other = world.operator(OperatorOptions::default());
    let flapping = world.channel(Options { id: "other".into(), ..options(other.address().port()) });
    for rebinds in 1..=10 {
        world.engine.wait_up(rebinds);
        other.cut_connections();
    }
    assert_eq!(operator.counts().binds_asked, 1);
    assert_eq!(world.link(0).unwrap().state, "refused");
    world.stop(&channel);
    world.stop(&flapping);
}

#[test]
fn a_bind_refused_for_good_is_tried_again_in_the_end() {
    let world = World::taking();
    let login = Some(("hookswitch".to_owned(), Secret::new("another")));
    let operator = world.operator(OperatorOptions { login, ..OperatorOptions::default() });
    let waits = Waits { refused_ms: 30, ..Waits::default() };
    let channel = world.channel(Options { waits, ..options(operator.address().port()) });
    eventually("three binds", || match operator.counts().binds_refused {
        0..3 => Err("not yet".into()),
        _ => Ok(()),
    });
    assert_eq!(world.engine.record().count(is_up), 0);
    world.stop(&channel);
}

#[test]
fn a_dead_network_is_tried_again_until_it_lives() {
    let world = World::taking();
    let (listener, port) = listen();
    drop(listener);
    let channel = world.channel(options(port));
    let status = world.wait_state(0, "down");
    assert!(status.detail.contains("HS-4002") && status.detail.contains("next try in"), "{status:?}");
    let operator = world
        .runtime
        .block_on(channels::simulator::Operator::listen(("127.0.0.1", port), OperatorOptions::default()))
        .unwrap();
    world.engine.wait_up(1);
    world.wait_state(0, "bound");
    operator.cut_connections();
    world.engine.wait_up(2);
    let record = world.engine.record();
    let changes: Vec<bool> = record.signals.iter().filter(|s| is_up(s) || is_down(s)).map(is_up).collect();
    assert_eq!(changes, [true, false, true]);
    drop(record);
    world.stop(&channel);
}

#[test]
fn the_next_host_is_tried_when_one_is_dead() {
    let world = World::taking();
    let (listener, dead) = listen();
    drop(listener);
    let operator = world.operator(OperatorOptions::default());
    let at = |port| Endpoint { host: "127.0.0.1".into(), port };
    let hosts = vec![at(dead), at(operator.address().port())];
    let channel = world.channel(Options { hosts, ..options(0) });
    world.engine.wait_up(1);
    world.stop(&channel);
}

#[test]
fn binds_that_get_no_answer_or_an_already_bound_are_told_apart() {
    let world = World::taking();
    let (listener, port) = listen();
    let waits = Waits { already_bound_ms: 20, backoff_min_ms: 20, backoff_max_ms: 20, ..Waits::default() };
    let channel = world.channel(Options { connect_timeout_ms: 200, waits, ..options(port) });
    let mut peer = Peer::accept(&listener);
    let (header, _) = peer.read().unwrap();
    peer.say(header.command.response(), Status::RALYBND, header.sequence);
    let until_told = |code: &str| {
        eventually(code, || {
            let status = world.link(0).ok_or("none")?;
            if status.detail.contains(code) { Ok(()) } else { Err(status.detail) }
        });
    };
    until_told("HS-4005");
    let silent = Peer::accept(&listener);
    until_told("HS-4004");
    drop(silent);
    // Closed before the bind is answered.
    drop(Peer::accept(&listener));
    let peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    drop(peer);
    until_told("HS-4006");
    world.stop(&channel);
}

#[test]
fn of_a_split_link_the_receiver_alone_keeps_receiving() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(Options { bind: BindKind::Split, ..options(port) });
    let (mut transmitter, mut receiver) = (None, None);
    for _ in 0..2 {
        let mut peer = Peer::accept(&listener);
        let (header, _) = peer.read().unwrap();
        let is_receiver = header.command == Command::BIND_RECEIVER;
        if is_receiver {
            peer.say(header.command.response(), Status::ROK, header.sequence);
            receiver = Some(peer);
        } else {
            peer.say(header.command.response(), Status::RSYSERR, header.sequence);
            transmitter = Some(peer);
        }
    }
    let mut receiver = receiver.unwrap();
    receiver.write(&crate::support::raw::deliver_octets(5, b"hello"));
    let (header, _) = receiver.read().unwrap();
    assert_eq!((header.command, header.status), (Command::DELIVER_SM.response(), Status::ROK));
    assert_eq!(world.engine.record().count(is_up), 0);
    let status = world.wait_state(0, "down");
    assert!(status.detail.starts_with("transmitter:"), "{status:?}");
    drop((transmitter, receiver, listener));
    world.stop(&channel);
}

#[test]
fn a_silent_peer_is_asked_and_given_up() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(Options { enquire_link_ms: 50, response_timeout_ms: 100, ..options(port) });
    let mut peer = Peer::bound(&listener);
    for _ in 0..3 {
        let (header, _) = peer.read().unwrap();
        assert_eq!(header.command, Command::ENQUIRE_LINK);
        peer.say(header.command.response(), Status::ROK, header.sequence);
    }
    // It also answers when it is asked.
    peer.say(Command::ENQUIRE_LINK, Status::ROK, 99);
    while peer.read().unwrap().0.command != Command::ENQUIRE_LINK.response() {}
    // From now on silent: the connection ends.
    while peer.read().is_some() {}
    world.engine.wait("a link that is down", |record| (record.count(is_down) == 1).then_some(()));
    world.stop(&channel);
}

#[test]
fn a_network_that_unbinds_is_answered_and_bound_again() {
    let world = World::taking();
    let (listener, port) = listen();
    let channel = world.channel(options(port));
    let mut peer = Peer::bound(&listener);
    world.engine.wait_up(1);
    peer.say(Command::UNBIND, Status::ROK, 3);
    let (header, _) = peer.read().unwrap();
    assert_eq!((header.command, header.sequence), (Command::UNBIND.response(), 3));
    assert!(peer.read().is_none());
    let _again = Peer::bound(&listener);
    world.engine.wait_up(2);
    world.stop(&channel);
}

#[test]
fn a_link_over_tls_with_certificates_on_both_sides() {
    let folder = std::env::temp_dir().join(format!("hookswitch-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let certified = rcgen::generate_simple_self_signed(vec!["smsc.example".to_owned()]).unwrap();
    let (ca_file, key_file) = (folder.join("ca.pem"), folder.join("key.pem"));
    std::fs::write(&ca_file, certified.cert.pem()).unwrap();
    std::fs::write(&key_file, certified.signing_key.serialize_pem()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let key = rustls_pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let mut authorities = rustls::RootCertStore::empty();
    authorities.add(certified.cert.der().clone()).unwrap();
    let clients = rustls::server::WebPkiClientVerifier::builder_with_provider(authorities.into(), provider.clone());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();

    let world = World::taking();
    let operator = world.operator(OperatorOptions { tls: Some(server.into()), ..OperatorOptions::default() });
    let port = operator.address().port();
    let tls = Tls {
        ca_file: Some(ca_file.clone()),
        server_name: Some("smsc.example".into()),
        cert_file: Some(ca_file.clone()),
        key_file: Some(key_file),
    };
    let channel = world.channel(Options { tls: Some(tls.clone()), ..options(port) });
    world.engine.wait_up(1);
    let long = "a long text over TLS ".repeat(40);
    world.runtime.block_on(operator.send_from_phone("41791234567", "8282", &long)).unwrap();
    world.stop(&channel);

    // A certificate for another name is refused.
    let world = World::taking();
    let tls = Tls { server_name: Some("other.example".into()), ..tls };
    let channel = world.channel(Options { tls: Some(tls), ..options(port) });
    let status = world.wait_state(0, "down");
    assert!(status.detail.contains("HS-4003"), "{status:?}");
    world.stop(&channel);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn options_that_can_not_work_are_refused_at_start() {
    let world = World::taking();
    let start = |options| {
        let shutdown = world.shutdown.subscribe();
        let (inlet, live) = (world.engine.inlet.clone(), world.live.clone());
        SmppChannel::start(options, inlet, live, world.runtime.handle(), shutdown).err()
    };
    let check = |options, expected: fn(&BadOptions) -> bool| {
        let refused = start(options).expect("a refusal");
        assert!(expected(&refused) && refused.to_string().starts_with("HS-4007: channel carrier"), "{refused}");
    };
    check(Options { hosts: Vec::new(), ..options(1) }, |bad| matches!(bad, BadOptions::NoHost { .. }));
    check(Options { system_id: "x".repeat(65), ..options(1) }, |bad| matches!(bad, BadOptions::Bind { .. }));
    check(Options { system_id: "Ακμή".into(), ..options(1) }, |bad| matches!(bad, BadOptions::Bind { .. }));
    let tls = |tls| Options { tls: Some(tls), ..options(1) };
    let absent = Some("/nowhere/ca.pem".into());
    check(tls(Tls { ca_file: absent.clone(), ..Tls::default() }), |bad| matches!(bad, BadOptions::Tls { .. }));
    check(tls(Tls { cert_file: absent, ..Tls::default() }), |bad| matches!(bad, BadOptions::Tls { .. }));
}

#[test]
fn a_stop_while_connecting_or_waiting_ends_at_once() {
    let world = World::taking();
    let (_listener, port) = listen();
    let long = Waits { backoff_min_ms: 600_000, backoff_max_ms: 600_000, ..Waits::default() };
    // The listener accepts in the kernel and never answers the bind.
    let binding = world.channel(Options { connect_timeout_ms: 600_000, waits: long, ..options(port) });
    let (dead, dead_port) = listen();
    drop(dead);
    let waiting = world.channel(Options { id: "other".into(), waits: long, ..options(dead_port) });
    world.wait_state(0, "connecting");
    let started = std::time::Instant::now();
    world.stop(&binding);
    world.stop(&waiting);
    assert!(started.elapsed() < Duration::from_secs(10));
}
