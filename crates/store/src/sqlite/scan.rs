//! What the engine reads besides the records of a decision: unfinished work at start, texts to submit, bodies to send.
//! A damaged record is left out and named in the log, so that it holds up nothing but itself.

use std::fmt;

use domain::address::AddressKey;
use domain::callback::{CallbackState, Rendered};
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::time::At;
use engine::limit::OVERDUE_SCAN_ROWS;
use engine::port::{StoreError, Unfinished};
use rusqlite::{Connection, Row};

use super::day::{self, key, stamp};
use super::write::{Stop, Writer};
use crate::due::is_overdue;
use crate::record::callback::CallbackRecord;
use crate::record::entry::EntriesRecord;
use crate::record::message::MessageRecord;
use crate::record::outgoing::OutgoingRecord;
use crate::record::{damaged, decode};

/// The record of a row, or `None` with a line in the log.
fn intact<T>(read: Result<T, StoreError>, what: &str, id: impl fmt::Display) -> Option<T> {
    read.inspect_err(|damage| tracing::error!(%damage, "{what} {id} cannot be read and is left out")).ok()
}

/// The bytes of a column; whatever else lies there is a damaged record.
pub(crate) fn blob<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r [u8], StoreError> {
    row.get_ref(column).map_err(|error| damaged("row", error))?.as_blob().map_err(|error| damaged("row", error))
}

/// An id as it lies in a key, for the log.
struct IdBytes<'r>(&'r [u8]);

impl fmt::Display for IdBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Hands over all unfinished work.
pub(crate) fn unfinished(connection: &Connection, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError> {
    callbacks(connection, take)
        .and_then(|()| outgoing(connection, take))
        .and_then(|()| phones(connection, take))
        .map_err(StoreError::from)
}

fn callbacks(connection: &Connection, take: &mut dyn FnMut(Unfinished)) -> Result<(), Stop> {
    let mut pending = connection.prepare("SELECT id, data FROM callback WHERE state = ?1")?;
    let mut rows = pending.query([CallbackState::Pending.code()])?;
    while let Some(row) = rows.next()? {
        let read = blob(row, 1).and_then(|data| decode::<CallbackRecord<'_>>(data)?.callback());
        if let Some(callback) = intact(read, "callback", IdBytes(blob(row, 0)?)) {
            take(Unfinished::Callback(callback));
        }
    }
    Ok(())
}

fn outgoing(connection: &Connection, take: &mut dyn FnMut(Unfinished)) -> Result<(), Stop> {
    let mut unfinished = connection.prepare("SELECT k, data FROM outgoing ORDER BY k")?;
    let mut rows = unfinished.query([])?;
    while let Some(row) = rows.next()? {
        let k: i64 = row.get(0)?;
        let read = blob(row, 1).and_then(|data| decode::<OutgoingRecord<'_>>(data)?.outgoing());
        if let Some(outgoing) = intact(read, "MT", k) {
            take(Unfinished::Outgoing(outgoing));
        }
    }
    Ok(())
}

fn phones(connection: &Connection, take: &mut dyn FnMut(Unfinished)) -> Result<(), Stop> {
    let mut due = connection.prepare("SELECT key, due FROM phone WHERE due IS NOT NULL ORDER BY key")?;
    let mut rows = due.query([])?;
    while let Some(row) = rows.next()? {
        let phone = AddressKey::from_stored(row.get_ref(0)?.as_str().map_err(|error| damaged("phone", error))?);
        take(Unfinished::Phone { phone, due_at: At(row.get(1)?) });
    }
    Ok(())
}

/// Overdue MTs among the next ones after a stamp, and where to go on.
pub(crate) fn overdue(
    connection: &Connection,
    after: Option<Stamp>,
    now: At,
) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
    let look = || -> Result<_, Stop> {
        let mut next = connection.prepare_cached("SELECT k, data FROM outgoing WHERE k > ?1 ORDER BY k LIMIT ?2")?;
        let mut rows = next.query([after.map_or(i64::MIN, key), OVERDUE_SCAN_ROWS as i64])?;
        let (mut found, mut looked_at, mut last) = (Vec::new(), 0, None);
        while let Some(row) = rows.next()? {
            let k: i64 = row.get(0)?;
            (looked_at, last) = (looked_at + 1, Some(stamp(k)));
            let read = blob(row, 1).and_then(|data| decode::<OutgoingRecord<'_>>(data)?.outgoing());
            found
                .extend(intact(read, "MT", k).filter(|outgoing| is_overdue(outgoing, now)).map(|outgoing| outgoing.id));
        }
        Ok((found, last.filter(|_| looked_at == OVERDUE_SCAN_ROWS)))
    };
    Ok(look()?)
}

/// The highest stamp ever stored.
pub(crate) fn last_stamp(writer: &Writer) -> Result<Stamp, StoreError> {
    let read = || -> Result<i64, Stop> {
        let connection = &writer.connection;
        let mut last: i64 = connection.query_row("SELECT last_stamp FROM meta", [], |row| row.get(0))?;
        if let Some(day) = writer.days.keys().next_back() {
            let newest: Option<i64> = connection.query_row(&day::last(*day), [], |row| row.get(0))?;
            last = last.max(newest.unwrap_or(0));
        }
        Ok(last)
    };
    Ok(stamp(read()?))
}

/// Messages by stamp.
pub(crate) fn messages(writer: &Writer, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError> {
    let mut found = Vec::with_capacity(stamps.len());
    for wanted in stamps {
        found.extend(message(writer, *wanted)?);
    }
    Ok(found)
}

fn message(writer: &Writer, wanted: Stamp) -> Result<Option<Message>, Stop> {
    if !writer.days.contains_key(&wanted.day()) {
        return Ok(None);
    }
    let mut find = writer.connection.prepare_cached(&day::message(wanted.day()))?;
    let mut rows = find.query([key(wanted)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let read = blob(row, 2).and_then(|data| decode::<MessageRecord<'_>>(data)?.message());
    Ok(intact(read, "message", wanted.0))
}

/// Bodies of callbacks.
pub(crate) fn requests(writer: &Writer, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError> {
    let mut found = Vec::with_capacity(callbacks.len());
    for wanted in callbacks {
        found.extend(request(writer, *wanted)?.map(|rendered| (*wanted, rendered)));
    }
    Ok(found)
}

fn request(writer: &Writer, wanted: CallbackId) -> Result<Option<Rendered>, Stop> {
    let day = wanted.stamp.day();
    if !writer.days.contains_key(&day) {
        return Ok(None);
    }
    let mut timeline = writer.connection.prepare_cached(&day::timeline(day))?;
    let mut rows = timeline.query([key(wanted.stamp)])?;
    while let Some(row) = rows.next()? {
        let read = blob(row, 2).and_then(|data| decode::<EntriesRecord<'_>>(data)?.request(wanted));
        if let Some(Some(rendered)) = intact(read, "a timeline row before the body of", wanted) {
            return Ok(Some(rendered));
        }
    }
    Ok(None)
}
