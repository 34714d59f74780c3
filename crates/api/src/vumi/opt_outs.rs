//! The opt-outs of an account (`docs/reference/vumi.md §10`): paths and answers are the contract's, the ledger is the
//! engine's.

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use contracts::vumi::api::opt_outs::{
    OptOut, Target, already_exists, bad_request, count, not_found, nothing_to_delete, told, unauthorized,
};
use domain::decision::{Outcome, Refusal};
use domain::directory::Name;
use domain::event::Event;
use domain::id::MessageId;
use domain::opt_out::OptOutKey;
use http::HeaderMap;

use super::{bearer, respond};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::ApiState;

/// The type and the address of a path, when they can be read.
type Named = Result<Path<(String, String)>, PathRejection>;

/// All paths.
pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/api/v1/go/optouts/count", get(counted))
        .route("/api/v1/go/optouts/{type}/{address}", get(look).put(add).delete(remove))
}

async fn counted(State(state): State<ApiState>, headers: HeaderMap) -> Response {
    let Some(account) = bearer(&state, &headers) else { return respond(unauthorized()) };
    match state.reader(&Caller::Account(account.clone())).opt_outs(account).await {
        Ok(found) => respond(count(found)),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn look(State(state): State<ApiState>, headers: HeaderMap, named: Named) -> Response {
    let (account, target) = match entry(&state, &headers, named) {
        Ok(found) => found,
        Err(response) => return respond(response),
    };
    let key =
        OptOutKey { account: account.clone(), address_type: target.address_type.into(), address: target.address.key() };
    match state.reader(&Caller::Account(account)).opt_out(key).await {
        Ok(Some(found)) => respond(shown(&found)),
        Ok(None) => respond(not_found()),
        Err(error) => Problem::from(error).into_response(),
    }
}

async fn add(State(state): State<ApiState>, headers: HeaderMap, named: Named) -> Response {
    change(&state, &headers, named, true).await
}

async fn remove(State(state): State<ApiState>, headers: HeaderMap, named: Named) -> Response {
    change(&state, &headers, named, false).await
}

async fn change(state: &ApiState, headers: &HeaderMap, named: Named, out: bool) -> Response {
    let (account, target) = match entry(state, headers, named) {
        Ok(found) => found,
        Err(response) => return respond(response),
    };
    let event = Event::OptOutAsked { account, address_type: target.address_type.into(), address: target.address, out };
    match state.ask(event).await {
        Ok(Outcome::OptOut(entry)) => respond(shown(&entry)),
        Ok(Outcome::Refused(Refusal::OptOutExists)) => respond(already_exists()),
        Ok(Outcome::Refused(Refusal::NotFound)) => respond(nothing_to_delete()),
        Ok(Outcome::Refused(refusal)) => Problem::from(refusal).into_response(),
        Ok(other) => Problem::unexpected(&other).into_response(),
        Err(not_taken) => Problem::from(not_taken).into_response(),
    }
}

/// Whose entry, and which; nobody learns what a path would mean who shows no token.
fn entry(
    state: &ApiState,
    headers: &HeaderMap,
    named: Named,
) -> Result<(Name, Target), contracts::vumi::api::response::Response> {
    let account = bearer(state, headers).ok_or_else(unauthorized)?;
    let Path((address_type, address)) = named.map_err(|_| bad_request())?;
    let target = Target::read(&address_type, &address).ok_or_else(bad_request)?;
    Ok((account, target))
}

fn shown(entry: &domain::opt_out::OptOut) -> contracts::vumi::api::response::Response {
    told(&OptOut {
        account: &entry.account,
        message: entry.message.map(MessageId::hex).as_deref(),
        created_at: entry.created_at,
        address_type: &entry.address_type,
        address: entry.address.as_str(),
    })
}
