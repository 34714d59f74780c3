//! `SubmitStarting` and `SubmitEnded`: what becomes of one segment on its way into the network.

use crate::decide::draft::Draft;
use crate::decide::report;
use crate::decision::{Change, Decision, Outcome};
use crate::directory::InDoubt;
use crate::event::SubmitResult;
use crate::id::MessageId;
use crate::message::MessageState;
use crate::note::{Entry, NoteCode};
use crate::outgoing::{Outgoing, OutgoingState, SegmentState, SentSegment};
use crate::report::ReportStatus;

/// How long reports are waited for after the validity has ended, in milliseconds: 3 days.
const REPORT_SLACK_MS: u64 = 3 * 86_400_000;

/// The segment is about to be written; on channels that hold doubts this is durable before it is.
pub(super) fn starting(mut draft: Draft<'_>, message: MessageId, segment: u8) -> Decision {
    let Some(mut outgoing) = draft.view.outgoing.get(&message.stamp).cloned() else { return Decision::nothing() };
    if let Some(state) = outgoing.segments.get_mut(usize::from(segment))
        && *state == SegmentState::Waiting
    {
        *state = SegmentState::Submitting;
        draft.push(Change::PutOutgoing(outgoing));
    }
    draft.done(Outcome::Done)
}

pub(super) fn ended(
    mut draft: Draft<'_>,
    message: MessageId,
    segment: u8,
    result: &SubmitResult,
    throttles: u32,
) -> Decision {
    let index = usize::from(segment);
    let Some(outgoing) = draft.view.outgoing.get(&message.stamp).filter(|o| index < o.segments.len()) else {
        return Decision::nothing();
    };
    let outgoing = outgoing.clone();
    let mut entries = Vec::with_capacity(3);
    if throttles > 0 {
        entries.push(Entry::note(NoteCode::Throttled, [throttles.to_string(), (index + 1).to_string()]));
    }
    let place = [(index + 1).to_string(), outgoing.segments.len().to_string()];
    match result {
        SubmitResult::Taken { spellings, .. } if outgoing.segments[index].is_submitted() => {
            also_taken(&mut draft, &outgoing, segment, spellings, entries);
        }
        // The first of two submits was taken after all (`AnsweredLate`): what becomes of the second changes nothing.
        SubmitResult::Refused { .. } | SubmitResult::Unknown { .. } if outgoing.segments[index].is_submitted() => {
            draft.add_entries(message, None, entries);
        }
        SubmitResult::Taken { network_id, spellings } => {
            taken(&mut draft, outgoing, segment, network_id, spellings, entries);
        }
        SubmitResult::Refused { reason } => refused(&mut draft, outgoing, segment, reason, entries),
        SubmitResult::Unknown { reason } => in_doubt(&mut draft, outgoing, index, place, reason, entries),
    }
    draft.done(Outcome::Done)
}

/// The network took a segment twice, because it was submitted twice: reports on either id are for it.
pub(super) fn also_taken(
    draft: &mut Draft<'_>,
    outgoing: &Outgoing,
    segment: u8,
    spellings: &[String],
    mut entries: Vec<Entry>,
) {
    let total = outgoing.segments.len().to_string();
    let shown = spellings.first().cloned().unwrap_or_else(|| "an id it did not tell".to_owned());
    entries.push(Entry::note(NoteCode::Submitted, [(segment + 1).to_string(), total, shown]));
    if let Some(canonical) = spellings.first() {
        draft.push(Change::AddSent {
            channel: outgoing.channel.clone(),
            network_id: canonical.clone(),
            segment: SentSegment { message: outgoing.id, segment },
        });
    }
    draft.add_entries(outgoing.id, None, entries);
}

/// One refused segment ends the whole MT.
pub(super) fn refused(
    draft: &mut Draft<'_>,
    mut outgoing: Outgoing,
    segment: u8,
    reason: &str,
    mut entries: Vec<Entry>,
) {
    let index = usize::from(segment);
    let place = [(index + 1).to_string(), outgoing.segments.len().to_string(), reason.to_owned()];
    entries.push(Entry::note(NoteCode::SubmitRefused, place));
    outgoing.segments[index] = SegmentState::Rejected;
    let unsent: Vec<usize> = (0..outgoing.segments.len()).filter(|i| !outgoing.segments[*i].is_submitted()).collect();
    for i in unsent {
        entries.extend(report::tell(draft, &outgoing, i as u8, ReportStatus::Rejected, true));
    }
    end(draft, &outgoing, MessageState::Rejected, entries);
}

/// The network took a segment; an early report of it is applied.
pub(super) fn taken(
    draft: &mut Draft<'_>,
    mut outgoing: Outgoing,
    segment: u8,
    network_id: &str,
    spellings: &[String],
    mut entries: Vec<Entry>,
) {
    let index = usize::from(segment);
    let total = outgoing.segments.len().to_string();
    let shown = if network_id.is_empty() { "an id it did not tell".to_owned() } else { network_id.to_owned() };
    entries.push(Entry::note(NoteCode::Submitted, [(index + 1).to_string(), total, shown]));
    outgoing.segments[index] = SegmentState::Submitted { network_id: network_id.to_owned() };
    if let Some(canonical) = spellings.first() {
        draft.push(Change::AddSent {
            channel: outgoing.channel.clone(),
            network_id: canonical.clone(),
            segment: SentSegment { message: outgoing.id, segment },
        });
    }
    let queued_wanted =
        outgoing.application.as_deref().and_then(|id| draft.application(id)).is_some_and(|a| a.report_queued);
    if queued_wanted {
        entries.extend(report::tell(draft, &outgoing, segment, ReportStatus::Queued, false));
    }
    let early = spellings.iter().find_map(|id| draft.view.unmatched.get(&(outgoing.channel.clone(), id.clone())));
    if let Some(early) = early {
        draft.push(Change::DropParked { channel: outgoing.channel.clone(), network_id: early.network_id.clone() });
        entries.extend(report::note_on_segment(draft, &mut outgoing, segment, &early.report));
    }
    settle(draft, outgoing, entries);
}

/// Writes an MT after one of its segments has moved on: finished, submitted, or still with segments to submit.
pub(super) fn settle(draft: &mut Draft<'_>, mut outgoing: Outgoing, entries: Vec<Entry>) {
    if let Some(state) = report::final_state(&outgoing) {
        return end(draft, &outgoing, state, entries);
    }
    if !outgoing.segments.iter().all(SegmentState::is_submitted) {
        // What is held in doubt stays held: queued, its segment would be submitted again.
        if outgoing.state != OutgoingState::InDoubt {
            outgoing.state = OutgoingState::Queued;
        }
        draft.add_entries(outgoing.id, None, entries);
        return draft.push(Change::PutOutgoing(outgoing));
    }
    let newly = outgoing.state != OutgoingState::Submitted;
    let mut entries = entries;
    // A network reports on texts, not on what it showed in a dialog.
    let awaits_reports = outgoing.ussd.is_none() && draft.channel(&outgoing.channel).is_none_or(|c| c.reports);
    if !awaits_reports {
        return end(draft, &outgoing, MessageState::Submitted, entries);
    }
    if !outgoing.is_settled {
        entries.extend(report::tell_whole(draft, &outgoing, report::ack(&outgoing)));
        outgoing.is_settled = true;
    }
    outgoing.state = OutgoingState::Submitted;
    outgoing.due_at = outgoing.valid_until.plus_ms(REPORT_SLACK_MS);
    draft.add_entries(outgoing.id, newly.then_some(MessageState::Submitted), entries);
    draft.push(Change::PutOutgoing(outgoing));
}

/// Nothing more is expected of the MT.
pub(super) fn end(draft: &mut Draft<'_>, outgoing: &Outgoing, state: MessageState, mut entries: Vec<Entry>) {
    report::tell_end(draft, outgoing, state, &mut entries);
    draft.add_entries(outgoing.id, Some(state), entries);
    // At most 255 segments, see `Draft::make_mt`.
    draft.push(Change::EndOutgoing { id: outgoing.id, state, segments: outgoing.segments.len() as u8 });
}

/// The submit was written and no answer came: the channel's policy decides, and the timeline says so.
fn in_doubt(
    draft: &mut Draft<'_>,
    mut outgoing: Outgoing,
    index: usize,
    place: [String; 2],
    reason: &str,
    mut entries: Vec<Entry>,
) {
    let policy = draft.channel(&outgoing.channel).map_or(InDoubt::Hold, |c| c.in_doubt);
    let [number, total] = place;
    let (words, state) = match policy {
        InDoubt::Resubmit => {
            outgoing.segments[index] = SegmentState::Waiting;
            ("it is submitted again", None)
        }
        InDoubt::Hold => {
            outgoing.segments[index] = SegmentState::Submitting;
            outgoing.state = OutgoingState::InDoubt;
            outgoing.due_at = outgoing.valid_until.plus_ms(REPORT_SLACK_MS);
            ("it is held and never submitted twice", Some(MessageState::InDoubt))
        }
    };
    entries.push(Entry::note(NoteCode::SubmitInDoubt, [number, total, reason.to_owned(), words.to_owned()]));
    draft.add_entries(outgoing.id, state, entries);
    draft.push(Change::PutOutgoing(outgoing));
}
