//! The pure crates decide from what they are given: their sources touch no clock, file, socket or thread, and
//! the domain iterates in no hash order. Tests may.
//!
//! Dependencies are held by `layers.rs`; this rule holds the standard library.

use super::Finding;
use super::rust::{RustFile, is_word, words};

const PURE: &[&str] = &["crates/domain/src/", "crates/contracts/src/", "crates/smpp/src/"];
const ORDERED: &str = "crates/domain/src/";

/// Paths that reach outside. A module imported whole would hide what is taken from it.
const OUTSIDE: &[&str] =
    &["std::net", "std::fs", "std::thread", "std::time::Instant", "std::time::SystemTime", "std::time::*"];

/// Braces in a `use` nest no deeper than this.
const NESTING_MAX: usize = 16;

pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    if !PURE.iter().any(|start| file.path.starts_with(start)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (at, path) in std_paths(&file.code) {
        let reaches = |outside: &&&str| {
            let rest = path.strip_prefix(**outside);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        if let Some(outside) = OUTSIDE.iter().find(reaches) {
            findings.push((at, format!("`{outside}` in a pure crate: let the caller pass in what is needed")));
        } else if path == "std::time" || path == "std::time::self" {
            findings.push((at, "`std::time` in a pure crate: name `std::time::Duration`".to_owned()));
        }
    }
    if file.path.starts_with(ORDERED) {
        let hashed = words(&file.code).filter(|(_, word)| matches!(*word, "HashMap" | "HashSet"));
        findings.extend(hashed.map(|(at, word)| {
            let ordered = word.replace("Hash", "BTree");
            (at, format!("`{word}` in the domain has no order that can be repeated: `{ordered}`"))
        }));
    }
    let placed = findings.into_iter().map(|(at, sentence)| (file.line_of(at), sentence));
    placed
        .filter(|(line, _)| !file.is_test_line(*line))
        .map(|(line, sentence)| Finding::new(file.path, line, sentence))
        .collect()
}

/// Every path that begins with `std::`, trees of `use` spelled out, with the offset of its last part.
fn std_paths(code: &str) -> Vec<(usize, String)> {
    let mut paths = Vec::new();
    for (at, word) in words(code) {
        if word == "std" && !code[..at].trim_end().ends_with("::") {
            let mut cursor = Cursor { code, at };
            cursor.tree("", 0, &mut paths);
        }
    }
    paths
}

struct Cursor<'a> {
    code: &'a str,
    at: usize,
}

impl Cursor<'_> {
    fn take(&mut self, literal: &str) -> bool {
        let rest = self.code[self.at..].trim_start();
        let found = rest.starts_with(literal);
        if found {
            self.at = self.code.len() - rest.len() + literal.len();
        }
        found
    }

    /// `a::b`, `a::*` or `a::{…}`, each appended to what stands before.
    fn tree(&mut self, before: &str, depth: usize, paths: &mut Vec<(usize, String)>) {
        if depth > NESTING_MAX {
            return;
        }
        let mut path = before.to_owned();
        let mut last = self.at;
        loop {
            if self.take("{") {
                while !self.take("}") && self.at < self.code.len() {
                    let start = self.at;
                    self.tree(&path, depth + 1, paths);
                    // past `as name` and the comma
                    let end = self.code[self.at..].find([',', '}', ';']).unwrap_or(self.code.len() - self.at);
                    self.at += end;
                    if !self.take(",") && self.at == start {
                        break;
                    }
                }
                return;
            }
            let rest = self.code[self.at..].trim_start();
            let part =
                if rest.starts_with('*') { "*" } else { &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())] };
            if part.is_empty() {
                break;
            }
            last = self.code.len() - rest.len();
            self.at = last + part.len();
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(part);
            if !self.take("::") {
                break;
            }
        }
        paths.push((last, path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, lines: &[usize]) {
        let found = super::check(&RustFile::new(path, text));
        let found_lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(found_lines, lines, "{text}\n{found:?}");
    }

    #[test]
    fn paths_are_spelled_out() {
        let paths = std_paths("use std::{a::{self, b as c}, d::*, e};\nx(std::f::g::<u8>(), <std::h as I>::j);");
        let paths: Vec<&str> = paths.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, ["std::a::self", "std::a::b", "std::d::*", "std::e", "std::f::g", "std::h"]);
    }

    #[test]
    fn pure_crates_touch_nothing_outside() {
        let path = "crates/smpp/src/bind.rs";
        check(path, "use std::time::Duration;\nuse std::{fmt, collections::HashMap};\n", &[]);
        check(path, "use std::time::Instant;\nuse std::time::{Duration, SystemTime};\nuse std::time::*;\n", &[1, 2, 3]);
        check(
            path,
            "use std::{\n    fmt,\n    fs::File,\n    net,\n};\nfn f() { std::thread::spawn(g) }\n",
            &[3, 4, 6],
        );
        check(path, "use std::time;\nuse std::time::{self, Duration};\n", &[1, 2]);
        check(path, "// std::fs\nlet x = \"std::fs\";\nmy::std::fs();\nuse std::fsx;\n", &[]);
        check(path, "#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n", &[]);
        check("crates/store/src/lib.rs", "use std::fs;\n", &[]);
    }

    #[test]
    fn the_domain_iterates_in_order() {
        check("crates/domain/src/view.rs", "use std::collections::{BTreeMap, HashMap};\nx: HashSet<u8>\n", &[1, 2]);
        check("crates/contracts/src/lib.rs", "use std::collections::HashMap;\n", &[]);
    }
}
