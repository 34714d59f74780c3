//! The binary: reads the configuration, wires the crates together, and offers the commands. Decides nothing.
//!
//! `cli.rs` is what a person types, `gateway.rs` the wiring, `demo.rs` the gateway with a simulated operator and a
//! sample application, `client.rs` the commands that talk to a running gateway.

mod cli;
mod client;
mod clock;
mod config;
mod demo;
mod gateway;
mod handsets;
mod links;
mod sample;
mod serve;
mod words;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
