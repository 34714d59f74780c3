//! One message: what it says, what happened to it, what it caused.

use axum::extract::{Path, State};
use axum::response::Html;
use domain::id::MessageId;
use domain::message::Direction;
use engine::page::MessageRow;
use maud::{Markup, html};

use super::exchange::{Told, exchange, groups};
use super::guard::Visit;
use super::piece::{fact, message_state};
use super::shell::{self, Tab};
use super::trouble::Trouble;
use super::{Console, words};

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Html<String>, Trouble> {
    let told = told(&console, &id).await?;
    let first = told.first().ok_or(Trouble::NotFound)?;
    let body = html! {
        div.page-head {
            div {
                p.crumb { a href="/console/messages" { "Messages" } " / " }
                h1 { @if first.row.message.direction == Direction::Mo { "Text from a phone" } @else { "Text to a phone" } }
                p.lede.mono { (first.row.message.id) }
            }
        }
        (region(&told, first))
    };
    Ok(shell::page(&visit, Tab::Messages, "Message", &body))
}

/// The part that moves.
pub(super) async fn fragment(State(console): State<Console>, Path(id): Path<String>) -> Result<Html<String>, Trouble> {
    let told = told(&console, &id).await?;
    let first = told.first().ok_or(Trouble::NotFound)?;
    Ok(Html(region(&told, first).into_string()))
}

async fn told(console: &Console, id: &str) -> Result<Vec<Told>, Trouble> {
    let id = MessageId::parse(id).ok_or(Trouble::NotFound)?;
    Ok(exchange(&console.reader(), id).await?)
}

fn region(told: &[Told], first: &Told) -> Markup {
    let url = format!("/console/messages/{}/timeline", first.row.message.id);
    html! {
        div.stack #timeline data-live=(url) data-events="/console/events" data-watch="" data-list="" {
            section.card data-key="facts" { (facts(&first.row)) }
            (groups(told))
        }
    }
}

fn facts(row: &MessageRow) -> Markup {
    let message = &row.message;
    html! {
        div.card-body.stack {
            p.said { (message.text) }
            dl.facts {
                (fact("State", &message_state(row.state)))
                (fact("From", &html! { (message.from) }))
                (fact("To", &html! { (message.to) }))
                (fact("Application", &html! { (message.application.as_deref().unwrap_or("none")) }))
                (fact("Account", &html! { (message.account.as_deref().unwrap_or("none")) }))
                (fact("Channel", &html! { (message.channel) }))
                (fact("Accepted", &words::moment(message.created_at)))
                (fact("Last change", &words::moment(row.updated_at)))
                (fact("Segments", &html! { (message.segments) }))
                @if let Some(parent) = message.parent {
                    (fact("Caused by", &words::message_link(parent)))
                }
            }
        }
    }
}
