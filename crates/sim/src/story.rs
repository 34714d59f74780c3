//! The story of a world, line by line, how often each fault happened in it, and what the checkers found wrong.

use std::fmt::Arguments;

use crate::tally::{Fault, Tally};

#[derive(Default)]
pub(crate) struct Story {
    pub(crate) lines: Vec<String>,
    pub(crate) findings: Vec<String>,
    pub(crate) tally: Tally,
    pub(crate) now_ms: u64,
}

impl Story {
    pub(crate) fn tell(&mut self, what: Arguments<'_>) {
        self.lines.push(format!("{:>10} {what}", self.now_ms));
    }

    /// A fault that is told of.
    pub(crate) fn happened(&mut self, fault: Fault, what: Arguments<'_>) {
        self.tally.count(fault);
        self.tell(what);
    }

    /// A broken promise.
    pub(crate) fn wrong(&mut self, check: &'static str, what: Arguments<'_>) {
        let finding = format!("{check}: {what}");
        self.lines.push(format!("{:>10} WRONG {finding}", self.now_ms));
        self.findings.push(finding);
    }
}
