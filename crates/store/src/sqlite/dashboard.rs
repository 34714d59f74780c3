//! Dashboards in the file: one small row each.

use std::collections::BTreeMap;

use domain::dashboard::Dashboard;
use domain::directory::Name;
use engine::port::StoreError;
use rusqlite::{Connection, params};

use super::scan::blob;
use super::write::Stop;
use crate::batch::Batch;
use crate::record::dashboard::DashboardRecord;
use crate::record::{decode, encode};

/// The table, since version 2.
pub(crate) const TABLES: &str = "
    CREATE TABLE dashboard(
        account TEXT, id INTEGER, data BLOB NOT NULL, PRIMARY KEY(account, id)
    ) WITHOUT ROWID;
";

/// Writes what a batch changes.
pub(crate) fn write(connection: &Connection, batch: &Batch<'_>, buffer: &mut Vec<u8>) -> Result<(), Stop> {
    for ((account, id), dashboard) in &batch.dashboards {
        match dashboard {
            Some(dashboard) => {
                encode(&DashboardRecord::from(*dashboard), buffer);
                let sql = "INSERT OR REPLACE INTO dashboard(account, id, data) VALUES(?1, ?2, ?3)";
                connection.prepare_cached(sql)?.execute(params![account, id, &*buffer])?;
            }
            None => {
                let sql = "DELETE FROM dashboard WHERE account = ?1 AND id = ?2";
                connection.prepare_cached(sql)?.execute(params![account, id])?;
            }
        }
    }
    Ok(())
}

/// All of an account. A damaged one is passed over when `skips` is told of it and says so.
fn read(
    connection: &Connection,
    account: &Name,
    mut skips: impl FnMut(u32, &StoreError) -> bool,
) -> Result<BTreeMap<u32, Dashboard>, Stop> {
    let mut list = connection.prepare_cached("SELECT id, data FROM dashboard WHERE account = ?1 ORDER BY id")?;
    let mut rows = list.query([&**account])?;
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id: u32 = row.get(0)?;
        match blob(row, 1).and_then(|data| decode::<DashboardRecord<'_>>(data)?.dashboard(id)) {
            Ok(dashboard) => {
                found.insert(id, dashboard);
            }
            Err(damage) if skips(id, &damage) => {}
            Err(damage) => return Err(damage.into()),
        }
    }
    Ok(found)
}

/// All of an account, for a decision: a damaged one is an error, or its number might be given again.
pub(crate) fn load(connection: &Connection, account: &Name) -> Result<BTreeMap<u32, Dashboard>, Stop> {
    read(connection, account, |_, _| false)
}

/// All of an account, for people.
pub(crate) fn list(connection: &Connection, account: &Name) -> Result<Vec<Dashboard>, Stop> {
    let found = read(connection, account, |id, damage| {
        tracing::error!(%damage, id, "a dashboard cannot be read and is left out of the list");
        true
    })?;
    Ok(found.into_values().collect())
}
