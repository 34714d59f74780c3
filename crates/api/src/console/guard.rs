//! The gate in front of every page: which host and origin a request may name, whose session it shows, whether a form
//! is ours, and the headers every response carries.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, ORIGIN, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use subtle::ConstantTimeEq as _;

use super::Console;
use super::session::{Sessions, Tries, unguessable};
use super::trouble::Trouble;
use crate::body::{Unread, gather};

/// What a page may load: only what this server serves as files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
/// Largest form, in bytes: the longest text, percent-encoded.
const FORM_BYTES_MAX: usize = 256 * 1024;
/// Where scripts put the form token.
const TOKEN_HEADER: &str = "x-csrf-token";
/// Where forms put it.
pub(super) const TOKEN_FIELD: &str = "csrf";

const SIGN_IN: &str = "/console/sign-in";
const ASSETS: &str = "/console/assets/";

/// What the gate knows.
pub(super) struct Gate {
    /// Signed-in browsers.
    pub(super) sessions: Sessions,
    /// Failed tries.
    pub(super) tries: Tries,
    /// Authority of the public URL, in lower case.
    public_authority: Option<String>,
    /// Whether the public URL is https.
    pub(super) is_https: bool,
    /// The demo has no sign-in: one form token for the life of the process. `None` outside the demo.
    demo_token: Option<String>,
    demo: bool,
}

impl Gate {
    /// A gate in front of a gateway with this public URL.
    pub(super) fn new(public_url: &str, demo: bool) -> Gate {
        let uri: Option<Uri> = public_url.parse().ok();
        Gate {
            sessions: Sessions::default(),
            tries: Tries::default(),
            public_authority: uri.as_ref().and_then(Uri::authority).map(|a| a.as_str().to_ascii_lowercase()),
            is_https: uri.as_ref().and_then(Uri::scheme_str) == Some("https"),
            demo_token: if demo { unguessable() } else { None },
            demo,
        }
    }

    /// The cookie's name; `__Host-` binds it to this host and to https (RFC 6265bis §4.1.3.2).
    pub(super) fn cookie_name(&self) -> &'static str {
        if self.is_https { "__Host-hookswitch" } else { "hookswitch" }
    }

    /// Without a sign-in the host is the only thing that tells our page from a foreign one that had its name resolve
    /// to us. With one, a foreign name has no cookie.
    fn checks_host(&self, headers: &HeaderMap) -> Result<(), Trouble> {
        let host = header(headers, HOST.as_str()).map(str::to_ascii_lowercase);
        let known = host.as_deref().is_some_and(|host| {
            is_loopback(host) || self.public_authority.as_deref().map(without_port) == Some(without_port(host))
        });
        if known || !self.demo { Ok(()) } else { Err(Trouble::ForeignHost) }
    }

    /// What changes something must come from a page of ours. Browsers always say where a POST comes from.
    fn checks_origin(&self, headers: &HeaderMap) -> Result<(), Trouble> {
        let origin = header(headers, ORIGIN.as_str()).map(str::to_ascii_lowercase);
        let authority = origin.as_deref().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
        let host = header(headers, HOST.as_str()).map(str::to_ascii_lowercase);
        let ours =
            authority.is_some() && (authority == host.as_deref() || authority == self.public_authority.as_deref());
        if ours { Ok(()) } else { Err(Trouble::ForeignOrigin) }
    }
}

/// Who asks: proven by the gate, and what the page's forms must carry.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// Goes into every form.
    pub(super) form_token: String,
    /// The session, where there is a sign-in.
    pub(super) session: Option<String>,
    /// Whether there are simulated handsets to type on.
    pub(super) has_phones: bool,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Visit, Trouble> {
        parts.extensions.get::<Visit>().cloned().ok_or(Trouble::SignedOut)
    }
}

/// Where a request comes from; all who cannot be told apart count as one.
pub(super) fn peer(parts: &http::Extensions) -> IpAddr {
    parts.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip())
}

/// Lets a request through to its handler or not, and puts the headers on whatever comes back.
pub(super) async fn guard(State(console): State<Console>, request: Request, next: Next) -> Response {
    let is_asset = request.uri().path().starts_with(ASSETS);
    let mut response = match admit(&console, request).await {
        Ok(request) => next.run(request).await,
        Err(refusal) => refusal,
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // `no-referrer` would make browsers hide the origin of our own forms from us.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if !(is_asset && headers.contains_key(CACHE_CONTROL)) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(VARY, HeaderValue::from_static("Cookie"));
    }
    response
}

async fn admit(console: &Console, mut request: Request) -> Result<Request, Response> {
    let gate = &console.gate;
    gate.checks_host(request.headers()).map_err(IntoResponse::into_response)?;
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes {
        gate.checks_origin(request.headers()).map_err(IntoResponse::into_response)?;
    }
    let path = request.uri().path();
    let is_open = path == SIGN_IN || path.starts_with(ASSETS);
    let Some(visit) = visit(console, request.headers()) else {
        return if is_open { Ok(request) } else { Err(turn_away(&request)) };
    };
    if changes && path != SIGN_IN {
        request = checked_form(request, &visit.form_token).await.map_err(IntoResponse::into_response)?;
    }
    request.extensions_mut().insert(visit);
    Ok(request)
}

fn visit(console: &Console, headers: &HeaderMap) -> Option<Visit> {
    let gate = &console.gate;
    let has_phones = console.api.phones.is_some();
    if gate.demo {
        return gate.demo_token.clone().map(|form_token| Visit { form_token, session: None, has_phones });
    }
    let id = cookie(headers, gate.cookie_name())?;
    let form_token = gate.sessions.visit(id, console.api.now())?;
    Some(Visit { form_token, session: Some(id.to_owned()), has_phones })
}

/// A person is shown where to sign in; a script is told.
fn turn_away(request: &Request) -> Response {
    let is_page = *request.method() == Method::GET && request.uri().path() != "/console/events";
    if !is_page {
        return Trouble::SignedOut.into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let wanted: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    Redirect::to(&format!("{SIGN_IN}?next={wanted}")).into_response()
}

/// Reads the form once and checks its token, wherever it stands.
async fn checked_form(request: Request, wanted: &str) -> Result<Request, Trouble> {
    let (parts, body) = request.into_parts();
    let body = gather(body, FORM_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => Trouble::TooLarge,
        Unread::Broken | Unread::InCrumbs | Unread::TooSlow => {
            Trouble::Refused("The form was not complete.".to_owned())
        }
    })?;
    let presented = match header(&parts.headers, TOKEN_HEADER) {
        Some(token) => token.to_owned(),
        None => form_urlencoded::parse(&body)
            .find(|(name, _)| name == TOKEN_FIELD)
            .map(|(_, token)| token.into_owned())
            .unwrap_or_default(),
    };
    if bool::from(wanted.as_bytes().ct_eq(presented.as_bytes())) {
        Ok(Request::from_parts(parts, Body::from(body)))
    } else {
        Err(Trouble::ForeignForm)
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = without_port(authority);
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
