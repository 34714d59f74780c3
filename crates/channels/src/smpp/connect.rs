//! From an endpoint to a connection: name, TCP, TLS, each with the words for a person when it fails.

use std::time::Duration;

use tokio::net::TcpStream;

use super::options::Endpoint;
use super::tls::Secured;
use crate::wire::Stream;

/// Why there is no connection. The text begins with a code (`docs/operate/codes/`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("HS-4002: {host}:{port} can't be reached: {reason}")]
    Unreachable { host: String, port: u16, reason: String },
    #[error("HS-4003: TLS with {host}:{port} failed: {reason}")]
    Tls { host: String, port: u16, reason: String },
}

/// Connects within `timeout_ms`, the TLS handshake included.
pub(super) async fn connect(
    endpoint: &Endpoint,
    tls: Option<&Secured>,
    timeout_ms: u64,
) -> Result<Box<dyn Stream>, ConnectError> {
    let (host, port) = (endpoint.host.clone(), endpoint.port);
    let patience = Duration::from_millis(timeout_ms);
    let started = tokio::time::Instant::now();
    let tcp = match tokio::time::timeout(patience, TcpStream::connect((&*host, port))).await {
        Ok(Ok(tcp)) => tcp,
        Ok(Err(error)) => return Err(ConnectError::Unreachable { host, port, reason: error.to_string() }),
        Err(_) => {
            let reason = format!("no connection within {timeout_ms} ms");
            return Err(ConnectError::Unreachable { host, port, reason });
        }
    };
    // Writes are coalesced here; waiting in the kernel would only add latency. Without it things still work.
    let _ = tcp.set_nodelay(true);
    let Some(tls) = tls else { return Ok(Box::new(tcp)) };
    let (connector, name) = match tls.for_endpoint(endpoint) {
        Ok(ready) => ready,
        Err(reason) => return Err(ConnectError::Tls { host, port, reason }),
    };
    let left = patience.saturating_sub(started.elapsed());
    match tokio::time::timeout(left, connector.connect(name, tcp)).await {
        Ok(Ok(stream)) => Ok(Box::new(stream)),
        Ok(Err(error)) => Err(ConnectError::Tls { host, port, reason: error.to_string() }),
        Err(_) => Err(ConnectError::Tls { host, port, reason: format!("no handshake within {timeout_ms} ms") }),
    }
}
