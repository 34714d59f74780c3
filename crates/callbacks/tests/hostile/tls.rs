//! TLS: the operator's roots are trusted, nobody else's, and names are checked.

use std::path::PathBuf;
use std::sync::Arc;

use callbacks::guard::Guard;
use callbacks::{HttpClient, Options};
use domain::callback::AttemptFailure;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
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

/// How often each is met.
const TIMES: usize = 50;

/// An authority that the gateway trusts.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: CaFile,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let file = CaFile::new(name, &issuer.pem());
    Authority { issuer, file }
}

/// A certificate with its key.
type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

fn identity(authority: Option<&Authority>, params: CertificateParams) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = match authority {
        Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (certificate.der().clone(), PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
}

fn for_localhost() -> CertificateParams {
    CertificateParams::new(vec!["localhost".to_owned()]).unwrap()
}

fn acceptor(identity: Identity, client_roots: Option<RootCertStore>) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let builder = match client_roots {
        Some(roots) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        ),
        None => builder.with_no_client_auth(),
    };
    TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![identity.0], identity.1).unwrap()))
}

/// How a server ends after its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// As TLS wants it (RFC 8446 §6.1).
    Notified,
    /// The TCP connection is closed without a word.
    Silent,
    /// With octets that are no record.
    Garbage,
}

/// Serves one answer on each connection and ends it so.
async fn answering(acceptor: TlsAcceptor, answer: &'static str, end: End) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut chunk = [0; 4096];
                if !matches!(stream.read(&mut chunk).await, Ok(1..)) {
                    return;
                }
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.flush().await.unwrap();
                match end {
                    End::Notified => stream.shutdown().await.unwrap(),
                    End::Silent => {}
                    End::Garbage => stream.get_mut().0.write_all(&[0x55; 64]).await.unwrap(),
                }
                let (tcp, _) = stream.into_inner();
                drop(tcp);
            });
        }
    });
    port
}

/// Answers a handshake with these octets.
async fn raw_answering(octets: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _): (TcpStream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut stream = stream;
                let mut chunk = [0; 4096];
                let _hello = stream.read(&mut chunk).await;
                let _gone = stream.write_all(octets).await;
                let _alert = stream.read(&mut chunk).await;
            });
        }
    });
    port
}

const HI: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_proves_nothing_ends_the_attempt_and_says_why() {
    let ours = authority("authority");
    let stranger = authority("stranger");
    let dated = |from: i32, to: i32| {
        let mut params = for_localhost();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params
    };
    let mut for_clients = for_localhost();
    for_clients.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let named = |name: &str| CertificateParams::new(vec![name.to_owned()]).unwrap();
    let cases = [
        ("a good one", identity(Some(&ours), for_localhost()), None),
        ("expired", identity(Some(&ours), dated(2000, 2001)), Some("xpired")),
        ("not yet valid", identity(Some(&ours), dated(2100, 2101)), Some("alid")),
        ("for another name", identity(Some(&ours), named("elsewhere.test")), Some("elsewhere.test")),
        ("for a name around ours", identity(Some(&ours), named("localhost.elsewhere.test")), Some("name")),
        ("for everything below ours", identity(Some(&ours), named("*.localhost")), Some("name")),
        ("for no name", identity(Some(&ours), CertificateParams::new(vec![]).unwrap()), Some("name")),
        ("signed by itself", identity(None, for_localhost()), Some("nknown")),
        ("signed by a stranger", identity(Some(&stranger), for_localhost()), Some("nknown")),
        ("for clients only", identity(Some(&ours), for_clients), Some("")),
    ];
    let gateway = Gateway::with(Handle::current(), &["127.0.0.0/8", "::1"], Some(ours.file.0.clone()));
    for (name, identity, words) in cases {
        let port = answering(acceptor(identity, None), HI, End::Notified).await;
        for _ in 0..TIMES {
            let outcome = gateway.attempt(&format!("https://localhost:{port}/")).await;
            match words {
                None => assert_eq!(outcome.record.body, "hi", "{name}: {outcome:?}"),
                Some(words) => {
                    assert_failed(&outcome, AttemptFailure::Tls, None);
                    assert!(outcome.record.detail.contains(words), "{name}: {}", outcome.record.detail);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_good_tls_ends_the_attempt_and_says_so() {
    // A ServerHello of TLS 1.0 with an old suite; a fatal alert; text; a record of 64 KiB; nothing that makes sense.
    const OLD: &[u8] = b"\x16\x03\x01\0\x2a\x02\0\0\x26\x03\x01abcdefghijklmnopqrstuvwxyz012345\0\0\x2f\0";
    const OLDER: &[u8] = b"\x16\x03\0\0\x2a\x02\0\0\x26\x03\0abcdefghijklmnopqrstuvwxyz012345\0\0\x2f\0";
    let cases: [(&str, &[u8]); 7] = [
        ("TLS 1.0", OLD),
        ("SSL 3.0", OLDER),
        ("an alert", b"\x15\x03\x03\0\x02\x02\x28"),
        ("plain HTTP", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
        ("a record too long", b"\x16\x03\x03\xff\xff\x02"),
        ("garbage", &[0x55; 200]),
        ("nothing", b""),
    ];
    let gateway = Gateway::new();
    for (name, octets) in cases {
        let port = raw_answering(octets).await;
        for _ in 0..TIMES {
            // Who says nothing waits for us to go.
            let outcome = gateway.attempt_within(&format!("https://127.0.0.1:{port}/"), 200).await;
            let expected = if name == "nothing" { AttemptFailure::TimedOut } else { AttemptFailure::Tls };
            assert_failed(&outcome, expected, None);
            assert!(!outcome.record.detail.is_empty(), "{name}");
            if name == "nothing" {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_cut_by_whoever_is_between_is_no_answer() {
    let ours = authority("cut");
    let identity = || identity(Some(&ours), for_localhost());
    let gateway = Gateway::with(Handle::current(), &["127.0.0.0/8", "::1"], Some(ours.file.0.clone()));
    const TO_THE_END: &str = "HTTP/1.1 200 OK\r\n\r\nhi";
    const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi";
    let cases = [
        ("all of it, and a word", HI, End::Notified, true),
        ("all of it, without a word", HI, End::Silent, true),
        ("to the end, and a word", TO_THE_END, End::Notified, true),
        // Whether there was more to come is for nobody to know.
        ("to the end, without a word", TO_THE_END, End::Silent, false),
        ("to the end, and garbage", TO_THE_END, End::Garbage, false),
        ("half of it, and a word", HALF, End::Notified, false),
        ("half of it, without a word", HALF, End::Silent, false),
        ("half of it, and garbage", HALF, End::Garbage, false),
    ];
    for (name, answer, end, is_whole) in cases {
        let port = answering(acceptor(identity(), None), answer, end).await;
        for _ in 0..TIMES {
            let outcome = gateway.attempt(&format!("https://localhost:{port}/")).await;
            if is_whole {
                assert_eq!((outcome.record.failure, &*outcome.record.body), (None, "hi"), "{name}: {outcome:?}");
            } else {
                assert_eq!((outcome.record.failure, &outcome.answer), (Some(AttemptFailure::Broken), &None), "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_certificate_of_ours_is_told_from_one_that_is_broken() {
    let ours = authority("wanting");
    let mut roots = RootCertStore::empty();
    roots.add(ours.issuer.der().clone()).unwrap();
    let port = answering(acceptor(identity(Some(&ours), for_localhost()), Some(roots)), HI, End::Notified).await;
    let gateway = Gateway::with(Handle::current(), &["127.0.0.0/8", "::1"], Some(ours.file.0.clone()));
    for _ in 0..TIMES {
        let outcome = gateway.attempt(&format!("https://localhost:{port}/")).await;
        assert!(matches!(outcome.record.failure, Some(AttemptFailure::Tls | AttemptFailure::Broken)), "{outcome:?}");
        assert!(outcome.record.detail.contains("ertificate"), "{}", outcome.record.detail);
    }
}
