//! The methods of the Service Layer API: parameters → plain requests, and the answers clients expect
//! (`docs/reference/service-layer.md §5`).
//!
//! Authentication, HTTP and the engine are elsewhere: here only what the text says. A refusal is told as HTTP 500 with
//! its sentence as the body, as old clients expect.

use std::fmt;
use std::fmt::Write;

use domain::address::Address;
use domain::id::SegmentNumber;
use domain::limit::{RECIPIENTS_MAX, TEXT_BYTES_MAX};
use domain::secret::Secret;
use domain::time::At;

use super::date;
use super::status::DeliveryStatus;

mod parameters;
#[cfg(test)]
mod tests;

pub use parameters::{PARAMETERS_MAX, Parameters};

/// In a list of message ids: no message, the number is none.
pub const INVALID_NUMBER: i64 = -1;
/// In a list of message ids: no message, the phone opted out.
pub const OPTED_OUT: i64 = -2;
/// In a list of message ids: no message, too many went to this phone.
pub const FLOOD_LIMIT: i64 = -3;

/// Most message ids of one request.
pub const MESSAGE_IDS_MAX: usize = 1000;
/// Fewest and most digits of a phone's number (ITU-T E.164 §6: at most 15).
const NUMBER_DIGITS: std::ops::RangeInclusive<usize> = 3..=15;
/// Longest tag, in characters.
const TAG_CHARS_MAX: usize = 64;
/// A value is repeated in an error up to this many characters.
const VALUE_CHARS_SHOWN: usize = 40;

/// The methods we answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Send a text.
    SendMessage,
    /// Withdraw scheduled messages.
    CancelMessages,
    /// Ask how messages fare.
    DeliveryStatus,
    /// Close sessions with phones.
    CloseSessions,
}

impl Method {
    /// Reads the last part of the path.
    pub fn parse(name: &str) -> Option<Method> {
        match name {
            "send_message" => Some(Method::SendMessage),
            "cancel_messages" => Some(Method::CancelMessages),
            "delivery_status" => Some(Method::DeliveryStatus),
            "close_sessions" => Some(Method::CloseSessions),
            _ => None,
        }
    }
}

/// Why parameters make no request. The sentence is for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadParameters {
    /// More than [`PARAMETERS_MAX`].
    TooMany,
    /// A parameter is missing or blank.
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// A parameter is no boolean.
    NoBoolean {
        /// Its name.
        name: &'static str,
        /// Its value, cut.
        value: String,
    },
    /// `on` is no date.
    NoDate {
        /// Its value, cut.
        value: String,
    },
    /// A message id is no number.
    NoMessageId {
        /// Its value, cut.
        value: String,
    },
    /// A list is longer than allowed.
    TooLong {
        /// Its name.
        name: &'static str,
        /// How much is allowed, in entries; of `body` in bytes; of `tag` in characters.
        max: usize,
    },
}

impl fmt::Display for BadParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadParameters::TooMany => write!(f, "more than {PARAMETERS_MAX} parameters"),
            BadParameters::Missing { name } => write!(f, "the parameter {name} is missing"),
            BadParameters::NoBoolean { name, value } => {
                write!(f, "{name} is not a boolean: {value} (use true or false)")
            }
            BadParameters::NoDate { value } => {
                write!(f, "on is not a date we can read: {value} (write it like 2026-11-22T05:06:12Z)")
            }
            BadParameters::NoMessageId { value } => write!(f, "message_ids contains what is no message id: {value}"),
            BadParameters::TooLong { name, max } => write!(f, "{name} is too long: at most {max}"),
        }
    }
}

impl std::error::Error for BadParameters {}

/// One of the phones of a send, in its place: the answer has an entry for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Can be sent to.
    Phone(Address),
    /// Is no number; answered with [`INVALID_NUMBER`].
    Invalid,
}

/// `send_message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendMessage {
    /// The application's key.
    pub api_key: Secret,
    /// In the client's order; at least one.
    pub recipients: Vec<Recipient>,
    /// The text; not blank.
    pub text: String,
    /// An answer is expected: the client wants a session with the phone.
    pub action_expected: bool,
    /// Not before this; none = now.
    pub send_at: Option<At>,
    /// The client's name for the conversation.
    pub tag: Option<String>,
}

impl SendMessage {
    /// Reads the parameters.
    pub fn read(parameters: &Parameters) -> Result<SendMessage, BadParameters> {
        let text = parameters.required("body")?;
        if text.len() > TEXT_BYTES_MAX {
            return Err(BadParameters::TooLong { name: "body", max: TEXT_BYTES_MAX });
        }
        let tag = parameters.get("tag").map(str::to_owned);
        if tag.as_ref().is_some_and(|tag| tag.chars().count() > TAG_CHARS_MAX) {
            return Err(BadParameters::TooLong { name: "tag", max: TAG_CHARS_MAX });
        }
        let recipients = recipients(parameters)?;
        Ok(SendMessage {
            api_key: api_key(parameters)?,
            recipients,
            text: text.to_owned(),
            action_expected: boolean(parameters, "action_expected")?,
            send_at: send_at(parameters)?,
            tag,
        })
    }
}

/// `cancel_messages` and `delivery_status`: some messages, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageIds {
    /// The application's key; old clients leave it out, and must then say who they are in another way.
    pub api_key: Option<Secret>,
    /// In the client's order. Error ids of an earlier answer are left out.
    pub segments: Vec<SegmentNumber>,
}

impl MessageIds {
    /// Reads the parameters.
    pub fn read(parameters: &Parameters) -> Result<MessageIds, BadParameters> {
        let list = parameters.required("message_ids")?;
        let mut segments = Vec::new();
        for entry in entries(list) {
            let number: i64 = entry.parse().map_err(|_| BadParameters::NoMessageId { value: shown(entry) })?;
            if segments.len() >= MESSAGE_IDS_MAX {
                return Err(BadParameters::TooLong { name: "message_ids", max: MESSAGE_IDS_MAX });
            }
            if number > 0 {
                segments.push(SegmentNumber(number));
            }
        }
        Ok(MessageIds { api_key: parameters.get("api_key").map(Secret::new), segments })
    }
}

/// `close_sessions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseSessions {
    /// The application's key.
    pub api_key: Secret,
    /// The phones; invalid ones are left out.
    pub phones: Vec<Address>,
}

impl CloseSessions {
    /// Reads the parameters.
    pub fn read(parameters: &Parameters) -> Result<CloseSessions, BadParameters> {
        let recipients = recipients(parameters)?.into_iter();
        let phones = recipients.filter_map(|recipient| match recipient {
            Recipient::Phone(phone) => Some(phone),
            Recipient::Invalid => None,
        });
        Ok(CloseSessions { api_key: api_key(parameters)?, phones: phones.collect() })
    }
}

fn api_key(parameters: &Parameters) -> Result<Secret, BadParameters> {
    parameters.required("api_key").map(Secret::new)
}

/// `phone_number` and `phone_numbers` are read alike, and one after the other when both are there.
fn recipients(parameters: &Parameters) -> Result<Vec<Recipient>, BadParameters> {
    let mut recipients = Vec::new();
    for name in ["phone_number", "phone_numbers"] {
        for entry in parameters.get(name).into_iter().flat_map(entries) {
            if recipients.len() >= RECIPIENTS_MAX {
                return Err(BadParameters::TooLong { name: "phone_numbers", max: RECIPIENTS_MAX });
            }
            let phone = Address::parse(entry)
                .ok()
                .filter(|address| address.is_number() && NUMBER_DIGITS.contains(&address.key().as_str().len()));
            recipients.push(phone.map_or(Recipient::Invalid, Recipient::Phone));
        }
    }
    if recipients.is_empty() { Err(BadParameters::Missing { name: "phone_number" }) } else { Ok(recipients) }
}

/// The entries of a comma list, without blanks around them; empty ones are left out.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

/// Absent is false.
fn boolean(parameters: &Parameters, name: &'static str) -> Result<bool, BadParameters> {
    let Some(value) = parameters.get(name) else { return Ok(false) };
    super::parse_boolean(value.trim()).ok_or_else(|| BadParameters::NoBoolean { name, value: shown(value) })
}

fn send_at(parameters: &Parameters) -> Result<Option<At>, BadParameters> {
    let Some(value) = parameters.get("on") else { return Ok(None) };
    date::parse(value).map(Some).ok_or_else(|| BadParameters::NoDate { value: shown(value) })
}

fn shown(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(VALUE_CHARS_SHOWN).collect()
}

/// The answer to `send_message`: the ids of all segments, recipient by recipient, with error ids in their place.
pub fn sent_json(ids: impl IntoIterator<Item = i64>) -> String {
    let mut json = String::from(r#"{"message_ids":""#);
    for (index, id) in ids.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(json, "{comma}{id}").expect("writing to memory never fails");
    }
    json.push_str(r#""}"#);
    json
}

/// The answer to `cancel_messages`.
pub fn cancelled_json(count: usize) -> String {
    format!(r#"{{"canceled_count":{count}}}"#)
}

/// The answer to `delivery_status`: only the messages that are known. Statuses are 0, 1 and 2; what the operator has
/// taken is still pending.
pub fn statuses_json(statuses: impl IntoIterator<Item = (SegmentNumber, DeliveryStatus)>) -> String {
    let mut json = String::from("{");
    for (index, (segment, status)) in statuses.into_iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let number = match status {
            DeliveryStatus::Queued => DeliveryStatus::Pending.number(),
            other => other.number(),
        };
        write!(json, r#"{comma}"{}":{number}"#, segment.0).expect("writing to memory never fails");
    }
    json.push('}');
    json
}
