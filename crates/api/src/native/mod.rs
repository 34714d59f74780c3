//! The native API under `/v1` (`docs/reference/native-api.md`): camelCase JSON as `application/hal+json`, noes as
//! `application/problem+json`. One file a resource; each handler reads its input, asks the engine or the reader, and
//! shows the result.

mod applications;
mod callbacks;
mod channels;
mod entry;
mod explain;
mod hal;
mod message;
mod opt_outs;
mod reports;
mod routes;
mod segments;
mod send;
mod series;
mod sessions;
mod timeline;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::header::ACCEPT;
use http::{HeaderMap, Method, Uri};

use crate::auth::Caller;
use crate::problem::{Kind, Problem};
use crate::state::ApiState;

/// All paths of the native API.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/v1", get(entry::get))
        .route("/v1/messages", get(message::list).post(send::send))
        .route("/v1/messages/{id}", get(message::get))
        .route("/v1/messages/{id}/timeline", get(timeline::get))
        .route("/v1/callbacks", get(callbacks::list))
        .route("/v1/callbacks/{id}", get(callbacks::get))
        .route("/v1/callbacks/{id}/replay", post(callbacks::replay))
        .route("/v1/applications", get(applications::list))
        .route("/v1/applications/{id}", get(applications::get))
        .route("/v1/channels", get(channels::list))
        .route("/v1/channels/{id}", get(channels::get))
        .route("/v1/routes", get(routes::list))
        .route("/v1/sessions", get(sessions::list))
        .route("/v1/opt-outs/{type}/{address}", get(opt_outs::get).put(opt_outs::put).delete(opt_outs::delete))
        .route("/v1/reports/unmatched", get(reports::unmatched))
        .route("/v1/explain", post(explain::explain))
        .route("/v1/segments", post(segments::segments))
        .method_not_allowed_fallback(not_allowed)
        // Behind the paths above: whatever else is under /v1 asks for credentials before it does not exist.
        .route("/v1/", any(nothing_here))
        .route("/v1/{*rest}", any(nothing_here))
        .layer(from_fn(acceptable))
        // Text: asked for by programs that accept no JSON.
        .route("/v1/metrics", get(series::scrape))
}

async fn nothing_here(_caller: Caller, uri: Uri) -> Problem {
    no_such_path(&uri)
}

/// The answer for a path that nobody serves.
pub(crate) fn no_such_path(_uri: &Uri) -> Problem {
    Problem::new(Kind::NoSuchPath, "nothing is served under this path; GET /v1 lists what there is")
}

async fn not_allowed(method: Method) -> Problem {
    Problem::new(Kind::Method, format!("{method} is not served here; the Allow header says what is"))
}

/// Refuses requests whose client accepts nothing that we answer with (RFC 9110 §12.5.1).
async fn acceptable(request: Request, next: Next) -> Response {
    if accepts(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(Kind::NotAcceptable, "answers are application/hal+json; accept that or application/json")
        .into_response()
}

fn accepts(headers: &HeaderMap) -> bool {
    let mut ranges = headers.get_all(ACCEPT).iter().flat_map(|v| v.to_str().unwrap_or("*/*").split(',')).peekable();
    ranges.peek().is_none() || ranges.any(is_served)
}

fn is_served(range: &str) -> bool {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|p| p.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(1.0));
    // An empty range is an empty header or a trailing comma: no wish at all.
    let served = ["", "*/*", "application/*", "application/json", "application/hal+json"];
    weight > 0.0 && served.contains(&media.as_str())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_clients_that_take_json_are_served() {
        let check = |accept: &str, expected: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_str(accept).unwrap());
            assert_eq!(accepts(&headers), expected, "{accept}");
        };
        assert!(accepts(&HeaderMap::new()));
        check("*/*", true);
        check("text/html, application/xhtml+xml, */*;q=0.8", true);
        check("application/hal+json", true);
        check("APPLICATION/JSON ; charset=utf-8", true);
        check("", true);
        check("text/html", false);
        check("application/xml, text/*", false);
        check("application/json;q=0", false);
    }
}
