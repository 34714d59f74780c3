//! Finding messages: by phone, text, application, direction and state, newest first.

use axum::extract::{Query, State};
use axum::response::Html;
use domain::address::Address;
use domain::directory::Directory;
use domain::id::Stamp;
use domain::message::{Direction, MessageState};
use engine::page::{MessageQuery, MessageRow};
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::Visit;
use super::icon::Icon;
use super::piece::{empty, message_state, pager, query, way};
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, words};

/// Rows of a page.
const ROWS: usize = 50;
/// Most applications to choose from; others can be named in the address.
pub(super) const CHOICES_MAX: usize = 500;

/// What is looked for, as the form sends it; nothing set finds everything.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Search {
    phone: String,
    text: String,
    application: String,
    direction: String,
    state: String,
    before: String,
}

impl Search {
    /// What the store is asked; the error is a sentence for who typed it.
    fn query(&self) -> Result<MessageQuery, String> {
        let phone = match self.phone.trim() {
            "" => None,
            phone => {
                Some(Address::parse(phone).map_err(|refusal| format!("The phone is no address: {refusal}."))?.key())
            }
        };
        let direction = match self.direction.as_str() {
            "mo" => Some(Direction::Mo),
            "mt" => Some(Direction::Mt),
            _ => None,
        };
        let before = self.before.parse().ok().map(Stamp);
        Ok(MessageQuery {
            account: None,
            application: (!self.application.is_empty()).then(|| self.application.as_str().into()),
            phone,
            text: (!self.text.is_empty()).then(|| self.text.clone()),
            direction,
            state: MessageState::parse(&self.state),
            before,
            limit: ROWS,
        })
    }

    fn url(&self, before: &str) -> String {
        let pairs = [
            ("phone", self.phone.as_str()),
            ("text", &self.text),
            ("application", &self.application),
            ("direction", &self.direction),
            ("state", &self.state),
            ("before", before),
        ];
        query("/console/messages", &pairs)
    }

    fn is_narrow(&self) -> bool {
        [&self.phone, &self.text, &self.application, &self.direction, &self.state].into_iter().any(|s| !s.is_empty())
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Query(search): Query<Search>,
) -> Result<Html<String>, Trouble> {
    let (rows, next, problem) = match search.query() {
        Ok(query) => {
            let page = console.reader().messages(query).await?;
            (page.rows, page.next, None)
        }
        Err(problem) => (Vec::new(), None, Some(problem)),
    };
    let next = next.map(|cursor| search.url(&cursor.to_string()));
    let first = (!search.before.is_empty()).then(|| search.url(""));
    let body = html! {
        (shell::heading("Messages", "Every text from and to a phone, newest first. Open one to see everything that happened to it."))
        @if let Some(problem) = &problem { p.alert role="alert" { (problem) } }
        div.card {
            (form(&search, &console.api.directory.current()))
        }
        div.card {
            @if rows.is_empty() { (nothing(&search, next.is_some(), visit.has_phones)) } @else { (table(&rows)) }
            (pager(rows.len(), first.as_deref(), next.as_deref()))
        }
    };
    Ok(shell::page(&visit, Tab::Messages, "Messages", &body))
}

fn nothing(search: &Search, goes_on: bool, has_phones: bool) -> Markup {
    if goes_on {
        return empty(Icon::Messages, "Nothing among the messages looked at", &html! { "Go on with the older ones." });
    }
    if search.is_narrow() || !search.before.is_empty() {
        let advice = html! { "Loosen the search, or " a href="/console/messages" { "show all messages" } "." };
        return empty(Icon::Messages, "No message matches", &advice);
    }
    let advice = html! {
        @if has_phones { "Type a text on the " a href="/" { "phone" } ", and it appears here." }
        @else { "Send a text to one of the service addresses under " a href="/console/channels" { "Channels" } ", or post one to "
            code { "/v1/messages" } "." }
    };
    empty(Icon::Messages, "No messages yet", &advice)
}

fn form(search: &Search, directory: &Directory) -> Markup {
    html! {
        form.filter method="get" action="/console/messages" role="search" {
            label.field.wide { span { "Text contains" } input type="search" name="text" value=(search.text); }
            label.field { span { "Phone" } input type="text" name="phone" value=(search.phone) inputmode="tel"; }
            label.field {
                span { "Application" }
                (application_choice(directory, &search.application))
            }
            label.field {
                span { "Direction" }
                select name="direction" {
                    option value="" { "Both" }
                    option value="mo" selected[search.direction == "mo"] { "From phones" }
                    option value="mt" selected[search.direction == "mt"] { "To phones" }
                }
            }
            label.field {
                span { "State" }
                select name="state" {
                    option value="" { "Any" }
                    @for state in MessageState::ALL {
                        option value=(state.name()) selected[search.state == state.name()] { (words::heading(state.name())) }
                    }
                }
            }
            div.row {
                button.button.primary type="submit" { "Search" }
                @if search.is_narrow() { a.button href="/console/messages" { "Clear" } }
            }
        }
    }
}

/// A choice among the applications.
pub(super) fn application_choice(directory: &Directory, chosen: &str) -> Markup {
    html! {
        select name="application" {
            option value="" { "Any" }
            @for id in directory.applications.keys().take(CHOICES_MAX) {
                option value=(id) selected[chosen == &**id] { (id) }
            }
        }
    }
}

/// Messages as rows.
pub(super) fn table(rows: &[MessageRow]) -> Markup {
    html! {
        table.list {
            thead {
                tr {
                    th scope="col" { span.unseen { "Direction" } }
                    th scope="col" { "Accepted" }
                    th scope="col" { "Phone" }
                    th scope="col" { "Service address" }
                    th scope="col" { "Text" }
                    th scope="col" { "Application" }
                    th scope="col" { "State" }
                }
            }
            tbody {
                @for row in rows { (line(row)) }
            }
        }
    }
}

fn line(row: &MessageRow) -> Markup {
    let message = &row.message;
    html! {
        tr data-key=(message.id) {
            td { (way(message.direction)) }
            td.nowrap data-label="Accepted" {
                a.whole href={ "/console/messages/" (message.id) } { (words::moment(message.created_at)) }
            }
            td.nowrap data-label="Phone" { (message.phone()) }
            td.nowrap data-label="Service address" { (message.service_address()) }
            td.says { (words::cut(&message.text)) }
            td data-label="Application" { (message.application.as_deref().unwrap_or("–")) }
            td.state { (message_state(row.state)) }
        }
    }
}
