//! A listener in front of a router, and clients that write what they like.

use std::net::SocketAddr;
use std::time::Duration;

use api::serve::{Limits, serve};
use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Longest wait for anything that is expected.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Serves until the test ends.
pub(crate) async fn start(router: Router, limits: Limits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, router, limits, std::future::pending()));
    at
}

/// Writes these octets on a connection of their own and reads until the server closes it.
pub(crate) async fn exchange(at: SocketAddr, octets: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(at).await.unwrap();
    // The server may close before it has taken all of it.
    let _cut = stream.write_all(octets).await;
    let mut answer = Vec::new();
    let closed = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection stays open after {:?}", String::from_utf8_lossy(&answer));
    answer
}

/// Statuses of the responses in there, interim ones apart.
pub(crate) fn statuses(answer: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(answer);
    let lines = text.split("HTTP/1.").skip(1).filter_map(|rest| rest.get(2..5)?.parse().ok());
    lines.filter(|status| *status >= 200).collect()
}
