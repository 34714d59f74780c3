//! Which application an MO goes to: the session of the phone first, then keywords, then the address alone.
//! `index.rs` finds the rule in time that does not grow with their number; `explain.rs` says why every other rule lost.

pub mod explain;
pub mod index;

use std::sync::Arc;

use crate::address::Address;
use crate::directory::{Directory, Route};
use crate::phone::{PhoneRecord, Session};
use crate::time::At;

/// Where an MO goes.
#[derive(Clone, Debug)]
pub enum Choice<'a> {
    /// The open session of the phone.
    Session(&'a Session),
    /// A rule.
    Route(&'a Arc<Route>),
    /// Nobody wants it.
    Nobody,
}

/// Chooses for a phone (its record, when there is one), a service address and a text.
pub fn choose<'a>(
    directory: &'a Directory,
    phone: Option<&'a PhoneRecord>,
    to: &Address,
    text: &str,
    now: At,
) -> Choice<'a> {
    if let Some(session) = phone.and_then(|p| open_session(p, to, now))
        && directory.applications.contains_key(&session.application)
    {
        return Choice::Session(session);
    }
    match directory.index.find(to, text) {
        Some(route) => Choice::Route(&directory.routes[route]),
        None => Choice::Nobody,
    }
}

/// The open session on a service address, the youngest first.
pub fn open_session<'a>(phone: &'a PhoneRecord, to: &Address, now: At) -> Option<&'a Session> {
    let key = to.key();
    phone.sessions.iter().rev().find(|s| s.expires_at > now && s.service_address.key() == key)
}

#[cfg(test)]
mod tests;
