//! The operator's exceptions: private networks, and if wanted the port, that callbacks may reach all the same.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use super::network::Network;

/// One entry of `callbacks.allow`: `127.0.0.1/32`, `10.0.0.172/32:5984`, `[fd00::]/8:443`. It opens exactly what it
/// says; without a port it opens all ports but those of other services ([`super::SERVICE_PORTS`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    network: Network,
    port: Option<u16>,
}

/// Why a text is no exception. The sentence says how to write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("HS-3003: {text:?} in callbacks.allow {reason}")]
pub struct ExceptionError {
    text: String,
    reason: String,
}

impl Exception {
    /// Whether this opens the address for the port. `is_service_port` needs the port to be named.
    pub(super) fn opens(self, address: SocketAddr, is_service_port: bool) -> bool {
        let port_is_open = self.port.map_or(!is_service_port, |port| port == address.port());
        port_is_open && self.network.contains(address.ip())
    }
}

impl FromStr for Exception {
    type Err = ExceptionError;

    fn from_str(text: &str) -> Result<Exception, ExceptionError> {
        parse(text.trim()).map_err(|reason| ExceptionError { text: text.to_owned(), reason })
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{} port {port}", self.network),
            None => self.network.fmt(f),
        }
    }
}

fn parse(text: &str) -> Result<Exception, String> {
    let (address, rest) = split_address(text)?;
    let (prefix, port) = match rest.strip_prefix('/') {
        Some(rest) => match rest.split_once(':') {
            Some((prefix, port)) => (Some(prefix), Some(port)),
            None => (Some(rest), None),
        },
        None => (None, rest.strip_prefix(':')),
    };
    let base: IpAddr = address.parse().map_err(|_| {
        "is not a network: write an address and a prefix, like 10.0.0.0/8 (names are not taken)".to_owned()
    })?;
    if text.starts_with('[') && base.is_ipv4() {
        return Err("has an IPv4 address in brackets: leave them out".into());
    }
    let prefix = match prefix {
        Some(prefix) => number(prefix).ok_or("has no prefix length after the slash, like /8 or /32")?,
        None if base.is_ipv4() => 32,
        None => 128,
    };
    let network = Network::new(base, prefix).map_err(|meant| match meant {
        Some(network) => format!("has bits outside of its prefix: did you mean {network}?"),
        None => "has a prefix longer than its address".to_owned(),
    })?;
    let port = match port {
        Some(port) => Some(number(port).filter(|port| *port != 0).ok_or("has no port after the colon, 1 to 65535")?),
        None => None,
    };
    Ok(Exception { network, port })
}

/// The address, and what follows it.
fn split_address(text: &str) -> Result<(&str, &str), String> {
    if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']').ok_or("has no closing bracket")?;
        if !(rest.is_empty() || rest.starts_with(['/', ':'])) {
            return Err("has something behind the bracket that is neither /prefix nor :port".into());
        }
        return Ok((address, rest));
    }
    let end = match text.matches(':').count() {
        0 | 1 => text.find(['/', ':']),
        _ => text.find('/'),
    };
    let (address, rest) = text.split_at(end.unwrap_or(text.len()));
    if address.contains(':') && rest.contains(':') {
        return Err("names a port of an IPv6 network: put the address in brackets, like [fd00::]/8:443".into());
    }
    Ok((address, rest))
}

/// Plain digits only: no sign, no blanks.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}
