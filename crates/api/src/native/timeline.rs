//! `GET /v1/messages/{id}/timeline`: everything that happened to a message, in order.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::callback::AttemptRecord;
use domain::id::{CallbackId, MessageId};
use domain::note::Entry;
use domain::time::At;
use http::StatusCode;
use serde::Serialize;

use super::hal::{Collection, Links, hal, shown, shown_or_null};
use super::message::message_path;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::shown::{entry_code, entry_words, request_body};
use crate::state::ApiState;

/// A body that was sent or received.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BodyResource<'a> {
    content_type: &'a str,
    body: String,
}

impl BodyResource<'_> {
    /// The request of a callback that a timeline tells of.
    pub(super) fn request(entry: &Entry) -> Option<BodyResource<'static>> {
        let Entry::CallbackMade { request, .. } = entry else { return None };
        request_body(request).map(|(content_type, body)| BodyResource { content_type, body })
    }
}

#[derive(Serialize)]
struct FailureResource<'a> {
    code: &'static str,
    words: &'static str,
    detail: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AnswerResource<'a> {
    status: u16,
    content_type: &'a str,
    body: &'a str,
}

/// One attempt.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttemptResource<'a> {
    number: u32,
    #[serde(serialize_with = "shown")]
    started_at: At,
    took_ms: u32,
    url: &'a str,
    response: Option<AnswerResource<'a>>,
    failure: Option<FailureResource<'a>>,
}

impl<'a> AttemptResource<'a> {
    pub(super) fn of(record: &'a AttemptRecord) -> AttemptResource<'a> {
        let answer = |status| AnswerResource { status, content_type: &record.content_type, body: &record.body };
        let failure = |f: domain::callback::AttemptFailure| FailureResource {
            code: f.name(),
            words: f.words(),
            detail: &record.detail,
        };
        AttemptResource {
            number: record.number,
            started_at: record.started_at,
            took_ms: record.took_ms,
            url: &record.url,
            response: record.status.map(answer),
            failure: record.failure.map(failure),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EntryResource<'a> {
    #[serde(serialize_with = "shown")]
    at: At,
    code: &'static str,
    words: String,
    #[serde(serialize_with = "shown_or_null", skip_serializing_if = "Option::is_none")]
    callback: Option<CallbackId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<BodyResource<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptResource<'a>>,
}

impl<'a> EntryResource<'a> {
    fn of(at: At, entry: &'a Entry) -> EntryResource<'a> {
        let (callback, kind, application, attempt) = match entry {
            Entry::Note(_) => (None, None, None, None),
            Entry::CallbackMade { id, kind, application, .. } => {
                (Some(*id), Some(kind.name()), Some(&**application), None)
            }
            Entry::Attempt { callback, record } => (Some(*callback), None, None, Some(AttemptResource::of(record))),
        };
        let (code, words, request) = (entry_code(entry), entry_words(entry), BodyResource::request(entry));
        EntryResource { at, code, words, callback, kind, application, request, attempt }
    }
}

pub(super) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = MessageId::parse(&id).ok_or_else(Problem::not_found)?;
    let (_, rows) = state.reader(&caller).timeline(id).await?.ok_or_else(Problem::not_found)?;
    let entries = rows.iter().flat_map(|row| row.entries.iter().map(move |entry| EntryResource::of(row.at, entry)));
    let message = message_path(id);
    let links = Links::to_self(format!("{message}/timeline")).and("message", message);
    Ok(hal(StatusCode::OK, &Collection::new("entries", entries.collect(), links)))
}
