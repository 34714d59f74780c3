//! The small changing record of a callback.

use domain::callback::{Callback, CallbackKind, CallbackState, Subscribe};
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{IdRecord, Record, address, known};

/// Version 1 of a callback.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct CallbackRecord<'a> {
    id: IdRecord,
    message: IdRecord,
    /// Whom it is owed to, open to filters before the whole record is converted.
    pub(crate) application: &'a str,
    phone: &'a str,
    service_address: &'a str,
    channel: &'a str,
    hops: u8,
    kind: u8,
    state: u8,
    created_at: i64,
    due_at: i64,
    /// Attempts that have ended.
    pub(crate) attempts: u32,
    pub(crate) failing_since: Option<i64>,
    detached: bool,
    #[serde(borrow)]
    subscribe: Option<SubscribeRecord<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SubscribeRecord<'a> {
    confirmation: Option<&'a str>,
}

impl<'a> Record<'a> for CallbackRecord<'a> {
    const KIND: &'static str = "callback";
}

impl<'a> From<&'a Callback> for CallbackRecord<'a> {
    fn from(callback: &'a Callback) -> CallbackRecord<'a> {
        let subscribe = callback.subscribe.as_ref();
        CallbackRecord {
            id: callback.id.into(),
            message: callback.message.into(),
            application: &callback.application,
            phone: callback.phone.as_str(),
            service_address: callback.service_address.as_str(),
            channel: &callback.channel,
            hops: callback.hops,
            kind: callback.kind.code(),
            state: callback.state.code(),
            created_at: callback.created_at.0,
            due_at: callback.due_at.0,
            attempts: callback.attempts,
            failing_since: callback.failing_since.map(|at| at.0),
            detached: callback.detached,
            subscribe: subscribe.map(|s| SubscribeRecord { confirmation: s.confirmation.as_deref() }),
        }
    }
}

impl CallbackRecord<'_> {
    pub(crate) fn callback(self) -> Result<Callback, StoreError> {
        let subscribe = self.subscribe;
        Ok(Callback {
            id: self.id.callback(),
            message: self.message.message(),
            application: self.application.into(),
            phone: address(Self::KIND, self.phone)?,
            service_address: address(Self::KIND, self.service_address)?,
            channel: self.channel.into(),
            hops: self.hops,
            kind: known(Self::KIND, "kind", self.kind, CallbackKind::from_code(self.kind))?,
            state: known(Self::KIND, "state", self.state, CallbackState::from_code(self.state))?,
            created_at: At(self.created_at),
            due_at: At(self.due_at),
            attempts: self.attempts,
            failing_since: self.failing_since.map(At),
            detached: self.detached,
            subscribe: subscribe.map(|s| Subscribe { confirmation: s.confirmation.map(str::to_owned) }),
        })
    }
}
