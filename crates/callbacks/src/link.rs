//! One link: a TCP or TLS connection that speaks HTTP/1.1, carries one request at a time, and is driven by the attempt
//! that uses it. No task of its own: the attempt's task wakes, writes and reads, which saves two hand-overs a request.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::client::TlsStream;

use crate::attempt::HEADERS_BYTES_MAX;

/// Most bytes that wait in a link's buffer to be understood.
const READ_BYTES_MAX: usize = 2 * HEADERS_BYTES_MAX;
/// Most bytes that may come before the head of an answer is complete: itself, and interim responses in front of it.
/// More than it and [`READ_BYTES_MAX`] together, so that the start of a body that came along is not held against it.
const HEARD_BYTES_MAX: usize = 4 * HEADERS_BYTES_MAX;
/// How often a link is polled to become ready for the next request before it is given up.
const READY_POLLS: usize = 3;

/// How much of a body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyEnd {
    /// All of it.
    Complete,
    /// It goes on beyond what was asked for.
    Cut,
}

/// The peer sends interim responses without end (RFC 9110 §15.2 sets no bound).
#[derive(Debug, thiserror::Error)]
#[error("more than {HEARD_BYTES_MAX} bytes came, and the answer had not begun")]
pub(crate) struct InterimFlood;

/// What was received since the request was sent.
#[derive(Default)]
struct Heard {
    bytes: AtomicUsize,
    head_is_over: AtomicBool,
}

/// A link.
pub(crate) struct Link {
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    heard: Arc<Heard>,
    /// When it was opened.
    pub(crate) opened_at: Instant,
    /// When it last became free.
    pub(crate) idle_since: Instant,
}

impl Link {
    /// Opens the HTTP side of a connection.
    pub(crate) async fn open(transport: Transport) -> hyper::Result<Link> {
        let heard = Arc::new(Heard::default());
        let wire = Wire { transport, heard: heard.clone() };
        let (sender, connection) = http1::Builder::new()
            .max_header_size(HEADERS_BYTES_MAX)
            .max_buf_size(READ_BYTES_MAX)
            .handshake(TokioIo::new(wire))
            .await?;
        let now = Instant::now();
        let driver = Driver { connection: Box::pin(connection), has_ended: false };
        Ok(Link { sender, driver, heard, opened_at: now, idle_since: now })
    }

    /// Sends a request and waits for the head of the response.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> hyper::Result<Response<Incoming>> {
        self.heard.bytes.store(0, Ordering::Relaxed);
        self.heard.head_is_over.store(false, Ordering::Relaxed);
        let response = self.sender.send_request(request);
        let response = self.driver.drive(response).await;
        self.heard.head_is_over.store(true, Ordering::Relaxed);
        response
    }

    /// True when at least one byte came since the request was sent: then it may not be sent again at once.
    pub(crate) fn has_heard(&self) -> bool {
        self.heard.bytes.load(Ordering::Relaxed) > 0
    }

    /// Appends the body to `into` until it has `bytes_max`.
    pub(crate) async fn read(
        &mut self,
        body: &mut Incoming,
        into: &mut Vec<u8>,
        bytes_max: usize,
    ) -> hyper::Result<BodyEnd> {
        while let Some(frame) = self.driver.drive(body.frame()).await {
            let Ok(data) = frame?.into_data() else { continue };
            let room = bytes_max - into.len();
            into.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return Ok(BodyEnd::Cut);
            }
        }
        Ok(BodyEnd::Complete)
    }

    /// Whether the next request may go out on it: asked when a response is over, and again before the next request,
    /// when the peer may have closed meanwhile. Does not wait.
    pub(crate) async fn is_ready(&mut self) -> bool {
        poll_fn(|cx| {
            for _ in 0..READY_POLLS {
                self.driver.poll(cx);
                if self.driver.has_ended {
                    return Poll::Ready(false);
                }
                if let Poll::Ready(result) = self.sender.poll_ready(cx) {
                    return Poll::Ready(result.is_ok());
                }
            }
            Poll::Ready(false)
        })
        .await
    }
}

/// The connection's own future, polled with whatever waits for it.
struct Driver {
    connection: Pin<Box<Connection<TokioIo<Wire>, Full<Bytes>>>>,
    has_ended: bool,
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) {
        // Its errors also reach the one who waits for the response; here they only end it.
        if !self.has_ended && self.connection.as_mut().poll(cx).is_ready() {
            self.has_ended = true;
        }
    }

    async fn drive<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            self.poll(cx);
            future.as_mut().poll(cx)
        })
        .await
    }
}

/// What carries the bytes.
pub(crate) enum Transport {
    /// TCP as it is.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

/// A transport that notices how much was received, and hears no more of an answer that does not begin.
struct Wire {
    transport: Transport,
    heard: Arc<Heard>,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let heard = self.heard.bytes.load(Ordering::Relaxed);
        if heard > HEARD_BYTES_MAX && !self.heard.head_is_over.load(Ordering::Relaxed) {
            return Poll::Ready(Err(io::Error::other(InterimFlood)));
        }
        let before = buffer.filled().len();
        let polled = match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Transport::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        let came = buffer.filled().len() - before;
        if came > 0 {
            self.heard.bytes.store(heard.saturating_add(came), Ordering::Relaxed);
        }
        polled
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Transport::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Transport::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.transport {
            Transport::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Transport::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
