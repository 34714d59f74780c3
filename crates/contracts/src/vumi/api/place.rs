//! Which paths and methods there are below the conversation, and what is answered when there is none
//! (`docs/reference/vumi.md §1`). The order of the checks is part of the contract.

use super::response::{HTML, Response, phrase};
use crate::vumi::Flavour;

#[cfg(test)]
mod tests;

/// A resource of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leaf {
    /// `messages.json`.
    Messages,
    /// `events.json`.
    Events,
    /// `metrics.json`.
    Metrics,
}

impl Leaf {
    /// Reads the last part of the path.
    fn parse(flavour: Flavour, name: &str) -> Option<Leaf> {
        match (name, flavour) {
            ("messages.json", _) => Some(Leaf::Messages),
            ("metrics.json", _) => Some(Leaf::Metrics),
            ("events.json", Flavour::Streamed) => Some(Leaf::Events),
            _ => None,
        }
    }

    /// The methods, as `Allow` lists them.
    const fn allow(self, flavour: Flavour) -> &'static str {
        match (self, flavour) {
            (Leaf::Messages, Flavour::Streamed) => "GET, HEAD, PUT",
            (Leaf::Messages | Leaf::Metrics, _) => "HEAD, PUT",
            (Leaf::Events, _) => "GET, HEAD",
        }
    }

    /// Whether the method is served. `HEAD` is listed and served nowhere: a stream has no length, and to put has no
    /// body-less form.
    pub fn allows(self, flavour: Flavour, method: &str) -> bool {
        match method {
            "PUT" => self != Leaf::Events,
            "GET" => flavour == Flavour::Streamed && self != Leaf::Metrics,
            _ => false,
        }
    }
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// Nowhere: [`not_found`] without asking who it is.
    Nowhere,
    /// To a conversation or below it. Who asks is checked first; then, without a leaf, it is [`not_found`].
    Conversation {
        /// The conversation key as in the path.
        key: &'a str,
        /// The resource, when there is one.
        leaf: Option<Leaf>,
    },
}

impl Place<'_> {
    /// Reads the path behind [`Flavour::base_path`].
    pub fn of(flavour: Flavour, rest: &str) -> Place<'_> {
        let Some(rest) = rest.strip_prefix('/') else { return Place::Nowhere };
        let (key, below) = rest.split_once('/').unwrap_or((rest, ""));
        if key.is_empty() {
            return Place::Nowhere;
        }
        Place::Conversation { key, leaf: Leaf::parse(flavour, below) }
    }
}

fn page(status: u16, sentence: &str) -> Response {
    let phrase = phrase(status);
    let body = format!(
        "<html>\n  <head><title>{status} - {phrase}</title></head>\n  <body>\n    <h1>{phrase}</h1>\n    <p>{sentence}</p>\n  </body>\n</html>\n"
    );
    Response { status, phrase, content_type: HTML, header: None, body: body.into_bytes() }
}

/// Nobody, or nobody of this conversation: whatever was wrong, the answer is the same.
pub fn unauthorized() -> Response {
    Response {
        status: 401,
        phrase: phrase(401),
        content_type: HTML,
        header: Some(("WWW-Authenticate", "basic realm=\"Conversation Realm\"")),
        body: b"Unauthorized".to_vec(),
    }
}

/// No such resource.
pub fn not_found() -> Response {
    page(404, "There is no such resource.")
}

/// The account has too many requests under way (`docs/reference/vumi.md §7`).
pub fn too_many_connections() -> Response {
    page(403, "Too many concurrent connections")
}

/// The resource doesn't have this method.
pub fn method_not_allowed(flavour: Flavour, leaf: Leaf) -> Response {
    let refused = page(405, "The resource does not have this method.");
    Response { header: Some(("Allow", leaf.allow(flavour))), ..refused }
}

/// The headers of a stream, sent at once and before any line (`docs/reference/vumi.md §6`).
pub const STREAM_HEADERS: [(&str, &str); 2] = [("Content-Type", super::response::JSON), ("X-Accel-Buffering", "no")];
