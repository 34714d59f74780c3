//! URLs that may be called: none leads to an address that is not public, none shows its password, and what was taken
//! apart is the same when it is taken apart again.

use std::net::IpAddr;

use callbacks::guard::{Destination, DestinationHost, Guard, URL_BYTES_MAX, Verdict};

/// The URL.
pub fn check(octets: &[u8]) {
    let text = String::from_utf8_lossy(octets);
    let verdict = Guard::new(vec![]).judge(&text);
    let destination = match Destination::parse(&text) {
        Ok(destination) => destination,
        Err(error) => return assert_eq!(verdict, Verdict::Misconfigured(error)),
    };
    assert!(destination.port != 0);
    assert!(destination.path.starts_with('/') && destination.path.is_ascii());
    let is_plain = |text: &str| text.bytes().all(|octet| octet.is_ascii_graphic());
    assert!(is_plain(&destination.path) && is_plain(&destination.authority), "it would break the request");
    judged(&destination, &verdict);
    shown(&destination);
}

fn judged(destination: &Destination, verdict: &Verdict) {
    match &destination.host {
        DestinationHost::Name(name) => {
            assert_eq!(verdict, &Verdict::DependsOnName(name.clone()));
            assert!(name.parse::<IpAddr>().is_err(), "an address that passes as a name");
            assert!(!name.is_empty() && name.len() <= 253 && name.is_ascii());
        }
        DestinationHost::Address(address) => {
            let is_open = *verdict == Verdict::Allowed;
            assert!(!is_open || !is_ours(*address), "{address} may be called");
        }
    }
}

/// Networks that nobody outside may be able to make us call, as far as the standard library knows them.
fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_multicast()
        }
        IpAddr::V6(v6) => {
            let mapped = v6.to_ipv4().map(IpAddr::V4);
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || mapped.is_some_and(is_ours)
        }
    }
}

fn shown(destination: &Destination) {
    assert!(!destination.shown.contains('@') || destination.path.contains('@'), "{}", destination.shown);
    // Escaping makes it longer: a character of up to 4 bytes becomes 12.
    assert!(destination.shown.len() <= 3 * URL_BYTES_MAX);
    if destination.shown.len() > URL_BYTES_MAX {
        return;
    }
    let again = Destination::parse(&destination.shown).expect("what we show is a URL");
    assert_eq!((again.is_tls, again.port, &again.host), (destination.is_tls, destination.port, &destination.host));
    assert_eq!((&again.path, &again.authority), (&destination.path, &destination.authority));
    assert!(again.authorization.is_none() && again.password.is_none());
    assert_eq!(again.shown, destination.shown);
    networks(destination);
}

/// An exception for exactly this address opens it, and no other.
fn networks(destination: &Destination) {
    let DestinationHost::Address(address) = destination.host else { return };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let entry = match address {
        IpAddr::V4(_) => format!("{address}/{bits}:{}", destination.port),
        IpAddr::V6(_) => format!("[{address}]/{bits}:{}", destination.port),
    };
    if let Ok(guard) = Guard::from_entries([entry.as_str()]) {
        assert_eq!(guard.judge(&destination.shown), Verdict::Allowed, "{entry}");
    }
}
