//! The ports: what the engine asks of the world, and what adapters offer to each other only through it.

mod stream;

use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::address::{Address, AddressKey};
use domain::callback::{Callback, CallbackEvent, CallbackKind, Rendered};
use domain::dashboard::Dashboard;
use domain::decision::Change;
use domain::directory::{Application, Name, SegmentMark};
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::{Message, MessageState};
use domain::note::TimelineRow;
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::Outgoing;
use domain::phone::{PhoneRecord, Session};
use domain::report::UnmatchedReport;
use domain::stream::StreamKind;
use domain::text::segment::Encoding;
use domain::time::At;
use domain::ussd::UssdTurn;
use domain::view::View;

use crate::page::{
    CallbackQuery, MessageQuery, MessageRow, Page, SeriesQuery, SeriesRow, SeriesValues, SessionQuery, ValuesQuery,
};

pub use stream::{Line, StreamReader};

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room: nothing of the batch is durable. Refuse it for now and go on; it may work again.
    #[error("the store is full: {0}")]
    Full(String),
    /// The store cannot be written for another passing reason; nothing of the batch is durable.
    #[error("the store cannot be written now: {0}")]
    Unavailable(String),
    /// It is unknown what is durable (a failed fsync, a failed write of the log): stop at once, never retry.
    #[error("the store failed and it is unknown what is durable: {0}")]
    Fatal(String),
    /// A record cannot be read; others can.
    #[error("a stored record is damaged: {0}")]
    Corrupt(String),
    /// The store was written by a newer version.
    #[error("the store has format {found}, this version knows up to {known}; start the newer version")]
    Newer {
        /// Format of the store.
        found: i64,
        /// Newest format we know.
        known: i64,
    },
}

impl StoreError {
    /// True when the process must stop.
    pub const fn is_fatal(&self) -> bool {
        matches!(self, StoreError::Fatal(_) | StoreError::Newer { .. })
    }
}

/// Unfinished work found at start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfinished {
    /// A pending callback.
    Callback(Callback),
    /// An unfinished MT.
    Outgoing(Outgoing),
    /// A phone with something due.
    Phone {
        /// The phone.
        phone: AddressKey,
        /// When.
        due_at: At,
    },
}

/// What a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Whole days dropped.
    pub days: u32,
    /// Idempotency keys, parked reports, and steps of series forgotten.
    pub rows: u64,
}

/// The record of what was accepted. One owner writes; every call is a batch.
pub trait Store: Send {
    /// Loads what is needed into the view (see [`Needs`]); what is not found stays absent.
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError>;

    /// Commits all changes in one transaction that is durable when this returns `Ok`, or none of them. `at` is the
    /// time of the timeline rows. No `Entry::CallbackMade` in it is still [`domain::note::RequestBody::Told`].
    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError>;

    /// Hands over all unfinished work, once, at start: callbacks in any order, then MTs by id, then phones.
    fn unfinished(&mut self, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError>;

    /// The highest stamp ever stored, 0 when none.
    fn last_stamp(&mut self) -> Result<Stamp, StoreError>;

    /// Messages by stamp, to submit them; absent ones are left out.
    fn messages(&mut self, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError>;

    /// The bodies of callbacks, to attempt them; absent ones are left out.
    fn requests(&mut self, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError>;

    /// At most `limit` lines of a stream after a place, in order, whether delivered or not.
    fn streamed(
        &mut self,
        application: &str,
        stream: StreamKind,
        after: At,
        limit: usize,
    ) -> Result<Vec<(At, CallbackId)>, StoreError>;

    /// Unfinished MTs whose validity (queued) or time (scheduled, submitted, in doubt) is over at `now`, looked for in
    /// the order of stamps after `after`, reading at most [`crate::limit::OVERDUE_SCAN_ROWS`] records. The second part
    /// says where to go on; none at the end.
    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError>;

    /// Drops whole days of finished messages before a time, and forgets what has outlived its use by `now`. Unfinished
    /// work keeps its day.
    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError>;
}

/// Reading for people and programs: apart from the owner's writing, never blocking it. Calls block; run them where
/// blocking is allowed.
pub trait Browse: Send + Sync {
    /// One message with its state.
    fn message(&self, stamp: Stamp) -> Result<Option<MessageRow>, StoreError>;

    /// Messages, newest first.
    fn messages(&self, query: &MessageQuery) -> Result<Page<MessageRow>, StoreError>;

    /// Everything that happened to a message, in order.
    fn timeline(&self, stamp: Stamp) -> Result<Vec<TimelineRow>, StoreError>;

    /// One callback that is pending or kept.
    fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError>;

    /// Pending and kept callbacks, newest first.
    fn callbacks(&self, query: &CallbackQuery) -> Result<Page<Callback>, StoreError>;

    /// An unfinished MT.
    fn outgoing(&self, stamp: Stamp) -> Result<Option<Outgoing>, StoreError>;

    /// What is remembered about a phone.
    fn phone(&self, phone: &AddressKey) -> Result<Option<PhoneRecord>, StoreError>;

    /// Open sessions with their phones.
    fn sessions(&self, query: &SessionQuery) -> Result<Vec<(AddressKey, Session)>, StoreError>;

    /// Reports that matched nothing, newest first, at most `limit`.
    fn unmatched(&self, limit: usize) -> Result<Vec<UnmatchedReport>, StoreError>;

    /// An entry of the opt-out ledger.
    fn opt_out(&self, key: &OptOutKey) -> Result<Option<OptOut>, StoreError>;

    /// How many entries an account has in it.
    fn opt_outs(&self, account: &str) -> Result<u64, StoreError>;

    /// The place of a line in a stream: the first whose callback is in a range of ids.
    fn streamed_at(
        &self,
        application: &str,
        stream: StreamKind,
        callbacks: RangeInclusive<CallbackId>,
    ) -> Result<Option<At>, StoreError>;

    /// Series of an account with their last values, by name.
    fn series(&self, query: &SeriesQuery) -> Result<Vec<SeriesRow>, StoreError>;

    /// Values of series, in the order asked for; series that never had one are left out. Each interval is made of the
    /// steps that begin in it: exactly its values where steps divide intervals.
    fn series_values(&self, query: &ValuesQuery) -> Result<Vec<SeriesValues>, StoreError>;

    /// The dashboards of an account, by number.
    fn dashboards(&self, account: &Name) -> Result<Vec<Dashboard>, StoreError>;
}

/// Turns what is to be told into the bytes of a contract. Pure; called once for each callback, before the commit.
pub trait Contracts: Send {
    /// The bytes for this application; `id` is the callback's, `at` when it was made.
    fn render(&self, event: &CallbackEvent, application: &Application, id: CallbackId, at: At) -> Rendered;
}

/// One attempt to make.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The callback; its id goes with the request.
    pub callback: CallbackId,
    /// What it tells, which says how the answer is read.
    pub kind: CallbackKind,
    /// The phone whose lane it is in; goes back with the result.
    pub phone: AddressKey,
    /// 1 for the first.
    pub number: u32,
    /// Where and how.
    pub application: Arc<Application>,
    /// The bytes.
    pub request: Rendered,
}

/// Makes attempts. For each started one exactly one `Event::AttemptEnded` comes back through the inlet, at the latest
/// when the application's budget of time is over.
pub trait CallbackClient: Send {
    /// Starts an attempt; returns at once.
    fn start(&self, attempt: Attempt);
}

/// One segment to submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOrder {
    /// The MT.
    pub message: MessageId,
    /// The link it goes out on, as named in [`Signal::LinkUp`].
    pub link: u16,
    /// The segment, 0-based.
    pub segment: u8,
    /// How many segments the MT has.
    pub segments: u8,
    /// Reference shared by the segments of the MT.
    pub reference: u16,
    /// How segments are marked when there is more than one.
    pub mark: SegmentMark,
    /// Service address.
    pub from: Address,
    /// Phone.
    pub to: Address,
    /// How the payload is encoded.
    pub encoding: Encoding,
    /// Unpacked septets or UTF-16BE, without header.
    pub payload: Vec<u8>,
    /// How long it is still valid, in milliseconds.
    pub validity_ms: u64,
    /// 0 to 3.
    pub priority: u8,
    /// Whether a report is asked for.
    pub report: bool,
    /// How it takes part in a USSD dialog; none for plain texts.
    pub ussd: Option<UssdTurn>,
}

/// A connection to a network that takes segments. For each order exactly one [`Signal::SubmitEnded`] comes back.
pub trait Channel: Send {
    /// Submits a segment; returns at once. Never more orders are open on a link than its window.
    fn submit(&self, order: SubmitOrder);
}

/// How a network answered an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitAnswer {
    /// Taken.
    Taken {
        /// The id the network gave, as given; may be empty.
        network_id: String,
        /// Canonical spellings of it, the canonical one first.
        spellings: Vec<String>,
    },
    /// Slow down: the same segment goes first when the pause is over, and nothing overtakes it.
    Throttled {
        /// The network's words.
        reason: String,
    },
    /// Refused for now; to be tried again after a pause.
    Temporary {
        /// The network's words.
        reason: String,
    },
    /// Refused for good.
    Refused {
        /// The network's words.
        reason: String,
    },
    /// Written, and no answer came.
    Unknown {
        /// Why.
        reason: String,
    },
    /// Never written: the link was not up.
    NotSent {
        /// Why.
        reason: String,
    },
}

/// What adapters tell the engine that changes no record by itself.
#[derive(Clone, Debug)]
pub enum Signal {
    /// A link can take segments. Links of a channel are numbered from 0.
    LinkUp {
        /// The channel.
        channel: Name,
        /// The link.
        link: u16,
        /// Most segments without an answer.
        window: u32,
    },
    /// A link is gone; orders open on it are answered one by one.
    LinkDown {
        /// The channel.
        channel: Name,
        /// The link.
        link: u16,
    },
    /// The network answered an order.
    SubmitEnded {
        /// The channel.
        channel: Name,
        /// The link.
        link: u16,
        /// The MT.
        message: MessageId,
        /// The segment, 0-based.
        segment: u8,
        /// What came.
        answer: SubmitAnswer,
    },
    /// The network answered an order after all that had been answered with [`SubmitAnswer::Unknown`]. Never `Unknown`
    /// or `NotSent`.
    AnsweredLate {
        /// The channel.
        channel: Name,
        /// The MT.
        message: MessageId,
        /// The segment, 0-based.
        segment: u8,
        /// What came.
        answer: SubmitAnswer,
    },
    /// Somebody reads a stream.
    StreamOpened {
        /// Whose.
        application: Name,
        /// Which.
        stream: StreamKind,
        /// The number of the reader; no other has it while this process runs.
        reader: u64,
        /// It has everything up to this place: that counts as delivered, and what came after is repeated.
        after: Option<At>,
        /// Where lines go.
        to: Arc<dyn StreamReader>,
    },
    /// A reader has room again.
    StreamRoom {
        /// Which.
        reader: u64,
    },
    /// A reader is gone; what it was given and did not write is for others.
    StreamClosed {
        /// Which.
        reader: u64,
    },
    /// The configuration changed.
    Reload(Arc<domain::directory::Directory>),
    /// Stop: no new attempts and submits; the engine ends when those under way have ended or at the deadline.
    Drain,
}

/// What changed in a commit, for those who watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The message.
    pub message: MessageId,
    /// Its tenant, when known in this commit.
    pub account: Option<Name>,
    /// Its application, when known in this commit.
    pub application: Option<Name>,
    /// Its new state, when it changed.
    pub state: Option<MessageState>,
}

/// Told of every commit, after it.
pub trait Feed: Send {
    /// True when somebody watches; otherwise nothing is collected.
    fn is_watched(&self) -> bool;
    /// What a commit changed.
    fn publish(&self, changed: Vec<Changed>);
}

/// The clocks.
pub trait Clock: Send {
    /// Wall time, for records and schedules.
    fn now(&self) -> At;
    /// Monotonic milliseconds, for waits and budgets.
    fn monotonic_ms(&self) -> u64;
}
