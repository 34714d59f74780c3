//! Paths, methods and the pages for what isn't there.

use proptest::prelude::*;

use super::*;

#[test]
fn paths_lead_where_vumis_did() {
    let check = |rest, pushed, streamed| {
        assert_eq!(Place::of(Flavour::Pushed, rest), pushed, "pushed {rest}");
        assert_eq!(Place::of(Flavour::Streamed, rest), streamed, "streamed {rest}");
    };
    let conversation = |leaf| Place::Conversation { key: "conv", leaf };
    for nowhere in ["", "/", "//messages.json", "x", "x/messages.json"] {
        check(nowhere, Place::Nowhere, Place::Nowhere);
    }
    for unknown in ["/conv", "/conv/", "/conv/x", "/conv/messages", "/conv/messages.json/", "/conv/metrics.json/x"] {
        check(unknown, conversation(None), conversation(None));
    }
    check("/conv/messages.json", conversation(Some(Leaf::Messages)), conversation(Some(Leaf::Messages)));
    check("/conv/metrics.json", conversation(Some(Leaf::Metrics)), conversation(Some(Leaf::Metrics)));
    check("/conv/events.json", conversation(None), conversation(Some(Leaf::Events)));
}

#[test]
fn methods() {
    let check = |flavour, leaf: Leaf, served: &[&str], allow: &str| {
        for method in ["GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS", "PATCH", "put", ""] {
            assert_eq!(leaf.allows(flavour, method), served.contains(&method), "{flavour:?} {leaf:?} {method}");
        }
        let refused = method_not_allowed(flavour, leaf);
        assert_eq!((refused.status, refused.header), (405, Some(("Allow", allow))));
    };
    check(Flavour::Pushed, Leaf::Messages, &["PUT"], "HEAD, PUT");
    check(Flavour::Pushed, Leaf::Metrics, &["PUT"], "HEAD, PUT");
    check(Flavour::Streamed, Leaf::Messages, &["GET", "PUT"], "GET, HEAD, PUT");
    check(Flavour::Streamed, Leaf::Metrics, &["PUT"], "HEAD, PUT");
    check(Flavour::Streamed, Leaf::Events, &["GET"], "GET, HEAD");
}

#[test]
fn what_is_not_there_is_told_as_a_page() {
    let unauthorized = unauthorized();
    assert_eq!((unauthorized.status, unauthorized.content_type), (401, "text/html"));
    assert_eq!(unauthorized.header, Some(("WWW-Authenticate", "basic realm=\"Conversation Realm\"")));
    assert_eq!(unauthorized.body, b"Unauthorized");
    let not_found = not_found();
    assert_eq!((not_found.status, not_found.phrase, not_found.content_type), (404, "Not Found", "text/html"));
    assert!(not_found.body.starts_with(b"<html>\n  <head><title>404 - Not Found</title></head>"));
    let refused = too_many_connections();
    assert_eq!((refused.status, refused.phrase, refused.content_type), (403, "Forbidden", "text/html"));
    assert!(String::from_utf8(refused.body).unwrap().contains("Too many concurrent connections"));
}

#[test]
fn a_stream_is_not_buffered() {
    assert_eq!(STREAM_HEADERS[0], ("Content-Type", "application/json; charset=utf-8"));
    assert_eq!(STREAM_HEADERS[1], ("X-Accel-Buffering", "no"));
    assert_eq!(Flavour::Pushed.base_path(), "/api/v1/go/http_api_nostream");
    assert_eq!(Flavour::Streamed.base_path(), "/api/v1/go/http_api");
}

proptest! {
    #[test]
    fn any_path_leads_somewhere(rest in any::<String>()) {
        for flavour in Flavour::ALL {
            if let Place::Conversation { key, .. } = Place::of(flavour, &rest) {
                prop_assert!(!key.is_empty() && !key.contains('/'));
            }
        }
    }
}
