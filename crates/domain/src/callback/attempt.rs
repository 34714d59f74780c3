//! One attempt of a callback: how it ended and what the timeline keeps of it.

use std::sync::Arc;

use crate::answer::Answer;
use crate::time::At;

/// Why an attempt gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptFailure {
    /// The guard refused the destination.
    Forbidden,
    /// The name could not be resolved.
    Unresolved,
    /// No connection.
    Unreachable,
    /// TLS failed.
    Tls,
    /// The budget of time ran out.
    TimedOut,
    /// The connection broke or spoke no HTTP.
    Broken,
    /// The answer was larger than allowed.
    TooLarge,
    /// An HTTP status that is no success.
    Status,
    /// HTTP 410: the application is gone for this callback.
    Gone,
    /// The configuration of the application does not allow an attempt (for example an URL that is none).
    Misconfigured,
    /// An HTTP status by which the application refuses for good, in its contract.
    Refused,
}

impl AttemptFailure {
    /// All failures, in the order of their codes.
    pub const ALL: [AttemptFailure; 11] = [
        AttemptFailure::Forbidden,
        AttemptFailure::Unresolved,
        AttemptFailure::Unreachable,
        AttemptFailure::Tls,
        AttemptFailure::TimedOut,
        AttemptFailure::Broken,
        AttemptFailure::TooLarge,
        AttemptFailure::Status,
        AttemptFailure::Gone,
        AttemptFailure::Misconfigured,
        AttemptFailure::Refused,
    ];

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            AttemptFailure::Forbidden => "forbidden",
            AttemptFailure::Unresolved => "unresolved",
            AttemptFailure::Unreachable => "unreachable",
            AttemptFailure::Tls => "tls",
            AttemptFailure::TimedOut => "timed_out",
            AttemptFailure::Broken => "broken",
            AttemptFailure::TooLarge => "too_large",
            AttemptFailure::Status => "status",
            AttemptFailure::Gone => "gone",
            AttemptFailure::Misconfigured => "misconfigured",
            AttemptFailure::Refused => "refused",
        }
    }

    /// The stored code; never reused.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Back from the stored code.
    pub fn from_code(code: u8) -> Option<AttemptFailure> {
        AttemptFailure::ALL.get(code as usize).copied()
    }

    /// The sentence for a person.
    pub const fn words(self) -> &'static str {
        match self {
            AttemptFailure::Forbidden => "the destination is not allowed (HS-3001)",
            AttemptFailure::Unresolved => "the host name could not be resolved",
            AttemptFailure::Unreachable => "no connection to the application",
            AttemptFailure::Tls => "the TLS handshake failed",
            AttemptFailure::TimedOut => "no complete answer within the time allowed",
            AttemptFailure::Broken => "the connection broke or did not speak HTTP",
            AttemptFailure::TooLarge => "the answer was larger than allowed",
            AttemptFailure::Status => "the HTTP status is no success",
            AttemptFailure::Gone => "the application answered 410 Gone",
            AttemptFailure::Misconfigured => "the application's URL cannot be called (HS-3002)",
            AttemptFailure::Refused => "the application refused it",
        }
    }
}

/// What one attempt was and what came of it, as the timeline keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// 1 for the first.
    pub number: u32,
    /// When it started.
    pub started_at: At,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// The URL without credentials, as called.
    pub url: Arc<str>,
    /// HTTP status, when one came.
    pub status: Option<u16>,
    /// Why it failed, when it did.
    pub failure: Option<AttemptFailure>,
    /// More about the failure, for the operator.
    pub detail: String,
    /// The answer's content type, cut.
    pub content_type: String,
    /// The answer's body as text, cut to [`crate::limit::RECORDED_BYTES_MAX`].
    pub body: String,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptOutcome {
    /// What the timeline keeps.
    pub record: AttemptRecord,
    /// The understood answer; none when the attempt failed.
    pub answer: Option<Answer>,
    /// The application asked to wait this long, in milliseconds (`Retry-After`).
    pub retry_after_ms: Option<u64>,
}
