//! Opening a store: what may be wrong with the file is found out before anything is written to it, and every setting
//! that durability rests on is read back.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::ownership::{self, NotOwned, Ownership};
use super::refusal::OpenError;
use super::schema::{self, APPLICATION_ID, SCHEMA_VERSION};
use crate::limit::{LOCK_WAIT_MS, READER_CACHE_KIB};

/// The first SQLite in which a checkpoint beside a writer cannot damage the file.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Page cache of the connection that writes, in KiB.
    pub cache_kib: u32,
    /// Page size of a new file, in bytes: a power of two between 512 and 65536. An existing file keeps its own.
    pub page_bytes: u32,
}

impl Default for Options {
    fn default() -> Options {
        Options { cache_kib: 8 * 1024, page_bytes: 4096 }
    }
}

/// An owned file that was found good.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    options: Options,
    _ownership: Ownership,
}

/// Checks a file, takes it, makes the tables of a new one, and gives the connection that writes.
pub(crate) fn open(path: &Path, options: &Options) -> Result<(Place, Connection), OpenError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(OpenError::SqliteTooOld { found: rusqlite::version() });
    }
    // An absolute path has no second meaning to SQLite, as `:memory:` would have.
    let path = std::path::absolute(path).map_err(|error| OpenError::of_system(path, &error))?;
    if let Some(folder) = path.parent()
        && !folder.is_dir()
    {
        return Err(OpenError::NoFolder(folder.to_owned()));
    }
    let ownership = ownership::take(&path).map_err(|refused| match refused {
        NotOwned::Taken(process) => OpenError::InUse { path: path.clone(), process },
        NotOwned::Failed(error) => OpenError::of_system(&path, &error),
    })?;
    check_file(&path)?;
    let place = Place { path, options: options.clone(), _ownership: ownership };
    let connection = place.prepare()?;
    Ok((place, connection))
}

/// Looks at the file as it lies there, without SQLite.
fn check_file(path: &Path) -> Result<(), OpenError> {
    if !path.exists() {
        return Ok(());
    }
    let system = |error| OpenError::of_system(path, &error);
    let not_a_store = |reason: &str| OpenError::NotAStore { path: path.to_owned(), reason: reason.to_owned() };
    let about = path.metadata().map_err(system)?;
    if !about.is_file() {
        return Err(not_a_store("it is no file"));
    }
    if about.permissions().readonly() {
        return Err(OpenError::NotWritable { path: path.to_owned(), reason: "the file is read-only".to_owned() });
    }
    let mut header = Vec::with_capacity(HEADER_BYTES);
    File::open(path).and_then(|file| file.take(HEADER_BYTES as u64).read_to_end(&mut header)).map_err(system)?;
    if header.is_empty() {
        return Ok(());
    }
    let number = |at: usize| header.get(at..at + 4).and_then(|b| b.try_into().ok()).map(i32::from_be_bytes);
    // Both marks are in the file itself before the log exists: see `Place::prepare`.
    let (Some(version), Some(application), true) = (number(60), number(68), header.starts_with(MAGIC)) else {
        return Err(not_a_store("it is no SQLite file"));
    };
    if application != APPLICATION_ID {
        return Err(not_a_store("it is a SQLite file of another program"));
    }
    check_version(path, version)
}

fn check_version(path: &Path, version: i32) -> Result<(), OpenError> {
    if version <= SCHEMA_VERSION {
        return Ok(());
    }
    Err(OpenError::Newer { path: path.to_owned(), found: version.into(), known: SCHEMA_VERSION.into() })
}

impl Place {
    /// Makes a new file's tables, then turns the log on. In this order the marks of a store are in the file itself
    /// and not only in the log.
    fn prepare(&self) -> Result<Connection, OpenError> {
        let path = &self.path;
        let failed = |error: rusqlite::Error| OpenError::of_sqlite(path, &error);
        let connection =
            self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).map_err(failed)?;
        // Until it is found good the file stays as it is, also when the connection closes and the log is not empty.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(failed)?;
        if connection.is_readonly("main").map_err(failed)? {
            let reason = "SQLite could open it only for reading".to_owned();
            return Err(OpenError::NotWritable { path: path.clone(), reason });
        }
        connection.pragma_update(None, "page_size", self.options.page_bytes).map_err(failed)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        let version = schema::version(&connection).map_err(failed)?;
        check_version(path, version)?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
        match (version, tables) {
            (0, 0) => schema::create(&connection).map_err(failed)?,
            (0, _) => {
                let reason = "it is a SQLite file of another program".to_owned();
                return Err(OpenError::NotAStore { path: path.clone(), reason });
            }
            _ => {}
        }
        self.make_durable(&connection)?;
        if version != 0 && version < SCHEMA_VERSION {
            schema::migrate(&connection).map_err(failed)?;
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(failed)?;
        Ok(connection)
    }

    fn make_durable(&self, connection: &Connection) -> Result<(), OpenError> {
        let failed = |error: rusqlite::Error| OpenError::of_sqlite(&self.path, &error);
        let not_durable = |reason: String| OpenError::NotDurable { path: self.path.clone(), reason };
        switch_log_on(connection).map_err(failed)?;
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(failed)?;
        if mode != "wal" {
            return Err(not_durable(format!("the journal mode stays {mode} instead of wal")));
        }
        settle_writer(connection, &self.options).map_err(failed)?;
        let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(failed)?;
        if level != 2 {
            return Err(not_durable(format!("synchronous stays {level} instead of 2 (FULL)")));
        }
        Ok(())
    }

    /// A further connection that writes, set as the first one.
    pub(crate) fn writer(&self) -> rusqlite::Result<Connection> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        settle_writer(&connection, &self.options)?;
        Ok(connection)
    }

    /// A connection that only reads.
    pub(crate) fn reader(&self) -> rusqlite::Result<Connection> {
        let connection = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }

    fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_millis(LOCK_WAIT_MS))?;
        connection.pragma_update(None, "mmap_size", 0)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(connection)
    }
}

/// Runs to its end: the row with the new mode comes before the commit of the change, and that commit may fail.
fn switch_log_on(connection: &Connection) -> rusqlite::Result<()> {
    let mut switch = connection.prepare("PRAGMA journal_mode = WAL")?;
    let mut rows = switch.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

fn settle_writer(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The log is copied into the file by the upkeep, off the way of commits.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -i64::from(options.cache_kib))
}
