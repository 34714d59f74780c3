//! A connection whose peer must take what is written: one that stalls is given up, so that a client that asks and
//! does not read holds a place, and the memory of what waits for it, for a bounded time only.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Flushes;

/// What a peer that has stalled must take at least, in bytes a second, to be waited for further.
const BYTES_PER_S_MIN: u64 = 4096;

/// A TCP connection with patience for writing.
pub(super) struct Outflow {
    stream: TcpStream,
    patience: Duration,
    /// When the peer is given up; none while it takes everything.
    given_up: Option<Pin<Box<Sleep>>>,
    flushes: Flushes,
}

impl Outflow {
    /// Gives the peer up once it has taken too little for this long.
    pub(super) fn new(stream: TcpStream, patience: Duration, flushes: Flushes) -> Outflow {
        Outflow { stream, patience, given_up: None, flushes }
    }

    /// What came of an attempt to write: bytes taken buy time, nothing taken uses it up.
    fn judge(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match (&written, &mut self.given_up) {
            (Poll::Ready(Ok(bytes)), Some(given_up)) => {
                let bought = Duration::from_millis(*bytes as u64 * 1000 / BYTES_PER_S_MIN);
                let until = (given_up.deadline() + bought).min(Instant::now() + self.patience);
                given_up.as_mut().reset(until);
            }
            (Poll::Pending, given_up) => {
                let patience = self.patience;
                let given_up = given_up.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + patience)));
                ready!(given_up.as_mut().poll(cx));
                // What waits in the system's buffers is thrown away too: nobody will fetch it.
                let _gone_already = self.stream.set_zero_linger();
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")));
            }
            (Poll::Ready(_), _) => {}
        }
        written
    }
}

impl AsyncRead for Outflow {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Outflow {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.judge(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Asked for when all that waited is written: the peer has caught up.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.given_up = None;
        self.flushes.tell();
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
