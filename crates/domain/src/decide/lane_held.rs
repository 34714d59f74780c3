//! `LaneHeld`: a failing callback has held its lane for `order_hold`; the lane moves on and says so.

use crate::callback::CallbackState;
use crate::decide::draft::Draft;
use crate::decision::{Change, Decision, Outcome};
use crate::id::CallbackId;
use crate::note::{Entry, NoteCode};

pub(super) fn decide(mut draft: Draft<'_>, id: CallbackId) -> Decision {
    let callback = draft.view.callbacks.get(&id).filter(|c| c.state == CallbackState::Pending && !c.detached);
    let Some(callback) = callback else { return Decision::nothing() };
    let held_ms = callback.failing_since.map_or(0, |since| draft.now.ms_since(since));
    let mut callback = callback.clone();
    callback.detached = true;
    let entry = Entry::note(NoteCode::LaneMovedOn, [id.to_string(), held_ms.to_string()]);
    draft.add_entries(callback.message, None, vec![entry]);
    draft.push(Change::PutCallback(callback));
    draft.done(Outcome::Done)
}
