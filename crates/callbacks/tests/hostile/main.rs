//! The client against a hostile server on loopback: whatever the server does, one result comes, and it says what was.
#![allow(clippy::unwrap_used, reason = "a server that fails its test should say so at once")]

mod gateway;
mod server;

mod answers;
mod bodies;
mod elsewhere;
mod limits;
mod links;
mod misdeeds;
mod names;
mod refusals;
mod secrets;
mod texts;
mod tls;
