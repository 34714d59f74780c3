//! What happens beside commits, in a thread with a connection of its own: copying the log into the file, emptying it
//! when nothing is written, and removing the rows of forgotten days a few at a time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, thread};

use domain::time::At;
use rusqlite::{Connection, ErrorCode};

use super::{day, series};
use crate::limit::{PURGE_ROWS, UPKEEP_POLL_MS, WAL_COPY_BYTES, WAL_IDLE_MS, WAL_RESTART_BYTES, WAL_WARN_BYTES};
use crate::series::seconds;

/// How long the log's new start may wait for readers, in milliseconds. Commits wait with it.
const RESTART_WAIT_MS: u64 = 50;

/// How long the last checkpoint may wait for readers, in milliseconds.
const LAST_WAIT_MS: u64 = 500;

/// A handle; dropping it ends the thread.
pub(crate) struct Upkeep {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    is_ending: bool,
    is_abandoned: bool,
    has_dropped: bool,
    /// Steps of series that are no longer kept then are to go.
    steps_at: Option<At>,
    trouble: Option<String>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upkeep {
    /// Starts the thread. It looks for rows of forgotten days at once: the last run may have left some.
    pub(crate) fn start(connection: Connection, path: PathBuf) -> io::Result<Upkeep> {
        let shared = Arc::new(Shared::default());
        shared.lock().has_dropped = true;
        let theirs = shared.clone();
        let thread = thread::Builder::new().name("store-upkeep".to_owned()).spawn(move || {
            Work {
                connection,
                log: log_path(&path),
                shared: theirs,
                last_frames: 0,
                quiet_since: Instant::now(),
                has_warned: false,
            }
            .run();
        })?;
        Ok(Upkeep { shared, thread: Some(thread) })
    }

    /// Why the log could not be copied, when that means that it is unknown what is durable.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.shared.lock().trouble.clone()
    }

    /// It is unknown what is durable: nothing is written or synced any more, not even at the end.
    pub(crate) fn abandon(&self) {
        self.shared.lock().is_abandoned = true;
        self.shared.wake.notify_one();
    }

    /// Steps of series that are no longer kept at this time can go.
    pub(crate) fn forget_steps(&self, now: At) {
        self.shared.lock().steps_at = Some(now);
        self.shared.wake.notify_one();
    }

    /// A day was forgotten: its rows can go.
    pub(crate) fn purge(&self) {
        self.shared.lock().has_dropped = true;
        self.shared.wake.notify_one();
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        self.shared.lock().is_ending = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's upkeep had ended with a panic");
        }
    }
}

fn log_path(store: &Path) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

struct Work {
    connection: Connection,
    log: PathBuf,
    shared: Arc<Shared>,
    last_frames: i64,
    quiet_since: Instant,
    has_warned: bool,
}

/// How a checkpoint is made (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).
#[derive(Clone, Copy)]
enum Mode {
    Look,
    Copy,
    Restart,
    Empty,
    Last,
}

/// What a checkpoint found.
struct Frames {
    in_log: i64,
    copied: i64,
}

impl Work {
    fn run(mut self) {
        loop {
            let mut state = self.shared.lock();
            if !state.is_ending && !state.is_abandoned && !state.has_dropped && state.steps_at.is_none() {
                let waited = self.shared.wake.wait_timeout(state, Duration::from_millis(UPKEEP_POLL_MS));
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            if state.is_abandoned {
                return;
            }
            if state.is_ending {
                drop(state);
                return self.empty_log();
            }
            let has_dropped = std::mem::take(&mut state.has_dropped);
            let steps_at = state.steps_at.take();
            drop(state);
            let done = self.tend_log().and_then(|()| if has_dropped { self.purge() } else { Ok(()) });
            let done = done.and_then(|()| steps_at.map_or(Ok(()), |now| self.forget_steps(now)));
            if let Err(error) = done {
                let mut state = self.shared.lock();
                state.has_dropped |= has_dropped;
                state.steps_at = state.steps_at.max(steps_at);
                drop(state);
                if !self.may_go_on(&error) {
                    return;
                }
            }
        }
    }

    /// A failed write or fsync must never be tried again: the second one would succeed without the data.
    fn may_go_on(&self, error: &rusqlite::Error) -> bool {
        match error.sqlite_error_code() {
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                tracing::error!(%error, "the store's log could not be copied into the file");
                self.shared.lock().trouble = Some(error.to_string());
                false
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => true,
            _ => {
                tracing::warn!(%error, "the store's upkeep will try again");
                let state = self.shared.lock();
                // Not at once, whatever there is to do.
                drop(self.shared.wake.wait_timeout(state, Duration::from_millis(WAL_IDLE_MS)));
                true
            }
        }
    }

    fn tend_log(&mut self) -> rusqlite::Result<()> {
        let page_bytes: i64 = self.connection.query_row("PRAGMA page_size", [], |row| row.get(0))?;
        let frames = self.checkpoint(Mode::Look)?;
        let log_bytes = u64::try_from(frames.in_log.saturating_mul(page_bytes)).unwrap_or(0);
        self.warn(log_bytes);
        if frames.in_log != self.last_frames {
            self.last_frames = frames.in_log;
            self.quiet_since = Instant::now();
        }
        if log_bytes > WAL_COPY_BYTES && frames.copied < frames.in_log {
            self.checkpoint(Mode::Copy)?;
            if log_bytes > WAL_RESTART_BYTES {
                self.checkpoint(Mode::Restart)?;
            }
        }
        let is_idle = self.quiet_since.elapsed() >= Duration::from_millis(WAL_IDLE_MS);
        if is_idle && self.log.metadata().is_ok_and(|log| log.len() > 0) {
            self.checkpoint(Mode::Empty)?;
        }
        Ok(())
    }

    /// The last thing: a store at rest is one file. What cannot be copied now is found in the log at the next start.
    fn empty_log(&self) {
        if let Err(error) = self.checkpoint(Mode::Last) {
            tracing::warn!(%error, "the store's log stays beside it; keep both files together");
        }
    }

    fn checkpoint(&self, mode: Mode) -> rusqlite::Result<Frames> {
        let (sql, wait_ms) = match mode {
            Mode::Look => ("PRAGMA wal_checkpoint(NOOP)", 0),
            Mode::Copy => ("PRAGMA wal_checkpoint(PASSIVE)", 0),
            Mode::Restart => ("PRAGMA wal_checkpoint(RESTART)", RESTART_WAIT_MS),
            Mode::Empty => ("PRAGMA wal_checkpoint(TRUNCATE)", 0),
            Mode::Last => ("PRAGMA wal_checkpoint(TRUNCATE)", LAST_WAIT_MS),
        };
        self.connection.busy_timeout(Duration::from_millis(wait_ms))?;
        self.connection
            .prepare_cached(sql)?
            .query_row([], |row| Ok(Frames { in_log: row.get(1)?, copied: row.get(2)? }))
    }

    fn warn(&mut self, log_bytes: u64) {
        let is_long = log_bytes > WAL_WARN_BYTES;
        if is_long && !self.has_warned {
            tracing::warn!(log_bytes, "the store's log keeps growing: a reader does not end, or the disk is too slow");
        }
        self.has_warned = is_long;
    }

    /// Removes some rows of a forgotten day, or its tables once they are empty.
    fn purge(&mut self) -> rusqlite::Result<()> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'dropped_*' LIMIT 1";
        let mut names = self.connection.prepare(sql)?;
        let table: Option<String> = names.query_map([], |row| row.get(0))?.next().transpose()?;
        drop(names);
        let Some(table) = table else { return Ok(()) };
        self.shared.lock().has_dropped = true;
        let delete = day::purge(&table, PURGE_ROWS);
        self.connection.busy_timeout(Duration::from_millis(RESTART_WAIT_MS))?;
        let removed = delete.map_or(Ok(0), |delete| self.connection.execute(&delete, []))?;
        if removed == 0 {
            self.connection.execute(&format!("DROP TABLE {table}"), [])?;
        }
        self.let_commits_pass();
        Ok(())
    }

    /// Removes some steps that are no longer kept.
    fn forget_steps(&mut self, now: At) -> rusqlite::Result<()> {
        self.connection.busy_timeout(Duration::from_millis(RESTART_WAIT_MS))?;
        if series::forget_steps(&self.connection, seconds(now), PURGE_ROWS)? > 0 {
            let mut state = self.shared.lock();
            state.steps_at = state.steps_at.max(Some(now));
            drop(state);
            self.let_commits_pass();
        }
        Ok(())
    }

    /// Commits come first.
    fn let_commits_pass(&self) {
        let state = self.shared.lock();
        if !state.is_ending {
            drop(self.shared.wake.wait_timeout(state, Duration::from_millis(5)));
        }
    }
}
