//! `OutgoingDue`: the time of a scheduled MT, the end of its validity, the end of the wait for reports.

use super::setup::{Setup, VALIDITY_MS};
use super::world::{World, send};
use crate::callback::{CallbackEvent, CallbackKind};
use crate::decision::Decision;
use crate::event::Send;
use crate::id::MessageId;
use crate::message::MessageState;
use crate::outgoing::OutgoingState;
use crate::report::ReportStatus;

/// How long reports are waited for after the end of the validity.
const REPORT_SLACK_MS: u64 = 3 * 86_400_000;

#[test]
fn each_state_ends_in_its_own_way() {
    let check = |how: fn(&mut World) -> MessageId, due_ms: u64, state: MessageState, timeline: &[&str]| {
        let mut world = Setup::usual().world();
        let message = how(&mut world);
        world.pass(due_ms - 1);
        assert_eq!(world.outgoing_due(message), Decision::nothing(), "not yet: {timeline:?}");
        world.pass(1);
        world.outgoing_due(message);
        world.shows(message, state, timeline);
        let finished = world.is_finished(message);
        assert_eq!(finished, state != MessageState::Queued);
        if finished {
            assert_eq!(world.outgoing_due(message), Decision::nothing());
        }
    };
    let scheduled = |world: &mut World| {
        let at = world.now.plus_ms(60_000);
        world.send(Send { send_at: Some(at), ..send("+41791", "hello") })[0].id
    };
    check(scheduled, 60_000, MessageState::Queued, &["accepted", "segmented", "scheduled", "queued"]);
    let queued = |world: &mut World| world.sent("hello");
    let expired = ["accepted", "segmented", "queued", "expired", "owes weather delivery_report"];
    check(queued, VALIDITY_MS, MessageState::Expired, &expired);
    let submitted = |world: &mut World| {
        let message = world.sent("hello");
        world.taken(message, 0, "n1");
        message
    };
    let silent = ["accepted", "segmented", "queued", "submitted", "report_missing"];
    check(submitted, VALIDITY_MS + REPORT_SLACK_MS, MessageState::Submitted, &silent);
    let in_doubt = |world: &mut World| {
        let from = Some(super::setup::address("7777"));
        let message = world.send(Send { from, ..send("+41791", "hello") })[0].id;
        world.unknown(message, 0);
        message
    };
    let unknown = ["accepted", "segmented", "queued", "submit_in_doubt", "report_missing"];
    check(in_doubt, VALIDITY_MS + REPORT_SLACK_MS, MessageState::InDoubt, &unknown);
}

#[test]
fn a_scheduled_mt_is_valid_from_its_time_on() {
    let mut world = Setup::usual().world();
    let at = world.now.plus_ms(60_000);
    let message = world.send(Send { send_at: Some(at), validity_ms: Some(1_000), ..send("+41791", "hello") })[0].id;
    world.now = at;
    world.outgoing_due(message);
    assert_eq!(world.outgoing(message).state, OutgoingState::Queued);
    world.pass(1_000);
    world.outgoing_due(message);
    assert_eq!(world.state(message), MessageState::Expired);
}

#[test]
fn what_expires_half_way_tells_of_the_segments_that_never_went() {
    let mut world = Setup::usual().world();
    let message = world.sent(&"x".repeat(400));
    world.taken(message, 1, "n2");
    world.pass(VALIDITY_MS);
    world.outgoing_due(message);
    assert_eq!(world.state(message), MessageState::Expired);
    let mut told: Vec<u8> = world
        .owed_all(CallbackKind::DeliveryReport)
        .into_iter()
        .map(|id| match world.told(id) {
            CallbackEvent::DeliveryReport { segment, status: ReportStatus::Expired, is_final: true, .. } => {
                segment.split().unwrap().1
            }
            other => panic!("{other:?}"),
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [0, 2]);
}

#[test]
fn nobody_is_told_who_did_not_ask() {
    let mut world = Setup::usual().world();
    let message = world.send(Send { tells: false, ..send("+41791", "hello") })[0].id;
    world.pass(VALIDITY_MS);
    world.outgoing_due(message);
    world.shows(message, MessageState::Expired, &["accepted", "segmented", "queued", "expired"]);
}
