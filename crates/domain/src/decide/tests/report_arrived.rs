//! `ReportArrived`: matched to its segment, told, aggregated; late, repeated or parked.

use super::setup::{Setup, address};
use super::world::{World, send};
use crate::callback::{CallbackEvent, CallbackKind};
use crate::event::Send;
use crate::id::{MessageId, SegmentNumber};
use crate::message::MessageState::{self, Delivered, Expired, Rejected, Submitted, Undelivered};
use crate::report::ReportStatus;

const BEFORE: [&str; 4] = ["accepted", "segmented", "queued", "submitted"];
const TOLD: [&str; 2] = ["reported", "owes weather delivery_report"];

fn usual() -> World {
    Setup::usual().world()
}

/// An MT of one segment, taken as `n1`.
fn submitted(world: &mut World) -> MessageId {
    let message = world.sent("hello");
    world.taken(message, 0, "n1");
    message
}

/// What applications are told, in order: status and whether it is the last word.
fn told(world: &World) -> Vec<(ReportStatus, bool)> {
    let events = world.ledger.timeline.values().flatten().filter_map(|entry| match entry {
        crate::note::Entry::CallbackMade { id, .. } => Some(world.told(*id)),
        _ => None,
    });
    let reports = events.filter_map(|event| match event {
        CallbackEvent::DeliveryReport { status, is_final, .. } => Some((*status, *is_final)),
        _ => None,
    });
    reports.collect()
}

#[test]
fn the_last_word_of_the_network_is_the_state_of_the_mt() {
    let check = |status: ReportStatus, state: MessageState, is_final: bool| {
        let mut world = usual();
        let message = submitted(&mut world);
        world.report("n1", status);
        world.shows(message, state, &[&BEFORE[..], &TOLD[..]].concat());
        world.says(message, &format!("report for segment 1 of 1: {} (stat:X err:000)", status.name()));
        assert_eq!(told(&world), [(status, is_final)]);
        assert_eq!(world.is_finished(message), is_final);
    };
    check(ReportStatus::Queued, Submitted, false);
    check(ReportStatus::Pending, Submitted, false);
    check(ReportStatus::Delivered, Delivered, true);
    check(ReportStatus::Failed, Undelivered, true);
    check(ReportStatus::Expired, Expired, true);
    check(ReportStatus::Rejected, Rejected, true);
    check(ReportStatus::Unknown, Undelivered, true);
}

#[test]
fn the_application_is_told_which_segment_of_which_mt() {
    let mut world = usual();
    let message = world.sent(&"x".repeat(200));
    world.taken(message, 0, "n1");
    world.taken(message, 1, "n2");
    world.report("n2", ReportStatus::Delivered);
    let callback = world.owed(message, CallbackKind::DeliveryReport);
    let event = CallbackEvent::DeliveryReport {
        message,
        segment: SegmentNumber::new(message.stamp, 1),
        status: ReportStatus::Delivered,
        is_final: true,
        phone: address("+41791"),
    };
    assert_eq!(*world.told(callback), event);
}

#[test]
fn words_that_come_in_sequence_only_move_forward() {
    use ReportStatus::{Failed, Pending, Queued};
    let check = |words: &[ReportStatus], state: MessageState, expected: &[(ReportStatus, bool)], late: usize| {
        let mut world = usual();
        let message = submitted(&mut world);
        for status in words {
            world.report("n1", *status);
        }
        assert_eq!((world.state(message), told(&world).as_slice()), (state, expected), "{words:?}");
        let shown = world.timeline(message).iter().filter(|entry| *entry == "reported_late").count();
        assert_eq!(shown, late, "every report is in the timeline: {words:?}");
    };
    let delivered = ReportStatus::Delivered;
    check(&[Pending, delivered], Delivered, &[(Pending, false), (delivered, true)], 0);
    check(&[Queued, Pending, delivered], Delivered, &[(Queued, false), (Pending, false), (delivered, true)], 0);
    check(&[Pending, Pending, delivered], Delivered, &[(Pending, false), (delivered, true)], 1);
    check(&[Pending, Queued], Submitted, &[(Pending, false)], 1);
    check(&[delivered, delivered], Delivered, &[(delivered, true)], 1);
    check(&[delivered, Failed, Pending], Delivered, &[(delivered, true)], 2);
    check(&[Failed, delivered], Undelivered, &[(Failed, true)], 1);
}

#[test]
fn a_late_word_is_recorded_and_changes_nothing() {
    let mut world = usual();
    let message = submitted(&mut world);
    world.report("n1", ReportStatus::Delivered);
    world.pass(30 * 3_600_000);
    world.report("n1", ReportStatus::Failed);
    world.says(message, "late report for segment 1 of 1: failed (stat:X err:000); the state stays delivered");
}

#[test]
fn a_long_mt_is_delivered_only_when_all_of_it_is() {
    let check = |words: [ReportStatus; 3], state: MessageState| {
        let mut world = usual();
        let message = world.sent(&"x".repeat(400));
        for (segment, id) in (0..).zip(["n1", "n2", "n3"]) {
            world.taken(message, segment, id);
        }
        world.report("n3", words[2]);
        world.report("n1", words[0]);
        assert_eq!(world.state(message), Submitted, "one word is missing");
        world.report("n1", words[0]);
        assert_eq!(world.state(message), Submitted, "a repeated word does not stand for another segment");
        world.report("n2", words[1]);
        assert_eq!(world.state(message), state, "{words:?}");
        assert_eq!(told(&world).len(), 3, "one word for each segment");
    };
    let ok = ReportStatus::Delivered;
    check([ok, ok, ok], Delivered);
    check([ok, ReportStatus::Failed, ok], Undelivered);
    check([ok, ok, ReportStatus::Expired], Expired);
    check([ok, ReportStatus::Rejected, ok], Rejected);
    check([ReportStatus::Unknown, ok, ok], Undelivered);
    check([ReportStatus::Expired, ReportStatus::Failed, ok], Expired);
}

#[test]
fn a_word_on_one_segment_does_not_wait_for_the_submit_of_the_next() {
    let mut world = usual();
    let message = world.sent(&"x".repeat(200));
    world.taken(message, 0, "n1");
    world.report("n1", ReportStatus::Delivered);
    assert_eq!((world.state(message), world.outgoing(message).next_segment()), (MessageState::Queued, Some(1)));
    world.taken(message, 1, "n2");
    assert_eq!(world.state(message), Submitted);
    world.report("n2", ReportStatus::Delivered);
    assert_eq!(world.state(message), Delivered);
}

#[test]
fn a_report_is_found_by_any_of_its_spellings() {
    for ids in [&["n1"][..], &["xyz", "n1"], &["n1", "xyz"]] {
        let mut world = usual();
        let message = submitted(&mut world);
        world.report_on("carrier", ids, ReportStatus::Delivered);
        assert_eq!(world.state(message), Delivered, "{ids:?}");
    }
}

#[test]
fn a_report_that_matches_nothing_is_parked_with_its_reason() {
    let check = |channel: &str, ids: &[&str], filed: &str, reason: &str| {
        let mut world = usual();
        let message = submitted(&mut world);
        world.report_on(channel, ids, ReportStatus::Delivered);
        assert_eq!(world.state(message), Submitted);
        let parked: Vec<_> = world.view.unmatched.values().collect();
        assert_eq!(parked.len(), 1);
        assert_eq!((parked[0].channel.as_str(), parked[0].phone.as_str()), (channel, "+41791"));
        assert!(parked[0].network_id.starts_with(filed) && parked[0].reason.contains(reason), "{parked:?}");
        assert_eq!(parked[0].report.status, ReportStatus::Delivered);
        assert_eq!(told(&world), []);
    };
    check("carrier", &["other", "n2"], "other", "no segment was taken by the network under this id");
    check("spare", &["n1"], "n1", "no segment was taken by the network under this id");
    check("carrier", &[], "none/", "the receipt names no message id");
}

#[test]
fn reports_without_an_id_do_not_overwrite_each_other() {
    let mut world = usual();
    for _ in 0..3 {
        world.pass(1);
        world.report_on("carrier", &[], ReportStatus::Delivered);
    }
    assert_eq!(world.view.unmatched.len(), 3);
}

#[test]
fn a_report_on_a_message_that_was_removed_is_parked() {
    let mut world = usual();
    submitted(&mut world);
    world.report("n1", ReportStatus::Delivered);
    world.view.finished.clear();
    world.report("n1", ReportStatus::Delivered);
    let parked = world.view.unmatched.values().next().unwrap();
    assert_eq!(parked.reason, "its message has been removed from the store");
}

#[test]
fn nobody_is_told_who_did_not_ask_or_is_gone() {
    let mut world = usual();
    let quiet = world.send(Send { tells: false, ..send("+41791", "hello") })[0].id;
    world.taken(quiet, 0, "n1");
    world.report("n1", ReportStatus::Delivered);
    world.shows(quiet, Delivered, &[&BEFORE[..], &["reported"]].concat());
    let orphan = world.sent("hello");
    world.taken(orphan, 0, "n2");
    world.configure(Setup::usual().without_application("weather").directory());
    world.report("n2", ReportStatus::Delivered);
    world.shows(orphan, Delivered, &[&BEFORE[..], &["reported"]].concat());
    assert_eq!(told(&world), []);
}

#[test]
fn an_intermediate_word_does_not_replace_a_parked_final_one() {
    let mut world = usual();
    world.report("e99", ReportStatus::Delivered);
    world.report("e99", ReportStatus::Pending);
    let parked = world.view.unmatched.values().next().unwrap();
    assert_eq!(parked.report.status, ReportStatus::Delivered);
}

#[test]
fn of_parked_words_that_are_not_final_the_latest_is_kept() {
    let mut world = usual();
    world.report("e99", ReportStatus::Pending);
    world.pass(1);
    world.report("e99", ReportStatus::Pending);
    let parked = world.view.unmatched.values().next().unwrap();
    assert_eq!(parked.report.received_at, world.now);
}
