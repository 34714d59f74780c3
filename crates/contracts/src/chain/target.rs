//! Where a request goes: the parts or the URL of an answer, taken apart once and written anew in one spelling.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use super::limit::{HOST_BYTES_MAX, LABEL_BYTES_MAX, URL_BYTES_MAX};
use super::refusal::{Complaint, Refusal, shown};

/// A destination.
#[derive(Debug)]
pub(super) struct Target {
    /// In ASCII, without credentials and fragment.
    pub(super) url: String,
    /// The credentials of the URL as the value of an `Authorization` header.
    pub(super) authorization: Option<String>,
}

/// A destination in parts, as SMSSync has it.
pub(super) struct Parts<'a> {
    /// A name or an address, perhaps with credentials in front and a port behind.
    pub(super) host: &'a str,
    /// Blank for the default.
    pub(super) port: &'a str,
    /// Whether TLS is asked for by name; if not said, port 443 says it.
    pub(super) is_tls: Option<bool>,
    /// Path and query; empty for the root.
    pub(super) path: &'a str,
}

impl Parts<'_> {
    /// Puts them together. Each part is checked for characters that could move its borders, so none gets into another.
    pub(super) fn target(&self, complaints: &mut Vec<Complaint>) -> Result<Target, Refusal> {
        let length = self.host.len() + self.port.len() + self.path.len();
        if length > URL_BYTES_MAX {
            return Err(Refusal::UrlTooLong);
        }
        if has_bad_characters(self.host) || has_bad_characters(self.path) {
            return Err(Refusal::UrlCharacters);
        }
        let (credentials, host) = match self.host.rsplit_once('@') {
            Some((credentials, host)) => (Some(credentials), host),
            None => (None, self.host),
        };
        if host.is_empty() || self.host.contains(['/', '?', '#']) {
            return Err(Refusal::Host { given: shown(host) });
        }
        if !self.path.is_empty() && !self.path.starts_with('/') {
            return Err(Refusal::Path);
        }
        let colons = host.rsplit_once(']').map_or(host, |(_, behind)| behind).matches(':').count();
        // Without brackets only an IPv6 address has more than the colon of a port.
        let is_bare_v6 = colons > 1 && Host::parse(&format!("[{host}]")).is_ok();
        if colons > 1 && !is_bare_v6 {
            return Err(Refusal::Host { given: shown(host) });
        }
        let host_has_port = colons == 1;
        let port = self.port.trim();
        if host_has_port && !port.is_empty() {
            return Err(Refusal::Port { given: shown(port) });
        }
        if !port.is_empty() && !is_port(port) {
            return Err(Refusal::Port { given: shown(port) });
        }
        let last_part = host.rsplit(':').next().filter(|_| host_has_port);
        if let Some(port) = last_part.filter(|port| !is_port(port)) {
            return Err(Refusal::Port { given: shown(port) });
        }
        let is_tls = self.is_tls.unwrap_or_else(|| last_part.unwrap_or(port).parse() == Ok(443_u16));
        let mut text = String::with_capacity(length + 16);
        text.push_str(if is_tls { "https://" } else { "http://" });
        if let Some(credentials) = credentials {
            text.push_str(credentials);
            text.push('@');
        }
        if is_bare_v6 {
            text.extend(["[", host, "]"]);
        } else {
            text.push_str(host);
        }
        if !port.is_empty() {
            text.push(':');
            text.push_str(port);
        }
        text.push_str(if self.path.is_empty() { "/" } else { self.path });
        of_url(&text, complaints)
    }
}

/// Takes a whole URL.
pub(super) fn of_url(text: &str, complaints: &mut Vec<Complaint>) -> Result<Target, Refusal> {
    if text.len() > URL_BYTES_MAX {
        return Err(Refusal::UrlTooLong);
    }
    if has_bad_characters(text) {
        return Err(Refusal::UrlCharacters);
    }
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    if scheme.is_empty() {
        return Err(Refusal::UrlUnreadable);
    }
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Refusal::Scheme { given: shown(scheme) });
    }
    let mut url = Url::parse(text).map_err(|error| unreadable(error, text))?;
    check_host(&url)?;
    if url.port() == Some(0) {
        return Err(Refusal::Port { given: "0".into() });
    }
    let authorization = authorization(&url);
    // Neither can fail: the URL has a host and is no file.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.fragment().is_some() {
        url.set_fragment(None);
        complaints.push(Complaint::FragmentDropped);
    }
    // Other than ASCII is written longer than it was given.
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(Refusal::UrlTooLong);
    }
    Ok(Target { url: url.into(), authorization })
}

/// Parsers disagree about such characters, so they are refused before any parser sees them.
fn has_bad_characters(text: &str) -> bool {
    text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\')
}

fn is_port(port: &str) -> bool {
    port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0)
}

fn unreadable(error: url::ParseError, text: &str) -> Refusal {
    let authority = text.split("://").nth(1).unwrap_or_default().split(['/', '?', '#']).next().unwrap_or_default();
    let host = shown(authority.rsplit('@').next().unwrap_or_default());
    match error {
        url::ParseError::InvalidPort => Refusal::Port { given: host.rsplit(':').next().unwrap_or_default().into() },
        url::ParseError::EmptyHost
        | url::ParseError::IdnaError
        | url::ParseError::InvalidIpv4Address
        | url::ParseError::InvalidIpv6Address
        | url::ParseError::InvalidDomainCharacter => Refusal::Host { given: host },
        _ => Refusal::UrlUnreadable,
    }
}

/// RFC 1035 §2.3.4; a single dot at the end is the root's.
fn check_host(url: &Url) -> Result<(), Refusal> {
    let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
    let bare = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| (1..=LABEL_BYTES_MAX).contains(&label.len());
    let is_name = bare.len() <= HOST_BYTES_MAX && bare.split('.').all(is_label);
    if is_name { Ok(()) } else { Err(Refusal::Host { given: shown(name) }) }
}

/// RFC 7617 §2 from the userinfo, percent-decoded.
fn authorization(url: &Url) -> Option<String> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut plain: Vec<u8> = percent_decode_str(url.username()).collect();
    plain.push(b':');
    plain.extend(percent_decode_str(url.password().unwrap_or_default()));
    Some(format!("Basic {}", STANDARD.encode(plain)))
}
