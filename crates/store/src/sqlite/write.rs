//! The commit: one transaction for a batch, durable when it returns.

use std::collections::BTreeMap;

use domain::decision::RepeatableSend;
use domain::time::At;
use engine::port::StoreError;
use rusqlite::{CachedStatement, Connection, params};

use super::day::{self, DaySql, key};
use super::failure;
use super::open::Place;
use super::phones::{Fresh, Gathering, Pair};
use super::series::SeriesCache;
use super::{dashboard, opt_outs, streamed};
use crate::batch::{Batch, NewMessage};
use crate::record::callback::CallbackRecord;
use crate::record::encode;
use crate::record::entry::EntriesRecord;
use crate::record::message::{MessageRecord, direction_code};
use crate::record::outgoing::OutgoingRecord;
use crate::record::phone::PhoneRow;
use crate::record::report::ReportRecord;
use crate::record::send::SendRecord;

/// The connection that writes, with what it knows about the file.
pub(crate) struct Writer {
    pub(crate) connection: Connection,
    pub(crate) days: BTreeMap<i32, DaySql>,
    pub(crate) gathering: Gathering,
    pub(crate) series: SeriesCache,
    /// Mostly the ledger is empty, and sends need not look there.
    pub(crate) has_opt_outs: bool,
}

/// What stops a batch: an error of SQLite or a record that cannot be stored.
pub(crate) enum Stop {
    Sqlite(rusqlite::Error),
    Record(StoreError),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Stop {
        Stop::Sqlite(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Record(error)
    }
}

impl From<Stop> for StoreError {
    fn from(stop: Stop) -> StoreError {
        match stop {
            Stop::Sqlite(error) => failure::of_writer(&error),
            Stop::Record(error) => error,
        }
    }
}

impl Writer {
    pub(crate) fn new(connection: Connection) -> rusqlite::Result<Writer> {
        let mut named = connection.prepare("SELECT day FROM day")?;
        let days = named.query_map([], |row| row.get(0))?.map(|day| day.map(|day| (day, DaySql::new(day))));
        let days = days.collect::<Result<_, _>>()?;
        drop(named);
        let gathering = Gathering::of_file(&connection)?;
        let has_opt_outs = opt_outs::exist(&connection)?;
        Ok(Writer { connection, days, gathering, series: SeriesCache::default(), has_opt_outs })
    }

    /// All of the batch, or nothing.
    pub(crate) fn commit(&mut self, at: At, batch: &Batch<'_>, place: &Place) -> Result<(), StoreError> {
        let mut fresh = Fresh::default();
        let made = self.make_days(batch);
        let written = self.in_transaction(|writer| writer.write(at, batch, &made, &mut fresh));
        match written {
            Ok(()) => {
                self.gathering.settle(fresh);
                self.series.settle();
                self.has_opt_outs |= !batch.opt_outs.is_empty();
                Ok(())
            }
            Err(stop) => {
                for day in made {
                    self.days.remove(&day);
                }
                self.series.clear();
                self.undo(place)?;
                Err(stop.into())
            }
        }
    }

    pub(crate) fn in_transaction<T>(&mut self, work: impl FnOnce(&mut Writer) -> Result<T, Stop>) -> Result<T, Stop> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let done = work(self)?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(done)
    }

    /// Reads several records under one lock of the file: taking it for each costs more than the reading.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Writer) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let run = |sql| match self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute([])) {
            Ok(_) => Ok(()),
            Err(error) => Err(StoreError::from(Stop::Sqlite(error))),
        };
        run("BEGIN")?;
        let found = work(self);
        run("ROLLBACK")?;
        found
    }

    /// Takes back what a failed transaction left; a connection that cannot is replaced.
    pub(crate) fn undo(&mut self, place: &Place) -> Result<(), StoreError> {
        if self.connection.is_autocommit() || self.connection.execute_batch("ROLLBACK").is_ok() {
            return Ok(());
        }
        let fatal = |error: rusqlite::Error| StoreError::Fatal(format!("the store could not be reopened: {error}"));
        self.connection = place.writer().map_err(fatal)?;
        Ok(())
    }

    /// Days of the batch that the file has no tables for yet.
    fn make_days(&mut self, batch: &Batch<'_>) -> Vec<i32> {
        let mut made = Vec::new();
        for new in &batch.messages {
            let day = new.message.id.stamp.day();
            self.days.entry(day).or_insert_with(|| {
                made.push(day);
                DaySql::new(day)
            });
        }
        made
    }

    fn write(&mut self, at: At, batch: &Batch<'_>, made: &[i32], fresh: &mut Fresh) -> Result<(), Stop> {
        let Writer { connection, days, gathering, series, .. } = self;
        for day in made {
            connection.execute_batch(&day::create(*day))?;
        }
        let mut pen = Pen { connection, days, buffer: Vec::with_capacity(1024), entries: Vec::with_capacity(1024) };
        pen.messages(at, batch, fresh)?;
        pen.entries(at, batch)?;
        pen.callbacks(batch)?;
        pen.outgoing(batch)?;
        pen.phones(batch)?;
        pen.sent(batch)?;
        pen.unmatched(batch)?;
        pen.sends(batch)?;
        for (key, opt_out) in &batch.opt_outs {
            opt_outs::put(pen.connection, key, *opt_out, &mut pen.buffer)?;
        }
        for line in &batch.streamed {
            streamed::add(pen.connection, line)?;
        }
        dashboard::write(connection, batch, &mut pen.buffer)?;
        series.write(connection, at, batch)?;
        gathering.file(fresh, connection, days)?;
        Ok(())
    }
}

/// Writes the rows of a batch, kind by kind, with one statement in hand for each kind.
struct Pen<'w> {
    connection: &'w Connection,
    days: &'w BTreeMap<i32, DaySql>,
    buffer: Vec<u8>,
    entries: Vec<u8>,
}

/// The statement of a day, kept in hand while rows of the same day follow each other.
struct OfDay<'w> {
    day: i32,
    statement: CachedStatement<'w>,
}

impl<'w> Pen<'w> {
    /// `None`: the day was dropped, with everything that a row could be added to.
    fn of_day<'h>(
        &self,
        hand: &'h mut Option<OfDay<'w>>,
        day: i32,
        sql: impl FnOnce(&'w DaySql) -> &'w str,
    ) -> Result<Option<&'h mut CachedStatement<'w>>, Stop> {
        if hand.as_ref().is_none_or(|held| held.day != day) {
            let Some(statements) = self.days.get(&day) else { return Ok(None) };
            *hand = Some(OfDay { day, statement: self.connection.prepare_cached(sql(statements))? });
        }
        Ok(hand.as_mut().map(|held| &mut held.statement))
    }

    fn messages(&mut self, at: At, batch: &Batch<'_>, fresh: &mut Fresh) -> Result<(), Stop> {
        let mut hand = None;
        for NewMessage { message, state, entries } in &batch.messages {
            let (day, k, phone) = (message.id.stamp.day(), key(message.id.stamp), message.phone().key());
            encode(&MessageRecord::from(*message), &mut self.buffer);
            encode(&EntriesRecord::of(entries)?, &mut self.entries);
            if let Some(add) = self.of_day(&mut hand, day, |sql| &sql.add_message)? {
                add.execute(params![
                    k,
                    direction_code(message.direction),
                    state.code(),
                    at.0,
                    message.account.as_deref(),
                    message.application.as_deref(),
                    phone.as_str(),
                    self.buffer,
                    self.entries,
                ])?;
                fresh.push(day, Pair::new(&phone, k));
            }
        }
        Ok(())
    }

    fn entries(&mut self, at: At, batch: &Batch<'_>) -> Result<(), Stop> {
        let mut hand = None;
        for new in &batch.entries {
            encode(&EntriesRecord::of(new.entries)?, &mut self.entries);
            if let Some(add) = self.of_day(&mut hand, new.stamp.day(), |sql| &sql.add_entry)? {
                add.execute(params![key(new.stamp), at.0, new.state.map(|state| state.code()), self.entries])?;
            }
        }
        Ok(())
    }

    fn callbacks(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        if batch.callbacks.is_empty() {
            return Ok(());
        }
        let mut put = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO callback(id, state, application, data) VALUES(?1, ?2, ?3, ?4)")?;
        let mut end = self.connection.prepare_cached("DELETE FROM callback WHERE id = ?1")?;
        for (id, callback) in &batch.callbacks {
            let id = id.to_u128().to_be_bytes();
            match callback {
                Some(callback) => {
                    encode(&CallbackRecord::from(*callback), &mut self.buffer);
                    put.execute(params![id, callback.state.code(), &*callback.application, self.buffer])?;
                }
                None => {
                    end.execute(params![id])?;
                }
            }
        }
        Ok(())
    }

    fn outgoing(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        if batch.outgoing.is_empty() {
            return Ok(());
        }
        let mut put = self.connection.prepare_cached("INSERT OR REPLACE INTO outgoing(k, data) VALUES(?1, ?2)")?;
        let mut end = self.connection.prepare_cached("DELETE FROM outgoing WHERE k = ?1")?;
        for (stamp, outgoing) in &batch.outgoing {
            match outgoing {
                Some(outgoing) => {
                    encode(&OutgoingRecord::from(*outgoing), &mut self.buffer);
                    put.execute(params![key(*stamp), self.buffer])?;
                }
                None => {
                    end.execute(params![key(*stamp)])?;
                }
            }
        }
        Ok(())
    }

    fn phones(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        if batch.phones.is_empty() {
            return Ok(());
        }
        let mut put = self
            .connection
            .prepare_cached("INSERT OR REPLACE INTO phone(key, due, sessions, data) VALUES(?1, ?2, ?3, ?4)")?;
        let mut end = self.connection.prepare_cached("DELETE FROM phone WHERE key = ?1")?;
        let mut last = None;
        for (phone, record) in &batch.phones {
            match record {
                Some(record) => {
                    last = last.max(record.last_stamp());
                    encode(&PhoneRow::from(*record), &mut self.buffer);
                    let due = record.due_at().map(|at| at.0);
                    put.execute(params![phone, due, record.sessions.len() as i64, self.buffer])?;
                }
                None => {
                    end.execute(params![phone])?;
                }
            }
        }
        if let Some(last) = last {
            // Kept for a long MO in the making: it must not be given again although no message has it yet.
            let sql = "UPDATE meta SET last_stamp = max(last_stamp, ?1)";
            self.connection.prepare_cached(sql)?.execute([key(last)])?;
        }
        Ok(())
    }

    fn sent(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        let mut hand = None;
        for new in &batch.sent {
            let message = new.segment.message;
            if let Some(put) = self.of_day(&mut hand, message.stamp.day(), |sql| &sql.put_sent)? {
                let (k, tail) = (key(message.stamp), message.tail.cast_signed());
                put.execute(params![new.channel, new.network_id, k, tail, new.segment.segment])?;
            }
        }
        Ok(())
    }

    fn unmatched(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        for ((channel, network_id), report) in &batch.unmatched {
            match report {
                Some(report) => {
                    encode(&ReportRecord::from(*report), &mut self.buffer);
                    let mut put = self.connection.prepare_cached(
                        "INSERT OR REPLACE INTO unmatched(channel, network_id, at, data) VALUES(?1, ?2, ?3, ?4)",
                    )?;
                    put.execute(params![channel, network_id, report.report.received_at.0, self.buffer])?;
                }
                None => {
                    let sql = "DELETE FROM unmatched WHERE channel = ?1 AND network_id = ?2";
                    self.connection.prepare_cached(sql)?.execute(params![channel, network_id])?;
                }
            }
        }
        Ok(())
    }

    fn sends(&mut self, batch: &Batch<'_>) -> Result<(), Stop> {
        for ((account, name), send) in &batch.sends {
            let send: &RepeatableSend = send;
            encode(&SendRecord::from(send), &mut self.buffer);
            let mut put = self.connection.prepare_cached(
                "INSERT OR REPLACE INTO idempotency(account, key, until, data) VALUES(?1, ?2, ?3, ?4)",
            )?;
            put.execute(params![account, name, send.until.0, self.buffer])?;
        }
        Ok(())
    }
}
