//! Metrics over real HTTP against the real binary: put by conversations, fired and queried by accounts, all or nothing,
//! each account its own, and there again after a `kill -9`.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::json;
use world::process::{Gateway, Place, exchange, exchange_raw, free_port, get, settings};

const ACCOUNT: &str = "Bearer acme-token-of-tests";
const OTHER: &str = "Bearer press-token-of-tests";
const FIRE: &str = "/api/v1/go/metrics/";
const YEAR_S: u64 = 365 * 86_400;

/// Two conversations of `acme`, one with a store of its own, and an account beside.
fn configured(place: &Place, http: u16) -> PathBuf {
    let more = r#"
[[account]]
key = "press"
tokens = ["press-token-of-tests"]

[[application]]
id = "pings"
account = "acme"
contract = "vumi"
api_tokens = ["pings-token-of-tests"]

[[application]]
id = "polls"
account = "acme"
contract = "vumi"
api_tokens = ["polls-token-of-tests"]
metric_store = "eu"
"#;
    settings(place, http, free_port(), "127.0.0.1:9", more)
}

fn request(method: &str, path: &str, authorization: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {authorization}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn conversation(id: &str) -> (String, String) {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("acme:{id}-token-of-tests"));
    (format!("/api/v1/go/http_api_nostream/{id}/metrics.json"), format!("Basic {pair}"))
}

/// Puts metrics as the conversation `pings`: status and body.
fn put(http: u16, body: &str) -> (u16, String) {
    let (path, basic) = conversation("pings");
    exchange(http, &request("PUT", &path, &basic, body)).unwrap()
}

fn fire(http: u16, body: &str) -> (u16, String) {
    exchange(http, &request("POST", FIRE, ACCOUNT, body)).unwrap()
}

/// What this year's values became, and when the year began: years of 365 days since 1970.
fn this_year(http: u16, authorization: &str, series: &[&str]) -> String {
    let names: String = series.iter().map(|name| format!("m={name}&")).collect();
    let path = format!("{FIRE}?{names}from=now&until=now&interval=1y&nulls=omit");
    let (status, body) = exchange(http, &request("GET", &path, authorization, "")).unwrap();
    assert_eq!(status, 200, "{body}");
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    body.replace(&format!("\"x\":{}000", now_s - now_s % YEAR_S), "\"x\":YEAR")
}

#[test]
fn metrics_are_put_fired_queried_and_survive_a_kill() {
    let place = Place::new("metrics");
    let http = free_port();
    let config = configured(&place, http);
    let gateway = Gateway::start(&config, http);
    let all = r#"[["total_pings",1200,"MAX"],["total_pings",1100.5,"max"],["n","12","sum"],["n",true,"sum"],["d",-0.5,"last"]]"#;
    let (path, basic) = conversation("pings");
    let answer = exchange_raw(http, &request("PUT", &path, &basic, all)).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 Metrics published\r\n"), "{answer}");
    assert!(answer.to_lowercase().contains("\r\ncontent-type: application/json; charset=utf-8\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n{\"success\":true,\"reason\":\"Metrics published\"}"), "{answer}");
    // The other form of the path, and a store of its own.
    let (path, basic) = conversation("polls");
    let streamed = path.replace("http_api_nostream", "http_api");
    let (status, _) = exchange(http, &request("PUT", &streamed, &basic, r#"[["n",7,"avg"]]"#)).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        fire(http, r#"{"foo.last":3.14,"stores.default.n.sum":30}"#),
        (200, r#"[{"name":"foo.last","value":3.14,"aggregator":"last"},{"name":"stores.default.n.sum","value":30.0,"aggregator":"sum"}]"#.into())
    );
    let without_slash = request("POST", "/api/v1/go/metrics", ACCOUNT, r#"{"foo.last":2}"#);
    assert_eq!(exchange(http, &without_slash).unwrap().0, 200);
    let series =
        ["stores.default.total_pings.max", "stores.default.n.sum", "unknown.sum", "stores.eu.n.avg", "foo.last"];
    let golden = "{\"stores.default.total_pings.max\":[{\"x\":YEAR,\"y\":1200.0}],\"stores.default.n.sum\":[{\"x\":YEAR,\"y\":43.0}],\"stores.eu.n.avg\":[{\"x\":YEAR,\"y\":7.0}],\"foo.last\":[{\"x\":YEAR,\"y\":2.0}]}";
    assert_eq!(this_year(http, ACCOUNT, &series), golden);
    // What was answered is durable.
    gateway.kill();
    let gateway = Gateway::start(&config, http);
    assert_eq!(this_year(http, ACCOUNT, &series), golden);
    fire(http, r#"{"stores.default.n.sum":1}"#);
    assert!(this_year(http, ACCOUNT, &series).contains("\"y\":44.0"));
    // One value an interval, with nothing as asked for.
    let path = format!("{FIRE}?m=foo.last&from=-2y&interval=1y&nulls=zeroize");
    let (_, body) = exchange(http, &request("GET", &path, ACCOUNT, "")).unwrap();
    assert!(body.contains("\"y\":0.0}") && body.ends_with("\"y\":2.0}]}"), "{body}");
    assert!(gateway.terminate().success());
}

#[test]
fn a_wrong_metric_stores_none_and_too_many_series_neither() {
    let place = Place::new("metrics-bad");
    let http = free_port();
    let gateway = Gateway::start(&configured(&place, http), http);
    let check = |body: &str, reason: &str| {
        let expected = json!(reason).to_string();
        assert_eq!(put(http, body), (400, format!(r#"{{"success":false,"reason":{expected}}}"#)), "{body}");
    };
    for body in ["", "x", "{}", "null", "5", "\"text\"", r#"[["a",1,"sum"],["b",NaN,"sum"]]"#, "[[\"a\",1,\"sum\"]"] {
        check(body, "Invalid Message");
    }
    check("[5]", "Invalid Message: metric 1 is not [name, value, aggregator]");
    check(r#"[["a",1,"sum"],["b",1]]"#, "Invalid Message: metric 2 is not [name, value, aggregator]");
    check(r#"[["a",1,"sum"],["",1,"sum"]]"#, "Invalid Message: metric 2 has no usable name");
    for value in ["null", "\"nan\"", "\"1e999\"", "\"inf\"", "[]"] {
        let body = format!(r#"[["a",1,"sum"],["b",{value},"sum"]]"#);
        check(&body, "Invalid Message: the value of metric 2 is not a finite number");
    }
    check(r#"[["a",1,"sum"],["b",1e999,"sum"]]"#, "Invalid Message");
    check(r#"[["a",1,"sum"],["b",1,"median"]]"#, "'median' is not a valid aggregate.");
    let metrics = |from: usize, count: usize| {
        json!((from..from + count).map(|number| json!([format!("n{number}"), 1, "sum"])).collect::<Vec<_>>())
            .to_string()
    };
    check(&metrics(0, 10_001), "Invalid Message: 10001 metrics, maximum allowed is 10000");
    for body in [r#"{"a.sum":1,"b.sum":null}"#, r#"{"a.sum":1,"b":1}"#, "[]", "{\"a.sum\":NaN}", ""] {
        let (status, answer) = fire(http, body);
        assert_eq!(status, 400, "{body}");
        assert!(answer.starts_with("{\"status_code\":400,\"reason\":\""), "{answer}");
    }
    assert_eq!(this_year(http, ACCOUNT, &["stores.default.a.sum", "a.sum"]), "{}");

    // As many series as an account may have, at once; then one more.
    assert_eq!(put(http, &metrics(0, 10_000)).0, 200);
    let (status, answer) = put(http, r#"[["n0",5,"sum"],["more",1,"sum"]]"#);
    assert_eq!(status, 400);
    assert!(answer.contains("10001 series") && answer.contains("(HS-1141)"), "{answer}");
    let (status, answer) = fire(http, r#"{"stores.default.n0.sum":5,"more.sum":1}"#);
    assert_eq!(status, 400);
    assert!(answer.starts_with("{\"status_code\":400") && answer.contains("(HS-1141)"), "{answer}");
    let read = this_year(http, ACCOUNT, &["stores.default.n0.sum", "stores.default.more.sum", "more.sum"]);
    assert_eq!(read, "{\"stores.default.n0.sum\":[{\"x\":YEAR,\"y\":1.0}]}");
    assert_eq!(put(http, r#"[["n0",5,"sum"],["n9999",1,"sum"]]"#).0, 200);
    // The values that are as large as numbers can be stay numbers.
    assert_eq!(put(http, r#"[["n1",1.7e308,"sum"],["n1",1.7e308,"sum"]]"#).0, 200);
    let read = this_year(http, ACCOUNT, &["stores.default.n1.sum"]);
    assert_eq!(read, "{\"stores.default.n1.sum\":[{\"x\":YEAR,\"y\":1.7976931348623157e308}]}");
    assert!(gateway.terminate().success());
}

#[test]
fn metrics_belong_to_their_account() {
    let place = Place::new("metrics-tenants");
    let http = free_port();
    let gateway = Gateway::start(&configured(&place, http), http);
    assert_eq!(put(http, r#"[["total_pings",1200,"max"]]"#).0, 200);
    assert_eq!(fire(http, r#"{"a \"b\".last":0.5}"#).0, 200);
    let series = ["stores.default.total_pings.max"];
    assert_eq!(this_year(http, OTHER, &series), "{}");
    let nobody = "{\"status_code\":401,\"reason\":\"Unauthorized\"}";
    let (_, basic) = conversation("pings");
    // The operator has no metrics, and a conversation's token opens none.
    for authorization in
        ["", "Bearer wrong", "Bearer operator-token-of-tests", &basic, "Basic YWNtZTphY21lLXRva2VuLW9mLXRlc3Rz"]
    {
        for (method, body) in [("GET", ""), ("POST", "{\"foo.last\":1}")] {
            let answer = exchange_raw(http, &request(method, FIRE, authorization, body)).unwrap();
            assert!(answer.starts_with("HTTP/1.1 401 ") && answer.ends_with(nobody), "{authorization}: {answer}");
            assert!(answer.to_lowercase().contains("\r\nwww-authenticate: bearer\r\n"), "{answer}");
        }
    }
    let (status, _) = exchange(http, &request("DELETE", FIRE, ACCOUNT, "")).unwrap();
    assert_eq!(status, 405);

    let golden = "# TYPE a__b_ gauge\na__b_{store=\"\",aggregator=\"last\",series=\"a \\\"b\\\".last\"} 0.5\n# TYPE total_pings gauge\ntotal_pings{store=\"default\",aggregator=\"max\",series=\"stores.default.total_pings.max\"} 1200.0\n";
    let scrape = |path: &str, authorization: &str| exchange(http, &request("GET", path, authorization, "")).unwrap();
    assert_eq!(scrape("/v1/metrics", ACCOUNT), (200, golden.to_owned()));
    assert_eq!(get(http, "/v1/metrics?account=acme").unwrap(), (200, golden.to_owned()));
    assert_eq!(get(http, "/v1/metrics").unwrap().0, 400);
    assert_eq!(scrape("/v1/metrics", OTHER), (200, String::new()));
    assert_eq!(scrape("/v1/metrics?account=acme", OTHER), (200, String::new()));
    assert_eq!(scrape("/v1/metrics", "Bearer wrong").0, 401);
    let (status, own) = get(http, "/metrics").unwrap();
    assert!(status == 200 && !own.contains("total_pings"), "the operator's numbers have none of tenants' series");
    assert!(gateway.terminate().success());
}
