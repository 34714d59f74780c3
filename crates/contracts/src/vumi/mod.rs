//! The Vumi Go HTTP API (`docs/reference/vumi.md`): JSON messages and events that are pushed or streamed, messages and
//! metrics that are put, and the opt-outs and metrics of an account.
//!
//! Here are bytes only. Who may ask, what is stored and when something is told is decided elsewhere.

pub mod answer;
pub mod api;
mod date;
mod json;
pub mod request;

pub use domain::ussd::{SessionEvent, TransportType};

/// The version that every message and event names (`docs/reference/vumi.md §3`).
pub const MESSAGE_VERSION: &str = "20110921";

/// One of the two forms in which the API is served (`docs/reference/vumi.md §1`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flavour {
    /// `http_api_nostream`: messages and events are pushed.
    Pushed,
    /// `http_api`: without a push URL they are streamed.
    Streamed,
}

impl Flavour {
    /// Both.
    pub const ALL: [Flavour; 2] = [Flavour::Pushed, Flavour::Streamed];

    /// The name in paths, and the `conversation_type` of messages.
    pub const fn name(self) -> &'static str {
        match self {
            Flavour::Pushed => "http_api_nostream",
            Flavour::Streamed => "http_api",
        }
    }

    /// The path in front of the conversation key, without a slash at its end.
    pub const fn base_path(self) -> &'static str {
        match self {
            Flavour::Pushed => "/api/v1/go/http_api_nostream",
            Flavour::Streamed => "/api/v1/go/http_api",
        }
    }
}

/// Whom a message or event belongs to: the `go` block of its `helper_metadata` (`docs/reference/vumi.md §3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversation<'a> {
    /// The conversation key: the application's id.
    pub key: &'a str,
    /// How it is spoken with.
    pub flavour: Flavour,
    /// The account's key.
    pub account: &'a str,
}
