//! Forgetting: whole days at once, and small records that have outlived their use.

use domain::callback::CallbackState;
use domain::time::At;
use engine::port::{StoreError, Swept};
use rusqlite::{Connection, params};

use super::day::{self, first_key};
use super::open::Place;
use super::series;
use super::streamed;
use super::write::{Stop, Writer};
use crate::limit::{PURGE_ROWS, STREAMED_KEPT_MS, UNMATCHED_KEPT_MS};
use crate::series::seconds;

/// Forgets the days before a time that have no unfinished work, and what is over at `now`. The rows of a forgotten
/// day are removed later, piece by piece, by the upkeep: this takes the same time however many there are.
pub(crate) fn sweep(writer: &mut Writer, before: At, now: At, place: &Place) -> Result<Swept, StoreError> {
    let done = writer.in_transaction(|writer| {
        let mut gone = Vec::new();
        for day in writer.days.range(..before.day()).map(|(day, _)| *day) {
            if !has_unfinished(&writer.connection, day)? {
                forget(&writer.connection, day)?;
                gone.push(day);
            }
        }
        let small = forget_small(&writer.connection, now)?;
        let series = series::forget_series(&writer.connection, seconds(now))?;
        if series > 0 {
            writer.series.clear();
        }
        Ok((gone, small + series as u64))
    });
    let (gone, rows) = match done {
        Ok(done) => done,
        Err(stop) => {
            writer.undo(place)?;
            return Err(stop.into());
        }
    };
    for day in &gone {
        writer.days.remove(day);
        writer.gathering.forget(*day);
    }
    Ok(Swept { days: u32::try_from(gone.len()).unwrap_or(u32::MAX), rows })
}

/// Lowest and highest callback id of a day.
fn callback_ids(day: i32) -> [[u8; 16]; 2] {
    let first = |day| ((first_key(day) as u128) << 64).to_be_bytes();
    [first(day), first(day + 1)]
}

fn has_unfinished(connection: &Connection, day: i32) -> Result<bool, Stop> {
    let mut outgoing = connection.prepare_cached("SELECT 1 FROM outgoing WHERE k >= ?1 AND k < ?2 LIMIT 1")?;
    if outgoing.exists([first_key(day), first_key(day + 1)])? {
        return Ok(true);
    }
    let [first, end] = callback_ids(day);
    let mut pending =
        connection.prepare_cached("SELECT 1 FROM callback WHERE id >= ?1 AND id < ?2 AND state = ?3 LIMIT 1")?;
    Ok(pending.exists(params![first, end, CallbackState::Pending.code()])?)
}

fn forget(connection: &Connection, day: i32) -> Result<(), Stop> {
    // The highest stamp must outlive its message, or ids could be given again.
    let last = day::last(day);
    connection.execute(
        &format!("UPDATE meta SET dropped = dropped + 1, last_stamp = max(last_stamp, coalesce(({last}), 0))"),
        [],
    )?;
    let dropped: i64 = connection.query_row("SELECT dropped FROM meta", [], |row| row.get(0))?;
    connection.execute_batch(&day::forget(day, dropped))?;
    // Refused and exhausted callbacks go with the day: without their bodies they could not be replayed.
    connection.execute("DELETE FROM callback WHERE id >= ?1 AND id < ?2", callback_ids(day))?;
    Ok(())
}

fn forget_small(connection: &Connection, now: At) -> Result<u64, Stop> {
    let sends = connection.execute("DELETE FROM idempotency WHERE until <= ?1", [now.0])?;
    let kept_from = now.0.saturating_sub_unsigned(UNMATCHED_KEPT_MS * 1000);
    let reports = connection.execute("DELETE FROM unmatched WHERE at < ?1", [kept_from])?;
    let lines_from = At(now.0.saturating_sub_unsigned(STREAMED_KEPT_MS * 1000));
    let lines = streamed::forget(connection, lines_from, PURGE_ROWS)?;
    // The others go piece by piece beside the commits.
    let steps = series::forget_steps(connection, seconds(now), PURGE_ROWS)?;
    Ok((sends + reports + lines + steps) as u64)
}
