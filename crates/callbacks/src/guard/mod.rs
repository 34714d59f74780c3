//! The outbound guard: which destinations callbacks may reach (`docs/operate/codes/HS-3001.md`).
//!
//! A URL is parsed once, a name is resolved once, every address it has is judged, and connections go to the judged
//! addresses only. One bad address condemns the name: an attacker who controls a zone mixes good and bad ones.
//! Proxies of the environment are not used, redirects are not followed; both would go round the guard.

use std::net::{IpAddr, SocketAddr};

mod address;
mod destination;
mod exception;
mod network;
#[cfg(test)]
mod tests;

pub use destination::{Destination, DestinationError, DestinationHost, URL_BYTES_MAX};
pub use exception::{Exception, ExceptionError};
pub use network::Network;

/// Most addresses of a name; one with more is refused.
pub const ADDRESSES_MAX: usize = 64;

/// Ports of services that speak no HTTP and would take a request for something else, or that give power to whoever
/// reaches them: reached only when an exception names the port.
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
}

impl Guard {
    /// A guard with exceptions.
    pub const fn new(exceptions: Vec<Exception>) -> Guard {
        Guard { exceptions }
    }

    /// A guard from entries of `callbacks.allow`.
    pub fn from_entries<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Guard, ExceptionError> {
        let exceptions = entries.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Ok(Guard { exceptions })
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
        match &destination.host {
            DestinationHost::Address(address) => self.vet_answers("", &[*address], destination.port),
            DestinationHost::Name(name) => {
                let found = tokio::net::lookup_host((name.as_str(), destination.port)).await;
                let found =
                    found.map_err(|error| Refused::Unresolved(format!("{name} could not be resolved: {error}")))?;
                let answers: Vec<IpAddr> = found.map(|address| address.ip()).take(ADDRESSES_MAX + 1).collect();
                self.vet_answers(name, &answers, destination.port)
            }
        }
    }

    /// All addresses or, when one of them is bad, none.
    fn vet_answers(&self, name: &str, answers: &[IpAddr], port: u16) -> Result<Vec<SocketAddr>, Refused> {
        if answers.is_empty() {
            return Err(Refused::Unresolved(format!("{name} has no addresses")));
        }
        if answers.len() > ADDRESSES_MAX {
            return Err(Refused::Forbidden(format!("{name} has more than {ADDRESSES_MAX} addresses")));
        }
        let mut vetted = Vec::with_capacity(answers.len());
        for answer in answers {
            let address = SocketAddr::new(*answer, port);
            if let Err(reason) = self.admit(address) {
                let told = if name.is_empty() { reason } else { format!("{name} leads to {reason}") };
                return Err(Refused::Forbidden(told));
            }
            vetted.push(address);
        }
        Ok(vetted)
    }

    /// Judges one address with its port; `Err` says why not.
    fn admit(&self, address: SocketAddr) -> Result<(), String> {
        let is_service_port = SERVICE_PORTS.contains(&address.port());
        let special = address::why_not_public(address.ip());
        if special.is_none() && !is_service_port {
            return Ok(());
        }
        if self.exceptions.iter().any(|exception| exception.opens(address, is_service_port)) {
            return Ok(());
        }
        Err(special.unwrap_or_else(|| format!("{address}, whose port belongs to a service that is not HTTP")))
    }
}
