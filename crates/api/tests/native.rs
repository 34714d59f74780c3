//! The native API as its clients see it: golden bodies, credentials, isolation of tenants, repeated sends.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::callback::{AttemptFailure, AttemptRecord, BodyType, CallbackKind, CallbackState, Rendered};
use domain::event::Event;
use domain::note::{Entry, NoteCode, RequestBody, TimelineRow};
use domain::report::{Report, ReportStatus, UnmatchedReport};
use engine::inlet::NotTaken;
use engine::port::StoreError;
use http::StatusCode;
use serde_json::{Value, json};
use world::{NOW, Reply, World, callback, message_id, mt, request};

const ACME: &str = "acme-token";
const OTHER: &str = "other-token";
const ROOT: &str = "root-token";
const SEND: &str = r#"{"to":"+41791234567","text":"sunny","application":"weather"}"#;

#[track_caller]
fn is_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, StatusCode::from_u16(status).unwrap(), "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = reply.json();
    assert_eq!((&body["code"], &body["status"]), (&json!(code), &json!(status)), "{body}");
    assert_eq!(body["type"], json!(format!("/docs/operate/codes/{code}")));
    assert!(body["detail"].as_str().is_some_and(|d| !d.is_empty()), "{body}");
}

#[tokio::test]
async fn a_send_is_accepted_and_shown_as_accepted() {
    let world = World::new();
    let reply = world.post(ACME, "/v1/messages", SEND).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/hal+json");
    let id = message_id(1);
    assert_eq!(reply.header("location"), format!("/v1/messages/{id}"));
    assert_eq!(
        reply.body,
        format!(
            concat!(
                r#"{{"id":"{id}","direction":"mt","from":"8282","to":"+41791234567","text":"sunny","state":"queued","#,
                r#""application":"weather","channel":"carrier","createdAt":"2026-11-22T00:00:00.123Z","segments":1,"#,
                r#""_links":{{"self":{{"href":"/v1/messages/{id}"}},"timeline":{{"href":"/v1/messages/{id}/timeline"}}}}}}"#
            ),
            id = id
        )
    );
    let shown = world.get(ACME, reply.header("location")).await;
    assert_eq!(shown.json()["id"], reply.json()["id"]);
    let Some(Event::SendAsked(asked)) = world.stored.events.lock().unwrap().pop() else { panic!("no send") };
    assert_eq!((&*asked.account, asked.tells, asked.priority), ("acme", true, 0));
    assert_eq!(asked.from.unwrap().as_str(), "8282", "the application's own service address");
}

#[tokio::test]
async fn a_scheduled_send_says_so() {
    let world = World::new();
    let body = r#"{"to":"41791234567","from":"8282","text":"later","sendAt":"2026-11-23T08:00:00+01:00","validityMs":60000,"priority":2}"#;
    let reply = world.post(ACME, "/v1/messages", body).await;
    assert_eq!((reply.status, &reply.json()["state"]), (StatusCode::ACCEPTED, &json!("scheduled")), "{}", reply.body);
    assert_eq!(reply.json()["application"], Value::Null);
    let Some(Event::SendAsked(asked)) = world.stored.events.lock().unwrap().pop() else { panic!("no send") };
    assert_eq!(asked.send_at.unwrap().to_string(), "2026-11-23T07:00:00.000Z");
    assert_eq!((asked.validity_ms, asked.priority, asked.tells), (Some(60_000), 2, false));
}

#[tokio::test]
async fn a_repeated_send_gives_the_same_answer_and_another_request_is_refused() {
    let world = World::new();
    let send = |token: &'static str, key: &str, body: &str| {
        let mut request = request("POST", token, "/v1/messages", Some(body));
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        request
    };
    let first = world.ask(send(ACME, "k1", SEND)).await;
    let rewritten = r#" {"text":"sunny", "application":"weather", "to":"+41791234567", "from":null} "#;
    let again = world.ask(send(ACME, "k1", rewritten)).await;
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(first.header("location"), again.header("location"));
    is_problem(&world.ask(send(ACME, "k1", &SEND.replace("sunny", "rainy"))).await, 422, "HS-1108");
    let theirs = world.ask(send(OTHER, "k1", r#"{"to":"41791234567","text":"sunny","application":"lab"}"#)).await;
    assert_eq!(theirs.status, StatusCode::ACCEPTED, "keys of another account are no clash: {}", theirs.body);
    assert_ne!(theirs.json()["id"], first.json()["id"]);

    is_problem(&world.ask(send(ACME, "", SEND)).await, 400, "HS-1210");
    is_problem(&world.ask(send(ACME, &"k".repeat(256), SEND)).await, 400, "HS-1210");
    assert_eq!(world.ask(send(ACME, &"k".repeat(255), SEND)).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_wrong_with_a_send_is_named() {
    let world = World::new();
    let check = async |body: &str, code: &str, names: &[&str]| {
        let reply = world.post(ACME, "/v1/messages", body).await;
        is_problem(&reply, 400, code);
        let errors = reply.json()["errors"].as_array().cloned().unwrap_or_default();
        let found: Vec<&str> = errors.iter().map(|e| e["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{body} {}", reply.body);
    };
    check(r#"{"to":"1234","text":"x","callbackUrl":"http://a/"}"#, "HS-1214", &[]).await;
    check(r#"{"to":"1234","txt":"x","colour":1}"#, "HS-1208", &["text", "txt", "colour"]).await;
    check(r#"{"to":["1234"],"text":7}"#, "HS-1208", &["to", "text"]).await;
    check(r#"{"to":"+","from":"a\u0007","text":"x"}"#, "HS-1208", &["to", "from"]).await;
    check(
        r#"{"to":"1","text":"x","sendAt":"tomorrow","validityMs":0,"priority":4}"#,
        "HS-1208",
        &["sendAt", "validityMs", "priority"],
    )
    .await;
    check(r#"{"to":"1","to":"2","text":"x"}"#, "HS-1208", &[]).await;
    check(r#"{"to":"1","text":"x"} {}"#, "HS-1208", &[]).await;
    check("[]", "HS-1208", &[]).await;
    check("", "HS-1208", &[]).await;
    check(&format!("{{\"to\":{}1{}}}", "[".repeat(4000), "]".repeat(4000)), "HS-1208", &[]).await;
    check(&json!({"to": "1", "text": "x".repeat(65 * 1024)}).to_string(), "HS-1208", &["text"]).await;
    check(r#"{"to":"1","text":"","application":"weather"}"#, "HS-1104", &[]).await;
    check(r#"{"to":"1","text":"x"}"#, "HS-1101", &[]).await;
    check(r#"{"to":"1","text":"x","application":"lab"}"#, "HS-1103", &[]).await;
    assert_eq!(world.stored.messages.lock().unwrap().len(), 0);
    // What is foreign and what does not exist cannot be told apart.
    let foreign = world.post(ACME, "/v1/messages", r#"{"to":"1","text":"x","application":"lab"}"#).await;
    let unknown = world.post(ACME, "/v1/messages", r#"{"to":"1","text":"x","application":"nope"}"#).await;
    assert_eq!(foreign.body, unknown.body);
}

#[tokio::test]
async fn the_operator_sends_for_an_application() {
    let world = World::new();
    is_problem(&world.post(ROOT, "/v1/messages", r#"{"to":"1","from":"8282","text":"x"}"#).await, 400, "HS-1208");
    assert_eq!(world.post(ROOT, "/v1/messages", SEND).await.status, StatusCode::ACCEPTED);
    let Some(Event::SendAsked(asked)) = world.stored.events.lock().unwrap().pop() else { panic!("no send") };
    assert_eq!(&*asked.account, "acme");
}

#[tokio::test]
async fn what_the_engine_does_not_take_may_be_repeated() {
    for reason in [NotTaken::Busy, NotTaken::NotCommitted("disk /secret is full".into()), NotTaken::Stopping] {
        let world = World::refusing(Some(reason));
        let reply = world.post(ACME, "/v1/messages", SEND).await;
        is_problem(&reply, 503, "HS-1211");
        assert_eq!(reply.header("retry-after"), "1");
        assert!(!reply.body.contains("/secret"), "{}", reply.body);
    }
}

#[tokio::test]
async fn every_path_asks_for_credentials() {
    let world = World::new();
    let paths = [
        "/v1",
        "/v1/",
        "/v1/messages",
        "/v1/messages/x",
        "/v1/messages/x/timeline",
        "/v1/callbacks",
        "/v1/callbacks/x",
        "/v1/applications",
        "/v1/applications/weather",
        "/v1/channels",
        "/v1/channels/carrier",
        "/v1/routes",
        "/v1/sessions",
        "/v1/reports/unmatched",
        "/v1/nothing",
        "/v1/nothing/at/all",
    ];
    for (method, path) in paths.iter().map(|path| ("GET", *path)).chain([
        ("POST", "/v1/messages"),
        ("POST", "/v1/callbacks/x/replay"),
        ("POST", "/v1/explain"),
        ("POST", "/v1/segments"),
    ]) {
        for token in ["", "wrong", "weather-key"] {
            let reply = world.ask(request(method, token, path, Some("{}"))).await;
            is_problem(&reply, 401, "HS-1201");
            assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"hookswitch\", Basic realm=\"hookswitch\"");
        }
    }
    let mut basic = request("GET", "", "/v1", None);
    basic
        .headers_mut()
        .insert("authorization", format!("Basic {}", STANDARD.encode("acme:acme-token")).parse().unwrap());
    let reply = world.ask(basic).await;
    assert_eq!((reply.status, &reply.json()["account"]), (StatusCode::OK, &json!("acme")));
    assert_eq!(world.get(ROOT, "/v1").await.json()["account"], Value::Null);
}

#[tokio::test]
async fn problems_look_the_same_everywhere() {
    let world = World::new();
    let golden = |kind: &str, title: &str, status: u16, detail: &str| {
        format!(
            r#"{{"type":"/docs/operate/codes/{kind}","title":"{title}","status":{status},"detail":"{detail}","code":"{kind}"}}"#
        )
    };
    let path = "nothing is served under this path; GET /v1 lists what there is";
    assert_eq!(world.get(ACME, "/v1/nothing").await.body, golden("HS-1203", "No such path", 404, path));
    assert_eq!(world.get("", "/nothing").await.body, golden("HS-1203", "No such path", 404, path));

    let reply = world.ask(request("DELETE", ACME, "/v1/messages", None)).await;
    let method = "DELETE is not served here; the Allow header says what is";
    assert_eq!(reply.body, golden("HS-1204", "Method not allowed here", 405, method));
    assert_eq!(reply.header("allow"), "GET,HEAD,POST");

    let mut xml = request("GET", ACME, "/v1/messages", None);
    xml.headers_mut().insert("accept", "application/xml".parse().unwrap());
    is_problem(&world.ask(xml).await, 406, "HS-1205");

    for content_type in
        ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"]
    {
        let mut form = request("POST", ACME, "/v1/messages", Some(SEND));
        form.headers_mut().insert("content-type", content_type.parse().unwrap());
        is_problem(&world.ask(form).await, 415, "HS-1207");
    }
    let mut zipped = request("POST", ACME, "/v1/messages", Some(SEND));
    zipped.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    is_problem(&world.ask(zipped).await, 415, "HS-1207");

    let large = " ".repeat(api::BODY_BYTES_MAX + 1);
    is_problem(&world.post(ACME, "/v1/messages", &large).await, 413, "HS-1206");
    is_problem(&world.get(ACME, "/v1/messages?limit=0").await, 400, "HS-1209");
    is_problem(&world.get(ACME, "/v1/messages?status=queued").await, 400, "HS-1209");
    is_problem(&world.get(ACME, "/v1/callbacks?failing=maybe").await, 400, "HS-1209");
}

#[tokio::test]
async fn every_problem_leads_to_its_page() {
    let world = World::new();
    let reply = world.get("", "/v1").await;
    let page = world.get("", reply.json()["type"].as_str().unwrap()).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/markdown; charset=utf-8"));
    assert!(page.body.contains("HS-1201"));
    is_problem(&world.get("", "/docs/operate/codes/HS-0000").await, 404, "HS-1203");
}

#[tokio::test]
async fn what_belongs_to_others_is_as_if_it_did_not_exist() {
    let world = World::new();
    world.stored.add(mt(1, "acme", "weather"));
    world.stored.add_callback(callback(1, "weather", CallbackState::Exhausted));
    let (message, owed) = (message_id(1), callback(1, "weather", CallbackState::Exhausted).id);
    let (no_message, no_callback) = (message_id(2), callback(2, "weather", CallbackState::Exhausted).id);
    for (method, foreign, unknown) in [
        ("GET", format!("/v1/messages/{message}"), format!("/v1/messages/{no_message}")),
        ("GET", format!("/v1/messages/{message}/timeline"), format!("/v1/messages/{no_message}/timeline")),
        ("GET", format!("/v1/callbacks/{owed}"), format!("/v1/callbacks/{no_callback}")),
        ("POST", format!("/v1/callbacks/{owed}/replay"), format!("/v1/callbacks/{no_callback}/replay")),
        ("GET", "/v1/applications/weather".into(), "/v1/applications/nope".into()),
        ("GET", "/v1/channels/theirs".into(), "/v1/channels/nope".into()),
    ] {
        let seen = world.ask(request(method, OTHER, &foreign, None)).await;
        let absent = world.ask(request(method, OTHER, &unknown, None)).await;
        let nonsense = world.ask(request(method, OTHER, &unknown.replace("_01", "_zz"), None)).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{foreign}");
        assert_eq!(
            (seen.status, &seen.headers, &seen.body),
            (absent.status, &absent.headers, &absent.body),
            "{foreign}"
        );
        assert_eq!(nonsense.body, absent.body, "{foreign}");
        let own = world.ask(request(method, ROOT, &foreign, None)).await;
        assert!(own.status.is_success(), "{foreign}: {}", own.body);
    }
    // An id with the right stamp and another tail is not the message.
    let guessed = domain::id::MessageId::new(message.stamp, 1);
    assert_eq!(world.get(ACME, &format!("/v1/messages/{guessed}")).await.status, StatusCode::NOT_FOUND);

    for path in
        ["/v1/messages", "/v1/callbacks", "/v1/messages?application=weather", "/v1/callbacks?application=weather"]
    {
        let theirs = world.get(OTHER, path).await;
        assert!(!theirs.body.contains("msg_") && !theirs.body.contains("cbk_"), "{path}: {}", theirs.body);
        assert!(world.get(ACME, path).await.body.contains(&message.to_string()), "{path}");
    }
    for path in ["/v1/applications", "/v1/routes"] {
        assert!(!world.get(OTHER, path).await.body.contains("weather"), "{path}");
        assert!(world.get(ROOT, path).await.body.contains("weather"), "{path}");
    }
    assert!(!world.get(ACME, "/v1/channels").await.body.contains("9090"));
    is_problem(&world.get(ACME, "/v1/reports/unmatched").await, 403, "HS-1202");
}

#[tokio::test]
async fn explain_names_no_rule_of_others() {
    let world = World::new();
    let ask = r#"{"to":"8282","from":"41791234567","text":"hello"}"#;
    let theirs = world.post(ACME, "/v1/explain", ask).await;
    assert_eq!(theirs.status, StatusCode::OK, "{}", theirs.body);
    assert!(!theirs.body.contains("lab"), "{}", theirs.body);
    assert_eq!(theirs.json()["application"], Value::Null);
    let full = world.post(ROOT, "/v1/explain", ask).await.json();
    assert_eq!((&full["application"], &full["channel"]), (&json!("lab"), &json!("carrier")));
    assert_eq!(full["segments"], json!({"encoding": "gsm7", "units": 5, "segments": 1}));
    assert_eq!(full["steps"].as_array().unwrap().len(), 3);
    let own = world.post(ACME, "/v1/explain", r#"{"to":"8282","from":"1","text":"Weather now"}"#).await.json();
    assert_eq!(own["application"], json!("weather"));
    assert_eq!(own["steps"][0]["wins"], json!(true));
}

#[tokio::test]
async fn lists_are_paged_by_links() {
    let world = World::new();
    for counter in 1..=5 {
        world.stored.add(mt(counter, "acme", "weather"));
    }
    let mut path = "/v1/messages?application=weather&limit=2&text=sun".to_owned();
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let page = world.get(ACME, &path).await.json();
        pages += 1;
        for row in page["_embedded"]["messages"].as_array().unwrap() {
            seen.push(row["id"].as_str().unwrap().to_owned());
        }
        match page["_links"]["next"]["href"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    let expected: Vec<String> = (1..=5).rev().map(|counter| message_id(counter).to_string()).collect();
    assert_eq!((pages, seen), (3, expected));
}

#[tokio::test]
async fn a_timeline_tells_requests_and_answers_without_keys() {
    let world = World::new();
    world.stored.add(mt(1, "acme", "weather"));
    let id = callback(1, "weather", CallbackState::Pending).id;
    let attempt = |number, status, failure, body: &str| Entry::Attempt {
        callback: id,
        record: AttemptRecord {
            number,
            started_at: NOW,
            took_ms: 12,
            url: "http://127.0.0.1:9000/weather".into(),
            status,
            failure,
            detail: "connection refused".into(),
            content_type: "text/plain".into(),
            body: body.into(),
        },
    };
    let body: Arc<[u8]> = b"type=incoming_message&api_key=weather-key&body=hi".as_slice().into();
    let request = RequestBody::Rendered(Rendered { body_type: BodyType::Form, body });
    let made = Entry::CallbackMade { id, kind: CallbackKind::IncomingMessage, application: "weather".into(), request };
    let rows = vec![
        TimelineRow { at: NOW, entries: vec![Entry::note(NoteCode::Queued, ["carrier".into()]), made] },
        TimelineRow { at: NOW.plus_ms(5), entries: vec![attempt(1, None, Some(AttemptFailure::Unreachable), "")] },
        TimelineRow { at: NOW.plus_ms(9), entries: vec![attempt(2, Some(200), None, "sunny")] },
    ];
    world.stored.timelines.lock().unwrap().insert(message_id(1).stamp, rows);

    let reply = world.get(ACME, &format!("/v1/messages/{}/timeline", message_id(1))).await;
    assert!(!reply.body.contains("weather-key"), "{}", reply.body);
    let entries = reply.json()["_embedded"]["entries"].clone();
    let codes: Vec<&str> = entries.as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["queued", "callback_made", "attempt", "attempt"]);
    assert_eq!(entries[0]["words"], json!("queued on channel carrier"));
    assert_eq!(entries[1]["request"]["body"], json!("type=incoming_message&api_key=•••&body=hi"));
    assert_eq!(entries[2]["at"], json!("2026-11-22T00:00:00.128Z"));
    assert_eq!(entries[2]["attempt"]["failure"]["code"], json!("unreachable"));
    assert_eq!(entries[2]["attempt"]["response"], Value::Null);
    assert_eq!(entries[3]["attempt"]["response"], json!({"status": 200, "contentType": "text/plain", "body": "sunny"}));

    // The record is gone once a callback is answered; the timeline still tells all of it.
    let shown = world.get(ACME, &format!("/v1/callbacks/{id}")).await.json();
    assert_eq!((&shown["state"], &shown["attempts"]), (&json!("answered"), &json!(2)), "{shown}");
    assert_eq!(shown["history"].as_array().unwrap().len(), 2);
    assert_eq!(shown["request"]["contentType"], json!("application/x-www-form-urlencoded"));
    assert_eq!(world.get(OTHER, &format!("/v1/callbacks/{id}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_exhausted_callback_can_be_replayed_and_a_pending_one_not() {
    let world = World::new();
    for (counter, state) in [(1, CallbackState::Exhausted), (2, CallbackState::Pending)] {
        world.stored.add(mt(counter, "acme", "weather"));
        world.stored.add_callback(callback(counter, "weather", state));
    }
    let exhausted = callback(1, "weather", CallbackState::Exhausted).id;
    let list = world.get(ACME, "/v1/callbacks?state=exhausted&failing=true").await.json();
    let rows = list["_embedded"]["callbacks"].as_array().unwrap();
    assert_eq!(rows.len(), 1);
    let replay = rows[0]["_links"]["replay"]["href"].as_str().unwrap();
    assert_eq!(replay, format!("/v1/callbacks/{exhausted}/replay"));
    let reply = world.ask(request("POST", ACME, replay, None)).await;
    assert_eq!((reply.status, &reply.json()["state"]), (StatusCode::ACCEPTED, &json!("pending")), "{}", reply.body);
    let pending = callback(2, "weather", CallbackState::Pending).id;
    is_problem(
        &world.ask(request("POST", ACME, &format!("/v1/callbacks/{pending}/replay"), None)).await,
        409,
        "HS-1110",
    );
}

#[tokio::test]
async fn applications_show_numbers_and_no_secrets() {
    let world = World::new();
    world.live.update(|live| live.applications.entry("weather".into()).or_default().pending = 7);
    let reply = world.get(ACME, "/v1/applications/weather").await;
    assert!(!reply.body.contains("weather-key") && !reply.body.contains("pass@"), "{}", reply.body);
    let shown = reply.json();
    assert_eq!((&shown["url"], &shown["live"]["pending"]), (&json!("http://127.0.0.1:9000/weather"), &json!(7)));
}

#[tokio::test]
async fn segments_are_counted() {
    let world = World::new();
    let check = async |text: &str, expected: Value| {
        let reply = world.post(ACME, "/v1/segments", &json!({"text": text}).to_string()).await;
        assert_eq!(reply.json(), expected);
    };
    check("hi", json!({"encoding": "gsm7", "units": 2, "segments": 1})).await;
    check(&"a".repeat(161), json!({"encoding": "gsm7", "units": 161, "segments": 2})).await;
    check("снег", json!({"encoding": "ucs2", "units": 4, "segments": 1})).await;
    let long = world.post(ACME, "/v1/segments", &json!({"text": "a".repeat(60_000)}).to_string()).await;
    is_problem(&long, 400, "HS-1105");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_no_missing_message() {
    let world = World::new();
    *world.stored.trouble.lock().unwrap() = Some(StoreError::Unavailable("locked: /secret".into()));
    let reply = world.get(ACME, "/v1/messages").await;
    is_problem(&reply, 503, "HS-1212");
    assert_eq!(reply.header("retry-after"), "1");
    assert!(!reply.body.contains("/secret"));
    *world.stored.trouble.lock().unwrap() = Some(StoreError::Corrupt("row 7".into()));
    is_problem(&world.get(ACME, &format!("/v1/messages/{}", message_id(1))).await, 500, "HS-1212");
}

#[tokio::test]
async fn unmatched_reports_are_listed_for_the_operator() {
    let world = World::new();
    world.stored.unmatched.lock().unwrap().push(UnmatchedReport {
        channel: "carrier".into(),
        network_id: "0e99".into(),
        phone: "41791234567".into(),
        reason: "no segment was taken under this id".into(),
        report: Report {
            ids: vec!["0e99".into()],
            status: ReportStatus::Delivered,
            detail: "stat:DELIVRD".into(),
            received_at: NOW,
        },
    });
    let listed = world.get(ROOT, "/v1/reports/unmatched").await.json();
    assert_eq!(listed["_embedded"]["reports"][0]["networkId"], json!("0e99"));
    assert_eq!(listed["_embedded"]["reports"][0]["status"], json!("delivered"));
}

#[tokio::test]
async fn probes_and_metrics_tell_how_it_goes() {
    let world = World::new();
    assert_eq!(world.get("", "/health/live").await.status, StatusCode::OK);
    assert_eq!(world.get("", "/health/ready").await.status, StatusCode::OK);
    world.live.update(|live| {
        live.store_trouble = Some("disk /secret full".into());
        live.engine.commit_us = 250_000;
        live.channels.entry("carrier".into()).or_default().queued = 41;
    });
    let trouble = world.get("", "/health/ready").await;
    assert_eq!(trouble.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!trouble.body.contains("/secret"));
    let metrics = world.get("", "/metrics").await;
    for line in [
        "hookswitch_channel_queued{channel=\"carrier\"} 41\n",
        "hookswitch_channel_limited_by{channel=\"carrier\",by=\"no_demand\"} 1\n",
        "hookswitch_store_trouble 1\n",
        "hookswitch_http_requests_total{class=\"2xx\"} 2\n",
        "hookswitch_http_requests_total{class=\"5xx\"} 1\n",
        "hookswitch_uptime_seconds 0\n",
        "hookswitch_engine_commit_seconds_total 0.25\n",
    ] {
        assert!(metrics.body.contains(line), "{line} in {}", metrics.body);
    }
    world.live.update(|live| live.store_trouble = None);
    world.ready.set_draining();
    assert_eq!(world.get("", "/health/ready").await.body, "draining: the gateway is stopping\n");
    assert_eq!(world.get("", "/health/live").await.status, StatusCode::OK);
}
