//! `/v1/applications`: what is configured, without its secrets, and how it fares right now.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::directory::Application;
use engine::live::{ApplicationLive, LiveState};
use http::StatusCode;
use serde::Serialize;

use super::hal::{Collection, Links, hal};
use crate::auth::{Caller, Scope};
use crate::problem::Problem;
use crate::shown::url_without_credentials;
use crate::state::ApiState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationResource<'a> {
    id: &'a str,
    account: &'a str,
    contract: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_message_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    push_event_url: Option<String>,
    retry_ms: &'a [u64],
    retry_for_ms: u64,
    order_hold_ms: u64,
    concurrency: u32,
    timeout_ms: u64,
    live: Numbers,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    pending: u64,
    in_flight: u32,
    breaker_open: bool,
    succeeded: u64,
    failed: u64,
    readers: u32,
}

impl Numbers {
    fn of(live: &ApplicationLive) -> Numbers {
        let ApplicationLive { pending, in_flight, breaker_open, succeeded, failed, readers } = *live;
        Numbers { pending, in_flight, breaker_open, succeeded, failed, readers }
    }
}

impl<'a> ApplicationResource<'a> {
    fn of(application: &'a Application, live: &LiveState) -> ApplicationResource<'a> {
        let id = &*application.id;
        let vumi = application.vumi.as_deref();
        let numbers = live.applications.get(id).map_or_else(|| Numbers::of(&ApplicationLive::default()), Numbers::of);
        ApplicationResource {
            id,
            account: &application.account,
            contract: application.contract.name(),
            url: vumi.is_none().then(|| url_without_credentials(&application.url)),
            push_message_url: vumi.and_then(|vumi| vumi.push_message_url.as_deref()).map(url_without_credentials),
            push_event_url: vumi.and_then(|vumi| vumi.push_event_url.as_deref()).map(url_without_credentials),
            retry_ms: &application.retry.waits_ms,
            retry_for_ms: application.retry.for_ms,
            order_hold_ms: application.order_hold_ms,
            concurrency: application.concurrency,
            timeout_ms: application.timeout_ms,
            live: numbers,
            links: Links::to_self(format!("/v1/applications/{id}"))
                .and("messages", format!("/v1/messages?application={id}"))
                .and("callbacks", format!("/v1/callbacks?application={id}")),
        }
    }
}

pub(super) async fn list(State(state): State<ApiState>, caller: Caller) -> Response {
    let (directory, live) = (state.directory.current(), state.live.snapshot());
    let scope = Scope::of(&caller, &directory);
    let seen = directory.applications.values().filter(|application| scope.sees_application(application));
    let rows = seen.map(|application| ApplicationResource::of(application, &live)).collect();
    hal(StatusCode::OK, &Collection::new("applications", rows, Links::to_self("/v1/applications")))
}

pub(super) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let directory = state.directory.current();
    let scope = Scope::of(&caller, &directory);
    let seen = directory.applications.get(&*id).filter(|application| scope.sees_application(application));
    let application = seen.ok_or_else(Problem::not_found)?;
    Ok(hal(StatusCode::OK, &ApplicationResource::of(application, &state.live.snapshot())))
}
