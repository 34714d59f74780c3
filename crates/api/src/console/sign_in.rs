//! Signing in with the operator's token, and out.

use std::borrow::Cow;

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use maud::{Markup, html};
use serde::Deserialize;

use super::guard::{Gate, Visit, peer};
use super::trouble::Trouble;
use super::{Console, shell};
use crate::auth::{Caller, Credentials, authenticate};
use crate::body::gather;

/// Where to go afterwards.
#[derive(Deserialize)]
pub(super) struct Next {
    next: Option<String>,
}

/// Largest form, in bytes; read before anybody has proven who they are.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What the form sends.
struct Presented {
    token: String,
    next: Option<String>,
}

impl Presented {
    /// Reads the form; none without a token.
    fn read(form: &[u8]) -> Option<Presented> {
        let field = |name: &str| form_urlencoded::parse(form).find(|(key, _)| key == name).map(|(_, value)| value);
        Some(Presented { token: field("token")?.into_owned(), next: field("next").map(Cow::into_owned) })
    }
}

/// The form; who is signed in already goes on.
pub(super) async fn page(
    State(console): State<Console>,
    visit: Option<Extension<Visit>>,
    Query(query): Query<Next>,
) -> Response {
    let next = own_path(query.next.as_deref());
    if visit.is_some() {
        return Redirect::to(next).into_response();
    }
    let problem = console.api.operator_token.is_empty().then_some(
        "No operator token is configured, so nobody can sign in. Set token under [operator] in the configuration and \
         start the gateway again.",
    );
    Html(form(next, problem).into_string()).into_response()
}

/// Checks the token and opens a session.
pub(super) async fn sign_in(State(console): State<Console>, request: Request) -> Result<Response, Trouble> {
    let address = peer(request.extensions());
    let sent = gather(request.into_body(), FORM_BYTES_MAX).await.ok();
    let presented = sent.and_then(|sent| Presented::read(&sent));
    let presented = presented.ok_or_else(|| Trouble::Refused("The form was not complete.".to_owned()))?;
    let next = own_path(presented.next.as_deref());
    let (api, gate) = (&console.api, &console.gate);
    let now = api.now();
    if let Err(wait_ms) = gate.tries.admit(address, now) {
        let wait_s = wait_ms.div_ceil(1000);
        let words = format!("Too many tries. Wait {wait_s} s and try again.");
        let page = Html(form(next, Some(&words)).into_string());
        return Ok((StatusCode::TOO_MANY_REQUESTS, [(RETRY_AFTER, wait_s.to_string())], page).into_response());
    }
    let credentials = Credentials::Bearer { token: presented.token.trim().to_owned() };
    if authenticate(&api.directory.current(), &api.operator_token, &credentials) != Some(Caller::Operator) {
        let page = Html(form(next, Some("That is not the operator's token.")).into_string());
        return Ok((StatusCode::UNAUTHORIZED, page).into_response());
    }
    gate.tries.forget(address);
    let Some(id) = gate.sessions.open(now) else {
        return Err(Trouble::Refused("The system gives no random numbers, so no session can be opened.".to_owned()));
    };
    Ok(with_cookie(Redirect::to(next).into_response(), gate, &id, None))
}

/// Closes the session.
pub(super) async fn sign_out(State(console): State<Console>, visit: Visit) -> Response {
    if let Some(id) = &visit.session {
        console.gate.sessions.close(id);
    }
    with_cookie(Redirect::to("/console/sign-in").into_response(), &console.gate, "", Some(0))
}

fn with_cookie(mut response: Response, gate: &Gate, id: &str, max_age_s: Option<u32>) -> Response {
    let secure = if gate.is_https { "; Secure" } else { "" };
    let age = max_age_s.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    let cookie = format!("{}={id}; Path=/; HttpOnly; SameSite=Strict{secure}{age}", gate.cookie_name());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

/// Only a page of the console is gone on to, whatever the address says.
fn own_path(next: Option<&str>) -> &str {
    let plain = |path: &&str| path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    next.filter(plain).filter(|path| path.starts_with("/console/") || path.starts_with("/?")).unwrap_or("/")
}

fn form(next: &str, problem: Option<&str>) -> Markup {
    shell::bare(
        "Sign in",
        &html! {
            h1 { "Sign in" }
            @if let Some(problem) = problem { p.alert role="alert" { (problem) } }
            form method="post" action="/console/sign-in" {
                input type="hidden" name="next" value=(next);
                // Password managers keep a password only together with a name.
                input type="text" name="username" value="operator" autocomplete="username" hidden;
                label.field {
                    span { "Operator token" }
                    input type="password" name="token" autocomplete="current-password" required autofocus;
                }
                button.button.primary type="submit" { "Sign in" }
            }
            p.soft.small { "The token stands in the configuration under " code { "[operator]" } "." }
        },
    )
}
