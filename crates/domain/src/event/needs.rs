//! Which records the decision on an event reads.

use std::collections::BTreeSet;

use crate::address::{Address, AddressKey};
use crate::directory::Name;
use crate::event::{Event, LateAnswer, SubmitResult};
use crate::id::{CallbackId, Stamp};
use crate::opt_out::OptOutKey;

/// The records a batch of events needs. Loading is by key; what is not found stays absent from the view.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Phone records.
    pub phones: BTreeSet<AddressKey>,
    /// Callback records, pending or kept.
    pub callbacks: BTreeSet<CallbackId>,
    /// Records of unfinished MTs, by stamp.
    pub outgoing: BTreeSet<Stamp>,
    /// Sent segments by channel and spelling of the network id; each also loads the unfinished MT it leads to, and
    /// the last state of its message.
    pub sent: BTreeSet<(Name, String)>,
    /// Parked reports by channel and network id.
    pub unmatched: BTreeSet<(Name, String)>,
    /// Idempotency keys by account.
    pub idempotency: BTreeSet<(Name, String)>,
    /// Accounts whose names of series are needed.
    pub series: BTreeSet<Name>,
    /// Accounts whose dashboards are needed.
    pub dashboards: BTreeSet<Name>,
    /// Entries of the opt-out ledger.
    pub opt_outs: BTreeSet<OptOutKey>,
}

impl Needs {
    /// True when nothing has to be loaded.
    pub fn is_empty(&self) -> bool {
        self.phones.is_empty()
            && self.callbacks.is_empty()
            && self.outgoing.is_empty()
            && self.sent.is_empty()
            && self.unmatched.is_empty()
            && self.idempotency.is_empty()
            && self.series.is_empty()
            && self.dashboards.is_empty()
            && self.opt_outs.is_empty()
    }
}

impl Event {
    /// Adds the records this event's decision reads.
    pub fn needs(&self, needs: &mut Needs) {
        match self {
            Event::MoArrived(mo) => {
                needs.phones.insert(mo.from.key());
            }
            Event::SendAsked(send) => {
                if send.in_reply_to.is_none() {
                    needs.opt_outs.extend(send.to.iter().map(|to| send.opt_out_key(to)));
                }
                if send.opens_session || send.in_reply_to.is_some() || send.session_event.is_some() {
                    needs.phones.extend(send.to.iter().map(Address::key));
                }
                if let Some(idempotency) = &send.idempotency {
                    needs.idempotency.insert((send.account.clone(), idempotency.key.clone()));
                }
            }
            Event::AttemptEnded { callback, phone, .. } => {
                needs.callbacks.insert(*callback);
                needs.phones.insert(phone.clone());
            }
            Event::LaneHeld { callback } | Event::ReplayAsked { callback, .. } => {
                needs.callbacks.insert(*callback);
            }
            Event::SubmitStarting { message, .. } | Event::OutgoingDue { message } => {
                needs.outgoing.insert(message.stamp);
            }
            Event::SubmitEnded { message, result, channel, .. } => {
                needs.outgoing.insert(message.stamp);
                if let SubmitResult::Taken { spellings, .. } = result {
                    needs.unmatched.extend(spellings.iter().map(|id| (channel.clone(), id.clone())));
                }
            }
            Event::AnsweredLate { message, answer, channel, .. } => {
                needs.outgoing.insert(message.stamp);
                if let LateAnswer::Taken { spellings, .. } = answer {
                    needs.unmatched.extend(spellings.iter().map(|id| (channel.clone(), id.clone())));
                }
            }
            Event::ReportArrived { channel, report, .. } => {
                needs.sent.extend(report.ids.iter().map(|id| (channel.clone(), id.clone())));
                needs.unmatched.extend(report.ids.first().map(|id| (channel.clone(), id.clone())));
            }
            Event::OptOutAsked { account, address_type, address, .. } => {
                let (account, address_type) = (account.clone(), address_type.clone());
                needs.opt_outs.insert(OptOutKey { account, address_type, address: address.key() });
            }
            Event::PhoneDue { phone } => {
                needs.phones.insert(phone.clone());
            }
            Event::CancelAsked { messages, .. } => needs.outgoing.extend(messages.iter().copied()),
            Event::CloseSessionsAsked { phones, .. } => needs.phones.extend(phones.iter().cloned()),
            Event::MetricsFired { account, .. } => {
                needs.series.insert(account.clone());
            }
            Event::DashboardEditAsked { account, .. } => {
                needs.dashboards.insert(account.clone());
            }
        }
    }
}
