//! A send that may be repeated under its key.

use domain::decision::{RepeatableSend, SentMessage};
use domain::time::At;
use serde::{Deserialize, Serialize};

use super::{IdRecord, Record};

/// Version 1 of a repeatable send.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendRecord<'a> {
    account: &'a str,
    key: &'a str,
    fingerprint: [u8; 16],
    messages: Vec<SentRecord>,
    until: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SentRecord {
    id: IdRecord,
    segments: u8,
    scheduled: bool,
}

impl<'a> Record<'a> for SendRecord<'a> {
    const KIND: &'static str = "repeatable send";
}

impl<'a> From<&'a RepeatableSend> for SendRecord<'a> {
    fn from(send: &'a RepeatableSend) -> SendRecord<'a> {
        let record = |m: &SentMessage| SentRecord { id: m.id.into(), segments: m.segments, scheduled: m.scheduled };
        SendRecord {
            account: &send.account,
            key: &send.key,
            fingerprint: send.fingerprint,
            messages: send.messages.iter().map(record).collect(),
            until: send.until.0,
        }
    }
}

impl SendRecord<'_> {
    pub(crate) fn send(self) -> RepeatableSend {
        let message = |m: SentRecord| SentMessage { id: m.id.message(), segments: m.segments, scheduled: m.scheduled };
        RepeatableSend {
            account: self.account.into(),
            key: self.key.to_owned(),
            fingerprint: self.fingerprint,
            messages: self.messages.into_iter().map(message).collect(),
            until: At(self.until),
        }
    }
}
