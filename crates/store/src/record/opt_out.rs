//! An entry of the opt-out ledger. What it is found by is the key of its row.

use domain::opt_out::{OptOut, OptOutKey};
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{IdRecord, Record, address};

/// Version 1 of an opt-out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OptOutRecord<'a> {
    address: &'a str,
    created_at: i64,
    message: Option<IdRecord>,
}

impl<'a> Record<'a> for OptOutRecord<'a> {
    const KIND: &'static str = "opt-out";
}

impl<'a> From<&'a OptOut> for OptOutRecord<'a> {
    fn from(opt_out: &'a OptOut) -> OptOutRecord<'a> {
        OptOutRecord {
            address: opt_out.address.as_str(),
            created_at: opt_out.created_at.0,
            message: opt_out.message.map(IdRecord::from),
        }
    }
}

impl OptOutRecord<'_> {
    pub(crate) fn opt_out(self, key: &OptOutKey) -> Result<OptOut, StoreError> {
        Ok(OptOut {
            account: key.account.clone(),
            address_type: key.address_type.clone(),
            address: address(Self::KIND, self.address)?,
            created_at: At(self.created_at),
            message: self.message.map(IdRecord::message),
        })
    }
}
