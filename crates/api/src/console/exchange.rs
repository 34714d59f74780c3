//! A message with what it caused: its replies, and texts that were processed again, each with its timeline.

use std::collections::VecDeque;

use domain::id::MessageId;
use domain::message::{Direction, Message};
use domain::note::{Entry, NoteCode, TimelineRow};
use engine::page::MessageRow;
use maud::{Markup, html};

use super::piece::{message_state, way};
use super::{timeline, words};
use crate::reader::{ReadError, Reader};

/// Most messages of one exchange that are shown.
const MESSAGES_MAX: usize = 12;
/// How far up a message's causes are followed.
const CAUSES_MAX: usize = 10;

/// A message and everything that happened to it.
pub(super) struct Told {
    /// The message.
    pub(super) row: MessageRow,
    /// What happened.
    pub(super) rows: Vec<TimelineRow>,
}

/// The message everything began with.
pub(super) async fn beginning(reader: &Reader, message: &Message) -> Result<MessageId, ReadError> {
    let (mut first, mut cause) = (message.id, message.parent);
    for _ in 0..CAUSES_MAX {
        let Some(parent) = cause else { break };
        let Some(row) = reader.message(parent).await? else { break };
        (first, cause) = (parent, row.message.parent);
    }
    Ok(first)
}

/// A message and what followed from it, in the order in which it was caused.
pub(super) async fn exchange(reader: &Reader, first: MessageId) -> Result<Vec<Told>, ReadError> {
    let mut waiting = VecDeque::from([first]);
    let mut told: Vec<Told> = Vec::new();
    while let Some(id) = waiting.pop_front() {
        if told.len() >= MESSAGES_MAX {
            break;
        }
        let Some((row, rows)) = reader.timeline(id).await? else { continue };
        for caused in caused_by(&rows) {
            if caused != first && !waiting.contains(&caused) && told.iter().all(|t| t.row.message.id != caused) {
                waiting.push_back(caused);
            }
        }
        told.push(Told { row, rows });
    }
    Ok(told)
}

/// The messages that a timeline says were caused by its message.
fn caused_by(rows: &[TimelineRow]) -> impl Iterator<Item = MessageId> {
    rows.iter().flat_map(|row| &row.entries).filter_map(|entry| {
        let Entry::Note(note) = entry else { return None };
        let place = match note.code {
            NoteCode::Replied | NoteCode::AutoReplied => 0,
            NoteCode::Reprocessed => 1,
            _ => return None,
        };
        MessageId::parse(note.args.get(place)?)
    })
}

/// An exchange, message by message.
pub(super) fn groups(told: &[Told]) -> Markup {
    html! {
        @for Told { row, rows } in told {
            section.card.said-by data-key=(row.message.id) aria-label=(ends(&row.message)) {
                div.card-head {
                    div {
                        span.soft.small { (words::linked(&ends(&row.message))) }
                        q title=(row.message.text) { (one_line(&row.message.text)) }
                    }
                    span.row {
                        (way(row.message.direction))
                        (message_state(row.state))
                        (words::message_link(row.message.id))
                    }
                }
                (timeline::timeline(row.message.id, rows))
            }
        }
    }
}

/// Longest text in the head of a group, in characters; the style cuts it to the line.
const HEAD_CHARS_MAX: usize = 120;

fn one_line(text: &str) -> String {
    text.chars().take(HEAD_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn ends(message: &Message) -> String {
    let kind = match (message.direction, message.parent) {
        (Direction::Mo, None) => "Text",
        (Direction::Mo, Some(_)) => "Processed again",
        (Direction::Mt, Some(_)) => "Reply",
        (Direction::Mt, None) => "Send",
    };
    format!("{kind} from {} to {}", message.from, message.to)
}
