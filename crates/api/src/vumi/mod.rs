//! The Vumi Go HTTP API (`docs/reference/vumi.md`): what bodies mean and what answers look like is the contract's, in
//! `contracts::vumi`; whose they are, and what is done with them, is here. One file a resource.

mod conversation;
mod messages;
pub(crate) mod metrics;
mod opt_outs;
mod stream;

use axum::Router;
use axum::body::Body;
use contracts::vumi::api::response::Response;
use domain::directory::Name;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::auth::{Caller, Credentials, authenticate};
use crate::problem::Problem;
use crate::state::ApiState;

/// All paths of the Vumi Go API.
pub(crate) fn routes() -> Router<ApiState> {
    conversation::routes().merge(opt_outs::routes()).merge(metrics::routes())
}

/// The account that a Bearer token opens; the operator's opens none.
fn bearer(state: &ApiState, headers: &HeaderMap) -> Option<Name> {
    let presented = Credentials::of(headers).filter(|presented| matches!(presented, Credentials::Bearer { .. }))?;
    match authenticate(&state.directory.current(), &state.operator_token, &presented)? {
        Caller::Account(key) => Some(key),
        Caller::Operator => None,
    }
}

/// A no of the gateway below a conversation, with `Retry-After` when the same request may work later.
fn later(problem: &Problem) -> Response {
    let phrase = problem.status().canonical_reason().unwrap_or("Error");
    let reason = format!("{} ({})", problem.detail(), problem.code());
    let said = Response::said(problem.status().as_u16(), phrase, &reason);
    Response { header: problem.is_passing().then_some(("Retry-After", "1")), ..said }
}

/// A response of the contract, as HTTP: its own reason phrase is part of it.
pub(crate) fn respond(response: contracts::vumi::api::response::Response) -> axum::response::Response {
    let mut answer = axum::response::Response::new(Body::from(response.body));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(response.content_type));
    if let Some((name, value)) = response.header
        && let Ok(name) = HeaderName::try_from(name)
    {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer.extensions_mut().insert(hyper::ext::ReasonPhrase::from_static(response.phrase.as_bytes()));
    answer
}
