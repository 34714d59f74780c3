//! What the engine asks of those who read streams.

use std::fmt;

use domain::address::AddressKey;
use domain::callback::Rendered;
use domain::id::CallbackId;

/// A line of a stream.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its callback.
    pub callback: CallbackId,
    /// Phone and attempts so far, which go back with the result. None: it has been delivered before and is repeated
    /// because the reader asked for what came after its cursor; nothing is told of it.
    pub told: Option<(AddressKey, u32)>,
    /// What is written, without the end of the line.
    pub request: Rendered,
}

/// Somebody who reads a stream. For each line that is not repeated an `Event::AttemptEnded` comes when it is written; of
/// those that are not written when the reader goes, nothing comes.
pub trait StreamReader: Send + Sync + fmt::Debug {
    /// How many lines it takes now.
    fn room(&self) -> usize;
    /// Gives it a line. Never more than there is room.
    fn give(&self, line: Line);
    /// Somebody came back to this stream with a place and is its only reader from now on: ends this one.
    fn leave(&self);
}
