//! The HTTP client for callbacks, behind the outbound guard.
//!
//! An attempt goes: application → [`guard`] (may this destination be called, and at which addresses) → a kept or fresh
//! link → POST → bounded read → the contract understands → exactly one `AttemptEnded` through the inlet, whatever
//! happens. What to do about a failure is decided in the domain; when to try again is the engine's affair.
//!
//! Read first: `client.rs` (the port), `attempt.rs` (one attempt), `guard/mod.rs` (the verdicts).

mod attempt;
mod client;
pub mod guard;
mod link;
mod outcome;
mod outlet;
mod pool;
mod tls;

pub use attempt::{ANSWER_BYTES_MAX, HEADERS_BYTES_MAX};
pub use client::{HttpClient, Options};
pub use outlet::CONNECT_MS_MAX;
pub use pool::{IDLE_MS_MAX, LINK_AGE_MS_MAX};
pub use tls::CaFileError;
