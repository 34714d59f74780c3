//! Every input that is kept is tried again, on stable Rust: `fuzz/corpus/TARGET/…`, through the same functions that the
//! fuzz targets call. A name tells what is special about an input; 40 hexadecimal digits were given by libFuzzer.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use replay::TARGETS;

/// More is slow to read in a review, and `cargo fuzz cmin` makes it less.
const FILES_MAX: usize = 200;
const BYTES_MAX: usize = 300 * 1024;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// The names in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_kept_input_keeps_its_property() {
    let (mut files, mut bytes, mut broken) = (0, 0, Vec::new());
    for target in TARGETS {
        let folder = fuzz().join("corpus").join(target.name);
        let inputs = names(&folder);
        assert!(!inputs.is_empty(), "{} has no inputs", target.name);
        for name in &inputs {
            let input = fs::read(folder.join(name)).unwrap();
            files += 1;
            bytes += input.len();
            if catch_unwind(|| (target.check)(&input)).is_err() {
                broken.push(format!("{}/{name}", target.name));
            }
        }
        println!("{:16} {:4} inputs", target.name, inputs.len());
    }
    println!("{files} inputs, {bytes} bytes");
    assert!(broken.is_empty(), "the property does not hold for {broken:#?}");
    assert!(files <= FILES_MAX && bytes <= BYTES_MAX, "{files} files and {bytes} bytes are too many");
}

/// A target without a folder is never replayed, and a folder without a target neither.
#[test]
fn targets_folders_and_fuzz_programs_are_the_same() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(targets.len(), TARGETS.len(), "a name is used twice");
    assert_eq!(names(&fuzz().join("corpus")), targets);
    let programs = names(&fuzz().join("fuzz_targets"));
    assert_eq!(programs, targets.iter().map(|name| format!("{name}.rs")).collect());
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for target in &targets {
        assert!(manifest.contains(&format!("name = \"{target}\"\n")), "{target} is not in fuzz/Cargo.toml");
        let program = fs::read_to_string(fuzz().join(format!("fuzz_targets/{target}.rs"))).unwrap();
        assert!(program.contains(&format!("replay::{target}::check(octets)")), "{target} calls something else");
    }
}
