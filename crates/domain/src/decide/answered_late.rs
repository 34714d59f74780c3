//! `AnsweredLate`: a submit that was given up as unknown was answered after all. A doubt that is held ends; what waits to
//! be submitted again need not be; what was submitted twice is known under both ids.

use crate::decide::draft::Draft;
use crate::decide::submit;
use crate::decision::{Change, Decision, Outcome};
use crate::event::LateAnswer;
use crate::id::MessageId;
use crate::message::MessageState;
use crate::note::{Entry, NoteCode};
use crate::outgoing::{OutgoingState, SegmentState};

pub(super) fn decide(mut draft: Draft<'_>, message: MessageId, segment: u8, answer: &LateAnswer) -> Decision {
    let index = usize::from(segment);
    let Some(outgoing) = draft.view.outgoing.get(&message.stamp).filter(|o| index < o.segments.len()) else {
        return Decision::nothing();
    };
    let mut outgoing = outgoing.clone();
    let words = match answer {
        LateAnswer::Taken { .. } => "taken",
        LateAnswer::Refused { .. } => "refused for good",
        LateAnswer::NotTaken { reason } => reason,
    };
    let place = [(index + 1).to_string(), outgoing.segments.len().to_string(), words.to_owned()];
    let mut entries = vec![Entry::note(NoteCode::AnsweredLate, place)];
    let is_held = outgoing.state == OutgoingState::InDoubt && outgoing.segments[index] == SegmentState::Submitting;
    let is_taken = matches!(answer, LateAnswer::Taken { .. });
    let goes_on = outgoing.segments.iter().enumerate().any(|(i, s)| !(s.is_submitted() || is_taken && i == index));
    if is_held {
        outgoing.state = OutgoingState::Queued;
        outgoing.due_at = draft.now;
        if goes_on && !matches!(answer, LateAnswer::Refused { .. }) {
            draft.add_entries(message, Some(MessageState::Queued), std::mem::take(&mut entries));
        }
    }
    match (answer, &outgoing.segments[index]) {
        (LateAnswer::Taken { network_id, spellings }, SegmentState::Waiting)
            if outgoing.state == OutgoingState::Queued =>
        {
            submit::taken(&mut draft, outgoing, segment, network_id, spellings, entries);
        }
        (LateAnswer::Taken { network_id, spellings }, _) if is_held => {
            submit::taken(&mut draft, outgoing, segment, network_id, spellings, entries);
        }
        (LateAnswer::Taken { spellings, .. }, state) if state.is_submitted() => {
            submit::also_taken(&mut draft, &outgoing, segment, spellings, entries);
        }
        (LateAnswer::Refused { reason }, _) if is_held => {
            submit::refused(&mut draft, outgoing, segment, reason, entries);
        }
        (LateAnswer::NotTaken { .. }, _) if is_held => {
            outgoing.segments[index] = SegmentState::Waiting;
            draft.push(Change::PutOutgoing(outgoing));
        }
        // Another submit of it is under way or will be, and its own answer decides.
        _ => return Decision::nothing(),
    }
    draft.done(Outcome::Done)
}
