//! The Vumi Go HTTP API as its clients see it (`docs/reference/vumi.md`): bytes, statuses, headers, and who gets in.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod door;
mod gateway;
mod messages;
mod opt_outs;
mod streams;
#[path = "../world/mod.rs"]
mod world;
