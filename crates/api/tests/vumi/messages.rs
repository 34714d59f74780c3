//! `PUT messages.json`: golden answers, noes in the contract's order and words (`docs/reference/vumi.md §3`).

use domain::event::{Event, Send};
use domain::ussd::SessionEvent;
use engine::inlet::NotTaken;

use crate::gateway::{Answer, Gateway, MESSAGES};
use crate::world::{address, message_id};

/// What the engine was asked last.
fn asked(gateway: &Gateway) -> Send {
    match gateway.world.stored.events.lock().unwrap().last() {
        Some(Event::SendAsked(send)) => send.clone(),
        other => panic!("no send: {other:?}"),
    }
}

#[track_caller]
fn is_message(answer: &Answer, golden: &str) {
    assert_eq!((answer.status.as_str(), answer.body.as_str()), ("200 OK", golden));
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
}

fn golden(id: u16, ends: &str, more: &str, flavour: &str, given: &str) -> String {
    format!(
        r#"{{"message_id":"{}","message_type":"user_message","message_version":"20110921","timestamp":"2026-11-22 00:00:00.123000",{ends},"to_addr_type":null,"from_addr_type":null,{more},"transport_metadata":{{}},"routing_metadata":{{"endpoint_name":"default"}},"helper_metadata":{{"go":{{"conversation_key":"conv","conversation_type":"{flavour}","user_account":"acc"}}{given}}}}}"#,
        message_id(id).hex()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_send_is_answered_with_the_message() {
    let gateway = Gateway::start().await;
    let answer = gateway.put(r#"{"to_addr":"+41791234567","content":"in 1 é"}"#).await;
    let ends = r#""to_addr":"+41791234567","from_addr":null"#;
    let rest = r#""content":"in 1 \u00e9","in_reply_to":null,"session_event":null,"group":null,"provider":null,"transport_name":null,"transport_type":null"#;
    is_message(&answer, &golden(1, ends, rest, "http_api_nostream", ""));
    let send = asked(&gateway);
    assert_eq!((&*send.account, send.application.as_deref(), send.tells), ("acc", Some("conv"), true));
    assert_eq!(
        (send.from, send.to, send.text.as_str()),
        (Some(address("9292")), vec![address("+41791234567")], "in 1 é")
    );
    assert_eq!((send.session_event, send.metadata, send.idempotency, send.in_reply_to), (None, None, None, None));

    // Beyond Vumi Go: what is said beside the text counts. An id of the client's does not.
    let body = r#"{"to_addr":"+41791234567","content":"2015-01-02 03:04:05","session_event":"close","message_id":"evil_id","helper_metadata":{"go":{"user_account":"evil"},"voice":{"speech_url":null},"a":"é"},"from_addr":"1"}"#;
    let answer = gateway.ask("PUT", "/api/v1/go/http_api/conv/messages.json", "", body).await;
    let rest = r#""content":"2015-01-02 03:04:05","in_reply_to":null,"session_event":"close","group":null,"provider":null,"transport_name":null,"transport_type":null"#;
    is_message(&answer, &golden(2, ends, rest, "http_api", r#","a":"\u00e9","voice":{"speech_url":null}"#));
    let send = asked(&gateway);
    assert_eq!(send.session_event, Some(SessionEvent::Close));
    assert_eq!(send.metadata.as_deref(), Some(r#"{"a":"\u00e9","voice":{"speech_url":null}}"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_goes_where_the_message_came_from() {
    let gateway = Gateway::start().await;
    let mo = gateway.received(7, "conv", ("sphex", "9292")).message;
    let put = |more: &str| format!(r#"{{"in_reply_to":"{}","content":"re"{more}}}"#, mo.id.hex());
    let ends = r#""to_addr":"+41791234567","from_addr":"9292""#;
    let rest = |event: &str| {
        format!(
            r#""content":"re","in_reply_to":"{}","session_event":{event},"group":null,"provider":null,"transport_name":"sphex","transport_type":"sms""#,
            mo.id.hex()
        )
    };
    let answer = gateway.put(&put(r#","to_addr":"+1","to_addr_type":5"#)).await;
    is_message(&answer, &golden(2, ends, &rest("null"), "http_api_nostream", ""));
    let send = asked(&gateway);
    assert_eq!(send.in_reply_to, Some((mo.id, "sphex".into())));
    assert_eq!((send.from, send.to), (Some(address("9292")), vec![address("+41791234567")]));
    let answer = gateway.put(&put(r#","session_event":"close""#)).await;
    is_message(&answer, &golden(3, ends, &rest("\"close\""), "http_api_nostream", ""));
    assert_eq!(asked(&gateway).session_event, Some(SessionEvent::Close));
    // `new` and `resume` say nothing in a reply.
    let answer = gateway.put(&put(r#","session_event":"new""#)).await;
    is_message(&answer, &golden(4, ends, &rest("null"), "http_api_nostream", ""));
    assert_eq!(asked(&gateway).session_event, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_of_a_dialog_may_have_no_text() {
    let gateway = Gateway::start().await;
    let mo = gateway.received(7, "menu", ("ussd", "*120#")).message;
    let path = "/api/v1/go/http_api_nostream/menu/messages.json";
    let put = |more: &str| format!(r#"{{"in_reply_to":"{}","content":null{more}}}"#, mo.id.hex());
    let answer = gateway.ask("PUT", path, "", &put("")).await;
    assert_eq!(answer.status, "200 OK", "{answer:?}");
    assert!(answer.body.contains(r#""content":null"#) && answer.body.contains(r#""transport_type":"ussd""#));
    assert_eq!((asked(&gateway).text, asked(&gateway).session_event), (String::new(), Some(SessionEvent::Resume)));
    let answer = gateway.ask("PUT", path, "", &put(r#","session_event":"close""#)).await;
    assert!(answer.body.contains(r#""session_event":"close""#), "{answer:?}");
    assert_eq!((asked(&gateway).text, asked(&gateway).session_event), (String::new(), Some(SessionEvent::Close)));
}

/// A member that is wrong, in the words of the contract.
fn wrong(key: &str) -> String {
    format!("Invalid or missing value for payload key '{key}'")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_in_the_words_of_the_contract() {
    let gateway = Gateway::start().await;
    gateway.received(7, "conv", ("sphex", "9292"));
    gateway.received(8, "theirs", ("sphex", "9292"));
    gateway.received(9, "menu", ("ussd", "*120#"));
    for body in ["", "null", "5", "[]", "\"text\"", "NaN", "{", "{\"to_addr\":NaN}", "{}{}", "\u{feff}{}"] {
        gateway.put(body).await.is_no("400 Invalid Message", "Invalid Message");
    }
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    gateway.put(&deep).await.is_no("400 Invalid Message", "Invalid Message");
    for (key, value) in [
        ("content", "5"),
        ("content", "1e400"),
        ("content", "[]"),
        ("session_event", "\"end\""),
        ("session_event", "5"),
        ("helper_metadata", "5"),
        ("helper_metadata", "[]"),
    ] {
        if value == "1e400" {
            // No number that JSON readers agree on.
            let body = format!(r#"{{"to_addr":"+41791234567","{key}":{value}}}"#);
            gateway.put(&body).await.is_no("400 Invalid Message", "Invalid Message");
            continue;
        }
        let body = format!(r#"{{"to_addr":"+41791234567","{key}":{value}}}"#);
        let answer = gateway.put(&body).await;
        answer.is_no(&format!("400 {}", wrong(key)), &wrong(key));
    }
    let voice = r#"{"to_addr":"+41791234567","content":"x","helper_metadata":{"voice":5}}"#;
    gateway.put(voice).await.is_no(&format!("400 {}", wrong("voice")), &wrong("voice"));
    let big = format!(r#"{{"to_addr":"+4179","content":"x","helper_metadata":{{"a":"{}"}}}}"#, "x".repeat(4096));
    gateway.put(&big).await.is_no(&format!("400 {}", wrong("helper_metadata")), &wrong("helper_metadata"));
    for to in ["null", "5", "\"\"", "{}", "\"+\""] {
        let body = format!(r#"{{"to_addr":{to},"content":"x"}}"#);
        gateway.put(&body).await.is_no(&format!("400 {}", wrong("to_addr")), &wrong("to_addr"));
    }
    gateway.put("{}").await.is_no(&format!("400 {}", wrong("to_addr")), &wrong("to_addr"));
    let empty = r#"{"to_addr":"+41791234567","content":null}"#;
    gateway.put(empty).await.is_no(&format!("400 {}", wrong("content")), &wrong("content"));
    let long = format!(r#"{{"to_addr":"+41791234567","content":"{}"}}"#, "é".repeat(201));
    gateway.put(&long).await.is_no("400 Bad Request", "Payload content too long: 201 > 200");
    let allowed = format!(r#"{{"to_addr":"+41791234567","content":"{}"}}"#, "é".repeat(200));
    assert_eq!(gateway.put(&allowed).await.status, "200 OK");
    let several = format!("Errors:\n* {}\n* {}", wrong("content"), wrong("to_addr"));
    gateway.put(r#"{"content":5}"#).await.is_no("400 Bad Request", &several);
    for reply in ["\"nothing\"", "5", "[1]", "true"].map(str::to_owned).into_iter().chain([
        format!("\"{}\"", message_id(8).hex()),
        format!("\"{}\"", message_id(9).hex()),
        format!("\"{}\"", message_id(99).hex()),
    ]) {
        let body = format!(r#"{{"in_reply_to":{reply},"to_addr":"+41791234567","content":5}}"#);
        gateway.put(&body).await.is_no("400 Invalid in_reply_to value", "Invalid in_reply_to value");
    }
    let reply = format!(r#"{{"in_reply_to":"{}","content":5}}"#, message_id(7).hex());
    gateway.put(&reply).await.is_no(&format!("400 {}", wrong("content")), &wrong("content"));
    for plain in ["null", "\"\"", "0", "false", "[]", "{}"] {
        let body = format!(r#"{{"in_reply_to":{plain},"to_addr":"+41791234567","content":"x"}}"#);
        assert_eq!(gateway.put(&body).await.status, "200 OK", "{plain}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_is_told_before_what_is_wrong_and_does_not_stop_a_reply() {
    let gateway = Gateway::start().await;
    let bearer = "authorization: Bearer acc-token\r\n";
    let out = gateway.ask_raw("PUT", "/api/v1/go/optouts/msisdn/%2B41791234567", bearer, "").await;
    assert_eq!(out.status, "200 OK");
    let reason = "Recipient with msisdn +41791234567 has opted out";
    for body in [
        r#"{"to_addr":"+41791234567","content":"x"}"#,
        r#"{"to_addr":"+41791234567","content":5,"session_event":"end"}"#,
        r#"{"to_addr":"+41791234567"}"#,
        r#"{"to_addr":"+41791234567","to_addr_type":"msisdn","content":"x"}"#,
    ] {
        gateway.put(body).await.is_no("400 Bad Request", reason);
    }
    let spelled = gateway.put(r#"{"to_addr":"0041791234567","content":"x"}"#).await;
    spelled.is_no("400 Bad Request", "Recipient with msisdn 0041791234567 has opted out");
    let mo = gateway.received(7, "conv", ("sphex", "9292")).message;
    let reply = format!(r#"{{"in_reply_to":"{}","to_addr":"+41791234567","content":"re"}}"#, mo.id.hex());
    assert_eq!(gateway.put(&reply).await.status, "200 OK");
    let native = r#"{"to":"+41791234567","from":"9292","text":"x","application":"conv"}"#;
    let refused = gateway.world.post("acc-token", "/v1/messages", native).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (400, Some("HS-1111")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_put_again_is_answered_with_the_same_message() {
    let gateway = Gateway::start().await;
    let body = r#"{"to_addr":"+41791234567","content":"once"}"#;
    let put =
        async |key: &str, body: &str| gateway.ask("PUT", MESSAGES, &format!("Idempotency-Key: {key}\r\n"), body).await;
    let first = put("a", body).await;
    assert_eq!(first.status, "200 OK");
    assert_eq!(put("a", body).await.body, first.body);
    assert_ne!(put("b", body).await.body, first.body);
    let other = put("a", r#"{"to_addr":"+41791234567","content":"twice"}"#).await;
    assert!(other.status.starts_with("400") && other.body.contains("HS-1108"), "{other:?}");
    let elsewhere =
        gateway.ask("PUT", "/api/v1/go/http_api_nostream/menu/messages.json", "Idempotency-Key: a\r\n", body).await;
    assert!(elsewhere.body.contains("HS-1108"), "another conversation asks for something else: {elsewhere:?}");
    let bad = put(&"x".repeat(1000), body).await;
    assert!(bad.status.starts_with("400") && bad.body.contains("HS-1210"), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_by_itself_asks_to_try_again() {
    let body = r#"{"to_addr":"+41791234567","content":"x"}"#;
    for reason in [NotTaken::Busy, NotTaken::Stopping, NotTaken::NotCommitted("/secret/path".into())] {
        let gateway = Gateway::refusing(Some(reason)).await;
        let answer = gateway.put(body).await;
        assert_eq!((answer.status.as_str(), answer.header("retry-after")), ("503 Service Unavailable", "1"));
        assert!(answer.body.starts_with(r#"{"success":false,"reason":""#) && !answer.body.contains("secret"));
    }
    let gateway = Gateway::start().await;
    let large = gateway.put(&"x".repeat(api::BODY_BYTES_MAX + 1)).await;
    assert!(large.status.starts_with("413") && large.body.contains("success"), "{large:?}");
}
