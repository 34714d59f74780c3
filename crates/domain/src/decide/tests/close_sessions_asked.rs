//! `CloseSessionsAsked`: an application ends its own sessions with some phones.

use super::setup::{Setup, route};
use super::world::{World, key};
use crate::address::AddressKey;
use crate::callback::CallbackKind;
use crate::decision::Outcome;
use crate::directory::Route;
use crate::event::Event;

fn close(world: &mut World, application: &str, phones: &[&str]) -> usize {
    let phones: Vec<AddressKey> = phones.iter().map(|p| key(p)).collect();
    match world.decide(&Event::CloseSessionsAsked { application: application.into(), phones }).outcome {
        Outcome::Closed { count } => count,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_application_closes_its_own_sessions_and_is_told() {
    let second = Route { session: true, ..route("weather", "9393", "go") };
    let foreign = Route { session: true, ..route("news", "9494", "go") };
    let mut world = Setup::usual().route(second).route(foreign).world();
    let check = |world: &mut World, application: &str, phones: &[&str], count: usize, left: [&[&str]; 2]| {
        assert_eq!(close(world, application, phones), count, "{application} {phones:?}");
        assert_eq!([world.sessions("+41791"), world.sessions("+41792")], left);
    };
    let first = world.mo("+41791", "8282", "weather");
    world.mo("+41791", "9393", "go");
    world.mo("+41791", "9494", "go");
    world.mo("+41792", "8282", "weather");
    check(&mut world, "idle", &["+41791", "+41792"], 0, [&["weather", "weather", "news"], &["weather"]]);
    check(&mut world, "weather", &[], 0, [&["weather", "weather", "news"], &["weather"]]);
    check(&mut world, "weather", &["+41 79-1"], 2, [&["news"], &["weather"]]);
    world.says(first, "session with weather closed: the application asked for it");
    world.owed(first, CallbackKind::SessionClosed);
    check(&mut world, "weather", &["+41791", "+41799", "+41792"], 1, [&["news"], &[]]);
    check(&mut world, "news", &["+41791"], 1, [&[], &[]]);
    assert_eq!(world.owed_all(CallbackKind::SessionClosed).len(), 4);
}

#[test]
fn a_phone_named_twice_is_closed_once() {
    for phones in [["+41791", "+41791", "+41792"], ["+41791", "+41792", "+41 79-1"]] {
        let mut world = Setup::usual().world();
        world.mo("+41791", "8282", "weather");
        world.mo("+41792", "8282", "weather");
        assert_eq!(close(&mut world, "weather", &phones), 2, "{phones:?}");
        assert_eq!(world.owed_all(CallbackKind::SessionClosed).len(), 2);
    }
}
