//! Another program beside the gateway: what it prints is read line by line, and it is told things on standard input.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use super::process::{ended, signal, wait_for};

/// A running program; killed when dropped.
pub struct Program {
    child: Child,
    input: ChildStdin,
    lines: Arc<Mutex<Vec<String>>>,
    name: &'static str,
}

impl Program {
    /// Starts it. Lines of both its outputs are kept in the order in which they came.
    pub fn start(name: &'static str, mut command: Command) -> Program {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let lines = Arc::default();
        keep(child.stdout.take().unwrap(), &lines);
        keep(child.stderr.take().unwrap(), &lines);
        let input = child.stdin.take().unwrap();
        Program { child, input, lines, name }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line and gives what `read` makes of it; fails with all lines when the program ends before.
    pub fn wait_for_line<T>(&mut self, what: &str, read: impl Fn(&str) -> Option<T>) -> T {
        let mut found = None;
        wait_for(what, || {
            let is_over = self.child.try_wait().unwrap().is_some();
            found = self.lines().iter().find_map(|line| read(line));
            assert!(found.is_some() || !is_over, "{} ended before {what}:\n{}", self.name, self.lines().join("\n"));
            found.is_some()
        });
        found.unwrap()
    }

    /// Writes a line to its standard input.
    pub fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap_or_else(|error| panic!("{} does not listen: {error}", self.name));
    }

    /// Sends a signal, by name without SIG, and waits for its end.
    pub fn end_with(mut self, name: &str) -> (ExitStatus, Vec<String>) {
        signal(self.child.id(), name);
        self.ended()
    }

    /// Waits for its end.
    pub fn ended(&mut self) -> (ExitStatus, Vec<String>) {
        let status = ended(&mut self.child);
        (status, self.lines())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{} said:\n{}", self.name, self.lines().join("\n"));
        }
    }
}

fn keep(output: impl Read + Send + 'static, lines: &Arc<Mutex<Vec<String>>>) {
    let lines = lines.clone();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    });
}

/// A file that `cargo xtask setup` brings: named by the variable, or in its usual place under `target/`.
pub fn test_tool(variable: &str, usual: &str) -> PathBuf {
    let path = std::env::var_os(variable).map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/test-tools").join(usual),
        PathBuf::from,
    );
    assert!(path.exists(), "{} is missing, and this test runs it: run `cargo xtask setup` first", path.display());
    path
}

/// A program of the system that `cargo xtask setup` installs.
pub fn system_tool(name: &str) -> Command {
    let probe = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(
        probe.is_ok_and(|status| status.success()),
        "`{name}` cannot be run, and this test needs it: run `cargo xtask setup` first"
    );
    Command::new(name)
}
