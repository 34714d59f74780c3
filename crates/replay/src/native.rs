//! The HTTP API as a whole, with a real decision and a store behind it: whatever a client sends, it gets an answer of
//! the documented form; nothing is accepted that can't be read back; and nothing is our mistake.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;

use api::feed::FeedHandle;
use api::state::{ApiState, DirectoryHandle, Parts, Readiness};
use axum::body::Body;
use domain::address::Address;
use domain::decide::decide;
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use domain::event::Needs;
use domain::id::Stamp;
use domain::mint::Mint;
use domain::secret::Secret;
use domain::time::At;
use domain::view::View;
use engine::inlet::Inlet;
use engine::live::Live;
use engine::port::Store;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use store::memory::MemoryStore;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

use crate::input::Input;

/// 2026-11-22T00:00:00Z.
const NOW: At = At(1_795_305_600_000_000);
/// Largest answer, in bytes for each byte of the request and beyond.
const ANSWER_BYTES: usize = 64;
const ANSWER_BYTES_MORE: usize = 64 * 1024;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime without sockets"));
static DIRECTORY: LazyLock<Arc<Directory>> = LazyLock::new(|| Arc::new(directory()));

/// A letter for the path, then the body; of a path that is asked with GET, the query.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let choice = input.octet();
    let rest = input.rest();
    let Some(request) = request(choice, rest) else { return };
    let is_contract = matches!(choice, b'a'..=b'd');
    RUNTIME.block_on(async {
        let mut gateway = Gateway::new();
        let reply = gateway.ask(request).await;
        assert!(reply.body.len() <= rest.len() * ANSWER_BYTES + ANSWER_BYTES_MORE, "{} bytes", reply.body.len());
        if is_contract {
            contract(&reply);
        } else if !is_undecodable(choice, &reply) {
            native(&reply);
        }
        if reply.status == StatusCode::ACCEPTED {
            accepted(&mut gateway, &reply, rest).await;
        }
    });
}

fn request(choice: u8, rest: &[u8]) -> Option<Request<Body>> {
    let (method, path, media) = match choice {
        b'm' => ("POST", "/v1/messages", "application/json"),
        b's' => ("POST", "/v1/segments", "application/json"),
        b'e' => ("POST", "/v1/explain", "application/json"),
        b'a' => ("POST", "/api/send_message", "application/x-www-form-urlencoded"),
        b'b' => ("POST", "/api/delivery_status", "application/x-www-form-urlencoded"),
        b'c' => ("POST", "/api/cancel_messages", "text/plain"),
        b'd' => ("POST", "/api/close_sessions", "application/x-www-form-urlencoded"),
        b'l' => ("GET", "/v1/messages", ""),
        b'k' => ("GET", "/v1/callbacks", ""),
        b'n' => ("GET", "/v1/sessions", ""),
        b'p' => ("GET", "/v1/messages/", ""),
        _ => return None,
    };
    let builder = Request::builder().method(method).header("authorization", "Bearer acme-token");
    let request = if method == "GET" {
        let rest = std::str::from_utf8(rest).ok()?;
        builder
            .uri(if path.ends_with('/') { format!("{path}{rest}") } else { format!("{path}?{rest}") })
            .body(Body::empty())
    } else {
        builder.uri(path).header("content-type", media).body(Body::from(rest.to_vec()))
    };
    // What is no URI never gets past the HTTP library.
    request.ok()
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("an answer is JSON")
    }
}

/// A path whose escapes are no UTF-8 is refused by axum before any of our code sees it, in plain text.
fn is_undecodable(choice: u8, reply: &Reply) -> bool {
    choice == b'p' && reply.status == StatusCode::BAD_REQUEST && reply.header("content-type").starts_with("text/plain")
}

/// `docs/reference/native-api.md`
fn native(reply: &Reply) {
    let known = [200, 202, 400, 403, 404, 405, 409, 413, 415, 422];
    assert!(known.contains(&reply.status.as_u16()), "{}: {}", reply.status, String::from_utf8_lossy(&reply.body));
    let json = reply.json();
    if reply.status.is_success() {
        assert_eq!(reply.header("content-type"), "application/hal+json");
        return assert!(json.is_object());
    }
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(json["status"].as_u64(), Some(u64::from(reply.status.as_u16())));
    assert!(json["code"].as_str().is_some_and(|code| code.starts_with("HS-1")), "{json}");
    assert!(json["detail"].as_str().is_some_and(|detail| !detail.is_empty()) || json["errors"].is_array(), "{json}");
}

/// `docs/reference/service-layer.md §5`
fn contract(reply: &Reply) {
    let text = std::str::from_utf8(&reply.body).expect("text");
    match reply.status.as_u16() {
        200 => assert!(text.is_empty() || reply.json().is_object()),
        500 => assert!(!text.is_empty() && !text.contains("it is unknown what became"), "{text}"),
        other => panic!("{other}: {text}"),
    }
}

/// What was accepted is there, with the text that was sent.
async fn accepted(gateway: &mut Gateway, reply: &Reply, body: &[u8]) {
    let sent: Value = serde_json::from_slice(body).expect("it was understood");
    let path = reply.header("location").to_owned();
    let builder = Request::builder().uri(path).header("authorization", "Bearer acme-token");
    let found = gateway.ask(builder.body(Body::empty()).expect("we gave this path")).await;
    assert_eq!(found.status, StatusCode::OK);
    let found = found.json();
    assert_eq!(found["text"], sent["text"]);
    assert_eq!(found["id"], reply.json()["id"]);
}

/// An API, and the engine that answers it in the same thread.
struct Gateway {
    router: axum::Router,
    inlet: Inlet,
    store: MemoryStore,
    mint: Mint,
}

impl Gateway {
    fn new() -> Gateway {
        let (store, browse) = MemoryStore::new();
        let (inlet, ready) = (Inlet::new(), Readiness::default());
        ready.set_serving();
        let parts = Parts {
            inlet: inlet.clone(),
            live: Live::new(),
            directory: DirectoryHandle::new(DIRECTORY.clone()),
            operator_token: Secret::new("root-token"),
            feed: FeedHandle::new(),
            phones: None,
            public_url: "http://127.0.0.1:8080".into(),
            demo: false,
            started_at: NOW,
            clock: Arc::new(|| NOW),
            ready,
        };
        let router = api::router(ApiState::new(parts, Arc::new(browse)));
        Gateway { router, inlet, store, mint: Mint::new(Stamp(0), 7) }
    }

    async fn ask(&mut self, request: Request<Body>) -> Reply {
        let mut call = pin!(self.router.clone().oneshot(request));
        let response = std::future::poll_fn(|context| {
            loop {
                if let Poll::Ready(response) = call.as_mut().poll(context) {
                    return Poll::Ready(response);
                }
                let arrivals = self.inlet.take(Duration::ZERO);
                if arrivals.events.is_empty() {
                    return Poll::Pending;
                }
                for envelope in arrivals.events {
                    let mut needs = Needs::default();
                    envelope.event.needs(&mut needs);
                    let mut view = View::new(DIRECTORY.clone());
                    self.store.load(&needs, &mut view).expect("memory can be read");
                    let decision = decide(&view, &envelope.event, NOW, &mut self.mint);
                    self.store.commit(NOW, &decision.changes).expect("a decision can be stored");
                    if let Some(ticket) = envelope.ticket {
                        ticket(Ok(decision.outcome));
                    }
                }
            }
        });
        let Ok(response) = response.await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.expect("the answer is whole").to_bytes();
        Reply { status: head.status, headers: head.headers, body: body.to_vec() }
    }
}

fn directory() -> Directory {
    let address = |text: &str| Address::parse(text).expect("an address");
    let application = Application {
        id: "weather".into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9000/".into(),
        api_key: Secret::new("weather-key"),
        retry: RetryPolicy { waits_ms: vec![0, 5000], for_ms: 86_400_000 },
        order_hold_ms: 300_000,
        concurrency: 16,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    };
    let route = Route {
        application: "weather".into(),
        address: address("8282"),
        keyword: Some("weather".into()),
        matching: KeywordMatch::StartsWith,
        session: true,
        session_ms: 60_000,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    };
    let channel = Channel {
        id: "carrier".into(),
        kind: "simulator",
        addresses: vec![address("8282")],
        in_doubt: InDoubt::Resubmit,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: 86_400_000,
        dedupe_ms: 3_600_000,
        reassembly_ms: 60_000,
        ussd: None,
    };
    let account = Account { key: "acme".into(), tokens: vec![Secret::new("acme-token")], concurrency: None };
    Directory::new(vec![account], vec![application], vec![channel], vec![route])
}
