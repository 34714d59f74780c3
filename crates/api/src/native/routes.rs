//! `GET /v1/routes`: the rules that give MOs to applications, in the order of the configuration.

use axum::extract::State;
use axum::response::Response;
use domain::directory::{Directory, KeywordMatch, Route};
use http::StatusCode;
use serde::Serialize;

use super::hal::{Collection, Links, hal};
use crate::auth::{Caller, Scope};
use crate::state::ApiState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteResource<'a> {
    /// As `POST /v1/explain` names it.
    position: usize,
    application: &'a str,
    address: &'a str,
    channel: Option<&'a str>,
    keyword: Option<&'a str>,
    r#match: Option<&'static str>,
    session: bool,
    session_ms: u64,
    auto_reply: Option<&'a str>,
    auto_subscribe: bool,
    confirmation: Option<&'a str>,
}

impl<'a> RouteResource<'a> {
    fn of(position: usize, route: &'a Route, directory: &'a Directory) -> RouteResource<'a> {
        let matching = match route.matching {
            KeywordMatch::Exact => "exact",
            KeywordMatch::StartsWith => "starts-with",
        };
        RouteResource {
            position,
            application: &route.application,
            address: route.address.as_str(),
            channel: directory.channel_for(&route.address).map(|channel| &*channel.id),
            keyword: route.keyword.as_deref(),
            r#match: route.keyword.is_some().then_some(matching),
            session: route.session,
            session_ms: route.session_ms,
            auto_reply: route.auto_reply.as_deref(),
            auto_subscribe: route.auto_subscribe,
            confirmation: route.confirmation.as_deref(),
        }
    }
}

pub(super) async fn list(State(state): State<ApiState>, caller: Caller) -> Response {
    let directory = state.directory.current();
    let scope = Scope::of(&caller, &directory);
    let seen = directory.routes.iter().enumerate().filter(|(_, route)| scope.sees_application_id(&route.application));
    let rows = seen.map(|(position, route)| RouteResource::of(position, route, &directory)).collect();
    hal(StatusCode::OK, &Collection::new("routes", rows, Links::to_self("/v1/routes")))
}
