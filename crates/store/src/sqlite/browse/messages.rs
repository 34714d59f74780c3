//! Messages, one or a page of them, and timelines.

use domain::address::AddressKey;
use domain::id::Stamp;
use domain::note::{Entry, NoteCode, TimelineRow};
use domain::time::At;
use engine::page::{MessageQuery, MessageRow, Page};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::page::{PageMaker, WantedMessages};
use crate::record::decode;
use crate::record::entry::EntriesRecord;
use crate::record::message::MessageRecord;
use crate::sqlite::day::{self, key, stamp};
use crate::sqlite::load::latest;
use crate::sqlite::phones;
use crate::sqlite::scan::blob;
use crate::sqlite::write::Stop;

/// How far a day's phones are filed; `None` when there is no such day.
fn filed(connection: &Connection, day: i32) -> rusqlite::Result<Option<i64>> {
    connection.prepare_cached("SELECT filed FROM day WHERE day = ?1")?.query_row([day], |row| row.get(0)).optional()
}

pub(crate) fn message(connection: &Connection, wanted: Stamp) -> Result<Option<MessageRow>, Stop> {
    if filed(connection, wanted.day())?.is_none() {
        return Ok(None);
    }
    let mut find = connection.prepare_cached(&day::message(wanted.day()))?;
    let mut rows = find.query([key(wanted)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let message = decode::<MessageRecord<'_>>(blob(row, 2)?)?.message()?;
    let (grown, state) = latest(connection, wanted, row.get(1)?, row.get(0)?)?;
    Ok(Some(MessageRow { message, state, updated_at: At(grown) }))
}

pub(crate) fn timeline(connection: &Connection, wanted: Stamp) -> Result<Vec<TimelineRow>, Stop> {
    if filed(connection, wanted.day())?.is_none() {
        return Ok(Vec::new());
    }
    let mut find = connection.prepare_cached(&day::timeline(wanted.day()))?;
    let mut rows = find.query([key(wanted)])?;
    let mut timeline = Vec::new();
    while let Some(row) = rows.next()? {
        let read = blob(row, 2).and_then(|data| decode::<EntriesRecord<'_>>(data)?.entries());
        // A row that cannot be read says so in its place; the others are told all the same.
        let entries = read.unwrap_or_else(|damage| vec![Entry::note(NoteCode::Complaint, [damage.to_string()])]);
        timeline.push(TimelineRow { at: At(row.get(1)?), entries });
    }
    Ok(timeline)
}

/// A page of messages, newest first.
pub(crate) fn list(connection: &Connection, query: &MessageQuery) -> Result<Page<MessageRow>, Stop> {
    let mut listing = Listing { connection, wanted: WantedMessages::new(query), maker: PageMaker::new(query.limit) };
    let mut named = connection.prepare_cached("SELECT day, filed FROM day WHERE day <= ?1 ORDER BY day DESC")?;
    let last_day = query.before.map_or(i32::MAX, Stamp::day);
    let days = named.query_map([last_day], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for day in days.collect::<Result<Vec<(i32, i64)>, _>>()? {
        match &query.phone {
            Some(phone) => listing.phone_of_day(day.0, day.1, phone)?,
            None => listing.range(day.0, i64::MIN)?,
        }
        if listing.maker.is_done() {
            break;
        }
    }
    Ok(listing.maker.page())
}

struct Listing<'q> {
    connection: &'q Connection,
    wanted: WantedMessages<'q>,
    maker: PageMaker<MessageRow>,
}

impl Listing<'_> {
    fn before(&self) -> i64 {
        self.wanted.before().map_or(i64::MAX, key)
    }

    /// Messages of a day above a key.
    fn range(&mut self, number: i32, above: i64) -> Result<(), Stop> {
        let connection = self.connection;
        let mut list = connection.prepare_cached(&day::list(number))?;
        let mut rows = list.query([above, self.before()])?;
        while let Some(row) = rows.next()? {
            if !self.consider(row)? {
                break;
            }
        }
        Ok(())
    }

    /// Messages of a phone: those not yet filed are looked through, the others are known by their keys.
    fn phone_of_day(&mut self, number: i32, filed: i64, phone: &AddressKey) -> Result<(), Stop> {
        self.range(number, filed)?;
        if self.maker.is_done() {
            return Ok(());
        }
        let before = self.before();
        let mut find = self.connection.prepare_cached(&day::listed(number))?;
        for k in phones::filed(self.connection, number, phone)?.into_iter().filter(|k| *k < before) {
            let mut rows = find.query([k])?;
            if let Some(row) = rows.next()?
                && !self.consider(row)?
            {
                break;
            }
        }
        Ok(())
    }

    /// Puts a message on the page if it is wanted. False: nothing more is to be looked at.
    fn consider(&mut self, row: &Row<'_>) -> Result<bool, Stop> {
        let k: i64 = row.get(0)?;
        let stamp = stamp(k);
        let page_key = u128::from(stamp.0);
        if !self.maker.may_look(page_key) {
            return Ok(false);
        }
        let text = |column: usize| row.get_ref(column).ok().and_then(|value| value.as_str().ok());
        if !self.wanted.by_columns(text(1), text(2), text(3).unwrap_or_default(), row.get(4)?) {
            return Ok(true);
        }
        match self.read(row, stamp) {
            Ok(Some(message)) => Ok(self.maker.take(page_key, message)),
            Ok(None) => Ok(true),
            Err(Stop::Record(damage)) => {
                tracing::error!(%damage, k, "a message cannot be read and is left out of the list");
                Ok(true)
            }
            Err(stop) => Err(stop),
        }
    }

    fn read(&self, row: &Row<'_>, stamp: Stamp) -> Result<Option<MessageRow>, Stop> {
        let record = decode::<MessageRecord<'_>>(blob(row, 7)?)?;
        if !self.wanted.by_text(record.text) {
            return Ok(None);
        }
        let (grown, state) = latest(self.connection, stamp, row.get(6)?, row.get(5)?)?;
        if !self.wanted.by_state(state) {
            return Ok(None);
        }
        let message = record.message()?;
        Ok(Some(MessageRow { message, state, updated_at: At(grown) }))
    }
}
