//! Loading the records a batch of decisions reads, by key, over the connection that writes.

use domain::event::Needs;
use domain::id::{MessageId, Stamp};
use domain::message::MessageState;
use domain::outgoing::{Outgoing, SentSegment};
use domain::view::{Finished, View};
use engine::port::StoreError;
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::day::{self, key, stamp};
use super::opt_outs;
use super::write::{Stop, Writer};
use crate::record::callback::CallbackRecord;
use crate::record::message::MessageRecord;
use crate::record::outgoing::OutgoingRecord;
use crate::record::phone::PhoneRow;
use crate::record::report::ReportRecord;
use crate::record::send::SendRecord;
use crate::record::{damaged, decode, known};

/// Loads what is needed. A damaged record stays absent and is the error of the call; all others are loaded.
pub(crate) fn load(writer: &Writer, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
    let connection = &writer.connection;
    let mut damage = Damage::default();
    for wanted in &needs.phones {
        let sql = "SELECT data FROM phone WHERE key = ?1";
        let found = one(connection, sql, [wanted.as_str()], |data| decode::<PhoneRow<'_>>(data)?.phone(wanted.clone()));
        view.phones.extend(damage.keep(found)?.map(|phone| (wanted.clone(), phone)));
    }
    for wanted in &needs.callbacks {
        let (sql, id) = ("SELECT data FROM callback WHERE id = ?1", wanted.to_u128().to_be_bytes());
        let found = one(connection, sql, [id], |data| decode::<CallbackRecord<'_>>(data)?.callback());
        view.callbacks.extend(damage.keep(found)?.map(|callback| (*wanted, callback)));
    }
    for wanted in &needs.outgoing {
        let found = damage.keep(outgoing(connection, *wanted))?;
        view.outgoing.extend(found.map(|outgoing| (*wanted, outgoing)));
    }
    for wanted in &needs.sent {
        if let Some(segment) = damage.keep(sent(writer, &wanted.0, &wanted.1))? {
            view.sent.insert(wanted.clone(), segment);
            load_sent_message(connection, segment.message.stamp, view, &mut damage)?;
        }
    }
    for wanted in &needs.unmatched {
        let sql = "SELECT data FROM unmatched WHERE channel = ?1 AND network_id = ?2";
        let found =
            one(connection, sql, params![&*wanted.0, wanted.1], |data| decode::<ReportRecord<'_>>(data)?.report());
        view.unmatched.extend(damage.keep(found)?.map(|report| (wanted.clone(), report)));
    }
    for wanted in &needs.idempotency {
        let sql = "SELECT data FROM idempotency WHERE account = ?1 AND key = ?2";
        let found =
            one(connection, sql, params![&*wanted.0, wanted.1], |data| Ok(decode::<SendRecord<'_>>(data)?.send()));
        view.idempotency.extend(damage.keep(found)?.map(|send| (wanted.clone(), send)));
    }
    if writer.has_opt_outs {
        for wanted in &needs.opt_outs {
            let found = damage.keep(opt_outs::find(connection, wanted))?;
            view.opt_outs.extend(found.map(|opt_out| (wanted.clone(), opt_out)));
        }
    }
    for account in &needs.dashboards {
        let found = damage.keep(super::dashboard::load(connection, account).map(Some))?;
        view.dashboards.extend(found.map(|found| (account.clone(), found)));
    }
    damage.first.map_or(Ok(()), Err)
}

/// The first damaged record that was met.
#[derive(Default)]
struct Damage {
    first: Option<StoreError>,
}

impl Damage {
    /// A damaged record counts as absent for now; other errors end the load.
    fn keep<T>(&mut self, found: Result<Option<T>, Stop>) -> Result<Option<T>, StoreError> {
        match found {
            Err(Stop::Record(damage)) => {
                tracing::error!(%damage, "a needed record cannot be read");
                self.first.get_or_insert(damage);
                Ok(None)
            }
            found => found.map_err(StoreError::from),
        }
    }
}

/// The record in the one column of the row that was asked for.
fn one<T>(
    connection: &Connection,
    sql: &str,
    key: impl Params,
    read: impl FnOnce(&[u8]) -> Result<T, StoreError>,
) -> Result<Option<T>, Stop> {
    let mut find = connection.prepare_cached(sql)?;
    let mut rows = find.query(key)?;
    match rows.next()? {
        Some(row) => Ok(Some(read(row.get_ref(0)?.as_blob().map_err(|error| damaged("row", error))?)?)),
        None => Ok(None),
    }
}

/// An unfinished MT.
pub(crate) fn outgoing(connection: &Connection, wanted: Stamp) -> Result<Option<Outgoing>, Stop> {
    let sql = "SELECT data FROM outgoing WHERE k = ?1";
    one(connection, sql, [key(wanted)], |data| decode::<OutgoingRecord<'_>>(data)?.outgoing())
}

/// What a network id leads to; networks use ids again, so the newest day counts.
fn sent(writer: &Writer, channel: &str, network_id: &str) -> Result<Option<SentSegment>, Stop> {
    for sql in writer.days.values().rev() {
        let mut find = writer.connection.prepare_cached(&sql.sent)?;
        let found = find.query_row(params![channel, network_id], |row| {
            let (k, tail): (i64, i64) = (row.get(0)?, row.get(1)?);
            let message = MessageId { stamp: stamp(k), tail: tail.cast_unsigned() };
            Ok(SentSegment { message, segment: row.get(2)? })
        });
        if let Some(segment) = found.optional()? {
            return Ok(Some(segment));
        }
    }
    Ok(None)
}

/// The MT a network id leads to: its record while it is unfinished, else how it ended.
fn load_sent_message(
    connection: &Connection,
    wanted: Stamp,
    view: &mut View,
    damage: &mut Damage,
) -> Result<(), StoreError> {
    if view.outgoing.contains_key(&wanted) || view.finished.contains_key(&wanted) {
        return Ok(());
    }
    if let Some(outgoing) = damage.keep(outgoing(connection, wanted))? {
        view.outgoing.insert(wanted, outgoing);
    } else if let Some(finished) = damage.keep(finished(connection, wanted))? {
        view.finished.insert(wanted, finished);
    }
    Ok(())
}

fn finished(connection: &Connection, wanted: Stamp) -> Result<Option<Finished>, Stop> {
    let mut find = connection.prepare_cached(&day::message(wanted.day()))?;
    let mut rows = find.query([key(wanted)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let data = row.get_ref(2)?.as_blob().map_err(|error| damaged("message", error))?;
    let segments = decode::<MessageRecord<'_>>(data)?.segments;
    let (_, state) = latest(connection, wanted, row.get(1)?, row.get(0)?)?;
    Ok(Some(Finished { state, segments }))
}

/// When a timeline last grew and the state it tells, given those of its first row.
pub(crate) fn latest(connection: &Connection, wanted: Stamp, at: i64, state: u8) -> Result<(i64, MessageState), Stop> {
    let mut newest = connection.prepare_cached(&day::states(wanted.day()))?;
    let mut rows = newest.query([key(wanted)])?;
    let (mut grown, mut told) = (None, None);
    while let (None, Some(row)) = (told, rows.next()?) {
        grown = grown.or(Some(row.get(0)?));
        told = row.get(1)?;
    }
    let code: u8 = told.unwrap_or(state);
    let state = known("message", "state", code, MessageState::from_code(code))?;
    Ok((grown.unwrap_or(at), state))
}
