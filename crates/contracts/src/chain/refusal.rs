//! Why a request is not made, and what was odd about one that is. Each is a kind for programs and a sentence for the
//! timeline; what the answer said is repeated in it only cut and without control characters.

use std::fmt;

use super::limit::{
    BODY_BYTES_MAX, CHARS_SHOWN, HEADER_NAME_BYTES_MAX, HEADER_VALUE_BYTES_MAX, HEADERS_BYTES_MAX, HEADERS_MAX,
    URL_BYTES_MAX,
};

/// Why a request is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What should describe it is no object.
    NoObject {
        /// Its name.
        member: &'static str,
    },
    /// A member must be there.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member is of the wrong kind.
    Kind {
        /// Its name.
        member: &'static str,
        /// What it must be, in words.
        expected: &'static str,
    },
    /// The method is none of `GET`, `POST`, `PUT`.
    Method {
        /// As given, cut.
        given: String,
    },
    /// The scheme is neither `http` nor `https`.
    Scheme {
        /// As given, cut.
        given: String,
    },
    /// The host is none of the internet.
    Host {
        /// As given, cut, without credentials.
        given: String,
    },
    /// The port is no number from 1 to 65535, or given twice.
    Port {
        /// As given, cut.
        given: String,
    },
    /// The path doesn't begin with a slash.
    Path,
    /// Parsers disagree about blanks, control characters and backslashes in URLs.
    UrlCharacters,
    /// The URL is longer than [`URL_BYTES_MAX`].
    UrlTooLong,
    /// The URL cannot be read.
    UrlUnreadable,
    /// More than [`HEADERS_MAX`] headers.
    TooManyHeaders,
    /// The name of a header is empty, longer than [`HEADER_NAME_BYTES_MAX`], or no token (RFC 9110 §5.6.2).
    HeaderName {
        /// As given, cut.
        given: String,
    },
    /// The value of a header has line breaks, other control characters, or characters outside of ASCII.
    HeaderCharacters {
        /// Its name.
        name: String,
    },
    /// The value of a header is no text.
    HeaderKind {
        /// Its name.
        name: String,
    },
    /// The value of a header is longer than [`HEADER_VALUE_BYTES_MAX`].
    HeaderTooLong {
        /// Its name.
        name: String,
    },
    /// The headers have more than [`HEADERS_BYTES_MAX`] bytes together.
    HeadersTooLong,
    /// The body is larger than [`BODY_BYTES_MAX`].
    BodyTooLarge {
        /// How large it is.
        bytes: usize,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NoObject { member } => write!(f, "{member} is not an object"),
            Refusal::Missing { member } => write!(f, "{member} is missing"),
            Refusal::Kind { member, expected } => write!(f, "{member} must be {expected}"),
            Refusal::Method { given } => write!(f, "the method {given} is not served: use GET, POST or PUT"),
            Refusal::Scheme { given } => write!(f, "the scheme {given} is not served: use http or https"),
            Refusal::Host { given } => write!(f, "{given} is not a host: write a name or an address alone"),
            Refusal::Port { given } => write!(f, "{given} is not a port: write one number from 1 to 65535"),
            Refusal::Path => f.write_str("the path must begin with /"),
            Refusal::UrlCharacters => f.write_str(
                "the URL has a blank, a control character or a backslash in it: write it with percent signs",
            ),
            Refusal::UrlTooLong => write!(f, "the URL is longer than {URL_BYTES_MAX} bytes"),
            Refusal::UrlUnreadable => f.write_str("the URL cannot be read: it must begin with http:// or https://"),
            Refusal::TooManyHeaders => write!(f, "there are more than {HEADERS_MAX} headers"),
            Refusal::HeaderName { given } => {
                write!(f, "{given:?} is not the name of a header (at most {HEADER_NAME_BYTES_MAX} bytes)")
            }
            Refusal::HeaderCharacters { name } => {
                write!(f, "the header {name} has a line break, a control character or one outside of ASCII in it")
            }
            Refusal::HeaderKind { name } => write!(f, "the header {name} must be a text"),
            Refusal::HeaderTooLong { name } => {
                write!(f, "the header {name} is longer than {HEADER_VALUE_BYTES_MAX} bytes")
            }
            Refusal::HeadersTooLong => write!(f, "the headers have more than {HEADERS_BYTES_MAX} bytes"),
            Refusal::BodyTooLarge { bytes } => {
                write!(f, "the body has {bytes} bytes, and at most {BODY_BYTES_MAX} are sent")
            }
        }
    }
}

impl std::error::Error for Refusal {}

/// What was odd about a request that is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// The method was not in capital letters.
    MethodCase,
    /// A `GET` has no body.
    BodyIgnored,
    /// The part behind `#` is never sent (RFC 9110 §4.2.5).
    FragmentDropped,
    /// User and password of the URL became an `Authorization` header, or gave way to the one there was.
    CredentialsMoved {
        /// Whether they are sent.
        are_sent: bool,
    },
    /// A header is set by the gateway, or belongs to a connection alone.
    HeaderOurs {
        /// Its name.
        name: String,
    },
    /// A header was given twice; the later one counts.
    HeaderRepeated {
        /// Its name.
        name: String,
    },
    /// A member is not known.
    MemberUnknown {
        /// Its name, cut.
        name: String,
    },
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Complaint::MethodCase => f.write_str("methods are written in capital letters"),
            Complaint::BodyIgnored => f.write_str("a GET has no body; what was given for one was ignored"),
            Complaint::FragmentDropped => f.write_str("the part of the URL behind # was dropped"),
            Complaint::CredentialsMoved { are_sent: true } => {
                f.write_str("user and password of the URL are sent as an Authorization header")
            }
            Complaint::CredentialsMoved { are_sent: false } => {
                f.write_str("user and password of the URL were dropped, for there is an Authorization header")
            }
            Complaint::HeaderOurs { name } => write!(f, "the header {name} is the gateway's own and was dropped"),
            Complaint::HeaderRepeated { name } => write!(f, "the header {name} was given twice; the later one counts"),
            Complaint::MemberUnknown { name } => write!(f, "the member {name} is not known and was ignored"),
        }
    }
}

/// What was given, fit to be repeated.
pub(super) fn shown(given: &str) -> String {
    given.chars().filter(|c| !c.is_control()).take(CHARS_SHOWN).collect()
}
