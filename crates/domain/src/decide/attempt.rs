//! `AttemptEnded`: the callback ends answered with everything the answer asks for, or it is planned again, or it ends
//! without an answer. One transaction, so an answer is applied exactly once.

use crate::callback::{AttemptFailure, AttemptOutcome, Callback, CallbackEvent, CallbackKind, CallbackState};
use crate::decide::answer;
use crate::decide::draft::{Conversation, Draft};
use crate::decision::{Change, Decision, Outcome};
use crate::id::CallbackId;
use crate::limit::SUBSCRIPTIONS_MAX;
use crate::message::MessageState;
use crate::note::{Entry, NoteCode};
use crate::phone::Subscriber;
use crate::retry::{self, Verdict};

pub(super) fn decide(mut draft: Draft<'_>, id: CallbackId, outcome: &AttemptOutcome) -> Decision {
    let Some(callback) = draft.view.callbacks.get(&id).filter(|c| c.state == CallbackState::Pending) else {
        return Decision::nothing();
    };
    draft.open_phone(&callback.phone.key());
    let mut entries = vec![Entry::Attempt { callback: id, record: outcome.record.clone() }];
    match &outcome.answer {
        Some(answer) => {
            answer::apply(&mut draft, callback, answer, &mut entries);
            subscribe(&mut draft, callback, &mut entries);
            draft.push(Change::EndCallback { id });
            let state = tells_of_an_mo(callback).then_some(MessageState::Answered);
            draft.add_entries(callback.message, state, entries);
        }
        None => failed(&mut draft, callback, outcome, entries),
    }
    draft.done(Outcome::Done)
}

fn failed(draft: &mut Draft<'_>, callback: &Callback, outcome: &AttemptOutcome, mut entries: Vec<Entry>) {
    let verdict = match draft.application(&callback.application) {
        Some(application) => retry::after_failure(&application.retry, callback, outcome, draft.now, draft.mint),
        None => Verdict::Exhausted,
    };
    let mut callback = callback.clone();
    callback.attempts += 1;
    callback.failing_since.get_or_insert(draft.now);
    let why = failure_words(outcome);
    let message_state = match verdict {
        Verdict::Again { wait_ms } => {
            callback.due_at = draft.now.plus_ms(wait_ms);
            let args = [callback.attempts.to_string(), why, wait_ms.to_string()];
            entries.push(Entry::note(NoteCode::RetryPlanned, args));
            None
        }
        Verdict::Refused => {
            callback.state = CallbackState::Refused;
            entries.push(Entry::note(NoteCode::CallbackRefused, [callback.id.to_string(), why]));
            Some(MessageState::Refused)
        }
        Verdict::Exhausted => {
            callback.state = CallbackState::Exhausted;
            let args = [callback.id.to_string(), callback.attempts.to_string()];
            entries.push(Entry::note(NoteCode::CallbackExhausted, args));
            Some(MessageState::Exhausted)
        }
    };
    if callback.state != CallbackState::Pending {
        let ended = callback.clone();
        subscribe(draft, &ended, &mut entries);
        callback.subscribe = None;
    }
    draft.add_entries(callback.message, message_state.filter(|_| tells_of_an_mo(&callback)), entries);
    draft.push(Change::PutCallback(callback));
}

fn tells_of_an_mo(callback: &Callback) -> bool {
    callback.kind == CallbackKind::IncomingMessage
}

fn failure_words(outcome: &AttemptOutcome) -> String {
    let record = &outcome.record;
    match (record.failure, record.status) {
        (Some(AttemptFailure::Status | AttemptFailure::Gone | AttemptFailure::Refused), Some(status)) => {
            format!("HTTP {status}")
        }
        (Some(failure), _) if record.detail.is_empty() => failure.words().to_owned(),
        (Some(failure), _) => format!("{} ({})", failure.words(), record.detail),
        (None, _) => "no answer".to_owned(),
    }
}

/// The callback has ended, so the phone that asked for it becomes a subscriber now and gets the confirmation.
fn subscribe(draft: &mut Draft<'_>, callback: &Callback, entries: &mut Vec<Entry>) {
    let Some(subscribe) = &callback.subscribe else { return };
    let application = &callback.application;
    let now = draft.now;
    let Some(phone) = draft.phone_mut() else { return };
    if phone.subscriptions.len() >= SUBSCRIPTIONS_MAX
        || phone.subscriptions.iter().any(|s| s.application == *application)
    {
        return;
    }
    phone.subscriptions.push(Subscriber { application: application.clone(), since: now, tags: Vec::new() });
    entries.push(Entry::note(NoteCode::Subscribed, [application.to_string()]));
    let conversation = Conversation::of(callback);
    if let Some(text) = &subscribe.confirmation {
        let first = Entry::note(NoteCode::Confirmation, [application.to_string()]);
        let told = (first, NoteCode::Replied);
        let made = draft.make_reply(callback.message, application, conversation, text, None, told);
        entries.push(Entry::Note(made));
    }
    let event = CallbackEvent::SubscriptionCreated { phone: callback.phone.clone() };
    entries.extend(draft.make_callback(callback.message, application, conversation, event, None));
}
