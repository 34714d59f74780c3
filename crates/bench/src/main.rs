//! The load generator behind `cargo xtask bench`: release binary, real sockets, SQLite with fsync, generator and
//! application as processes of their own on the same machine, CPU from the operating system.
//!
//! `scenario.rs` lists what is measured, `shape.rs` has what is measured beside rates: backlogs, bad neighbours, overload, `growth.rs` how cost grows; `smsc.rs` is the network's side, `app.rs` the application's, `stub.rs` the
//! ceiling: the same HTTP client without a store. It measures; it judges nothing.

mod app;
mod gateway;
mod growth;
mod http_load;
mod metric_load;
mod process;
mod report;
mod scenario;
mod shape;
mod smsc;
mod stub;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["app", mode, port] => app::run(mode, port),
        ["stub", smsc, url] => stub::run(smsc, url),
        _ => scenario::run(&words),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::say(&format!("bench: {error}"));
            ExitCode::FAILURE
        }
    }
}
