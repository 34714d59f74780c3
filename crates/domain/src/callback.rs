//! A callback: one HTTP request owed to an application, from the event it tells to the way it ended.

mod attempt;

use std::sync::Arc;

use crate::address::Address;
use crate::directory::Name;
use crate::id::{CallbackId, MessageId, SegmentNumber};
use crate::report::ReportStatus;
use crate::time::At;
use crate::ussd::{SessionEvent, TransportType};

pub use attempt::{AttemptFailure, AttemptOutcome, AttemptRecord};

/// What a callback tells. Each contract turns it into its own request once, before the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackEvent {
    /// An MO for the application.
    IncomingMessage {
        /// The MO.
        message: MessageId,
        /// The person's end.
        phone: Address,
        /// Our end.
        service_address: Address,
        /// The text.
        text: String,
        /// When we received it.
        sent_at: At,
        /// The phone becomes a subscriber once this callback has ended.
        auto_subscribe: bool,
        /// The phone already got the keyword's text.
        auto_responded: bool,
        /// The channel it came on.
        channel: Name,
        /// What kind of network that is.
        transport: TransportType,
        /// What it does to its USSD dialog.
        session_event: Option<SessionEvent>,
    },
    /// The network's word on one segment of an MT.
    DeliveryReport {
        /// The MT.
        message: MessageId,
        /// Its segment.
        segment: SegmentNumber,
        /// What the network says.
        status: ReportStatus,
        /// No further word is expected.
        is_final: bool,
        /// The person's end.
        phone: Address,
    },
    /// The network took the whole of an MT.
    Ack {
        /// The MT.
        message: MessageId,
        /// The network's id of its first segment; empty when it gave none.
        network_id: String,
        /// The channel.
        channel: Name,
    },
    /// An MT will not be sent.
    Nack {
        /// The MT.
        message: MessageId,
        /// Why, in words.
        reason: String,
        /// The channel.
        channel: Name,
    },
    /// The network's word on the whole of an MT.
    MessageReport {
        /// The MT.
        message: MessageId,
        /// What the network says.
        status: ReportStatus,
        /// No further word is expected.
        is_final: bool,
        /// The channel.
        channel: Name,
    },
    /// A session ended.
    SessionClosed {
        /// The person's end.
        phone: Address,
        /// Our end.
        service_address: Address,
    },
    /// A text was processed again too often.
    AutoReplyLoop {
        /// The person's end.
        phone: Address,
    },
    /// A phone became a subscriber.
    SubscriptionCreated {
        /// The person's end.
        phone: Address,
    },
}

/// The kind of a [`CallbackEvent`], kept with the callback because it says how the answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallbackKind {
    /// See [`CallbackEvent::IncomingMessage`].
    IncomingMessage,
    /// See [`CallbackEvent::DeliveryReport`] and [`CallbackEvent::MessageReport`].
    DeliveryReport,
    /// See [`CallbackEvent::SessionClosed`].
    SessionClosed,
    /// See [`CallbackEvent::AutoReplyLoop`].
    AutoReplyLoop,
    /// See [`CallbackEvent::SubscriptionCreated`].
    SubscriptionCreated,
    /// See [`CallbackEvent::Ack`].
    Ack,
    /// See [`CallbackEvent::Nack`].
    Nack,
}

impl CallbackKind {
    /// All kinds, in the order of their codes.
    pub const ALL: [CallbackKind; 7] = [
        CallbackKind::IncomingMessage,
        CallbackKind::DeliveryReport,
        CallbackKind::SessionClosed,
        CallbackKind::AutoReplyLoop,
        CallbackKind::SubscriptionCreated,
        CallbackKind::Ack,
        CallbackKind::Nack,
    ];

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            CallbackKind::IncomingMessage => "incoming_message",
            CallbackKind::DeliveryReport => "delivery_report",
            CallbackKind::SessionClosed => "session_closed",
            CallbackKind::AutoReplyLoop => "auto_reply_loop",
            CallbackKind::SubscriptionCreated => "subscription_created",
            CallbackKind::Ack => "ack",
            CallbackKind::Nack => "nack",
        }
    }

    /// The stored code; never reused.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Back from the stored code.
    pub fn from_code(code: u8) -> Option<CallbackKind> {
        CallbackKind::ALL.get(code as usize).copied()
    }
}

impl CallbackEvent {
    /// Its kind.
    pub const fn kind(&self) -> CallbackKind {
        match self {
            CallbackEvent::IncomingMessage { .. } => CallbackKind::IncomingMessage,
            CallbackEvent::DeliveryReport { .. } | CallbackEvent::MessageReport { .. } => CallbackKind::DeliveryReport,
            CallbackEvent::Ack { .. } => CallbackKind::Ack,
            CallbackEvent::Nack { .. } => CallbackKind::Nack,
            CallbackEvent::SessionClosed { .. } => CallbackKind::SessionClosed,
            CallbackEvent::AutoReplyLoop { .. } => CallbackKind::AutoReplyLoop,
            CallbackEvent::SubscriptionCreated { .. } => CallbackKind::SubscriptionCreated,
        }
    }
}

/// What a callback's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

impl BodyType {
    /// The `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        match self {
            BodyType::Form => "application/x-www-form-urlencoded",
            BodyType::Json => "application/json; charset=utf-8",
        }
    }
}

/// The bytes of a callback, made once and the same on every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// What the body is.
    pub body_type: BodyType,
    /// The body.
    pub body: Arc<[u8]>,
}

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallbackState {
    /// Owed: waiting for its turn, being attempted, or waiting for the next attempt.
    Pending,
    /// The application took it.
    Answered,
    /// The application said no for good.
    Refused,
    /// All attempts used up; kept and replayable.
    Exhausted,
    /// Withdrawn.
    Cancelled,
}

impl CallbackState {
    /// All states, in the order of their codes.
    pub const ALL: [CallbackState; 5] = [
        CallbackState::Pending,
        CallbackState::Answered,
        CallbackState::Refused,
        CallbackState::Exhausted,
        CallbackState::Cancelled,
    ];

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            CallbackState::Pending => "pending",
            CallbackState::Answered => "answered",
            CallbackState::Refused => "refused",
            CallbackState::Exhausted => "exhausted",
            CallbackState::Cancelled => "cancelled",
        }
    }

    /// Reads [`CallbackState::name`].
    pub fn parse(name: &str) -> Option<CallbackState> {
        CallbackState::ALL.into_iter().find(|s| s.name() == name)
    }

    /// The stored code; never reused.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Back from the stored code.
    pub fn from_code(code: u8) -> Option<CallbackState> {
        CallbackState::ALL.get(code as usize).copied()
    }
}

/// The small changing record of a callback. Its body is in the timeline of its message.
/// Pending and kept (refused, exhausted) callbacks have one; an answered one lives on in the timeline alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Callback {
    /// Its identity; the stamp is that of its message.
    pub id: CallbackId,
    /// The message it belongs to.
    pub message: MessageId,
    /// Whom it is owed to.
    pub application: Name,
    /// The person's end, as written; its key and the application are the lane.
    pub phone: Address,
    /// Our end.
    pub service_address: Address,
    /// The channel of the message: replies go out on it.
    pub channel: Name,
    /// How often the text was processed again before.
    pub hops: u8,
    /// What it tells.
    pub kind: CallbackKind,
    /// Where it stands.
    pub state: CallbackState,
    /// When it was made, or last replayed: the time for attempts counts from here.
    pub created_at: At,
    /// Not before this.
    pub due_at: At,
    /// Attempts that have ended.
    pub attempts: u32,
    /// When the first attempt ended without success, if one has: `order_hold` counts from here.
    pub failing_since: Option<At>,
    /// The lane has moved on; this callback goes on alone.
    pub detached: bool,
    /// The phone becomes a subscriber once this callback has ended.
    pub subscribe: Option<Subscribe>,
}

/// A subscription that waits for the end of its callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// The text the new subscriber gets, when there is one.
    pub confirmation: Option<String>,
}
