//! The backends under test, behind one face: a store, a browse, and a restart.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use engine::port::{Browse, Store};

use crate::memory::{MemoryBrowse, MemoryStore};
use crate::sqlite::{Options, SqliteBrowse, SqliteStore};

/// A backend under test.
pub(crate) trait Shelf {
    fn store(&mut self) -> &mut dyn Store;
    fn browse(&self) -> &dyn Browse;
    /// The process ends and another one begins.
    fn restart(&mut self);
}

pub(crate) struct InMemory {
    store: MemoryStore,
    browse: MemoryBrowse,
}

impl InMemory {
    pub(crate) fn fresh() -> InMemory {
        let (store, browse) = MemoryStore::new();
        InMemory { store, browse }
    }
}

impl Shelf for InMemory {
    fn store(&mut self) -> &mut dyn Store {
        &mut self.store
    }

    fn browse(&self) -> &dyn Browse {
        &self.browse
    }

    fn restart(&mut self) {
        self.store = self.browse.crash();
    }
}

/// A folder that is removed when it is no longer used.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn fresh() -> Folder {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hookswitch-store-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("hookswitch.db")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) struct OnDisk {
    open: Option<(SqliteStore, SqliteBrowse)>,
    folder: Folder,
}

impl OnDisk {
    pub(crate) fn fresh() -> OnDisk {
        let folder = Folder::fresh();
        OnDisk { open: Some(SqliteStore::open(&folder.file(), &Options::default()).unwrap()), folder }
    }
}

impl Shelf for OnDisk {
    fn store(&mut self) -> &mut dyn Store {
        &mut self.open.as_mut().unwrap().0
    }

    fn browse(&self) -> &dyn Browse {
        &self.open.as_ref().unwrap().1
    }

    fn restart(&mut self) {
        self.open = None;
        self.open = Some(SqliteStore::open(&self.folder.file(), &Options::default()).unwrap());
    }
}
