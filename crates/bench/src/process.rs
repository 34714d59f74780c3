//! Child processes: started by name, measured through the operating system, stopped by id.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A child that is killed when dropped.
pub(crate) struct Running {
    child: Child,
}

/// What the operating system has counted for a process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_us: u64,
    pub(crate) rss_kib: u64,
}

impl Running {
    /// Starts a program and returns it with its first line of output.
    pub(crate) fn start(program: &Path, args: &[&str]) -> Result<(Running, String), String> {
        let mut child = Command::new(program)
            .args(args)
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("{} cannot be started: {e}", program.display()))?;
        let stdout = child.stdout.take().ok_or("the child has no standard output")?;
        let mut lines = BufReader::new(stdout);
        let mut line = String::new();
        lines.read_line(&mut line).map_err(|e| e.to_string())?;
        // What follows is read away, so that the child never waits for us.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        Ok((Running { child }, line.trim().to_owned()))
    }

    /// CPU time and resident memory until now.
    pub(crate) fn usage(&self) -> Usage {
        usage(self.child.id()).unwrap_or_default()
    }

    /// Asks it to stop and waits for it.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().map_err(|e| e.to_string())?;
        if !asked.success() {
            return Err(format!("process {pid} could not be stopped"));
        }
        let deadline = Instant::now() + Duration::from_secs(40);
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().map_err(|e| e.to_string())? {
                return if status.success() { Ok(()) } else { Err(format!("process {pid} ended with {status}")) };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(format!("process {pid} did not stop"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn usage(pid: u32) -> Option<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    // Fields 14 and 15 of proc(5), in ticks of 10 ms; 24 is the resident set in pages of 4 KiB.
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    let pages: u64 = fields.get(21)?.parse().ok()?;
    Some(Usage { cpu_us: ticks * 10_000, rss_kib: pages * 4 })
}

/// Wall time in microseconds: the same for all processes of the machine.
pub(crate) fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64
}
