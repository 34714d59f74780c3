//! Answers that point elsewhere or ask to come back later: nobody is sent anywhere, and no wait is longer than allowed.

use domain::callback::AttemptFailure;
use domain::limit::RETRY_AFTER_MS_MAX;

use crate::gateway::{Gateway, assert_failed};
use crate::server::{Server, answer};

#[tokio::test(flavor = "multi_thread")]
async fn no_redirect_of_any_kind_to_anywhere_is_followed() {
    let target = Server::always(answer("200 OK", "followed")).await;
    let (there, port) = (target.url(), target.address.port());
    let long = format!("{there}?{}", "x".repeat(20_000));
    let places = [
        "".to_owned(),
        "/elsewhere".into(),
        "?again".into(),
        "#here".into(),
        there.clone(),
        format!("//127.0.0.1:{port}/"),
        format!("http://user:password@127.0.0.1:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://localhost:{port}/"),
        format!("https://127.0.0.1:{port}/"),
        "http://10.0.0.1/".into(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "file:///etc/passwd".into(),
        "javascript:alert(1)".into(),
        "gopher://127.0.0.1:6379/_FLUSHALL".into(),
        "data:text/plain,hi".into(),
        " \t".into(),
        "http://".into(),
        "http://exa mple/".into(),
        "\u{e9}".into(),
        long,
    ];
    let gateway = Gateway::new();
    let mut count = 0;
    for status in [300_u16, 301, 302, 303, 304, 305, 306, 307, 308, 399] {
        for place in &places {
            let heads = [
                format!("{status} Elsewhere\r\nLocation: {place}"),
                format!("{status} Elsewhere\r\nLocation: {place}\r\nLocation: {there}\r\nRefresh: 0;url={there}"),
            ];
            for head in heads {
                let body = if status == 304 { "" } else { "go there" };
                let server = Server::always(answer(&head, body)).await;
                let outcome = gateway.attempt(&server.url()).await;
                assert_failed(&outcome, AttemptFailure::Status, Some(status));
                assert!(outcome.record.detail.contains("redirects are never followed"), "{}", outcome.record.detail);
                assert_eq!(server.requests().len(), 1, "{head}");
                count += 1;
            }
        }
    }
    // Success says nothing of the kind, whatever it points at.
    for header in ["Location", "Refresh", "Content-Location", "Link"] {
        let server = Server::always(answer(&format!("201 Created\r\n{header}: {there}"), "made")).await;
        assert_eq!(gateway.attempt(&server.url()).await.record.body, "made");
        count += 1;
    }
    assert_eq!(target.connections(), 0);
    eprintln!("{count} redirects, none followed");
}

#[tokio::test(flavor = "multi_thread")]
async fn coming_back_later_is_understood_and_capped() {
    let most = Some(RETRY_AFTER_MS_MAX);
    // The gateway's clock stands at Sun, 06 Nov 1994 08:49:37 GMT.
    let values = [
        ("0", Some(0)),
        ("7", Some(7_000)),
        ("007", Some(7_000)),
        (" 7 ", Some(7_000)),
        ("3600", most),
        ("3601", most),
        ("1000000000000", most),
        ("18446744073709551615", most),
        ("18446744073709551616", most),
        ("99999999999999999999999999999999999999", most),
        ("-1", None),
        ("-1000000000000", None),
        ("+7", None),
        ("7.5", None),
        ("7s", None),
        ("7, 9", None),
        ("0x7", None),
        ("1e3", None),
        ("\u{667}", None),
        ("", None),
        ("soon", None),
        ("null", None),
        ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10_000)),
        ("Sunday, 06-Nov-94 08:49:47 GMT", Some(10_000)),
        ("Sun Nov  6 08:49:47 1994", Some(10_000)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sat, 05 Nov 1994 08:49:37 GMT", Some(0)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
        ("Wed, 31 Dec 1969 23:59:59 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", most),
        ("Sun, 06 Nov 1994 08:49:47 PST", None),
        ("Sun, 31 Feb 1994 08:49:47 GMT", None),
        ("1994-11-06T08:49:47Z", None),
        ("06 Nov 1994", None),
    ];
    let gateway = Gateway::new();
    let mut count = 0;
    for status in [408_u16, 425, 429, 500, 502, 503, 504] {
        for (value, expected) in values {
            let server = Server::always(answer(&format!("{status} Later\r\nRetry-After: {value}"), "")).await;
            let outcome = gateway.attempt(&server.url()).await;
            assert_failed(&outcome, AttemptFailure::Status, Some(status));
            assert_eq!(outcome.retry_after_ms, expected, "{status} {value:?}");
            count += 1;
        }
    }
    // Of two, and of one of a megabyte, nothing worse comes.
    let twice = Server::always(answer("503 Later\r\nRetry-After: 5\r\nRetry-After: 99999999", "")).await;
    assert!(gateway.attempt(&twice.url()).await.retry_after_ms <= most);
    let endless = Server::always(answer(&format!("503 Later\r\nRetry-After: {}", "9".repeat(30_000)), "")).await;
    assert_eq!(gateway.attempt(&endless.url()).await.retry_after_ms, most);
    eprintln!("{} ways to say when to come back", count + 2);
}
