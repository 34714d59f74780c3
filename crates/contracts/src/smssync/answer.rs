//! What an application that is an SMSSync server answers (`docs/reference/smssync.md §7`).

use std::fmt;

use domain::address::Address;
use domain::limit::REPLY_CHARS_MAX;
use domain::secret::Secret;

use super::{ENTRIES_MAX, UUID_BYTES_MAX, complain, shown};
use crate::chain::json::{Json, Members, entries};
use crate::chain::{self, Refusal};

#[cfg(test)]
mod tests;

/// What a response answers: the rules differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// A message that was brought to the Sync URL.
    Message,
    /// A poll for work, `?task=send`.
    Poll,
    /// A request of a chain; it may come from somebody else than the application.
    Chained,
}

/// What follows the status of a response to [`Told::Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The body decides: [`understand`].
    Read,
    /// Nothing was taken: it is attempted again, as after no response at all.
    Again,
}

/// What follows a status: devices take 200 and 201, and send again after everything else.
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200 | 201 => Verdict::Read,
        _ => Verdict::Again,
    }
}

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The recipient.
    pub to: Address,
    /// The text, at most [`REPLY_CHARS_MAX`] characters, not blank.
    pub text: String,
    /// The application's identity of it: the same one again is the same message.
    pub uuid: Option<String>,
}

/// What a response asks for, in the order of effects: the messages, then the callback.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Understood {
    /// Messages to send, in the order given.
    pub messages: Vec<Wanted>,
    /// A further request, or why it is not made.
    pub callback: Option<chain::Asked>,
    /// What was odd, in words for the timeline.
    pub complaints: Vec<String>,
}

/// Why a response counts as a failed attempt. The sentence is for the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No JSON object.
    Unreadable,
    /// Neither a `payload` nor a `callback`.
    NoPayload,
    /// `payload.success` is missing or no boolean.
    NoSuccess,
    /// `payload.success` is false: the application did not take it.
    Unsuccessful {
        /// `payload.error`, cut.
        error: String,
    },
    /// There is nothing but a `callback`, and it cannot be made.
    BadCallback(Refusal),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unreadable => f.write_str("the answer is not a JSON object"),
            Failure::NoPayload => f.write_str("the answer has no payload"),
            Failure::NoSuccess => {
                f.write_str("the answer does not say whether it succeeded: payload.success is missing")
            }
            Failure::Unsuccessful { error } if error.is_empty() => f.write_str("payload.success is false"),
            Failure::Unsuccessful { error } => write!(f, "payload.success is false: {error}"),
            Failure::BadCallback(refusal) => write!(f, "the callback cannot be made: {refusal}"),
        }
    }
}

impl std::error::Error for Failure {}

/// Longest `payload.error` that is kept, in characters.
const ERROR_CHARS_MAX: usize = 200;

/// Understands the body of a response. `secret` is that of the Sync URL. [`Told::Chained`] never fails: what is not
/// understood there ends the chain.
pub fn understand(told: Told, secret: &Secret, body: &[u8]) -> Result<Understood, Failure> {
    let mut understood = Understood::default();
    let text = text_of(body, &mut understood.complaints);
    let Some(members) = Members::read(text.trim()) else {
        return match told {
            Told::Message | Told::Poll => Err(Failure::Unreadable),
            Told::Chained => {
                if !text.trim().is_empty() {
                    complain(&mut understood.complaints, "the answer is not a JSON object and asks for nothing");
                }
                Ok(understood)
            }
        };
    };
    understood.callback = match members.given("callback") {
        None => None,
        Some(Json::Object(callback)) => Some(chain::options::read(callback)),
        Some(_) => Some(chain::options::read("null")),
    };
    let payload = match members.given("payload") {
        Some(Json::Object(payload)) => Members::read(payload),
        Some(_) => {
            complain(&mut understood.complaints, "payload is not an object and was ignored");
            None
        }
        None => None,
    };
    let payload = payload.map(|payload| Payload::of(&payload, secret, &mut understood.complaints));
    if told == Told::Message {
        check_success(payload.as_ref(), &mut understood)?;
    }
    if let Some(payload) = payload.filter(|payload| payload.sends(told, secret, &mut understood.complaints)) {
        understood.messages = messages(payload.messages, &mut understood.complaints);
    }
    Ok(understood)
}

/// Whether the application took the message. A callback that can be made is a success by itself: the application has
/// decided, and asking it again would have the request made twice.
fn check_success(payload: Option<&Payload<'_>>, understood: &mut Understood) -> Result<(), Failure> {
    let failure = match payload {
        None => Failure::NoPayload,
        Some(Payload { success: Some(true), .. }) => return Ok(()),
        Some(Payload { success: Some(false), error, .. }) => Failure::Unsuccessful { error: error.clone() },
        Some(Payload { success: None, .. }) => Failure::NoSuccess,
    };
    match understood.callback.as_ref().map(|asked| &asked.request) {
        Some(Ok(_)) => {
            if !matches!(failure, Failure::NoPayload) {
                complain(&mut understood.complaints, format!("{failure}; the callback is made all the same"));
            }
            Ok(())
        }
        Some(Err(refusal)) if failure == Failure::NoPayload => Err(Failure::BadCallback(refusal.clone())),
        _ => Err(failure),
    }
}

/// The parts of `payload`.
struct Payload<'a> {
    success: Option<bool>,
    error: String,
    is_send: bool,
    /// None when there is no secret in it, else whether it is ours.
    secret_matches: Option<bool>,
    messages: Option<Json<'a>>,
}

impl<'a> Payload<'a> {
    fn of(members: &Members<'a>, secret: &Secret, complaints: &mut Vec<String>) -> Payload<'a> {
        let error = members.given("error").and_then(Json::plain).unwrap_or_default();
        let task = members.given("task").and_then(Json::plain).unwrap_or_default();
        let given = members.given("secret").and_then(Json::plain).filter(|given| !given.is_empty());
        Payload {
            success: success(members.get("success"), complaints),
            error: error.chars().filter(|c| !c.is_control()).take(ERROR_CHARS_MAX).collect(),
            is_send: task == "send",
            secret_matches: given.map(|given| secret.matches(&given)),
            messages: members.given("messages"),
        }
    }

    /// Whether its messages are sent.
    fn sends(&self, told: Told, secret: &Secret, complaints: &mut Vec<String>) -> bool {
        if self.messages.is_none() {
            return false;
        }
        match told {
            // Devices look at neither the task nor the secret here.
            Told::Message => self.success == Some(true),
            Told::Poll => {
                let is_ours = secret.is_empty() || self.secret_matches == Some(true);
                if self.is_send && !is_ours {
                    complain(complaints, "payload.secret is not the secret of the Sync URL; no message was sent");
                }
                self.is_send && is_ours
            }
            Told::Chained => {
                if !secret.is_empty() && self.secret_matches == Some(false) {
                    complain(complaints, "payload.secret is not the secret of the Sync URL; no message was sent");
                    return false;
                }
                self.success.unwrap_or(self.is_send)
            }
        }
    }
}

/// A boolean, or its word in any case as text.
fn success(value: Option<Json<'_>>, complaints: &mut Vec<String>) -> Option<bool> {
    match value? {
        Json::Bool(value) => Some(value),
        Json::Text(text) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Json::Text(text) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        Json::Number(number @ ("0" | "1")) => {
            complain(complaints, format!("payload.success must be a boolean; it was taken as {}", number == "1"));
            Some(number == "1")
        }
        _ => None,
    }
}

fn messages(value: Option<Json<'_>>, complaints: &mut Vec<String>) -> Vec<Wanted> {
    let list = match value {
        Some(Json::Array(list)) => entries(list),
        Some(single @ Json::Object(_)) => vec![single],
        _ => {
            complain(complaints, "payload.messages is not a list and was ignored");
            return Vec::new();
        }
    };
    if list.len() > ENTRIES_MAX {
        complain(complaints, format!("there are {} messages, the first {ENTRIES_MAX} were taken", list.len()));
    }
    let mut wanted = Vec::new();
    for (index, entry) in list.into_iter().take(ENTRIES_MAX).enumerate() {
        match wanted_of(entry) {
            Ok(message) => wanted.push(message),
            Err(why) => complain(complaints, format!("message {} was not sent: {why}", index + 1)),
        }
    }
    wanted
}

fn wanted_of(entry: Json<'_>) -> Result<Wanted, String> {
    let Json::Object(entry) = entry else { return Err("it is not an object".into()) };
    let members = Members::read(entry).ok_or("it is not an object")?;
    let to = members.given("to").and_then(Json::plain).ok_or("it has no recipient")?;
    let to = Address::parse(&to).map_err(|refusal| format!("{} is no recipient: {refusal}", shown(&to)))?;
    let text = members.given("message").and_then(Json::plain).ok_or("it has no text")?;
    let text = clean(&text);
    if text.trim().is_empty() {
        return Err("its text is empty".into());
    }
    if text.len() > REPLY_CHARS_MAX && text.chars().count() > REPLY_CHARS_MAX {
        return Err(format!("its text has more than {REPLY_CHARS_MAX} characters"));
    }
    let uuid = members.given("uuid").and_then(Json::plain).map(|uuid| uuid.trim().to_owned());
    let uuid = uuid.filter(|uuid| !uuid.is_empty());
    if uuid.as_ref().is_some_and(|uuid| uuid.len() > UUID_BYTES_MAX || uuid.contains(char::is_control)) {
        return Err(format!("its uuid is longer than {UUID_BYTES_MAX} bytes or has a control character"));
    }
    Ok(Wanted { to, text, uuid })
}

/// The text as it may go to a phone: line breaks as `\n`, no other control characters but the tab.
fn clean(text: &str) -> String {
    let unbroken = text.replace("\r\n", "\n").replace('\r', "\n");
    unbroken.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// Reads the answer to `?task=sent` or `?task=result`: the uuids in `message_uuids`. Only 200 counts. For `sent` the
/// messages among them, and no other, may be sent; for `result` their results are awaited.
pub fn uuids(status: u16, body: &[u8]) -> Option<Vec<String>> {
    let text = text_of(body, &mut Vec::new());
    let members = Members::read(text.trim()).filter(|_| status == 200)?;
    let Json::Array(list) = members.given("message_uuids")? else { return None };
    let texts = entries(list).into_iter().filter_map(|entry| entry.plain().map(|uuid| uuid.trim().to_owned()));
    Some(texts.filter(|uuid| (1..=UUID_BYTES_MAX).contains(&uuid.len())).take(ENTRIES_MAX).collect())
}

/// The body as text, without a byte order mark.
fn text_of(body: &[u8], complaints: &mut Vec<String>) -> String {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            complain(complaints, "the answer is not UTF-8; bytes that could not be read were replaced");
            String::from_utf8_lossy(body).into_owned()
        }
    }
}
