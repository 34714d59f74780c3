//! All paths in one router, and what holds for every request: bounds of size and time, and counting.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::body::BODY_BYTES_MAX;
use crate::problem::{Kind, Problem};
use crate::state::ApiState;
use crate::{codes, console, metrics, native, probes, service_layer, vumi};

/// Longest time until the head of a response, in milliseconds. What streams afterwards has no such bound.
pub const REQUEST_MS_MAX: u64 = 30_000;

/// Everything that is served.
pub fn router(state: ApiState) -> Router {
    let pages = console::routes(state.clone()).reset_fallback();
    Router::new()
        .merge(native::routes())
        .merge(service_layer::routes())
        .merge(vumi::routes())
        .route("/health/live", get(probes::live))
        .route("/health/ready", get(probes::ready))
        .route("/metrics", get(metrics::metrics))
        .route("/docs/operate/codes/{code}", get(codes::page))
        .with_state(state.clone())
        .merge(pages)
        .fallback(async |uri: http::Uri| native::no_such_path(&uri))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(state, bounded))
}

/// Ends what takes too long, and counts every answer.
async fn bounded(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let answered = tokio::time::timeout(Duration::from_millis(REQUEST_MS_MAX), next.run(request)).await;
    let response = answered.unwrap_or_else(|_| {
        let words = "no answer in time; it is unknown whether it was taken: repeat it with the same Idempotency-Key";
        Problem::new(Kind::Unanswered, words).into_response()
    });
    state.traffic().count(response.status());
    response
}
