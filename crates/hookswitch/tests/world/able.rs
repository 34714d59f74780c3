//! What a test needs of the machine beside the programs of `cargo xtask setup`: rights, loop devices, file systems.

use std::io::Write;
use std::process::Command;

/// What a test needs, or `None` after saying loudly why it can't run. With `CI=true` it fails instead: there, nothing
/// may be left out.
pub fn able<T>(test: &str, needed: Result<T, String>) -> Option<T> {
    let reason = match needed {
        Ok(needed) => return Some(needed),
        Err(reason) => reason,
    };
    // Not `eprintln!`, which nobody sees of a test that passes.
    let _gone = writeln!(std::io::stderr().lock(), "\nNOT RUN: {test}: {reason}\n");
    assert!(std::env::var("CI").as_deref() != Ok("true"), "NOT RUN, and CI=true: {test}: {reason}");
    None
}

/// Whether system calls of a program can be delayed and made to fail here.
pub fn can_trace() -> Result<(), String> {
    let why = "run `cargo xtask setup`, and allow tracing (ptrace) where this runs";
    match Command::new("strace").args(["-qq", "-e", "trace=none", "true"]).output() {
        Ok(traced) if traced.status.success() => Ok(()),
        Ok(traced) => Err(format!("strace may not trace: {}; {why}", String::from_utf8_lossy(&traced.stderr).trim())),
        Err(error) => Err(format!("strace cannot be run: {error}; {why}")),
    }
}
