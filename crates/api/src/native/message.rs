//! `GET /v1/messages` and `/v1/messages/{id}`, and how a message is shown.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::address::Address;
use domain::id::{MessageId, Stamp};
use domain::message::{Direction, MessageState};
use domain::time::At;
use engine::page::{MessageQuery, MessageRow};
use http::{StatusCode, Uri};
use serde::Serialize;

use super::hal::{Collection, Links, hal, shown, shown_or_null};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::state::ApiState;

/// A message as the outside sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct MessageResource<'a> {
    #[serde(serialize_with = "shown")]
    pub(super) id: MessageId,
    pub(super) direction: &'static str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) text: &'a str,
    pub(super) state: &'static str,
    pub(super) application: Option<&'a str>,
    pub(super) channel: Option<&'a str>,
    #[serde(serialize_with = "shown")]
    pub(super) created_at: At,
    #[serde(serialize_with = "shown_or_null", skip_serializing_if = "Option::is_none")]
    pub(super) updated_at: Option<At>,
    pub(super) segments: u8,
    #[serde(rename = "_links")]
    pub(super) links: Links,
}

/// Where a message is.
pub(super) fn message_path(id: MessageId) -> String {
    format!("/v1/messages/{id}")
}

/// The links every message has.
pub(super) fn message_links(id: MessageId) -> Links {
    let path = message_path(id);
    let timeline = format!("{path}/timeline");
    Links::to_self(path).and("timeline", timeline)
}

impl<'a> MessageResource<'a> {
    fn of(row: &'a MessageRow) -> MessageResource<'a> {
        let message = &row.message;
        let links = message_links(message.id);
        let links = match message.parent {
            Some(parent) => links.and("causedBy", message_path(parent)),
            None => links,
        };
        MessageResource {
            id: message.id,
            direction: message.direction.name(),
            from: message.from.as_str(),
            to: message.to.as_str(),
            text: &message.text,
            state: row.state.name(),
            application: message.application.as_deref(),
            channel: Some(&message.channel),
            created_at: message.created_at,
            updated_at: Some(row.updated_at),
            segments: message.segments,
            links,
        }
    }
}

pub(super) async fn list(State(state): State<ApiState>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let mut parameters = Parameters::of(&uri);
    let query = MessageQuery {
        account: None,
        application: parameters.text("application").map(Into::into),
        phone: parameters.parsed("phone", "a phone number", |text| Address::parse(text).ok()).map(|phone| phone.key()),
        text: parameters.text("text"),
        direction: parameters.parsed("direction", "mo or mt", parse_direction),
        state: parameters.parsed("state", &one_of(&MessageState::ALL.map(MessageState::name)), MessageState::parse),
        before: parameters.cursor().map(cursor_stamp),
        limit: parameters.limit(),
    };
    let here = parameters.finish()?;
    let page = state.reader(&caller).messages(query).await?;
    let links = Links::to_self(uri.path_and_query().map_or("/v1/messages", |target| target.as_str()));
    let links = match page.next {
        Some(next) => links.and("next", here.at("/v1/messages", next)),
        None => links,
    };
    let rows = page.rows.iter().map(MessageResource::of).collect();
    Ok(hal(StatusCode::OK, &Collection::new("messages", rows, links)))
}

pub(super) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = MessageId::parse(&id).ok_or_else(Problem::not_found)?;
    let row = state.reader(&caller).message(id).await?.ok_or_else(Problem::not_found)?;
    Ok(hal(StatusCode::OK, &MessageResource::of(&row)))
}

fn parse_direction(text: &str) -> Option<Direction> {
    [Direction::Mo, Direction::Mt].into_iter().find(|d| d.name() == text)
}

/// A sentence of the words one may choose from.
pub(super) fn one_of(words: &[&str]) -> String {
    format!("one of {}", words.join(", "))
}

/// The stamp a cursor stands for: a whole id or its upper half alone.
fn cursor_stamp(cursor: u128) -> Stamp {
    let upper = (cursor >> 64) as u64;
    Stamp(if upper == 0 { cursor as u64 } else { upper })
}
