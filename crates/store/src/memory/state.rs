//! Everything the memory store holds, and what a change does to it.

use std::collections::BTreeMap;

use domain::address::AddressKey;
use domain::callback::{Callback, CallbackState, Rendered};
use domain::dashboard::Dashboard;
use domain::decision::{Change, RepeatableSend};
use domain::directory::Name;
use domain::event::Needs;
use domain::id::{CallbackId, Stamp};
use domain::message::{Message, MessageState};
use domain::note::{Entry, RequestBody};
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::{Outgoing, SentSegment};
use domain::phone::PhoneRecord;
use domain::report::UnmatchedReport;
use domain::stream::StreamKind;
use domain::time::At;
use domain::view::{Finished, View};
use engine::port::Swept;

use super::series::SeriesShelf;
use crate::limit::{STREAMED_KEPT_MS, UNMATCHED_KEPT_MS};

/// A message with its timeline.
pub(crate) struct Stored {
    pub(crate) message: Message,
    /// Never empty: the first row came with the message.
    pub(crate) rows: Vec<StoredRow>,
}

pub(crate) struct StoredRow {
    pub(crate) at: At,
    state: Option<MessageState>,
    pub(crate) entries: Vec<Entry>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) messages: BTreeMap<Stamp, Stored>,
    pub(crate) callbacks: BTreeMap<CallbackId, Callback>,
    pub(crate) outgoing: BTreeMap<Stamp, Outgoing>,
    pub(crate) phones: BTreeMap<AddressKey, PhoneRecord>,
    /// By channel, network id and day; networks use ids again.
    sent: BTreeMap<(Name, String), BTreeMap<i32, SentSegment>>,
    pub(crate) unmatched: BTreeMap<(Name, String), UnmatchedReport>,
    idempotency: BTreeMap<(Name, String), RepeatableSend>,
    pub(crate) series: SeriesShelf,
    pub(crate) dashboards: BTreeMap<Name, BTreeMap<u32, Dashboard>>,
    pub(crate) opt_outs: BTreeMap<OptOutKey, OptOut>,
    /// Lines of streams in their order.
    pub(crate) streamed: BTreeMap<(Name, StreamKind, At), CallbackId>,
    pub(crate) last_stamp: Stamp,
}

impl Stored {
    /// What the newest row that tells a state says.
    pub(crate) fn state(&self) -> MessageState {
        self.rows.iter().rev().find_map(|row| row.state).unwrap_or(MessageState::Received)
    }

    pub(crate) fn updated_at(&self) -> At {
        self.rows.last().map_or(self.message.created_at, |row| row.at)
    }
}

impl State {
    pub(crate) fn apply(&mut self, at: At, change: &Change) {
        match change {
            Change::AddMessage { message, state, entries } => {
                let first = StoredRow { at, state: Some(*state), entries: entries.clone() };
                self.last_stamp = self.last_stamp.max(message.id.stamp);
                self.messages.insert(message.id.stamp, Stored { message: message.clone(), rows: vec![first] });
            }
            Change::AddEntries { message, state, entries } => {
                if let Some(stored) = self.messages.get_mut(&message.stamp) {
                    stored.rows.push(StoredRow { at, state: *state, entries: entries.clone() });
                }
            }
            Change::PutCallback(callback) => {
                self.callbacks.insert(callback.id, callback.clone());
            }
            Change::EndCallback { id } => {
                self.callbacks.remove(id);
            }
            Change::PutOutgoing(outgoing) => {
                self.outgoing.insert(outgoing.id.stamp, outgoing.clone());
            }
            Change::EndOutgoing { id, .. } => {
                self.outgoing.remove(&id.stamp);
            }
            Change::PutPhone(record) if record.is_empty() => {
                self.phones.remove(&record.key);
            }
            Change::PutPhone(record) => {
                self.last_stamp = self.last_stamp.max(record.last_stamp().unwrap_or_default());
                self.phones.insert(record.key.clone(), record.clone());
            }
            Change::AddSent { channel, network_id, segment } => {
                let days = self.sent.entry((channel.clone(), network_id.clone())).or_default();
                days.insert(segment.message.stamp.day(), *segment);
            }
            Change::ParkReport(report) => {
                let key = (Name::from(report.channel.as_str()), report.network_id.clone());
                self.unmatched.insert(key, report.clone());
            }
            Change::DropParked { channel, network_id } => {
                self.unmatched.remove(&(channel.clone(), network_id.clone()));
            }
            Change::PutOptOut(opt_out) => {
                self.opt_outs.insert(opt_out.key(), opt_out.clone());
            }
            Change::DropOptOut(key) => {
                self.opt_outs.remove(key);
            }
            Change::AddStreamed(line) => {
                self.streamed.insert((line.application.clone(), line.stream, line.at), line.callback);
            }
            Change::AddPoints { account, points, .. } => self.series.add(at, account, points),
            Change::PutDashboard { account, dashboard } => {
                self.dashboards.entry(account.clone()).or_default().insert(dashboard.id, dashboard.clone());
            }
            Change::DropDashboard { account, id } => {
                if let Some(dashboards) = self.dashboards.get_mut(account) {
                    dashboards.remove(id);
                }
            }
            Change::RememberSend(send) => {
                self.idempotency.insert((send.account.clone(), send.key.clone()), send.clone());
            }
        }
    }

    pub(crate) fn load(&self, needs: &Needs, view: &mut View) {
        view.phones.extend(needs.phones.iter().filter_map(|key| Some((key.clone(), self.phones.get(key)?.clone()))));
        view.callbacks.extend(needs.callbacks.iter().filter_map(|id| Some((*id, self.callbacks.get(id)?.clone()))));
        view.outgoing.extend(needs.outgoing.iter().filter_map(|k| Some((*k, self.outgoing.get(k)?.clone()))));
        view.unmatched
            .extend(needs.unmatched.iter().filter_map(|key| Some((key.clone(), self.unmatched.get(key)?.clone()))));
        view.idempotency
            .extend(needs.idempotency.iter().filter_map(|key| Some((key.clone(), self.idempotency.get(key)?.clone()))));
        view.opt_outs
            .extend(needs.opt_outs.iter().filter_map(|key| Some((key.clone(), self.opt_outs.get(key)?.clone()))));
        view.series.extend(needs.series.iter().filter_map(|key| Some((key.clone(), self.series.names(key)?))));
        view.dashboards
            .extend(needs.dashboards.iter().filter_map(|key| Some((key.clone(), self.dashboards.get(key)?.clone()))));
        for wanted in &needs.sent {
            if let Some((_, segment)) = self.sent.get(wanted).and_then(BTreeMap::last_key_value) {
                view.sent.insert(wanted.clone(), *segment);
                self.load_sent_message(segment.message.stamp, view);
            }
        }
    }

    fn load_sent_message(&self, stamp: Stamp, view: &mut View) {
        if let Some(outgoing) = self.outgoing.get(&stamp) {
            view.outgoing.insert(stamp, outgoing.clone());
        } else if let Some(stored) = self.messages.get(&stamp) {
            view.finished.insert(stamp, Finished { state: stored.state(), segments: stored.message.segments });
        }
    }

    /// The body of a callback, from the timeline it was made in.
    pub(crate) fn request(&self, callback: CallbackId) -> Option<Rendered> {
        let entries = self.messages.get(&callback.stamp)?.rows.iter().flat_map(|row| &row.entries);
        entries.into_iter().find_map(|entry| match entry {
            Entry::CallbackMade { id, request: RequestBody::Rendered(body), .. } if *id == callback => {
                Some(body.clone())
            }
            _ => None,
        })
    }

    pub(crate) fn sweep(&mut self, before: At, now: At) -> Swept {
        let mut busy: Vec<i32> = self.outgoing.keys().map(|stamp| stamp.day()).collect();
        let pending = self.callbacks.values().filter(|callback| callback.state == CallbackState::Pending);
        busy.extend(pending.map(|callback| callback.id.stamp.day()));
        let mut days: Vec<i32> = self.messages.keys().map(|stamp| stamp.day()).collect();
        days.dedup();
        days.retain(|day| *day < before.day() && !busy.contains(day));
        self.messages.retain(|stamp, _| !days.contains(&stamp.day()));
        self.callbacks.retain(|id, _| !days.contains(&id.stamp.day()));
        self.sent.retain(|_, segments| {
            segments.retain(|day, _| !days.contains(day));
            !segments.is_empty()
        });
        let rows = self.idempotency.len() + self.unmatched.len() + self.streamed.len();
        self.idempotency.retain(|_, send| send.until > now);
        let kept_from = At(now.0.saturating_sub_unsigned(UNMATCHED_KEPT_MS * 1000));
        self.unmatched.retain(|_, parked| parked.report.received_at >= kept_from);
        let lines_from = At(now.0.saturating_sub_unsigned(STREAMED_KEPT_MS * 1000));
        let callbacks = &self.callbacks;
        let is_owed = |id: &CallbackId| callbacks.get(id).is_some_and(|c| c.state == CallbackState::Pending);
        self.streamed.retain(|(_, _, at), callback| *at >= lines_from || is_owed(callback));
        let left = self.idempotency.len() + self.unmatched.len() + self.streamed.len();
        let steps = self.series.sweep(now);
        Swept { days: u32::try_from(days.len()).unwrap_or(u32::MAX), rows: (rows - left) as u64 + steps }
    }
}
