//! What is wrong with credentials is nobody's to know: an unknown name and a wrong secret have the same answer, octet for
//! octet, and so have what does not exist and what is another's.

use std::net::SocketAddr;

use api::serve::Limits;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::wire::{exchange, start};
use crate::world::{World, message_id, mt};

/// The whole answer but its date.
async fn answer(at: SocketAddr, request: &str) -> String {
    let answer = exchange(at, request.as_bytes()).await;
    let answer = String::from_utf8(answer).unwrap();
    answer.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("date: ")).collect()
}

/// All of these have one and the same answer.
async fn check_alike(at: SocketAddr, status: u16, requests: &[String]) {
    let mut first: Option<String> = None;
    for request in requests {
        let answer = answer(at, request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        let first = first.get_or_insert_with(|| answer.clone());
        assert_eq!(*first, answer, "{request}");
    }
}

fn get(path: &str, authorization: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: gateway\r\n{authorization}Connection: close\r\n\r\n")
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

fn basic(pair: &str) -> String {
    format!("Authorization: Basic {}\r\n", STANDARD.encode(pair))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_account_and_a_wrong_token_have_the_same_answer() {
    let world = World::new();
    let at = start(world.router.clone(), Limits::default()).await;
    let headers = [
        String::new(),
        bearer("wrong"),
        bearer("acme-toke"),
        bearer("acme-token0"),
        bearer("ACME-TOKEN"),
        bearer(""),
        bearer(&"x".repeat(513)),
        bearer(&"x".repeat(10_000)),
        basic("acme:wrong"),
        basic("acme:"),
        basic("acme:acme-token0"),
        basic("acme:other-token"),
        basic("acme:root-token"),
        basic("nobody:wrong"),
        basic("nobody:acme-token"),
        basic("nobody:"),
        basic(":acme-token"),
        basic("root:root-token"),
        basic("acme"),
        basic(""),
        basic("acme\0:acme-token"),
        "Authorization: Basic %%%%\r\n".into(),
        "Authorization: Digest username=\"acme\"\r\n".into(),
        "Authorization: acme-token\r\n".into(),
        format!("{}{}", bearer("acme-token"), bearer("wrong")),
        format!("{}{}", bearer("acme-token"), basic("acme:acme-token")),
    ];
    let known = answer(at, &get("/v1/messages", &bearer("acme-token"))).await;
    assert!(known.starts_with("HTTP/1.1 200 "), "{known}");
    for path in ["/v1", "/v1/messages", "/v1/channels", "/v1/nothing/here", "/v1/messages/msg_nonsense"] {
        check_alike(at, 401, &headers.iter().map(|header| get(path, header)).collect::<Vec<_>>()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_and_that_of_somebody_else_have_the_same_answer() {
    let world = World::new();
    world.stored.add(mt(1, "other", "lab"));
    let at = start(world.router.clone(), Limits::default()).await;
    let keys = ["wrong", "weather-ke", "weather-key0", "acme-token", "root-token", "acme", "weather", "%00", "%ff"];
    for call in [
        "send_message?phone_number=41791234567&body=hi",
        "cancel_messages?message_ids=1",
        "close_sessions?phone_numbers=41791234567",
    ] {
        let requests: Vec<String> = keys.iter().map(|key| get(&format!("/api/{call}&api_key={key}"), "")).collect();
        check_alike(at, 500, &requests).await;
    }
    // A number of another tenant's segment is as unknown as one that was never given out.
    let number = domain::id::SegmentNumber::new(message_id(1).stamp, 0).0;
    let asked = |number: i64| get(&format!("/api/delivery_status?api_key=weather-key&message_ids={number}"), "");
    check_alike(at, 200, &[asked(number), asked(number + 4096), asked(1)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anothers_and_what_is_not_have_the_same_answer() {
    let world = World::new();
    world.stored.add(mt(1, "other", "lab"));
    let at = start(world.router.clone(), Limits::default()).await;
    let pairs = [
        (format!("/v1/messages/{}", message_id(1)), format!("/v1/messages/{}", message_id(2))),
        (format!("/v1/messages/{}/timeline", message_id(1)), format!("/v1/messages/{}/timeline", message_id(2))),
        ("/v1/applications/lab".into(), "/v1/applications/none".into()),
        ("/v1/channels/theirs".into(), "/v1/channels/none".into()),
    ];
    for (anothers, nobodys) in pairs {
        let token = bearer("acme-token");
        check_alike(at, 404, &[get(&anothers, &token), get(&nobodys, &token)]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_with_anything_else_has_the_same_answer() {
    let tokens = ["wrong", "root-toke", "root-token0", "ROOT-TOKEN", "acme-token", "", "%00", "root-token%00"];
    // Tries are counted by address: four at a time cost no wait.
    let mut answers: Vec<String> = Vec::new();
    for tokens in tokens.chunks(4) {
        let world = World::new();
        let at = start(world.router.clone(), Limits::default()).await;
        for token in tokens {
            let form = format!("username=operator&token={token}");
            let request = format!(
                "POST /console/sign-in HTTP/1.1\r\nHost: gateway\r\nOrigin: http://gateway\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
                form.len()
            );
            answers.push(answer(at, &request).await);
        }
    }
    assert!(answers[0].starts_with("HTTP/1.1 401 "), "{}", answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
