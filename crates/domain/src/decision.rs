//! What a decision says: the changes to commit in one transaction, and what the asker is told after the commit.
//!
//! Effects (start an attempt, submit a segment, set a timer) need no list of their own: they follow from the records
//! that changed, and the engine runs them only when the transaction is durable.

use std::fmt;
use std::sync::Arc;

use crate::callback::Callback;
use crate::dashboard::Dashboard;
use crate::directory::Name;
use crate::id::{CallbackId, MessageId};
use crate::message::{Message, MessageState};
use crate::metric::{Point, SeriesName};
use crate::note::Entry;
use crate::opt_out::{OptOut, OptOutKey};
use crate::outgoing::{Outgoing, SentSegment};
use crate::phone::PhoneRecord;
use crate::report::UnmatchedReport;
use crate::stream::Streamed;
use crate::time::At;

/// One change to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new message with the first row of its timeline.
    AddMessage {
        /// The message.
        message: Message,
        /// Its first state.
        state: MessageState,
        /// Its first entries.
        entries: Vec<Entry>,
    },
    /// A further row of a message's timeline.
    AddEntries {
        /// The message.
        message: MessageId,
        /// Its state from now on; none = unchanged.
        state: Option<MessageState>,
        /// The entries.
        entries: Vec<Entry>,
    },
    /// A callback is new or changed.
    PutCallback(Callback),
    /// A callback is answered or cancelled; its small record goes, the timeline keeps it.
    EndCallback {
        /// Which.
        id: CallbackId,
    },
    /// An unfinished MT is new or changed.
    PutOutgoing(Outgoing),
    /// An MT is finished; its small record goes.
    EndOutgoing {
        /// Which.
        id: MessageId,
        /// How it ended.
        state: MessageState,
        /// How many segments it had.
        segments: u8,
    },
    /// A phone record changed; an empty one is dropped.
    PutPhone(PhoneRecord),
    /// The network took a segment under an id.
    AddSent {
        /// The channel.
        channel: Name,
        /// The canonical spelling of the id.
        network_id: String,
        /// The segment.
        segment: SentSegment,
    },
    /// A report matched nothing yet.
    ParkReport(UnmatchedReport),
    /// A parked report found its message.
    DropParked {
        /// The channel.
        channel: Name,
        /// The id it was filed under.
        network_id: String,
    },
    /// A send may be repeated under its key.
    RememberSend(RepeatableSend),
    /// A phone opted out.
    PutOptOut(OptOut),
    /// A phone may get sends again.
    DropOptOut(OptOutKey),
    /// A callback has its place in a stream.
    AddStreamed(Streamed),
    /// Values for series, as of the time of the commit.
    AddPoints {
        /// Tenant.
        account: Name,
        /// The values, in order.
        points: Arc<[Point]>,
        /// Those of their series that the account did not have yet, each once.
        new_series: Vec<SeriesName>,
    },
    /// A dashboard is new or changed.
    PutDashboard {
        /// Tenant.
        account: Name,
        /// The dashboard.
        dashboard: Dashboard,
    },
    /// A dashboard is gone.
    DropDashboard {
        /// Tenant.
        account: Name,
        /// Its number.
        id: u32,
    },
}

/// One message that a send became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// Its id.
    pub id: MessageId,
    /// How many segments it has.
    pub segments: u8,
    /// Whether it waits for its time.
    pub scheduled: bool,
}

/// What a send under an idempotency key was and became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepeatableSend {
    /// Tenant.
    pub account: Name,
    /// The key.
    pub key: String,
    /// A hash of the request.
    pub fingerprint: [u8; 16],
    /// What it became, in the order of the recipients.
    pub messages: Vec<SentMessage>,
    /// When to forget it.
    pub until: At,
}

/// What the asker is told once the transaction is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The event was taken; nothing more to say.
    Done,
    /// The MO is accepted (or suppressed as a duplicate): acknowledge it.
    Accepted {
        /// The message.
        message: MessageId,
    },
    /// The send is accepted.
    Sent {
        /// In the order of the recipients.
        messages: Vec<SentMessage>,
        /// The same send was accepted before under this key.
        repeated: bool,
    },
    /// So many MTs were cancelled.
    Cancelled {
        /// How many.
        count: usize,
    },
    /// So many sessions were closed.
    Closed {
        /// How many.
        count: usize,
    },
    /// The entry of the opt-out ledger that was made, or removed.
    OptOut(OptOut),
    /// A dashboard is as wished.
    Dashboard {
        /// Its number.
        id: u32,
    },
    /// An expected no. Nothing was changed.
    Refused(Refusal),
}

/// An expected no, with a code and a sentence (`docs/operate/codes/`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No service address was given and the application has none.
    NoSender,
    /// No channel serves the service address, or it belongs to another account.
    UnknownSender {
        /// The address.
        from: String,
    },
    /// The application does not exist or belongs to another account.
    UnknownApplication,
    /// The text is empty.
    EmptyText,
    /// The text needs more segments than allowed.
    TextTooLong {
        /// How many it needs.
        segments: usize,
    },
    /// No recipient, or too many.
    Recipients {
        /// How many there were.
        count: usize,
    },
    /// The time to send is too far ahead.
    Schedule,
    /// Another request was sent under the same key.
    KeyReused,
    /// There is no such thing, or it is not the asker's.
    NotFound,
    /// The callback is still owed; there is nothing to replay.
    StillPending,
    /// A recipient opted out.
    OptedOut {
        /// Who, as given.
        to: String,
    },
    /// The phone opted out before.
    OptOutExists,
    /// The account would have more series of metrics than allowed.
    TooManySeries {
        /// How many it would have.
        count: usize,
    },
    /// There are as many as there may be.
    DashboardLimit {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// The name of a dashboard or the title of a chart is none.
    DashboardName,
}

impl Refusal {
    /// The code with a page under `docs/operate/codes/`.
    pub const fn code(&self) -> &'static str {
        match self {
            Refusal::NoSender => "HS-1101",
            Refusal::UnknownSender { .. } => "HS-1102",
            Refusal::UnknownApplication => "HS-1103",
            Refusal::EmptyText => "HS-1104",
            Refusal::TextTooLong { .. } => "HS-1105",
            Refusal::Recipients { .. } => "HS-1106",
            Refusal::Schedule => "HS-1107",
            Refusal::KeyReused => "HS-1108",
            Refusal::NotFound => "HS-1109",
            Refusal::StillPending => "HS-1110",
            Refusal::TooManySeries { .. } => "HS-1141",
            Refusal::DashboardLimit { .. } => "HS-1142",
            Refusal::DashboardName => "HS-1143",
            Refusal::OptedOut { .. } => "HS-1111",
            Refusal::OptOutExists => "HS-1112",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoSender => {
                f.write_str("say which service address to send from: the application has no route of its own")
            }
            Refusal::UnknownSender { from } => {
                write!(f, "{from} is no service address of this account; use one that a channel lists under addresses")
            }
            Refusal::UnknownApplication => f.write_str("there is no such application in this account"),
            Refusal::EmptyText => f.write_str("the text is empty; send at least one character"),
            Refusal::TextTooLong { segments } => {
                write!(
                    f,
                    "the text needs {segments} segments, at most {} are possible; shorten it",
                    crate::limit::SEGMENTS_MAX
                )
            }
            Refusal::Recipients { count } => {
                write!(f, "{count} recipients; give between 1 and {}", crate::limit::RECIPIENTS_MAX)
            }
            Refusal::Schedule => f.write_str("the time to send is more than 366 days ahead"),
            Refusal::KeyReused => f.write_str(
                "another request was sent under this Idempotency-Key in the last 24 h; use a new key for a new request",
            ),
            Refusal::NotFound => f.write_str("there is no such thing here"),
            Refusal::TooManySeries { count } => {
                write!(
                    f,
                    "the account would have {count} series of metrics, at most {} are possible; use fewer names",
                    crate::limit::SERIES_MAX
                )
            }
            Refusal::DashboardLimit { what, most } => {
                write!(f, "there are {most} {what}, more are not possible; remove one first")
            }
            Refusal::DashboardName => {
                write!(f, "give a name of 1 to {} characters on one line", crate::limit::DASHBOARD_NAME_CHARS_MAX)
            }
            Refusal::StillPending => {
                f.write_str("the callback is still being attempted; only an ended one can be replayed")
            }
            Refusal::OptedOut { to } => {
                write!(f, "{to} opted out of messages of this account; remove the opt-out if the person asks for it")
            }
            Refusal::OptOutExists => f.write_str("this address opted out before"),
        }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// To commit, in order, in one transaction.
    pub changes: Vec<Change>,
    /// To tell the asker afterwards.
    pub outcome: Outcome,
}

impl Decision {
    /// A decision that changes something.
    pub const fn new(changes: Vec<Change>, outcome: Outcome) -> Decision {
        Decision { changes, outcome }
    }

    /// A refusal.
    pub const fn refused(refusal: Refusal) -> Decision {
        Decision { changes: Vec::new(), outcome: Outcome::Refused(refusal) }
    }

    /// Nothing to do.
    pub const fn nothing() -> Decision {
        Decision { changes: Vec::new(), outcome: Outcome::Done }
    }
}
