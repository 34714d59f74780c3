//! Queries of people and programs, and the pages they get.

use domain::address::AddressKey;
use domain::callback::CallbackState;
use domain::directory::Name;
use domain::id::{CallbackId, Stamp};
use domain::message::{Direction, Message, MessageState};
use domain::metric::SeriesName;
use domain::time::At;

/// Most rows of one page.
pub const PAGE_ROWS_MAX: usize = 200;
/// Most rows looked at for one page of a search; the page then says where to go on.
pub const SCAN_ROWS_MAX: usize = 200_000;

/// Some rows and where the next ones start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where to go on; none at the end.
    pub next: Option<u128>,
}

/// A message as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The message.
    pub message: Message,
    /// Where it stands.
    pub state: MessageState,
    /// When its timeline last grew.
    pub updated_at: At,
}

/// Which messages.
#[derive(Clone, Debug, Default)]
pub struct MessageQuery {
    /// Only of this tenant; none = all (the operator).
    pub account: Option<Name>,
    /// Only of this application.
    pub application: Option<Name>,
    /// Only of this phone.
    pub phone: Option<AddressKey>,
    /// Only with this in the text, whatever the case.
    pub text: Option<String>,
    /// Only this way.
    pub direction: Option<Direction>,
    /// Only in this state.
    pub state: Option<MessageState>,
    /// Only before this one (the cursor).
    pub before: Option<Stamp>,
    /// How many, at most [`PAGE_ROWS_MAX`].
    pub limit: usize,
}

/// Which callbacks.
#[derive(Clone, Debug, Default)]
pub struct CallbackQuery {
    /// Only of these applications; none = all (the operator).
    pub applications: Option<Vec<Name>>,
    /// Only in this state.
    pub state: Option<CallbackState>,
    /// Only such as have failed at least once.
    pub failing: bool,
    /// Only before this one (the cursor).
    pub before: Option<CallbackId>,
    /// How many, at most [`PAGE_ROWS_MAX`].
    pub limit: usize,
}

/// Which sessions.
#[derive(Clone, Debug, Default)]
pub struct SessionQuery {
    /// Only of these applications; none = all (the operator).
    pub applications: Option<Vec<Name>>,
    /// Only of this phone.
    pub phone: Option<AddressKey>,
    /// How many, at most [`PAGE_ROWS_MAX`].
    pub limit: usize,
}

/// Most steps of kept values that one query may look at; finer steps give way to coarser ones.
pub const STEPS_READ_MAX: i64 = 500_000;

/// Which series.
#[derive(Clone, Debug)]
pub struct SeriesQuery {
    /// Of this tenant.
    pub account: Name,
    /// Only with this in the name, whatever the case.
    pub text: Option<String>,
    /// Only behind this name (the cursor).
    pub after: Option<SeriesName>,
    /// How many, at most [`domain::limit::SERIES_MAX`].
    pub limit: usize,
}

/// A series as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesRow {
    /// Its name.
    pub name: SeriesName,
    /// When it got its last value.
    pub last_at: At,
    /// That value.
    pub last_value: f64,
}

/// Which values of which series.
#[derive(Clone, Debug)]
pub struct ValuesQuery {
    /// Of this tenant.
    pub account: Name,
    /// The series.
    pub series: Vec<SeriesName>,
    /// When the first interval begins, in seconds since 1970.
    pub first_s: i64,
    /// How long an interval is, in seconds; at least 1.
    pub interval_s: i64,
    /// How many intervals.
    pub intervals: usize,
    /// The present: says what is still kept in which steps.
    pub now: At,
}

/// The values of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesValues {
    /// The series as lists show it.
    pub row: SeriesRow,
    /// One for each interval.
    pub values: Vec<Option<f64>>,
}
