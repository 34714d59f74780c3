//! Metrics: put by a conversation, fired and queried by an account (`docs/reference/vumi.md §8`, `§9`). What bodies and
//! parameters mean is the contract's; whose they are, and where they go, is here.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{MethodRouter, get};
use contracts::vumi::api::metrics::query::Query;
use contracts::vumi::api::metrics::{Metric, failed, fire, points, points_of_store, publish, unauthorized};
use contracts::vumi::api::response::Response;
use domain::decision::Outcome;
use domain::directory::{Application, Name};
use domain::event::Event;
use domain::metric::Point;
use engine::page::ValuesQuery;
use http::{HeaderMap, Request, Uri};

use super::{bearer, later, respond};
use crate::auth::Caller;
use crate::body::{BODY_BYTES_MAX, Unread, gather};
use crate::problem::{Kind, Problem};
use crate::state::ApiState;

/// Name of the store of an application that has none configured.
const STORE: &str = "default";

/// The metrics of accounts.
pub(crate) fn routes() -> Router<ApiState> {
    let methods: MethodRouter<ApiState> =
        get(query).post(fire_all).fallback(async || respond(failed(405, "Method Not Allowed")));
    Router::new().route("/api/v1/go/metrics/", methods.clone()).route("/api/v1/go/metrics", methods)
}

/// `PUT metrics.json` of a conversation, of either flavour. Who asks was checked before.
pub(crate) async fn put(state: &ApiState, application: &Application, body: &[u8]) -> Response {
    let metrics = match publish::read(body) {
        Ok(metrics) => metrics,
        Err(bad) => return bad.response(),
    };
    let store = application.vumi.as_ref().map_or(STORE, |vumi| &vumi.metric_store);
    match take(state, &application.account, points_of_store(store, &metrics)).await {
        Ok(()) => publish::published(),
        Err(problem) => later(&problem),
    }
}

async fn fire_all(State(state): State<ApiState>, request: Request<Body>) -> axum::response::Response {
    respond(fired(&state, request).await.unwrap_or_else(|no| no))
}

async fn fired(state: &ApiState, request: Request<Body>) -> Result<Response, Response> {
    let account = bearer(state, request.headers()).ok_or_else(unauthorized)?;
    let body = gather(request.into_body(), BODY_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => failed(413, &format!("Invalid query: the body is larger than {BODY_BYTES_MAX} bytes")),
        Unread::TooSlow => failed(408, "Invalid query: the body came too slowly"),
        Unread::Broken | Unread::InCrumbs => failed(400, "Invalid query: the body broke off"),
    })?;
    let metrics: Vec<Metric> = fire::read(&body).map_err(|bad| bad.response())?;
    match take(state, &account, points(&metrics)).await {
        Ok(()) => Ok(fire::fired(&metrics)),
        Err(problem) => Err(refused(&problem)),
    }
}

async fn query(State(state): State<ApiState>, headers: HeaderMap, uri: Uri) -> axum::response::Response {
    respond(queried(&state, &headers, uri.query().unwrap_or_default()).await.unwrap_or_else(|no| no))
}

async fn queried(state: &ApiState, headers: &HeaderMap, asked: &str) -> Result<Response, Response> {
    let account = bearer(state, headers).ok_or_else(unauthorized)?;
    let now = state.now();
    let query = Query::read(asked, now).map_err(|bad| bad.response())?;
    let values = ValuesQuery {
        account: account.clone(),
        series: query.series.clone(),
        first_s: query.interval_starts().next().unwrap_or(query.from_s),
        interval_s: query.interval_s,
        intervals: query.interval_starts().count(),
        now,
    };
    let found = state.reader(&Caller::Account(account)).series_values(values).await;
    let found = found.map_err(|error| refused(&error.into()))?;
    Ok(query.answer(found.iter().map(|series| (series.row.name.as_str(), series.values.as_slice()))))
}

/// A no of the gateway, with `Retry-After` when the same request may work later.
fn refused(problem: &Problem) -> Response {
    let said = failed(problem.status().as_u16(), &format!("{} ({})", problem.detail(), problem.code()));
    Response { header: problem.is_passing().then_some(("Retry-After", "1")), ..said }
}

/// Has the engine keep all of them; returns when they are durable. `None`: a name is too long with its store in front.
async fn take(state: &ApiState, account: &Name, points: Option<Vec<Point>>) -> Result<(), Problem> {
    let Some(points) = points else {
        return Err(Problem::new(Kind::Body, "a metric's name is too long with its store in front"));
    };
    if points.is_empty() {
        return Ok(());
    }
    let points: Arc<[Point]> = points.into();
    match state.ask(Event::MetricsFired { account: account.clone(), points }).await {
        Ok(Outcome::Done) => Ok(()),
        Ok(Outcome::Refused(refusal)) => Err(refusal.into()),
        Ok(other) => Err(Problem::unexpected(&other)),
        Err(not_taken) => Err(not_taken.into()),
    }
}
