//! The Service Layer API over HTTP: `/api/<method>` by GET and POST (`docs/reference/service-layer.md §5`). What the
//! parameters mean and how answers look is the contract's; whose they are, and what is done with them, is here.
//! Noes are plain text: HTTP 500, or 503 when the same request may work later.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contracts::service_layer::api::{
    CloseSessions, INVALID_NUMBER, MessageIds, Method, Parameters, Recipient, SendMessage, cancelled_json, sent_json,
    statuses_json,
};
use contracts::service_layer::status::DeliveryStatus;
use domain::decision::{Outcome, Refusal, SentMessage};
use domain::directory::{Application, Directory, Name};
use domain::event::{Asker, Event, Send};
use domain::id::{SegmentNumber, Stamp};
use domain::message::Direction;
use domain::secret::Secret;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Request, StatusCode};

use crate::auth::{Caller, application_of};
use crate::body;
use crate::problem::Problem;
use crate::reader::SegmentFile;
use crate::state::ApiState;

const WRONG_KEY: &str = "api_key is missing or wrong";

/// All paths of the Service Layer API.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new().route("/api/{method}", get(call).post(call))
}

/// A no: its sentence, and whether the same request may work later.
struct No {
    sentence: String,
    passing: bool,
}

impl From<Problem> for No {
    fn from(problem: Problem) -> No {
        No { sentence: format!("{} ({})", problem.detail(), problem.code()), passing: problem.is_passing() }
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> No {
        No::from(Problem::from(refusal))
    }
}

fn no(sentence: impl ToString) -> No {
    No { sentence: sentence.to_string(), passing: false }
}

impl IntoResponse for No {
    fn into_response(self) -> Response {
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        let status = if self.passing { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
        let mut response = (status, [(CONTENT_TYPE, text)], self.sentence).into_response();
        if self.passing {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

async fn call(State(state): State<ApiState>, Path(method): Path<String>, request: Request<Body>) -> Response {
    match answer(&state, &method, request).await {
        Ok(json) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], json).into_response(),
        Err(no) => no.into_response(),
    }
}

async fn answer(state: &ApiState, method: &str, request: Request<Body>) -> Result<String, No> {
    let method = Method::parse(method).ok_or_else(|| no("this method is not available here"))?;
    let query = request.uri().query().map(str::to_owned);
    body::check_unpacked(request.headers())?;
    let body = body::read(request.into_body()).await?;
    let parameters = Parameters::read(query.as_deref(), &body).map_err(no)?;
    match method {
        Method::SendMessage => send_message(state, SendMessage::read(&parameters).map_err(no)?).await,
        Method::CancelMessages => cancel_messages(state, MessageIds::read(&parameters).map_err(no)?).await,
        Method::DeliveryStatus => delivery_status(state, MessageIds::read(&parameters).map_err(no)?).await,
        Method::CloseSessions => close_sessions(state, CloseSessions::read(&parameters).map_err(no)?).await,
    }
}

/// The application a key belongs to.
fn application<'d>(directory: &'d Directory, api_key: &Secret) -> Result<&'d Application, No> {
    let id = application_of(directory, api_key.expose()).ok_or_else(|| no(WRONG_KEY))?;
    directory.applications.get(&id).map(|application| &**application).ok_or_else(|| no(WRONG_KEY))
}

async fn send_message(state: &ApiState, asked: SendMessage) -> Result<String, No> {
    let directory = state.directory.current();
    let application = application(&directory, &asked.api_key)?;
    let phones = asked.recipients.iter().filter_map(|recipient| match recipient {
        Recipient::Phone(phone) => Some(phone.clone()),
        Recipient::Invalid => None,
    });
    let to: Vec<_> = phones.collect();
    let messages = if to.is_empty() {
        Vec::new()
    } else {
        let send = Send {
            account: application.account.clone(),
            application: Some(application.id.clone()),
            from: directory.default_address(&application.id).cloned(),
            to,
            text: asked.text,
            send_at: asked.send_at,
            validity_ms: None,
            priority: 0,
            tells: true,
            opens_session: asked.action_expected,
            idempotency: None,
            in_reply_to: None,
            session_event: None,
            metadata: None,
            address_type: None,
        };
        match state.ask(Event::SendAsked(send)).await.map_err(Problem::from)? {
            Outcome::Sent { messages, .. } => messages,
            Outcome::Refused(refusal) => return Err(refusal.into()),
            other => return Err(Problem::unexpected(&other).into()),
        }
    };
    Ok(sent_json(segment_ids(&asked.recipients, &messages)))
}

/// The numbers of all segments, recipient by recipient; in the place of an invalid one its error number.
fn segment_ids(recipients: &[Recipient], messages: &[SentMessage]) -> Vec<i64> {
    let mut messages = messages.iter();
    let mut ids = Vec::new();
    for recipient in recipients {
        match recipient {
            Recipient::Invalid => ids.push(INVALID_NUMBER),
            Recipient::Phone(_) => {
                let Some(sent) = messages.next() else { continue };
                ids.extend((0..sent.segments).map(|index| SegmentNumber::new(sent.id.stamp, index).0));
            }
        }
    }
    ids
}

/// Withdraws messages. Numbers can be guessed: unlike asking for a status, this takes the key.
async fn cancel_messages(state: &ApiState, asked: MessageIds) -> Result<String, No> {
    let directory = state.directory.current();
    let api_key = asked.api_key.as_ref().ok_or_else(|| no(WRONG_KEY))?;
    let application = application(&directory, api_key)?;
    let stamps: BTreeSet<Stamp> = asked.segments.iter().filter_map(|n| n.split()).map(|(stamp, _)| stamp).collect();
    let asker = Asker::Application(application.id.clone());
    let event = Event::CancelAsked { asker, messages: stamps.into_iter().collect() };
    match state.ask(event).await.map_err(Problem::from)? {
        Outcome::Cancelled { count } => Ok(cancelled_json(count)),
        Outcome::Refused(refusal) => Err(refusal.into()),
        other => Err(Problem::unexpected(&other).into()),
    }
}

/// How messages fare. Without a key all of them must be of one application.
async fn delivery_status(state: &ApiState, asked: MessageIds) -> Result<String, No> {
    let directory = state.directory.current();
    let own: Option<Name> = match &asked.api_key {
        Some(api_key) => Some(application(&directory, api_key)?.id.clone()),
        None => None,
    };
    // Numbers lead to messages of all tenants; what is not this application's is left out below.
    let mut files = state.reader(&Caller::Operator).segments(asked.segments).await.map_err(Problem::from)?;
    files.retain(|file| file.message.message.direction == Direction::Mt);
    match own {
        Some(own) => files.retain(|file| file.message.message.application.as_ref() == Some(&own)),
        None => {
            let owners: BTreeSet<_> = files.iter().map(|file| &file.message.message.application).collect();
            if owners.len() > 1 {
                return Err(no(WRONG_KEY));
            }
        }
    }
    Ok(statuses_json(files.iter().filter_map(|file| Some((file.number, status(file)?)))))
}

fn status(file: &SegmentFile) -> Option<DeliveryStatus> {
    let segment = file.outgoing.as_ref().and_then(|outgoing| outgoing.segments.get(usize::from(file.index)));
    segment.map(DeliveryStatus::of_segment).or_else(|| DeliveryStatus::of_message(file.message.state))
}

async fn close_sessions(state: &ApiState, asked: CloseSessions) -> Result<String, No> {
    let directory = state.directory.current();
    let application = application(&directory, &asked.api_key)?.id.clone();
    let phones = asked.phones.iter().map(|phone| phone.key()).collect();
    match state.ask(Event::CloseSessionsAsked { application, phones }).await.map_err(Problem::from)? {
        Outcome::Closed { .. } | Outcome::Done => Ok(String::new()),
        Outcome::Refused(refusal) => Err(refusal.into()),
        other => Err(Problem::unexpected(&other).into()),
    }
}
