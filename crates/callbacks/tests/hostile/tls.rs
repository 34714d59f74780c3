//! TLS: the operator's roots are trusted, nobody else's, and names are checked.

use std::path::PathBuf;
use std::sync::Arc;

use callbacks::guard::Guard;
use callbacks::{HttpClient, Options};
use domain::callback::AttemptFailure;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_rustls::TlsAcceptor;

use crate::gateway::{Gateway, assert_failed};
use crate::server::{Server, Step, answer};

/// A PEM file that goes when the test ends.
struct CaFile(PathBuf);

impl CaFile {
    fn new(name: &str, text: &str) -> CaFile {
        let path = std::env::temp_dir().join(format!("hookswitch-{}-{name}.pem", std::process::id()));
        std::fs::write(&path, text).unwrap();
        CaFile(path)
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Serves `hi` over TLS under a certificate for `localhost`; gives the port and the certificate.
async fn tls_server() -> (u16, String) {
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(signed.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut chunk = [0; 4096];
                while matches!(stream.read(&mut chunk).await, Ok(1..)) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
                }
            });
        }
    });
    (port, signed.cert.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_known_roots_and_the_right_name_are_trusted() {
    let (port, pem) = tls_server().await;
    let file = CaFile::new("roots", &pem);
    let allow = ["127.0.0.0/8", "::1"];
    let trusting = Gateway::with(Handle::current(), &allow, Some(file.0.clone()));
    for _ in 0..3 {
        let outcome = trusting.attempt(&format!("https://localhost:{port}/")).await;
        assert_eq!(outcome.record.body, "hi", "{outcome:?}");
    }
    let by_address = trusting.attempt(&format!("https://127.0.0.1:{port}/")).await;
    assert_failed(&by_address, AttemptFailure::Tls, None);
    let strict = Gateway::with(Handle::current(), &allow, None);
    assert_failed(&strict.attempt(&format!("https://localhost:{port}/")).await, AttemptFailure::Tls, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_fails_as_such() {
    let gateway = Gateway::new();
    for steps in [answer("200 OK", "hi"), vec![Step::Close]] {
        let server = Server::always(steps).await;
        let url = server.url().replace("http://", "https://");
        // The scripted server waits for a request it can read; what it gets is a handshake.
        let outcome = gateway.attempt_within(&url, 300).await;
        assert!(matches!(outcome.record.failure, Some(AttemptFailure::Tls | AttemptFailure::TimedOut)), "{outcome:?}");
        assert_eq!(server.requests().len(), 0);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    assert_failed(&gateway.attempt(&format!("https://127.0.0.1:{port}/")).await, AttemptFailure::Tls, None);
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_named() {
    let empty = CaFile::new("empty", "no certificate here\n");
    for path in [empty.0.clone(), std::env::temp_dir().join("hookswitch-no-such-file.pem")] {
        let options = Options {
            guard: Guard::default(),
            runtime: Handle::current(),
            inlet: engine::inlet::Inlet::new(),
            clock: crate::gateway::clock(),
            version: String::new(),
            ca_file: Some(path.clone()),
        };
        let error = HttpClient::new(options).err().expect("a refusal").to_string();
        assert!(error.contains("HS-3004") && error.contains(path.to_str().unwrap()), "{error}");
    }
}
