//! `/v1/callbacks`: what is owed to applications and what was given up, and replaying it.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::callback::{Callback, CallbackState};
use domain::decision::Outcome;
use domain::directory::Name;
use domain::event::Event;
use domain::id::{CallbackId, MessageId};
use domain::note::{Entry, NoteCode};
use domain::time::At;
use engine::page::CallbackQuery;
use http::{StatusCode, Uri};
use serde::Serialize;

use super::hal::{Collection, Links, hal, shown, shown_or_null};
use super::message::{message_path, one_of};
use super::timeline::{AttemptResource, BodyResource};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::reader::CallbackFile;
use crate::state::ApiState;

/// A callback as the outside sees it. What only a record has is absent once the record is gone.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallbackResource<'a> {
    #[serde(serialize_with = "shown")]
    id: CallbackId,
    application: &'a str,
    kind: &'static str,
    state: &'static str,
    #[serde(serialize_with = "shown")]
    created_at: At,
    attempts: u32,
    phone: &'a str,
    service_address: &'a str,
    channel: &'a str,
    #[serde(serialize_with = "shown_or_null", skip_serializing_if = "Option::is_none")]
    due_at: Option<At>,
    #[serde(serialize_with = "shown_or_null", skip_serializing_if = "Option::is_none")]
    failing_since: Option<At>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<BodyResource<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<AttemptResource<'a>>>,
    #[serde(rename = "_links")]
    links: Links,
}

fn callback_path(id: CallbackId) -> String {
    format!("/v1/callbacks/{id}")
}

fn callback_links(id: CallbackId, message: MessageId, state: CallbackState) -> Links {
    let path = callback_path(id);
    let replay = format!("{path}/replay");
    let links = Links::to_self(path).and("message", message_path(message));
    match state {
        CallbackState::Refused | CallbackState::Exhausted => links.and("replay", replay),
        CallbackState::Pending | CallbackState::Answered | CallbackState::Cancelled => links,
    }
}

impl<'a> CallbackResource<'a> {
    fn of(record: &'a Callback) -> CallbackResource<'a> {
        CallbackResource {
            id: record.id,
            application: &record.application,
            kind: record.kind.name(),
            state: record.state.name(),
            created_at: record.created_at,
            attempts: record.attempts,
            phone: record.phone.as_str(),
            service_address: record.service_address.as_str(),
            channel: &record.channel,
            due_at: (record.state == CallbackState::Pending).then_some(record.due_at),
            failing_since: record.failing_since,
            request: None,
            history: None,
            links: callback_links(record.id, record.message, record.state),
        }
    }

    /// With its request and attempts; made of the timeline alone when there is no record.
    fn of_file(id: CallbackId, file: &'a CallbackFile) -> Option<CallbackResource<'a>> {
        let entries = || file.timeline.iter().flat_map(|row| row.entries.iter().map(move |entry| (row.at, entry)));
        let made = entries().find_map(|(at, entry)| match entry {
            Entry::CallbackMade { id: own, kind, application, .. } if *own == id => {
                Some((at, entry, *kind, &**application))
            }
            _ => None,
        });
        let history: Vec<AttemptResource<'a>> = entries()
            .filter_map(|(_, entry)| match entry {
                Entry::Attempt { callback, record } if *callback == id => Some(AttemptResource::of(record)),
                _ => None,
            })
            .collect();
        let message = &file.message.message;
        let shell = match (&file.record, made) {
            (Some(record), _) => CallbackResource::of(record),
            (None, Some((at, _, kind, application))) => {
                let state = ended_state(id, file);
                CallbackResource {
                    id,
                    application,
                    kind: kind.name(),
                    state: state.name(),
                    created_at: at,
                    attempts: history.len() as u32,
                    phone: message.phone().as_str(),
                    service_address: message.service_address().as_str(),
                    channel: &message.channel,
                    due_at: None,
                    failing_since: None,
                    request: None,
                    history: None,
                    links: callback_links(id, message.id, CallbackState::Answered),
                }
            }
            (None, None) => return None,
        };
        let request = made.and_then(|(_, entry, ..)| BodyResource::request(entry));
        Some(CallbackResource { request, history: Some(history), ..shell })
    }
}

/// How a callback without a record ended, by its timeline: the last word counts.
fn ended_state(id: CallbackId, file: &CallbackFile) -> CallbackState {
    let shown_id = id.to_string();
    let mut words = file.timeline.iter().flat_map(|row| &row.entries).filter_map(|entry| match entry {
        Entry::Attempt { callback, record } if *callback == id && record.failure.is_none() => {
            Some(CallbackState::Answered)
        }
        Entry::Note(note) if note.args.first() == Some(&shown_id) => match note.code {
            NoteCode::CallbackExhausted => Some(CallbackState::Exhausted),
            NoteCode::CallbackRefused => Some(CallbackState::Refused),
            _ => None,
        },
        _ => None,
    });
    words.next_back().unwrap_or(CallbackState::Cancelled)
}

pub(super) async fn list(State(state): State<ApiState>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let mut parameters = Parameters::of(&uri);
    let parse_bool = |text: &str| text.parse::<bool>().ok();
    let query = CallbackQuery {
        applications: parameters.text("application").map(|id| vec![Name::from(id)]),
        state: parameters.parsed("state", &one_of(&CallbackState::ALL.map(CallbackState::name)), CallbackState::parse),
        failing: parameters.parsed("failing", "true or false", parse_bool).unwrap_or(false),
        before: parameters.cursor().map(CallbackId::from_u128),
        limit: parameters.limit(),
    };
    let here = parameters.finish()?;
    let page = state.reader(&caller).callbacks(query).await?;
    let links = Links::to_self(uri.path_and_query().map_or("/v1/callbacks", |target| target.as_str()));
    let links = match page.next {
        Some(next) => links.and("next", here.at("/v1/callbacks", next)),
        None => links,
    };
    let rows = page.rows.iter().map(CallbackResource::of).collect();
    Ok(hal(StatusCode::OK, &Collection::new("callbacks", rows, links)))
}

pub(super) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = CallbackId::parse(&id).ok_or_else(Problem::not_found)?;
    let file = state.reader(&caller).callback(id).await?.ok_or_else(Problem::not_found)?;
    let resource = CallbackResource::of_file(id, &file).ok_or_else(Problem::not_found)?;
    Ok(hal(StatusCode::OK, &resource))
}

#[derive(Serialize)]
struct ReplayResource {
    #[serde(serialize_with = "shown")]
    id: CallbackId,
    state: &'static str,
    #[serde(rename = "_links")]
    links: Links,
}

pub(super) async fn replay(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = CallbackId::parse(&id).ok_or_else(Problem::not_found)?;
    match state.ask(Event::ReplayAsked { asker: caller.asker(), callback: id }).await? {
        Outcome::Done => {
            let links = Links::to_self(callback_path(id));
            Ok(hal(StatusCode::ACCEPTED, &ReplayResource { id, state: CallbackState::Pending.name(), links }))
        }
        Outcome::Refused(refusal) => Err(refusal.into()),
        other => Err(Problem::unexpected(&other)),
    }
}
