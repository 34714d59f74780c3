//! The accept loop: bounds on connections, on the time a head may take and on how long a client may leave its answer
//! unread, and a drain that lets requests under way end. HTTP/1.1 only; TLS ends in front of us.

mod flushes;
mod outflow;
mod target;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse, Response};
use http::header::CONNECTION;
use http::{HeaderValue, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

pub(crate) use self::flushes::Flushes;
use self::outflow::Outflow;
use crate::problem::{Kind, Problem};

/// Bounds of the listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections at a time; further ones wait unaccepted.
    pub connections_max: usize,
    /// Longest time for the head of a request, and longest silence between two requests, in milliseconds.
    pub head_ms_max: u64,
    /// Most bytes of a request's head that are buffered.
    pub head_bytes_max: usize,
    /// Longest time a client may take next to nothing of its answer, in milliseconds.
    pub stall_ms_max: u64,
    /// Longest time requests under way have to end once the gateway stops, in milliseconds.
    pub drain_ms_max: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 4096,
            head_ms_max: 30_000,
            head_bytes_max: 32 * 1024,
            stall_ms_max: 30_000,
            drain_ms_max: 10_000,
        }
    }
}

/// Pause after an accept that failed for want of something (file descriptors, memory), in milliseconds.
const ACCEPT_PAUSE_MS: u64 = 100;

/// Silence after which a peer is asked whether it is there, in seconds: one that is gone without a word must not hold a
/// stream, and its place, for ever.
const PROBE_AFTER_S: u64 = 60;
/// Pause between two such questions, in seconds.
const PROBE_EVERY_S: u64 = 15;
/// How many may stay without an answer.
const PROBES_MAX: u32 = 4;
/// Longest time for what was written to be acknowledged, in seconds (RFC 5482).
#[cfg(target_os = "linux")]
const ACKNOWLEDGED_S_MAX: u64 = 120;

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Connections whose requests had not ended when the time for draining was over.
    pub cut_off: usize,
}

/// Serves until `shutdown` is ready, then accepts nothing more, lets requests under way end, and returns.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Served {
    let slots = Arc::new(Semaphore::new(limits.connections_max));
    let (stop, stopping) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_ended) = connections.join_next() => {}
            (slot, accepted) = accept(&listener, &slots) => match accepted {
                Ok((stream, peer)) => {
                    connections.spawn(connection(stream, peer, router.clone(), limits, stopping.clone(), slot));
                }
                Err(error) => {
                    tracing::warn!(%error, "no connection could be accepted");
                    tokio::time::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)).await;
                }
            },
        }
    }
    drop(listener);
    stop.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    let in_time = tokio::time::timeout(Duration::from_millis(limits.drain_ms_max), drained).await;
    let cut_off = if in_time.is_ok() { 0 } else { connections.len() };
    connections.shutdown().await;
    Served { cut_off }
}

/// Waits for a free place first: what has none stays in the listener's backlog.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (OwnedSemaphorePermit, io::Result<(TcpStream, SocketAddr)>) {
    let slot = Arc::clone(slots).acquire_owned().await.expect("nobody closes the semaphore");
    (slot, listener.accept().await)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    _slot: OwnedSemaphorePermit,
) {
    if let Err(error) = prepare(&stream) {
        tracing::debug!(%error, "a connection broke before its first request");
        return;
    }
    let flushes = Flushes::default();
    let told = flushes.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(told.clone());
        let router = router.clone();
        async move {
            match target::why_unclear(&request) {
                Some(why) => Ok(refusal(why)),
                None => router.oneshot(request.map(axum::body::Body::new)).await,
            }
        }
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(limits.head_ms_max))
        .max_buf_size(limits.head_bytes_max);
    let stream = Outflow::new(stream, Duration::from_millis(limits.stall_ms_max), flushes);
    let mut serving = pin!(builder.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = async { drop(stopping.wait_for(|stop| *stop).await) } => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, %peer, "a connection broke");
    }
}

fn prepare(stream: &TcpStream) -> io::Result<()> {
    // Answers are small and written at once: waiting to fill a segment would only delay them.
    stream.set_nodelay(true)?;
    let probes = TcpKeepalive::new()
        .with_time(Duration::from_secs(PROBE_AFTER_S))
        .with_interval(Duration::from_secs(PROBE_EVERY_S))
        .with_retries(PROBES_MAX);
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&probes)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(Duration::from_secs(ACKNOWLEDGED_S_MAX)))?;
    Ok(())
}

/// A no to a request whose readers may disagree about it; whatever follows it on the connection is not read.
fn refusal(why: &'static str) -> Response {
    let mut response = Problem::new(Kind::Header, why).into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}
