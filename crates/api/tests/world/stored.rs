//! The store of the test world: plain maps, filtered by what each query says and nothing else, so that a query without
//! its tenant shows too much and a test sees it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Mutex;

use domain::address::AddressKey;
use domain::callback::Callback;
use domain::event::Event;
use domain::id::{CallbackId, Stamp};
use domain::note::TimelineRow;
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::Outgoing;
use domain::phone::{PhoneRecord, Session};
use domain::report::UnmatchedReport;
use domain::stream::{StreamKind, Streamed};
use domain::time::At;
use engine::page::{
    CallbackQuery, MessageQuery, MessageRow, Page, SeriesQuery, SeriesRow, SeriesValues, SessionQuery, ValuesQuery,
};
use engine::port::{Browse, Signal, StoreError};

#[derive(Default)]
pub(crate) struct Stored {
    pub(crate) messages: Mutex<BTreeMap<Stamp, MessageRow>>,
    pub(crate) timelines: Mutex<BTreeMap<Stamp, Vec<TimelineRow>>>,
    pub(crate) callbacks: Mutex<BTreeMap<CallbackId, Callback>>,
    pub(crate) outgoing: Mutex<BTreeMap<Stamp, Outgoing>>,
    pub(crate) sessions: Mutex<Vec<(AddressKey, Session)>>,
    pub(crate) unmatched: Mutex<Vec<UnmatchedReport>>,
    pub(crate) opt_outs: Mutex<BTreeMap<OptOutKey, OptOut>>,
    pub(crate) streamed: Mutex<Vec<Streamed>>,
    /// What the engine was signalled.
    pub(crate) signals: Mutex<Vec<Signal>>,
    /// What the engine was asked.
    pub(crate) events: Mutex<Vec<Event>>,
    /// When set, every query fails with it.
    pub(crate) trouble: Mutex<Option<StoreError>>,
}

impl Stored {
    pub(crate) fn add(&self, row: MessageRow) {
        self.messages.lock().unwrap().insert(row.message.id.stamp, row);
    }

    pub(crate) fn add_callback(&self, callback: Callback) {
        self.callbacks.lock().unwrap().insert(callback.id, callback);
    }

    fn check(&self) -> Result<(), StoreError> {
        self.trouble.lock().unwrap().clone().map_or(Ok(()), Err)
    }
}

impl Browse for Stored {
    fn message(&self, stamp: Stamp) -> Result<Option<MessageRow>, StoreError> {
        self.check()?;
        Ok(self.messages.lock().unwrap().get(&stamp).cloned())
    }

    fn messages(&self, query: &MessageQuery) -> Result<Page<MessageRow>, StoreError> {
        self.check()?;
        let messages = self.messages.lock().unwrap();
        let wanted = |row: &&MessageRow| {
            query.account.is_none() | (row.message.account == query.account)
                && query.application.is_none() | (row.message.application == query.application)
                && query.phone.as_ref().is_none_or(|phone| row.message.phone().key() == *phone)
                && query.text.as_ref().is_none_or(|text| row.message.text.contains(text.as_str()))
                && query.direction.is_none_or(|direction| row.message.direction == direction)
                && query.state.is_none_or(|state| row.state == state)
                && query.before.is_none_or(|before| row.message.id.stamp < before)
        };
        let mut rows: Vec<MessageRow> = messages.values().rev().filter(wanted).take(query.limit + 1).cloned().collect();
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        let next = rows.last().filter(|_| more).map(|row| row.message.id.to_u128());
        Ok(Page { rows, next })
    }

    fn timeline(&self, stamp: Stamp) -> Result<Vec<TimelineRow>, StoreError> {
        self.check()?;
        Ok(self.timelines.lock().unwrap().get(&stamp).cloned().unwrap_or_default())
    }

    fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        self.check()?;
        Ok(self.callbacks.lock().unwrap().get(&id).cloned())
    }

    fn callbacks(&self, query: &CallbackQuery) -> Result<Page<Callback>, StoreError> {
        self.check()?;
        let wanted = |record: &&Callback| {
            query.applications.as_ref().is_none_or(|ids| ids.contains(&record.application))
                && query.state.is_none_or(|state| record.state == state)
                && (!query.failing || record.failing_since.is_some())
                && query.before.is_none_or(|before| record.id < before)
        };
        let rows = self.callbacks.lock().unwrap().values().rev().filter(wanted).take(query.limit).cloned().collect();
        Ok(Page { rows, next: None })
    }

    fn outgoing(&self, stamp: Stamp) -> Result<Option<Outgoing>, StoreError> {
        self.check()?;
        Ok(self.outgoing.lock().unwrap().get(&stamp).cloned())
    }

    fn phone(&self, _phone: &AddressKey) -> Result<Option<PhoneRecord>, StoreError> {
        self.check()?;
        Ok(None)
    }

    fn sessions(&self, query: &SessionQuery) -> Result<Vec<(AddressKey, Session)>, StoreError> {
        self.check()?;
        let wanted = |(phone, session): &&(AddressKey, Session)| {
            query.applications.as_ref().is_none_or(|ids| ids.contains(&session.application))
                && query.phone.as_ref().is_none_or(|wanted| wanted == phone)
        };
        Ok(self.sessions.lock().unwrap().iter().filter(wanted).take(query.limit).cloned().collect())
    }

    fn unmatched(&self, limit: usize) -> Result<Vec<UnmatchedReport>, StoreError> {
        self.check()?;
        Ok(self.unmatched.lock().unwrap().iter().take(limit).cloned().collect())
    }

    fn series(&self, _query: &SeriesQuery) -> Result<Vec<SeriesRow>, StoreError> {
        Ok(Vec::new())
    }

    fn series_values(&self, _query: &ValuesQuery) -> Result<Vec<SeriesValues>, StoreError> {
        Ok(Vec::new())
    }

    fn dashboards(&self, _account: &domain::directory::Name) -> Result<Vec<domain::dashboard::Dashboard>, StoreError> {
        Ok(Vec::new())
    }

    fn opt_out(&self, key: &OptOutKey) -> Result<Option<OptOut>, StoreError> {
        self.check()?;
        Ok(self.opt_outs.lock().unwrap().get(key).cloned())
    }

    fn opt_outs(&self, account: &str) -> Result<u64, StoreError> {
        self.check()?;
        Ok(self.opt_outs.lock().unwrap().keys().filter(|key| &*key.account == account).count() as u64)
    }

    fn streamed_at(
        &self,
        application: &str,
        stream: StreamKind,
        callbacks: RangeInclusive<CallbackId>,
    ) -> Result<Option<At>, StoreError> {
        self.check()?;
        let lines = self.streamed.lock().unwrap();
        let mut own = lines.iter().filter(|line| &*line.application == application && line.stream == stream);
        Ok(own.find(|line| callbacks.contains(&line.callback)).map(|line| line.at))
    }
}
