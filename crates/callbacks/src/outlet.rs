//! One application's way out: its destination taken apart, the addresses the guard has vetted, its free links.
//!
//! Nothing is shared between applications, so that none can spoil, or read from, another's links.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::callback::AttemptFailure;
use http::HeaderValue;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use crate::attempt::Failed;
use crate::guard::{Destination, DestinationError, DestinationHost, Guard, Refused};
use crate::link::{Link, Transport};
use crate::pool::Pool;

/// How long connecting may take, TLS included, in milliseconds; resolving a name may take as long again.
pub const CONNECT_MS_MAX: u64 = 5_000;
/// Most addresses of a name that are tried.
const ADDRESSES_TRIED_MAX: usize = 4;
/// How long vetted addresses serve further links, in milliseconds.
const VETTED_MS: u64 = 5_000;
/// How long a refusal serves further attempts, in milliseconds.
const REFUSED_MS: u64 = 1_000;

type Vetted = Result<Arc<[SocketAddr]>, Refused>;

/// A way out.
pub(crate) struct Outlet {
    /// The URL it was made for.
    pub(crate) url: Arc<str>,
    /// Where it leads.
    pub(crate) destination: Result<Target, DestinationError>,
    guard: Arc<Guard>,
    vetted: Mutex<Option<(Instant, Vetted)>>,
    /// Its free links.
    pub(crate) pool: Arc<Pool>,
}

/// A destination with the header values that are the same in every request.
pub(crate) struct Target {
    /// The destination.
    pub(crate) destination: Destination,
    /// `Host`.
    pub(crate) host: HeaderValue,
    /// `Authorization`.
    pub(crate) authorization: Option<HeaderValue>,
    /// The request line's URI.
    pub(crate) path: http::Uri,
}

impl Target {
    fn parse(url: &str) -> Result<Target, DestinationError> {
        let destination = Destination::parse(url)?;
        let unreadable = |what: &str| DestinationError::Unreadable(format!("its {what} cannot be sent"));
        let host = HeaderValue::from_str(&destination.authority).map_err(|_| unreadable("host"))?;
        let path = destination.path.parse().map_err(|_| unreadable("path"))?;
        let authorization = match &destination.authorization {
            Some(secret) => {
                let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| unreadable("user name"))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Ok(Target { destination, host, authorization, path })
    }
}

impl Outlet {
    /// A way out to this URL.
    pub(crate) fn new(url: Arc<str>, guard: Arc<Guard>) -> Outlet {
        let destination = Target::parse(&url);
        Outlet { url, destination, guard, vetted: Mutex::new(None), pool: Arc::default() }
    }

    /// Opens a fresh link to an address the guard has vetted.
    pub(crate) async fn connect(&self, destination: &Destination, tls: &TlsConnector) -> Result<Link, Failed> {
        let addresses = self.addresses(destination).await?;
        let tried = &addresses[..addresses.len().min(ADDRESSES_TRIED_MAX)];
        let budget = Duration::from_millis(CONNECT_MS_MAX);
        let stream = timeout(budget, dial(tried, budget / tried.len().max(1) as u32));
        let stream = stream.await.unwrap_or_else(|_| Err(timed_out("connecting")))?;
        let transport = if destination.is_tls {
            let shaken = timeout(budget, tls.connect(server_name(destination)?, stream)).await;
            let shaken = shaken.map_err(|_| timed_out("the TLS handshake"))?;
            let stream = shaken.map_err(|error| Failed::new(AttemptFailure::Tls, error.to_string()))?;
            Transport::Tls(Box::new(stream))
        } else {
            Transport::Plain(stream)
        };
        Link::open(transport).await.map_err(|error| Failed::of_http(&error))
    }

    /// The vetted addresses. One attempt asks, those that come meanwhile wait for its result.
    async fn addresses(&self, destination: &Destination) -> Result<Arc<[SocketAddr]>, Failed> {
        let mut vetted = self.vetted.lock().await;
        let known = vetted.as_ref().filter(|(until, _)| Instant::now() < *until);
        let result = match known {
            Some((_, result)) => result.clone(),
            None => {
                let asked = timeout(Duration::from_millis(CONNECT_MS_MAX), self.guard.vet(destination)).await;
                let result: Vetted = asked.map_err(|_| timed_out("resolving the name"))?.map(Arc::from);
                let serves_ms = if result.is_ok() { VETTED_MS } else { REFUSED_MS };
                *vetted = Some((Instant::now() + Duration::from_millis(serves_ms), result.clone()));
                result
            }
        };
        result.map_err(|refused| match refused {
            Refused::Forbidden(reason) => Failed::new(AttemptFailure::Forbidden, reason),
            Refused::Unresolved(reason) => Failed::new(AttemptFailure::Unresolved, reason),
        })
    }
}

/// Connects to the first address that takes it.
async fn dial(addresses: &[SocketAddr], budget: Duration) -> Result<TcpStream, Failed> {
    let mut failed = Failed::new(AttemptFailure::Unreachable, "there is no address");
    for address in addresses {
        let stream = match timeout(budget, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => {
                failed = Failed::new(AttemptFailure::Unreachable, format!("{address}: {error}"));
                continue;
            }
            Err(_) => {
                failed = timed_out(&format!("connecting to {address}"));
                continue;
            }
        };
        // The address that was judged is the one that is spoken to, whatever lies between.
        if stream.peer_addr().ok() != Some(*address) {
            return Err(Failed::new(AttemptFailure::Forbidden, format!("the peer is not {address}, which was vetted")));
        }
        if let Err(error) = stream.set_nodelay(true) {
            failed = Failed::new(AttemptFailure::Unreachable, format!("{address}: {error}"));
            continue;
        }
        return Ok(stream);
    }
    Err(failed)
}

fn server_name(destination: &Destination) -> Result<ServerName<'static>, Failed> {
    match &destination.host {
        DestinationHost::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        DestinationHost::Name(name) => ServerName::try_from(name.clone())
            .map_err(|_| Failed::new(AttemptFailure::Tls, format!("{name} is no name a certificate can have"))),
    }
}

fn timed_out(what: &str) -> Failed {
    Failed::new(AttemptFailure::TimedOut, format!("{what} took too long"))
}
