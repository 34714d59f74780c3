//! Clients that misbehave, over real sockets and against the whole router: what is sent to confuse is refused, what is
//! slow or does not read is cut off, what is wrong says nothing about what would be right.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

#[path = "../world/mod.rs"]
mod world;

mod credentials;
mod encoded;
mod framing;
mod slow;
mod streams;
mod wire;
