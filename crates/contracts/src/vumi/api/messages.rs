//! `PUT messages.json`: the body → a plain send or a reply, checked in the contract's order
//! (`docs/reference/vumi.md §3`).
//!
//! The order of the whole: [`Payload::read`], [`Payload::asks`], then for a reply whether the MO is one of this
//! conversation ([`BadMessage::UnknownReply`]), for a plain send whether the phone opted out
//! ([`BadMessage::OptedOut`]), and only then [`Payload::into_send`] or [`Payload::into_reply`].

use std::fmt;

use domain::address::Address;
use domain::decision::Refusal;
use domain::id::MessageId;
use domain::limit::TEXT_BYTES_MAX;
use serde_json::{Map, Value};

use super::response::Response;
use crate::vumi::{SessionEvent, json};

#[cfg(test)]
mod tests;

/// Longest `helper_metadata` that is kept, in bytes of its JSON.
pub const HELPER_METADATA_BYTES_MAX: usize = 4096;
/// The `to_addr_type` of a send that doesn't say.
pub const ADDRESS_TYPE_DEFAULT: &str = "msisdn";
/// An address or its type is repeated in an error up to this many characters.
const VALUE_CHARS_SHOWN: usize = 64;
/// The member of `helper_metadata` that is ours alone.
const OWN_METADATA: &str = "go";

/// A member that may be wrong, in the order of the alphabet, which is that of the errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// `content`.
    Content,
    /// `helper_metadata`.
    HelperMetadata,
    /// `session_event`.
    SessionEvent,
    /// `to_addr`.
    ToAddr,
    /// `voice`, inside `helper_metadata`.
    Voice,
}

impl Key {
    const fn sentence(self) -> &'static str {
        match self {
            Key::Content => "Invalid or missing value for payload key 'content'",
            Key::HelperMetadata => "Invalid or missing value for payload key 'helper_metadata'",
            Key::SessionEvent => "Invalid or missing value for payload key 'session_event'",
            Key::ToAddr => "Invalid or missing value for payload key 'to_addr'",
            Key::Voice => "Invalid or missing value for payload key 'voice'",
        }
    }
}

/// One thing that is wrong with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A member is missing or of the wrong kind.
    Member(Key),
    /// The content is longer than allowed: in characters against the conversation's limit, in bytes against
    /// [`TEXT_BYTES_MAX`].
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        max: usize,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Member(key) => f.write_str(key.sentence()),
            Fault::TooLong { length, max } => write!(f, "Payload content too long: {length} > {max}"),
        }
    }
}

/// Why a body makes no message. The sentence is the contract's `reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadMessage {
    /// No JSON, or no object.
    Unreadable,
    /// `in_reply_to` is no MO of this conversation.
    UnknownReply,
    /// At least one thing is wrong, in the contract's order.
    Faults(Vec<Fault>),
    /// The phone opted out.
    OptedOut {
        /// The `to_addr_type`, as given.
        address_type: String,
        /// The `to_addr`, as given.
        address: String,
    },
    /// The gateway says no for another reason.
    Refused {
        /// Why, for the client.
        reason: String,
    },
}

impl fmt::Display for BadMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadMessage::Unreadable => f.write_str("Invalid Message"),
            BadMessage::UnknownReply => f.write_str("Invalid in_reply_to value"),
            BadMessage::Faults(faults) => match &faults[..] {
                [fault] => fault.fmt(f),
                faults => {
                    f.write_str("Errors:")?;
                    faults.iter().try_for_each(|fault| write!(f, "\n* {fault}"))
                }
            },
            BadMessage::OptedOut { address_type, address } => {
                let (address_type, address) = (shown(address_type), shown(address));
                write!(f, "Recipient with {address_type} {address} has opted out")
            }
            BadMessage::Refused { reason } => f.write_str(reason),
        }
    }
}

impl std::error::Error for BadMessage {}

impl From<&Refusal> for BadMessage {
    /// What the engine refuses, in the contract's words where it has some.
    fn from(refusal: &Refusal) -> BadMessage {
        match refusal {
            Refusal::EmptyText => BadMessage::Faults(vec![Fault::Member(Key::Content)]),
            other => BadMessage::Refused { reason: format!("{other} ({})", other.code()) },
        }
    }
}

impl BadMessage {
    /// 400 with the reason. The phrase repeats it, as Vumi did, where it is a fixed text of one line.
    pub fn response(&self) -> Response {
        let phrase = match self {
            BadMessage::Unreadable => "Invalid Message",
            BadMessage::UnknownReply => "Invalid in_reply_to value",
            BadMessage::Faults(faults) => match &faults[..] {
                [Fault::Member(key)] => key.sentence(),
                _ => super::response::phrase(400),
            },
            BadMessage::OptedOut { .. } | BadMessage::Refused { .. } => super::response::phrase(400),
        };
        Response::said(400, phrase, &self.to_string())
    }
}

/// A body that is a JSON object; nothing in it is checked yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    members: Map<String, Value>,
}

/// What a body asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks<'a> {
    /// A plain send; with the recipient to look up among the opt-outs, when one is given.
    Send(Option<Recipient<'a>>),
    /// A reply to this MO. Opt-outs do not count.
    Reply(MessageId),
}

/// Whom a plain send goes to, as given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient<'a> {
    /// `to_addr_type`.
    pub address_type: &'a str,
    /// `to_addr`.
    pub address: &'a str,
}

impl Recipient<'_> {
    /// The refusal that it opted out.
    pub fn opted_out(&self) -> BadMessage {
        BadMessage::OptedOut { address_type: self.address_type.to_owned(), address: self.address.to_owned() }
    }
}

/// A plain send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainSend {
    /// The phone.
    pub to: Address,
    /// The text.
    pub content: Option<String>,
    /// What it does to the session.
    pub session_event: Option<SessionEvent>,
    /// What the client gave, without the member that is ours: the text of a JSON object in ASCII, at most
    /// [`HELPER_METADATA_BYTES_MAX`]; none when nothing is left.
    pub helper_metadata: Option<String>,
}

/// A reply to an MO.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The text.
    pub content: Option<String>,
    /// Whether it is the last message of the session. (`new` and `resume` say the same as nothing.)
    pub closes_session: bool,
    /// As in [`PlainSend`].
    pub helper_metadata: Option<String>,
}

impl Payload {
    /// Reads the body. Its content type is not asked.
    pub fn read(body: &[u8]) -> Result<Payload, BadMessage> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Payload { members }),
            _ => Err(BadMessage::Unreadable),
        }
    }

    /// A reply when `in_reply_to` says something, a plain send otherwise.
    pub fn asks(&self) -> Result<Asks<'_>, BadMessage> {
        match self.members.get("in_reply_to") {
            Some(value) if says_something(value) => {
                let id = value.as_str().and_then(MessageId::parse);
                id.map(Asks::Reply).ok_or(BadMessage::UnknownReply)
            }
            _ => Ok(Asks::Send(self.recipient())),
        }
    }

    fn recipient(&self) -> Option<Recipient<'_>> {
        let address = self.members.get("to_addr")?.as_str()?;
        let address_type = self.members.get("to_addr_type").and_then(Value::as_str);
        Some(Recipient { address_type: address_type.unwrap_or(ADDRESS_TYPE_DEFAULT), address })
    }

    /// Checks a plain send. `content_chars_max` is the conversation's `content_length_limit`.
    pub fn into_send(mut self, content_chars_max: Option<usize>) -> Result<PlainSend, BadMessage> {
        let mut faults = Vec::new();
        let content = self.content(&mut faults);
        let helper_metadata = self.helper_metadata(&mut faults);
        let session_event = self.session_event(&mut faults);
        let to = self.members.get("to_addr").and_then(Value::as_str).and_then(|to| Address::parse(to).ok());
        if to.is_none() {
            faults.push(Fault::Member(Key::ToAddr));
        }
        faults.extend(too_long(content.as_deref(), content_chars_max));
        match to {
            Some(to) if faults.is_empty() => Ok(PlainSend { to, content, session_event, helper_metadata }),
            _ => Err(BadMessage::Faults(faults)),
        }
    }

    /// Checks a reply. `content_chars_max` is the conversation's `content_length_limit`.
    pub fn into_reply(mut self, content_chars_max: Option<usize>) -> Result<Reply, BadMessage> {
        let mut faults = Vec::new();
        let content = self.content(&mut faults);
        let helper_metadata = self.helper_metadata(&mut faults);
        let closes_session = self.session_event(&mut faults) == Some(SessionEvent::Close);
        faults.extend(too_long(content.as_deref(), content_chars_max));
        if faults.is_empty() {
            Ok(Reply { content, closes_session, helper_metadata })
        } else {
            Err(BadMessage::Faults(faults))
        }
    }

    fn content(&mut self, faults: &mut Vec<Fault>) -> Option<String> {
        match self.members.remove("content") {
            None | Some(Value::Null) => None,
            Some(Value::String(content)) => Some(content),
            Some(_) => wrong(Key::Content, faults),
        }
    }

    fn session_event(&self, faults: &mut Vec<Fault>) -> Option<SessionEvent> {
        match self.members.get("session_event") {
            None | Some(Value::Null) => None,
            Some(value) => {
                let event = value.as_str().and_then(SessionEvent::parse);
                event.or_else(|| wrong(Key::SessionEvent, faults))
            }
        }
    }

    fn helper_metadata(&mut self, faults: &mut Vec<Fault>) -> Option<String> {
        let mut metadata = match self.members.remove("helper_metadata") {
            None | Some(Value::Null) => return None,
            Some(Value::Object(metadata)) => metadata,
            Some(_) => return wrong(Key::HelperMetadata, faults),
        };
        if metadata.get("voice").is_some_and(|voice| !voice.is_object() && !voice.is_null()) {
            return wrong(Key::Voice, faults);
        }
        metadata.remove(OWN_METADATA);
        if metadata.is_empty() {
            return None;
        }
        let text = json::ascii(&Value::Object(metadata).to_string());
        if text.len() > HELPER_METADATA_BYTES_MAX { wrong(Key::HelperMetadata, faults) } else { Some(text) }
    }
}

fn wrong<T>(key: Key, faults: &mut Vec<Fault>) -> Option<T> {
    faults.push(Fault::Member(key));
    None
}

fn too_long(content: Option<&str>, chars_max: Option<usize>) -> Option<Fault> {
    let content = content?;
    // Bytes bound the characters from above; only a long text is counted.
    if let Some(max) = chars_max.filter(|max| content.len() > *max) {
        let length = content.chars().count();
        if length > max {
            return Some(Fault::TooLong { length, max });
        }
    }
    (content.len() > TEXT_BYTES_MAX).then_some(Fault::TooLong { length: content.len(), max: TEXT_BYTES_MAX })
}

/// Whether a value counts as given: Python's truth, by which Vumi chose.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// What a client gave, as an error repeats it.
fn shown(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(VALUE_CHARS_SHOWN).collect()
}
