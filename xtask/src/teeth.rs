//! `cargo xtask teeth [name…]`: shows that the tests notice when a promise is broken.
//!
//! The tracked sources are copied to `target/teeth/tree`. There each break of `breaks.rs` is made, one after the other,
//! and the test that must notice is run. It has to fail, and to fail as a test: a break that does not compile, or a test
//! that fails without it, proves nothing. The working tree is never touched.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::workspace::{self, Workspace};

mod breaks;

use breaks::{BREAKS, Break, Edit, Proof};

/// The profile of `Cargo.toml` the tests are built in.
const PROFILE: &str = "ci";

/// What came of a break.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Verdict {
    Caught,
    NotCaught,
    /// The test does not pass without the break, or cannot be built with it.
    ProvesNothing(&'static str),
}

impl Verdict {
    fn words(&self) -> String {
        match self {
            Verdict::Caught => "caught".to_owned(),
            Verdict::NotCaught => "NOT CAUGHT".to_owned(),
            Verdict::ProvesNothing(why) => format!("PROVES NOTHING: {why}"),
        }
    }
}

/// Makes the breaks that are named, or all of them.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<(), String> {
    let chosen = choose(names)?;
    check(&workspace.root)?;
    let tree = Copy { root: workspace.target.join("teeth/tree"), target: workspace.target.join("teeth/target") };
    tree.fill(workspace)?;
    let mut rows = Vec::new();
    let sound = tree.sound_proofs(&chosen)?;
    for one in chosen {
        println!("\n== {}: {}", one.name, one.promise);
        let started = Instant::now();
        let verdict = if sound.contains(&one.proof) {
            tree.try_break(workspace, one)?
        } else {
            Verdict::ProvesNothing("the test fails without the break")
        };
        println!("== {}: {}", one.name, verdict.words());
        rows.push((one, verdict, started.elapsed().as_secs_f64()));
    }
    println!();
    for (one, verdict, seconds) in &rows {
        println!("{:<34} {:<24} {seconds:>6.1} s  {}", one.name, verdict.words(), one.proof.shown());
    }
    let failed = rows.iter().filter(|(_, verdict, _)| *verdict != Verdict::Caught).count();
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} breaks were not caught", rows.len())) }
}

fn choose(names: &[String]) -> Result<Vec<&'static Break>, String> {
    if let Some(unknown) = names.iter().find(|name| BREAKS.iter().all(|one| one.name != **name)) {
        let known: Vec<_> = BREAKS.iter().map(|one| one.name).collect();
        return Err(format!("there is no break `{unknown}`; there are {}", known.join(", ")));
    }
    Ok(BREAKS.iter().filter(|one| names.is_empty() || names.iter().any(|name| name == one.name)).collect())
}

/// Whether every break still finds its text exactly once, and its test is there.
fn check(root: &Path) -> Result<(), String> {
    let read =
        |path: &str| std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path} can't be read: {error}"));
    for one in BREAKS {
        for edit in one.edits {
            let count = read(edit.path)?.matches(edit.text).count();
            if count != 1 {
                return Err(format!(
                    "the break `{}` looks for a text in {} that is there {count} times: bring \
                     xtask/src/teeth/breaks.rs up to date\n{}",
                    one.name, edit.path, edit.text
                ));
            }
        }
        let test = one.proof.filter.rsplit("::").next().unwrap_or(one.proof.filter);
        if !read(one.proof.path)?.contains(&format!("fn {test}")) {
            return Err(format!(
                "the break `{}` counts on a test `{test}` that is not in {}",
                one.name, one.proof.path
            ));
        }
    }
    Ok(())
}

/// The copy in which things are broken.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Brings the copy up to date. What is the same already keeps its time, so that little is built again.
    fn fill(&self, workspace: &Workspace) -> Result<(), String> {
        let listed = tracked(&workspace.root)?;
        for path in old_files(&self.root).into_iter().filter(|path| !listed.contains(path)) {
            std::fs::remove_file(self.root.join(&path)).map_err(|error| format!("{path} can't be removed: {error}"))?;
        }
        for path in &listed {
            let Ok(bytes) = std::fs::read(workspace.root.join(path)) else { continue };
            let copy = self.root.join(path);
            if std::fs::read(&copy).is_ok_and(|there| there == bytes) {
                continue;
            }
            write(&copy, &bytes)?;
        }
        Ok(())
    }

    /// The proofs that pass in the unbroken copy.
    fn sound_proofs(&self, chosen: &[&Break]) -> Result<BTreeSet<Proof>, String> {
        let proofs: BTreeSet<Proof> = chosen.iter().map(|one| one.proof).collect();
        let mut sound = BTreeSet::new();
        for proof in proofs {
            println!("\n== without a break: {}", proof.shown());
            workspace::run(&mut self.cargo(&proof, true))?;
            if workspace::run(&mut self.cargo(&proof, false)).is_ok() {
                sound.insert(proof);
            }
        }
        Ok(sound)
    }

    fn try_break(&self, workspace: &Workspace, one: &Break) -> Result<Verdict, String> {
        for Edit { path, text, instead } in one.edits {
            let copy = self.root.join(path);
            let source = std::fs::read_to_string(&copy).map_err(|error| format!("{path} can't be read: {error}"))?;
            write(&copy, source.replacen(text, instead, 1).as_bytes())?;
        }
        let verdict = self.verdict(&one.proof);
        self.fill(workspace)?;
        verdict
    }

    fn verdict(&self, proof: &Proof) -> Result<Verdict, String> {
        if workspace::run(&mut self.cargo(proof, true)).is_err() {
            return Ok(Verdict::ProvesNothing("the break does not compile"));
        }
        let mut command = self.cargo(proof, false);
        let output = command.output().map_err(|error| format!("cargo could not be started: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        for line in text.lines().filter(|line| line.starts_with("test ") || line.contains(" seeds failed")) {
            println!("{line}");
        }
        if output.status.success() {
            return Ok(Verdict::NotCaught);
        }
        // The harness says so itself; anything else is a test that did not come to its end.
        let is_failed = text.lines().any(|line| line.starts_with("test result: FAILED"));
        Ok(if is_failed { Verdict::Caught } else { Verdict::ProvesNothing("the test did not come to its end") })
    }

    fn cargo(&self, proof: &Proof, only_build: bool) -> Command {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).args(["test", "--profile", PROFILE]);
        command.args(proof.target);
        if only_build {
            command.args(["--quiet", "--no-run"]);
        } else {
            command.args([proof.filter]).env("HOOKSWITCH_SEEDS", breaks::SEEDS).env("RUST_BACKTRACE", "0");
        }
        command
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} can't be written: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, bytes).map_err(failed)
}

/// What git tracks or would track.
fn tracked(root: &Path) -> Result<BTreeSet<String>, String> {
    let mut git = Command::new("git");
    git.current_dir(root)
        // a checkout may belong to another user than the one who tests it
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = workspace::output(&mut git)?;
    let is_there = |path: &&str| root.join(path).is_file();
    Ok(listed.split_terminator('\0').filter(is_there).map(str::to_owned).collect())
}

/// The files an earlier run left in the copy, by their path in it.
fn old_files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(root) {
                found.push(inside.to_string_lossy().into_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_break_finds_its_text_once_and_its_test() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask has a parent folder");
        assert_eq!(check(root), Ok(()));
    }

    #[test]
    fn names_are_unique_and_unknown_ones_are_refused() {
        let names: BTreeSet<_> = BREAKS.iter().map(|one| one.name).collect();
        assert_eq!(names.len(), BREAKS.len());
        assert!(choose(&["no such break".to_owned()]).is_err_and(|error| error.contains(BREAKS[0].name)));
        assert_eq!(choose(&[BREAKS[1].name.to_owned()]).map(|chosen| chosen.len()), Ok(1));
        assert_eq!(choose(&[]).map(|chosen| chosen.len()), Ok(BREAKS.len()));
    }
}
