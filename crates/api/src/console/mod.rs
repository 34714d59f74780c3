//! The web console: what an operator sees and does in a browser.
//!
//! Pages are made here on the server and work without script; `assets/console.js` only keeps them moving. Reading goes
//! through [`crate::reader::Reader`], changes through [`ApiState::ask`], texts of the simulated phone through
//! [`crate::phones::Phones`]. No page decides anything.
//!
//! Read first: `guard.rs` (who gets in, and every response's headers), `shell.rs` (the frame of a page), `timeline.rs`.

mod application;
mod asset;
mod callback;
mod channel;
mod conversation;
mod dashboard;
mod dialog;
mod events;
mod exchange;
mod guard;
mod icon;
mod message;
mod new_conversation;
mod overview;
mod phone;
mod piece;
mod replay;
mod route;
mod search;
mod session;
mod shell;
mod sign_in;
mod timeline;
mod trouble;
mod wire;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};

use crate::auth::Caller;
use crate::console::events::Streams;
use crate::console::guard::Gate;
use crate::console::trouble::Trouble;
use crate::reader::Reader;
use crate::state::ApiState;

/// What the console's handlers get.
#[derive(Clone)]
struct Console {
    api: ApiState,
    gate: Arc<Gate>,
    streams: Streams,
}

impl Console {
    /// Who got past the gate is the operator.
    fn reader(&self) -> Reader {
        self.api.reader(&Caller::Operator)
    }
}

/// The console under `/` and `/console/`. Every route is behind the gate; without the demo that asks for the
/// operator's token.
pub fn routes(api: ApiState) -> Router {
    let gate = Arc::new(Gate::new(&api.public_url, api.demo));
    let console = Console { api, gate, streams: Streams::default() };
    Router::new()
        .route("/", get(home))
        .route("/console", get(async || Redirect::to("/console/overview")))
        .route("/console/overview", get(overview::page))
        .route("/console/phone", post(phone::send))
        .route("/console/phone/exchange", get(phone::fragment))
        .route("/console/phone/hang-up", post(dialog::hang_up))
        .route("/console/messages", get(search::page))
        .route("/console/messages/{id}", get(message::page))
        .route("/console/messages/{id}/timeline", get(message::fragment))
        .route("/console/callbacks", get(callback::list))
        .route("/console/callbacks/{id}", get(callback::page))
        .route("/console/callbacks/{id}/replay", post(replay::replay))
        .route("/console/channels", get(channel::page))
        .route("/console/applications", get(application::page))
        .route("/console/applications/{id}", get(conversation::page))
        .route("/console/applications/{id}/keys", post(conversation::reveal))
        .route("/console/new-application", get(new_conversation::page).post(new_conversation::make))
        .route("/console/routes", get(route::page))
        .route("/console/dashboards", get(dashboard::page).post(dashboard::edit))
        .route("/console/dashboards/charts", get(dashboard::charts))
        .route("/console/events", get(events::stream))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/assets/{version}/{name}", get(asset::serve))
        .route("/console/{*rest}", any(async || Trouble::NotFound))
        .route_layer(from_fn_with_state(console.clone(), guard::guard))
        .with_state(console)
}

/// The phone where there are simulated handsets, the overview elsewhere.
async fn home(
    State(console): State<Console>,
    visit: guard::Visit,
    query: axum::extract::Query<phone::Wanted>,
) -> Result<Response, Trouble> {
    if console.api.phones.is_some() {
        phone::page(State(console), visit, query).await.map(IntoResponse::into_response)
    } else {
        overview::page(State(console), visit).await.map(IntoResponse::into_response)
    }
}

#[cfg(test)]
mod tests;
