//! All that is remembered about one phone.

use domain::address::AddressKey;
use domain::phone::{LongMessage, PhoneRecord, Seen, Session, Subscriber};
use domain::time::At;
use domain::ussd::Dialog;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::segments::ReassemblyRecord;
use super::{IdRecord, Record, address};

/// Version 2 of a phone. Its key is the key of its row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PhoneRow<'a> {
    #[serde(borrow)]
    first: FirstPhone<'a>,
    #[serde(borrow)]
    dialogs: Vec<DialogRecord<'a>>,
}

/// Version 1, with which version 2 begins.
#[derive(Debug, Serialize, Deserialize)]
struct FirstPhone<'a> {
    #[serde(borrow)]
    sessions: Vec<SessionRecord<'a>>,
    #[serde(borrow)]
    subscriptions: Vec<SubscriberRecord<'a>>,
    seen: Vec<SeenRecord>,
    #[serde(borrow)]
    long_messages: Vec<LongMessageRecord<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SessionRecord<'a> {
    phone: &'a str,
    service_address: &'a str,
    channel: &'a str,
    application: &'a str,
    opened_by: IdRecord,
    opened_at: i64,
    expires_at: i64,
    idle_ms: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SubscriberRecord<'a> {
    application: &'a str,
    since: i64,
    #[serde(borrow)]
    tags: Vec<&'a str>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SeenRecord {
    fingerprint: u64,
    until: i64,
    message: IdRecord,
}

#[derive(Debug, Serialize, Deserialize)]
struct LongMessageRecord<'a> {
    channel: &'a str,
    service_address: &'a str,
    phone: &'a str,
    message: IdRecord,
    #[serde(borrow)]
    parts: ReassemblyRecord<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DialogRecord<'a> {
    channel: &'a str,
    phone: &'a str,
    service_address: &'a str,
    number: Option<u16>,
    asked_by: IdRecord,
    reply_by: Option<i64>,
    expires_at: i64,
}

impl<'a> Record<'a> for PhoneRow<'a> {
    const KIND: &'static str = "phone";
    const VERSION: u8 = 2;

    fn read_older(version: u8, bytes: &'a [u8]) -> Option<postcard::Result<(Self, &'a [u8])>> {
        let first = (version == 1).then(|| postcard::take_from_bytes(bytes))?;
        Some(first.map(|(first, rest)| (PhoneRow { first, dialogs: Vec::new() }, rest)))
    }
}

impl<'a> From<&'a PhoneRecord> for PhoneRow<'a> {
    fn from(phone: &'a PhoneRecord) -> PhoneRow<'a> {
        let first = FirstPhone {
            sessions: phone.sessions.iter().map(SessionRecord::from).collect(),
            subscriptions: phone.subscriptions.iter().map(SubscriberRecord::from).collect(),
            seen: phone.seen.iter().map(SeenRecord::from).collect(),
            long_messages: phone.long_messages.iter().map(LongMessageRecord::from).collect(),
        };
        PhoneRow { first, dialogs: phone.dialogs.iter().map(DialogRecord::from).collect() }
    }
}

impl PhoneRow<'_> {
    pub(crate) fn phone(self, key: AddressKey) -> Result<PhoneRecord, StoreError> {
        let PhoneRow { first, dialogs } = self;
        Ok(PhoneRecord {
            key,
            sessions: first.sessions.into_iter().map(SessionRecord::session).collect::<Result<_, _>>()?,
            subscriptions: first.subscriptions.into_iter().map(SubscriberRecord::subscriber).collect(),
            seen: first.seen.into_iter().map(SeenRecord::seen).collect(),
            long_messages: first.long_messages.into_iter().map(LongMessageRecord::long).collect::<Result<_, _>>()?,
            dialogs: dialogs.into_iter().map(DialogRecord::dialog).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> From<&'a Dialog> for DialogRecord<'a> {
    fn from(dialog: &'a Dialog) -> DialogRecord<'a> {
        DialogRecord {
            channel: &dialog.channel,
            phone: dialog.phone.as_str(),
            service_address: dialog.service_address.as_str(),
            number: dialog.number,
            asked_by: dialog.asked_by.into(),
            reply_by: dialog.reply_by.map(|at| at.0),
            expires_at: dialog.expires_at.0,
        }
    }
}

impl DialogRecord<'_> {
    fn dialog(self) -> Result<Dialog, StoreError> {
        Ok(Dialog {
            channel: self.channel.into(),
            phone: address(PhoneRow::KIND, self.phone)?,
            service_address: address(PhoneRow::KIND, self.service_address)?,
            number: self.number,
            asked_by: self.asked_by.message(),
            reply_by: self.reply_by.map(At),
            expires_at: At(self.expires_at),
        })
    }
}

impl<'a> From<&'a Session> for SessionRecord<'a> {
    fn from(session: &'a Session) -> SessionRecord<'a> {
        SessionRecord {
            phone: session.phone.as_str(),
            service_address: session.service_address.as_str(),
            channel: &session.channel,
            application: &session.application,
            opened_by: session.opened_by.into(),
            opened_at: session.opened_at.0,
            expires_at: session.expires_at.0,
            idle_ms: session.idle_ms,
        }
    }
}

impl SessionRecord<'_> {
    fn session(self) -> Result<Session, StoreError> {
        Ok(Session {
            phone: address(PhoneRow::KIND, self.phone)?,
            service_address: address(PhoneRow::KIND, self.service_address)?,
            channel: self.channel.into(),
            application: self.application.into(),
            opened_by: self.opened_by.message(),
            opened_at: At(self.opened_at),
            expires_at: At(self.expires_at),
            idle_ms: self.idle_ms,
        })
    }
}

impl<'a> From<&'a Subscriber> for SubscriberRecord<'a> {
    fn from(subscriber: &'a Subscriber) -> SubscriberRecord<'a> {
        SubscriberRecord {
            application: &subscriber.application,
            since: subscriber.since.0,
            tags: subscriber.tags.iter().map(String::as_str).collect(),
        }
    }
}

impl SubscriberRecord<'_> {
    fn subscriber(self) -> Subscriber {
        Subscriber {
            application: self.application.into(),
            since: At(self.since),
            tags: self.tags.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl From<&Seen> for SeenRecord {
    fn from(seen: &Seen) -> SeenRecord {
        SeenRecord { fingerprint: seen.fingerprint, until: seen.until.0, message: seen.message.into() }
    }
}

impl SeenRecord {
    fn seen(self) -> Seen {
        Seen { fingerprint: self.fingerprint, until: At(self.until), message: self.message.message() }
    }
}

impl<'a> From<&'a LongMessage> for LongMessageRecord<'a> {
    fn from(long: &'a LongMessage) -> LongMessageRecord<'a> {
        LongMessageRecord {
            channel: &long.channel,
            service_address: long.service_address.as_str(),
            phone: long.phone.as_str(),
            message: long.message.into(),
            parts: ReassemblyRecord::from(&long.parts),
        }
    }
}

impl LongMessageRecord<'_> {
    fn long(self) -> Result<LongMessage, StoreError> {
        Ok(LongMessage {
            channel: self.channel.into(),
            service_address: address(PhoneRow::KIND, self.service_address)?,
            phone: address(PhoneRow::KIND, self.phone)?,
            message: self.message.message(),
            parts: self.parts.reassembly()?,
        })
    }
}
