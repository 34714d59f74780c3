//! Values as people read them: times, spans, numbers, ids, long texts cut.

use domain::id::{CallbackId, MessageId};
use domain::time::At;
use maud::{Markup, html};

/// Longest text of a cell, in characters; the whole is in its title.
const CELL_CHARS_MAX: usize = 160;
/// Characters of an id that are shown in front of and behind the cut.
const ID_HEAD_CHARS: usize = 12;
const ID_TAIL_CHARS: usize = 6;
/// Length of a shown id: prefix and 32 hex digits.
const ID_CHARS: usize = 36;

fn timestamp(at: At) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_microsecond(at.0).ok()
}

fn time(at: At, format: &str, show: &str) -> Markup {
    let Some(timestamp) = timestamp(at) else { return html! { "never" } };
    html! {
        time datetime=(timestamp) title={ (timestamp.strftime("%Y-%m-%d %H:%M:%S%.3f")) " UTC" } data-show=(show) {
            (timestamp.strftime(format)) " UTC"
        }
    }
}

/// Day and time of day in UTC; the script shows the reader's zone.
pub(super) fn moment(at: At) -> Markup {
    time(at, "%Y-%m-%d %H:%M:%S", "moment")
}

/// Time of day to the millisecond.
pub(super) fn exact(at: At) -> Markup {
    time(at, "%H:%M:%S%.3f", "exact")
}

/// A span in the largest unit that says enough.
pub(super) fn span(ms: u64) -> String {
    match ms {
        0 => "under 1 ms".to_owned(),
        1..1000 => format!("{ms} ms"),
        1000..10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        10_000..120_000 => format!("{} s", ms / 1000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} days", ms / 86_400_000),
    }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

/// `1 segment`, `2 segments`.
pub(super) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A text on one line, cut; the whole in its title.
pub(super) fn cut(text: &str) -> Markup {
    let shown: String = text.chars().take(CELL_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    html! { span.cut title=(text) { (shown) } }
}

/// A word of ours as a heading: `callback_made` becomes `Callback made`.
pub(super) fn heading(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

/// An id, cut in its middle; the whole in its title.
pub(super) fn short_id(id: &str) -> Markup {
    let head = id.get(..ID_HEAD_CHARS).unwrap_or(id);
    let tail = id.len().checked_sub(ID_TAIL_CHARS).and_then(|from| id.get(from..)).unwrap_or_default();
    html! { span.mono.nowrap title=(id) { (head) "…" (tail) } }
}

/// A link to a message.
pub(super) fn message_link(id: MessageId) -> Markup {
    let text = id.to_string();
    html! { a href={ "/console/messages/" (text) } { (short_id(&text)) } }
}

/// A link to a callback.
pub(super) fn callback_link(id: CallbackId) -> Markup {
    let text = id.to_string();
    html! { a href={ "/console/callbacks/" (text) } { (short_id(&text)) } }
}

/// A sentence in which ids of ours are links.
pub(super) fn linked(sentence: &str) -> Markup {
    let mut pieces: Vec<Markup> = Vec::new();
    let mut rest = sentence;
    let mut from = 0;
    while let Some(found) =
        rest[from..].find(MessageId::PREFIX).into_iter().chain(rest[from..].find(CallbackId::PREFIX)).min()
    {
        let start = from + found;
        let id = rest.get(start..start + ID_CHARS);
        let link = id.and_then(|id| {
            let message = id.starts_with(MessageId::PREFIX).then(|| MessageId::parse(id).map(message_link));
            message.unwrap_or_else(|| CallbackId::parse(id).map(callback_link))
        });
        match link {
            Some(link) => {
                pieces.push(html! { (rest[..start]) (link) });
                rest = &rest[start + ID_CHARS..];
                from = 0;
            }
            None => from = start + MessageId::PREFIX.len(),
        }
    }
    html! { @for piece in &pieces { (piece) } (rest) }
}
