//! A request of a chain, whichever form asked for it.

use std::fmt;

/// The methods that are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body, which may be empty.
    Post,
    /// With a body, which may be empty.
    Put,
}

impl Method {
    /// All.
    pub const ALL: [Method; 3] = [Method::Get, Method::Post, Method::Put];

    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
        }
    }

    /// Reads [`Method::name`], whatever the case.
    pub fn parse(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(name))
    }
}

/// A header as asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name as written: a token (RFC 9110 §5.6.2). Case does not count.
    pub name: String,
    /// Its value: visible ASCII, blanks and tabs, none of these at its ends.
    pub value: String,
}

/// Headers whose values are not for everybody to read.
const SECRET: [&str; 3] = ["authorization", "cookie", "x-api-key"];

impl Header {
    /// Whether it has this name.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// Whether its value must not be shown: credentials, by the usual names.
    pub fn is_secret(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        SECRET.contains(&name.as_str()) || ["token", "secret", "password"].iter().any(|word| name.contains(word))
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, if self.is_secret() { "•••" } else { &self.value })
    }
}

/// One HTTP request that an answer asks for. Nothing in it comes from the request whose answer asked: neither headers
/// nor credentials are handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where: `http` or `https`, in ASCII as browsers write it, without credentials and fragment, at most
    /// [`URL_BYTES_MAX`](super::limit::URL_BYTES_MAX).
    pub url: String,
    /// What passes of the headers asked for, in their order, no name twice. Ours are not among them
    /// (`docs/build/chains.md §3`).
    pub headers: Vec<Header>,
    /// The body; empty for a `GET`.
    pub body: Vec<u8>,
}

impl Request {
    /// The `Host` header (RFC 9112 §3.2).
    pub fn authority(&self) -> &str {
        self.split_url().0
    }

    /// Path and query, as the request line has them.
    pub fn target(&self) -> &str {
        self.split_url().1
    }

    fn split_url(&self) -> (&str, &str) {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash))
    }

    /// The header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.is(name)).map(|header| header.value.as_str())
    }

    /// A stable hash of all of it: equal requests are a cycle when one comes below the other.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Fnv::default();
        hash.part(self.method.name().as_bytes());
        hash.part(self.url.as_bytes());
        for header in &self.headers {
            hash.part(header.name.to_ascii_lowercase().as_bytes());
            hash.part(header.value.as_bytes());
        }
        hash.part(&self.body);
        Fingerprint(hash.0)
    }
}

/// See [`Request::fingerprint`]. The same on every node and after every restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u128);

/// FNV-1a with 128 bits. Nobody gains by a collision: it would end the chain of who made it.
struct Fnv(u128);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }
}

impl Fnv {
    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
    }

    /// With its length in front, so that parts cannot flow into each other.
    fn part(&mut self, part: &[u8]) {
        self.bytes(&(part.len() as u64).to_le_bytes());
        self.bytes(part);
    }
}

/// A stable 128-bit hash of some parts, for identities made of several fields.
pub(crate) fn hash_of(parts: &[&str]) -> u128 {
    let mut hash = Fnv::default();
    for part in parts {
        hash.part(part.as_bytes());
    }
    hash.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            method: Method::Post,
            url: "https://example.org:8443/a?b=c".into(),
            headers: vec![Header { name: "X-A".into(), value: "1".into() }],
            body: b"x".to_vec(),
        }
    }

    #[test]
    fn a_request_has_a_host_and_a_target() {
        assert_eq!((request().authority(), request().target()), ("example.org:8443", "/a?b=c"));
        let six = Request { url: "http://[::1]/".into(), ..request() };
        assert_eq!((six.authority(), six.target()), ("[::1]", "/"));
        assert_eq!(request().header("x-a"), Some("1"));
    }

    #[test]
    fn fingerprints_are_stable_and_see_every_part() {
        let base = request();
        assert_eq!(base.fingerprint(), request().fingerprint());
        let lower = Request { headers: vec![Header { name: "x-a".into(), value: "1".into() }], ..request() };
        assert_eq!(lower.fingerprint(), base.fingerprint());
        let others = [
            Request { method: Method::Put, ..request() },
            Request { url: "https://example.org:8443/a?b=d".into(), ..request() },
            Request { headers: Vec::new(), ..request() },
            Request { headers: vec![Header { name: "X-A1".into(), value: String::new() }], ..request() },
            Request { body: b"y".to_vec(), ..request() },
        ];
        for (index, other) in others.iter().enumerate() {
            assert_ne!(other.fingerprint(), base.fingerprint(), "{index}");
        }
        // Stored with callbacks: it may not change from one version to the next.
        assert_eq!(hash_of(&[]), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_ne!(hash_of(&["ab", "c"]), hash_of(&["a", "bc"]));
    }

    #[test]
    fn credentials_are_never_printed() {
        for name in ["Authorization", "COOKIE", "X-Api-Key", "X-Auth-Token", "client-secret"] {
            let header = Header { name: name.into(), value: "hidden".into() };
            assert!(!format!("{header:?}").contains("hidden"), "{name}");
        }
        assert!(format!("{:?}", request()).contains("X-A: 1"));
    }
}
