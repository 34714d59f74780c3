//! Android phones as channels: what SMSSync sends to its Sync URL, and what it expects back
//! (`docs/reference/smssync.md §1`).
//!
//! [`read`] takes a request as it came. Whether its secret is right is asked of [`is_allowed`], then the bodies below say
//! what was decided.

use std::fmt;

use domain::secret::Secret;

use super::key::{KEY_NAME_BYTES_MAX, Keys};
use super::result::{self, MessageResult};
use super::{ENTRIES_MAX, Task, UUID_BYTES_MAX, complain};
use crate::chain::json::{Json, Members, entries, write_text};

mod fields;
mod received;
#[cfg(test)]
mod tests;

pub use super::time::DeviceTime;
pub use fields::FIELDS_MAX;
pub use received::{Received, TEST_FROM, TEST_MESSAGE};

use fields::Fields;

/// Largest body a device sends, in bytes: a text of 64 KiB in URL encoding, and the other keys.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// The headers of every answer. Polls must never be answered from a cache.
pub const HEADERS: [(&str, &str); 3] = [
    ("Content-Type", super::JSON),
    ("Cache-Control", "no-cache, must-revalidate"),
    ("Expires", "Sat, 01 Jan 2000 00:00:00 GMT"),
];

/// The words of [`refused`] for a device that [`is_allowed`] turns away.
pub const WRONG_SECRET: &str = "the secret is wrong";

/// What a device asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// It brings an SMS; answered by [`taken`] or [`refused`].
    Message(Received),
    /// It asks for messages to send; answered by [`work`].
    Poll,
    /// It has queued these messages of a poll; answered by [`uuids`] with those of them that it may send.
    Queued(Vec<String>),
    /// It asks whose results are awaited; answered by [`uuids`].
    Awaited,
    /// It brings results; answered by [`taken`].
    Results(Vec<MessageResult>),
}

impl Ask {
    /// Whether the secret is looked at: SMSSync never sends it when it says what it queued. The uuids it names are
    /// known to nobody else.
    pub const fn needs_secret(&self) -> bool {
        !matches!(self, Ask::Queued(_))
    }
}

/// A request of a device, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it asks.
    pub ask: Ask,
    /// The secret it shows.
    pub secret: Secret,
    /// What was odd, in words for the timeline.
    pub complaints: Vec<String>,
}

/// Why a request is not understood. The sentence is for [`refused`]: SMSSync shows it in its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadRequest {
    /// The body is neither a form nor JSON nor XML.
    Unreadable,
    /// More than [`FIELDS_MAX`] fields.
    TooManyFields,
    /// A key of the message is missing.
    Missing {
        /// The name it should have.
        name: String,
        /// The names that came, cut.
        came: String,
    },
    /// The text is longer than [`domain::limit::TEXT_BYTES_MAX`].
    TooLong,
    /// A `GET` with neither `task=send` nor `task=result`.
    NoTask,
    /// A body of `task=sent` or `task=result` is not as it should be.
    BadTask {
        /// Which.
        task: Task,
    },
}

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadRequest::Unreadable => f.write_str("the body is neither a form nor JSON nor XML"),
            BadRequest::TooManyFields => write!(f, "the body has more than {FIELDS_MAX} fields"),
            BadRequest::Missing { name, came } if came.is_empty() => {
                write!(f, "the key {name} is missing: no key came")
            }
            BadRequest::Missing { name, came } => {
                write!(f, "the key {name} is missing: keys that came are {came}; were they renamed on the device?")
            }
            BadRequest::TooLong => f.write_str("the message is too long"),
            BadRequest::NoTask => f.write_str("this is a Sync URL for SMSSync; a GET needs task=send or task=result"),
            BadRequest::BadTask { task: Task::Sent } => f.write_str("the body must have a list queued_messages"),
            BadRequest::BadTask { .. } => f.write_str("the body must have a list message_result"),
        }
    }
}

impl std::error::Error for BadRequest {}

/// Reads a request. `query` is the query of the URL without its `?`; `keys` are the names the device was given. The
/// content type is not asked, for version 3 sends XML as JSON.
pub fn read(method: &str, query: &str, body: &[u8], keys: &Keys) -> Result<Request, BadRequest> {
    let mut complaints = Vec::new();
    let query = fields::of_query(query)?;
    let task = query.get("task").and_then(|task| Task::parse(task.trim()));
    let is_get = method == "GET";
    let (ask, secret) = match (task, is_get) {
        // Who looks at the headers alone would take messages away.
        _ if method == "HEAD" => return Err(BadRequest::NoTask),
        (Some(Task::Send), true) => (Ask::Poll, query.secret(keys)),
        (Some(Task::Result), true) => (Ask::Awaited, query.secret(keys)),
        (_, true) => return Err(BadRequest::NoTask),
        (Some(Task::Sent), false) => (Ask::Queued(queued(body, &mut complaints)?), query.secret(keys)),
        (Some(Task::Result), false) => {
            let found = read_results(body, &mut complaints).ok_or(BadRequest::BadTask { task: Task::Result })?;
            (Ask::Results(found), query.secret(keys))
        }
        (Some(Task::Send) | None, false) => {
            let fields = fields::of_body(body, &mut complaints)?.with(query);
            let is_poll = fields.get("task") == Some("send") && !fields.has_any(keys);
            let ask = if is_poll { Ask::Poll } else { Ask::Message(Received::of(&fields, keys, &mut complaints)?) };
            (ask, fields.secret(keys))
        }
    };
    Ok(Request { ask, secret: Secret::new(secret), complaints })
}

/// Whether a device may ask. An empty configured secret is not checked. The time does not depend on where they differ.
pub fn is_allowed(configured: &Secret, request: &Request) -> bool {
    !request.ask.needs_secret() || configured.is_empty() || configured.matches(request.secret.expose())
}

/// `{"queued_messages":["uuid",…]}`.
fn queued(body: &[u8], complaints: &mut Vec<String>) -> Result<Vec<String>, BadRequest> {
    let bad = BadRequest::BadTask { task: Task::Sent };
    let text = fields::text_of(body, complaints);
    let members = Members::read(text.trim()).ok_or(bad.clone())?;
    let list = match members.given("queued_messages") {
        None => return Err(bad),
        Some(Json::Array(list)) => list.to_owned(),
        // A list in a text, as results come.
        Some(Json::Text(text)) if matches!(Json::read(&text), Some(Json::Array(_))) => text,
        Some(_) => return Err(bad),
    };
    let mut uuids = Vec::new();
    for entry in entries(&list) {
        match entry.plain().map(|uuid| uuid.trim().to_owned()) {
            Some(uuid) if (1..=UUID_BYTES_MAX).contains(&uuid.len()) && uuids.len() < ENTRIES_MAX => uuids.push(uuid),
            _ => complain(complaints, "an entry of queued_messages is no uuid, or one too many, and was ignored"),
        }
    }
    Ok(uuids)
}

/// JSON, or a form with the same in its field `message_result`.
fn read_results(body: &[u8], complaints: &mut Vec<String>) -> Option<Vec<MessageResult>> {
    let text = fields::text_of(body, complaints);
    let text = text.trim();
    if text.starts_with(['{', '[', '"']) {
        return result::read(text, complaints);
    }
    let form = fields::of_query(text).ok()?;
    result::read(form.get("message_result")?, complaints)
}

impl Fields {
    /// The secret, under its given or its usual name; empty when there is none.
    fn secret(&self, keys: &Keys) -> String {
        self.of(keys, super::key::Key::Secret).unwrap_or_default().to_owned()
    }
}

/// A message to send, or a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// The recipient.
    pub to: &'a str,
    /// The text.
    pub text: &'a str,
    /// By which results name it. Left out, the device makes one up and nothing can be told of it.
    pub uuid: Option<&'a str>,
}

/// Taken: the message is committed, or the results are. Replies that are ready ride along; the device sends them at once.
pub fn taken(replies: &[Outgoing<'_>]) -> Vec<u8> {
    let mut body = Vec::from(*br#"{"payload":{"success":true,"error":null"#);
    if !replies.is_empty() {
        body.extend_from_slice(br#","task":"send","messages":"#);
        messages(&mut body, replies);
    }
    body.extend_from_slice(b"}}");
    body
}

/// Not taken, for this reason: the device keeps the message and sends it again.
pub fn refused(reason: &str) -> Vec<u8> {
    let mut body = Vec::from(*br#"{"payload":{"success":false,"error":"#);
    write_text(&mut body, reason);
    body.extend_from_slice(b"}}");
    body
}

/// The answer to a poll. The list is there even when it is empty: versions crashed without it. The secret is the
/// channel's; devices look for it.
pub fn work(secret: &Secret, wanted: &[Outgoing<'_>]) -> Vec<u8> {
    let mut body = Vec::from(*br#"{"payload":{"task":"send","#);
    if !secret.is_empty() {
        body.extend_from_slice(br#""secret":"#);
        write_text(&mut body, secret.expose());
        body.push(b',');
    }
    body.extend_from_slice(br#""messages":"#);
    messages(&mut body, wanted);
    body.extend_from_slice(b"}}");
    body
}

/// The answer to [`Ask::Queued`] and [`Ask::Awaited`].
pub fn uuids<'a>(uuids: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    list("message_uuids", uuids)
}

fn messages(body: &mut Vec<u8>, wanted: &[Outgoing<'_>]) {
    body.push(b'[');
    for (index, message) in wanted.iter().enumerate() {
        body.extend_from_slice(if index == 0 { br#"{"to":"#.as_slice() } else { br#",{"to":"#.as_slice() });
        write_text(body, message.to);
        body.extend_from_slice(br#","message":"#);
        write_text(body, message.text);
        if let Some(uuid) = message.uuid {
            body.extend_from_slice(br#","uuid":"#);
            write_text(body, uuid);
        }
        body.push(b'}');
    }
    body.push(b']');
}

/// An object with one list of texts.
pub(super) fn list<'a>(name: &str, texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut body = Vec::from(*b"{");
    write_text(&mut body, name);
    body.extend_from_slice(b":[");
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        write_text(&mut body, text);
    }
    body.extend_from_slice(b"]}");
    body
}

/// Names of keys fit to be repeated in an error.
fn names_shown<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const NAMES_SHOWN: usize = 8;
    let shown = names
        .take(NAMES_SHOWN)
        .map(|name| name.chars().filter(|c| !c.is_control()).take(KEY_NAME_BYTES_MAX).collect::<String>());
    shown.collect::<Vec<_>>().join(", ")
}
