//! A whole HTTP response as data, and the few forms in which the contract puts success and failure
//! (`docs/reference/vumi.md §2`).

use crate::vumi::json::Object;

/// The content type of every JSON of the contract.
pub const JSON: &str = "application/json; charset=utf-8";
/// The content type of the pages for browsers that 401, 403, 404 and 405 carry.
pub const HTML: &str = "text/html";

/// A response, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Reason phrase: one of ours, never made of what a client sent.
    pub phrase: &'static str,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// A further header.
    pub header: Option<(&'static str, &'static str)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// JSON without a further header.
    pub(super) const fn json(status: u16, phrase: &'static str, body: Vec<u8>) -> Response {
        Response { status, phrase, content_type: JSON, header: None, body }
    }

    /// `{"success":…,"reason":…}`: how the conversation's own resources speak. The phrase is never made of what a
    /// client sent; the reason may be.
    pub fn said(status: u16, phrase: &'static str, reason: &str) -> Response {
        let mut body = Vec::with_capacity(reason.len() + 32);
        let mut object = Object::begin(&mut body);
        object.raw("success", if status < 300 { "true" } else { "false" });
        object.text("reason", reason);
        object.end();
        Response::json(status, phrase, body)
    }
}

/// The answer to a send that was accepted. `message` is its JSON, from [`request::message`](crate::vumi::request::message).
pub fn accepted(message: Vec<u8>) -> Response {
    Response::json(200, "OK", message)
}

/// The usual phrase of a status (RFC 9110 §15).
pub(super) const fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        503 => "Service Unavailable",
        _ => "Bad Request",
    }
}
