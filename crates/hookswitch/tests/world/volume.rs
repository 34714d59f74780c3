//! A file system in a file, whose power can be cut: what was not synced is gone afterwards, as with a real disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Place;

/// A kind of file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// ext4 as it is usually mounted.
    Ext4,
    /// ext4 whose journal does not wait for data: after a power cut a file may have grown without its content.
    Ext4Writeback,
    /// xfs.
    Xfs,
}

/// Room for the stores of the tests; the files are sparse. xfs takes nothing smaller.
pub const VOLUME_BYTES: u64 = 320 * 1024 * 1024;

/// A file system of its own on a loop device that stays the same over all cuts: a device given back is written
/// out later, over what the next mount has found. Dropping it unmounts it and gives the device back; programs that use
/// it must have ended by then. A test that was killed leaves it mounted: `umount` it by hand.
pub struct Volume {
    kind: Kind,
    device: String,
    root: PathBuf,
    cuts: usize,
}

impl Volume {
    /// The reason why there is none says what to do.
    pub fn new(place: &Place, kind: Kind, bytes: u64) -> Result<Volume, String> {
        let (image, root) = (place.path().join("volume.img"), place.path().join("volume"));
        fs::create_dir(&root).unwrap();
        fs::File::create(&image).unwrap().set_len(bytes).unwrap();
        match kind {
            Kind::Ext4 | Kind::Ext4Writeback => run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), image.as_ref()])?,
            Kind::Xfs => run("mkfs.xfs", &["-q".as_ref(), "-f".as_ref(), image.as_ref()])?,
        };
        let device = run("losetup", &["--find".as_ref(), "--show".as_ref(), image.as_ref()])?;
        let volume = Volume { kind, device, root, cuts: 0 };
        volume.mount()?;
        Ok(volume)
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.root
    }

    fn mount(&self) -> Result<String, String> {
        let options = match self.kind {
            Kind::Ext4 | Kind::Xfs => "defaults",
            Kind::Ext4Writeback => "data=writeback",
        };
        run("mount", &["-o".as_ref(), options.as_ref(), self.device.as_ref(), self.root.as_ref()])
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
        must(run("xfs_io", &["-x".as_ref(), "-c".as_ref(), "shutdown".as_ref(), self.root.as_ref()]));
    }

    /// The disk comes back with what was synced. Nothing may use it at this moment.
    pub fn power_on(&mut self) {
        must(run("umount", &[self.root.as_ref()]));
        must(self.mount());
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

/// Runs a program of the system and returns what it printed, or why it failed and what to do.
fn run(program: &str, args: &[&std::ffi::OsStr]) -> Result<String, String> {
    let said = match Command::new(program).args(args).output() {
        Ok(output) if output.status.success() => return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    Err(format!(
        "`{program} {}` failed: {said}\nThis test mounts a file system of its own: run `cargo xtask setup`, and run \
         the test as root on a machine that has loop devices (/dev/loop-control) and that file system.",
        args.iter().map(|arg| arg.to_string_lossy()).collect::<Vec<_>>().join(" ")
    ))
}

fn must(done: Result<String, String>) {
    done.unwrap_or_else(|reason| panic!("{reason}"));
}
