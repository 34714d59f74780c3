//! Somebody tries names and passwords on the simulated operator.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::World;
use crate::support::raw::Peer;
use channels::simulator::OperatorOptions;
use domain::secret::Secret;
use smpp::pdu::{BindRequest, Header};
use smpp::{BindMode, EsmeOptions, Latin1, Status};

/// Asks for a bind; gives the answer with its body and how long it took.
fn try_to_bind(port: u16, system_id: &str, password: &str) -> (Header, Vec<u8>, Duration) {
    let mut peer = Peer::over(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let latin1 = |text: &str| Latin1::from_text(text).unwrap();
    let request: BindRequest = EsmeOptions::new(BindMode::Transceiver, latin1(system_id), latin1(password)).bind;
    let mut octets = Vec::new();
    request.encode(1, &mut octets).unwrap();
    let started = Instant::now();
    peer.write(&octets);
    let (header, body) = peer.read().expect("an answer");
    let took = started.elapsed();
    if !header.status.is_ok() {
        assert!(peer.read().is_none(), "one try a connection");
    }
    (header, body, took)
}

fn locked(world: &World) -> u16 {
    let login = Some(("hookswitch".to_owned(), Secret::new("right")));
    world.operator(OperatorOptions { login, ..OperatorOptions::default() }).address().port()
}

#[test]
fn a_wrong_name_and_a_wrong_password_get_the_same_answer_and_ever_more_slowly() {
    let world = World::taking();
    let port = locked(&world);
    // The first three at once, then 50 ms, 100 ms, …: alike for either mistake.
    let tries = [
        ("somebody", "right", 0),
        ("hookswitch", "wrong", 0),
        ("hookswitch", "", 0),
        ("somebody", "wrong", 50),
        ("hookswitch", "wrong", 100),
        ("somebody", "right", 200),
        ("hookswitcg", "right", 400),
        ("hookswitch", "righu", 800),
    ];
    for (system_id, password, delay_ms) in tries {
        let (header, body, took) = try_to_bind(port, system_id, password);
        assert_eq!((header.status, body.len()), (Status::RINVPASWD, 0), "{system_id} {password}");
        let delay = Duration::from_millis(delay_ms);
        assert!(took >= delay && took < delay + Duration::from_secs(2), "{system_id} {password}: {took:?}");
    }
    // Who knows it is not held up by those who don't.
    let (header, _, took) = try_to_bind(port, "hookswitch", "right");
    assert!(header.status.is_ok() && took < Duration::from_millis(800), "{took:?}");
}

#[test]
fn trying_on_many_connections_is_limited_and_does_not_lock_out() {
    let world = World::taking();
    let port = locked(&world);
    let span = Duration::from_secs(4);
    let until = Instant::now() + span;
    let tries: usize = std::thread::scope(|scope| {
        let trespassers: Vec<_> = (0..30)
            .map(|_| {
                scope.spawn(move || {
                    let mut tries = 0;
                    while Instant::now() < until {
                        assert_eq!(try_to_bind(port, "hookswitch", "guess").0.status, Status::RINVPASWD);
                        tries += 1;
                    }
                    tries
                })
            })
            .collect();
        let (header, _, took) = try_to_bind(port, "hookswitch", "right");
        assert!(header.status.is_ok() && took < Duration::from_secs(2), "{took:?}");
        trespassers.into_iter().map(|trespasser| trespasser.join().unwrap()).sum()
    });
    println!("{tries} tries on 30 connections in {span:?} and what was open then");
    // Each connection has one try in two seconds once the waits have grown.
    assert!((30..=130).contains(&tries), "{tries}");
}
