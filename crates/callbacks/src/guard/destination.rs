//! A URL that may be called, taken apart once. Nothing later looks at the text again.

use std::net::IpAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::secret::Secret;
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Longest URL, in bytes.
pub const URL_BYTES_MAX: usize = 2048;
/// Longest host name, in bytes (RFC 1035 §2.3.4, without the root's dot).
const HOST_BYTES_MAX: usize = 253;
/// Longest label of a host name, in bytes (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// Why a text is no destination.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// Longer than [`URL_BYTES_MAX`].
    #[error("the URL is longer than {URL_BYTES_MAX} bytes")]
    TooLong,
    /// Parsers disagree about such characters, so they are refused before any parser sees them.
    #[error("the URL contains a blank, a control character or a backslash")]
    Characters,
    /// No URL.
    #[error("the URL cannot be read: {0}")]
    Unreadable(String),
    /// Another scheme.
    #[error("the URL must begin with http:// or https://")]
    Scheme,
    /// The host is none of the internet.
    #[error("the URL has no proper host name")]
    Host,
    /// Nothing listens there.
    #[error("the URL has port 0")]
    Port,
}

/// The host of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestinationHost {
    /// A name to resolve, in ASCII, without a dot at its end.
    Name(String),
    /// An address, whichever way it was written.
    Address(IpAddr),
}

/// Where requests go.
#[derive(Clone, Debug)]
pub struct Destination {
    /// Whether TLS is spoken.
    pub is_tls: bool,
    /// The host.
    pub host: DestinationHost,
    /// The port.
    pub port: u16,
    /// Path and query, as the request line has them.
    pub path: String,
    /// The `Host` header.
    pub authority: String,
    /// The URL without credentials and fragment, fit to be shown.
    pub shown: Arc<str>,
    /// The credentials of the URL as an `Authorization` header.
    pub authorization: Option<Secret>,
    /// The password of the URL as the other side would echo it.
    pub password: Option<Secret>,
}

impl Destination {
    /// Takes a URL apart.
    pub fn parse(text: &str) -> Result<Destination, DestinationError> {
        if text.len() > URL_BYTES_MAX {
            return Err(DestinationError::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(DestinationError::Characters);
        }
        let is_http = |scheme: &str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if !is_http("http://") && !is_http("https://") {
            return Err(DestinationError::Scheme);
        }
        let mut url = Url::parse(text).map_err(|error| DestinationError::Unreadable(error.to_string()))?;
        let host = host(&url)?;
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(DestinationError::Port)?;
        let (authorization, password) = credentials(&url);
        // Neither can fail: the URL has a host and is no file.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.set_fragment(None);
        let authority = match url.port() {
            Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
            None => url.host_str().unwrap_or_default().to_owned(),
        };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        Ok(Destination {
            is_tls: url.scheme() == "https",
            host,
            port,
            path,
            authority,
            shown: url.as_str().into(),
            authorization,
            password,
        })
    }
}

fn host(url: &Url) -> Result<DestinationHost, DestinationError> {
    match url.host().ok_or(DestinationError::Host)? {
        Host::Ipv4(address) => Ok(DestinationHost::Address(address.into())),
        Host::Ipv6(address) => Ok(DestinationHost::Address(address.into())),
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            let is_label = |label: &str| (1..=LABEL_BYTES_MAX).contains(&label.len());
            let is_name = name.len() <= HOST_BYTES_MAX && name.split('.').all(is_label);
            is_name.then(|| DestinationHost::Name(name.to_owned())).ok_or(DestinationError::Host)
        }
    }
}

/// RFC 7617 §2 from the userinfo, percent-decoded.
fn credentials(url: &Url) -> (Option<Secret>, Option<Secret>) {
    if url.username().is_empty() && url.password().is_none() {
        return (None, None);
    }
    let mut plain: Vec<u8> = percent_decode_str(url.username()).collect();
    plain.push(b':');
    let password: Vec<u8> = percent_decode_str(url.password().unwrap_or_default()).collect();
    plain.extend_from_slice(&password);
    let authorization = Secret::new(format!("Basic {}", STANDARD.encode(plain)));
    (Some(authorization), Some(Secret::new(String::from_utf8_lossy(&password))))
}
