//! Request bodies: read whole within bounds of size and time, and JSON objects taken member by member, so that a
//! client learns of everything that was wrong with its request at once.

use std::fmt;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::problem::{Complaint, Kind, Problem};

/// Largest request body, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Longest time a body may take to arrive, in milliseconds.
pub const BODY_MS_MAX: u64 = 10_000;
/// Most pieces a body may come in: each costs about as much as a request does, whatever its size.
const PIECES_MAX: usize = 16 * 1024;
/// Most members of the JSON object in a body.
const MEMBERS_MAX: usize = 64;
/// How much of a foreign name is repeated in a complaint, in characters.
const NAME_CHARS_SHOWN: usize = 64;

/// Why a body was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// It is larger than asked for.
    TooLarge,
    /// It broke off, or its framing did.
    Broken,
    /// It comes in more than [`PIECES_MAX`] pieces.
    InCrumbs,
    /// It did not arrive within [`BODY_MS_MAX`].
    TooSlow,
}

/// Reads a whole body of at most so many bytes. Its pieces are put together as they come: kept apart, a body in chunks
/// of one byte would cost many times its size.
pub(crate) async fn gather(mut body: Body, bytes_max: usize) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(Unread::TooLarge);
    }
    let gathered = async {
        // Most bodies are one piece.
        let mut first = Bytes::new();
        let mut whole = Vec::new();
        let mut pieces = 0;
        while let Some(frame) = body.frame().await {
            let Ok(piece) = frame.map_err(|_| Unread::Broken)?.into_data() else { continue };
            if first.len() + whole.len() + piece.len() > bytes_max {
                return Err(Unread::TooLarge);
            }
            pieces += 1;
            if pieces > PIECES_MAX {
                return Err(Unread::InCrumbs);
            }
            if first.is_empty() && whole.is_empty() {
                first = piece;
                continue;
            }
            whole.extend_from_slice(&std::mem::take(&mut first));
            whole.extend_from_slice(&piece);
        }
        Ok(if whole.is_empty() { first } else { whole.into() })
    };
    let in_time = tokio::time::timeout(Duration::from_millis(BODY_MS_MAX), gathered).await;
    in_time.unwrap_or(Err(Unread::TooSlow))
}

/// Reads the whole body.
pub(crate) async fn read(body: Body) -> Result<Bytes, Problem> {
    gather(body, BODY_BYTES_MAX).await.map_err(|unread| match unread {
        Unread::TooLarge => Problem::new(Kind::BodyTooLarge, format!("the body is larger than {BODY_BYTES_MAX} bytes")),
        Unread::Broken => Problem::new(Kind::Body, "the body broke off"),
        Unread::InCrumbs => Problem::new(Kind::Body, format!("the body comes in more than {PIECES_MAX} pieces")),
        Unread::TooSlow => Problem::new(Kind::TooSlow, format!("the body did not arrive within {BODY_MS_MAX} ms")),
    })
}

/// A JSON object on its way to being understood.
pub(crate) struct Members {
    values: Vec<(String, Value)>,
    complaints: Vec<Complaint>,
}

impl Members {
    /// Reads the body as a JSON object.
    pub(crate) async fn of(request: Request<Body>) -> Result<Members, Problem> {
        check_type(request.headers())?;
        let bytes = read(request.into_body()).await?;
        let Object(values) = serde_json::from_slice(&bytes)
            .map_err(|e| Problem::new(Kind::Body, format!("a JSON object is expected: {e}")))?;
        Ok(Members { values, complaints: Vec::new() })
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let position = self.values.iter().position(|(own, _)| own == name)?;
        Some(self.values.remove(position).1).filter(|value| !value.is_null())
    }

    /// Takes a text; an absent member and `null` are none.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => self.complain(name, "must be a string"),
        }
    }

    /// Takes a text that must be there; without it there is a complaint and an empty text.
    pub(crate) fn text_required(&mut self, name: &str) -> String {
        let before = self.complaints.len();
        let text = self.text(name);
        if text.is_none() && self.complaints.len() == before {
            self.complain::<()>(name, "is required");
        }
        text.unwrap_or_default()
    }

    /// Takes a text and reads it; a complaint when it cannot be read.
    pub(crate) fn parsed<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => self.complain(name, error.to_string()),
        }
    }

    /// Takes a text that must be there and reads it.
    pub(crate) fn parsed_required<T, E: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let before = self.complaints.len();
        let value = self.parsed(name, parse);
        if value.is_none() && self.complaints.len() == before {
            self.complain::<()>(name, "is required");
        }
        value
    }

    /// Takes a whole number in a range.
    pub(crate) fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let value = self.take(name)?;
        match value.as_u64().filter(|n| (least..=most).contains(n)) {
            Some(number) => Some(number),
            None => self.complain(name, format!("must be a whole number from {least} to {most}")),
        }
    }

    /// Whether a member is there that we know and do not serve yet.
    pub(crate) fn has(&mut self, name: &str) -> bool {
        self.take(name).is_some()
    }

    /// Notes what is wrong with a member.
    pub(crate) fn complain<T>(&mut self, name: &str, detail: impl Into<String>) -> Option<T> {
        self.complaints.push(Complaint { name: name.to_owned(), detail: detail.into() });
        None
    }

    /// Ends it: whatever was not taken is unknown. `known` is the sentence about what there is.
    pub(crate) fn finish(mut self, known: &str) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.values) {
            let name: String = name.chars().take(NAME_CHARS_SHOWN).collect();
            self.complaints.push(Complaint { name, detail: format!("unknown; known are {known}") });
        }
        if self.complaints.is_empty() { Ok(()) } else { Err(Problem::with_errors(Kind::Body, self.complaints)) }
    }
}

/// Bodies are taken as they are: unpacking would let a few bytes become any number of them.
pub(crate) fn check_unpacked(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(CONTENT_ENCODING) {
        return Err(Problem::new(Kind::MediaType, "send the body without Content-Encoding"));
    }
    Ok(())
}

fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    check_unpacked(headers)?;
    let media = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json")) {
        Ok(())
    } else {
        Err(Problem::new(Kind::MediaType, "send JSON with Content-Type: application/json"))
    }
}

/// The members of a JSON object in order; a repeated name is an error, because readers disagree on which one counts.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut values: Vec<(String, Value)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if values.iter().any(|(own, _)| *own == name) {
                        return Err(serde::de::Error::custom("a member is repeated"));
                    }
                    if values.len() == MEMBERS_MAX {
                        return Err(serde::de::Error::custom(format!("more than {MEMBERS_MAX} members")));
                    }
                    values.push((name, value));
                }
                Ok(Object(values))
            }
        }
        deserializer.deserialize_map(Reads)
    }
}
