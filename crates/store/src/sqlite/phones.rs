//! Finding the messages of a phone without an index in the way of commits.
//!
//! An index over (phone, message) would touch a page of its own for nearly every message: phones come in no order.
//! Instead the writer gathers (phone, message) pairs in memory and, every [`PHONE_RUN_ROWS`] messages of a day, files
//! them as one *run*: 256 rows, one for each shard of phones. Who looks for a phone reads the rows of its shard, and
//! the few messages since the last run directly. What was gathered and not yet filed is read again after a restart.

use std::collections::BTreeMap;

use domain::address::AddressKey;
use rusqlite::{Connection, params};

use super::day::{self, DaySql};
use crate::limit::PHONE_RUN_ROWS;

const PAIR_BYTES: usize = 12;
const SHARDS: usize = 256;
/// Run rows are ordered by shard, then by run.
const RUN_BITS: u32 = 40;

/// A message to be found by its phone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    shard: u8,
    tag: u32,
    k: i64,
}

impl Pair {
    pub(crate) fn new(phone: &AddressKey, k: i64) -> Pair {
        Pair { shard: phone.shard(), tag: tag(phone), k }
    }
}

/// The part of a phone's hash that is kept with its messages; the shard is the rest.
fn tag(phone: &AddressKey) -> u32 {
    (phone.hash64() >> 16) as u32
}

/// What was gathered of one day, and how far it was filed.
#[derive(Debug, Default)]
struct Gathered {
    pairs: Vec<Pair>,
    filed: i64,
    runs: i64,
}

/// What was gathered of all days.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    days: BTreeMap<i32, Gathered>,
}

/// The pairs of one commit, to be kept once it is durable.
#[derive(Debug, Default)]
pub(crate) struct Fresh {
    days: BTreeMap<i32, FreshDay>,
}

#[derive(Debug, Default)]
struct FreshDay {
    pairs: Vec<Pair>,
    /// Set when the commit filed everything up to here.
    filed: Option<i64>,
}

impl Fresh {
    pub(crate) fn push(&mut self, day: i32, pair: Pair) {
        self.days.entry(day).or_default().pairs.push(pair);
    }
}

impl Gathering {
    /// What the days of a file have not filed yet.
    pub(crate) fn of_file(connection: &Connection) -> rusqlite::Result<Gathering> {
        let mut days = BTreeMap::new();
        let mut named = connection.prepare("SELECT day, filed, runs FROM day")?;
        let mut rows = named.query([])?;
        while let Some(row) = rows.next()? {
            let (number, filed, runs): (i32, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let mut unfiled = connection.prepare(&day::unfiled(number))?;
            let pairs = unfiled.query_map([filed], |row| {
                let phone = AddressKey::from_stored(row.get_ref(1)?.as_str()?);
                Ok(Pair::new(&phone, row.get(0)?))
            })?;
            days.insert(number, Gathered { pairs: pairs.collect::<Result<_, _>>()?, filed, runs });
        }
        Ok(Gathering { days })
    }

    /// Files, as part of a commit, the days that have gathered enough, and those that are over.
    pub(crate) fn file(
        &self,
        fresh: &mut Fresh,
        connection: &Connection,
        days: &BTreeMap<i32, DaySql>,
    ) -> rusqlite::Result<()> {
        let Some(newest) = days.keys().next_back() else { return Ok(()) };
        let over = self.days.iter().filter(|(day, gathered)| *day < newest && !gathered.pairs.is_empty());
        for (number, _) in over {
            fresh.days.entry(*number).or_default();
        }
        let none = Gathered::default();
        for (number, new) in &mut fresh.days {
            let gathered = self.days.get(number).unwrap_or(&none);
            let is_due = gathered.pairs.len() + new.pairs.len() >= PHONE_RUN_ROWS
                || number < newest
                // One below those filed before would not be found among the unfiled.
                || new.pairs.iter().any(|pair| pair.k <= gathered.filed);
            if let (true, Some(sql)) = (is_due, days.get(number)) {
                new.filed = Some(gathered.write_run(&new.pairs, *number, sql, connection)?);
            }
        }
        Ok(())
    }

    /// Keeps what a durable commit added.
    pub(crate) fn settle(&mut self, fresh: Fresh) {
        for (number, new) in fresh.days {
            let gathered = self.days.entry(number).or_default();
            match new.filed {
                Some(filed) => *gathered = Gathered { pairs: Vec::new(), filed, runs: gathered.runs + 1 },
                None => gathered.pairs.extend(new.pairs),
            }
        }
    }

    /// Forgets a dropped day.
    pub(crate) fn forget(&mut self, day: i32) {
        self.days.remove(&day);
    }
}

impl Gathered {
    fn write_run(&self, new: &[Pair], number: i32, sql: &DaySql, connection: &Connection) -> rusqlite::Result<i64> {
        let mut rows: Vec<Vec<u8>> = vec![Vec::new(); SHARDS];
        let mut filed = self.filed;
        for pair in self.pairs.iter().chain(new) {
            let row = &mut rows[usize::from(pair.shard)];
            row.extend_from_slice(&pair.tag.to_le_bytes());
            row.extend_from_slice(&pair.k.to_le_bytes());
            filed = filed.max(pair.k);
        }
        let mut add = connection.prepare_cached(&sql.add_run)?;
        for (shard, data) in rows.iter().enumerate().filter(|(_, data)| !data.is_empty()) {
            add.execute(params![((shard as i64) << RUN_BITS) | self.runs, data])?;
        }
        let mut note = connection.prepare_cached("UPDATE day SET filed = ?2, runs = ?3 WHERE day = ?1")?;
        note.execute(params![number, filed, self.runs + 1])?;
        Ok(filed)
    }
}

/// Keys of a day's filed messages that may be of this phone, newest first. Few others have the same hash: the phone
/// of each is still to be compared.
pub(crate) fn filed(connection: &Connection, number: i32, phone: &AddressKey) -> rusqlite::Result<Vec<i64>> {
    let (first, wanted) = (i64::from(phone.shard()) << RUN_BITS, tag(phone).to_le_bytes());
    let mut found = Vec::new();
    let mut runs = connection.prepare(&day::runs(number))?;
    let mut rows = runs.query([first, first + (1 << RUN_BITS) - 1])?;
    while let Some(row) = rows.next()? {
        for pair in row.get_ref(0)?.as_blob()?.chunks_exact(PAIR_BYTES) {
            let (tag, k) = pair.split_at(4);
            if let (true, Ok(k)) = (tag == wanted, k.try_into()) {
                found.push(i64::from_le_bytes(k));
            }
        }
    }
    found.sort_unstable_by_key(|k| std::cmp::Reverse(*k));
    Ok(found)
}
