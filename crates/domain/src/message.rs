//! A message: what was received or is to be sent, immutable once written, and the states it goes through.

use crate::address::Address;
use crate::directory::Name;
use crate::id::MessageId;
use crate::time::At;

/// Which way a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From a phone.
    Mo,
    /// To a phone.
    Mt,
}

impl Direction {
    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            Direction::Mo => "mo",
            Direction::Mt => "mt",
        }
    }
}

/// Where a message stands; states only move forward (`docs/concepts/life-of-a-message.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageState {
    /// MO: committed, its callback not yet ended.
    Received,
    /// MO: no session and no route wanted it.
    Unrouted,
    /// MO: its callback was answered.
    Answered,
    /// MO: its callback was refused by the application.
    Refused,
    /// MO: its callback used up all attempts; replayable.
    Exhausted,
    /// MT: due later.
    Scheduled,
    /// MT: waiting for the channel.
    Queued,
    /// MT: a submit was written, its result is unknown.
    InDoubt,
    /// MT: all segments taken by the network.
    Submitted,
    /// MT: the network says it arrived.
    Delivered,
    /// MT: the network says it did not arrive.
    Undelivered,
    /// MT: its validity ended first.
    Expired,
    /// MT: the network, or we, refused it for good.
    Rejected,
    /// MT: cancelled before it was submitted.
    Cancelled,
}

impl MessageState {
    /// All states, in the order of their codes.
    pub const ALL: [MessageState; 14] = [
        MessageState::Received,
        MessageState::Unrouted,
        MessageState::Answered,
        MessageState::Refused,
        MessageState::Exhausted,
        MessageState::Scheduled,
        MessageState::Queued,
        MessageState::InDoubt,
        MessageState::Submitted,
        MessageState::Delivered,
        MessageState::Undelivered,
        MessageState::Expired,
        MessageState::Rejected,
        MessageState::Cancelled,
    ];

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            MessageState::Received => "received",
            MessageState::Unrouted => "unrouted",
            MessageState::Answered => "answered",
            MessageState::Refused => "refused",
            MessageState::Exhausted => "exhausted",
            MessageState::Scheduled => "scheduled",
            MessageState::Queued => "queued",
            MessageState::InDoubt => "in_doubt",
            MessageState::Submitted => "submitted",
            MessageState::Delivered => "delivered",
            MessageState::Undelivered => "undelivered",
            MessageState::Expired => "expired",
            MessageState::Rejected => "rejected",
            MessageState::Cancelled => "cancelled",
        }
    }

    /// Reads [`MessageState::name`].
    pub fn parse(name: &str) -> Option<MessageState> {
        MessageState::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The stored code; never reused for another state.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Back from the stored code.
    pub fn from_code(code: u8) -> Option<MessageState> {
        MessageState::ALL.get(code as usize).copied()
    }

    /// True when nothing more is expected. (A late report may still come; it is recorded.)
    pub const fn is_final(self) -> bool {
        !matches!(
            self,
            MessageState::Received
                | MessageState::Scheduled
                | MessageState::Queued
                | MessageState::InDoubt
                | MessageState::Submitted
        )
    }
}

/// One message, immutable once committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its identity.
    pub id: MessageId,
    /// Which way it goes.
    pub direction: Direction,
    /// Tenant; none for an MO that nobody wanted.
    pub account: Option<Name>,
    /// The application it was given to, or that sent it.
    pub application: Option<Name>,
    /// The channel it came from or goes to.
    pub channel: Name,
    /// Sender as written: the phone of an MO, the service address of an MT.
    pub from: Address,
    /// Recipient as written.
    pub to: Address,
    /// The text, at most [`crate::limit::TEXT_BYTES_MAX`] bytes.
    pub text: String,
    /// When it was accepted.
    pub created_at: At,
    /// The message that caused it: the MO of a reply, or of a reprocessed text.
    pub parent: Option<MessageId>,
    /// How often the text was processed again before this one.
    pub hops: u8,
    /// MT: how many segments it has; MO: how many it came in.
    pub segments: u8,
}

impl Message {
    /// The person's end.
    pub const fn phone(&self) -> &Address {
        match self.direction {
            Direction::Mo => &self.from,
            Direction::Mt => &self.to,
        }
    }

    /// Our end.
    pub const fn service_address(&self) -> &Address {
        match self.direction {
            Direction::Mo => &self.to,
            Direction::Mt => &self.from,
        }
    }
}
