//! The tables of one day and every statement on them; made once for a day, so that no SQL is put together on the way
//! of a commit.

use domain::id::Stamp;

/// The row key of a message. Stamps of this millennium fit; one beyond (somebody made it up) finds nothing.
pub(crate) fn key(stamp: Stamp) -> i64 {
    i64::try_from(stamp.0).unwrap_or(i64::MAX)
}

/// The stamp of a row key.
pub(crate) const fn stamp(key: i64) -> Stamp {
    Stamp(key as u64)
}

/// The lowest row key of a day; the highest is below that of the next day.
pub(crate) const fn first_key(day: i32) -> i64 {
    ((day as i64) * 86_400_000) << 16
}

/// Names of the four tables of a day.
pub(crate) const TABLES: [&str; 4] = ["message", "entry", "sent", "phone_run"];

/// The statements that write into one day.
#[derive(Debug)]
pub(crate) struct DaySql {
    /// k, direction, state, at, account, application, phone, data, entries
    pub(crate) add_message: String,
    /// k, at, state, data
    pub(crate) add_entry: String,
    /// channel, network_id, k, tail, segment
    pub(crate) put_sent: String,
    /// channel, network_id → k, tail, segment
    pub(crate) sent: String,
    /// id, data
    pub(crate) add_run: String,
}

impl DaySql {
    pub(crate) fn new(day: i32) -> DaySql {
        DaySql {
            add_message: format!(
                "INSERT INTO message_{day}(k, direction, state, at, account, application, phone, data, entries) \
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            ),
            // Entries are numbered in the order of their commits: clocks may step back, timelines don't.
            add_entry: format!(
                "INSERT INTO entry_{day}(k, n, at, state, data) \
                 VALUES(?1, (SELECT coalesce(max(n), 0) + 1 FROM entry_{day} WHERE k = ?1), ?2, ?3, ?4)"
            ),
            put_sent: format!(
                "INSERT OR REPLACE INTO sent_{day}(channel, network_id, k, tail, segment) VALUES(?1, ?2, ?3, ?4, ?5)"
            ),
            sent: format!("SELECT k, tail, segment FROM sent_{day} WHERE channel = ?1 AND network_id = ?2"),
            add_run: format!("INSERT INTO phone_run_{day}(id, data) VALUES(?1, ?2)"),
        }
    }
}

/// Makes the tables of a day.
pub(crate) fn create(day: i32) -> String {
    format!(
        "CREATE TABLE message_{day}(
             k INTEGER PRIMARY KEY, direction INTEGER NOT NULL, state INTEGER NOT NULL, at INTEGER NOT NULL,
             account TEXT, application TEXT, phone TEXT NOT NULL, data BLOB NOT NULL, entries BLOB NOT NULL
         );
         CREATE TABLE entry_{day}(
             k INTEGER, n INTEGER, at INTEGER NOT NULL, state INTEGER, data BLOB NOT NULL, PRIMARY KEY(k, n)
         ) WITHOUT ROWID;
         CREATE TABLE sent_{day}(
             channel TEXT, network_id TEXT, k INTEGER NOT NULL, tail INTEGER NOT NULL, segment INTEGER NOT NULL,
             PRIMARY KEY(channel, network_id)
         ) WITHOUT ROWID;
         CREATE TABLE phone_run_{day}(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
         INSERT INTO day(day, filed, runs) VALUES({day}, 0, 0);"
    )
}

/// Forgets a day at once: its tables get a name under which they wait to be removed piece by piece.
pub(crate) fn forget(day: i32, dropped: i64) -> String {
    let renames = TABLES.map(|table| format!("ALTER TABLE {table}_{day} RENAME TO {};", dropped_name(dropped, table)));
    format!("{} DELETE FROM day WHERE day = {day};", renames.concat())
}

fn dropped_name(dropped: i64, table: &str) -> String {
    format!("dropped_{dropped}_{table}")
}

/// The statement that removes some rows of a dropped table; `None` for a table of another name.
pub(crate) fn purge(table: &str, rows: u32) -> Option<String> {
    let (_, kind) = table.strip_prefix("dropped_")?.split_once('_')?;
    let columns = match kind {
        "message" => "k",
        "entry" => "k, n",
        "sent" => "channel, network_id",
        "phone_run" => "id",
        _ => return None,
    };
    Some(format!("DELETE FROM {table} WHERE ({columns}) IN (SELECT {columns} FROM {table} LIMIT {rows})"))
}

/// k → state, at, data
pub(crate) fn message(day: i32) -> String {
    format!("SELECT state, at, data FROM message_{day} WHERE k = ?1")
}

/// k → at, entries, and the further rows in order
pub(crate) fn timeline(day: i32) -> String {
    format!(
        "SELECT 0 AS n, at, entries FROM message_{day} WHERE k = ?1 \
         UNION ALL SELECT n, at, data FROM entry_{day} WHERE k = ?1 ORDER BY n"
    )
}

/// k → at and state of the further rows, newest first
pub(crate) fn states(day: i32) -> String {
    format!("SELECT at, state FROM entry_{day} WHERE k = ?1 ORDER BY n DESC")
}

/// Columns of a listed message, in the order in which the rows of [`list`] and [`listed`] have them.
const LISTED: &str = "k, account, application, phone, direction, state, at, data";

/// lowest k, k before → messages, newest first
pub(crate) fn list(day: i32) -> String {
    format!("SELECT {LISTED} FROM message_{day} WHERE k > ?1 AND k < ?2 ORDER BY k DESC")
}

/// k → that message
pub(crate) fn listed(day: i32) -> String {
    format!("SELECT {LISTED} FROM message_{day} WHERE k = ?1")
}

/// lowest id, highest id → runs of phones
pub(crate) fn runs(day: i32) -> String {
    format!("SELECT data FROM phone_run_{day} WHERE id BETWEEN ?1 AND ?2")
}

/// k → k and phone of messages above it
pub(crate) fn unfiled(day: i32) -> String {
    format!("SELECT k, phone FROM message_{day} WHERE k > ?1 ORDER BY k")
}

/// → the highest k
pub(crate) fn last(day: i32) -> String {
    format!("SELECT max(k) FROM message_{day}")
}
