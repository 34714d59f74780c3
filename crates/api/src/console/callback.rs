//! Callbacks that are owed or were given up: what needs attention first, and one callback with its attempts.

use axum::extract::{Path, Query, State};
use axum::response::Html;
use domain::callback::{Callback, CallbackState};
use domain::id::CallbackId;
use domain::time::At;
use engine::page::CallbackQuery;
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::Visit;
use super::icon::Icon;
use super::piece::{callback_state, empty, fact, pager, query};
use super::replay::{Replay, button};
use super::search::application_choice;
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, timeline, words};
use crate::reader::CallbackFile;

/// Rows of a page.
const ROWS: usize = 50;

/// Which callbacks are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    /// Such as have failed at least once: failing, exhausted, refused.
    Failing,
    /// In one state.
    In(CallbackState),
    /// All that have a record.
    All,
}

impl Filter {
    const ALL: [(Filter, &'static str, &'static str); 5] = [
        (Filter::Failing, "", "Need attention"),
        (Filter::In(CallbackState::Pending), "pending", "Pending"),
        (Filter::In(CallbackState::Exhausted), "exhausted", "Exhausted"),
        (Filter::In(CallbackState::Refused), "refused", "Refused"),
        (Filter::All, "all", "All"),
    ];

    fn of(name: &str) -> Filter {
        Filter::ALL.into_iter().find(|(_, known, _)| *known == name).map_or(Filter::Failing, |(filter, ..)| filter)
    }
}

/// What the address asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    show: String,
    application: String,
    before: String,
}

/// The list.
pub(super) async fn list(
    State(console): State<Console>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Html<String>, Trouble> {
    let filter = Filter::of(&wanted.show);
    let asked = CallbackQuery {
        applications: (!wanted.application.is_empty()).then(|| vec![wanted.application.as_str().into()]),
        state: if let Filter::In(state) = filter { Some(state) } else { None },
        failing: filter == Filter::Failing,
        before: wanted.before.parse().ok().map(CallbackId::from_u128),
        limit: ROWS,
    };
    let page = console.reader().callbacks(asked).await?;
    let url = |show: &str, before: &str| {
        query("/console/callbacks", &[("show", show), ("application", &wanted.application), ("before", before)])
    };
    let next = page.next.map(|cursor| url(&wanted.show, &cursor.to_string()));
    let first = (!wanted.before.is_empty()).then(|| url(&wanted.show, ""));
    let now = console.api.now();
    let body = html! {
        (shell::heading("Callbacks", "Requests owed to applications. A callback that was answered lives on in the timeline of its message."))
        div.toolbar {
            nav.tabs aria-label="Which callbacks" {
                @for (known, name, label) in Filter::ALL {
                    a href=(url(name, "")) aria-current=[(known == filter).then_some("true")] { (label) }
                }
            }
            form.pick method="get" action="/console/callbacks" {
                input type="hidden" name="show" value=(wanted.show);
                label { span.label { "Application" } (application_choice(&console.api.directory.current(), &wanted.application)) }
                button.button type="submit" { "Show" }
            }
        }
        div.card {
            div #callbacks data-live=(url(&wanted.show, &wanted.before)) data-list="" {
                @if page.rows.is_empty() { (nothing(filter, next.is_some())) } @else { (table(&page.rows, now)) }
            }
            (pager(page.rows.len(), first.as_deref(), next.as_deref()))
        }
    };
    Ok(shell::page(&visit, Tab::Callbacks, "Callbacks", &body))
}

fn nothing(filter: Filter, goes_on: bool) -> Markup {
    if goes_on {
        return empty(
            Icon::Callbacks,
            "Nothing among the callbacks looked at",
            &html! { "Go on with the older ones." },
        );
    }
    match filter {
        Filter::Failing => empty(
            Icon::Callbacks,
            "Nothing needs attention",
            &html! { "A callback appears here when an attempt has failed, and stays while it can be replayed." },
        ),
        Filter::In(CallbackState::Pending) => {
            empty(Icon::Callbacks, "Nothing is owed", &html! { "Every application has answered all its callbacks." })
        }
        Filter::In(_) => empty(
            Icon::Callbacks,
            "No callback ended this way",
            &html! { "One that does is kept here until its message outlives its retention, and can be replayed." },
        ),
        Filter::All => empty(
            Icon::Callbacks,
            "No callbacks are open",
            &html! { "When a text is given to an application its callback is shown here until it is answered; the rest is in the "
            a href="/console/messages" { "timeline of the message" } "." },
        ),
    }
}

/// Callbacks as rows.
pub(super) fn table(rows: &[Callback], now: At) -> Markup {
    html! {
        table.list {
            thead {
                tr {
                    th scope="col" { "Made" }
                    th scope="col" { "Application" }
                    th scope="col" { "Tells" }
                    th scope="col" { "Phone" }
                    th.number scope="col" { "Attempts" }
                    th scope="col" { "Next attempt" }
                    th scope="col" { "State" }
                }
            }
            tbody {
                @for callback in rows {
                    tr data-key=(callback.id) {
                        td.nowrap data-label="Made" {
                            a.whole href={ "/console/callbacks/" (callback.id) } { (words::moment(callback.created_at)) }
                        }
                        td data-label="Application" { (callback.application) }
                        td data-label="Tells" { (words::heading(callback.kind.name())) }
                        td.nowrap data-label="Phone" { (callback.phone) }
                        td.number data-label="Attempts" { (callback.attempts) }
                        td.nowrap data-label="Next attempt" { (next_attempt(callback, now)) }
                        td.state { (callback_state(callback.state, callback.failing_since.is_some())) }
                    }
                }
            }
        }
    }
}

fn next_attempt(callback: &Callback, now: At) -> Markup {
    let wait_ms = callback.due_at.ms_since(now);
    match callback.state {
        CallbackState::Pending if wait_ms == 0 => html! { "now, or when its turn comes" },
        CallbackState::Pending => html! { "in " (words::span(wait_ms)) },
        _ => html! { span.soft { "none" } },
    }
}

/// What became of a replay, told once after it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct After {
    replay: String,
}

/// One callback.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Path(id): Path<String>,
    Query(after): Query<After>,
) -> Result<Html<String>, Trouble> {
    let id = CallbackId::parse(&id).ok_or(Trouble::NotFound)?;
    let file = console.reader().callback(id).await?.ok_or(Trouble::NotFound)?;
    let entries = timeline::of_callback(file.message.message.id, &file.timeline, id);
    let body = html! {
        div.page-head {
            div {
                p.crumb { a href="/console/callbacks" { "Callbacks" } " / " }
                h1 { "Callback" @if let Some(record) = &file.record { " to " (record.application) } }
                p.lede.mono { (id) }
            }
        }
        @if let Some(result) = Replay::parse(&after.replay) { (result.flash()) }
        div.stack #callback data-live={ "/console/callbacks/" (id) } data-events="/console/events" data-watch="" data-list="" {
            section.card data-key="facts" { (facts(&visit, id, &file, console.api.now())) }
            section.card data-key="timeline" {
                div.card-head { h2 { "What happened" } (words::message_link(file.message.message.id)) }
                (entries)
            }
        }
    };
    Ok(shell::page(&visit, Tab::Callbacks, "Callback", &body))
}

fn facts(visit: &Visit, id: CallbackId, file: &CallbackFile, now: At) -> Markup {
    let message = &file.message.message;
    html! {
        div.card-body.stack {
            @if let Some(record) = &file.record {
                dl.facts {
                    (fact("State", &callback_state(record.state, record.failing_since.is_some())))
                    (fact("Application", &html! { (record.application) }))
                    (fact("Tells", &html! { (words::heading(record.kind.name())) }))
                    (fact("Phone", &html! { (record.phone) }))
                    (fact("Service address", &html! { (record.service_address) }))
                    (fact("Made", &words::moment(record.created_at)))
                    (fact("Attempts", &html! { (record.attempts) }))
                    (fact("Next attempt", &next_attempt(record, now)))
                    @if let Some(since) = record.failing_since { (fact("Failing since", &words::moment(since))) }
                }
                @if record.detached {
                    p.soft { "It has been failing for so long that the phone's next callbacks no longer wait for it." }
                }
                @if matches!(record.state, CallbackState::Exhausted | CallbackState::Refused) { (button(visit, id)) }
            } @else {
                p.soft {
                    "This callback has ended and owes nothing. What it told is part of the message "
                    (words::message_link(message.id)) "."
                }
            }
        }
    }
}
