//! What is below a conversation: the checks in the contract's order, then the resource (`docs/reference/vumi.md §1`).

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use contracts::vumi::Flavour;
use contracts::vumi::api::place::{Leaf, Place, method_not_allowed, not_found, too_many_connections, unauthorized};
use contracts::vumi::api::response;
use domain::directory::{Application, Directory};
use domain::secret::Secret;
use domain::stream::StreamKind;
use http::{HeaderMap, Method, Request};
use std::sync::Arc;

use super::{messages, metrics, respond, stream};
use crate::auth::{Credentials, TOKEN_BYTES_MAX};
use crate::body::{BODY_BYTES_MAX, BODY_MS_MAX, Unread, gather};
use crate::state::ApiState;

/// Everything below the two base paths.
pub(super) fn routes() -> Router<ApiState> {
    let mut router = Router::new();
    for flavour in Flavour::ALL {
        let base = flavour.base_path();
        let serve = any(move |State(state): State<ApiState>, request: Request<Body>| serve(flavour, state, request));
        router = router.route(base, serve.clone());
        router = router.route(&format!("{base}/"), serve.clone());
        router = router.route(&format!("{base}/{{*rest}}"), serve);
    }
    router
}

async fn serve(flavour: Flavour, state: ApiState, request: Request<Body>) -> Response {
    let directory = state.directory.current();
    let rest = request.uri().path().strip_prefix(flavour.base_path()).unwrap_or_default();
    let Place::Conversation { key, leaf } = Place::of(flavour, rest) else { return respond(not_found()) };
    let Some(application) = opened(&directory, key, request.headers()) else { return respond(unauthorized()) };
    let Some(leaf) = leaf else { return respond(not_found()) };
    // An account that owns an application exists; without one there would be nobody to count for.
    let Some(account) = directory.accounts.get(&application.account) else { return respond(unauthorized()) };
    let Some(under_way) = state.under_way().enter(account) else { return respond(too_many_connections()) };
    if !leaf.allows(flavour, request.method().as_str()) {
        return respond(method_not_allowed(flavour, leaf));
    }
    match (leaf, request.method() == Method::GET) {
        (Leaf::Messages, true) => stream::open(&state, &application, StreamKind::Messages, request, under_way).await,
        (Leaf::Events, _) => stream::open(&state, &application, StreamKind::Events, request, under_way).await,
        (Leaf::Messages, false) => respond(messages::put(&state, &application, flavour, request).await),
        (Leaf::Metrics, _) => match read(request.into_body()).await {
            Ok(body) => respond(metrics::put(&state, &application, &body).await),
            Err(refused) => respond(refused),
        },
    }
}

/// The conversation, if the credentials are its own: the account's key and one of its tokens. All tokens are compared,
/// and some are where there is no such conversation.
fn opened(directory: &Directory, key: &str, headers: &HeaderMap) -> Option<Arc<Application>> {
    let Some(Credentials::Basic { key: user, token }) = Credentials::of(headers) else { return None };
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let application = directory.applications.get(key).filter(|application| application.vumi.is_some());
    let tokens = application.and_then(|application| Some(&application.vumi.as_ref()?.tokens[..]));
    let mut is_open = false;
    for secret in tokens.unwrap_or(&[Secret::new("")]) {
        is_open |= secret.matches(&token) & !secret.is_empty();
    }
    application.filter(|application| Secret::new(user).matches(&application.account) & is_open).cloned()
}

/// The whole body of a `PUT`.
pub(super) async fn read(body: Body) -> Result<Bytes, response::Response> {
    gather(body, BODY_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => {
            let reason = format!("Invalid Message: the body is larger than {BODY_BYTES_MAX} bytes");
            response::Response::said(413, "Payload Too Large", &reason)
        }
        Unread::TooSlow => {
            let reason = format!("Invalid Message: the body did not arrive within {BODY_MS_MAX} ms");
            response::Response::said(408, "Request Timeout", &reason)
        }
        Unread::Broken | Unread::InCrumbs => {
            response::Response::said(400, "Bad Request", "Invalid Message: the body broke off")
        }
    })
}
