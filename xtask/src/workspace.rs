//! Where the workspace is, what cargo knows about it, and how a command is run in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::json::{self, Value};

/// The open workspace: its root, its target folder and cargo's description of it.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// `cargo metadata --no-deps`, format version 1.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// Asks cargo about the workspace this tool belongs to.
    pub(crate) fn open() -> Result<Self, String> {
        let manifest_dir =
            std::env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set: run this as `cargo xtask`")?;
        let root = Path::new(&manifest_dir).parent().ok_or("xtask has no parent folder")?.to_owned();
        let mut command = cargo(&root);
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        let text = output(&mut command)?;
        let metadata = json::parse(&text).map_err(|error| format!("cargo metadata: {error}"))?;
        let target =
            metadata.get("target_directory").and_then(Value::text).ok_or("cargo metadata names no target_directory")?;
        Ok(Workspace { root, target: PathBuf::from(target), metadata })
    }

    /// The cargo that runs this tool, in the root of the workspace.
    pub(crate) fn cargo(&self, args: &[&str]) -> Command {
        let mut command = cargo(&self.root);
        command.args(args);
        command
    }
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// Runs a command with the terminal's streams; an error is one sentence that names it.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let shown = shown(command);
    println!("$ {shown}");
    let status = command.status().map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{shown}` failed ({status})")) }
}

/// Runs a command and returns its standard output; its complaints go to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let shown = shown(command);
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .map_err(|error| format!("`{shown}` could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("`{shown}` failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("`{shown}` did not answer in UTF-8"))
}

/// Whether a command can be started and succeeds; it says nothing itself.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = std::process::Stdio::null;
    command.stdin(silent()).stdout(silent()).stderr(silent()).status().is_ok_and(|status| status.success())
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    // cargo and git are known by name; a tool of the test environment by its path
    let program = if program.ends_with("cargo") { Path::new("cargo") } else { program };
    let mut shown = program.display().to_string();
    for arg in command.get_args() {
        shown.push(' ');
        shown.push_str(&arg.to_string_lossy());
    }
    shown
}
