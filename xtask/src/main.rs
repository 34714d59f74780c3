//! Automation of this workspace, run as `cargo xtask <command>`.
//!
//! Standard library only, so that it builds in seconds on a fresh machine. Nothing here ships with the gateway.
#![allow(clippy::print_stdout, reason = "a command-line tool reports on its standard output")]

mod bench;
mod cost;
mod json;
mod layers;
mod setup;
mod teeth;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  test          everything: setup, format, tidy, clippy, build, cost, tests
  tidy          the rules of this repository: layers, lengths, docs, words, links
  setup         checks what the tests need; as root on Debian it installs what is missing
  bench [args]  builds gateway and load generator in release mode, and runs the latter with args
  cost          counts the instructions of the pure parts and compares them with crates/cost/figures.txt;
                --write writes them there, --growth counts over larger and larger configurations
  teeth [name…] breaks promises in a copy, one at a time, and demands that a test notices
  help          this text
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_else(|| "help".to_owned());
    let rest: Vec<String> = args.collect();
    let outcome = match (command.as_str(), rest.as_slice()) {
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        ("test", []) => Workspace::open().and_then(|workspace| test::run(&workspace)),
        ("tidy", []) => Workspace::open().and_then(|workspace| tidy::run(&workspace)),
        ("setup", []) => Workspace::open().and_then(|workspace| setup::run(&workspace)),
        ("bench", args) => Workspace::open().and_then(|workspace| bench::run(&workspace, args)),
        ("teeth", names) => Workspace::open().and_then(|workspace| teeth::run(&workspace, names)),
        ("cost", args) => Workspace::open().and_then(|workspace| cost::run(&workspace, args)),
        ("test" | "tidy" | "setup", _) => Err(format!("`{command}` takes no arguments")),
        _ => Err(format!("there is no command `{command}`; `cargo xtask help` lists them")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("xtask: {sentence}");
            ExitCode::FAILURE
        }
    }
}
