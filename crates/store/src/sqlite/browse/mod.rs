//! Reading for people and programs, over a few connections that never block the one that writes. Every call reads one
//! state of the file, whatever is committed meanwhile.

mod lists;
mod messages;
mod pool;

use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::address::AddressKey;
use domain::callback::Callback;
use domain::dashboard::Dashboard;
use domain::directory::Name;
use domain::id::{CallbackId, Stamp};
use domain::note::TimelineRow;
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::Outgoing;
use domain::phone::{PhoneRecord, Session};
use domain::report::UnmatchedReport;
use domain::stream::StreamKind;
use domain::time::At;
use engine::page::{
    CallbackQuery, MessageQuery, MessageRow, Page, SeriesQuery, SeriesRow, SeriesValues, SessionQuery, ValuesQuery,
};
use engine::port::{Browse, StoreError};

use self::pool::Pool;
use super::open::Place;

/// A handle for reading; clones share their connections.
#[derive(Clone)]
pub struct SqliteBrowse {
    pool: Arc<Pool>,
}

impl SqliteBrowse {
    pub(crate) fn new(place: Arc<Place>) -> SqliteBrowse {
        SqliteBrowse { pool: Arc::new(Pool::new(place)) }
    }
}

impl Browse for SqliteBrowse {
    fn message(&self, stamp: Stamp) -> Result<Option<MessageRow>, StoreError> {
        self.pool.read(|connection| messages::message(connection, stamp))
    }

    fn messages(&self, query: &MessageQuery) -> Result<Page<MessageRow>, StoreError> {
        self.pool.read(|connection| messages::list(connection, query))
    }

    fn timeline(&self, stamp: Stamp) -> Result<Vec<TimelineRow>, StoreError> {
        self.pool.read(|connection| messages::timeline(connection, stamp))
    }

    fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        self.pool.read(|connection| lists::callback(connection, id))
    }

    fn callbacks(&self, query: &CallbackQuery) -> Result<Page<Callback>, StoreError> {
        self.pool.read(|connection| lists::callbacks(connection, query))
    }

    fn outgoing(&self, stamp: Stamp) -> Result<Option<Outgoing>, StoreError> {
        self.pool.read(|connection| super::load::outgoing(connection, stamp))
    }

    fn phone(&self, phone: &AddressKey) -> Result<Option<PhoneRecord>, StoreError> {
        self.pool.read(|connection| lists::phone(connection, phone))
    }

    fn opt_out(&self, key: &OptOutKey) -> Result<Option<OptOut>, StoreError> {
        self.pool.read(|connection| super::opt_outs::find(connection, key))
    }

    fn opt_outs(&self, account: &str) -> Result<u64, StoreError> {
        self.pool.read(|connection| super::opt_outs::count(connection, account))
    }

    fn streamed_at(
        &self,
        application: &str,
        stream: StreamKind,
        callbacks: RangeInclusive<CallbackId>,
    ) -> Result<Option<At>, StoreError> {
        self.pool.read(|connection| super::streamed::place(connection, application, stream, callbacks.clone()))
    }

    fn sessions(&self, query: &SessionQuery) -> Result<Vec<(AddressKey, Session)>, StoreError> {
        self.pool.read(|connection| lists::sessions(connection, query))
    }

    fn unmatched(&self, limit: usize) -> Result<Vec<UnmatchedReport>, StoreError> {
        self.pool.read(|connection| lists::unmatched(connection, limit))
    }

    fn series(&self, query: &SeriesQuery) -> Result<Vec<SeriesRow>, StoreError> {
        self.pool.read(|connection| super::series::list(connection, query))
    }

    fn series_values(&self, query: &ValuesQuery) -> Result<Vec<SeriesValues>, StoreError> {
        self.pool.read(|connection| super::series::values(connection, query))
    }

    fn dashboards(&self, account: &Name) -> Result<Vec<Dashboard>, StoreError> {
        self.pool.read(|connection| super::dashboard::list(connection, account))
    }
}
