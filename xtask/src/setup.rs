//! `cargo xtask setup`: what the tests need beyond cargo, checked, and installed where that is allowed.
//!
//! Programs come from Debian's packages, Python libraries from PyPI into a virtual environment under `target/`, Node's
//! from the npm registry into a folder beside it. Nothing else is installed and nothing outside those places is changed.

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::Command;

use crate::json;
use crate::workspace::{self, Workspace};

/// A program the tests use.
struct Need {
    /// Succeeds where the program can be used.
    probe: &'static [&'static str],
    /// Debian 12's packages that bring it.
    packages: &'static [&'static str],
    why: &'static str,
}

const NEEDS: &[Need] = &[
    Need { probe: &["cc", "--version"], packages: &["build-essential"], why: "compiles SQLite" },
    Need { probe: &["git", "--version"], packages: &["git"], why: "tidy asks it which files belong to the project" },
    Need {
        probe: &["python3", "-c", "import ensurepip, venv"],
        packages: &["python3", "python3-venv"],
        why: "runs independent SMPP and Vumi Go clients against the gateway",
    },
    Need {
        probe: &["node", "--version"],
        packages: &["nodejs"],
        why: "runs an independent SMPP server for the gateway",
    },
    Need { probe: &["npm", "--version"], packages: &["npm"], why: "installs that server" },
    Need { probe: &["curl", "--version"], packages: &["curl"], why: "runs the lines that the demo prints" },
    Need { probe: &["unshare", "--version"], packages: &["util-linux"], why: "gives a test a small disk to fill" },
    Need { probe: &["mount", "--version"], packages: &["mount"], why: "mounts that disk" },
    Need { probe: &["mkfs.ext4", "-V"], packages: &["e2fsprogs"], why: "makes a file system whose power is cut" },
    Need { probe: &["xfs_io", "-V"], packages: &["xfsprogs"], why: "cuts that power" },
    Need { probe: &["ip", "-V"], packages: &["iproute2"], why: "gives a test a name server of its own" },
    Need { probe: &["prlimit", "--version"], packages: &["util-linux"], why: "leaves a gateway few file descriptors" },
    Need { probe: &["valgrind", "--version"], packages: &["valgrind"], why: "counts instructions" },
    Need { probe: &["strace", "--version"], packages: &["strace"], why: "lets a sync of the gateway fail" },
    Need { probe: &["chromium", "--version"], packages: &["chromium"], why: "shows the console to its tests" },
    Need { probe: &["chromedriver", "--version"], packages: &["chromium-driver"], why: "drives Chromium" },
];

/// Parts of the Rust toolchain that Debian's packages can't bring.
const COMPONENTS: &[(&str, &str)] = &[("fmt", "rustfmt"), ("clippy", "clippy")];

/// Python libraries, name and exact version, with all that they need themselves: pip adds no others.
const PYTHON: &[(&str, &str)] = &[
    ("smpplib", "2.2.4"),
    ("six", "1.17.0"),
    ("go-http", "0.3.2"),
    ("requests", "2.34.2"),
    ("urllib3", "2.8.0"),
    ("idna", "3.20"),
    ("certifi", "2026.10.18"),
    ("charset-normalizer", "3.5.2"),
];

/// Node's libraries, likewise.
const NODE: &[(&str, &str)] = &[("smpp", "0.5.1"), ("iconv-lite", "0.6.3"), ("safer-buffer", "2.1.2")];

/// Checks everything and installs what is missing; the error says what a person has to do.
pub(crate) fn run(workspace: &Workspace) -> Result<(), String> {
    for (command, component) in COMPONENTS {
        if !workspace::succeeds(&mut workspace.cargo(&[command, "--version"])) {
            return Err(format!("{component} is missing: run `rustup component add {component}`"));
        }
    }
    let missing = missing();
    if !missing.is_empty() {
        install(&missing)?;
    }
    python_libraries(workspace)?;
    node_libraries(workspace)?;
    println!("everything the tests need is here");
    Ok(())
}

/// The Python that has the libraries of [`PYTHON`].
pub(crate) fn python(workspace: &Workspace) -> PathBuf {
    workspace.target.join("test-tools/venv/bin/python")
}

/// The folder with the libraries of [`NODE`].
pub(crate) fn node_modules(workspace: &Workspace) -> PathBuf {
    workspace.target.join("test-tools/node/node_modules")
}

fn missing() -> Vec<&'static Need> {
    let works = |need: &&Need| workspace::succeeds(Command::new(need.probe[0]).args(&need.probe[1..]));
    NEEDS.iter().filter(|need| !works(need)).collect()
}

fn packages<'a>(needs: &[&'a Need]) -> Vec<&'a str> {
    needs.iter().flat_map(|need| need.packages.iter().copied()).collect()
}

fn install(needs: &[&Need]) -> Result<(), String> {
    for need in needs {
        println!("missing: {} ({})", need.probe[0], need.why);
    }
    let packages = packages(needs);
    let by_hand = format!("apt-get update && apt-get install -y {}", packages.join(" "));
    if !is_root() {
        return Err(format!("not root, so nothing was installed; run as root: {by_hand}"));
    }
    let apt = |args: &[&str]| {
        workspace::run(Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive"))
            .map_err(|error| format!("{error}; by hand: {by_hand}"))
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages.as_slice()].concat())?;
    match missing().first() {
        None => Ok(()),
        Some(need) => Err(format!("`{}` still fails after the installation", need.probe.join(" "))),
    }
}

/// Who owns `/proc/self` is who runs this process.
fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn python_libraries(workspace: &Workspace) -> Result<(), String> {
    let python = python(workspace);
    let installed = |(name, version): &(&str, &str)| {
        let check = format!("import importlib.metadata as m; assert m.version('{name}') == '{version}'");
        workspace::succeeds(Command::new(&python).args(["-c", &check]))
    };
    if PYTHON.iter().all(installed) {
        return Ok(());
    }
    let venv = workspace.target.join("test-tools/venv");
    workspace::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pinned: Vec<String> = PYTHON.iter().map(|(name, version)| format!("{name}=={version}")).collect();
    let flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
    workspace::run(Command::new(&python).args(flags).args(&pinned))?;
    match PYTHON.iter().find(|library| !installed(library)) {
        None => Ok(()),
        Some((name, version)) => Err(format!("{name} {version} is still missing after its installation")),
    }
}

fn node_libraries(workspace: &Workspace) -> Result<(), String> {
    let modules = node_modules(workspace);
    let installed = |(name, version): &(&str, &str)| {
        let description = std::fs::read_to_string(modules.join(name).join("package.json")).unwrap_or_default();
        let description = json::parse(&description).ok();
        description.as_ref().and_then(|d| d.get("version")?.text()).is_some_and(|found| found == *version)
    };
    if NODE.iter().all(installed) {
        return Ok(());
    }
    let folder = workspace.target.join("test-tools/node");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{} can't be made: {error}", folder.display()))?;
    let pinned: Vec<String> = NODE.iter().map(|(name, version)| format!("{name}@{version}")).collect();
    let flags = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--prefix"];
    workspace::run(Command::new("npm").args(flags).arg(&folder).args(&pinned))?;
    match NODE.iter().find(|library| !installed(library)) {
        None => Ok(()),
        Some((name, version)) => Err(format!("{name} {version} is still missing after its installation")),
    }
}
