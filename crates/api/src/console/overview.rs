//! The first look: how much is going on, what needs attention and what to do about it, what happened last.

use axum::extract::State;
use axum::response::Html;
use domain::report::UnmatchedReport;
use engine::live::LiveState;
use engine::page::{CallbackQuery, MessageQuery, MessageRow};
use maud::{Markup, html};

use super::channel::is_up;
use super::guard::Visit;
use super::icon::Icon;
use super::piece::empty;
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, callback, search, words};

/// Messages shown.
const MESSAGES: usize = 10;
/// Failing callbacks shown.
const CALLBACKS: usize = 5;
/// Reports without a message shown.
const REPORTS: usize = 5;
/// Most matters of one kind that are named one by one.
const MATTERS_MAX: usize = 20;

/// The page.
pub(super) async fn page(State(console): State<Console>, visit: Visit) -> Result<Html<String>, Trouble> {
    let reader = console.reader();
    let recent = reader.messages(MessageQuery { limit: MESSAGES, ..MessageQuery::default() }).await?;
    let failing = CallbackQuery { failing: true, limit: CALLBACKS, ..CallbackQuery::default() };
    let failing = reader.callbacks(failing).await?;
    let unmatched = reader.unmatched(REPORTS).await?;
    let live = console.api.live.snapshot();
    let matters = matters(&console, &live, &unmatched);
    let body = html! {
        (shell::heading("Overview", "What the gateway is doing now, and what needs you."))
        div.stack #overview data-live="/console/overview" data-list="" {
            div.stats data-key="numbers" { (numbers(&console, &live)) }
            section.card data-key="matters" {
                div.card-head { h2 { "Needs attention" } }
                @if matters.is_empty() && failing.rows.is_empty() {
                    div.card-body.soft { "Nothing. Links are up, the store takes writes, and no callback is failing." }
                } @else {
                    ul.needs { @for matter in &matters { (matter.shown()) } @if !failing.rows.is_empty() { (failing_matter()) } }
                    @if !failing.rows.is_empty() { (callback::table(&failing.rows, console.api.now())) }
                }
            }
            (unmatched_card(&unmatched))
            section.card data-key="recent" {
                div.card-head { h2 { "Last messages" } a.small href="/console/messages" { "All messages" } }
                (recent_table(&recent.rows, visit.has_phones))
            }
        }
    };
    Ok(shell::page(&visit, Tab::Overview, "Overview", &body))
}

fn numbers(console: &Console, live: &LiveState) -> Markup {
    let directory = console.api.directory.current();
    let up = live.channels.values().filter(|channel| channel.links.values().any(is_up)).count();
    let sum = |number: fn(&engine::live::ChannelLive) -> u64| live.channels.values().map(number).sum::<u64>();
    let pending = live.applications.values().map(|application| application.pending).sum();
    html! {
        (stat("Channels up", &format!("{up} of {}", directory.channels.len())))
        (stat("Applications", &words::grouped(directory.applications.len() as u64)))
        (stat("Received", &words::grouped(sum(|channel| channel.received))))
        (stat("Submitted", &words::grouped(sum(|channel| channel.submitted))))
        (stat("Texts queued", &words::grouped(sum(|channel| channel.queued))))
        (stat("Callbacks owed", &words::grouped(pending)))
    }
}

fn stat(name: &str, value: &str) -> Markup {
    html! { div.card.stat { span.label { (name) } span.value { (value) } } }
}

/// Something that does not mend itself, or not soon.
struct Matter {
    is_bad: bool,
    title: String,
    advice: String,
}

impl Matter {
    fn shown(&self) -> Markup {
        html! {
            li.bad[self.is_bad] { span.mark {} strong { (self.title) } p.soft { (self.advice) } }
        }
    }
}

fn matters(console: &Console, live: &LiveState, unmatched: &[UnmatchedReport]) -> Vec<Matter> {
    let mut matters = Vec::new();
    if let Some(trouble) = &live.store_trouble {
        let advice = format!(
            "{trouble}. New messages are refused for now, nothing accepted is lost. Make room or mend the disk."
        );
        matters.push(Matter { is_bad: true, title: "The store takes nothing".to_owned(), advice });
    }
    if let Some(reason) = console.api.ready.reason() {
        let advice = "It takes no new traffic at the moment.".to_owned();
        matters.push(Matter { is_bad: false, title: words::heading(reason), advice });
    }
    matters.extend(link_matters(console, live));
    let open = live.applications.iter().filter(|(_, application)| application.breaker_open);
    matters.extend(open.take(MATTERS_MAX).map(|(id, application)| Matter {
        is_bad: true,
        title: format!("Application {id} does not answer"),
        advice: format!(
            "Only single attempts are let through until one succeeds; {} wait. Look at its last attempts under Callbacks.",
            words::counted(application.pending, "callback", "callbacks")
        ),
    }));
    if !unmatched.is_empty() {
        matters.push(Matter {
            is_bad: false,
            title: "Reports that match no message".to_owned(),
            advice: "They may be early and still find theirs; others name ids the network never gave us. See below."
                .to_owned(),
        });
    }
    matters
}

fn link_matters(console: &Console, live: &LiveState) -> Vec<Matter> {
    let directory = console.api.directory.current();
    let now = console.api.now();
    let mut matters = Vec::new();
    for id in directory.channels.keys() {
        let links = live.channels.get(id).map(|channel| &channel.links);
        for (number, status) in links.into_iter().flatten().filter(|(_, status)| !is_up(status)) {
            let since = words::span(now.ms_since(status.since));
            let title = format!("Channel {id}, link {number}: {} for {since}", status.state);
            let advice = if status.detail.is_empty() {
                "No reason is known; the log says more.".to_owned()
            } else {
                status.detail.clone()
            };
            matters.push(Matter { is_bad: status.state != "connecting", title, advice });
        }
        if matters.len() >= MATTERS_MAX {
            break;
        }
    }
    matters
}

fn failing_matter() -> Markup {
    html! {
        li {
            span.mark {}
            strong { "Callbacks are failing" }
            p.soft { "The last of them; " a href="/console/callbacks" { "all of them" } " with their attempts, and replay, are under Callbacks." }
        }
    }
}

fn unmatched_card(unmatched: &[UnmatchedReport]) -> Markup {
    html! {
        @if !unmatched.is_empty() {
            section.card data-key="unmatched" {
                div.card-head { h2 { "Reports that match no message" } }
                table.list {
                    thead { tr { th scope="col" { "Received" } th scope="col" { "Channel" } th scope="col" { "Network id" } th scope="col" { "Phone" } th scope="col" { "Says" } th scope="col" { "Why it matches nothing" } } }
                    tbody {
                        @for parked in unmatched {
                            tr {
                                td.nowrap data-label="Received" { (words::moment(parked.report.received_at)) }
                                td data-label="Channel" { (parked.channel) }
                                td data-label="Network id" { span.mono { (parked.network_id) } }
                                td.nowrap data-label="Phone" { (parked.phone) }
                                td data-label="Says" { (parked.report.status.name()) }
                                td data-label="Why" { (parked.reason) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn recent_table(rows: &[MessageRow], has_phones: bool) -> Markup {
    if !rows.is_empty() {
        return search::table(rows);
    }
    let advice = html! {
        @if has_phones { "Type a text on the " a href="/" { "phone" } ", and it appears here." }
        @else { "They appear here as soon as a phone texts a service address or an application sends." }
    };
    empty(Icon::Messages, "No messages yet", &advice)
}
