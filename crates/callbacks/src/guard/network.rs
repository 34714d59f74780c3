//! Networks in CIDR notation: parsing, and whether an address is inside.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An IP network. IPv4 and IPv6 never contain each other, whatever the embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    prefix: u8,
}

impl Network {
    /// An IPv4 network of our own lists; the base has no bits outside of the prefix.
    pub(super) const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Network {
        Network { base: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), prefix }
    }

    /// An IPv6 network of our own lists, by its first three groups.
    pub(super) const fn v6(a: u16, b: u16, c: u16, prefix: u8) -> Network {
        Network { base: IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)), prefix }
    }

    /// From a base and a prefix; `Err` has the network that was probably meant when bits stand outside of the prefix,
    /// or none when the prefix is too long.
    pub(super) fn new(base: IpAddr, prefix: u8) -> Result<Network, Option<Network>> {
        let bits = if base.is_ipv4() { 32 } else { 128 };
        if prefix > bits {
            return Err(None);
        }
        let network = Network { base: masked(base, prefix), prefix };
        if network.base == base { Ok(network) } else { Err(Some(network)) }
    }

    /// Whether the address is inside.
    pub fn contains(self, address: IpAddr) -> bool {
        self.base.is_ipv4() == address.is_ipv4() && masked(address, self.prefix) == self.base
    }
}

/// The address with all bits behind the prefix cleared.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.prefix)
    }
}
