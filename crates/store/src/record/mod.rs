//! The stored form of every record: plain structs of this crate, encoded with postcard between a version byte and a
//! checksum, and the conversions from and to the types of the domain. The domain's own types are never serialized, so
//! they may change without changing what is on disk.
//!
//! A record whose checksum does not match, whose bytes make no sense, or whose version is unknown, is [`StoreError::Corrupt`]: it costs only itself.

pub(crate) mod callback;
pub(crate) mod dashboard;
pub(crate) mod entry;
pub(crate) mod message;
pub(crate) mod opt_out;
pub(crate) mod outgoing;
pub(crate) mod phone;
pub(crate) mod report;
pub(crate) mod segments;
pub(crate) mod send;

use std::fmt;

use domain::address::Address;
use domain::id::{CallbackId, MessageId};
use engine::port::StoreError;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// CRC-32 of the version byte and the struct, little-endian: a bit that flips on a disk is found, not told as text.
const CHECKSUM_BYTES: usize = 4;

/// A stored struct. It borrows its texts, from the domain when it is written and from the row when it is read.
pub(crate) trait Record<'a>: Serialize + Deserialize<'a> {
    /// What it is, for people.
    const KIND: &'static str;
    /// The first byte of its stored form; a changed struct gets a new one.
    const VERSION: u8 = 1;

    /// Reads what an older version wrote; none when that version is unknown. Gives what is left of the bytes too.
    fn read_older(_version: u8, _bytes: &'a [u8]) -> Option<postcard::Result<(Self, &'a [u8])>>
    where
        Self: Sized,
    {
        None
    }
}

/// Writes the stored form over whatever the buffer held.
pub(crate) fn encode<'a, R: Record<'a>>(record: &R, buffer: &mut Vec<u8>) {
    let mut bytes = std::mem::take(buffer);
    bytes.clear();
    bytes.push(R::VERSION);
    bytes = postcard::to_extend(record, bytes).expect("plain structs with sequences of known length always encode");
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    *buffer = bytes;
}

/// Reads the stored form.
pub(crate) fn decode<'a, R: Record<'a>>(bytes: &'a [u8]) -> Result<R, StoreError> {
    let Some((&version, rest)) = bytes.split_first() else {
        return Err(damaged(R::KIND, "it is empty"));
    };
    let checked = bytes.split_last_chunk::<CHECKSUM_BYTES>();
    let Some((_, checksum)) = checked.filter(|(checked, sum)| crc32fast::hash(checked) == u32::from_le_bytes(**sum))
    else {
        return Err(damaged(R::KIND, "its checksum does not match"));
    };
    let fields = &rest[..rest.len().saturating_sub(checksum.len())];
    let read =
        if version == R::VERSION { Some(postcard::take_from_bytes(fields)) } else { R::read_older(version, fields) };
    let Some(read) = read else {
        return Err(damaged(R::KIND, format_args!("it has version {version}, known is {}", R::VERSION)));
    };
    match read {
        Ok((record, [])) => Ok(record),
        Ok((_, more)) => Err(damaged(R::KIND, format_args!("{} bytes too many", more.len()))),
        Err(error) => Err(damaged(R::KIND, error)),
    }
}

/// The error for a record that makes no sense.
pub(crate) fn damaged(kind: &str, what: impl fmt::Display) -> StoreError {
    StoreError::Corrupt(format!("{kind}: {what}"))
}

/// Bytes in one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bytes<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes<'a>, D::Error> {
        <&'de [u8]>::deserialize(deserializer).map(Bytes)
    }
}

/// A 16-byte id in two halves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IdRecord {
    stamp: u64,
    tail: u64,
}

impl From<MessageId> for IdRecord {
    fn from(id: MessageId) -> IdRecord {
        IdRecord { stamp: id.stamp.0, tail: id.tail }
    }
}

impl From<CallbackId> for IdRecord {
    fn from(id: CallbackId) -> IdRecord {
        IdRecord { stamp: id.stamp.0, tail: id.tail }
    }
}

impl IdRecord {
    fn raw(self) -> u128 {
        (u128::from(self.stamp) << 64) | u128::from(self.tail)
    }

    pub(crate) fn message(self) -> MessageId {
        MessageId::from_u128(self.raw())
    }

    pub(crate) fn callback(self) -> CallbackId {
        CallbackId::from_u128(self.raw())
    }
}

/// An address that was one when it was written.
pub(crate) fn address(kind: &str, text: &str) -> Result<Address, StoreError> {
    Address::parse(text).map_err(|refusal| damaged(kind, format_args!("address {text:?}: {refusal}")))
}

/// What a stored code stands for.
pub(crate) fn known<T>(kind: &str, what: &str, code: impl fmt::Display, found: Option<T>) -> Result<T, StoreError> {
    found.ok_or_else(|| damaged(kind, format_args!("unknown {what} {code}")))
}
