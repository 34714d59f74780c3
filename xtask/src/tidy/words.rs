//! Words that do not belong in the sources: names that say nothing, promises to do it later, tests that are
//! switched off or that sleep, and `unwrap` outside tests.

use super::Finding;
use super::rust::{RustFile, is_word, words};

/// Names of modules that attract whatever has no place.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helper", "helpers", "manager", "managers"];

/// Marks of unfinished work in comments. In pieces, so that a search for them does not end here.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// What a sleeping line must say: a poll with a deadline may pause, and gives the reason.
const MAY_SLEEP: &str = "// waits:";

/// Files other than Rust that are written by hand and run.
const OTHER_SOURCES: &[&str] = &[".js", ".css", ".html", ".py", ".sh", ".sql", ".toml"];

pub(crate) fn check(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(names(file));
    findings.extend(unfinished(file.path, &file.comments));
    let watched = ["todo", "unimplemented", "ignore", "unwrap", "sleep", "sleep_until"];
    for (at, word) in words(&file.code).filter(|(_, word)| watched.contains(word)) {
        let line = file.line_of(at);
        let before = file.code[..at].trim_end();
        let after = file.code[at + word.len()..].trim_start();
        let is_called = after.starts_with('(') && !before.ends_with('.') && !before.ends_with("fn");
        let sentence = match word {
            "todo" | "unimplemented" if after.starts_with('!') => format!("`{word}!` is unfinished work"),
            "ignore" if is_attribute(before) => "an ignored test is no test: fix it or remove it".to_owned(),
            "unwrap" if before.ends_with('.') && after.starts_with("()") && !file.is_test_line(line) => {
                "`.unwrap()` outside tests: handle it, or `expect` with the invariant in words".to_owned()
            }
            "sleep" | "sleep_until" if is_called && file.is_test_line(line) && !may_sleep(file, line) => {
                format!("a test sleeps: watch for the condition; a poll with a deadline says `{MAY_SLEEP} reason`")
            }
            _ => continue,
        };
        findings.push(Finding::new(file.path, line, sentence));
    }
    findings
}

/// The same for sources in other languages, where a comment can't be told from the rest.
pub(crate) fn check_other(path: &str, text: &str) -> Vec<Finding> {
    let is_source = OTHER_SOURCES.iter().any(|ending| path.ends_with(ending));
    if is_source { unfinished(path, text) } else { Vec::new() }
}

fn names(file: &RustFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sentence = |name: &str| format!("`{name}` says nothing: name the module after what it holds");
    for part in file.path.trim_end_matches(".rs").split('/') {
        if EMPTY_NAMES.contains(&part) {
            findings.push(Finding::new(file.path, 1, sentence(part)));
        }
    }
    let mut previous = "";
    for (at, word) in words(&file.code) {
        if previous == "mod" && EMPTY_NAMES.contains(&word) {
            findings.push(Finding::new(file.path, file.line_of(at), sentence(word)));
        }
        previous = word;
    }
    findings
}

fn unfinished(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for mark in UNFINISHED {
            if line.split(|c| !is_word(c)).any(|word| word == *mark) {
                findings.push(Finding::new(
                    path,
                    index + 1,
                    format!("{mark}: do it, or file it where work is planned"),
                ));
            }
        }
    }
    findings
}

/// `#[` or `#[cfg_attr(…,` stands before.
fn is_attribute(before: &str) -> bool {
    let attribute = before.rfind("#[").map(|start| &before[start + 2..]);
    attribute.is_some_and(|inside| {
        let inside = inside.trim_start();
        inside.is_empty() || (inside.starts_with("cfg_attr") && inside.ends_with(',') && !inside.contains(']'))
    })
}

/// The permission stands on the line itself or alone on the line above.
fn may_sleep(file: &RustFile, line: usize) -> bool {
    let mut comments = file.comments.lines().skip(line.saturating_sub(2));
    let nearby = if line == 1 { [None, comments.next()] } else { [comments.next(), comments.next()] };
    nearby
        .into_iter()
        .flatten()
        .any(|comment| comment.split_once(MAY_SLEEP).is_some_and(|(_, reason)| !reason.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, lines: &[usize]) {
        let found = super::check(&RustFile::new(path, text));
        let found_lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
        assert_eq!(found_lines, lines, "{path}: {text}\n{found:?}");
    }

    #[test]
    fn modules_have_a_meaning() {
        check("crates/x/src/utils.rs", "", &[1]);
        check("crates/x/tests/common/mod.rs", "", &[1]);
        check("crates/x/src/lib.rs", "mod lane;\nmod helpers {}\n", &[2]);
        check("crates/x/src/common_prefix.rs", "// a manager, in common words\nfn manager() {}\n", &[]);
    }

    #[test]
    fn nothing_is_left_for_later() {
        let mark = UNFINISHED[0];
        check("a.rs", &format!("// {mark}: x\nlet s = \"{mark}\";\n/// {mark}S {}\n", UNFINISHED[1]), &[1, 3]);
        check("a.rs", "todo!()\nunimplemented!(\"x\")\ntodo()\n// todo!()\n", &[1, 2]);
        assert_eq!(check_other("a.js", &format!("x\n// {mark}\n"))[0].line, 2);
        assert_eq!(check_other("a.md", mark), []);
    }

    #[test]
    fn tests_are_run() {
        check("a.rs", "#[test]\n#[ignore]\nfn f() {}\n#[ignore = \"slow\"]\nfn g() {}\n", &[2, 4]);
        check("a.rs", "#[cfg_attr(windows, ignore)]\nfn f() {}\n", &[1]);
        check("a.rs", "let ignore = 1;\n#[serde(ignore)]\nfn f(a: A, ignore: bool) {}\n", &[]);
    }

    #[test]
    fn unwrap_is_for_tests() {
        check("a.rs", "x.unwrap();\nx\n    .unwrap();\nx.unwrap_or(1);\n// x.unwrap()\n", &[1, 3]);
        check("a.rs", "#[cfg(test)]\nmod tests {\n    x.unwrap();\n}\n", &[]);
        check("tests/a.rs", "x.unwrap();\n", &[]);
    }

    #[test]
    fn tests_watch_and_do_not_sleep() {
        check("tests/a.rs", "std::thread::sleep(x);\ntokio::time::sleep(x).await;\nsleep(x);\n", &[1, 2, 3]);
        check("src/a.rs", "sleep(x);\n#[cfg(test)]\nmod tests {\n    sleep(x);\n}\n", &[4]);
        check("tests/a.rs", "sleep(x); // waits: polls the port until its deadline\n", &[]);
        check("tests/a.rs", "// waits: polls the port until its deadline\nsleep(x);\n", &[]);
        check("tests/a.rs", "sleep(x); // waits:\nfn sleep() {}\nclock.sleep(x);\n", &[1]);
    }
}
