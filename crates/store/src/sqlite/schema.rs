//! Where records lie in the SQLite file, and how a file is made and recognised.
//!
//! Small changing records are in tables of their own, one row each, so that a change writes little. What is only ever
//! appended (messages, timelines, network ids) is in tables for each UTC day of the message's stamp, so that retention
//! drops a day at a time; `day` names the days there are. The SQL of those tables is in `day.rs`.

use rusqlite::Connection;

use super::{dashboard, opt_outs, series, streamed};

/// Marks a file as ours (`Hksw`, `PRAGMA application_id`).
pub(crate) const APPLICATION_ID: i32 = 0x486b_7377;
/// The version of the tables (`PRAGMA user_version`).
pub(crate) const SCHEMA_VERSION: i32 = 2;

const TABLES: &str = "
    CREATE TABLE callback(
        id BLOB PRIMARY KEY, state INTEGER NOT NULL, application TEXT NOT NULL, data BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE outgoing(k INTEGER PRIMARY KEY, data BLOB NOT NULL);
    CREATE TABLE phone(
        key TEXT PRIMARY KEY, due INTEGER, sessions INTEGER NOT NULL, data BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE unmatched(
        channel TEXT, network_id TEXT, at INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY(channel, network_id)
    ) WITHOUT ROWID;
    CREATE TABLE idempotency(
        account TEXT, key TEXT, until INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY(account, key)
    ) WITHOUT ROWID;
    CREATE INDEX idempotency_until ON idempotency(until);
    CREATE TABLE day(day INTEGER PRIMARY KEY, filed INTEGER NOT NULL, runs INTEGER NOT NULL);
    CREATE TABLE meta(
        only INTEGER PRIMARY KEY CHECK(only = 1), last_stamp INTEGER NOT NULL, dropped INTEGER NOT NULL
    );
    INSERT INTO meta(only, last_stamp, dropped) VALUES(1, 0, 0);
";

/// Makes the tables in an empty file, in one transaction with the marks that recognise it.
pub(crate) fn create(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN EXCLUSIVE;
         PRAGMA application_id = {APPLICATION_ID};
         PRAGMA user_version = {SCHEMA_VERSION};
         {TABLES}
         {}
         COMMIT;",
        added_in_2()
    ))
}

/// What version 2 has more than version 1.
fn added_in_2() -> String {
    [opt_outs::TABLES, streamed::TABLES, series::TABLES, dashboard::TABLES].concat()
}

/// Brings the tables of an older version up to date, in one transaction.
pub(crate) fn migrate(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN EXCLUSIVE;
         {}
         PRAGMA user_version = {SCHEMA_VERSION};
         COMMIT;",
        added_in_2()
    ))
}

/// The version of the tables; 0 in an empty file.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
