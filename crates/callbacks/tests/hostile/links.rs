//! Links are used again, and a link that breaks costs at most one more request with the same id.

use std::time::{Duration, Instant};

use callbacks::IDLE_MS_MAX;
use domain::callback::AttemptFailure;
use engine::port::CallbackClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::gateway::{Gateway, assert_failed, callback, order};
use crate::server::{Server, Step, answer};

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_share_one_link() {
    let server = Server::always(answer("200 OK", "hi")).await;
    let gateway = Gateway::new();
    for _ in 0..50 {
        assert!(gateway.attempt(&server.url()).await.answer.is_some());
    }
    assert_eq!((server.connections(), server.requests().len()), (1, 50));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_by_status_keep_the_link_too() {
    let server = Server::always(answer("500 Oops", "it broke")).await;
    let gateway = Gateway::new();
    for _ in 0..5 {
        assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::Status, Some(500));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn attempts_at_the_same_time_each_have_a_link_and_a_result() {
    let server = Server::always(answer("200 OK", "hi")).await;
    let gateway = Gateway::new();
    for number in 1..=200 {
        gateway.client.start(order(&server.url(), 10_000, number));
    }
    let mut ids: Vec<_> = gateway
        .results(200)
        .await
        .into_iter()
        .map(|(id, outcome)| {
            assert!(outcome.answer.is_some(), "{outcome:?}");
            id
        })
        .collect();
    ids.sort();
    let mut expected: Vec<_> = (1..=200).map(callback).collect();
    expected.sort();
    assert_eq!(ids, expected);
    assert_eq!(server.requests().len(), 200);
    assert_eq!(gateway.depth(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_link_that_breaks_is_replaced_at_once() {
    for end in [Step::Close, Step::Reset] {
        let server = Server::start(move |_, request| match request {
            0 => answer("200 OK", "hi"),
            _ => vec![end.clone()],
        })
        .await;
        let gateway = Gateway::new();
        for number in 1..=3 {
            gateway.client.start(order(&server.url(), 10_000, number));
            let (_, outcome) = gateway.results(1).await.remove(0);
            assert!(outcome.answer.is_some(), "{outcome:?}");
        }
        // The second and the third were sent twice: on the kept link, which broke, and on a fresh one.
        assert_eq!(server.connections(), 3);
        let requests = server.requests();
        assert_eq!(requests.len(), 5);
        assert_eq!((&requests[1], &requests[3]), (&requests[2], &requests[4]));
        assert!(requests[1].contains(&callback(2).to_string()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_sent_again_only_once() {
    let server = Server::start(|connection, request| match (connection, request) {
        (0, 0) => answer("200 OK", "hi"),
        _ => vec![Step::Reset],
    })
    .await;
    let gateway = Gateway::new();
    assert!(gateway.attempt(&server.url()).await.answer.is_some());
    assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::Broken, None);
    assert_eq!((server.connections(), server.requests().len()), (2, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_again_once_an_answer_has_begun() {
    let server = Server::start(|_, request| match request {
        0 => answer("200 OK", "hi"),
        _ => vec![Step::Write(b"HTTP/1.1 2".to_vec()), Step::Close],
    })
    .await;
    let gateway = Gateway::new();
    assert!(gateway.attempt(&server.url()).await.answer.is_some());
    assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::Broken, None);
    assert_eq!((server.connections(), server.requests().len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_after_each_answer_is_met_afresh() {
    let closing = |head: &str| [answer(head, "hi"), vec![Step::Close]].concat();
    for steps in [closing("200 OK"), closing("200 OK\r\nConnection: close"), closing("200 OK\r\nKeep-Alive: timeout=0")]
    {
        let server = Server::always(steps).await;
        let gateway = Gateway::new();
        for _ in 0..20 {
            assert!(gateway.attempt(&server.url()).await.answer.is_some());
        }
        assert_eq!((server.connections(), server.requests().len()), (20, 20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_behind_an_answer_never_answer_the_next_request() {
    let server = Server::start(|connection, _| match connection {
        0 => vec![Step::Write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil".to_vec(),
        )],
        _ => answer("200 OK", "good"),
    })
    .await;
    let gateway = Gateway::new();
    assert_eq!(gateway.attempt(&server.url()).await.record.body, "hi");
    assert_eq!(gateway.attempt(&server.url()).await.record.body, "good");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_url_of_the_application_is_another_way_out() {
    let (old, new) = (Server::always(answer("200 OK", "old")).await, Server::always(answer("200 OK", "new")).await);
    let gateway = Gateway::new();
    assert_eq!(gateway.attempt(&old.url()).await.record.body, "old");
    assert_eq!(gateway.attempt(&new.url()).await.record.body, "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_link_is_closed_before_the_server_tires_of_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let gateway = Gateway::new();
    gateway.client.start(order(&url, 10_000, 1));
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut chunk = [0; 4096];
    assert!(stream.read(&mut chunk).await.unwrap() > 0);
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    let answered = Instant::now();
    let closed = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut chunk)).await;
    assert_eq!(closed.expect("the link is closed").unwrap_or(0), 0);
    let idle = answered.elapsed();
    assert!(idle >= Duration::from_millis(IDLE_MS_MAX - 100) && idle < Duration::from_secs(8), "{idle:?}");
}

#[test]
fn an_attempt_cut_short_has_a_result_all_the_same() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = runtime.block_on(Server::always(vec![Step::Hang]));
    let gateway = Gateway::with(runtime.handle().clone(), &["127.0.0.0/8"], None);
    gateway.client.start(order(&server.url(), 60_000, 7));
    let watching = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    watching.block_on(async {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        while server.requests().is_empty() {
            assert!(tokio::time::Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(2)).await; // waits: polls for the request until the deadline
        }
    });
    runtime.shutdown_background();
    let (id, outcome) = watching.block_on(gateway.results(1)).remove(0);
    assert_eq!(id, callback(7));
    assert_failed(&outcome, AttemptFailure::Broken, None);
    // Started on a runtime that is gone: told at once.
    gateway.client.start(order(&server.url(), 60_000, 8));
    assert_eq!(watching.block_on(gateway.results(1)).remove(0).0, callback(8));
}
