//! Lines on their way from the engine to one client: a short queue, and those that are handed to the connection and not
//! yet written by it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{BufMut, Bytes, BytesMut};
use domain::answer::Answer;
use domain::callback::{AttemptOutcome, AttemptRecord};
use domain::event::Event;
use domain::time::At;
use engine::inlet::Inlet;
use engine::port::{Line, Signal, StreamReader};

/// Most lines that wait for a client.
pub(super) const LINES_MAX: usize = 64;
/// Bytes of waiting lines above which no further one is taken.
pub(super) const BYTES_MAX: usize = 256 * 1024;
/// How long a line is taken to be before a longer one was seen, in bytes.
const LINE_BYTES: usize = BYTES_MAX / LINES_MAX;
/// Lines are put together up to this size, in bytes, as one piece for the connection.
const PIECE_BYTES: usize = 16 * 1024;

/// Wall time.
type Clock = Arc<dyn Fn() -> At + Send + Sync>;

struct Given {
    line: Line,
    at: At,
}

impl Given {
    fn bytes(&self) -> usize {
        self.line.request.body.len() + 1
    }
}

#[derive(Default)]
struct Waiting {
    queue: VecDeque<Given>,
    /// Handed to the connection, not yet written by it; in order.
    out: VecDeque<Given>,
    /// Of both.
    bytes: usize,
    /// The longest line so far, in bytes: room is counted in lines, so the next ones are taken to be as long.
    longest: usize,
    /// The end comes when `out` is written; nothing more is taken.
    closed: bool,
    waker: Option<Waker>,
}

impl Waiting {
    fn room(&self) -> usize {
        if self.closed {
            return 0;
        }
        let lines = LINES_MAX.saturating_sub(self.queue.len() + self.out.len());
        let bytes = BYTES_MAX.saturating_sub(self.bytes);
        lines.min(bytes.div_ceil(self.longest.max(LINE_BYTES)))
    }
}

/// The lines of one client.
pub(super) struct Lines {
    reader: u64,
    peer: String,
    inlet: Inlet,
    clock: Clock,
    waiting: Mutex<Waiting>,
}

impl Lines {
    /// None yet.
    pub(super) fn new(reader: u64, peer: String, inlet: Inlet, clock: Clock) -> Lines {
        Lines { reader, peer, inlet, clock, waiting: Mutex::default() }
    }

    /// The next piece for the connection; none at the end.
    pub(super) fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut waiting = self.lock();
        if waiting.closed && waiting.out.is_empty() {
            return Poll::Ready(None);
        }
        if waiting.closed || waiting.queue.is_empty() {
            waiting.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let mut piece = BytesMut::new();
        while let Some(given) = waiting.queue.pop_front() {
            if !piece.is_empty() && piece.len() + given.bytes() > PIECE_BYTES {
                waiting.queue.push_front(given);
                break;
            }
            piece.reserve(given.bytes());
            piece.put_slice(&given.line.request.body);
            piece.put_u8(b'\n');
            waiting.out.push_back(given);
        }
        Poll::Ready(Some(piece.freeze()))
    }

    /// Everything handed out is written: the engine is told, and of room that was missing.
    pub(super) fn written(&self) {
        let mut waiting = self.lock();
        if waiting.out.is_empty() {
            return;
        }
        let had_room = waiting.room() > 0;
        let out = std::mem::take(&mut waiting.out);
        waiting.bytes -= out.iter().map(Given::bytes).sum::<usize>();
        let has_room = waiting.room() > 0;
        let waker = if waiting.closed { waiting.waker.take() } else { None };
        drop(waiting);
        for given in out {
            self.tell(given);
        }
        if has_room && !had_room {
            self.inlet.signal(Signal::StreamRoom { reader: self.reader });
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn tell(&self, given: Given) {
        let Some((phone, attempts)) = given.line.told else { return };
        let took_ms = (self.clock)().ms_since(given.at);
        let record = AttemptRecord {
            number: attempts + 1,
            started_at: given.at,
            took_ms: u32::try_from(took_ms).unwrap_or(u32::MAX),
            url: "stream".into(),
            status: Some(200),
            failure: None,
            detail: self.peer.clone(),
            content_type: String::new(),
            body: String::new(),
        };
        let outcome = AttemptOutcome { record, answer: Some(Answer::default()), retry_after_ms: None };
        self.inlet.tell(Event::AttemptEnded { callback: given.line.callback, phone, outcome });
    }

    /// Takes nothing more and hands nothing more out.
    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        waiting.bytes -= waiting.queue.iter().map(Given::bytes).sum::<usize>();
        waiting.queue.clear();
    }

    /// What is not written is not ours any more; for the client, if it is there, this is the end.
    pub(super) fn abandon(&self) {
        let before = std::mem::replace(&mut *self.lock(), Waiting { closed: true, ..Waiting::default() });
        if let Some(waker) = before.waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StreamReader for Lines {
    fn room(&self) -> usize {
        self.lock().room()
    }

    fn give(&self, line: Line) {
        let given = Given { line, at: (self.clock)() };
        let waker = {
            let mut waiting = self.lock();
            if waiting.closed {
                return;
            }
            waiting.bytes += given.bytes();
            waiting.longest = waiting.longest.max(given.bytes());
            waiting.queue.push_back(given);
            waiting.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn leave(&self) {
        self.abandon();
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("reader", &self.reader).field("peer", &self.peer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
