//! `ReportArrived`: the network's later word, matched to its segment or parked.

use crate::address::Address;
use crate::callback::CallbackEvent;
use crate::decide::draft::{Conversation, Draft};
use crate::decide::submit;
use crate::decision::{Change, Decision, Outcome};
use crate::directory::{Contract, Name};
use crate::id::SegmentNumber;
use crate::message::MessageState;
use crate::note::{Entry, NoteCode};
use crate::outgoing::{Outgoing, SegmentState, SentSegment};
use crate::report::{Report, ReportStatus, UnmatchedReport};

pub(super) fn decide(mut draft: Draft<'_>, channel: &Name, phone: &Address, report: &Report) -> Decision {
    let sent = report.ids.iter().find_map(|id| draft.view.sent.get(&(channel.clone(), id.clone()))).copied();
    let Some(sent) = sent else {
        let reason = if report.ids.is_empty() {
            "the receipt names no message id"
        } else {
            "no segment was taken by the network under this id; it may be early, or of another system"
        };
        return park(draft, channel, phone, report, reason);
    };
    if let Some(outgoing) = draft.view.outgoing.get(&sent.message.stamp) {
        let mut outgoing = outgoing.clone();
        let entries = note_on_segment(&mut draft, &mut outgoing, sent.segment, report);
        submit::settle(&mut draft, outgoing, entries);
        return draft.done(Outcome::Done);
    }
    match draft.view.finished.get(&sent.message.stamp) {
        Some(finished) => {
            let entry = late(sent, finished.segments, report, finished.state.name());
            draft.add_entries(sent.message, None, vec![entry]);
            draft.done(Outcome::Done)
        }
        None => park(draft, channel, phone, report, "its message has been removed from the store"),
    }
}

fn park(mut draft: Draft<'_>, channel: &Name, phone: &Address, report: &Report, reason: &str) -> Decision {
    let network_id = report.ids.first().cloned().unwrap_or_else(|| format!("none/{}", report.received_at.0));
    let before = draft.view.unmatched.get(&(channel.clone(), network_id.clone()));
    if before.is_some_and(|b| b.report.status.is_final() && !report.status.is_final()) {
        // The final word is parked already; an intermediate one that comes after it says nothing new.
        return draft.done(Outcome::Done);
    }
    draft.push(Change::ParkReport(UnmatchedReport {
        channel: channel.to_string(),
        network_id,
        phone: phone.to_string(),
        reason: reason.to_owned(),
        report: report.clone(),
    }));
    draft.done(Outcome::Done)
}

/// Moves a segment forward by a report; a segment that has its final word keeps it. Returns the entries.
pub(super) fn note_on_segment(
    draft: &mut Draft<'_>,
    outgoing: &mut Outgoing,
    segment: u8,
    report: &Report,
) -> Vec<Entry> {
    let total = outgoing.segments.len() as u8;
    let Some(state) = outgoing.segments.get_mut(usize::from(segment)) else { return Vec::new() };
    let (network_id, known) = match state {
        SegmentState::Submitted { network_id } => (network_id.clone(), None),
        SegmentState::Reported { network_id, status } => (network_id.clone(), Some(*status)),
        SegmentState::Waiting | SegmentState::Submitting | SegmentState::Rejected => (String::new(), None),
    };
    if let Some(known) = known.filter(|k| k.is_final() || *k >= report.status) {
        let sent = SentSegment { message: outgoing.id, segment };
        return vec![late(sent, total, report, known.name())];
    }
    *state = SegmentState::Reported { network_id, status: report.status };
    let args = [(segment + 1).to_string(), total.to_string(), report.status.name().to_owned(), report.detail.clone()];
    let mut entries = vec![Entry::note(NoteCode::Reported, args)];
    entries.extend(tell(draft, outgoing, segment, report.status, report.status.is_final()));
    entries
}

fn late(sent: SentSegment, total: u8, report: &Report, state: &str) -> Entry {
    let args = [
        (sent.segment + 1).to_string(),
        total.to_string(),
        report.status.name().to_owned(),
        report.detail.clone(),
        state.to_owned(),
    ];
    Entry::note(NoteCode::ReportedLate, args)
}

/// Owes the application a callback about a segment, when it wants them.
pub(super) fn tell(
    draft: &mut Draft<'_>,
    outgoing: &Outgoing,
    segment: u8,
    status: ReportStatus,
    is_final: bool,
) -> Option<Entry> {
    if is_told_of_the_whole(draft, outgoing)? {
        // The end is told when all segments have theirs (`tell_end`).
        let (message, channel) = (outgoing.id, outgoing.channel.clone());
        let is_news = !is_final && status != ReportStatus::Queued;
        let event = CallbackEvent::MessageReport { message, status, is_final, channel };
        return if is_news { tell_whole(draft, outgoing, event) } else { None };
    }
    let event = CallbackEvent::DeliveryReport {
        message: outgoing.id,
        segment: SegmentNumber::new(outgoing.id.stamp, segment),
        status,
        is_final,
        phone: outgoing.phone.clone(),
    };
    owe(draft, outgoing, event)
}

/// Whether its application hears of messages or of their segments; none when it hears nothing.
fn is_told_of_the_whole(draft: &Draft<'_>, outgoing: &Outgoing) -> Option<bool> {
    let application = outgoing.application.as_ref().filter(|_| outgoing.tells)?;
    draft.application(application).map(|application| application.contract == Contract::Vumi)
}

fn owe(draft: &mut Draft<'_>, outgoing: &Outgoing, event: CallbackEvent) -> Option<Entry> {
    let application = outgoing.application.as_ref()?;
    let conversation = Conversation {
        channel: &outgoing.channel,
        phone: &outgoing.phone,
        service_address: &outgoing.service_address,
        hops: 0,
    };
    draft.make_callback(outgoing.id, application, conversation, event, None)
}

/// Tells an application that hears of messages.
pub(super) fn tell_whole(draft: &mut Draft<'_>, outgoing: &Outgoing, event: CallbackEvent) -> Option<Entry> {
    if is_told_of_the_whole(draft, outgoing)? { owe(draft, outgoing, event) } else { None }
}

/// The network took all of it.
pub(super) fn ack(outgoing: &Outgoing) -> CallbackEvent {
    let network_id = match outgoing.segments.first() {
        Some(SegmentState::Submitted { network_id } | SegmentState::Reported { network_id, .. }) => network_id.clone(),
        _ => String::new(),
    };
    CallbackEvent::Ack { message: outgoing.id, network_id, channel: outgoing.channel.clone() }
}

/// The end of an MT, for an application that hears of messages: whether the network took it, unless that was told
/// before, and what it said last.
pub(super) fn tell_end(draft: &mut Draft<'_>, outgoing: &Outgoing, state: MessageState, entries: &mut Vec<Entry>) {
    if is_told_of_the_whole(draft, outgoing) != Some(true) {
        return;
    }
    let (message, channel) = (outgoing.id, outgoing.channel.clone());
    let is_taken = outgoing.is_settled || outgoing.segments.iter().all(SegmentState::is_submitted);
    if !is_taken {
        let why = entries.iter().rev().find_map(|entry| match entry {
            Entry::Note(note) => Some(note.words()),
            _ => None,
        });
        let reason = why.unwrap_or_else(|| state.name().to_owned());
        entries.extend(owe(draft, outgoing, CallbackEvent::Nack { message, reason, channel }));
        return;
    }
    if !outgoing.is_settled {
        entries.extend(owe(draft, outgoing, ack(outgoing)));
    }
    let status = match state {
        MessageState::Delivered => ReportStatus::Delivered,
        MessageState::Undelivered => ReportStatus::Failed,
        MessageState::Expired => ReportStatus::Expired,
        MessageState::Rejected => ReportStatus::Rejected,
        _ => return,
    };
    let event = CallbackEvent::MessageReport { message, status, is_final: true, channel };
    entries.extend(owe(draft, outgoing, event));
}

/// How the MT ended, once every segment has its final word: delivered only when all of it is.
pub(super) fn final_state(outgoing: &Outgoing) -> Option<MessageState> {
    let mut worst = MessageState::Delivered;
    for segment in &outgoing.segments {
        let SegmentState::Reported { status, .. } = segment else { return None };
        let state = match status {
            ReportStatus::Queued | ReportStatus::Pending => return None,
            ReportStatus::Delivered => continue,
            ReportStatus::Expired => MessageState::Expired,
            ReportStatus::Rejected => MessageState::Rejected,
            ReportStatus::Failed | ReportStatus::Unknown => MessageState::Undelivered,
        };
        if worst == MessageState::Delivered {
            worst = state;
        }
    }
    Some(worst)
}
