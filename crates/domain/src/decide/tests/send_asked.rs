//! `SendAsked`: accepted wholly or refused wholly.

use super::setup::{Setup, VALIDITY_MS, address};
use super::world::{World, send};
use crate::decision::{Decision, Outcome, Refusal, SentMessage};
use crate::directory::SegmentMark;
use crate::event::{Event, Idempotency, Send};
use crate::limit::{IDEMPOTENCY_MS, RECIPIENTS_MAX, SCHEDULE_MS_MAX, SEGMENTS_MAX, SENT_SESSION_MS, TEXT_BYTES_MAX};
use crate::message::{Direction, MessageState};
use crate::outgoing::{OutgoingState, SegmentState};

fn usual() -> World {
    Setup::usual().world()
}

fn ask(world: &mut World, send: Send) -> Decision {
    world.decide(&Event::SendAsked(send))
}

#[test]
fn a_send_becomes_one_mt_for_each_recipient() {
    let mut world = usual();
    let to = ["+41791", "+41792", "0041793"];
    let sent = world.send(Send { to: to.iter().map(|t| address(t)).collect(), ..send("x", "hello") });
    let recipients: Vec<&str> = sent.iter().map(|s| world.message(s.id).to.as_str()).collect();
    assert_eq!(recipients, to, "in the order of the recipients");
    for SentMessage { id, segments, scheduled } in sent {
        assert_eq!((segments, scheduled), (1, false));
        world.shows(id, MessageState::Queued, &["accepted", "segmented", "queued"]);
        world.says(id, "accepted from application weather for ");
        world.says(id, "GSM-7, 5 units, segments: 1; queued on channel carrier");
        let message = world.message(id);
        assert_eq!((message.direction, message.from.as_str()), (Direction::Mt, "8282"));
        assert_eq!((message.account.as_deref(), message.application.as_deref()), (Some("acme"), Some("weather")));
        let outgoing = world.outgoing(id);
        assert_eq!((outgoing.state, outgoing.tells), (OutgoingState::Queued, true));
        assert_eq!((outgoing.due_at, outgoing.valid_until), (world.now, world.now.plus_ms(VALIDITY_MS)));
    }
}

#[test]
fn a_long_text_has_its_segments_counted() {
    let check = |text: &str, segments: u8, words: &str| {
        let mut world = usual();
        let sent = world.send(send("+41791", text));
        assert_eq!(sent[0].segments, segments);
        assert_eq!(world.outgoing(sent[0].id).segments, vec![SegmentState::Waiting; usize::from(segments)]);
        world.says(sent[0].id, words);
    };
    check(&"x".repeat(160), 1, "GSM-7, 160 units, segments: 1");
    check(&"x".repeat(161), 2, "GSM-7, 161 units, segments: 2");
    check(&"ж".repeat(71), 2, "UCS-2, 71 units, segments: 2");
    check(&"x".repeat(255 * 153), 255, "segments: 255");
}

#[test]
fn a_channel_marks_segments_in_its_own_way_or_takes_the_text_whole() {
    let check = |mark: SegmentMark, units: usize, segments: u8| {
        let mut world = Setup::usual().channel("carrier", |channel| channel.segment_mark = mark).world();
        let sent = world.send(send("+41791", &"x".repeat(units)));
        assert_eq!(sent[0].segments, segments, "{mark:?} {units}");
        assert_eq!(world.outgoing(sent[0].id).segments.len(), usize::from(segments));
        assert_eq!(world.message(sent[0].id).segments, segments);
    };
    check(SegmentMark::Udh8, 306, 2);
    check(SegmentMark::Udh16, 306, 3);
    check(SegmentMark::Sar, 306, 3);
    check(SegmentMark::Payload, 161, 1);
    check(SegmentMark::Payload, TEXT_BYTES_MAX, 1);
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_code_and_changes_nothing() {
    let check = |send: Send, refusal: Refusal, code: &str| {
        let mut world = usual();
        assert_eq!(refusal.code(), code);
        assert_eq!(ask(&mut world, send), Decision::refused(refusal));
    };
    let hello = || send("+41791", "hello");
    check(Send { from: None, application: None, ..hello() }, Refusal::NoSender, "HS-1101");
    check(Send { from: None, application: Some("idle".into()), ..hello() }, Refusal::NoSender, "HS-1101");
    check(Send { from: Some(address("4711")), ..hello() }, Refusal::UnknownSender { from: "4711".into() }, "HS-1102");
    // 9292 has routes of another account only.
    check(Send { from: Some(address("9292")), ..hello() }, Refusal::UnknownSender { from: "9292".into() }, "HS-1102");
    check(Send { application: Some("nobody".into()), ..hello() }, Refusal::UnknownApplication, "HS-1103");
    check(Send { application: Some("news".into()), ..hello() }, Refusal::UnknownApplication, "HS-1103");
    check(send("+41791", ""), Refusal::EmptyText, "HS-1104");
    check(send("+41791", &"x".repeat(255 * 153 + 1)), Refusal::TextTooLong { segments: SEGMENTS_MAX + 1 }, "HS-1105");
    check(
        send("+41791", &"x".repeat(TEXT_BYTES_MAX + 1)),
        Refusal::TextTooLong { segments: SEGMENTS_MAX + 1 },
        "HS-1105",
    );
    check(Send { to: Vec::new(), ..hello() }, Refusal::Recipients { count: 0 }, "HS-1106");
    let crowd = vec![address("+41791"); RECIPIENTS_MAX + 1];
    check(Send { to: crowd, ..hello() }, Refusal::Recipients { count: RECIPIENTS_MAX + 1 }, "HS-1106");
    let too_late = usual().now.plus_ms(SCHEDULE_MS_MAX + 1);
    check(Send { send_at: Some(too_late), ..hello() }, Refusal::Schedule, "HS-1107");
}

#[test]
fn what_is_just_allowed_is_sent() {
    let mut world = usual();
    let crowd = vec![address("+41791"); RECIPIENTS_MAX];
    assert_eq!(world.send(Send { to: crowd, ..send("x", "hello") }).len(), RECIPIENTS_MAX);
    let last = world.now.plus_ms(SCHEDULE_MS_MAX);
    assert!(world.send(Send { send_at: Some(last), ..send("+41791", "hello") })[0].scheduled);
}

#[test]
fn the_sender_may_be_left_out_when_the_application_has_an_address() {
    let mut world = usual();
    let sent = world.send(Send { from: None, ..send("+41791", "hello") });
    assert_eq!(world.message(sent[0].id).from.as_str(), "8282");
    let tenant = Send { application: None, from: Some(address("7777")), tells: true, ..send("+41791", "hello") };
    let sent = world.send(tenant);
    assert_eq!(&*world.message(sent[0].id).channel, "spare", "the channel is the one that serves the address");
    assert!(!world.outgoing(sent[0].id).tells, "without an application there is nobody to tell");
    world.says(sent[0].id, "accepted from account acme for +41791");
}

#[test]
fn a_send_may_wait_for_its_time() {
    let mut world = usual();
    let at = world.now.plus_ms(60_000);
    let sent = world.send(Send { send_at: Some(at), validity_ms: Some(5_000), ..send("+41791", "hello") });
    assert!(sent[0].scheduled);
    world.shows(sent[0].id, MessageState::Scheduled, &["accepted", "segmented", "scheduled"]);
    world.says(sent[0].id, &format!("to be sent at {at}"));
    let outgoing = world.outgoing(sent[0].id);
    assert_eq!((outgoing.due_at, outgoing.valid_until), (at, at.plus_ms(5_000)), "valid from its time on");
    for past in [world.now, crate::time::At(0)] {
        let sent = world.send(Send { send_at: Some(past), ..send("+41791", "hello") });
        assert!(!sent[0].scheduled, "a time that has passed is now");
        assert_eq!(world.outgoing(sent[0].id).due_at, world.now);
    }
}

fn keyed(account: &str, key: &str, fingerprint: u8) -> Send {
    let idempotency = Some(Idempotency { key: key.to_owned(), fingerprint: [fingerprint; 16] });
    Send { account: account.into(), application: None, idempotency, ..send("+41791", "hello") }
}

#[test]
fn a_send_under_a_key_is_accepted_once() {
    let mut world = usual();
    let first = world.send(keyed("acme", "k", 1));
    world.pass(IDEMPOTENCY_MS - 1);
    let repeated = ask(&mut world, keyed("acme", "k", 1));
    assert_eq!(repeated.outcome, Outcome::Sent { messages: first.clone(), repeated: true });
    assert_eq!(repeated.changes, []);
    assert_eq!(ask(&mut world, keyed("acme", "k", 2)), Decision::refused(Refusal::KeyReused));
    assert_eq!(Refusal::KeyReused.code(), "HS-1108");
    for other in [keyed("acme", "l", 1), keyed("press", "k", 1), send("+41791", "hello"), send("+41791", "hello")] {
        assert_ne!(world.send(other), first);
    }
    world.pass(1);
    let later = world.send(keyed("acme", "k", 2));
    assert_ne!(later, first, "the key is forgotten after 24 h");
    assert_eq!(world.send(keyed("acme", "k", 2)), later);
}

#[test]
fn a_refused_send_uses_no_key_up() {
    let mut world = usual();
    let empty = Send { text: String::new(), ..keyed("acme", "k", 1) };
    assert_eq!(ask(&mut world, empty).outcome, Outcome::Refused(Refusal::EmptyText));
    world.send(keyed("acme", "k", 2));
}

#[test]
fn a_send_that_expects_an_answer_opens_the_session_it_comes_back_in() {
    let mut world = usual();
    let sent = world.send(Send { opens_session: true, ..send("+41791", "Which town?") });
    world.shows(sent[0].id, MessageState::Queued, &["accepted", "segmented", "queued", "session_opened"]);
    let answer = world.mo("+41791", "8282", "bergen, and no keyword");
    assert_eq!(world.message(answer).application.as_deref(), Some("weather"));
    let again = world.send(Send { opens_session: true, ..send("+41791", "And when?") });
    world.shows(again[0].id, MessageState::Queued, &["accepted", "segmented", "queued"]);
    assert_eq!(world.view.phones.values().next().unwrap().sessions.len(), 1, "it lives on");
}

#[test]
fn a_send_that_expects_an_answer_does_not_wake_a_session_whose_time_is_over() {
    let mut world = usual();
    let ask = |world: &mut World| world.send(Send { opens_session: true, ..send("+41791", "Where to?") })[0].id;
    let first = ask(&mut world);
    world.pass(SENT_SESSION_MS);
    let second = ask(&mut world);
    world.says(first, "session with weather closed: its time was over");
    let sessions = &world.phone("+41791").unwrap().sessions;
    assert_eq!(sessions.iter().map(|s| s.opened_by).collect::<Vec<_>>(), [second]);
}
