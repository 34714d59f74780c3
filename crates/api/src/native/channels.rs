//! `/v1/channels`: what is configured, its links, and what keeps it from being faster.
//!
//! Channels are the operator's. An account sees those that serve a service address of its routes, with these
//! addresses only.

use axum::extract::{Path, State};
use axum::response::Response;
use domain::address::AddressKey;
use domain::directory::{Channel, Directory};
use domain::time::At;
use engine::live::{ChannelLive, LinkStatus, LiveState};
use http::StatusCode;
use serde::Serialize;

use super::hal::{Collection, Links, hal, shown};
use crate::auth::{Caller, Scope};
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChannelResource<'a> {
    id: &'a str,
    kind: &'static str,
    addresses: Vec<&'a str>,
    rate: u32,
    reports: bool,
    validity_ms: u64,
    links: Vec<LinkResource>,
    links_up: u32,
    window: u32,
    window_used: u32,
    queued: u64,
    limited_by: &'static str,
    received: u64,
    submitted: u64,
    throttled: u64,
    reported: u64,
    #[serde(rename = "_links")]
    hal_links: Links,
}

/// One link of a channel.
#[derive(Serialize)]
struct LinkResource {
    number: u16,
    state: &'static str,
    detail: String,
    #[serde(serialize_with = "shown")]
    since: At,
}

impl LinkResource {
    fn of((number, status): (&u16, &LinkStatus)) -> LinkResource {
        LinkResource { number: *number, state: status.state, detail: status.detail.clone(), since: status.since }
    }
}

/// The addresses of a channel that a scope may see; none when it may not see the channel.
fn seen_addresses<'d>(scope: &Scope, directory: &Directory, channel: &'d Channel) -> Option<Vec<&'d str>> {
    if scope.is_operator() {
        return Some(channel.addresses.iter().map(|address| address.as_str()).collect());
    }
    let routes = directory.routes.iter().filter(|route| scope.sees_application_id(&route.application));
    let own: std::collections::BTreeSet<AddressKey> = routes.map(|route| route.address.key()).collect();
    let seen = channel.addresses.iter().filter(|address| own.contains(&address.key()));
    let seen: Vec<&str> = seen.map(|address| address.as_str()).collect();
    (!seen.is_empty()).then_some(seen)
}

impl<'a> ChannelResource<'a> {
    fn of(channel: &'a Channel, addresses: Vec<&'a str>, live: &LiveState) -> ChannelResource<'a> {
        let nothing = ChannelLive::default();
        let now = live.channels.get(&channel.id).unwrap_or(&nothing);
        ChannelResource {
            id: &channel.id,
            kind: channel.kind,
            addresses,
            rate: channel.rate,
            reports: channel.reports,
            validity_ms: channel.validity_ms,
            links: now.links.iter().map(LinkResource::of).collect(),
            links_up: now.links_up,
            window: now.window,
            window_used: now.window_used,
            queued: now.queued,
            limited_by: now.limited_by.name(),
            received: now.received,
            submitted: now.submitted,
            throttled: now.throttled,
            reported: now.reports,
            hal_links: Links::to_self(format!("/v1/channels/{}", channel.id)),
        }
    }
}

pub(super) async fn list(State(state): State<ApiState>, caller: Caller) -> Response {
    let (directory, live) = (state.directory.current(), state.live.snapshot());
    let scope = Scope::of(&caller, &directory);
    let seen = directory.channels.values().filter_map(|channel| {
        seen_addresses(&scope, &directory, channel).map(|addresses| ChannelResource::of(channel, addresses, &live))
    });
    hal(StatusCode::OK, &Collection::new("channels", seen.collect(), Links::to_self("/v1/channels")))
}

pub(super) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let directory = state.directory.current();
    let scope = Scope::of(&caller, &directory);
    let channel = directory.channels.get(&*id).ok_or_else(Problem::not_found)?;
    let addresses = seen_addresses(&scope, &directory, channel).ok_or_else(Problem::not_found)?;
    Ok(hal(StatusCode::OK, &ChannelResource::of(channel, addresses, &state.live.snapshot())))
}
