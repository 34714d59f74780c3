//! The one way state changes: what arrives is collected in an inbox, taken as a batch, its records are loaded, each
//! event is decided, all changes are committed in one transaction, and only then do effects happen.
//!
//! The engine knows the outside only as ports ([`port`]); it contains no sockets, no SQL, no HTTP.
//!
//! Read first: `port.rs` (what the engine asks of the world), `inlet.rs` (the only way in), then `runner/`.

mod breaker;
mod cache;
mod due;
mod key;
mod lane;
mod pace;
mod queue;
mod stream;

pub mod inlet;
pub mod limit;
pub mod live;
pub mod page;
pub mod port;
pub mod runner;
