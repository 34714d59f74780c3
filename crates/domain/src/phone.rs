//! Everything the gateway remembers about one phone, in one record: sessions, subscriptions, network ids seen lately,
//! long MOs in the making. It exists only while there is something to remember.

use crate::address::{Address, AddressKey};
use crate::directory::Name;
use crate::id::{MessageId, Stamp};
use crate::text::reassembly::Reassembly;
use crate::time::At;
use crate::ussd::Dialog;

/// An open conversation between a phone and an application on one service address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The person's end, as written when it opened.
    pub phone: Address,
    /// Our end.
    pub service_address: Address,
    /// The channel it runs over.
    pub channel: Name,
    /// The application.
    pub application: Name,
    /// The MO that opened it; its timeline tells the end.
    pub opened_by: MessageId,
    /// When it opened.
    pub opened_at: At,
    /// When it closes unless a message comes.
    pub expires_at: At,
    /// How long it lives without a message, in milliseconds.
    pub idle_ms: u64,
}

/// A phone that opted in to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscriber {
    /// The application.
    pub application: Name,
    /// Since when.
    pub since: At,
    /// Tags the application gave.
    pub tags: Vec<String>,
}

/// A network id seen lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Channel and network id, hashed.
    pub fingerprint: u64,
    /// When to forget it.
    pub until: At,
    /// The message it became.
    pub message: MessageId,
}

/// A long MO whose segments are coming in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongMessage {
    /// The channel it comes from.
    pub channel: Name,
    /// Our end.
    pub service_address: Address,
    /// The phone as written.
    pub phone: Address,
    /// The message the segments are recorded under: the id of the first segment that came.
    pub message: MessageId,
    /// What has come, and when waiting ends.
    pub parts: Reassembly,
}

/// All that is remembered about one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneRecord {
    /// The phone.
    pub key: AddressKey,
    /// Open sessions, at most [`crate::limit::SESSIONS_MAX`].
    pub sessions: Vec<Session>,
    /// Subscriptions, at most [`crate::limit::SUBSCRIPTIONS_MAX`].
    pub subscriptions: Vec<Subscriber>,
    /// Network ids, oldest first, at most [`crate::limit::SEEN_MAX`].
    pub seen: Vec<Seen>,
    /// Long MOs, at most [`crate::limit::REASSEMBLIES_MAX`].
    pub long_messages: Vec<LongMessage>,
    /// Open USSD dialogs, at most [`crate::limit::DIALOGS_MAX`].
    pub dialogs: Vec<Dialog>,
}

impl PhoneRecord {
    /// An empty record.
    pub const fn new(key: AddressKey) -> PhoneRecord {
        PhoneRecord {
            key,
            sessions: Vec::new(),
            subscriptions: Vec::new(),
            seen: Vec::new(),
            long_messages: Vec::new(),
            dialogs: Vec::new(),
        }
    }

    /// True when nothing is left to remember.
    pub const fn is_empty(&self) -> bool {
        self.sessions.is_empty()
            && self.subscriptions.is_empty()
            && self.seen.is_empty()
            && self.long_messages.is_empty()
            && self.dialogs.is_empty()
    }

    /// The highest stamp that is kept for a long MO in the making. No message has it yet, and none but its own may.
    pub fn last_stamp(&self) -> Option<Stamp> {
        self.long_messages.iter().map(|long| long.message.stamp).max()
    }

    /// When something in here must be looked at: a session, dialog or long MO ends, or the last network id may be forgotten.
    pub fn due_at(&self) -> Option<At> {
        let sessions = self.sessions.iter().map(|s| s.expires_at);
        let long = self.long_messages.iter().map(|l| l.parts.deadline_at);
        let seen = self.seen.last().map(|s| s.until);
        let dialogs = self.dialogs.iter().map(|d| d.reply_by.map_or(d.expires_at, |at| at.min(d.expires_at)));
        sessions.chain(long).chain(seen).chain(dialogs).min()
    }
}
