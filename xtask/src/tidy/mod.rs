//! `cargo xtask tidy`: the rules of this repository that no compiler holds. One file a rule.
//!
//! A rule is a pure function from text to findings, so that its tests need no files. This file only reads the
//! tree, runs the rules and prints what they found.

mod codes;
mod docs;
mod foreign;
mod length;
mod links;
mod markdown;
mod module_doc;
mod purity;
mod rust;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;

use crate::layers;
use crate::workspace::{self, Workspace};
use rust::RustFile;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// From the root of the repository.
    path: String,
    /// From 1.
    line: usize,
    /// What is wrong and, where it isn't obvious, what to do.
    sentence: String,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, sentence: impl Into<String>) -> Self {
        Finding { path: path.to_owned(), line, sentence: sentence.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.sentence)
    }
}

/// The project's files by their path from the root; `None` where the content is not UTF-8 text.
pub(crate) type Tree = BTreeMap<String, Option<String>>;

/// Runs every rule over the whole tree and prints the findings.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    let tree = read_tree(workspace)?;
    let mut findings = check(&tree);
    let manifests: BTreeMap<&str, &str> = texts(&tree).filter(|(path, _)| path.ends_with("Cargo.toml")).collect();
    findings.extend(layers::check(&workspace.metadata, &workspace.root.to_string_lossy(), &manifests));
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files keep the rules", tree.len());
            Ok(())
        }
        count => Err(format!("tidy has {count} findings")),
    }
}

/// All rules that need nothing but the tree.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let sources: Vec<RustFile> =
        texts(tree).filter(|(path, _)| path.ends_with(".rs")).map(|(path, text)| RustFile::new(path, text)).collect();
    for source in &sources {
        findings.extend(length::check(source));
        findings.extend(module_doc::check(source));
        findings.extend(words::check(source));
        findings.extend(purity::check(source));
        findings.extend(docs::check(source, tree));
    }
    findings.extend(codes::check(&sources, tree));
    for (path, text) in texts(tree) {
        findings.extend(foreign::check(path, text));
        findings.extend(words::check_other(path, text));
        if path.ends_with(".md") {
            findings.extend(links::check(path, text, tree));
        }
    }
    findings
}

/// The files that are text.
fn texts(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
}

/// What git tracks or would track; new files count before they are added.
fn read_tree(workspace: &Workspace) -> Result<Tree, String> {
    let mut git = Command::new("git");
    git.current_dir(&workspace.root)
        // a checkout may belong to another user than the one who tests it
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = workspace::output(&mut git)?;
    let mut tree = Tree::new();
    for path in listed.split_terminator('\0') {
        match std::fs::read(workspace.root.join(path)) {
            Ok(bytes) => tree.insert(path.to_owned(), String::from_utf8(bytes).ok()),
            // deleted but not yet committed
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(format!("{path} can't be read: {error}")),
        };
    }
    if tree.is_empty() { Err("git lists no files here".to_owned()) } else { Ok(tree) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_run() {
        let long = "x\n".repeat(500);
        let tree = Tree::from([
            ("crates/domain/src/lib.rs".to_owned(), Some(format!("use std::fs;\n// docs/gone.md\n{long}"))),
            ("crates/domain/src/utils.rs".to_owned(), Some("//! Doc.\n".to_owned())),
            ("docs/operate/codes/HS-0001.md".to_owned(), Some("[x](gone.md)\n".to_owned())),
            ("run.sh".to_owned(), Some(format!("cd /{}/main\n", "work"))),
            ("picture.png".to_owned(), None),
        ]);
        let found: Vec<String> = check(&tree).iter().map(ToString::to_string).collect();
        for expected in ["lines long", "//!", "`utils`", "std::fs", "docs/gone.md", "HS-0001", "`gone.md`", "run.sh:1"]
        {
            assert!(found.iter().any(|finding| finding.contains(expected)), "{expected} in {found:#?}");
        }
    }
}
