//! Destinations that are not called: nothing reaches them, and the operator reads why.

use callbacks::guard::Guard;
use domain::callback::AttemptFailure;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::gateway::{Gateway, assert_failed};
use crate::server::{Server, answer};

#[tokio::test(flavor = "multi_thread")]
async fn loopback_is_forbidden_unless_allowed() {
    let server = Server::always(answer("200 OK", "hi")).await;
    let port = server.address.port();
    let gateway = Gateway::with(Handle::current(), &["127.0.0.2/32", "127.0.0.1/32:1"], None);
    for host in ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]", "127.1"] {
        let outcome = gateway.attempt(&format!("http://{host}:{port}/")).await;
        assert_failed(&outcome, AttemptFailure::Forbidden, None);
        assert!(
            outcome.record.detail.contains("127.0.0.1") || outcome.record.detail.contains("::1"),
            "{}",
            outcome.record.detail
        );
    }
    assert_eq!(server.connections(), 0);
    let allowed = Gateway::with(Handle::current(), &[&format!("127.0.0.1/32:{port}"), "::1/128"], None);
    for host in ["127.0.0.1", "localhost", "LOCALHOST."] {
        let outcome = allowed.attempt(&format!("http://{host}:{port}/")).await;
        assert!(outcome.answer.is_some(), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_guard_judges_kept_links_too() {
    let server = Server::always(answer("200 OK", "hi")).await;
    let gateway = Gateway::new();
    assert!(gateway.attempt(&server.url()).await.answer.is_some());
    gateway.client.replace_guard(Guard::default());
    assert_failed(&gateway.attempt(&server.url()).await, AttemptFailure::Forbidden, None);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_told_apart() {
    let gateway = Gateway::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    assert_failed(&gateway.attempt(&format!("http://127.0.0.1:{port}/")).await, AttemptFailure::Unreachable, None);
    assert_failed(&gateway.attempt("http://nobody.invalid/").await, AttemptFailure::Unresolved, None);
    for url in ["", "ftp://127.0.0.1/", "http://user:pass word@127.0.0.1/", "http://127.0.0.1:0/"] {
        let outcome = gateway.attempt(url).await;
        assert_failed(&outcome, AttemptFailure::Misconfigured, None);
        assert!(!outcome.record.url.contains("pass"), "{}", outcome.record.url);
    }
}
