//! Whatever a server sends, an attempt costs bounded time and memory.

use std::time::{Duration, Instant};

use callbacks::{ANSWER_BYTES_MAX, HEADERS_BYTES_MAX};
use domain::callback::AttemptFailure;
use domain::limit::RECORDED_BYTES_MAX;

use crate::gateway::{Gateway, assert_failed};
use crate::server::{Server, Step, answer, raw};

const BUDGET_MS: u64 = 300;

/// The failure comes when the budget is over, neither before nor much later.
async fn check_timed_out(steps: Vec<Step>, status: Option<u16>) {
    let server = Server::always(steps.clone()).await;
    let started = Instant::now();
    let outcome = Gateway::new().attempt_within(&server.url(), BUDGET_MS).await;
    assert_failed(&outcome, AttemptFailure::TimedOut, status);
    assert!(started.elapsed() >= Duration::from_millis(BUDGET_MS), "{steps:?}");
    assert!(outcome.record.took_ms < 10 * BUDGET_MS as u32, "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_servers_are_cut_by_the_total_budget() {
    let pause = Duration::from_millis(50);
    let slow_head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".to_vec();
    check_timed_out(vec![Step::Hang], None).await;
    check_timed_out(vec![Step::Trickle(slow_head, pause)], None).await;
    let head = Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec());
    check_timed_out(vec![head.clone(), Step::Hang], Some(200)).await;
    check_timed_out(vec![head, Step::Trickle(vec![b'x'; 1000], pause)], Some(200)).await;
    check_timed_out(
        vec![Step::Trickle(b"HTTP/1.1 102 Processing\r\n\r\n".repeat(50), Duration::from_millis(1)), Step::Hang],
        None,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_body_does_not_hide_a_failing_status() {
    let steps = vec![
        Step::Write(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nsorry".to_vec()),
        Step::Hang,
    ];
    let server = Server::always(steps).await;
    let outcome = Gateway::new().attempt_within(&server.url(), BUDGET_MS).await;
    assert_failed(&outcome, AttemptFailure::Status, Some(503));
    assert_eq!((&*outcome.record.body, outcome.retry_after_ms), ("sorry", Some(7000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_up_to_the_limit_is_read_and_not_a_byte_more() {
    let gateway = Gateway::new();
    let fits = Server::always(answer("200 OK", &"x".repeat(ANSWER_BYTES_MAX))).await;
    let outcome = gateway.attempt(&fits.url()).await;
    assert_eq!((outcome.record.failure, outcome.record.body.len()), (None, RECORDED_BYTES_MAX));
    let too_large = [
        answer("200 OK", &"x".repeat(ANSWER_BYTES_MAX + 1)),
        vec![Step::Write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n".to_vec()), Step::Hang],
        vec![Step::Write(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Step::Flood(vec![b'x'; 8192])],
        vec![
            Step::Write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()),
            Step::Flood([b"1000\r\n".to_vec(), vec![b'x'; 4096], b"\r\n".to_vec()].concat()),
        ],
    ];
    for steps in too_large {
        let server = Server::always(steps).await;
        assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::TooLarge, Some(200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_error_pages_are_recorded_in_part() {
    let steps = vec![Step::Write(b"HTTP/1.1 500 Oops\r\n\r\n".to_vec()), Step::Flood("é".repeat(4096).into_bytes())];
    let server = Server::always(steps).await;
    let outcome = Gateway::new().attempt(&server.url()).await;
    assert_failed(&outcome, AttemptFailure::Status, Some(500));
    assert_eq!(outcome.record.body, "é".repeat(RECORDED_BYTES_MAX / 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn header_floods_are_cut() {
    let gateway = Gateway::new();
    let floods = [
        vec![Step::Write(b"HTTP/1.1 200 OK\r\n".to_vec()), Step::Flood(b"X-Flood: 0123456789\r\n".to_vec())],
        vec![Step::Write(b"HTTP/1.1 200 OK\r\nX-Flood: ".to_vec()), Step::Flood(vec![b'x'; 1024])],
        raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(HEADERS_BYTES_MAX))),
        raw(format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(500))),
    ];
    for steps in floods {
        let server = Server::always(steps).await;
        assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::TooLarge, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_broken() {
    let gateway = Gateway::new();
    for steps in [
        vec![Step::Close],
        vec![Step::Reset],
        raw("HTTP/1.1 200"),
        raw("HTTP/1.1 200 OK\r\nContent-Len"),
        raw("SSH-2.0-OpenSSH_9.9\r\n"),
        raw("hello"),
        raw("HTTP/9.9 200 OK\r\n\r\n"),
        raw("<html>HTTP/0.9 says hello</html>"),
        raw(b"\0\0\0\x10\x80\0\0\0\0\0\0\0\0\0\0\0"),
        raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
        raw("HTTP/1.1 200 OK\r\nContent-Length: minus\r\n\r\nhello"),
    ] {
        let server = Server::always(steps.clone()).await;
        let outcome = gateway.attempt(&server.url()).await;
        assert_eq!(outcome.record.failure, Some(AttemptFailure::Broken), "{steps:?}: {outcome:?}");
        assert_eq!(server.requests().len(), 1, "{steps:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_ends_too_soon_is_no_answer() {
    let gateway = Gateway::new();
    for steps in [
        raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"),
        raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
        raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n"),
    ] {
        let server = Server::always(steps.clone()).await;
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, AttemptFailure::Broken, Some(200));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoding_nobody_asked_for_is_refused() {
    let gateway = Gateway::new();
    for encoding in ["gzip", "br", "gzip, gzip"] {
        let server = Server::always(answer(&format!("200 OK\r\nContent-Encoding: {encoding}"), "hi")).await;
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, AttemptFailure::Broken, Some(200));
        assert!(outcome.record.detail.contains(encoding), "{}", outcome.record.detail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_is_no_success() {
    let server =
        Server::always(raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello")).await;
    assert_failed(&Gateway::new().attempt(&server.url()).await, AttemptFailure::Status, Some(101));
}
