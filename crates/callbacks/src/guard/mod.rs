//! The outbound guard: which destinations callbacks may reach (`docs/operate/outbound.md`).
//!
//! A URL is parsed once, a name is resolved once, every address it has is judged, and connections go to the judged
//! addresses only. One bad address condemns the name: an attacker who controls a zone mixes good and bad ones.
//! Proxies of the environment are not used, redirects are not followed; both would go round the guard.
//!
//! `address.rs` knows addresses, `exception.rs` what the operator permits, `own.rs` where the gateway itself is,
//! `finding.rs` what came of it.

use std::net::{IpAddr, SocketAddr};

mod address;
mod destination;
mod exception;
mod finding;
mod network;
mod own;
#[cfg(test)]
mod tests;

pub use destination::{Destination, DestinationError, DestinationHost, URL_BYTES_MAX};
pub use exception::{Exception, ExceptionError};
pub use finding::{Examination, Finding};
pub use network::Network;
pub use own::Own;

/// Most addresses of a name; one with more is refused.
pub const ADDRESSES_MAX: usize = 64;

/// Ports of services that speak no HTTP and would take a request for something else, or that give power to whoever
/// reaches them: reached only when an exception names the port, as is the gateway itself ([`Own`]).
pub const SERVICE_PORTS: [u16; 13] = [22, 23, 25, 445, 465, 587, 2375, 3306, 5432, 6379, 9200, 11211, 27017];

/// Why a destination is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It leads where callbacks may not go.
    #[error("HS-3001: {0}")]
    Forbidden(String),
    /// Its name leads nowhere.
    #[error("{0}")]
    Unresolved(String),
}

/// What can be said of a URL without resolving its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be called.
    Allowed,
    /// It depends on the addresses of this name; [`Guard::vet`] looks them up.
    DependsOnName(String),
    /// It may not be called, with the reason for the operator.
    Forbidden(String),
    /// It cannot be called at all.
    Misconfigured(DestinationError),
}

/// The guard with the operator's exceptions. Immutable: changed exceptions make a new one.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    exceptions: Vec<Exception>,
    own: Own,
}

impl Guard {
    /// A guard with exceptions.
    pub fn new(exceptions: Vec<Exception>) -> Guard {
        Guard { exceptions, own: Own::default() }
    }

    /// A guard from entries of `callbacks.allow`.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Guard, ExceptionError> {
        let exceptions = entries.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Guard::new(exceptions))
    }

    /// The same guard, which also knows where the gateway itself is.
    pub fn with_own(self, own: Own) -> Guard {
        Guard { own, ..self }
    }

    /// Judges a URL as far as that is possible without asking anybody.
    pub fn judge(&self, url: &str) -> Verdict {
        let destination = match Destination::parse(url) {
            Ok(destination) => destination,
            Err(error) => return Verdict::Misconfigured(error),
        };
        match destination.host {
            DestinationHost::Name(name) => Verdict::DependsOnName(name),
            DestinationHost::Address(address) => match self.admit(SocketAddr::new(address, destination.port)) {
                Ok(()) => Verdict::Allowed,
                Err(reason) => Verdict::Forbidden(reason),
            },
        }
    }

    /// The addresses at which a destination may be called; at least one. Resolves its name, once.
    pub async fn vet(&self, destination: &Destination) -> Result<Vec<SocketAddr>, Refused> {
        let (name, answers) = answers(destination).await?;
        let findings = self.examine_answers(name, &answers, destination.port);
        conclude(name, &findings)?;
        Ok(findings.iter().map(|finding| finding.address).collect())
    }

    /// What [`Guard::vet`] would say, and why, address by address. Resolves the name, once.
    pub async fn examine(&self, destination: &Destination) -> Examination {
        match answers(destination).await {
            Ok((name, answers)) => {
                let findings = self.examine_answers(name, &answers, destination.port);
                let verdict = conclude(name, &findings);
                Examination { findings, verdict }
            }
            Err(refused) => Examination { findings: Vec::new(), verdict: Err(refused) },
        }
    }

    fn examine_answers(&self, name: &str, answers: &[IpAddr], port: u16) -> Vec<Finding> {
        let is_own_name = self.own.is_named(name, port);
        answers.iter().map(|answer| self.find(SocketAddr::new(*answer, port), is_own_name)).collect()
    }

    /// Judges one address with its port; `Err` says why not.
    fn admit(&self, address: SocketAddr) -> Result<(), String> {
        match self.find(address, false).refusal() {
            None => Ok(()),
            Some(reason) => Err(reason.to_owned()),
        }
    }

    fn find(&self, address: SocketAddr, is_own_name: bool) -> Finding {
        let is_service_port = SERVICE_PORTS.contains(&address.port());
        let is_own = is_own_name || self.own.listens_at(address);
        let mut objections: Vec<String> = address::why_not_public(address.ip()).into_iter().collect();
        if is_service_port {
            objections.push(format!("{address}, whose port belongs to a service that is not HTTP"));
        }
        if is_own {
            objections.push(format!("{address}, where this gateway itself is reached"));
        }
        let mut carried = match address.ip() {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => address::carried(v6).find_map(|v4| {
                let finding = self.find(SocketAddr::new(v4.into(), address.port()), false);
                finding.refusal().map(|reason| format!("{v6} carries {v4}, and {reason}"))
            }),
        };
        let is_public = objections.is_empty() && carried.is_none();
        let must_name_port = is_service_port || is_own;
        let opens = |exception: &&Exception| !is_public && exception.opens(address, must_name_port);
        let exception = self.exceptions.iter().filter(opens).max_by_key(|exception| exception.prefix()).copied();
        // Whoever wrote down this one address has written down what it carries.
        if exception.is_some_and(Exception::is_one_address) {
            objections.extend(carried.take());
        }
        Finding { address, objections, exception, carried }
    }
}

/// The addresses of a destination as they come, with the name that was resolved for them; empty for an address.
async fn answers(destination: &Destination) -> Result<(&str, Vec<IpAddr>), Refused> {
    match &destination.host {
        DestinationHost::Address(address) => Ok(("", vec![*address])),
        DestinationHost::Name(name) => {
            let found = tokio::net::lookup_host((name.as_str(), destination.port)).await;
            let found =
                found.map_err(|error| Refused::Unresolved(format!("{name} could not be resolved: {error}")))?;
            Ok((name, found.map(|address| address.ip()).take(ADDRESSES_MAX + 1).collect()))
        }
    }
}

/// One bad address condemns the destination.
fn conclude(name: &str, findings: &[Finding]) -> Result<(), Refused> {
    if findings.is_empty() {
        return Err(Refused::Unresolved(format!("{name} has no addresses")));
    }
    if findings.len() > ADDRESSES_MAX {
        return Err(Refused::Forbidden(format!("{name} has more than {ADDRESSES_MAX} addresses")));
    }
    match findings.iter().find_map(Finding::refusal) {
        None => Ok(()),
        Some(reason) if name.is_empty() => Err(Refused::Forbidden(reason.to_owned())),
        Some(reason) => Err(Refused::Forbidden(format!("{name} leads to {reason}"))),
    }
}
