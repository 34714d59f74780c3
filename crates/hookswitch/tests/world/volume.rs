//! A file system in a file, whose power can be cut: what was not synced is gone afterwards, as with a real disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Place;

/// Room for the stores of the tests; the file is sparse.
const VOLUME_BYTES: u64 = 256 * 1024 * 1024;

/// An ext4 file system of its own on a loop device that stays the same over all cuts: a device given back is written
/// out later, over what the next mount has found. Dropping it unmounts it and gives the device back; programs that use
/// it must have ended by then. A test that was killed leaves it mounted: `umount` it by hand.
pub struct Volume {
    device: String,
    root: PathBuf,
    cuts: usize,
}

impl Volume {
    pub fn new(place: &Place) -> Volume {
        let (image, root) = (place.path().join("volume.img"), place.path().join("volume"));
        fs::create_dir(&root).unwrap();
        fs::File::create(&image).unwrap().set_len(VOLUME_BYTES).unwrap();
        must("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), image.as_ref()]);
        let device = must("losetup", &["--find".as_ref(), "--show".as_ref(), image.as_ref()]);
        let volume = Volume { device, root, cuts: 0 };
        volume.mount();
        volume
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.root
    }

    fn mount(&self) {
        must("mount", &[self.device.as_ref(), self.root.as_ref()]);
    }

    /// A file that nobody synced before the cut of this number.
    fn unsynced(&self) -> PathBuf {
        self.root.join(format!("unsynced-{}", self.cuts))
    }

    /// Cuts the power: whatever is written or synced from now on fails, and what was not synced before is lost. Whoever
    /// writes must have been stopped (not ended): a sync that is under way at this moment may report success and keep
    /// nothing, which no disk does.
    pub fn power_off(&self) {
        fs::write(self.unsynced(), "lost").unwrap();
        must("xfs_io", &["-x".as_ref(), "-c".as_ref(), "shutdown".as_ref(), self.root.as_ref()]);
    }

    /// The disk comes back with what was synced. Nothing may use it at this moment.
    pub fn power_on(&mut self) {
        must("umount", &[self.root.as_ref()]);
        self.mount();
        let kept = fs::read(self.unsynced()).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&kept), "", "the power cut kept what nobody synced: it proves nothing");
        self.cuts += 1;
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        let unmounted = |flag: &[&str]| {
            Command::new("umount").args(flag).arg(&self.root).status().is_ok_and(|status| status.success())
        };
        if !unmounted(&[]) && !unmounted(&["--lazy"]) {
            eprintln!("{} is still mounted: run `umount {0}`", self.root.display());
        }
        let _given_back = Command::new("losetup").args(["--detach", &self.device]).status();
    }
}

/// Runs a program of the system and returns what it printed; fails with what to do when it can't.
fn must(program: &str, args: &[&std::ffi::OsStr]) -> String {
    let said = match Command::new(program).args(args).output() {
        Ok(output) if output.status.success() => return String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    panic!(
        "`{program} {}` failed: {said}\nThis test mounts a file system of its own and cuts its power: run `cargo xtask \
         setup`, and run the test as root on a machine that has loop devices (/dev/loop-control) and ext4.",
        args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
    );
}
