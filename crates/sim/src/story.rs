//! The story of a world, line by line, and what the checkers found wrong in it.

use std::fmt::Arguments;

#[derive(Default)]
pub(crate) struct Story {
    pub(crate) lines: Vec<String>,
    pub(crate) findings: Vec<String>,
    pub(crate) now_ms: u64,
}

impl Story {
    pub(crate) fn tell(&mut self, what: Arguments<'_>) {
        self.lines.push(format!("{:>10} {what}", self.now_ms));
    }

    /// A broken promise.
    pub(crate) fn wrong(&mut self, check: &'static str, what: Arguments<'_>) {
        let finding = format!("{check}: {what}");
        self.lines.push(format!("{:>10} WRONG {finding}", self.now_ms));
        self.findings.push(finding);
    }
}
