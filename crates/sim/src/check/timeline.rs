//! Everything is explained: each message has a timeline, its states only move forward, and the last one has its reason
//! in the timeline.

use domain::id::Stamp;
use domain::message::MessageState;
use domain::note::NoteCode;

use crate::ledger::{Ledger, MessageTruth};
use crate::story::Story;

const CHECK: &str = "everything is explained";

pub(crate) fn check(ledger: &Ledger, story: &mut Story) {
    for (stamp, truth) in &ledger.messages {
        one(*stamp, truth, story);
    }
}

fn one(stamp: Stamp, truth: &MessageTruth, story: &mut Story) {
    let Some(message) = &truth.message else {
        return story.wrong(CHECK, format_args!("{stamp:?} has a timeline and no message"));
    };
    if truth.entries.is_empty() {
        story.wrong(CHECK, format_args!("{} has no timeline", message.id));
    }
    for pair in truth.states.windows(2) {
        let is_replay = matches!(pair[0], MessageState::Refused | MessageState::Exhausted) && rank(pair[1]) == 4;
        let moves_on = rank(pair[0]) < rank(pair[1]);
        let stays = pair[0] == pair[1] && !pair[0].is_final();
        let is_cleared = pair == [MessageState::InDoubt, MessageState::Queued]
            && truth.notes(NoteCode::AnsweredLate).next().is_some();
        if !(is_replay || moves_on || stays || is_cleared) {
            story.wrong(CHECK, format_args!("{} went from {:?} to {:?}", message.id, pair[0], pair[1]));
        }
    }
    let Some(state) = truth.state() else {
        return story.wrong(CHECK, format_args!("{} has no state", message.id));
    };
    if !reasons(state).iter().any(|code| truth.notes(*code).next().is_some()) {
        story.wrong(CHECK, format_args!("{} is {state:?} and its timeline does not say why", message.id));
    }
}

const fn rank(state: MessageState) -> u8 {
    match state {
        MessageState::Received | MessageState::Scheduled => 0,
        MessageState::Queued => 1,
        MessageState::InDoubt => 2,
        MessageState::Submitted => 3,
        _ => 4,
    }
}

/// The notes of which one must be there when a message rests in a state.
const fn reasons(state: MessageState) -> &'static [NoteCode] {
    match state {
        MessageState::Unrouted => &[NoteCode::Unrouted],
        MessageState::Answered => &[NoteCode::Answered],
        MessageState::Refused => &[NoteCode::CallbackRefused],
        MessageState::Exhausted => &[NoteCode::CallbackExhausted],
        MessageState::InDoubt => &[NoteCode::SubmitInDoubt],
        MessageState::Submitted => &[NoteCode::Submitted],
        MessageState::Delivered | MessageState::Undelivered => &[NoteCode::Reported],
        MessageState::Expired => &[NoteCode::Expired, NoteCode::Reported],
        MessageState::Rejected => &[NoteCode::SubmitRefused, NoteCode::Reported],
        MessageState::Cancelled => &[NoteCode::Cancelled],
        // Nothing may rest here.
        MessageState::Received | MessageState::Scheduled | MessageState::Queued => &[],
    }
}
