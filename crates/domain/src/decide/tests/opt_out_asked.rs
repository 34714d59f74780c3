//! The opt-out ledger and what it stops.

use super::setup::{Setup, address};
use super::world::{World, mo, send};
use crate::decision::{Outcome, Refusal};
use crate::event::{Event, Send};

fn ask(world: &mut World, account: &str, phone: &str, out: bool) -> Outcome {
    let (account, address_type) = (account.into(), "msisdn".into());
    world.decide(&Event::OptOutAsked { account, address_type, address: address(phone), out }).outcome
}

fn try_send(world: &mut World, to: &[&str]) -> Outcome {
    let to = to.iter().map(|to| address(to)).collect();
    world.decide(&Event::SendAsked(Send { to, ..send("x", "hello") })).outcome
}

#[test]
fn a_phone_that_opted_out_gets_nothing_however_its_number_is_written() {
    let mut world = Setup::usual().world();
    assert!(matches!(ask(&mut world, "acme", "+41 79-1", true), Outcome::OptOut(out) if out.created_at == world.now));
    let refused = Outcome::Refused(Refusal::OptedOut { to: "+41791".into() });
    assert_eq!(try_send(&mut world, &["+41792", "+41791"]), refused, "all or nothing");
    assert!(matches!(try_send(&mut world, &["+41792"]), Outcome::Sent { .. }));
    assert!(matches!(ask(&mut world, "acme", "+41791", false), Outcome::OptOut(_)));
    assert!(matches!(try_send(&mut world, &["+41791"]), Outcome::Sent { .. }));
}

#[test]
fn the_ledger_is_of_one_account_and_says_what_it_did() {
    let mut world = Setup::usual().world();
    assert_eq!(ask(&mut world, "acme", "+41791", false), Outcome::Refused(Refusal::NotFound));
    assert!(matches!(ask(&mut world, "press", "+41791", true), Outcome::OptOut(_)));
    assert_eq!(ask(&mut world, "press", "+41791", true), Outcome::Refused(Refusal::OptOutExists));
    assert!(matches!(try_send(&mut world, &["+41791"]), Outcome::Sent { .. }), "another account's affair");
}

#[test]
fn who_writes_gets_an_answer() {
    let mut world = Setup::usual().world();
    ask(&mut world, "acme", "+41791", true);
    let message = world.arrive(mo("+41791", "8282", "weather zurich"));
    let callback = world.incoming(message);
    let answered = world.answer(callback, &[super::world::reply("21 °C")]);
    assert_eq!(super::world::added(&answered, crate::message::Direction::Mt).len(), 1);
    let reply = Send { in_reply_to: Some((message, "carrier".into())), ..send("+41791", "and rain") };
    world.send(reply);
}
