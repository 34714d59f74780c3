//! Series in the file: their names with their last values in `series`, what their values became in `step`.
//!
//! Steps lie in the order of their times, those of one time side by side: a commit touches a page or two for each
//! resolution however many series there are, and the oldest steps are the first of their resolution.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use domain::directory::Name;
use domain::limit::RESOLUTIONS;
use domain::metric::{Aggregate, Aggregator, SeriesName};
use domain::time::At;
use engine::page::{SeriesQuery, SeriesRow, SeriesValues, ValuesQuery};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::write::Stop;
use crate::batch::Batch;
use crate::limit::SERIES_CACHED_MAX;
use crate::series::{Intervals, Steps, seconds};

/// The tables, since version 2.
pub(crate) const TABLES: &str = "
    CREATE TABLE series(
        id INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL, last_at INTEGER NOT NULL,
        last_value REAL NOT NULL, UNIQUE(account, name)
    );
    CREATE TABLE step(
        width_s INTEGER, at_s INTEGER, series INTEGER, value REAL NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY(width_s, at_s, series)
    ) WITHOUT ROWID;
";

/// What the connection that writes knows of series: those of the accounts that fired last.
#[derive(Default)]
pub(crate) struct SeriesCache {
    accounts: BTreeMap<Name, Known>,
    /// Made in the transaction under way.
    made: Vec<(Name, SeriesName, i64)>,
}

/// The series of one account.
#[derive(Default)]
struct Known {
    names: Arc<BTreeSet<SeriesName>>,
    numbers: HashMap<SeriesName, i64>,
}

impl SeriesCache {
    /// All names of an account.
    pub(crate) fn names(&mut self, connection: &Connection, account: &Name) -> Result<Arc<BTreeSet<SeriesName>>, Stop> {
        Ok(self.known(connection, account)?.names.clone())
    }

    fn known(&mut self, connection: &Connection, account: &Name) -> Result<&Known, Stop> {
        if !self.accounts.contains_key(account) {
            if self.accounts.values().map(|known| known.names.len()).sum::<usize>() > SERIES_CACHED_MAX {
                self.accounts.clear();
            }
            let mut list = connection.prepare_cached("SELECT id, name FROM series WHERE account = ?1")?;
            let mut rows = list.query([&**account])?;
            let (mut names, mut numbers) = (BTreeSet::new(), HashMap::new());
            while let Some(row) = rows.next()? {
                let (number, name): (i64, String) = (row.get(0)?, row.get(1)?);
                if let Some(name) = SeriesName::parse(&name) {
                    names.insert(name.clone());
                    numbers.insert(name, number);
                }
            }
            self.accounts.insert(account.clone(), Known { names: Arc::new(names), numbers });
        }
        Ok(&self.accounts[account])
    }

    /// The transaction is durable.
    pub(crate) fn settle(&mut self) {
        for (account, name, number) in self.made.drain(..) {
            if let Some(known) = self.accounts.get_mut(&account) {
                Arc::make_mut(&mut known.names).insert(name.clone());
                known.numbers.insert(name, number);
            }
        }
    }

    /// What is known may no longer be so.
    pub(crate) fn clear(&mut self) {
        *self = SeriesCache::default();
    }

    /// Writes what a batch fires.
    pub(crate) fn write(&mut self, connection: &Connection, at: At, batch: &Batch<'_>) -> Result<(), Stop> {
        if batch.points.is_empty() {
            return Ok(());
        }
        let mut changed = Vec::new();
        let mut made = std::mem::take(&mut self.made);
        let mut add = connection
            .prepare_cached("INSERT INTO series(account, name, last_at, last_value) VALUES(?1, ?2, ?3, ?4)")?;
        let mut put = connection.prepare_cached("UPDATE series SET last_at = ?2, last_value = ?3 WHERE id = ?1")?;
        for (account, fired) in &batch.points {
            let known = self.known(connection, account)?;
            for (name, fired) in fired {
                let number = match known.numbers.get(*name) {
                    Some(number) => {
                        put.execute(params![number, at.0, fired.last])?;
                        *number
                    }
                    None => {
                        let number = add.insert(params![&***account, name.as_str(), at.0, fired.last])?;
                        made.push(((*account).clone(), (*name).clone(), number));
                        number
                    }
                };
                changed.push((number, name.aggregator(), fired.all));
            }
        }
        self.made = made;
        changed.sort_unstable_by_key(|(number, ..)| *number);
        let mut pens = Pens::new(connection)?;
        for resolution in &RESOLUTIONS {
            let begins_s = resolution.step_of(seconds(at));
            for (number, aggregator, all) in &changed {
                pens.add(resolution.width_s, begins_s, *number, *aggregator, *all)?;
            }
        }
        Ok(())
    }
}

/// A statement for each way in which values become one; the same as `Aggregate::add`.
struct Pens<'c> {
    sum: CachedStatement<'c>,
    max: CachedStatement<'c>,
    min: CachedStatement<'c>,
    last: CachedStatement<'c>,
}

impl<'c> Pens<'c> {
    fn new(connection: &'c Connection) -> rusqlite::Result<Pens<'c>> {
        let pen = |value: &str| {
            connection.prepare_cached(&format!(
                "INSERT INTO step(width_s, at_s, series, value, count) VALUES(?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT(width_s, at_s, series) DO UPDATE SET value = {value}, count = count + excluded.count"
            ))
        };
        // A sum stays at the largest finite number instead of becoming infinite.
        let sum = format!("max({min:e}, min({max:e}, value + excluded.value))", min = f64::MIN, max = f64::MAX);
        Ok(Pens {
            sum: pen(&sum)?,
            max: pen("max(value, excluded.value)")?,
            min: pen("min(value, excluded.value)")?,
            last: pen("excluded.value")?,
        })
    }

    fn add(
        &mut self,
        width_s: i64,
        begins_s: i64,
        number: i64,
        aggregator: Aggregator,
        all: Aggregate,
    ) -> rusqlite::Result<()> {
        let pen = match aggregator {
            Aggregator::Sum | Aggregator::Avg => &mut self.sum,
            Aggregator::Max => &mut self.max,
            Aggregator::Min => &mut self.min,
            Aggregator::Last => &mut self.last,
        };
        let count = i64::try_from(all.count).unwrap_or(i64::MAX);
        pen.execute(params![width_s, begins_s, number, all.value, count])?;
        Ok(())
    }
}

/// Removes at most so many steps that are no longer kept at a time, in seconds; says how many.
pub(crate) fn forget_steps(connection: &Connection, now_s: i64, rows_max: u32) -> rusqlite::Result<usize> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM step WHERE (width_s, at_s, series) IN (
             SELECT width_s, at_s, series FROM step WHERE width_s = ?1 AND at_s < ?2 LIMIT ?3)",
    )?;
    let mut removed = 0;
    for resolution in &RESOLUTIONS {
        let rows_left = i64::from(rows_max) - removed as i64;
        removed += forget.execute(params![resolution.width_s, resolution.kept_from(now_s), rows_left])?;
        if removed >= rows_max as usize {
            break;
        }
    }
    Ok(removed)
}

/// Removes the names of series that no step is left of; says how many.
pub(crate) fn forget_series(connection: &Connection, now_s: i64) -> rusqlite::Result<usize> {
    let kept_from_s = RESOLUTIONS.iter().map(|resolution| resolution.kept_from(now_s)).min().unwrap_or(i64::MIN);
    connection.prepare_cached("DELETE FROM series WHERE last_at < ?1")?.execute([kept_from_s.saturating_mul(1_000_000)])
}

/// Series of an account, by name.
pub(crate) fn list(connection: &Connection, query: &SeriesQuery) -> Result<Vec<SeriesRow>, Stop> {
    let after = query.after.as_ref().map_or("", SeriesName::as_str);
    let wanted = query.text.as_deref().map(str::to_lowercase);
    let sql = "SELECT name, last_at, last_value FROM series WHERE account = ?1 AND name > ?2 ORDER BY name";
    let mut list = connection.prepare_cached(sql)?;
    let mut rows = list.query(params![&*query.account, after])?;
    let mut found = Vec::new();
    while found.len() < query.limit
        && let Some(row) = rows.next()?
    {
        let name: String = row.get(0)?;
        if wanted.as_ref().is_some_and(|wanted| !name.to_lowercase().contains(wanted)) {
            continue;
        }
        if let Some(name) = SeriesName::parse(&name) {
            found.push(SeriesRow { name, last_at: At(row.get(1)?), last_value: row.get(2)? });
        }
    }
    Ok(found)
}

/// Values of series.
pub(crate) fn values(connection: &Connection, query: &ValuesQuery) -> Result<Vec<SeriesValues>, Stop> {
    let mut find =
        connection.prepare_cached("SELECT id, last_at, last_value FROM series WHERE account = ?1 AND name = ?2")?;
    let mut read =
        connection.prepare_cached("SELECT value, count FROM step WHERE width_s = ?1 AND at_s = ?2 AND series = ?3")?;
    let steps = Steps::of(query);
    let mut found = Vec::with_capacity(query.series.len());
    for name in &query.series {
        let known = find
            .query_row(params![&*query.account, name.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((number, last_at, last_value)): Option<(i64, i64, f64)> = known else { continue };
        let last_s = seconds(At(last_at));
        let mut intervals = Intervals::new(query, name.aggregator());
        for begins_s in steps.begins().take_while(|begins_s| *begins_s <= last_s) {
            let step = read
                .query_row(params![steps.width_s, begins_s, number], |row| {
                    let count: i64 = row.get(1)?;
                    Ok(Aggregate { value: row.get(0)?, count: count.unsigned_abs() })
                })
                .optional()?;
            if let Some(step) = step {
                intervals.add(begins_s, step);
            }
        }
        let row = SeriesRow { name: name.clone(), last_at: At(last_at), last_value };
        found.push(SeriesValues { row, values: intervals.values() });
    }
    Ok(found)
}
