//! What an error of SQLite means for the promise of the store.

use engine::port::StoreError;
use rusqlite::ErrorCode;

/// SQLite's extended code for a shared-memory file that could not grow, which a full disk causes.
const IOERR_SHMSIZE: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;

/// An error of the connection that writes, outside a commit or before its rows reached the log.
pub(crate) fn of_writer(error: &rusqlite::Error) -> StoreError {
    let Some(cause) = error.sqlite_error() else {
        return StoreError::Unavailable(error.to_string());
    };
    match cause.code {
        ErrorCode::DiskFull => StoreError::Full(error.to_string()),
        ErrorCode::SystemIoFailure if cause.extended_code == IOERR_SHMSIZE => StoreError::Full(error.to_string()),
        // After a failed write or fsync nobody knows what the disk holds; a repeated fsync would lie.
        ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
            StoreError::Fatal(error.to_string())
        }
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// An error of a connection that only reads.
pub(crate) fn of_reader(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}
