//! One application: where it is told things and how it is doing; of the Vumi contract also its three keys, whose secret
//! part is shown when it is asked for.

use axum::extract::{Path, State};
use axum::response::Html;
use domain::directory::{Application, Vumi};
use engine::live::ApplicationLive;
use maud::{Markup, html};

use super::guard::Visit;
use super::piece::{Tone, badge, fact, query};
use super::shell::{self, Tab, form_token};
use super::trouble::Trouble;
use super::{Console, words};
use crate::shown::url_without_credentials;

/// The page, tokens hidden.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Trouble> {
    shown(&console, &visit, &id, false)
}

/// The page with the tokens.
pub(super) async fn reveal(
    State(console): State<Console>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Trouble> {
    shown(&console, &visit, &id, true)
}

fn shown(console: &Console, visit: &Visit, id: &str, is_revealed: bool) -> Result<Html<String>, Trouble> {
    let directory = console.api.directory.current();
    let application = directory.applications.get(id).ok_or(Trouble::NotFound)?;
    let live = console.api.live.snapshot().applications.remove(&application.id).unwrap_or_default();
    let lede = "What the configuration says of it. Numbers count from the start of the gateway.";
    let body = html! {
        (shell::heading(&application.id, lede))
        section.card { div.card-body.stack { (facts(application, &live)) } }
        @if let Some(vumi) = &application.vumi {
            section.card {
                div.card-body.stack {
                    h2 { "Keys" }
                    p.soft { "What a client written for Vumi Go is configured with. The account key is the user name, a token the password." }
                    (keys(visit, application, vumi, is_revealed))
                    (copied("api-url", "API", &format!("{}/api/v1/go", console.api.public_url)))
                }
            }
        }
    };
    Ok(shell::page(visit, Tab::Applications, &application.id, &body))
}

fn facts(application: &Application, live: &ApplicationLive) -> Markup {
    let callbacks = query("/console/callbacks", &[("show", "all"), ("application", &application.id)]);
    html! {
        dl.facts {
            (fact("Account", &html! { (application.account) }))
            (fact("Contract", &html! { (application.contract.name()) }))
            @match &application.vumi {
                None => (fact("Callbacks go to", &html! { code { (url_without_credentials(&application.url)) } })),
                Some(vumi) => {
                    (fact("Messages", &told(vumi.push_message_url.as_deref(), vumi.ignore_messages, "messages.json")))
                    (fact("Events", &told(vumi.push_event_url.as_deref(), vumi.ignore_events, "events.json")))
                    (fact("Readers connected", &html! { (words::grouped(u64::from(live.readers))) }))
                    (fact("Longest text", &match vumi.content_length_limit {
                        Some(most) => html! { (words::counted(most as u64, "character", "characters")) },
                        None => html! { "no limit of its own" },
                    }))
                    (fact("Metric store", &html! { code { (vumi.metric_store) } }))
                }
            }
            (fact("Pending", &html! { a href=(callbacks) { (words::grouped(live.pending)) } }))
            (fact("Succeeded", &html! { (words::grouped(live.succeeded)) }))
            (fact("Failed", &html! { (words::grouped(live.failed)) }))
            (fact("Breaker", &if live.breaker_open { badge(Tone::Bad, "Open") } else { badge(Tone::Good, "Closed") }))
        }
    }
}

/// How something is told.
fn told(url: Option<&str>, is_ignored: bool, leaf: &str) -> Markup {
    match url {
        _ if is_ignored => html! { "ignored" },
        Some(url) => html! { "pushed to " code { (url_without_credentials(url)) } },
        None => html! { "streamed from " code { (leaf) } },
    }
}

fn keys(visit: &Visit, application: &Application, vumi: &Vumi, is_revealed: bool) -> Markup {
    html! {
        (copied("account-key", "Account key", &application.account))
        (copied("conversation-key", "Conversation key", &application.id))
        @if is_revealed {
            @for (number, token) in vumi.tokens.iter().enumerate() {
                (copied(&format!("token-{number}"), "Token", token.expose()))
            }
        } @else {
            form method="post" action={ "/console/applications/" (application.id) "/keys" } {
                (form_token(visit))
                div.field {
                    span { "Token" }
                    div.row {
                        input.mono readonly disabled value="••••••••••••" aria-label="Token, hidden";
                        button.button #show-token type="submit" { "Show" }
                    }
                }
            }
        }
    }
}

/// A value to copy; without a script it is selected and copied by hand.
pub(super) fn copied(id: &str, name: &str, value: &str) -> Markup {
    html! {
        div.field {
            label.label for=(id) { (name) }
            div.row {
                input.mono id=(id) readonly value=(value) autocomplete="off" spellcheck="false";
                button.button type="button" hidden data-copy=(id) { "Copy" }
            }
        }
    }
}
