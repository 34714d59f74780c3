//! The limits of the stores, named in one place, with their units last.

/// How long a report that matched nothing is kept, in milliseconds: 7 days.
pub(crate) const UNMATCHED_KEPT_MS: u64 = 7 * 86_400_000;
/// How long the place of a delivered line of a stream is kept for readers that come back, in milliseconds: 7 days.
pub(crate) const STREAMED_KEPT_MS: u64 = 7 * 86_400_000;
/// Most milliseconds a connection waits for another one's lock before it gives up.
pub(crate) const LOCK_WAIT_MS: u64 = 5_000;
/// Names of series kept in memory for the accounts that fired last; past this many they are read again.
pub(crate) const SERIES_CACHED_MAX: usize = 200_000;
/// Read-only connections of one store.
pub(crate) const READERS_MAX: usize = 4;
/// Page cache of each reader, in KiB.
pub(crate) const READER_CACHE_KIB: i64 = 8 * 1024;
/// The write-ahead log is copied into the file when it has grown past this many bytes.
pub(crate) const WAL_COPY_BYTES: u64 = 16 * 1024 * 1024;
/// Past this many bytes the log is made to start over, which lets one commit wait for the end of the copy.
pub(crate) const WAL_RESTART_BYTES: u64 = 128 * 1024 * 1024;
/// Past this many bytes people are warned: something keeps the log from starting over.
pub(crate) const WAL_WARN_BYTES: u64 = 1024 * 1024 * 1024;
/// How often the upkeep looks at the log, in milliseconds.
pub(crate) const UPKEEP_POLL_MS: u64 = 100;
/// The log is emptied when nothing was written for this long, in milliseconds.
pub(crate) const WAL_IDLE_MS: u64 = 2_000;
/// Rows of a dropped day removed in one transaction; a commit may have to wait for one.
pub(crate) const PURGE_ROWS: u32 = 2_000;
/// Messages of one day whose phones are gathered before they are filed for searches.
pub(crate) const PHONE_RUN_ROWS: usize = 32 * 1024;
