//! The opt-out ledger: phones that asked an account to send them nothing more. Every contract's sends check it; replies
//! are exempt.

use crate::address::{Address, AddressKey};
use crate::directory::Name;
use crate::id::MessageId;
use crate::time::At;

/// The address type of phones.
pub const MSISDN: &str = "msisdn";

/// What an entry of the ledger is found by. How a number is written makes no difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OptOutKey {
    /// Tenant.
    pub account: Name,
    /// Kind of the address, [`MSISDN`] for phones.
    pub address_type: Name,
    /// The address.
    pub address: AddressKey,
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// Tenant.
    pub account: Name,
    /// Kind of the address.
    pub address_type: Name,
    /// As it was written.
    pub address: Address,
    /// Since when.
    pub created_at: At,
    /// The message by which the phone asked for it, when it was one.
    pub message: Option<MessageId>,
}

impl OptOut {
    /// What it is found by.
    pub fn key(&self) -> OptOutKey {
        OptOutKey {
            account: self.account.clone(),
            address_type: self.address_type.clone(),
            address: self.address.key(),
        }
    }
}
