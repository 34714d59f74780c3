//! What the guard thinks, told in full for people. Attempts are judged by the same findings, so both always agree.

use std::net::{IpAddr, SocketAddr};

use super::{Exception, Refused};

/// What the guard thinks of one address with its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The address.
    pub address: SocketAddr,
    /// What speaks against it, in words; nothing against a public address with an ordinary port.
    pub objections: Vec<String>,
    /// The entry of `callbacks.allow` that opens it all the same.
    pub exception: Option<Exception>,
    /// An IPv4 address inside of it that may not be called: only an exception for this one address opens that.
    pub carried: Option<String>,
}

impl Finding {
    /// Whether it may be called.
    pub const fn is_allowed(&self) -> bool {
        self.carried.is_none() && (self.objections.is_empty() || self.exception.is_some())
    }

    /// Why it may not be called, in words.
    pub fn refusal(&self) -> Option<&str> {
        if self.is_allowed() {
            return None;
        }
        let objection = self.objections.first().filter(|_| self.exception.is_none());
        objection.or(self.carried.as_ref()).map(String::as_str)
    }

    /// The narrowest entry of `callbacks.allow` for it, like `10.0.0.1/32:8443`.
    pub fn entry(&self) -> String {
        let port = self.address.port();
        match self.address.ip() {
            IpAddr::V4(v4) => format!("{v4}/32:{port}"),
            IpAddr::V6(v6) => format!("[{v6}]/128:{port}"),
        }
    }
}

/// What the guard thinks of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// Its addresses in the order of the resolver; none when its name leads nowhere.
    pub findings: Vec<Finding>,
    /// What an attempt would meet.
    pub verdict: Result<(), Refused>,
}
