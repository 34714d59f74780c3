//! Streams: what an application without a URL reads instead. Each has an order of its own, in which every line keeps its
//! place, so that a reader can say what it has.

use crate::callback::CallbackKind;
use crate::directory::Name;
use crate::id::CallbackId;
use crate::time::At;

/// Which of an application's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamKind {
    /// Messages from phones.
    Messages,
    /// What became of messages to phones.
    Events,
}

impl StreamKind {
    /// Both, in the order of their codes.
    pub const ALL: [StreamKind; 2] = [StreamKind::Messages, StreamKind::Events];

    /// The stream that carries this kind of callback.
    pub const fn of(kind: CallbackKind) -> StreamKind {
        match kind {
            CallbackKind::IncomingMessage => StreamKind::Messages,
            _ => StreamKind::Events,
        }
    }

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            StreamKind::Messages => "messages",
            StreamKind::Events => "events",
        }
    }

    /// The stored code; never reused.
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// A line's place in its stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streamed {
    /// Whose.
    pub application: Name,
    /// Which.
    pub stream: StreamKind,
    /// Its place: the time at which the callback was made, which grows strictly.
    pub at: At,
    /// The line's callback.
    pub callback: CallbackId,
}
