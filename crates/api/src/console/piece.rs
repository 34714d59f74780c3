//! Pieces that several pages are made of: states as badges, empty states, paging, facts.

use domain::callback::CallbackState;
use domain::message::{Direction, MessageState};
use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::words;

/// How good news is; also the class that colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Warn,
    Bad,
    Info,
    Plain,
}

impl Tone {
    /// The class of the style sheet.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Info => "info",
            Tone::Plain => "",
        }
    }
}

/// A word on a coloured ground.
pub(super) fn badge(tone: Tone, word: &str) -> Markup {
    html! { span.badge.(tone.class()) { (word) } }
}

/// Where a message stands.
pub(super) fn message_state(state: MessageState) -> Markup {
    let tone = match state {
        MessageState::Answered | MessageState::Delivered => Tone::Good,
        MessageState::Received | MessageState::Queued | MessageState::Submitted => Tone::Info,
        MessageState::Unrouted | MessageState::InDoubt | MessageState::Expired => Tone::Warn,
        MessageState::Refused | MessageState::Exhausted | MessageState::Undelivered | MessageState::Rejected => {
            Tone::Bad
        }
        MessageState::Scheduled | MessageState::Cancelled => Tone::Plain,
    };
    badge(tone, &words::heading(state.name()))
}

/// Where a callback stands.
pub(super) fn callback_state(state: CallbackState, failing: bool) -> Markup {
    match state {
        CallbackState::Pending if failing => badge(Tone::Warn, "Failing"),
        CallbackState::Pending => badge(Tone::Info, "Pending"),
        CallbackState::Answered => badge(Tone::Good, "Answered"),
        CallbackState::Refused => badge(Tone::Bad, "Refused"),
        CallbackState::Exhausted => badge(Tone::Bad, "Exhausted"),
        CallbackState::Cancelled => badge(Tone::Plain, "Cancelled"),
    }
}

/// Which way a message goes, as an arrow.
pub(super) fn way(direction: Direction) -> Markup {
    match direction {
        Direction::Mo => html! {
            span.way.mo title="From a phone (MO)" { (icon(Icon::FromPhone)) span.unseen { "from a phone" } }
        },
        Direction::Mt => html! {
            span.way title="To a phone (MT)" { (icon(Icon::ToPhone)) span.unseen { "to a phone" } }
        },
    }
}

/// Nothing to show, and what to do about it.
pub(super) fn empty(drawing: Icon, title: &str, what_to_do: &Markup) -> Markup {
    html! {
        div.empty { (icon(drawing)) h2 { (title) } p { (what_to_do) } }
    }
}

/// Where the next rows are.
pub(super) fn pager(shown: usize, first: Option<&str>, next: Option<&str>) -> Markup {
    html! {
        @if first.is_some() || next.is_some() {
            nav.pager aria-label="Pages" {
                span { (words::counted(shown as u64, "row", "rows")) " on this page" }
                span.row {
                    @if let Some(first) = first { a.button href=(first) { "Newest" } }
                    @if let Some(next) = next { a.button rel="next" href=(next) { "Older" } }
                }
            }
        }
    }
}

/// One fact of a list of facts.
pub(super) fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// Where the first rows and the next ones of a list are, that is shown `rows` at a time and now from `from` on. `from`
/// comes out of a URL, so it may be anything.
pub(super) fn page_links(path: &str, from: usize, rows: usize, total: usize) -> (Option<String>, Option<String>) {
    let after = from.saturating_add(rows);
    let next = (total > after).then(|| query(path, &[("from", &after.to_string())]));
    ((from > 0).then(|| path.to_owned()), next)
}

/// A query string of what is set.
pub(super) fn query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        encoded.append_pair(name, value);
    }
    let encoded = encoded.finish();
    if encoded.is_empty() { path.to_owned() } else { format!("{path}?{encoded}") }
}
