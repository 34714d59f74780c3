//! `ReplayAsked`: a callback that ended without an answer is owed again, from the start of its schedule.

use crate::callback::CallbackState;
use crate::decide::draft::Draft;
use crate::decision::{Change, Decision, Outcome, Refusal};
use crate::event::Asker;
use crate::id::CallbackId;
use crate::note::{Entry, NoteCode};

pub(super) fn decide(mut draft: Draft<'_>, asker: &Asker, id: CallbackId) -> Decision {
    let Some(callback) = draft.view.callbacks.get(&id) else { return Decision::refused(Refusal::NotFound) };
    let allowed = match asker {
        Asker::Operator => true,
        Asker::Account(key) => draft.application(&callback.application).is_some_and(|a| a.account == *key),
        Asker::Application(application) => callback.application == *application,
    };
    if !allowed {
        return Decision::refused(Refusal::NotFound);
    }
    if callback.state == CallbackState::Pending {
        return Decision::refused(Refusal::StillPending);
    }
    let mut callback = callback.clone();
    callback.state = CallbackState::Pending;
    callback.created_at = draft.now;
    callback.due_at = draft.now;
    callback.attempts = 0;
    callback.failing_since = None;
    callback.detached = false;
    let entry = Entry::note(NoteCode::Replayed, [id.to_string(), asker.words()]);
    draft.add_entries(callback.message, None, vec![entry]);
    draft.push(Change::PutCallback(callback));
    draft.done(Outcome::Done)
}
