//! `GET /v1`: where everything is.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::hal::{Links, hal};
use crate::auth::Caller;

#[derive(Serialize)]
struct EntryPoint {
    version: &'static str,
    account: Option<String>,
    #[serde(rename = "_links")]
    links: Links,
}

pub(super) async fn get(caller: Caller) -> Response {
    let links = Links::to_self("/v1")
        .and("messages", "/v1/messages")
        .and("callbacks", "/v1/callbacks")
        .and("applications", "/v1/applications")
        .and("channels", "/v1/channels")
        .and("routes", "/v1/routes")
        .and("sessions", "/v1/sessions")
        .and("explain", "/v1/explain")
        .and("segments", "/v1/segments");
    let (account, links) = match &caller {
        Caller::Operator => (None, links.and("unmatchedReports", "/v1/reports/unmatched")),
        Caller::Account(key) => (Some(key.to_string()), links),
    };
    hal(StatusCode::OK, &EntryPoint { version: env!("CARGO_PKG_VERSION"), account, links })
}
