//! Requests that two readers could cut apart in two ways (RFC 9112 §11.2): one request is never two, and what is refused
//! is refused with an end of the connection, so that nothing behind it is read.

use std::sync::{Arc, Mutex};

use api::serve::Limits;
use axum::Router;
use axum::body::Body;
use domain::event::Event;
use http::{Request, StatusCode};
use http_body_util::BodyExt;

use crate::wire::{exchange, start, statuses};
use crate::world::World;

/// What must become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It is refused before anybody handles it, and the connection ends.
    Refused,
    /// Its body breaks; whoever reads it answers 400, and the connection ends.
    Broken,
    /// It is handled with this body, and the connection may go on.
    Whole(&'static str),
    /// It is handled with this body, and the connection ends.
    Last(&'static str),
}

use Fate::{Broken, Last, Refused, Whole};

/// What must never be handled: it stands inside of another request.
const INNER: &str = "GET /inner HTTP/1.1\r\nHost: gateway\r\n\r\n";
/// What may be handled: it stands behind the request.
const NEXT: &str = "GET /next HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n";

fn post(headers: &str, body: &str) -> String {
    format!("POST /outer HTTP/1.1\r\nHost: gateway\r\n{headers}\r\n{body}")
}

fn get(line: &str, headers: &str) -> String {
    format!("{line}\r\nHost: gateway\r\n{headers}\r\n")
}

type Case = (&'static str, String, Fate);

fn lengths_and_chunks() -> Vec<Case> {
    let both = format!("0\r\n\r\n{INNER}");
    let length = both.len();
    let chunks = "Transfer-Encoding: chunked\r\n";
    let hi = "2\r\nhi\r\n0\r\n\r\n";
    vec![
        ("a length, then chunks", post(&format!("Content-Length: {length}\r\n{chunks}"), &both), Last("")),
        ("chunks, then a length", post(&format!("{chunks}Content-Length: {length}\r\n"), &both), Last("")),
        ("a short length and chunks", post(&format!("Content-Length: 2\r\n{chunks}"), hi), Last("hi")),
        ("a length of nothing and chunks", post(&format!("Content-Length: 0\r\n{chunks}"), hi), Last("hi")),
        (
            "chunks between two lengths",
            post(&format!("Content-Length: 1\r\n{chunks}Content-Length: 2\r\n"), hi),
            Last("hi"),
        ),
        ("a bad length behind chunks", post(&format!("{chunks}Content-Length: x\r\n"), hi), Last("hi")),
        ("a bad length before chunks", post(&format!("Content-Length: x\r\n{chunks}"), hi), Refused),
        ("chunks twice", post(&chunks.repeat(2), hi), Whole("hi")),
        ("chunks in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", hi), Whole("hi")),
        ("chunks behind a tab", post("Transfer-Encoding:\tchunked\t\r\n", hi), Whole("hi")),
        (
            "chunks behind identity",
            post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", hi),
            Whole("hi"),
        ),
        (
            "chunks before identity",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", &both),
            Refused,
        ),
        ("chunks, identity", post("Transfer-Encoding: chunked, identity\r\n", &both), Refused),
        ("chunks and a comma", post("Transfer-Encoding: chunked,\r\n", &both), Refused),
        (
            "identity and a length",
            post(&format!("Transfer-Encoding: identity\r\nContent-Length: {length}\r\n"), &both),
            Refused,
        ),
        ("xchunked", post("Transfer-Encoding: xchunked\r\n", &both), Refused),
        ("chunkedx", post("Transfer-Encoding: chunkedx\r\n", &both), Refused),
        (
            "xchunked and a length",
            post(&format!("Transfer-Encoding: xchunked\r\nContent-Length: {length}\r\n"), &both),
            Refused,
        ),
        ("quoted chunks", post("Transfer-Encoding: \"chunked\"\r\n", &both), Refused),
        ("chunks with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", &both), Refused),
        ("no coding", post("Transfer-Encoding:\r\n", &both), Refused),
        ("chunks behind a vertical tab", post("Transfer-Encoding:\u{b}chunked\r\n", &both), Refused),
        ("chunks before a NUL", post("Transfer-Encoding: chunked\0\r\n", &both), Refused),
        ("chunks behind a blank and a colon", post("Transfer-Encoding : chunked\r\n", &both), Refused),
        ("chunks behind a tab and a colon", post("Transfer-Encoding\t: chunked\r\n", &both), Refused),
        ("chunks behind a NUL and a colon", post("Transfer-Encoding\0: chunked\r\n", &both), Refused),
        ("chunks in a folded line", post("X: y\r\n Transfer-Encoding: chunked\r\n", &both), Refused),
        ("chunks in a line folded by a tab", post("X: y\r\n\tTransfer-Encoding: chunked\r\n", &both), Refused),
        ("folded chunks", post("Transfer-Encoding:\r\n chunked\r\n", &both), Refused),
        (
            "a first line that is folded",
            format!("POST /outer HTTP/1.1\r\n Transfer-Encoding: chunked\r\nHost: gateway\r\n\r\n{both}"),
            Refused,
        ),
        ("chunks under another name", post("Transfer_Encoding: chunked\r\nContent-Length: 2\r\n", "hi"), Whole("hi")),
        ("chunks behind a bare CR", post("X: y\rTransfer-Encoding: chunked\r\n", &both), Refused),
        (
            "chunks behind a bare LF and a length",
            post(&format!("X: y\nTransfer-Encoding: chunked\r\nContent-Length: {length}\r\n"), &both),
            Last(""),
        ),
        ("chunks under HTTP/1.0", format!("POST /outer HTTP/1.0\r\nHost: gateway\r\n{chunks}\r\n{both}"), Refused),
    ]
}

fn lengths() -> Vec<Case> {
    let with = |value: &str| post(&format!("Content-Length:{value}\r\n"), &format!("hello{INNER}"));
    let inner = INNER.len();
    vec![
        ("two lengths", post("Content-Length: 5\r\nContent-Length: 0\r\n", &format!("hello{INNER}")), Refused),
        (
            "two lengths the other way",
            post("Content-Length: 0\r\nContent-Length: 5\r\n", &format!("hello{INNER}")),
            Refused,
        ),
        ("the same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), Whole("hello")),
        (
            "the same length in other words",
            post("Content-Length: 5\r\nContent-Length: 05\r\n", "hello"),
            Whole("hello"),
        ),
        ("a list of lengths", with(" 5, 5"), Refused),
        ("a list of two lengths", with(" 5, 0"), Refused),
        ("minus one", with(" -1"), Refused),
        ("minus nothing", with(" -0"), Refused),
        ("plus five", with(" +5"), Refused),
        ("in sixteens", with(" 0x5"), Refused),
        ("in sixteens without a mark", with(" a"), Refused),
        ("with a blank inside", with(" 5 5"), Refused),
        ("nothing", with(""), Refused),
        ("blanks", with("  "), Refused),
        ("half", with(" 5.0"), Refused),
        ("in science", with(" 5e0"), Refused),
        ("with an underscore", with(" 1_0"), Refused),
        ("quoted", with(" \"5\""), Refused),
        ("with a semicolon", with(" 5;"), Refused),
        ("in other digits", with(" \u{665}"), Refused),
        ("with a form feed", with(" \u{c}5"), Refused),
        ("2^64", with(" 18446744073709551616"), Refused),
        ("2^64 - 1", with(" 18446744073709551615"), Refused),
        ("2^128", with(" 340282366920938463463374607431768211456"), Refused),
        ("with zeros before", post("Content-Length: 0000000005\r\n", "hello"), Whole("hello")),
        ("between blanks", post("Content-Length: \t 5 \t \r\n", "hello"), Whole("hello")),
        ("without a blank", post("Content-Length:5\r\n", "hello"), Whole("hello")),
        ("behind a blank and a colon", post("Content-Length : 5\r\n", &format!("hello{INNER}")), Refused),
        ("folded", post("Content-Length: 5\r\n 0\r\n", &format!("hello{INNER}")), Refused),
        ("of a request in a POST", post(&format!("Content-Length: {inner}\r\n"), INNER), Whole(INNER)),
        (
            "of a request in a GET",
            get("GET /outer HTTP/1.1", &format!("Content-Length: {inner}\r\n")) + INNER,
            Whole(INNER),
        ),
        (
            "of a request in a HEAD",
            get("HEAD /outer HTTP/1.1", &format!("Content-Length: {inner}\r\n")) + INNER,
            Whole(INNER),
        ),
        (
            "of a request in a DELETE",
            get("DELETE /outer HTTP/1.1", &format!("Content-Length: {inner}\r\n")) + INNER,
            Whole(INNER),
        ),
        (
            "of a request in a TRACE",
            get("TRACE /outer HTTP/1.1", &format!("Content-Length: {inner}\r\n")) + INNER,
            Whole(INNER),
        ),
        (
            "of a request that may continue",
            post(&format!("Expect: 100-continue\r\nContent-Length: {inner}\r\n"), INNER),
            Whole(INNER),
        ),
        (
            "of a request that wants to be another protocol",
            post(
                &format!(
                    "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: {inner}\r\n"
                ),
                INNER,
            ),
            Whole(INNER),
        ),
        (
            "named by Connection",
            post(&format!("Connection: Content-Length\r\nContent-Length: {inner}\r\n"), INNER),
            Whole(INNER),
        ),
    ]
}

fn chunks() -> Vec<Case> {
    let with = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    vec![
        ("sizes with zeros", with("0000000000000002\r\nhi\r\n000\r\n\r\n"), Whole("hi")),
        ("sizes in capitals", with("A\r\n0123456789\r\n0\r\n\r\n"), Whole("0123456789")),
        ("an extension", with("2;a=b;c=\"d\"\r\nhi\r\n0;e\r\n\r\n"), Whole("hi")),
        ("blanks behind a size", with("2 \t\r\nhi\r\n0\r\n\r\n"), Whole("hi")),
        ("trailers", with("2\r\nhi\r\n0\r\nX: y\r\n\r\n"), Whole("hi")),
        (
            "framing in trailers",
            with("2\r\nhi\r\n0\r\nContent-Length: 99\r\nTransfer-Encoding: x\r\nHost: other\r\n\r\n"),
            Whole("hi"),
        ),
        ("a request in a chunk", with(&format!("{:x}\r\n{INNER}\r\n0\r\n\r\n", INNER.len())), Whole(INNER)),
        ("a negative size", with(&format!("-2\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size with a sign", with(&format!("+2\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size with a mark", with(&format!("0x2\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size that is none", with(&format!("two\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("no size", with(&format!("\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size of 2^64", with(&format!("10000000000000000\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size of 2^64 and 2", with(&format!("10000000000000002\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("digits behind a blank", with(&format!("2 2\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a blank before a size", with(&format!(" 2\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size before a bare LF", with(&format!("2\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("a size before a bare CR", with(&format!("2\rhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("an extension with a bare LF", with(&format!("2;\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("data longer than its size", with(&format!("2\r\nhi!\r\n0\r\n\r\n{INNER}")), Broken),
        ("data shorter than its size", with(&format!("4\r\nhi\r\n0\r\n\r\n{INNER}")), Broken),
        ("data before a bare LF", with(&format!("2\r\nhi\n0\r\n\r\n{INNER}")), Broken),
        ("a last chunk before a bare LF", with(&format!("2\r\nhi\r\n0\n\n{INNER}")), Broken),
        ("a trailer that is folded", with(&format!("0\r\nX: y\r\n z\r\n\r\n{INNER}")), Broken),
        (
            "a trailer that is a request line",
            with("2\r\nhi\r\n0\r\nGET /inner HTTP/1.1\r\nHost: gateway\r\n\r\n"),
            Broken,
        ),
        ("a trailer without a colon", with(&format!("0\r\nX\r\n\r\n{INNER}")), Broken),
    ]
}

fn lines() -> Vec<Case> {
    let with = |line: &str| get(line, "") + INNER;
    vec![
        ("all lines end with a bare LF", "GET /outer HTTP/1.1\nHost: gateway\n\n".into(), Whole("")),
        ("empty lines before it", format!("\r\n\r\n{}", get("GET /outer HTTP/1.1", "")), Whole("")),
        ("a bare CR at the end", format!("GET /outer HTTP/1.1\r\nHost: gateway\r\r\n{INNER}"), Refused),
        ("a bare CR in the line", with("GET /outer\rHTTP/1.1"), Refused),
        ("a blank before the method", with(" GET /outer HTTP/1.1"), Refused),
        ("two blanks", with("GET  /outer HTTP/1.1"), Refused),
        ("tabs", with("GET\t/outer\tHTTP/1.1"), Refused),
        ("a blank in the path", with("GET /ou ter HTTP/1.1"), Refused),
        ("a blank at the end", with("GET /outer HTTP/1.1 "), Refused),
        ("a NUL in the path", with("GET /outer\0 HTTP/1.1"), Refused),
        ("a control in the path", with("GET /outer\u{7f} HTTP/1.1"), Refused),
        ("a NUL in the method", with("G\0T /outer HTTP/1.1"), Refused),
        ("no method", with("/outer HTTP/1.1"), Refused),
        ("a method that is none", with("G@T /outer HTTP/1.1"), Refused),
        ("another method", get("FETCH /outer HTTP/1.1", ""), Whole("")),
        ("no version", format!("GET /outer\r\n{INNER}"), Refused),
        ("version 0.9", with("GET /outer HTTP/0.9"), Refused),
        ("version 1.2", with("GET /outer HTTP/1.2"), Refused),
        ("version 2.0", with("GET /outer HTTP/2.0"), Refused),
        ("version 11", with("GET /outer HTTP/11"), Refused),
        ("version 1.10", with("GET /outer HTTP/1.10"), Refused),
        ("the version in small letters", with("GET /outer http/1.1"), Refused),
        ("another protocol", with("GET /outer RTSP/1.0"), Refused),
        ("a header without a name", get("GET /outer HTTP/1.1", ": x\r\n") + INNER, Refused),
        ("a header without a colon", get("GET /outer HTTP/1.1", "X\r\n") + INNER, Refused),
        ("a header with a blank in its name", get("GET /outer HTTP/1.1", "X Y: z\r\n") + INNER, Refused),
        ("a header with a bracket in its name", get("GET /outer HTTP/1.1", "X(: z\r\n") + INNER, Refused),
        ("a header with a NUL", get("GET /outer HTTP/1.1", "X: a\0b\r\n") + INNER, Refused),
        ("a header with an escape", get("GET /outer HTTP/1.1", "X: a\u{1b}b\r\n") + INNER, Refused),
        ("a header in other letters", get("GET /outer HTTP/1.1", "X: \u{e9}\r\n"), Whole("")),
        ("TLS", "\u{16}\u{3}\u{1}\0\u{5}hello".to_owned() + INNER, Refused),
        ("SMPP", "\0\0\0\u{10}\0\0\0\u{15}\0\0\0\0\0\0\0\u{1}".to_owned() + INNER, Refused),
        ("a proxy's hello", format!("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n{INNER}"), Refused),
    ]
}

fn hosts() -> Vec<Case> {
    let with = |hosts: &str| format!("GET /outer HTTP/1.1\r\n{hosts}\r\n");
    let absolute = |url: &str, host: &str| format!("GET {url} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    vec![
        ("no host", with("") + INNER, Refused),
        ("no host under HTTP/1.0", "GET /outer HTTP/1.0\r\n\r\n".into(), Last("")),
        ("two hosts", with("Host: gateway\r\nHost: other\r\n") + INNER, Refused),
        ("the same host twice", with("Host: gateway\r\nHost: gateway\r\n") + INNER, Refused),
        ("two hosts under HTTP/1.0", format!("GET /outer HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n{INNER}"), Refused),
        ("a host behind a blank and a colon", with("Host : gateway\r\n") + INNER, Refused),
        ("a folded host", with("Host: gateway\r\n other\r\n") + INNER, Refused),
        ("a host with a blank", with("Host: a b\r\n") + INNER, Refused),
        ("a host with a slash", with("Host: a/b\r\n") + INNER, Refused),
        ("a host with a user", with("Host: a@b\r\n") + INNER, Refused),
        ("a host with a fragment", with("Host: a#b\r\n") + INNER, Refused),
        ("a host with a query", with("Host: a?b\r\n") + INNER, Refused),
        ("a host in other letters", with("Host: \u{e9}\r\n") + INNER, Refused),
        ("a URL as host", with("Host: http://gateway/\r\n") + INNER, Refused),
        ("an open bracket", with("Host: [::1\r\n") + INNER, Refused),
        ("a host with a port", with("Host: gateway:8080\r\n"), Whole("")),
        ("an address with a port", with("Host: [::1]:8080\r\n"), Whole("")),
        ("an empty host", with("Host:\r\n"), Whole("")),
        ("a URL and its host", absolute("http://gateway/outer", "gateway"), Whole("")),
        ("a URL and its host in capitals", absolute("http://gateway/outer", "GATEWAY"), Whole("")),
        ("a URL and another host", absolute("http://other/outer", "gateway") + INNER, Refused),
        ("a URL and another port", absolute("http://gateway:1/outer", "gateway") + INNER, Refused),
        ("a URL with a user", absolute("http://user@gateway/outer", "gateway") + INNER, Refused),
        ("a URL and no host", format!("GET http://gateway/outer HTTP/1.1\r\n\r\n{INNER}"), Refused),
        ("a tunnel", format!("CONNECT gateway:443 HTTP/1.1\r\nHost: gateway:443\r\n\r\n{INNER}"), Refused),
        ("a tunnel to a path", format!("CONNECT /outer HTTP/1.1\r\nHost: gateway\r\n\r\n{INNER}"), Refused),
    ]
}

fn cases() -> Vec<Case> {
    [lengths_and_chunks(), lengths(), chunks(), lines(), hosts()].concat()
}

/// Requests that were handled: path, and body or what was wrong with it.
type Handled = Arc<Mutex<Vec<(String, Option<String>)>>>;

/// Handles everything; reads bodies, or leaves them alone.
fn recording(reads: bool) -> (Router, Handled) {
    let handled = Handled::default();
    let record = handled.clone();
    let router = Router::new().fallback(async move |request: Request<Body>| {
        let path = request.uri().path().to_owned();
        let body = if reads {
            request.into_body().collect().await.map(|body| body.to_bytes())
        } else {
            Ok(Default::default())
        };
        let (status, body) = match body {
            Ok(bytes) => (StatusCode::OK, Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(_) => (StatusCode::BAD_REQUEST, None),
        };
        record.lock().unwrap().push((path, body));
        status
    });
    (router, handled)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_is_never_two() {
    let cases = cases();
    assert!(cases.len() >= 120, "{}", cases.len());
    for reads in [true, false] {
        let (router, handled) = recording(reads);
        let at = start(router, Limits::default()).await;
        for (name, request, fate) in &cases {
            let answer = exchange(at, format!("{request}{NEXT}").as_bytes()).await;
            let statuses = statuses(&answer);
            let handled = std::mem::take(&mut *handled.lock().unwrap());
            let paths: Vec<&str> = handled.iter().map(|(path, _)| &**path).collect();
            let shown = format!("{name}, bodies read: {reads}: {statuses:?} {handled:?}");
            assert!(!paths.contains(&"/inner"), "{shown}");
            let body = handled.first().and_then(|(_, body)| body.as_deref());
            match fate {
                Refused => {
                    assert!(paths.is_empty() && statuses.len() == 1 && (400..500).contains(&statuses[0]), "{shown}");
                }
                Broken if reads => {
                    assert_eq!((&*paths, &*statuses, body), (&["/outer"][..], &[400][..], None), "{shown}")
                }
                Broken => assert_eq!(paths, ["/outer"], "{shown}"),
                Whole(whole) if reads => {
                    assert_eq!((&*paths, &*statuses), (&["/outer", "/next"][..], &[200, 200][..]), "{shown}");
                    assert_eq!(body, Some(*whole), "{shown}");
                }
                Last(whole) if reads => {
                    assert_eq!((&*paths, &*statuses, body), (&["/outer"][..], &[200][..], Some(*whole)), "{shown}");
                }
                // Whoever leaves a body alone may leave the connection too.
                Whole(_) => assert!(paths == ["/outer", "/next"] || paths == ["/outer"], "{shown}"),
                Last(_) => assert_eq!(paths, ["/outer"], "{shown}"),
            }
        }
    }
    eprintln!("{} requests, each with its body read and not", cases.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why_and_closes() {
    let world = World::new();
    let at = start(world.router.clone(), Limits::default()).await;
    for (name, request, _) in hosts().into_iter().filter(|(_, _, fate)| *fate == Refused) {
        let answer = exchange(at, request.as_bytes()).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 "), "{name}: {answer}");
        assert!(answer.to_ascii_lowercase().contains("\r\nconnection: close\r\n"), "{name}: {answer}");
    }
    let answer = exchange(at, b"GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.contains("HS-1210") && answer.contains("more than one Host"), "{answer}");
}

/// A send inside of whatever cannot be read is not sent.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_by_what_stands_inside_of_another_request() {
    let world = World::new();
    let at = start(world.router.clone(), Limits::default()).await;
    let json = r#"{"to":"+41791234567","from":"8282","text":"smuggled","application":"weather"}"#;
    let send = format!(
        "POST /v1/messages HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer acme-token\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{json}",
        json.len()
    );
    let mut count = 0;
    for (_, request, _) in cases() {
        for (from, to) in [("/outer", "/v1/messages"), ("/outer", "/api/send_message"), ("/outer", "/console/sign-in")]
        {
            if request.contains(INNER) {
                let octets = request.replace(from, to).replace(INNER, &send);
                exchange(at, format!("{octets}{NEXT}").as_bytes()).await;
                count += 1;
            }
        }
    }
    assert!(count >= 150, "{count}");
    assert_eq!(world.stored.events.lock().unwrap().len(), 0);
    // The same send by itself is one.
    exchange(at, format!("{send}{NEXT}").as_bytes()).await;
    assert_eq!(world.stored.events.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_in_many_pieces_is_one_body() {
    let world = World::new();
    let at = start(world.router.clone(), Limits::default()).await;
    let in_pieces = |body: &str| body.chars().map(|c| format!("1\r\n{c}\r\n")).collect::<String>() + "0\r\n\r\n";
    let json = r#"{"to":"+41791234567","from":"8282","text":"in pieces","application":"weather"}"#;
    let form = "api_key=weather-key&phone_number=41791234567&body=in+pieces";
    for (path, body, status) in [("/v1/messages", json, 202), ("/api/send_message", form, 200)] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer acme-token\r\nConnection: close\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            in_pieces(body)
        );
        assert_eq!(statuses(&exchange(at, request.as_bytes()).await), [status], "{path}");
    }
    let events = world.stored.events.lock().unwrap();
    let texts: Vec<&str> =
        events.iter().map(|event| if let Event::SendAsked(send) = event { &*send.text } else { "" }).collect();
    assert_eq!(texts, ["in pieces", "in pieces"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_turned_away_with_a_clean_close() {
    let world = World::new();
    let at = start(world.router.clone(), Limits::default()).await;
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let settings = b"\0\0\0\x04\0\0\0\0\0";
    let reset = b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08";
    for octets in [PREFACE.to_vec(), [PREFACE, settings].concat(), [PREFACE, settings, &reset.repeat(1000)].concat()] {
        for _ in 0..20 {
            let answer = exchange(at, &octets).await;
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{answer:?}");
        }
    }
    let live = exchange(at, b"GET /health/live HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n").await;
    assert_eq!(statuses(&live), [200]);
}
