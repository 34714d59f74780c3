//! Random events in random order: the ledger's promises hold whatever comes, and nothing that was accepted is lost.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::setup::{DEDUPE_MS, RETRY_FOR_MS, SESSION_MS, Setup, VALIDITY_MS, address};
use super::world::{World, key, mo, reply, reprocess, segment, send};
use crate::answer::Instruction;
use crate::callback::{AttemptFailure, CallbackState};
use crate::directory::{Channel, Contract, Ussd};
use crate::event::{Asker, Event, Idempotency, LateAnswer, Mo, Send, SubmitResult};
use crate::id::{CallbackId, MessageId, Stamp};
use crate::outgoing::OutgoingState;
use crate::report::ReportStatus;
use crate::text::reassembly::{Carrier, Reference};
use crate::ussd::SessionEvent;

const PHONES: [&str; 3] = ["+41791", "+41 79-1", "+41792"];
const ADDRESSES: [&str; 4] = ["8282", "8282", "9292", "4711"];
const TEXTS: [&str; 7] = ["weather", "weather zurich", "news", "join", "help", "?", ""];
const MESSAGE_IDS: u16 = 5;

/// What to do, and two numbers to choose with.
type Step = (u8, u16, u16);

fn pick<T: Clone>(from: &[T], choice: u16) -> T {
    from[usize::from(choice) % from.len()].clone()
}

fn arrive(world: &mut World, a: u16, b: u16) {
    let network_id = b.is_multiple_of(2).then(|| (b % MESSAGE_IDS).to_string());
    world.arrive(Mo { network_id, ..mo(pick(&PHONES, a), pick(&ADDRESSES, a / 3), pick(&TEXTS, b)) });
}

fn arrive_in_segments(world: &mut World, a: u16, b: u16) {
    let carrier = pick(&[Carrier::Udh8, Carrier::Sar], a);
    let reference = Reference { carrier, value: a % 20 };
    let place = ((b % 4) as u8, pick(&[2, 2, 3], b / 4));
    world.arrive(segment(pick(&PHONES, b), reference, place, pick(&["news ", "weather ", "x"], a)));
}

fn dial(world: &mut World, a: u16, b: u16) {
    let session_event = Some(pick(&SessionEvent::ALL, a));
    let dialog = b.is_multiple_of(2).then_some(a % 3);
    let text = pick(&["*120#", "weather", "1", ""], b);
    let channel = pick(&["dialogs", "dialogs", "carrier"], b).into();
    let to = pick(&["9292", "8282"], b);
    world.arrive(Mo { channel, session_event, dialog, ..mo(pick(&PHONES, a / 3), to, text) });
}

fn opt_out(world: &mut World, a: u16, b: u16) {
    let (account, address_type) = (pick(&["acme", "press"], a).into(), "msisdn".into());
    let (address, out) = (address(pick(&PHONES, b)), a.is_multiple_of(5));
    world.decide(&Event::OptOutAsked { account, address_type, address, out });
}

fn ask_to_send(world: &mut World, a: u16, b: u16) {
    let long = "x".repeat(200);
    let send_at = a.is_multiple_of(3).then(|| world.now.plus_ms(u64::from(b)));
    let idempotency =
        b.is_multiple_of(3).then(|| Idempotency { key: (b % 4).to_string(), fingerprint: [(a % 2) as u8; 16] });
    let from = Some(address(pick(&["8282", "7777", "9999", "4711"], b / 3)));
    let text = pick(&["hello", &long, ""], a / 5);
    let to = vec![address(pick(&PHONES, a)); usize::from(b % 3)];
    world.decide(&Event::SendAsked(Send {
        send_at,
        idempotency,
        from,
        to,
        tells: !a.is_multiple_of(4),
        application: Some(pick(&["weather", "idle"], a / 2).into()),
        session_event: b.is_multiple_of(5).then_some(SessionEvent::Close),
        ..send("x", text)
    }));
}

fn callbacks(world: &World, state: CallbackState) -> Vec<CallbackId> {
    world.view.callbacks.values().filter(|c| c.state == state).map(|c| c.id).collect()
}

fn end_attempt(world: &mut World, a: u16, b: u16) {
    let pending = callbacks(world, CallbackState::Pending);
    if pending.is_empty() {
        return;
    }
    let callback = pick(&pending, a);
    let instructions = [reply("ok"), Instruction::CloseSession, reprocess(pick(&TEXTS, b)), reprocess("news")];
    match b % 4 {
        0 => world.answer(callback, &[]),
        1 | 2 => world.answer(callback, &instructions[usize::from(a % 4)..]),
        _ => {
            let retry_after_ms = a.is_multiple_of(2).then_some(u64::from(b) * 100);
            world.end_attempt(callback, Some(pick(&AttemptFailure::ALL, b / 4)), None, retry_after_ms)
        }
    };
}

fn outgoing(world: &World, state: OutgoingState) -> Vec<MessageId> {
    world.view.outgoing.values().filter(|o| o.state == state).map(|o| o.id).collect()
}

fn submit(world: &mut World, a: u16, b: u16) {
    let queued = outgoing(world, OutgoingState::Queued);
    if queued.is_empty() {
        return;
    }
    let message = pick(&queued, a);
    let left = world.outgoing(message).segments.iter().enumerate().filter(|(_, s)| !s.is_submitted());
    let left: Vec<u8> = left.map(|(i, _)| i as u8).collect();
    let segment = pick(&left, b);
    world.decide(&Event::SubmitStarting { message, segment });
    match b % 5 {
        0 => world.unknown(message, segment),
        1 if a.is_multiple_of(2) => world.refused(message, segment),
        _ => {
            let id = world.view.sent.len().to_string();
            let result = SubmitResult::Taken { network_id: id.clone(), spellings: vec![id] };
            world.submit(message, segment, result, u32::from(a % 2))
        }
    };
}

/// On any MT, whether it was in doubt or not.
fn answer_late(world: &mut World, a: u16, b: u16) {
    let messages: Vec<(MessageId, usize)> = world.view.outgoing.values().map(|o| (o.id, o.segments.len())).collect();
    if messages.is_empty() {
        return;
    }
    let (message, segments) = pick(&messages, a);
    let id = world.view.sent.len().to_string();
    let answer = match b % 4 {
        0 => LateAnswer::Refused { reason: "no".into() },
        1 => LateAnswer::NotTaken { reason: "not now".into() },
        _ => LateAnswer::Taken { network_id: id.clone(), spellings: vec![id] },
    };
    let channel = world.outgoing(message).channel.clone();
    world.decide(&Event::AnsweredLate { message, segment: (usize::from(b) % segments) as u8, answer, channel });
}

/// On one of the ids given so far, or on one of the next.
fn report(world: &mut World, a: u16, b: u16) {
    let id = (usize::from(a) % (world.view.sent.len() + 2)).to_string();
    world.report_on(pick(&["carrier", "spare"], b), &[&id], pick(&ReportStatus::ALL, b / 2));
}

fn pass(world: &mut World, a: u16, b: u16) {
    let steps = [1, 1_000, SESSION_MS, RETRY_FOR_MS, DEDUPE_MS, VALIDITY_MS, 5 * VALIDITY_MS];
    world.pass(pick(&steps, a) + u64::from(b % 2));
}

fn become_due(world: &mut World, a: u16, b: u16) {
    let messages: Vec<MessageId> = world.view.outgoing.values().map(|o| o.id).collect();
    if b.is_multiple_of(2) || messages.is_empty() {
        world.phone_due(pick(&PHONES, a));
    } else {
        world.outgoing_due(pick(&messages, a));
    }
}

fn asker(choice: u16) -> Asker {
    match choice % 4 {
        0 => Asker::Account("acme".into()),
        1 => Asker::Application("news".into()),
        _ => Asker::Operator,
    }
}

fn ask_otherwise(world: &mut World, a: u16, b: u16) {
    let kept = [callbacks(world, CallbackState::Exhausted), callbacks(world, CallbackState::Refused)].concat();
    let pending = callbacks(world, CallbackState::Pending);
    match b % 4 {
        0 if !kept.is_empty() => {
            world.decide(&Event::ReplayAsked { asker: asker(a), callback: pick(&kept, a) });
        }
        1 if !pending.is_empty() => {
            world.decide(&Event::LaneHeld { callback: pick(&pending, a) });
        }
        2 => {
            let messages: Vec<Stamp> = world.view.outgoing.keys().copied().collect();
            world.decide(&Event::CancelAsked { asker: asker(a), messages });
        }
        _ => {
            let phones = PHONES.iter().map(|p| key(p)).collect();
            let application = pick(&["weather", "news"], a).into();
            world.decide(&Event::CloseSessionsAsked { application, phones });
        }
    }
}

fn take(world: &mut World, (what, a, b): Step) {
    match what {
        0..=2 => arrive(world, a, b),
        3 => arrive_in_segments(world, a, b),
        4 => ask_to_send(world, a, b),
        5..=7 => end_attempt(world, a, b),
        8 | 9 => submit(world, a, b),
        15 => answer_late(world, a, b),
        16 => dial(world, a, b),
        17 => opt_out(world, a, b),
        10 | 11 => report(world, a, b),
        12 => pass(world, a, b),
        13 => become_due(world, a, b),
        _ => ask_otherwise(world, a, b),
    }
}

/// One channel of texts and one of dialogs; one application that hears of segments and one that hears of messages.
fn setup() -> Setup {
    let setup = Setup::usual().application("weather", |a| a.report_queued = true).application("idle", |a| {
        a.contract = Contract::Vumi;
        a.vumi = Some(Arc::new(super::vumi::vumi()));
    });
    let ussd = Some(Ussd { reply_ms: 20_000, sorry: "Sorry".into() });
    let dialogs = Channel { id: "dialogs".into(), addresses: vec![address("9999")], ussd, ..setup.channels[0].clone() };
    Setup { channels: [setup.channels, vec![dialogs]].concat(), ..setup }
}

proptest! {
    #[test]
    fn whatever_comes_the_promises_hold(steps in vec((0u8..18, any::<u16>(), any::<u16>()), 1..120)) {
        let mut world = setup().world();
        for step in steps {
            take(&mut world, step);
        }
        world.ledger.assert_nothing_lost(&world.view);
    }
}

/// A storm that touches nothing would prove nothing.
#[test]
fn a_storm_reaches_every_state() {
    let mut world = setup().world();
    let mut chance = crate::mint::Mint::new(Stamp(0), 1);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..4_000 {
        let step = (chance.up_to(17) as u8, chance.up_to(65_535) as u16, chance.up_to(65_535) as u16);
        take(&mut world, step);
        seen.extend(world.view.callbacks.values().map(|c| c.state.name()));
        seen.extend(world.ledger.states.values().map(|s| s.name()));
    }
    let never = ["exhausted", "refused", "answered", "unrouted", "queued", "in_doubt", "submitted", "delivered"];
    let never = never.iter().chain(&["undelivered", "expired", "rejected", "cancelled", "pending"]);
    let never: Vec<_> = never.filter(|state| !seen.contains(**state)).collect();
    assert!(never.is_empty(), "never seen: {never:?}");
    world.ledger.assert_nothing_lost(&world.view);
}
