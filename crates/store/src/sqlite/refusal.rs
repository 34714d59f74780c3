//! Why a store was not opened: a code with a page, a sentence, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a store was not opened. Nothing in the file was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// HS-2001: the folder is missing.
    #[error("HS-2001: the folder {} of the store does not exist; create it, or correct store.url", .0.display())]
    NoFolder(PathBuf),
    /// HS-2002: no permission to write.
    #[error("HS-2002: the store {} cannot be written: {reason}; give this user the right to write the file and its folder", .path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// HS-2003: another process has it.
    #[error("HS-2003: the store {} is in use by {}; stop that one first, one process owns a store", .path.display(), owner(.process))]
    InUse {
        /// The file.
        path: PathBuf,
        /// Number of the process that has it, when known.
        process: Option<u32>,
    },
    /// HS-2004: the file is something else.
    #[error("HS-2004: {} is not a store of Hookswitch: {reason}; correct store.url, the file was left as it is", .path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },
    /// HS-2005: written by a newer version.
    #[error("HS-2005: the store {} has format {found}, this version knows up to {known}; start the newer version, the file was left as it is", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest one known.
        known: i64,
    },
    /// HS-2006: the file is damaged.
    #[error("HS-2006: the store {} is damaged: {reason}; keep the file, restore the last backup", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's words.
        reason: String,
    },
    /// HS-2007: built with an SQLite that can lose data.
    #[error(
        "HS-2007: this program was built with SQLite {found}, which can damage a store; build it with 3.51.3 or later"
    )]
    SqliteTooOld {
        /// The version it was built with.
        found: &'static str,
    },
    /// HS-2008: the file system cannot keep the promises.
    #[error("HS-2008: the store {} cannot be made durable: {reason}; put it on a local disk", .path.display())]
    NotDurable {
        /// The file.
        path: PathBuf,
        /// Which setting was not accepted.
        reason: String,
    },
    /// HS-2009: no room.
    #[error("HS-2009: no room on the disk of the store {}; free some", .path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// HS-2010: something else.
    #[error("HS-2010: the store {} could not be opened: {reason}", .path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The words of SQLite or the system.
        reason: String,
    },
}

fn owner(process: &Option<u32>) -> String {
    process.map_or_else(|| "another process".to_owned(), |number| format!("process {number}"))
}

impl OpenError {
    /// The code with a page under `docs/operate/codes/`.
    pub const fn code(&self) -> &'static str {
        match self {
            OpenError::NoFolder(_) => "HS-2001",
            OpenError::NotWritable { .. } => "HS-2002",
            OpenError::InUse { .. } => "HS-2003",
            OpenError::NotAStore { .. } => "HS-2004",
            OpenError::Newer { .. } => "HS-2005",
            OpenError::Damaged { .. } => "HS-2006",
            OpenError::SqliteTooOld { .. } => "HS-2007",
            OpenError::NotDurable { .. } => "HS-2008",
            OpenError::Full { .. } => "HS-2009",
            OpenError::Failed { .. } => "HS-2010",
        }
    }

    pub(crate) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> OpenError {
        use rusqlite::Error::{FromSqlConversionFailure, InvalidColumnType, Utf8Error};
        let (path, reason) = (path.to_owned(), error.to_string());
        if matches!(error, FromSqlConversionFailure(..) | InvalidColumnType(..) | Utf8Error(..)) {
            return OpenError::Damaged { path, reason };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotAStore { path, reason },
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged { path, reason },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                OpenError::NotWritable { path, reason }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse { path, process: None },
            Some(ErrorCode::DiskFull) => OpenError::Full { path },
            _ => OpenError::Failed { path, reason },
        }
    }

    pub(crate) fn of_system(path: &Path, error: &io::Error) -> OpenError {
        let (path, reason) = (path.to_owned(), error.to_string());
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenError::NotWritable { path, reason }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => OpenError::Full { path },
            _ => OpenError::Failed { path, reason },
        }
    }
}
