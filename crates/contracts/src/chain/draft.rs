//! A request in the making: what both forms have in common.

use super::header;
use super::json::{Json, Members, compact};
use super::limit::BODY_BYTES_MAX;
use super::refusal::{Complaint, Refusal, shown};
use super::request::{Header, Method, Request};
use super::target::Target;

/// The content type of a body that was given as JSON, when the headers don't say another.
const JSON: &str = "application/json; charset=utf-8";
/// The content type of a body that was given as a text, when the headers don't say another.
const TEXT: &str = "text/plain; charset=utf-8";

/// What a request is made of.
pub(super) struct Draft {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) headers: Vec<Header>,
    pub(super) body: Option<Body>,
}

/// A body, and the content type it has by itself.
pub(super) struct Body {
    bytes: Vec<u8>,
    content_type: &'static str,
}

impl Draft {
    /// The request.
    pub(super) fn finish(mut self, complaints: &mut Vec<Complaint>) -> Request {
        if let Some(value) = self.target.authorization {
            let are_sent = !self.headers.iter().any(|header| header.is("authorization"));
            complaints.push(Complaint::CredentialsMoved { are_sent });
            if are_sent {
                self.headers.push(Header { name: "Authorization".into(), value });
            }
        }
        let body = match (self.method, self.body) {
            (_, None) => Vec::new(),
            (Method::Get, Some(_)) => {
                complaints.push(Complaint::BodyIgnored);
                Vec::new()
            }
            (_, Some(body)) => {
                if !self.headers.iter().any(|header| header.is("content-type")) {
                    self.headers.push(Header { name: "Content-Type".into(), value: body.content_type.into() });
                }
                body.bytes
            }
        };
        Request { method: self.method, url: self.target.url, headers: self.headers, body }
    }
}

impl Body {
    /// A text as it is.
    pub(super) fn text(text: String) -> Result<Body, Refusal> {
        Body::within(text.into_bytes(), TEXT)
    }

    /// JSON without its blanks, otherwise as it was written.
    pub(super) fn json(json: &str) -> Result<Body, Refusal> {
        Body::within(compact(json), JSON)
    }

    fn within(bytes: Vec<u8>, content_type: &'static str) -> Result<Body, Refusal> {
        match bytes.len() {
            bytes if bytes > BODY_BYTES_MAX => Err(Refusal::BodyTooLarge { bytes }),
            _ => Ok(Body { bytes, content_type }),
        }
    }
}

/// Reads a method.
pub(super) fn method(
    value: Json<'_>,
    member: &'static str,
    complaints: &mut Vec<Complaint>,
) -> Result<Method, Refusal> {
    let Json::Text(given) = value else { return Err(Refusal::Kind { member, expected: "a text" }) };
    let method = Method::parse(given.trim()).ok_or_else(|| Refusal::Method { given: shown(&given) })?;
    if given.trim() != method.name() {
        complaints.push(Complaint::MethodCase);
    }
    Ok(method)
}

/// Reads the headers; absent is none.
pub(super) fn headers(
    value: Option<Json<'_>>,
    member: &'static str,
    complaints: &mut Vec<Complaint>,
) -> Result<Vec<Header>, Refusal> {
    let expected = "an object of texts";
    match value {
        None => Ok(Vec::new()),
        Some(Json::Object(text)) => {
            let members = Members::read(text).ok_or(Refusal::Kind { member, expected })?;
            header::take(members.into_pairs(), complaints)
        }
        Some(_) => Err(Refusal::Kind { member, expected }),
    }
}

/// Complains about members that are not known.
pub(super) fn check_members(members: &Members<'_>, known: &[&str], complaints: &mut Vec<Complaint>) {
    for name in members.names().filter(|name| !known.contains(name)).take(COMPLAINED_MAX) {
        complaints.push(Complaint::MemberUnknown { name: shown(name) });
    }
}

/// Most unknown members that are named.
const COMPLAINED_MAX: usize = 8;
