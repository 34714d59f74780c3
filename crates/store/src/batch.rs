//! The net effect of a batch: changes sorted by the kind of record they touch, of several changes of one small record
//! only the last. A record that changes ten times in a batch is written once, and rows are written in key order.

use std::collections::BTreeMap;

use domain::callback::Callback;
use domain::dashboard::Dashboard;
use domain::decision::{Change, RepeatableSend};
use domain::directory::Name;
use domain::id::{CallbackId, Stamp};
use domain::message::{Message, MessageState};
use domain::metric::SeriesName;
use domain::note::Entry;
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::{Outgoing, SentSegment};
use domain::phone::PhoneRecord;
use domain::report::UnmatchedReport;

use crate::series::Fired;
use domain::stream::Streamed;

/// A message with the first row of its timeline.
pub(crate) struct NewMessage<'c> {
    pub(crate) message: &'c Message,
    pub(crate) state: MessageState,
    pub(crate) entries: &'c [Entry],
}

/// A further row of a timeline.
pub(crate) struct NewEntries<'c> {
    pub(crate) stamp: Stamp,
    pub(crate) state: Option<MessageState>,
    pub(crate) entries: &'c [Entry],
}

/// A network id of a segment.
pub(crate) struct NewSent<'c> {
    pub(crate) channel: &'c str,
    pub(crate) network_id: &'c str,
    pub(crate) segment: &'c SentSegment,
}

/// The net effect of a batch. `None` for a small record: it goes.
#[derive(Default)]
pub(crate) struct Batch<'c> {
    pub(crate) messages: Vec<NewMessage<'c>>,
    pub(crate) entries: Vec<NewEntries<'c>>,
    pub(crate) callbacks: BTreeMap<CallbackId, Option<&'c Callback>>,
    pub(crate) outgoing: BTreeMap<Stamp, Option<&'c Outgoing>>,
    pub(crate) phones: BTreeMap<&'c str, Option<&'c PhoneRecord>>,
    pub(crate) sent: Vec<NewSent<'c>>,
    pub(crate) unmatched: BTreeMap<(&'c str, &'c str), Option<&'c UnmatchedReport>>,
    pub(crate) sends: BTreeMap<(&'c str, &'c str), &'c RepeatableSend>,
    pub(crate) points: BTreeMap<&'c Name, BTreeMap<&'c SeriesName, Fired>>,
    pub(crate) dashboards: BTreeMap<(&'c str, u32), Option<&'c Dashboard>>,
    pub(crate) opt_outs: BTreeMap<OptOutKey, Option<&'c OptOut>>,
    pub(crate) streamed: Vec<&'c Streamed>,
}

impl<'c> Batch<'c> {
    /// Sorts changes, which came in the order in which they were decided.
    pub(crate) fn of(changes: &'c [Change]) -> Batch<'c> {
        let mut batch = Batch::default();
        for change in changes {
            batch.add(change);
        }
        batch
    }

    fn add(&mut self, change: &'c Change) {
        match change {
            Change::AddMessage { message, state, entries } => {
                self.messages.push(NewMessage { message, state: *state, entries });
            }
            Change::AddEntries { message, state, entries } => {
                self.entries.push(NewEntries { stamp: message.stamp, state: *state, entries });
            }
            Change::PutCallback(callback) => {
                self.callbacks.insert(callback.id, Some(callback));
            }
            Change::EndCallback { id } => {
                self.callbacks.insert(*id, None);
            }
            Change::PutOutgoing(outgoing) => {
                self.outgoing.insert(outgoing.id.stamp, Some(outgoing));
            }
            Change::EndOutgoing { id, .. } => {
                self.outgoing.insert(id.stamp, None);
            }
            Change::PutPhone(phone) => {
                self.phones.insert(phone.key.as_str(), (!phone.is_empty()).then_some(phone));
            }
            Change::AddSent { channel, network_id, segment } => {
                self.sent.push(NewSent { channel, network_id, segment });
            }
            Change::ParkReport(report) => {
                self.unmatched.insert((&report.channel, &report.network_id), Some(report));
            }
            Change::DropParked { channel, network_id } => {
                self.unmatched.insert((channel, network_id), None);
            }
            Change::PutOptOut(opt_out) => {
                self.opt_outs.insert(opt_out.key(), Some(opt_out));
            }
            Change::DropOptOut(key) => {
                self.opt_outs.insert(key.clone(), None);
            }
            Change::AddStreamed(line) => self.streamed.push(line),
            Change::AddPoints { account, points, .. } => {
                let series = self.points.entry(account).or_default();
                for point in &**points {
                    series
                        .entry(&point.series)
                        .and_modify(|fired| fired.add(point))
                        .or_insert_with(|| Fired::of(point));
                }
            }
            Change::PutDashboard { account, dashboard } => {
                self.dashboards.insert((account, dashboard.id), Some(dashboard));
            }
            Change::DropDashboard { account, id } => {
                self.dashboards.insert((account, *id), None);
            }
            Change::RememberSend(send) => {
                self.sends.insert((&send.account, &send.key), send);
            }
        }
    }
}
