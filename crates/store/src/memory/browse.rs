//! Reading the memory store.

use std::cmp::Reverse;
use std::ops::{Bound, RangeInclusive};

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

use super::state::Stored;
use super::{MemoryBrowse, lock};
use crate::page::{PageMaker, WantedMessages, rows_max, wants_callback};
use crate::record::message::direction_code;

fn listed(stored: &Stored) -> MessageRow {
    MessageRow { message: stored.message.clone(), state: stored.state(), updated_at: stored.updated_at() }
}

fn is_wanted(wanted: &WantedMessages<'_>, stored: &Stored) -> bool {
    let message = &stored.message;
    let (account, application) = (message.account.as_deref(), message.application.as_deref());
    wanted.by_columns(account, application, message.phone().key().as_str(), direction_code(message.direction))
        && wanted.by_text(&message.text)
        && wanted.by_state(stored.state())
}

/// Everything below a cursor.
fn below<T>(cursor: Option<T>) -> (Bound<T>, Bound<T>) {
    (Bound::Unbounded, cursor.map_or(Bound::Unbounded, Bound::Excluded))
}

impl Browse for MemoryBrowse {
    fn message(&self, stamp: Stamp) -> Result<Option<MessageRow>, StoreError> {
        Ok(lock(&self.shared).state.messages.get(&stamp).map(listed))
    }

    fn messages(&self, query: &MessageQuery) -> Result<Page<MessageRow>, StoreError> {
        let shared = lock(&self.shared);
        let wanted = WantedMessages::new(query);
        let mut maker = PageMaker::new(query.limit);
        for (stamp, stored) in shared.state.messages.range(below(query.before)).rev() {
            let key = u128::from(stamp.0);
            if !maker.may_look(key) || (is_wanted(&wanted, stored) && !maker.take(key, listed(stored))) {
                break;
            }
        }
        Ok(maker.page())
    }

    fn timeline(&self, stamp: Stamp) -> Result<Vec<TimelineRow>, StoreError> {
        let shared = lock(&self.shared);
        let rows = shared.state.messages.get(&stamp).map_or(&[][..], |stored| &stored.rows);
        Ok(rows.iter().map(|row| TimelineRow { at: row.at, entries: row.entries.clone() }).collect())
    }

    fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        Ok(lock(&self.shared).state.callbacks.get(&id).cloned())
    }

    fn callbacks(&self, query: &CallbackQuery) -> Result<Page<Callback>, StoreError> {
        let shared = lock(&self.shared);
        let mut maker = PageMaker::new(query.limit);
        for (id, callback) in shared.state.callbacks.range(below(query.before)).rev() {
            let key = id.to_u128();
            let is_failing = callback.failing_since.is_some();
            let is_wanted = wants_callback(query, &callback.application, callback.state, is_failing);
            if !maker.may_look(key) || (is_wanted && !maker.take(key, callback.clone())) {
                break;
            }
        }
        Ok(maker.page())
    }

    fn outgoing(&self, stamp: Stamp) -> Result<Option<Outgoing>, StoreError> {
        Ok(lock(&self.shared).state.outgoing.get(&stamp).cloned())
    }

    fn phone(&self, phone: &AddressKey) -> Result<Option<PhoneRecord>, StoreError> {
        Ok(lock(&self.shared).state.phones.get(phone).cloned())
    }

    fn opt_out(&self, key: &OptOutKey) -> Result<Option<OptOut>, StoreError> {
        Ok(lock(&self.shared).state.opt_outs.get(key).cloned())
    }

    fn opt_outs(&self, account: &str) -> Result<u64, StoreError> {
        let shared = lock(&self.shared);
        Ok(shared.state.opt_outs.keys().filter(|key| *key.account == *account).count() as u64)
    }

    fn streamed_at(
        &self,
        application: &str,
        stream: StreamKind,
        callbacks: RangeInclusive<CallbackId>,
    ) -> Result<Option<At>, StoreError> {
        let shared = lock(&self.shared);
        let mut lines = shared.state.streamed.iter();
        let found = lines.find(|((whose, which, _), callback)| {
            **whose == *application && *which == stream && callbacks.contains(callback)
        });
        Ok(found.map(|((_, _, at), _)| *at))
    }

    fn sessions(&self, query: &SessionQuery) -> Result<Vec<(AddressKey, Session)>, StoreError> {
        let shared = lock(&self.shared);
        let phones = shared.state.phones.iter();
        let phones = phones.filter(|(key, _)| query.phone.as_ref().is_none_or(|wanted| wanted == *key));
        let sessions = phones.flat_map(|(key, phone)| phone.sessions.iter().map(move |session| (key, session)));
        let wanted = sessions.filter(|(_, session)| {
            query.applications.as_ref().is_none_or(|names| names.contains(&session.application))
        });
        Ok(wanted.take(rows_max(query.limit)).map(|(key, session)| (key.clone(), session.clone())).collect())
    }

    fn unmatched(&self, limit: usize) -> Result<Vec<UnmatchedReport>, StoreError> {
        let mut found: Vec<_> = lock(&self.shared).state.unmatched.values().cloned().collect();
        found.sort_by_key(|parked| Reverse(parked.report.received_at));
        found.truncate(limit);
        Ok(found)
    }

    fn series(&self, query: &SeriesQuery) -> Result<Vec<SeriesRow>, StoreError> {
        Ok(lock(&self.shared).state.series.list(query))
    }

    fn series_values(&self, query: &ValuesQuery) -> Result<Vec<SeriesValues>, StoreError> {
        Ok(lock(&self.shared).state.series.values(query))
    }

    fn dashboards(&self, account: &Name) -> Result<Vec<Dashboard>, StoreError> {
        let shared = lock(&self.shared);
        Ok(shared.state.dashboards.get(account).into_iter().flat_map(|known| known.values().cloned()).collect())
    }
}
