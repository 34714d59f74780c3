//! The order of streams: which callback has which place. Rows stay for a while after a line was delivered, for readers
//! that come back and say what they have.

use domain::id::CallbackId;
use domain::stream::{StreamKind, Streamed};
use domain::time::At;
use engine::port::StoreError;
use rusqlite::{Connection, OptionalExtension, params};

use super::write::Stop;

pub(crate) const TABLES: &str = "
    CREATE TABLE streamed(
        application TEXT, stream INTEGER, at INTEGER, callback BLOB NOT NULL,
        PRIMARY KEY(application, stream, at)
    ) WITHOUT ROWID;
    CREATE INDEX streamed_callback ON streamed(callback);
";

pub(crate) fn add(connection: &Connection, line: &Streamed) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO streamed(application, stream, at, callback) VALUES(?1, ?2, ?3, ?4)";
    let callback = line.callback.to_u128().to_be_bytes();
    connection.prepare_cached(sql)?.execute(params![&*line.application, line.stream.code(), line.at.0, callback])?;
    Ok(())
}

/// At most `limit` lines after a place, in order.
pub(crate) fn after(
    connection: &Connection,
    application: &str,
    stream: StreamKind,
    at: At,
    limit: usize,
) -> Result<Vec<(At, CallbackId)>, StoreError> {
    let sql =
        "SELECT at, callback FROM streamed WHERE application = ?1 AND stream = ?2 AND at > ?3 ORDER BY at LIMIT ?4";
    let mut find = connection.prepare_cached(sql).map_err(Stop::Sqlite)?;
    let rows = find.query_map(params![application, stream.code(), at.0, limit as i64], |row| {
        let id: [u8; 16] = row.get(1)?;
        Ok((At(row.get(0)?), CallbackId::from_u128(u128::from_be_bytes(id))))
    });
    let rows = rows.and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>).map_err(Stop::Sqlite)?;
    Ok(rows)
}

/// The place of a line, found by its callback, or by the upper half of that: the stamp of its message.
pub(crate) fn place(
    connection: &Connection,
    application: &str,
    stream: StreamKind,
    callbacks: std::ops::RangeInclusive<CallbackId>,
) -> Result<Option<At>, Stop> {
    let sql = "SELECT at FROM streamed WHERE callback BETWEEN ?1 AND ?2 AND application = ?3 AND stream = ?4 LIMIT 1";
    let (first, last) = (callbacks.start().to_u128().to_be_bytes(), callbacks.end().to_u128().to_be_bytes());
    let mut find = connection.prepare_cached(sql)?;
    let found = find.query_row(params![first, last, application, stream.code()], |row| row.get(0)).optional();
    Ok(found?.map(At))
}

/// Forgets delivered lines from before a time, at most `limit`.
pub(crate) fn forget(connection: &Connection, before: At, limit: u32) -> rusqlite::Result<usize> {
    // Callbacks that are still owed keep their place. An id begins with its time, so the oldest come first.
    let sql = "DELETE FROM streamed WHERE callback IN (
        SELECT callback FROM streamed AS line WHERE at < ?1 AND NOT EXISTS (
            SELECT 1 FROM callback WHERE id = line.callback AND state = 0)
        ORDER BY callback LIMIT ?2)";
    connection.prepare_cached(sql)?.execute(params![before.0, limit])
}
