//! `cargo xtask test`: every check of this repository, one after the other, on any machine.
//!
//! All of cargo's steps but `cost` use one profile, `ci`, so that dependencies are built once: the tests run the very
//! binary that the build step made. What can't run fails; nothing is left out.

use std::time::Instant;

use crate::workspace::{self, Workspace};
use crate::{cost, setup, tidy};

/// The profile of `Cargo.toml`, which is also the name of its folder under `target/`.
const PROFILE: &str = "ci";

type Step = (&'static str, fn(&Workspace) -> Result<(), String>);

const STEPS: &[Step] = &[
    ("setup", setup::run),
    ("format", format),
    ("tidy", tidy::run),
    ("clippy", clippy),
    ("build", build),
    ("cost", cost::guard),
    ("tests", tests),
];

/// Runs all steps and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    let started = Instant::now();
    for (index, (name, step)) in STEPS.iter().enumerate() {
        let number = index + 1;
        println!("\n== {number}/{} {name} (at {:.1} s)", STEPS.len(), started.elapsed().as_secs_f64());
        let begun = Instant::now();
        step(workspace).map_err(|error| {
            let seconds = started.elapsed().as_secs_f64();
            format!("step {number} of {}, {name}, failed after {seconds:.1} s: {error}", STEPS.len())
        })?;
        println!("== {name} passed in {:.1} s", begun.elapsed().as_secs_f64());
    }
    println!("\n== all {} steps passed in {:.1} s", STEPS.len(), started.elapsed().as_secs_f64());
    Ok(())
}

fn format(workspace: &Workspace) -> Result<(), String> {
    workspace::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

fn clippy(workspace: &Workspace) -> Result<(), String> {
    let args = ["clippy", "--workspace", "--all-targets", "--profile", PROFILE, "--", "-D", "warnings"];
    workspace::run(&mut workspace.cargo(&args))
}

/// Binaries and test programs in one go: built apart, features would be unified differently and the
/// dependencies compiled twice.
fn build(workspace: &Workspace) -> Result<(), String> {
    let args = ["build", "--workspace", "--bins", "--examples", "--tests", "--profile", PROFILE];
    workspace::run(&mut workspace.cargo(&args))
}

fn tests(workspace: &Workspace) -> Result<(), String> {
    let binary = workspace.target.join(PROFILE).join("hookswitch");
    let python = setup::python(workspace);
    let node_modules = setup::node_modules(workspace);
    for needed in [&binary, &python, &node_modules] {
        if !needed.exists() {
            return Err(format!("{} is missing, and the tests run it", needed.display()));
        }
    }
    let mut command = workspace.cargo(&["test", "--workspace", "--profile", PROFILE, "--no-fail-fast"]);
    // A test that lacks something says so loudly; only here does it also fail.
    command.env("CI", "true");
    command.env("HOOKSWITCH_BIN", binary).env("HOOKSWITCH_PYTHON", python).env("HOOKSWITCH_NODE_MODULES", node_modules);
    workspace::run(&mut command)
}
