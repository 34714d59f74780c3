//! Clients that ask and do not read: they are cut off, whatever they have asked for, and others go on.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use api::serve::Limits;
use axum::Router;
use axum::body::Body;
use axum::routing::get;
use bytes::Bytes;
use hyper::body::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::wire::{DEADLINE, exchange, start, statuses};

/// How many clients are slow at a time.
const CLIENTS: usize = 50;

fn limits() -> Limits {
    Limits { stall_ms_max: 300, ..Limits::default() }
}

/// A body without end; counts when it is given up.
struct Endless(Arc<AtomicUsize>);

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16 * 1024])))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_an_endless_answer_is_cut_off() {
    let given_up = Arc::new(AtomicUsize::new(0));
    let count = given_up.clone();
    let router = Router::new()
        .route("/endless", get(async move || Body::new(Endless(count.clone()))))
        .route("/", get(async || "ok"));
    let at = start(router, limits()).await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        clients.push(stream);
    }
    let deadline = Instant::now() + DEADLINE;
    let mut served = 0;
    while given_up.load(Ordering::SeqCst) < CLIENTS {
        assert!(Instant::now() < deadline, "{} of {CLIENTS} were cut off", given_up.load(Ordering::SeqCst));
        let answer = exchange(at, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
        assert_eq!(statuses(&answer), [200]);
        served += 1;
    }
    // The connection is gone altogether, with what waited in it.
    for mut client in clients {
        let mut rest = vec![0; 1 << 16];
        while let Ok(1..) = timeout(DEADLINE, client.read(&mut rest)).await.expect("closed") {}
    }
    eprintln!("{CLIENTS} clients that do not read are cut off, {served} requests of others served meanwhile");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_again_and_again_and_never_reads_is_cut_off() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let router = Router::new().route(
        "/",
        get(async move || {
            count.fetch_add(1, Ordering::SeqCst);
            "x".repeat(16 * 1024)
        }),
    );
    let at = start(router, limits()).await;
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(async move {
            let mut stream = TcpStream::connect(at).await.unwrap();
            let requests = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(100);
            timeout(DEADLINE, async { while stream.write_all(&requests).await.is_ok() {} }).await.expect("cut off");
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    // Nothing more is answered than fits into the system's buffers.
    let each = asked.load(Ordering::SeqCst) / CLIENTS;
    assert!(each * 16 < 32 * 1024, "{each} answers for each of those who read none");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_but_reads_is_served_to_the_end() {
    const BYTES: usize = 12 << 20;
    let router = Router::new().route("/", get(async || vec![b'x'; BYTES]));
    let at = start(router, limits()).await;
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut chunk) = (0, vec![0; 256 * 1024]);
    let mut tick = tokio::time::interval(Duration::from_millis(20)); // waits: this is how a slow reader behaves
    while let Ok(count @ 1..) = stream.read(&mut chunk).await {
        read += count;
        tick.tick().await;
    }
    assert!(read > BYTES, "{read}");
}

/// A body that comes when it comes.
struct Ticks(tokio::sync::mpsc::Receiver<Bytes>);

impl hyper::body::Body for Ticks {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_pauses_of_its_own_is_not_taken_for_a_reader_who_stalls() {
    let router = Router::new().route(
        "/",
        get(async || {
            let (sender, receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
            tokio::spawn(async move {
                for _ in 0..3 {
                    tokio::time::sleep(Duration::from_millis(400)).await; // waits: longer than a reader may stall
                    if sender.send(Bytes::from_static(b"tick\n")).await.is_err() {
                        return;
                    }
                }
            });
            Body::new(Ticks(receiver))
        }),
    );
    let at = start(router, limits()).await;
    let answer = exchange(at, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(String::from_utf8_lossy(&answer).matches("tick").count(), 3);
}
