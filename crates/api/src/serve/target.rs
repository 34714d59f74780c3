//! Whom a request is meant for, said once and in one way (RFC 9112 §3.2). Requests that different readers would give to
//! different hosts are refused before anything else looks at them.

use http::header::HOST;
use http::uri::Authority;
use http::{Method, Request, Version};

/// Why it is unclear whom a request is meant for; none for a good one.
pub(super) fn why_unclear<B>(request: &Request<B>) -> Option<&'static str> {
    if request.method() == Method::CONNECT {
        return Some("this is no proxy");
    }
    let mut hosts = request.headers().get_all(HOST).iter();
    let Some(host) = hosts.next() else {
        return (request.version() == Version::HTTP_11).then_some("a request of HTTP/1.1 needs a Host");
    };
    if hosts.next().is_some() {
        return Some("there is more than one Host");
    }
    let host = host.as_bytes();
    let is_authority = Authority::try_from(host).is_ok_and(|authority| !authority.as_str().contains('@'));
    if !host.is_empty() && !is_authority {
        return Some("the Host is no host");
    }
    let named = request.uri().authority()?;
    (!named.as_str().as_bytes().eq_ignore_ascii_case(host)).then_some("the URL and the Host name different hosts")
}
