//! `/health/live` and `/health/ready`, for whoever starts, stops and balances processes. No credentials: they say
//! nothing about anybody's messages.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::state::ApiState;

/// The process answers.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// The process wants traffic: it is neither starting nor stopping, and the store takes what comes.
pub(crate) async fn ready(State(state): State<ApiState>) -> Response {
    let store =
        || state.live.snapshot().store_trouble.map(|_| "the store takes nothing at the moment; the log says why");
    match state.ready.reason().or_else(store) {
        None => "ready\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}
