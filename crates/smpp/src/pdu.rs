//! The PDUs of SMPP 3.4 §4 that a gateway meets, to bytes and back. Nothing here remembers anything: which PDU may
//! come when is the business of [`crate::bind`].
//!
//! Decoding is lenient where nothing is lost by it (see [`Oddities`]) and keeps vendor values as they came; encoding
//! is strict.

mod bind;
mod command;
mod message;
mod reader;
mod tlv;
mod writer;

pub use bind::{BindMode, BindRequest, BindResponse};
pub use command::{Command, Frame, HEADER_BYTES, Header, frame};
pub use message::{Address, Deliver, ESM_CLASS_UDHI, Form, SHORT_MESSAGE_BYTES_MAX, ShortMessage, Submit};
pub use reader::{DecodeError, Oddities};
pub use tlv::{ItsSessionInfo, NetworkErrorCode, Tag, TlvTooLong, Tlvs, UssdServiceOp};
pub use writer::{EncodeError, write_empty, write_message_id};

use reader::Reader;

/// The longest PDU taken or sent unless the owner says otherwise, header included. A `message_payload` of 64 KiB
/// doesn't fit; nobody sends one.
pub const PDU_BYTES_MAX: usize = 64 * 1024;

/// The longest message id, without its NUL.
const MESSAGE_ID_BYTES_MAX: usize = 64;

/// Whether a message id can be sent.
pub(crate) fn check_message_id(id: &crate::Latin1) -> Result<(), EncodeError> {
    writer::check_text(id, "message_id", MESSAGE_ID_BYTES_MAX)
}

/// Reads the message id that the body of a `submit_sm_resp` or `data_sm_resp` begins with. A body left out, which is
/// usual beside an error, is an empty id.
pub fn read_message_id(body: &[u8]) -> (crate::Latin1, Oddities) {
    let mut reader = Reader::new(body);
    let id = match body.is_empty() {
        true => crate::Latin1::default(),
        false => reader.last_text(MESSAGE_ID_BYTES_MAX),
    };
    (id, reader.oddities())
}
