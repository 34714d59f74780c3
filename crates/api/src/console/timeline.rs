//! Everything that happened to one message, as a list that grows at its end.

use domain::callback::{AttemptFailure, AttemptRecord};
use domain::id::{CallbackId, MessageId};
use domain::note::{Entry, Note, NoteCode, RequestBody, TimelineRow};
use domain::report::ReportStatus;
use domain::time::At;
use maud::{Markup, html};

use super::piece::{Tone, badge};
use super::{wire, words};
use crate::shown::{entry_code, url_without_credentials};

/// Most entries shown of one message; a message with more has been attempted for days.
const ENTRIES_MAX: usize = 400;

/// The timeline of a message.
pub(super) fn timeline(message: MessageId, rows: &[TimelineRow]) -> Markup {
    let entries = rows.iter().enumerate().flat_map(|(row, r)| {
        r.entries.iter().enumerate().map(move |(place, entry)| (format!("{row}.{place}"), r.at, entry))
    });
    list(message, rows.first().map(|row| row.at), entries)
}

/// Only what concerns one callback.
pub(super) fn of_callback(message: MessageId, rows: &[TimelineRow], callback: CallbackId) -> Markup {
    let named = callback.to_string();
    let concerns = |entry: &Entry| match entry {
        Entry::CallbackMade { id, .. } => *id == callback,
        Entry::Attempt { callback: of, .. } => *of == callback,
        Entry::Note(note) => note.args.contains(&named),
    };
    let entries = rows.iter().enumerate().flat_map(|(row, r)| {
        let of_row = r.entries.iter().enumerate().filter(|(_, entry)| concerns(entry));
        of_row.map(move |(place, entry)| (format!("{row}.{place}"), r.at, entry))
    });
    list(message, rows.first().map(|row| row.at), entries)
}

fn list<'a>(message: MessageId, since: Option<At>, entries: impl Iterator<Item = (String, At, &'a Entry)>) -> Markup {
    html! {
        ol.timeline id={ "timeline-" (message.hex()) } data-list="" {
            @for (key, at, entry) in entries.take(ENTRIES_MAX) {
                (item(&key, at, since.unwrap_or(at), entry))
            }
        }
    }
}

fn item(key: &str, at: At, since: At, entry: &Entry) -> Markup {
    let (tone, code) = (tone(entry), entry_code(entry));
    html! {
        li.(tone.class()) data-code=(code) data-key=(key) {
            div.head {
                h3 { (title(entry)) }
                @if let Entry::Attempt { record, .. } = entry { (outcome(record)) }
                span.when { (words::exact(at)) @if at.ms_since(since) > 0 { " · +" (words::span(at.ms_since(since))) } }
            }
            @match entry {
                Entry::Note(note) => p.sentence { (words::linked(&note.words())) },
                Entry::CallbackMade { id, kind, application, request } => {
                    p.sentence {
                        (words::heading(kind.name())) " owed to application " strong { (application) } ", "
                        (words::callback_link(*id))
                    }
                    @if let RequestBody::Rendered(rendered) = request {
                        div.wire {
                            span.soft.small { "Request body, " (rendered.body_type.content_type()) }
                            (wire::request(rendered))
                        }
                    }
                },
                Entry::Attempt { callback, record } => (attempt(*callback, record)),
            }
        }
    }
}

fn attempt(callback: CallbackId, record: &AttemptRecord) -> Markup {
    html! {
        p.sentence {
            "POST " code { (url_without_credentials(&record.url)) } ", callback " (words::callback_link(callback))
        }
        @if let Some(failure) = record.failure {
            p.sentence { (words::heading(failure.words())) @if !record.detail.is_empty() { ": " (record.detail) } }
        }
        @if record.body.is_empty() {
            @if record.status.is_some() { p.sentence { "The answer has no body." } }
        } @else {
            div.wire {
                span.soft.small {
                    "Answer body" @if !record.content_type.is_empty() { ", " (record.content_type) }
                }
                (wire::answer(&record.content_type, &record.body))
            }
        }
    }
}

fn outcome(record: &AttemptRecord) -> Markup {
    let tone = if record.failure.is_none() { Tone::Good } else { Tone::Bad };
    let word = match (record.status, record.failure) {
        (Some(status), None | Some(AttemptFailure::Status | AttemptFailure::Gone)) => status.to_string(),
        (_, Some(failure)) => words::heading(failure.name()),
        (None, None) => "no status".to_owned(),
    };
    html! { (badge(tone, &word)) span.soft.small { "took " (words::span(u64::from(record.took_ms))) } }
}

fn title(entry: &Entry) -> String {
    match entry {
        Entry::Note(note) => words::heading(note.code.name()),
        Entry::CallbackMade { .. } => "Callback made".to_owned(),
        Entry::Attempt { record, .. } => format!("Attempt {}", record.number),
    }
}

fn tone(entry: &Entry) -> Tone {
    match entry {
        Entry::CallbackMade { .. } => Tone::Info,
        Entry::Attempt { record, .. } if record.failure.is_some() => Tone::Bad,
        Entry::Attempt { .. } => Tone::Good,
        Entry::Note(note) => note_tone(note),
    }
}

fn note_tone(note: &Note) -> Tone {
    match note.code {
        NoteCode::Answered | NoteCode::Replied | NoteCode::AutoReplied | NoteCode::Submitted => Tone::Good,
        NoteCode::Reported | NoteCode::ReportedLate => report_tone(note.args.get(2).map_or("", String::as_str)),
        NoteCode::RoutedBySession | NoteCode::RoutedByKeyword | NoteCode::RoutedByAddress => Tone::Info,
        NoteCode::Complaint
        | NoteCode::Flushed
        | NoteCode::Duplicate
        | NoteCode::Unrouted
        | NoteCode::RetryPlanned
        | NoteCode::LaneMovedOn
        | NoteCode::SubmitInDoubt
        | NoteCode::Throttled
        | NoteCode::ReportMissing
        | NoteCode::Expired => Tone::Warn,
        NoteCode::CallbackExhausted
        | NoteCode::CallbackRefused
        | NoteCode::LoopCut
        | NoteCode::SubmitRefused
        | NoteCode::ReplyRefused => Tone::Bad,
        _ => Tone::Plain,
    }
}

fn report_tone(status: &str) -> Tone {
    match ReportStatus::ALL.into_iter().find(|known| known.name() == status) {
        Some(ReportStatus::Delivered) => Tone::Good,
        Some(ReportStatus::Queued | ReportStatus::Pending) => Tone::Info,
        Some(ReportStatus::Failed | ReportStatus::Expired | ReportStatus::Rejected) => Tone::Bad,
        Some(ReportStatus::Unknown) | None => Tone::Warn,
    }
}
