//! What a well-behaved application says arrives as it was meant.

use domain::answer::{Answer, Instruction};
use domain::callback::AttemptFailure;
use domain::time::At;

use crate::gateway::{BODY, Gateway, NOW_MS, assert_failed, callback};
use crate::server::{Server, answer, raw};

#[tokio::test(flavor = "multi_thread")]
async fn the_request_is_complete_and_the_answer_understood() {
    let server = Server::always(answer("200 OK\r\nContent-Type: text/plain", "Sunny, 24°\n")).await;
    let url = format!("http://{}/gateway?a=b%20c", server.address);
    let outcome = Gateway::new().attempt(&url).await;
    assert_eq!(
        outcome.answer,
        Some(Answer { instructions: vec![Instruction::Reply { text: "Sunny, 24°".into() }], complaints: vec![] })
    );
    let record = outcome.record;
    assert_eq!((record.number, record.status, record.failure), (1, Some(200), None));
    assert_eq!((&*record.url, &*record.body, &*record.content_type), (&*url, "Sunny, 24°\n", "text/plain"));
    assert_eq!(record.started_at, At::from_ms(NOW_MS));

    let request = server.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, BODY);
    let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
    assert_eq!(lines.remove(0), "POST /gateway?a=b%20c HTTP/1.1");
    lines.sort();
    let mut expected = [
        "accept: */*".to_owned(),
        "accept-encoding: identity".into(),
        format!("content-length: {}", BODY.len()),
        "content-type: application/x-www-form-urlencoded".into(),
        "hookswitch-attempt: 1".into(),
        format!("hookswitch-callback: {}", callback(1)),
        format!("host: {}", server.address),
        format!("idempotency-key: {}", callback(1)),
        "user-agent: Hookswitch/0.1.0".into(),
    ];
    expected.sort();
    assert_eq!(lines, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_status_204_ask_for_nothing() {
    for steps in [
        answer("200 OK", ""),
        answer("200 OK", " \r\n"),
        raw("HTTP/1.1 204 No Content\r\n\r\n"),
        answer("201 Created", ""),
    ] {
        let server = Server::always(steps).await;
        let outcome = Gateway::new().attempt(&server.url()).await;
        assert_eq!(outcome.answer, Some(Answer::default()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interim_responses_and_every_framing_are_read() {
    let texts = [
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1;x=y\r\ni\r\n0\r\nTrailer: z\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhi",
        "HTTP/1.0 200 OK\r\nContent-Encoding: identity\r\n\r\nhi",
    ];
    for text in texts {
        let server = Server::always(raw(text)).await;
        let outcome = Gateway::new().attempt(&server.url()).await;
        let instructions = outcome.answer.unwrap_or_else(|| panic!("{text}: {:?}", outcome.record)).instructions;
        assert_eq!(instructions, [Instruction::Reply { text: "hi".into() }], "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_no_success_says_so() {
    let gateway = Gateway::new();
    for status in [400_u16, 401, 404, 418, 429, 500, 503, 599] {
        let server = Server::always(answer(&format!("{status} Whatever"), "it broke")).await;
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, AttemptFailure::Status, Some(status));
        assert_eq!((&*outcome.record.body, outcome.retry_after_ms), ("it broke", None));
    }
    let server = Server::always(answer("410 Gone", "")).await;
    assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::Gone, Some(410));
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_read_in_both_forms() {
    let gateway = Gateway::new();
    for (value, expected) in [
        ("120", Some(120_000)),
        ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30_000)),
        ("Sun, 06 Nov 1994 07:00:00 GMT", Some(0)),
        ("999999", Some(3_600_000)),
        ("a while", None),
    ] {
        let server = Server::always(answer(&format!("429 Too Many Requests\r\nRetry-After: {value}"), "")).await;
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, AttemptFailure::Status, Some(429));
        assert_eq!(outcome.retry_after_ms, expected, "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_not_followed() {
    let target = Server::always(answer("200 OK", "followed")).await;
    let gateway = Gateway::new();
    for status in [301_u16, 302, 303, 307, 308] {
        let head = format!("{status} Elsewhere\r\nLocation: {}", target.url());
        let server = Server::always(answer(&head, "")).await;
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, AttemptFailure::Status, Some(status));
        assert!(outcome.record.detail.contains("redirects are never followed"), "{}", outcome.record.detail);
    }
    assert_eq!(target.connections(), 0);
}
