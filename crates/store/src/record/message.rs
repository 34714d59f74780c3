//! The immutable record of a message.

use domain::message::{Direction, Message};
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{IdRecord, Record, address, known};

/// Version 1 of a message.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MessageRecord<'a> {
    id: IdRecord,
    direction: u8,
    account: Option<&'a str>,
    application: Option<&'a str>,
    channel: &'a str,
    from: &'a str,
    to: &'a str,
    /// The text, open to searches before the whole record is converted.
    pub(crate) text: &'a str,
    created_at: i64,
    parent: Option<IdRecord>,
    hops: u8,
    pub(crate) segments: u8,
}

impl<'a> Record<'a> for MessageRecord<'a> {
    const KIND: &'static str = "message";
}

/// The stored code of a direction.
pub(crate) const fn direction_code(direction: Direction) -> u8 {
    match direction {
        Direction::Mo => 0,
        Direction::Mt => 1,
    }
}

impl<'a> From<&'a Message> for MessageRecord<'a> {
    fn from(message: &'a Message) -> MessageRecord<'a> {
        MessageRecord {
            id: message.id.into(),
            direction: direction_code(message.direction),
            account: message.account.as_deref(),
            application: message.application.as_deref(),
            channel: &message.channel,
            from: message.from.as_str(),
            to: message.to.as_str(),
            text: &message.text,
            created_at: message.created_at.0,
            parent: message.parent.map(IdRecord::from),
            hops: message.hops,
            segments: message.segments,
        }
    }
}

impl MessageRecord<'_> {
    pub(crate) fn message(self) -> Result<Message, StoreError> {
        let direction = match self.direction {
            0 => Some(Direction::Mo),
            1 => Some(Direction::Mt),
            _ => None,
        };
        Ok(Message {
            id: self.id.message(),
            direction: known(Self::KIND, "direction", self.direction, direction)?,
            account: self.account.map(Into::into),
            application: self.application.map(Into::into),
            channel: self.channel.into(),
            from: address(Self::KIND, self.from)?,
            to: address(Self::KIND, self.to)?,
            text: self.text.to_owned(),
            created_at: At(self.created_at),
            parent: self.parent.map(IdRecord::message),
            hops: self.hops,
            segments: self.segments,
        })
    }
}
