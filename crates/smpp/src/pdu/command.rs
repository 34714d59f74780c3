//! Command ids, the header of 16 octets, and cutting PDUs out of a stream (SMPP 3.4 §3.2, §5.1).

use std::fmt;

use crate::status::Status;

/// Octets of a PDU's header.
pub const HEADER_BYTES: usize = 16;

/// A `command_id` as it was on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Command(pub u32);

macro_rules! commands {
    ($($name:ident = $value:literal, $wire:literal;)*) => {
        impl Command {
            $(#[doc = concat!("`", $wire, "`")] pub const $name: Command = Command($value);)*

            /// The name SMPP 3.4 gives the request; a response is named like its request.
            fn request_name(self) -> Option<&'static str> {
                match self.0 & !RESPONSE_BIT {
                    $($value => Some($wire),)*
                    _ => None,
                }
            }
        }
    };
}

commands! {
    BIND_RECEIVER = 0x01, "bind_receiver";
    BIND_TRANSMITTER = 0x02, "bind_transmitter";
    QUERY_SM = 0x03, "query_sm";
    SUBMIT_SM = 0x04, "submit_sm";
    DELIVER_SM = 0x05, "deliver_sm";
    UNBIND = 0x06, "unbind";
    REPLACE_SM = 0x07, "replace_sm";
    CANCEL_SM = 0x08, "cancel_sm";
    BIND_TRANSCEIVER = 0x09, "bind_transceiver";
    OUTBIND = 0x0B, "outbind";
    ENQUIRE_LINK = 0x15, "enquire_link";
    SUBMIT_MULTI = 0x21, "submit_multi";
    ALERT_NOTIFICATION = 0x102, "alert_notification";
    DATA_SM = 0x103, "data_sm";
}

const RESPONSE_BIT: u32 = 0x8000_0000;

impl Command {
    /// `generic_nack`
    pub const GENERIC_NACK: Command = Command(RESPONSE_BIT);

    /// The response that answers this request.
    pub fn response(self) -> Command {
        Command(self.0 | RESPONSE_BIT)
    }

    /// Whether SMPP 3.4 has it, as a request or as its response.
    pub fn is_known(self) -> bool {
        self == Command::GENERIC_NACK || self.request_name().is_some()
    }

    /// Whether it answers something.
    pub fn is_response(self) -> bool {
        self.0 & RESPONSE_BIT != 0
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.request_name() {
            _ if *self == Command::GENERIC_NACK => f.write_str("generic_nack"),
            Some(name) if self.is_response() => write!(f, "{name}_resp"),
            Some(name) => f.write_str(name),
            None => write!(f, "command 0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The header of a PDU without its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it asks or answers.
    pub command: Command,
    /// How a request went; 0 in requests.
    pub status: Status,
    /// Ties a response to its request. 1 to 0x7FFFFFFF by the spec; any value is echoed.
    pub sequence: u32,
}

/// The beginning of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Not yet a whole PDU.
    Incomplete,
    /// A whole PDU of `bytes` octets.
    Pdu {
        /// Its header.
        header: Header,
        /// What follows the header.
        body: &'a [u8],
        /// Its length with the header.
        bytes: usize,
    },
    /// The length is below 16 or above the limit: there is no telling where the next PDU begins.
    BadLength(u32),
}

/// Looks at the beginning of a stream. Allocates nothing, and decides about a length as soon as its four octets are
/// there.
pub fn frame(stream: &[u8], pdu_bytes_max: usize) -> Frame<'_> {
    let Some(claimed) = word(stream, 0) else {
        return Frame::Incomplete;
    };
    let bytes = match usize::try_from(claimed) {
        Ok(bytes) if (HEADER_BYTES..=pdu_bytes_max).contains(&bytes) => bytes,
        _ => return Frame::BadLength(claimed),
    };
    let (Some(pdu), Some(command), Some(status), Some(sequence)) =
        (stream.get(..bytes), word(stream, 4), word(stream, 8), word(stream, 12))
    else {
        return Frame::Incomplete;
    };
    let header = Header { command: Command(command), status: Status(status), sequence };
    Frame::Pdu { header, body: &pdu[HEADER_BYTES..], bytes }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}
