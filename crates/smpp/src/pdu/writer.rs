//! Writing PDUs behind what an output buffer already holds. Limits are checked before the first octet is written.

use std::fmt;

use super::command::{Command, HEADER_BYTES, Header};
use crate::latin1::Latin1;
use crate::status::Status;

/// Why something can't be said in a PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// A string is longer than its field (SMPP 3.4 §4) allows.
    TextTooLong(&'static str),
    /// A string holds the NUL that would end it.
    NulInText(&'static str),
    /// More than [`SHORT_MESSAGE_BYTES_MAX`](super::SHORT_MESSAGE_BYTES_MAX) octets of `short_message`.
    ShortMessageTooLong,
    /// `data_sm` has no `short_message`; its octets go into `message_payload`.
    ShortMessageInDataSm,
    /// The PDU is longer than the bind's limit.
    PduTooLong,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::TextTooLong(field) => write!(f, "{field} is too long"),
            EncodeError::NulInText(field) => write!(f, "{field} holds a NUL"),
            EncodeError::ShortMessageTooLong => f.write_str("short_message is too long"),
            EncodeError::ShortMessageInDataSm => f.write_str("data_sm can't carry short_message"),
            EncodeError::PduTooLong => f.write_str("the PDU is too long"),
        }
    }
}

impl std::error::Error for EncodeError {}

/// Whether a string fits a field of at most `bytes_max` octets before its NUL.
pub(crate) fn check_text(text: &Latin1, field: &'static str, bytes_max: usize) -> Result<(), EncodeError> {
    match text.as_bytes() {
        bytes if bytes.len() > bytes_max => Err(EncodeError::TextTooLong(field)),
        bytes if bytes.contains(&0) => Err(EncodeError::NulInText(field)),
        _ => Ok(()),
    }
}

/// A string and its NUL.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &Latin1) {
    out.extend_from_slice(text.as_bytes());
    out.push(0);
}

/// A header and the body that `body` writes behind it.
pub(crate) fn write(out: &mut Vec<u8>, header: Header, body: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    let mut octets = [0; HEADER_BYTES];
    octets[4..8].copy_from_slice(&header.command.0.to_be_bytes());
    octets[8..12].copy_from_slice(&header.status.0.to_be_bytes());
    octets[12..].copy_from_slice(&header.sequence.to_be_bytes());
    out.extend_from_slice(&octets);
    body(out);
    let bytes = u32::try_from(out.len() - start).expect("limits hold a PDU far below 4 GiB");
    out[start..start + 4].copy_from_slice(&bytes.to_be_bytes());
}

/// A PDU that is only a header.
pub fn write_empty(out: &mut Vec<u8>, command: Command, status: Status, sequence: u32) {
    write(out, Header { command, status, sequence }, |_| ());
}

/// A response whose body is a message id: `submit_sm_resp`, `deliver_sm_resp` (where it is empty), `data_sm_resp`.
/// The id must hold no NUL.
pub fn write_message_id(out: &mut Vec<u8>, command: Command, status: Status, sequence: u32, id: &Latin1) {
    write(out, Header { command, status, sequence }, |out| put_text(out, id));
}
