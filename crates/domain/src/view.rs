//! The records a decision may read: loaded for a batch, and kept current while the batch is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::AddressKey;
use crate::callback::Callback;
use crate::dashboard::Dashboard;
use crate::decision::{Change, RepeatableSend};
use crate::directory::{Directory, Name};
use crate::id::{CallbackId, Stamp};
use crate::message::MessageState;
use crate::metric::SeriesName;
use crate::opt_out::{OptOut, OptOutKey};
use crate::outgoing::{Outgoing, SentSegment};
use crate::phone::PhoneRecord;
use crate::report::UnmatchedReport;

/// What the last timeline row of a finished message said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its state.
    pub state: MessageState,
    /// How many segments it had.
    pub segments: u8,
}

/// The loaded records. A key without a record is absent.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The configuration.
    pub directory: Arc<Directory>,
    /// Phones.
    pub phones: BTreeMap<AddressKey, PhoneRecord>,
    /// Callbacks.
    pub callbacks: BTreeMap<CallbackId, Callback>,
    /// Unfinished MTs.
    pub outgoing: BTreeMap<Stamp, Outgoing>,
    /// Sent segments.
    pub sent: BTreeMap<(Name, String), SentSegment>,
    /// Finished MTs that a sent segment leads to.
    pub finished: BTreeMap<Stamp, Finished>,
    /// Parked reports.
    pub unmatched: BTreeMap<(Name, String), UnmatchedReport>,
    /// Repeatable sends.
    pub idempotency: BTreeMap<(Name, String), RepeatableSend>,
    /// Names of all series of an account; shared with who loaded them, since they are many and seldom change.
    pub series: BTreeMap<Name, Arc<BTreeSet<SeriesName>>>,
    /// All dashboards of an account, by number.
    pub dashboards: BTreeMap<Name, BTreeMap<u32, Dashboard>>,
    /// The opt-out ledger.
    pub opt_outs: BTreeMap<OptOutKey, OptOut>,
}

impl View {
    /// An empty view over a configuration.
    pub fn new(directory: Arc<Directory>) -> View {
        View { directory, ..View::default() }
    }

    /// Brings the view up to date with a decision, so that the next event of the batch sees it.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            self.apply_one(change);
        }
    }

    fn apply_one(&mut self, change: &Change) {
        match change {
            Change::AddMessage { .. } | Change::AddEntries { .. } | Change::AddStreamed(_) => {}
            Change::PutCallback(callback) => {
                self.callbacks.insert(callback.id, callback.clone());
            }
            Change::EndCallback { id } => {
                self.callbacks.remove(id);
            }
            Change::PutOutgoing(outgoing) => {
                self.outgoing.insert(outgoing.id.stamp, outgoing.clone());
            }
            Change::EndOutgoing { id, state, segments } => {
                self.outgoing.remove(&id.stamp);
                self.finished.insert(id.stamp, Finished { state: *state, segments: *segments });
            }
            Change::PutPhone(record) => {
                if record.is_empty() {
                    self.phones.remove(&record.key);
                } else {
                    self.phones.insert(record.key.clone(), record.clone());
                }
            }
            Change::AddSent { channel, network_id, segment } => {
                self.sent.insert((channel.clone(), network_id.clone()), *segment);
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
            Change::AddPoints { account, new_series, .. } => {
                if !new_series.is_empty() {
                    let names = self.series.entry(account.clone()).or_default();
                    Arc::make_mut(names).extend(new_series.iter().cloned());
                }
            }
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
}
