//! `OutgoingDue`: a scheduled MT's time has come, its validity has ended, or reports are no longer waited for.

use crate::decide::draft::Draft;
use crate::decide::{report, submit};
use crate::decision::{Change, Decision, Outcome};
use crate::id::MessageId;
use crate::message::MessageState;
use crate::note::{Entry, NoteCode};
use crate::outgoing::OutgoingState;
use crate::report::ReportStatus;

pub(super) fn decide(mut draft: Draft<'_>, message: MessageId) -> Decision {
    let now = draft.now;
    let Some(outgoing) = draft.view.outgoing.get(&message.stamp) else { return Decision::nothing() };
    match outgoing.state {
        OutgoingState::Scheduled if outgoing.due_at <= now => {
            let mut outgoing = outgoing.clone();
            outgoing.state = OutgoingState::Queued;
            let queued = Entry::note(NoteCode::Queued, [outgoing.channel.to_string()]);
            draft.add_entries(message, Some(MessageState::Queued), vec![queued]);
            draft.push(Change::PutOutgoing(outgoing));
        }
        OutgoingState::Queued if outgoing.valid_until <= now => {
            let mut entries = vec![Entry::note(NoteCode::Expired, [])];
            for (i, segment) in outgoing.segments.iter().enumerate() {
                if !segment.is_submitted() {
                    entries.extend(report::tell(&mut draft, outgoing, i as u8, ReportStatus::Expired, true));
                }
            }
            submit::end(&mut draft, outgoing, MessageState::Expired, entries);
        }
        OutgoingState::InDoubt | OutgoingState::Submitted if outgoing.due_at <= now => {
            let state = match outgoing.state {
                OutgoingState::InDoubt => MessageState::InDoubt,
                _ => MessageState::Submitted,
            };
            submit::end(&mut draft, outgoing, state, vec![Entry::note(NoteCode::ReportMissing, [])]);
        }
        _ => return Decision::nothing(),
    }
    draft.done(Outcome::Done)
}
