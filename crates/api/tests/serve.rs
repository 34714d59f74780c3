//! The accept loop over real sockets: slow clients are cut off, others wait for a place, a drain lets requests end.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::serve::{Limits, Served, serve};
use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(20);
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

struct Server {
    at: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Served>,
}

async fn start(router: Router, limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { drop(stopped.await) };
    let ended = tokio::spawn(serve(listener, router, limits, shutdown));
    Server { at, stop, ended }
}

/// Reads until this text has come.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    while !String::from_utf8_lossy(&read).contains(text) {
        let byte = timeout(DEADLINE, stream.read_u8()).await.expect("it comes in time").expect("it comes");
        read.push(byte);
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off() {
    let limits = Limits { head_ms_max: 200, ..Limits::default() };
    let server = start(Router::new().route("/", get(async || "ok")), limits).await;
    for sent in [&b"GET / HTTP/1.1\r\nx-slow: "[..], b"", b"G"] {
        let mut stream = TcpStream::connect(server.at).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut rest = Vec::new();
        let ended = timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("closed in time");
        assert!(ended.is_err() || rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
    }
    // Another client is served all the same.
    let mut stream = TcpStream::connect(server.at).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    read_until(&mut stream, "ok").await;
}

#[tokio::test]
async fn a_head_larger_than_the_bound_is_refused() {
    let server = start(Router::new().route("/", get(async || "ok")), Limits::default()).await;
    let mut stream = TcpStream::connect(server.at).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: x\r\nx-large: {}\r\n\r\n", "x".repeat(64 * 1024));
    // The server may close before it has taken all of it.
    let _cut = stream.write_all(head.as_bytes()).await;
    let mut rest = Vec::new();
    let ended = timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("closed in time");
    assert!(ended.is_err() || rest.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&rest));
}

#[tokio::test]
async fn who_finds_no_place_waits_for_one() {
    let router = Router::new().route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()));
    let server = start(router, Limits { connections_max: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(server.at).await.unwrap();
    first.write_all(REQUEST).await.unwrap();
    let own = first.local_addr().unwrap().to_string();
    assert!(read_until(&mut first, &own).await.starts_with("HTTP/1.1 200"));
    let mut second = TcpStream::connect(server.at).await.unwrap();
    second.write_all(REQUEST).await.unwrap();
    assert!(timeout(Duration::from_millis(200), second.read_u8()).await.is_err(), "the only place is taken");
    drop(first);
    let own = second.local_addr().unwrap().to_string();
    read_until(&mut second, &own).await;
}

#[tokio::test]
async fn a_drain_lets_requests_end_and_accepts_nothing_more() {
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at_door, go_on) = (Arc::clone(&entered), Arc::clone(&release));
    let handler = async move || {
        at_door.notify_one();
        go_on.notified().await;
        "done"
    };
    let server = start(Router::new().route("/", get(handler)), Limits::default()).await;
    let mut busy = TcpStream::connect(server.at).await.unwrap();
    busy.write_all(REQUEST).await.unwrap();
    entered.notified().await;
    let mut idle = TcpStream::connect(server.at).await.unwrap();
    server.stop.send(()).unwrap();
    let mut rest = Vec::new();
    // An idle connection is closed at once; the listener too.
    let _closed = timeout(DEADLINE, idle.read_to_end(&mut rest)).await.expect("closed in time");
    assert!(TcpStream::connect(server.at).await.is_err());
    release.notify_one();
    assert!(read_until(&mut busy, "done").await.contains("connection: close"));
    let served = timeout(DEADLINE, server.ended).await.expect("in time").unwrap();
    assert_eq!(served, Served { cut_off: 0 });
}

#[tokio::test]
async fn what_does_not_end_is_cut_off_in_the_end() {
    let entered = Arc::new(Notify::new());
    let at_door = Arc::clone(&entered);
    let handler = async move || {
        at_door.notify_one();
        std::future::pending::<()>().await;
    };
    let limits = Limits { drain_ms_max: 100, ..Limits::default() };
    let server = start(Router::new().route("/", get(handler)), limits).await;
    let mut stuck = TcpStream::connect(server.at).await.unwrap();
    stuck.write_all(REQUEST).await.unwrap();
    entered.notified().await;
    server.stop.send(()).unwrap();
    let served = timeout(DEADLINE, server.ended).await.expect("in time").unwrap();
    assert_eq!(served, Served { cut_off: 1 });
}
