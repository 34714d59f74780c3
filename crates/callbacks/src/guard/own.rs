//! Where this gateway itself is reached: a callback there would make it talk to itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use super::destination::{Destination, DestinationHost};

/// The gateway's own addresses and its public name, each with its port. An exception opens them only when it names
/// the port.
#[derive(Clone, Debug, Default)]
pub struct Own {
    listeners: Vec<SocketAddr>,
    public_name: Option<(String, u16)>,
}

impl Own {
    /// A gateway that listens at these addresses and is known to others by `public_url`. An unspecified address is
    /// all of this machine's; port 0 stands for none.
    pub fn new(mut listeners: Vec<SocketAddr>, public_url: Option<&str>) -> Own {
        let mut public_name = None;
        if let Some(Ok(public)) = public_url.map(Destination::parse) {
            match public.host {
                DestinationHost::Name(name) => public_name = Some((name, public.port)),
                DestinationHost::Address(address) => listeners.push(SocketAddr::new(address, public.port)),
            }
        }
        Own { listeners, public_name }
    }

    /// Whether the gateway is known by this name and port.
    pub(super) fn is_named(&self, name: &str, port: u16) -> bool {
        self.public_name.as_ref().is_some_and(|(own, own_port)| own == name && *own_port == port)
    }

    /// Whether the gateway listens there.
    pub(super) fn listens_at(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.listeners.iter().filter(|listener| listener.port() == address.port()).any(|listener| {
            let own = listener.ip().to_canonical();
            // Connections to the unspecified address end at the loopback address.
            own == ip
                || (own.is_unspecified() && is_of_this_machine(ip))
                || (ip.is_unspecified() && own.is_loopback())
        })
    }
}

/// Whether an address is one of this machine's. Nothing is sent: the system only says from which address it would send,
/// and to one of its own it sends from the same.
fn is_of_this_machine(ip: IpAddr) -> bool {
    /// Any port does (RFC 863).
    const DISCARD: u16 = 9;
    if ip.is_loopback() || ip.is_unspecified() {
        return true;
    }
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let from = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((ip, DISCARD))?;
        socket.local_addr()
    });
    from.is_ok_and(|from| from.ip() == ip)
}
