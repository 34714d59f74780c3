//! The client against a hostile server on loopback: whatever the server does, one result comes, and it says what was.

mod gateway;
mod server;

mod answers;
mod limits;
mod links;
mod refusals;
mod secrets;
mod tls;
