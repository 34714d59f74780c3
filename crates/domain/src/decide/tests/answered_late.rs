//! `AnsweredLate`: what had been given up as unknown is known after all.

use super::setup::{Setup, address};
use super::world::{World, send};
use crate::decision::{Change, Decision};
use crate::event::{Event, LateAnswer, Send};
use crate::id::MessageId;
use crate::message::MessageState;
use crate::outgoing::{OutgoingState, SegmentState};
use crate::report::ReportStatus;

fn late(world: &mut World, message: MessageId, segment: u8, answer: LateAnswer, channel: &str) -> Decision {
    world.decide(&Event::AnsweredLate { message, segment, answer, channel: channel.into() })
}

fn taken(id: &str) -> LateAnswer {
    LateAnswer::Taken { network_id: id.into(), spellings: vec![id.into()] }
}

fn not_taken() -> LateAnswer {
    LateAnswer::NotTaken { reason: "the network says ESME_RTHROTTLED".into() }
}

/// An MT whose first segment is in doubt, on a channel that holds it.
fn held(text: &str) -> (World, MessageId) {
    let mut world = Setup::usual().world();
    let message = world.send(Send { from: Some(address("7777")), ..send("+41791", text) })[0].id;
    world.decide(&Event::SubmitStarting { message, segment: 0 });
    world.unknown(message, 0);
    assert_eq!(world.outgoing(message).state, OutgoingState::InDoubt);
    (world, message)
}

#[test]
fn a_doubt_that_is_held_ends_with_the_answer() {
    let (mut world, message) = held("hello");
    late(&mut world, message, 0, taken("n1"), "spare");
    assert_eq!(
        (world.state(message), world.outgoing(message).state),
        (MessageState::Submitted, OutgoingState::Submitted)
    );
    world.says(
        message,
        "the network answers for segment 1 of 1 after all: taken; segment 1 of 1 taken by the network as n1",
    );
    world.report_on("spare", &["n1"], ReportStatus::Delivered);
    assert_eq!(world.state(message), MessageState::Delivered);

    let (mut world, message) = held("hello");
    late(&mut world, message, 0, LateAnswer::Refused { reason: "ESME_RINVDSTADR".into() }, "spare");
    assert_eq!((world.state(message), world.is_finished(message)), (MessageState::Rejected, true));

    let (mut world, message) = held("hello");
    late(&mut world, message, 0, not_taken(), "spare");
    let outgoing = world.outgoing(message);
    assert_eq!((outgoing.state, outgoing.next_segment()), (OutgoingState::Queued, Some(0)), "it is not there twice");
    world.says(message, "after all: the network says ESME_RTHROTTLED");
}

#[test]
fn a_report_that_came_before_is_applied() {
    let (mut world, message) = held("hello");
    world.report_on("spare", &["n1"], ReportStatus::Delivered);
    late(&mut world, message, 0, taken("n1"), "spare");
    assert_eq!((world.state(message), world.is_finished(message)), (MessageState::Delivered, true));
}

#[test]
fn the_rest_of_a_long_mt_goes_on() {
    let (mut world, message) = held(&"x".repeat(400));
    late(&mut world, message, 0, taken("n1"), "spare");
    let outgoing = world.outgoing(message);
    assert_eq!((outgoing.state, outgoing.next_segment()), (OutgoingState::Queued, Some(1)));
    assert_eq!(world.state(message), MessageState::Queued);
    world.taken(message, 1, "n2");
    world.taken(message, 2, "n3");
    assert_eq!(world.state(message), MessageState::Submitted);
}

#[test]
fn what_waits_to_be_submitted_again_need_not_be() {
    let mut world = Setup::usual().world();
    let message = world.sent("hello");
    world.unknown(message, 0);
    assert_eq!(late(&mut world, message, 0, not_taken(), "carrier"), Decision::nothing(), "it is submitted again");
    let refused = LateAnswer::Refused { reason: "no".into() };
    assert_eq!(late(&mut world, message, 0, refused, "carrier"), Decision::nothing(), "the second answer decides");
    late(&mut world, message, 0, taken("n1"), "carrier");
    assert_eq!((world.state(message), world.outgoing(message).next_segment()), (MessageState::Submitted, None));
    // It was under way already: whatever is said to the second one, the first was taken.
    world.refused(message, 0);
    world.unknown(message, 0);
    assert_eq!(world.state(message), MessageState::Submitted);
    world.taken(message, 0, "n2");
    assert_eq!(world.outgoing(message).segments, [SegmentState::Submitted { network_id: "n1".into() }]);
    world.report("n2", ReportStatus::Delivered);
    assert_eq!(world.state(message), MessageState::Delivered);
}

#[test]
fn what_was_submitted_twice_is_known_under_both_ids() {
    let mut world = Setup::usual().world();
    let message = world.sent("hello");
    world.unknown(message, 0);
    world.taken(message, 0, "second");
    let decision = late(&mut world, message, 0, taken("first"), "carrier");
    assert!(
        decision
            .changes
            .iter()
            .any(|change| matches!(change, Change::AddSent { network_id, .. } if network_id == "first"))
    );
    assert_eq!(world.outgoing(message).segments, [SegmentState::Submitted { network_id: "second".into() }]);
    world.says(message, "segment 1 of 1 taken by the network as second");
    world.says(message, "segment 1 of 1 taken by the network as first");
    world.report("first", ReportStatus::Delivered);
    assert_eq!(world.state(message), MessageState::Delivered);
}

#[test]
fn what_is_over_or_never_was_is_not_touched() {
    let mut world = Setup::usual().world();
    let message = world.sent("hello");
    assert_eq!(late(&mut world, message, 1, taken("n1"), "carrier"), Decision::nothing(), "it has one segment");
    assert_eq!(late(&mut world, message, 7, taken("n1"), "carrier"), Decision::nothing());
    world.refused(message, 0);
    assert_eq!(late(&mut world, message, 0, taken("n1"), "carrier"), Decision::nothing());
}

#[test]
fn a_late_word_on_one_segment_leaves_the_doubt_about_another() {
    let mut world = Setup::usual().world();
    let message = world.send(Send { from: Some(address("7777")), ..send("+41791", &"x".repeat(200)) })[0].id;
    world.taken(message, 0, "n1");
    world.decide(&Event::SubmitStarting { message, segment: 1 });
    world.unknown(message, 1);
    late(&mut world, message, 0, taken("again"), "spare");
    let outgoing = world.outgoing(message);
    assert_eq!((outgoing.state, world.state(message)), (OutgoingState::InDoubt, MessageState::InDoubt));
    assert_eq!(outgoing.segments[0], SegmentState::Submitted { network_id: "n1".into() });
    assert_eq!(outgoing.segments[1], SegmentState::Submitting, "it is still held");
    assert_eq!(late(&mut world, message, 0, not_taken(), "spare"), Decision::nothing());
}

#[test]
fn the_end_of_a_doubt_is_one_row_unless_the_mt_goes_on() {
    let check = |text: &str, answer: LateAnswer, states: &[Option<MessageState>]| {
        let (mut world, message) = held(text);
        let decision = late(&mut world, message, 0, answer, "spare");
        let rows = decision.changes.iter().filter_map(|change| match change {
            Change::AddEntries { state, .. } => Some(*state),
            _ => None,
        });
        assert_eq!(rows.collect::<Vec<_>>(), states);
    };
    let (short, long) = ("hello", "x".repeat(200));
    let refused = || LateAnswer::Refused { reason: "no".into() };
    check(short, taken("n1"), &[Some(MessageState::Submitted)]);
    check(short, refused(), &[Some(MessageState::Rejected)]);
    check(short, not_taken(), &[Some(MessageState::Queued)]);
    check(&long, taken("n1"), &[Some(MessageState::Queued), None]);
    check(&long, refused(), &[Some(MessageState::Rejected)]);
}
