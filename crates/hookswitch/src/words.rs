//! Words to the person at the terminal. Everything the binary prints goes through here; logs do not.

use std::io::Write;

/// A line on standard output. A reader that has gone away is no error.
pub(crate) fn say(line: impl AsRef<str>) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{}", line.as_ref());
    let _gone = out.flush();
}

/// A line on standard error.
pub(crate) fn warn(line: impl AsRef<str>) {
    let _gone = writeln!(std::io::stderr().lock(), "{}", line.as_ref());
}
