//! The native form: what it shares with SMSSync's is tested there.

use proptest::prelude::*;

use super::*;
use crate::chain::Header;

#[track_caller]
fn one(entry: &str) -> Asked {
    let mut list = read(&format!("[{entry}]"));
    assert_eq!((list.asked.len(), list.left_out), (1, 0));
    list.asked.remove(0)
}

#[test]
fn a_list_of_requests() {
    let list = read(
        r#"[
        {"url":"https://Example.org/a b","method":"PUT"},
        {"url":"https://example.org:443/a?b=c#d","method":"PUT","headers":{"If-Match":"1"},"body":{"b": 1, "a": [ ]}},
        {"url":"http://user:pw@10.0.0.172:5984","body":"text"},
        {"url":"http://example.org/","method":"GET"}
        ]"#,
    );
    assert_eq!(list.left_out, 0);
    let requests: Vec<_> = list.asked.iter().map(|asked| asked.request.as_ref()).collect();
    let header = |name: &str, value: &str| Header { name: name.into(), value: value.into() };
    assert_eq!(requests[0], Err(&Refusal::UrlCharacters));
    assert_eq!(
        requests[1],
        Ok(&Request {
            method: Method::Put,
            url: "https://example.org/a?b=c".into(),
            headers: vec![header("If-Match", "1"), header("Content-Type", "application/json; charset=utf-8")],
            body: br#"{"b":1,"a":[]}"#.to_vec(),
        })
    );
    assert_eq!(list.asked[1].complaints, [Complaint::FragmentDropped]);
    assert_eq!(
        requests[2],
        Ok(&Request {
            method: Method::Post,
            url: "http://10.0.0.172:5984/".into(),
            headers: vec![
                header("Authorization", "Basic dXNlcjpwdw=="),
                header("Content-Type", "text/plain; charset=utf-8"),
            ],
            body: b"text".to_vec(),
        })
    );
    assert_eq!(requests[3].map(|request| (request.method, request.body.len())), Ok((Method::Get, 0)));
}

#[test]
fn a_single_request_needs_no_list_and_null_asks_for_nothing() {
    assert_eq!(read(r#"{"url":"http://a.example/"}"#), read(r#"[{"url":"http://a.example/"}]"#));
    assert_eq!(read("null"), List { asked: Vec::new(), left_out: 0 });
    assert_eq!(read("[]"), List { asked: Vec::new(), left_out: 0 });
}

#[test]
fn more_than_the_fan_out_is_counted_and_left() {
    let entry = r#"{"url":"http://a.example/"}"#;
    let list = read(&format!("[{}]", [entry; FAN_OUT_MAX + 3].join(",")));
    assert_eq!((list.asked.len(), list.left_out), (FAN_OUT_MAX, 3));
}

#[test]
fn what_is_wrong_is_named() {
    let check = |entry: &str, refusal: Refusal| assert_eq!(one(entry).request, Err(refusal), "{entry}");
    let no_object = Refusal::NoObject { member: "callbacks" };
    for entry in ["1", "\"http://a.example/\"", "[]", "null"] {
        check(entry, no_object.clone());
    }
    for text in ["", "x", "[1", "\"x\"", "1"] {
        assert_eq!(read(text).asked[0].request, Err(no_object.clone()), "{text}");
    }
    check("{}", Refusal::Missing { member: "callbacks.url" });
    check(r#"{"url":1}"#, Refusal::Kind { member: "callbacks.url", expected: "a text" });
    check(
        r#"{"url":"http://a.example/","body":1}"#,
        Refusal::Kind { member: "callbacks.body", expected: "a text, an object or a list" },
    );
    check(
        r#"{"url":"http://a.example/","headers":[]}"#,
        Refusal::Kind { member: "callbacks.headers", expected: "an object of texts" },
    );
    check(r#"{"url":"http://a.example/","method":"TRACE"}"#, Refusal::Method { given: "TRACE".into() });
    for url in ["", "a.example", "/a", "http:a.example", "://a.example", "http://a.example:80:80/"] {
        let refused = one(&format!(r#"{{"url":"{url}"}}"#)).request.unwrap_err();
        assert!(
            matches!(refused, Refusal::UrlUnreadable | Refusal::Scheme { .. } | Refusal::Port { .. }),
            "{url}: {refused:?}"
        );
    }
    for url in ["ftp://a.example/", "file:///etc/passwd", "gopher://a.example:70/_x", "javascript://a"] {
        let refused = one(&format!(r#"{{"url":"{url}"}}"#)).request.unwrap_err();
        assert!(matches!(refused, Refusal::Scheme { .. }), "{url}: {refused:?}");
    }
    check(r#"{"url":"http://a.example:0/"}"#, Refusal::Port { given: "0".into() });
    check(r#"{"url":"http://a.example:70000/"}"#, Refusal::Port { given: "70000".into() });
    check(r#"{"url":"http://user:hidden@a..b/"}"#, Refusal::Host { given: "a..b".into() });
    check(r#"{"url":"http://user:hidden@[::1/"}"#, Refusal::Host { given: "[::1".into() });
    check(r#"{"url":"http://good\\@127.0.0.1/"}"#, Refusal::UrlCharacters);
    check("{\"url\":\"http://a.example/\\r\\nX: y\"}", Refusal::UrlCharacters);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), url in "(https?://)?[ -~]{0,30}") {
        let _ = read(&text);
        let entry = serde_json::json!({"url": url, "body": text}).to_string();
        if let Ok(request) = one(&entry).request {
            let parsed = url::Url::parse(&request.url).unwrap();
            prop_assert_eq!(parsed.as_str(), &request.url);
        }
    }
}
