//! `cargo xtask bench`: builds gateway and load generator as users run them, then becomes the load generator.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::workspace::{self, Workspace};

/// Returns only if something failed: otherwise the process has become the load generator.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<(), String> {
    workspace::run(&mut workspace.cargo(&["build", "--release", "-p", "hookswitch", "-p", "bench"]))?;
    let program = workspace.target.join("release/bench");
    let error = Command::new(&program).args(args).current_dir(&workspace.root).exec();
    Err(format!("{} could not be started: {error}", program.display()))
}
