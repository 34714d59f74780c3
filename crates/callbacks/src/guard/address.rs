//! Which addresses belong to the public internet: the address is judged, never the text it was written in.
//!
//! IPv4: everything but the special-purpose networks (RFC 6890 and the IANA registries), multicast, and the addresses
//! at which clouds keep their metadata. IPv6: nothing outside of `2000::/3`, which leaves out every embedding of an
//! IPv4 address in low or link-local space, and inside of it nothing special (RFC 6890, RFC 9637, RFC 3056).

use std::net::IpAddr;

use super::network::Network;

/// Special IPv4 networks and what they are.
const SPECIAL_V4: [(Network, &str); 19] = [
    (Network::v4(0, 0, 0, 0, 8), "this network"),
    (Network::v4(10, 0, 0, 0, 8), "private"),
    (Network::v4(100, 64, 0, 0, 10), "shared by carriers"),
    (Network::v4(127, 0, 0, 0, 8), "loopback"),
    (Network::v4(168, 63, 129, 16, 32), "cloud metadata"),
    (Network::v4(169, 254, 0, 0, 16), "link-local"),
    (Network::v4(172, 16, 0, 0, 12), "private"),
    (Network::v4(192, 0, 0, 0, 24), "protocol assignments"),
    (Network::v4(192, 0, 2, 0, 24), "documentation"),
    (Network::v4(192, 31, 196, 0, 24), "AS112"),
    (Network::v4(192, 52, 193, 0, 24), "multicast tunnels"),
    (Network::v4(192, 88, 99, 0, 24), "6to4 relays"),
    (Network::v4(192, 168, 0, 0, 16), "private"),
    (Network::v4(192, 175, 48, 0, 24), "AS112"),
    (Network::v4(198, 18, 0, 0, 15), "benchmarking"),
    (Network::v4(198, 51, 100, 0, 24), "documentation"),
    (Network::v4(203, 0, 113, 0, 24), "documentation"),
    (Network::v4(224, 0, 0, 0, 4), "multicast"),
    (Network::v4(240, 0, 0, 0, 4), "reserved"),
];

/// The only IPv6 network given out to the internet.
const GLOBAL_V6: Network = Network::v6(0x2000, 0, 0, 3);

/// Special IPv6 networks inside of [`GLOBAL_V6`].
const SPECIAL_V6: [(Network, &str); 5] = [
    (Network::v6(0x2001, 0, 0, 23), "protocol assignments, Teredo among them"),
    (Network::v6(0x2001, 0x0db8, 0, 32), "documentation"),
    (Network::v6(0x2002, 0, 0, 16), "6to4"),
    (Network::v6(0x2620, 0x004f, 0x8000, 48), "AS112"),
    (Network::v6(0x3fff, 0, 0, 20), "documentation"),
];

/// Why an address is not public, in words; none for a public one.
pub(super) fn why_not_public(address: IpAddr) -> Option<String> {
    let special = match address {
        IpAddr::V4(_) => SPECIAL_V4.as_slice(),
        IpAddr::V6(v6) => {
            if !GLOBAL_V6.contains(address) {
                let embedded = v6.to_ipv4().map(|v4| format!(", and carries {v4}")).unwrap_or_default();
                return Some(format!("{address} is outside of {GLOBAL_V6}{embedded}"));
            }
            SPECIAL_V6.as_slice()
        }
    };
    let (network, what) = special.iter().find(|(network, _)| network.contains(address))?;
    Some(format!("{address} is in {network} ({what})"))
}
