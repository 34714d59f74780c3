//! A connection and its buffers: one read and one write a wake, whatever number of PDUs they carry, over TCP or TLS.
//! What the octets mean is the bind machine's business.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use smpp::Bind;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Most octets of one read.
const READ_BYTES: usize = 64 * 1024;

/// What a connection must be able to do.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// What happened on the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// So many octets came: see [`Wire::received`].
    Received(usize),
    /// All output has left, and the machine has more.
    Sent,
}

/// One connection.
pub(crate) struct Wire {
    stream: Box<dyn Stream>,
    input: Box<[u8]>,
    output: Vec<u8>,
    /// How much of `output` has left.
    sent_bytes: usize,
    /// Whether octets may still wait inside the stream (TLS keeps records).
    unflushed: bool,
    /// The machine had output while ours had not left yet.
    more: bool,
}

impl Wire {
    /// Over a connection just made.
    pub(crate) fn new(stream: Box<dyn Stream>) -> Wire {
        Wire {
            stream,
            input: vec![0; READ_BYTES].into_boxed_slice(),
            output: Vec::new(),
            sent_bytes: 0,
            unflushed: false,
            more: false,
        }
    }

    /// Takes the machine's output once all that was taken before has left: so its own limit on output holds.
    pub(crate) fn fill(&mut self, bind: &mut Bind) {
        self.more = !self.output.is_empty();
        if !self.more {
            bind.take_output(&mut self.output);
        }
    }

    /// The first `bytes` octets of the last read.
    pub(crate) fn received(&self, bytes: usize) -> &[u8] {
        &self.input[..bytes]
    }

    /// Writes what waits, and reads if `reads`. The end of the stream is an error. May be dropped and called again.
    pub(crate) async fn traffic(&mut self, reads: bool) -> io::Result<Traffic> {
        poll_fn(|cx| self.poll_traffic(cx, reads)).await
    }

    /// Writes all that waits, for at most `patience`; whether it worked does not matter any more.
    pub(crate) async fn finish(&mut self, patience: Duration) {
        let all = poll_fn(|cx| self.poll_write(cx));
        if let Ok(Ok(())) = tokio::time::timeout(patience, all).await {
            let close = poll_fn(|cx| Pin::new(&mut *self.stream).poll_shutdown(cx));
            // The peer may be gone already.
            let _ = tokio::time::timeout(patience, close).await;
        }
    }

    fn poll_traffic(&mut self, cx: &mut Context<'_>, reads: bool) -> Poll<io::Result<Traffic>> {
        match self.poll_write(cx) {
            Poll::Ready(Ok(())) if self.more => return Poll::Ready(Ok(Traffic::Sent)),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            _ => {}
        }
        if !reads {
            return Poll::Pending;
        }
        let mut buffer = ReadBuf::new(&mut self.input);
        ready!(Pin::new(&mut *self.stream).poll_read(cx, &mut buffer))?;
        match buffer.filled().len() {
            0 => Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
            bytes => Poll::Ready(Ok(Traffic::Received(bytes))),
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent_bytes < self.output.len() {
            let rest = &self.output[self.sent_bytes..];
            match ready!(Pin::new(&mut *self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                bytes => self.sent_bytes += bytes,
            }
            self.unflushed = true;
        }
        self.output.clear();
        self.sent_bytes = 0;
        if self.unflushed {
            ready!(Pin::new(&mut *self.stream).poll_flush(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }
}
