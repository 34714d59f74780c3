//! `SubmitStarting` and `SubmitEnded`: what the network says to a segment, and what is done when it says nothing.

use super::setup::{Setup, VALIDITY_MS, address};
use super::world::{World, send};
use crate::callback::{CallbackEvent, CallbackKind};
use crate::decision::{Change, Decision};
use crate::directory::InDoubt;
use crate::event::{Event, Send, SubmitResult};
use crate::id::MessageId;
use crate::message::MessageState;
use crate::outgoing::{OutgoingState, SegmentState};
use crate::report::ReportStatus;

const BEFORE: [&str; 3] = ["accepted", "segmented", "queued"];

fn usual() -> World {
    Setup::usual().world()
}

fn taken_as(id: &str) -> SegmentState {
    SegmentState::Submitted { network_id: id.to_owned() }
}

#[test]
fn one_segment_ends_as_the_network_says() {
    type How = fn(&mut World, MessageId) -> Decision;
    let check = |how: How, state: MessageState, more: &[&str], finished: bool| {
        let mut world = usual();
        let message = world.sent("hello");
        how(&mut world, message);
        world.shows(message, state, &[&BEFORE[..], more].concat());
        assert_eq!(world.is_finished(message), finished);
    };
    check(|w, m| w.taken(m, 0, "n1"), MessageState::Submitted, &["submitted"], false);
    check(|w, m| w.taken(m, 0, ""), MessageState::Submitted, &["submitted"], false);
    let rejected = ["submit_refused", "owes weather delivery_report"];
    check(|w, m| w.refused(m, 0), MessageState::Rejected, &rejected, true);
    check(|w, m| w.unknown(m, 0), MessageState::Queued, &["submit_in_doubt"], false);
}

#[test]
fn what_the_network_took_is_found_again_by_its_id() {
    let mut world = usual();
    let message = world.sent("hello");
    let spellings = vec!["0e99".to_owned(), "e99".to_owned()];
    let decision = world.submit(message, 0, SubmitResult::Taken { network_id: "0E99".into(), spellings }, 0);
    let sent = decision.changes.iter().find_map(|change| match change {
        Change::AddSent { channel, network_id, segment } => Some((&**channel, network_id.as_str(), *segment)),
        _ => None,
    });
    let segment = crate::outgoing::SentSegment { message, segment: 0 };
    assert_eq!(sent, Some(("carrier", "0e99", segment)), "filed under the canonical spelling");
    assert_eq!(world.outgoing(message).segments, [taken_as("0E99")], "kept as given");
    world.says(message, "segment 1 of 1 taken by the network as 0E99");
    assert_eq!(world.outgoing(message).due_at, world.now.plus_ms(VALIDITY_MS + 3 * 86_400_000));
    let nameless = world.sent("hello");
    let decision = world.taken(nameless, 0, "");
    assert!(!decision.changes.iter().any(|change| matches!(change, Change::AddSent { .. })));
    world.says(nameless, "taken by the network as an id it did not tell");
}

#[test]
fn a_long_mt_is_submitted_when_all_of_it_is() {
    let mut world = usual();
    let message = world.sent(&"x".repeat(400));
    world.taken(message, 0, "n1");
    assert_eq!((world.state(message), world.outgoing(message).next_segment()), (MessageState::Queued, Some(1)));
    world.taken(message, 2, "n3");
    assert_eq!((world.state(message), world.outgoing(message).next_segment()), (MessageState::Queued, Some(1)));
    world.taken(message, 1, "n2");
    let all = [&BEFORE[..], &["submitted", "submitted", "submitted"]].concat();
    world.shows(message, MessageState::Submitted, &all);
    world.says(message, "segment 2 of 3 taken by the network as n2");
    assert_eq!(world.outgoing(message).segments, [taken_as("n1"), taken_as("n2"), taken_as("n3")]);
}

#[test]
fn one_refused_segment_ends_the_whole_mt_and_tells_of_what_never_went() {
    let mut world = usual();
    let message = world.sent(&"x".repeat(400));
    world.taken(message, 0, "n1");
    world.refused(message, 1);
    world.says(message, "segment 2 of 3 refused by the network: ESME_RINVDSTADR");
    assert_eq!(world.state(message), MessageState::Rejected);
    let mut told: Vec<u8> = world
        .owed_all(CallbackKind::DeliveryReport)
        .into_iter()
        .map(|id| match world.told(id) {
            CallbackEvent::DeliveryReport { segment, status: ReportStatus::Rejected, is_final: true, .. } => {
                segment.split().unwrap().1
            }
            other => panic!("{other:?}"),
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [1, 2]);
    assert_eq!(world.taken(message, 2, "n3"), Decision::nothing(), "it is over");
    assert_eq!(world.unknown(message, 2), Decision::nothing());
}

#[test]
fn throttling_is_noted() {
    let mut world = usual();
    let message = world.sent("hello");
    world.submit(message, 0, SubmitResult::Taken { network_id: "n1".into(), spellings: vec!["n1".into()] }, 3);
    world.shows(message, MessageState::Submitted, &[&BEFORE[..], &["throttled", "submitted"]].concat());
    world.says(message, "the network asked to slow down 3 times before it took segment 1");
}

#[test]
fn a_channel_without_reports_has_done_its_part_with_the_submit() {
    let mut world = Setup::usual().channel("carrier", |c| c.reports = false).world();
    let message = world.sent("hello");
    world.taken(message, 0, "n1");
    assert!(world.is_finished(message));
    assert_eq!(world.state(message), MessageState::Submitted);
    world.report("n1", ReportStatus::Delivered);
    world.says(message, "late report for segment 1 of 1: delivered (stat:X err:000); the state stays submitted");
}

/// An MT of three segments on a channel that holds what is in doubt.
fn held(world: &mut World) -> MessageId {
    world.send(Send { from: Some(address("7777")), ..send("+41791", &"x".repeat(400)) })[0].id
}

#[test]
fn a_submit_without_a_result_follows_the_policy_of_its_channel() {
    let check = |policy: InDoubt, state: MessageState, segment: SegmentState, words: &str| {
        let mut world = Setup::usual().channel("carrier", |c| c.in_doubt = policy).world();
        let message = world.sent("hello");
        world.decide(&Event::SubmitStarting { message, segment: 0 });
        assert_eq!(world.outgoing(message).segments, [SegmentState::Submitting]);
        world.unknown(message, 0);
        world.shows(message, state, &[&BEFORE[..], &["submit_in_doubt"]].concat());
        world.says(
            message,
            &format!("segment 1 of 1 was submitted and its result is unknown: the link was lost; {words}"),
        );
        assert_eq!(world.outgoing(message).segments, [segment]);
    };
    check(InDoubt::Resubmit, MessageState::Queued, SegmentState::Waiting, "it is submitted again");
    check(InDoubt::Hold, MessageState::InDoubt, SegmentState::Submitting, "it is held and never submitted twice");
}

#[test]
fn what_was_submitted_again_ends_like_any_other() {
    let mut world = usual();
    let message = world.sent("hello");
    world.unknown(message, 0);
    world.unknown(message, 0);
    world.taken(message, 0, "n1");
    assert_eq!(world.state(message), MessageState::Submitted);
}

#[test]
fn an_mt_in_doubt_stays_held_whatever_becomes_of_its_other_segments() {
    let mut world = usual();
    let message = held(&mut world);
    world.unknown(message, 0);
    world.taken(message, 1, "n2");
    assert_eq!(world.outgoing(message).state, OutgoingState::InDoubt, "queued, it would be submitted twice");
    world.report_on("spare", &["n2"], ReportStatus::Delivered);
    assert_eq!(world.outgoing(message).state, OutgoingState::InDoubt);
    world.taken(message, 2, "n3");
    assert_eq!((world.outgoing(message).state, world.state(message)), (OutgoingState::InDoubt, MessageState::InDoubt));
    assert_eq!(world.outgoing(message).due_at, world.now.plus_ms(VALIDITY_MS + 3 * 86_400_000));
    let mut world = usual();
    let message = held(&mut world);
    world.taken(message, 0, "n1");
    world.unknown(message, 1);
    world.refused(message, 2);
    assert_eq!(world.state(message), MessageState::Rejected, "a refusal is final in doubt too");
}

#[test]
fn the_start_of_a_submit_is_written_once() {
    let mut world = usual();
    let message = world.sent("hello");
    let start =
        |world: &mut World, segment: u8| world.decide(&Event::SubmitStarting { message, segment }).changes.len();
    assert_eq!((start(&mut world, 0), start(&mut world, 0), start(&mut world, 9)), (1, 0, 0));
    world.taken(message, 0, "n1");
    assert_eq!(start(&mut world, 0), 0);
    world.report("n1", ReportStatus::Delivered);
    assert_eq!(start(&mut world, 0), 0);
}

#[test]
fn an_early_report_is_applied_as_soon_as_the_network_gave_its_id() {
    let check = |status: ReportStatus, state: MessageState, finished: bool| {
        let mut world = usual();
        let message = world.sent("hello");
        world.report_on("carrier", &["e99", "3737"], status);
        assert_eq!((world.view.unmatched.len(), world.state(message)), (1, MessageState::Queued));
        let spellings = vec!["0e99".to_owned(), "e99".to_owned()];
        world.submit(message, 0, SubmitResult::Taken { network_id: "0E99".into(), spellings }, 0);
        assert!(world.view.unmatched.is_empty(), "it is no longer parked");
        let more = ["submitted", "reported", "owes weather delivery_report"];
        world.shows(message, state, &[&BEFORE[..], &more].concat());
        assert_eq!(world.is_finished(message), finished);
    };
    check(ReportStatus::Delivered, MessageState::Delivered, true);
    check(ReportStatus::Failed, MessageState::Undelivered, true);
    check(ReportStatus::Pending, MessageState::Submitted, false);
}

#[test]
fn an_early_report_of_another_channel_is_not_ours() {
    let mut world = usual();
    let message = world.sent("hello");
    world.report_on("spare", &["n1"], ReportStatus::Delivered);
    world.taken(message, 0, "n1");
    assert_eq!((world.state(message), world.view.unmatched.len()), (MessageState::Submitted, 1));
}

#[test]
fn who_wants_to_know_of_every_submit_is_told() {
    let mut world = Setup::usual().application("weather", |a| a.report_queued = true).world();
    let told = |world: &World| {
        let all = world.owed_all(CallbackKind::DeliveryReport).into_iter().map(|id| match world.told(id) {
            CallbackEvent::DeliveryReport { status, is_final, segment, .. } => {
                (status.name(), *is_final, segment.split().unwrap().1)
            }
            other => panic!("{other:?}"),
        });
        let mut all: Vec<_> = all.collect();
        all.sort_unstable();
        all
    };
    let message = world.sent(&"x".repeat(200));
    world.taken(message, 0, "n1");
    world.taken(message, 1, "n2");
    assert_eq!(told(&world), [("queued", false, 0), ("queued", false, 1)]);
    world.report("n2", ReportStatus::Delivered);
    assert_eq!(told(&world), [("delivered", true, 1), ("queued", false, 0), ("queued", false, 1)]);
    let quiet = world.send(Send { tells: false, ..send("+41791", "hello") })[0].id;
    world.taken(quiet, 0, "n3");
    assert_eq!(told(&world).len(), 3, "only for sends that tell");
}

#[test]
fn what_is_not_there_is_not_touched() {
    let mut world = usual();
    let message = world.sent("hello");
    assert_eq!(world.taken(message, 1, "n1"), Decision::nothing(), "it has one segment");
    assert_eq!(world.taken(message, 7, "n1"), Decision::nothing());
    let incoming = world.mo("+41791", "8282", "news");
    assert_eq!(world.taken(incoming, 0, "n1"), Decision::nothing(), "an MO is never submitted");
    assert_eq!(world.decide(&Event::SubmitStarting { message: incoming, segment: 0 }), Decision::nothing());
}
