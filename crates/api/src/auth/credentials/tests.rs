//! Which header proves whom.

use domain::directory::Account;
use http::HeaderValue;

use super::*;

fn directory() -> Directory {
    let account = |key: &str, tokens: &[&str]| Account {
        key: key.into(),
        tokens: tokens.iter().map(|t| Secret::new(*t)).collect(),
        concurrency: None,
    };
    Directory::new(vec![account("acme", &["old", "new"]), account("other", &["theirs", ""])], vec![], vec![], vec![])
}

#[track_caller]
fn check(header: &str, expected: Option<Caller>) {
    let mut headers = HeaderMap::new();
    headers.insert(AUTHORIZATION, HeaderValue::from_str(header).unwrap());
    let operator = Secret::new("root");
    let caller = Credentials::of(&headers).and_then(|c| authenticate(&directory(), &operator, &c));
    assert_eq!(caller, expected, "{header}");
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[test]
fn tokens_prove_their_account_and_nothing_else() {
    let acme = || Some(Caller::Account("acme".into()));
    check("Bearer old", acme());
    check("bearer  new ", acme());
    check(&basic("acme:new"), acme());
    check("Bearer theirs", Some(Caller::Account("other".into())));
    check("Bearer root", Some(Caller::Operator));

    check(&basic("acme:theirs"), None);
    check(&basic("nobody:old"), None);
    check(&basic("acme:root"), None);
    check(&basic("root:root"), None);
    check(&basic("other:"), None);
    check(&basic("acme"), None);
    check("Bearer ", None);
    check("Bearer ol", None);
    check("Bearer old0", None);
    check("Basic old", None);
    check("Digest old", None);
    check("old", None);
    check(&format!("Bearer {}", "x".repeat(TOKEN_BYTES_MAX + 1)), None);
}

#[test]
fn an_operator_without_a_token_is_nobody() {
    let presented = Credentials::Bearer { token: String::new() };
    assert_eq!(authenticate(&directory(), &Secret::default(), &presented), None);
}

#[test]
fn two_authorization_headers_prove_nothing() {
    let mut headers = HeaderMap::new();
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer old"));
    headers.append(AUTHORIZATION, HeaderValue::from_static("Bearer root"));
    assert!(Credentials::of(&headers).is_none());
}
