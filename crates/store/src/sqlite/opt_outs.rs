//! The opt-out ledger in its table.

use domain::opt_out::{OptOut, OptOutKey};
use rusqlite::{Connection, OptionalExtension, params};

use super::write::Stop;
use crate::record::opt_out::OptOutRecord;
use crate::record::{damaged, decode, encode};

pub(crate) const TABLES: &str = "
    CREATE TABLE opt_out(
        account TEXT, type TEXT, address TEXT, data BLOB NOT NULL,
        PRIMARY KEY(account, type, address)
    ) WITHOUT ROWID;
";

/// Writes or removes an entry.
pub(crate) fn put(
    connection: &Connection,
    key: &OptOutKey,
    opt_out: Option<&OptOut>,
    buffer: &mut Vec<u8>,
) -> Result<(), Stop> {
    let (account, address_type, address) = (&*key.account, &*key.address_type, key.address.as_str());
    match opt_out {
        Some(opt_out) => {
            encode(&OptOutRecord::from(opt_out), buffer);
            let sql = "INSERT OR REPLACE INTO opt_out(account, type, address, data) VALUES(?1, ?2, ?3, ?4)";
            connection.prepare_cached(sql)?.execute(params![account, address_type, address, &*buffer])?;
        }
        None => {
            let sql = "DELETE FROM opt_out WHERE account = ?1 AND type = ?2 AND address = ?3";
            connection.prepare_cached(sql)?.execute([account, address_type, address])?;
        }
    }
    Ok(())
}

/// One entry.
pub(crate) fn find(connection: &Connection, key: &OptOutKey) -> Result<Option<OptOut>, Stop> {
    let sql = "SELECT data FROM opt_out WHERE account = ?1 AND type = ?2 AND address = ?3";
    let mut find = connection.prepare_cached(sql)?;
    let mut rows = find.query([&*key.account, &*key.address_type, key.address.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let data = row.get_ref(0)?.as_blob().map_err(|error| damaged("opt-out", error))?;
    Ok(Some(decode::<OptOutRecord<'_>>(data)?.opt_out(key)?))
}

/// How many entries an account has.
pub(crate) fn count(connection: &Connection, account: &str) -> Result<u64, Stop> {
    let mut count = connection.prepare_cached("SELECT count(*) FROM opt_out WHERE account = ?1")?;
    let count: i64 = count.query_row([account], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Whether there is any entry: mostly there is none, and sends need not look.
pub(crate) fn exist(connection: &Connection) -> rusqlite::Result<bool> {
    let mut any = connection.prepare_cached("SELECT 1 FROM opt_out LIMIT 1")?;
    Ok(any.query_row([], |_| Ok(())).optional()?.is_some())
}
