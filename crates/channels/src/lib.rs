//! Adapters to networks: they turn what comes over a socket into events for the engine, and the engine's orders into
//! octets for the network.
//!
//! * [`smpp`](crate::smpp): a channel to an operator over SMPP 3.4, with several links, reconnecting by itself.
//! * [`simulator`]: a simulated operator on a real TCP socket, with phones, reports and faults on demand.
//!
//! Nothing is decided here about a message: which application gets it, whether it is sent again, what a report means
//! for an MT is the engine's. The PDUs and the rules of a bind are in the `smpp` crate.

pub mod simulator;
pub mod smpp;

mod alarm;
mod clock;
mod wire;
