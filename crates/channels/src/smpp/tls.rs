//! TLS of a channel: from the files of the configuration to a connector. The cryptography is ring's, said explicitly:
//! a process-wide default would depend on which library asked first.

use std::path::Path;
use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::TlsConnector;

use super::options::{Endpoint, Options, Tls};

/// TLS, ready to be used for each connection.
pub(super) struct Secured {
    connector: TlsConnector,
    server_name: Option<ServerName<'static>>,
}

impl Secured {
    /// Reads the files. The error names the file.
    pub(super) fn load(tls: &Tls) -> Result<Secured, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots(tls.ca_file.as_deref())?);
        let config = match (&tls.cert_file, &tls.key_file) {
            (Some(cert_file), Some(key_file)) => {
                let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| unreadable(key_file, error))?;
                builder
                    .with_client_auth_cert(certificates(cert_file)?, key)
                    .map_err(|error| format!("{} and {}: {error}", cert_file.display(), key_file.display()))?
            }
            (None, None) => builder.with_no_client_auth(),
            _ => return Err("cert_file and key_file go together; give both or none".into()),
        };
        let server_name = tls.server_name.as_deref().map(server_name).transpose()?;
        Ok(Secured { connector: TlsConnector::from(Arc::new(config)), server_name })
    }

    /// Says beforehand whether the hosts have names that a certificate can bear.
    pub(super) fn check(&self, options: &Options) -> Result<(), String> {
        options.hosts.iter().try_for_each(|endpoint| self.name_for(endpoint).map(|_| ()))
    }

    /// The connector, and the name the certificate must bear.
    pub(super) fn for_endpoint(&self, endpoint: &Endpoint) -> Result<(&TlsConnector, ServerName<'static>), String> {
        Ok((&self.connector, self.name_for(endpoint)?))
    }

    fn name_for(&self, endpoint: &Endpoint) -> Result<ServerName<'static>, String> {
        match &self.server_name {
            Some(name) => Ok(name.clone()),
            None => server_name(&endpoint.host),
        }
    }
}

fn server_name(name: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(name.to_owned()).map_err(|_| format!("{name:?} is no name that a certificate can bear"))
}

fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let Some(ca_file) = ca_file else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        return Ok(roots);
    };
    for certificate in certificates(ca_file)? {
        roots.add(certificate).map_err(|error| unreadable(ca_file, error))?;
    }
    Ok(roots)
}

/// At least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(file).map_err(|error| unreadable(file, error))?.collect();
    match certificates {
        Ok(certificates) if certificates.is_empty() => Err(format!("{} holds no certificate", file.display())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(unreadable(file, error)),
    }
}

fn unreadable(file: &Path, error: impl std::fmt::Display) -> String {
    format!("{} can't be used: {error}", file.display())
}
