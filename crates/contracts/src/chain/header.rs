//! The headers of a request: which pass, which are ours, which refuse the whole request (`docs/build/chains.md §3`).
//!
//! A header that cannot be sent as asked refuses the request: without its `If-Match` or its `Authorization` it would be
//! another request than the application meant.

use super::json::Json;
use super::limit::{HEADER_NAME_BYTES_MAX, HEADER_VALUE_BYTES_MAX, HEADERS_BYTES_MAX, HEADERS_MAX};
use super::refusal::{Complaint, Refusal, shown};
use super::request::Header;

/// Set by the gateway or meant for one connection only (RFC 9110 §7.6.1), in lower case. `Accept-Encoding` is ours
/// because answers are counted as they come; `Expect` because nobody waits for a 100.
const OURS: [&str; 14] = [
    "host",
    "user-agent",
    "content-length",
    "accept-encoding",
    "expect",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// What begins so is ours too.
const OUR_PREFIX: &str = "hookswitch-";

/// Takes the headers asked for. Null is as good as absent.
pub(super) fn take<'a>(
    given: impl Iterator<Item = (String, Json<'a>)>,
    complaints: &mut Vec<Complaint>,
) -> Result<Vec<Header>, Refusal> {
    let mut headers: Vec<Header> = Vec::new();
    let mut bytes = 0;
    for (index, (name, value)) in given.enumerate() {
        if index >= HEADERS_MAX {
            return Err(Refusal::TooManyHeaders);
        }
        if !is_name(&name) {
            return Err(Refusal::HeaderName { given: shown(&name) });
        }
        let value = match value {
            Json::Null => continue,
            Json::Text(text) => text,
            Json::Number(text) => text.to_owned(),
            Json::Bool(value) => value.to_string(),
            Json::Array(_) | Json::Object(_) | Json::Broken => return Err(Refusal::HeaderKind { name }),
        };
        let value = value.trim_matches([' ', '\t']);
        if value.len() > HEADER_VALUE_BYTES_MAX {
            return Err(Refusal::HeaderTooLong { name });
        }
        if !value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~')) {
            return Err(Refusal::HeaderCharacters { name });
        }
        if is_ours(&name) {
            complaints.push(Complaint::HeaderOurs { name });
            continue;
        }
        bytes += name.len() + value.len();
        if bytes > HEADERS_BYTES_MAX {
            return Err(Refusal::HeadersTooLong);
        }
        if let Some(earlier) = headers.iter().position(|header| header.is(&name)) {
            headers.remove(earlier);
            complaints.push(Complaint::HeaderRepeated { name: name.clone() });
        }
        headers.push(Header { name, value: value.to_owned() });
    }
    Ok(headers)
}

/// Whether a header is set by the gateway, whatever an answer asks for.
fn is_ours(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    OURS.contains(&name.as_str()) || name.starts_with(OUR_PREFIX)
}

/// RFC 9110 §5.6.2.
fn is_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=HEADER_NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_token)
}
