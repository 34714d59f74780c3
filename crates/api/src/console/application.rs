//! Applications: where their callbacks go and how they are doing.

use axum::extract::{Query, State};
use axum::response::Html;
use domain::directory::Application;
use engine::live::ApplicationLive;
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::Visit;
use super::icon::Icon;
use super::piece::{Tone, badge, empty, page_links, pager, query};
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, words};
use crate::shown::url_without_credentials;

/// Applications of a page.
const ROWS: usize = 100;

/// From which application on.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct From {
    from: usize,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Query(From { from }): Query<From>,
) -> Result<Html<String>, Trouble> {
    let directory = console.api.directory.current();
    let live = console.api.live.snapshot();
    let quiet = ApplicationLive::default();
    let shown: Vec<_> = directory.applications.values().skip(from).take(ROWS).collect();
    let (first, next) = page_links("/console/applications", from, ROWS, directory.applications.len());
    let body = html! {
        (shell::heading("Applications", "The programs that receive callbacks and answer them. Numbers of attempts count from the start of the gateway."))
        div.card {
            @if shown.is_empty() {
                (empty(Icon::Applications, "No applications", &html! {
                    "Add an " code { "[[application]]" } " and a " code { "[[route]]" } " to the configuration and start the gateway again."
                }))
            } @else {
                div #applications data-live=(query("/console/applications", &[("from", &from.to_string())])) data-list="" {
                    table.list {
                        (head())
                        tbody {
                            @for application in &shown {
                                (row(application, live.applications.get(&application.id).unwrap_or(&quiet)))
                            }
                        }
                    }
                }
            }
            (pager(shown.len(), first.as_deref(), next.as_deref()))
        }
        p { a.button href="/console/new-application" { "New Vumi application" } }
    };
    Ok(shell::page(&visit, Tab::Applications, "Applications", &body))
}

fn head() -> Markup {
    html! {
        thead {
            tr {
                th scope="col" { "Application" }
                th scope="col" { "Callbacks go to" }
                th scope="col" { "Contract" }
                th.number scope="col" { "Pending" }
                th.number scope="col" { "In flight" }
                th.number scope="col" { "Succeeded" }
                th.number scope="col" { "Failed" }
                th scope="col" { "Breaker" }
            }
        }
    }
}

/// Where it is told of messages.
fn destination(application: &Application, live: &ApplicationLive) -> Markup {
    let Some(vumi) = &application.vumi else {
        return html! { code { (url_without_credentials(&application.url)) } };
    };
    match &vumi.push_message_url {
        _ if vumi.ignore_messages => html! { span.soft { "ignores messages" } },
        Some(url) => html! { code { (url_without_credentials(url)) } },
        None => html! { span.soft { "streamed, " (words::counted(u64::from(live.readers), "reader", "readers")) } },
    }
}

fn row(application: &Application, live: &ApplicationLive) -> Markup {
    let callbacks = query("/console/callbacks", &[("show", "all"), ("application", &application.id)]);
    html! {
        tr data-key={ "application " (application.id) } {
            td data-label="Application" {
                a.whole href={ "/console/applications/" (application.id) } { strong { (application.id) } }
                " " span.soft.small { "of " (application.account) }
            }
            td data-label="Callbacks go to" { (destination(application, live)) }
            td.nowrap data-label="Contract" { (application.contract.name()) }
            td.number data-label="Pending" { a href=(callbacks) { (words::grouped(live.pending)) } }
            td.number.nowrap data-label="In flight" { (live.in_flight) " of " (application.concurrency) }
            td.number data-label="Succeeded" { (words::grouped(live.succeeded)) }
            td.number data-label="Failed" { (words::grouped(live.failed)) }
            td data-label="Breaker" {
                @if live.breaker_open { (badge(Tone::Bad, "Open")) } @else { (badge(Tone::Good, "Closed")) }
            }
        }
    }
}
