//! `LaneHeld`: a callback that has failed for long lets the next one of its phone pass, and says so.

use super::setup::Setup;
use crate::callback::AttemptFailure;
use crate::decision::Decision;
use crate::event::Event;
use crate::message::MessageState;

#[test]
fn a_failing_callback_leaves_its_lane_once_and_goes_on_alone() {
    let mut world = Setup::usual().world();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    world.fail(callback, AttemptFailure::TimedOut);
    world.pass(300_000);
    let before = world.callback(callback).clone();
    world.decide(&Event::LaneHeld { callback });
    let after = world.callback(callback).clone();
    assert!(after.detached);
    assert_eq!(crate::callback::Callback { detached: false, ..after }, before, "its schedule is not touched");
    world.says(
        message,
        &format!("callback {callback} has been failing for 300000 ms; the phone's next callback no longer waits"),
    );
    assert_eq!(world.decide(&Event::LaneHeld { callback }), Decision::nothing(), "once");
    world.answer(callback, &[]);
    assert_eq!(world.state(message), MessageState::Answered);
    assert_eq!(world.decide(&Event::LaneHeld { callback }), Decision::nothing(), "it has ended");
}

#[test]
fn what_has_ended_holds_no_lane() {
    let mut world = Setup::usual().world();
    let message = world.mo("+41791", "8282", "news");
    let callback = world.incoming(message);
    world.exhaust(callback);
    assert_eq!(world.decide(&Event::LaneHeld { callback }), Decision::nothing());
}
