//! At the start of an attempt: it is its lane's turn, nothing of the lane runs beside it, and id, bytes and number are
//! what they were.

use engine::limit::STEP_BACK_MS_MAX;
use engine::port::Attempt;

use crate::world::World;

const ORDER: &str = "order per phone";
const SAME: &str = "one id and the same bytes for life";

pub(crate) fn started(world: &mut World, attempt: &Attempt) {
    let truth = world.disk.truth();
    let (ledger, story) = (&truth.ledger, &mut world.story);
    let id = attempt.callback;
    let Some(callback) = ledger.callbacks.get(&id) else {
        return story.wrong(SAME, format_args!("{id} is attempted and was never committed"));
    };
    if callback.ended.is_some() {
        story.wrong(ORDER, format_args!("{id} is attempted and has ended: {:?}", callback.ended));
    }
    let known = world.applications.known.get(&id);
    let same_as_before = known.is_none_or(|known| known.request == attempt.request && known.kind == attempt.kind);
    if !same_as_before || callback.body.as_ref() != Some(&attempt.request) {
        story.wrong(SAME, format_args!("{id} is attempted with other bytes than before"));
    }
    if attempt.number != callback.record.attempts + 1 {
        let made = callback.record.attempts;
        story.wrong(SAME, format_args!("{id} is attempted with number {} after {made}", attempt.number));
    }
    let lane = (callback.record.application.clone(), callback.record.phone.key());
    let first = ledger.lanes.get(&lane).and_then(|lane| lane.first());
    // A clock that is set back by more than an hour is followed: then a restart may change the order.
    let first_at = first.and_then(|first| ledger.callbacks.get(first)).map(|first| first.record.created_at);
    let is_older = first_at.is_some_and(|at| at > callback.record.created_at);
    let is_followed = is_older && world.set_back_ms > STEP_BACK_MS_MAX;
    if !callback.record.detached && !is_followed && first != Some(&id) {
        story.wrong(ORDER, format_args!("{id} is attempted while {first:?} is before it in its lane"));
    }
    let mut beside = 0;
    for running in world.applications.running.iter().filter(|r| r.application == attempt.application.id) {
        beside += 1;
        let Some(other) = ledger.callbacks.get(&running.callback) else { continue };
        let in_lane = other.record.phone.key() == lane.1 && !other.record.detached && !callback.record.detached;
        if running.callback == id || in_lane {
            story.wrong(ORDER, format_args!("{id} is attempted while an attempt of {} runs", running.callback));
        }
    }
    if beside >= world.plan.concurrency {
        story.wrong("concurrency", format_args!("{id} starts while {beside} attempts of its application run"));
    }
}
