//! One process owns a store: a lock of the operating system on a file beside it, which ends with the process however
//! that ends. The file stays; it holds the number of the last owner's process for whoever is turned away.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The lock; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Ownership {
    _locked: File,
}

/// Why the lock was not had.
#[derive(Debug)]
pub(crate) enum NotOwned {
    /// Another process has it; its number, when it could be read.
    Taken(Option<u32>),
    /// The lock file cannot be made or locked.
    Failed(io::Error),
}

/// The lock file of a store.
pub(crate) fn lock_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Takes the lock of a store, or says who has it.
pub(crate) fn take(store: &Path) -> Result<Ownership, NotOwned> {
    let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
    let mut file = options.open(lock_path(store)).map_err(NotOwned::Failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for people: that it cannot be written (a full disk) must not keep the store from opening.
            let _ = write_number(&mut file);
            Ok(Ownership { _locked: file })
        }
        Err(TryLockError::WouldBlock) => Err(NotOwned::Taken(read_number(&mut file))),
        Err(TryLockError::Error(error)) => Err(NotOwned::Failed(error)),
    }
}

fn write_number(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn read_number(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
