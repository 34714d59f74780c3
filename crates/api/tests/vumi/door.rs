//! The order of the checks: paths, credentials, concurrency, methods (`docs/reference/vumi.md §1`).

use crate::gateway::{Answer, BASIC, DEADLINE, Gateway, MESSAGES, request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const STREAM: &str = "/api/v1/go/http_api/conv/messages.json";

#[track_caller]
fn is_page(answer: &Answer, status: &str) {
    assert_eq!(answer.status, status);
    assert_eq!(answer.header("content-type"), "text/html");
    assert!(answer.body.starts_with("<html>"), "{answer:?}");
}

#[track_caller]
fn is_unauthorized(answer: &Answer, why: &str) {
    assert_eq!((answer.status.as_str(), answer.body.as_str()), ("401 Unauthorized", "Unauthorized"), "{why}");
    assert_eq!(answer.header("www-authenticate"), "basic realm=\"Conversation Realm\"");
    assert_eq!(answer.header("content-type"), "text/html");
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_lead_nowhere_are_not_found() {
    let gateway = Gateway::start().await;
    for base in ["/api/v1/go/http_api", "/api/v1/go/http_api_nostream"] {
        for rest in ["", "/"] {
            let path = format!("{base}{rest}");
            is_page(&gateway.ask_raw("GET", &path, "", "").await, "404 Not Found");
            is_page(&gateway.ask_raw("PUT", &path, "authorization: Basic !\r\n", "{}").await, "404 Not Found");
        }
        for rest in
            ["/conv", "/conv/", "/conv/metrics", "/conv/messages.json/", "/conv/messages.json/x", "/conv/health/"]
        {
            let path = format!("{base}{rest}");
            is_unauthorized(&gateway.ask_raw("PUT", &path, "", "{}").await, &path);
            is_page(&gateway.ask("PUT", &path, "", "{}").await, "404 Not Found");
        }
    }
    let events = "/api/v1/go/http_api_nostream/conv/events.json";
    is_page(&gateway.ask("GET", events, "", "").await, "404 Not Found");
    is_unauthorized(&gateway.ask_raw("GET", events, "", "").await, "before it is not found");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_not_of_the_conversation_gets_the_same_answer() {
    let gateway = Gateway::start().await;
    let put = r#"{"to_addr":"+41791234567","content":"hi"}"#;
    let basic = |pair: &str| {
        use base64::Engine as _;
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    };
    let in_conv = |header: &str| (MESSAGES.to_owned(), header.to_owned());
    let of = |key: &str, pair: &str| (format!("/api/v1/go/http_api_nostream/{key}/messages.json"), basic(pair));
    let closed = [
        in_conv("Basic"),
        in_conv("Basic "),
        in_conv("Basic ?"),
        in_conv("Basic YWNj"),
        in_conv("Basic YWNjOm15OnRva2Vu="),
        in_conv("Basic /////w=="),
        in_conv("Bearer my:token"),
        in_conv("Digest username=\"acc\""),
        in_conv("YWNjOm15OnRva2Vu"),
        of("conv", "acc:wrong"),
        of("conv", "acc:"),
        of("conv", ":my:token"),
        of("conv", "acc:acc-token"),
        of("conv", "nobody:my:token"),
        of("conv", "other:my:token"),
        of("conv", "other:their-token"),
        of("conv", &format!("acc:{}", "x".repeat(5000))),
        of("theirs", "acc:my:token"),
        of("theirs", "acc:their-token"),
        of("nothing", "acc:my:token"),
        of("closed", "acc:"),
        of("weather", "acc:weather-key"),
        of("weather", "acc:my:token"),
    ];
    for (path, header) in closed {
        let answer = gateway.ask_raw("PUT", &path, &format!("authorization: {header}\r\n"), put).await;
        is_unauthorized(&answer, &format!("{path} {header}"));
    }
    let twice = format!("authorization: {BASIC}\r\nauthorization: {BASIC}\r\n");
    is_unauthorized(&gateway.ask_raw("PUT", MESSAGES, &twice, put).await, "two headers");
    is_unauthorized(&gateway.ask_raw("PUT", MESSAGES, "", put).await, "none");
    for open in [of("conv", "acc:my:token"), of("conv", "acc:old-token"), of("theirs", "other:their-token")] {
        let answer = gateway.ask_raw("PUT", &open.0, &format!("authorization: {}\r\n", open.1), "no json").await;
        answer.is_no("400 Invalid Message", "Invalid Message");
    }
    let any_case = gateway.ask_raw("PUT", MESSAGES, "authorization: bAsIc YWNjOm15OnRva2Vu\r\n", "no json").await;
    any_case.is_no("400 Invalid Message", "Invalid Message");
    assert!(gateway.world.stored.events.lock().unwrap().is_empty(), "nothing was asked of the engine");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_methods_are_told_which_there_are() {
    let gateway = Gateway::start().await;
    let table = [
        ("http_api_nostream", "messages.json", "HEAD, PUT", &["GET", "POST", "DELETE", "PATCH", "OPTIONS"][..]),
        ("http_api_nostream", "metrics.json", "HEAD, PUT", &["GET", "POST"]),
        ("http_api", "messages.json", "GET, HEAD, PUT", &["POST", "DELETE"]),
        ("http_api", "events.json", "GET, HEAD", &["PUT", "POST"]),
        ("http_api", "metrics.json", "HEAD, PUT", &["GET", "POST"]),
    ];
    for (flavour, leaf, allow, methods) in table {
        let path = format!("/api/v1/go/{flavour}/conv/{leaf}");
        for method in methods {
            let answer = gateway.ask(method, &path, "", "").await;
            is_page(&answer, "405 Method Not Allowed");
            assert_eq!(answer.header("allow"), allow, "{method} {path}");
        }
        let head = gateway.ask("HEAD", &path, "", "").await;
        assert_eq!((head.status.as_str(), head.header("allow")), ("405 Method Not Allowed", allow));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_requests_under_way_and_each_that_ends_makes_room() {
    let gateway = Gateway::start().await;
    // Two streams, and a request whose body does not come.
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(open(&gateway, "GET", STREAM, 0).await);
    }
    held.push(open(&gateway, "PUT", MESSAGES, 10).await);
    let refused = loop {
        // Until the third one has arrived.
        let answer = gateway.ask("PUT", MESSAGES, "", "no json").await;
        if answer.status != "400 Invalid Message" {
            break answer;
        }
    };
    is_page(&refused, "403 Forbidden");
    assert!(refused.body.contains("Too many concurrent connections"), "{refused:?}");
    let post = gateway.ask("POST", MESSAGES, "", "").await;
    is_page(&post, "403 Forbidden");
    let lost = gateway.ask("PUT", "/api/v1/go/http_api/conv/nothing", "", "").await;
    is_page(&lost, "404 Not Found");
    is_unauthorized(&gateway.ask_raw("PUT", MESSAGES, "", "").await, "who is nobody does not learn of it");
    let other = "authorization: Basic b3RoZXI6dGhlaXItdG9rZW4=\r\n";
    let path = "/api/v1/go/http_api_nostream/theirs/messages.json";
    gateway.ask_raw("PUT", path, other, "no json").await.is_no("400 Invalid Message", "Invalid Message");
    for connection in held {
        drop(connection);
        let freed =
            async { while gateway.ask("PUT", MESSAGES, "", "no json").await.status != "400 Invalid Message" {} };
        timeout(DEADLINE, freed).await.expect("a connection that ends makes room");
    }
}

/// A connection with a request on it; waits for the head of the response when none of its body is missing.
async fn open(gateway: &Gateway, method: &str, path: &str, missing: usize) -> TcpStream {
    let mut stream = TcpStream::connect(gateway.at).await.unwrap();
    let whole = request(method, path, &format!("authorization: {BASIC}\r\n"), &"x".repeat(missing));
    stream.write_all(&whole.as_bytes()[..whole.len() - missing]).await.unwrap();
    if missing == 0 {
        let mut head = [0; 12];
        timeout(DEADLINE, stream.read_exact(&mut head)).await.expect("the head comes at once").unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
    }
    stream
}
