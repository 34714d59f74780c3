//! Callbacks, phones, sessions, parked reports.

use domain::address::AddressKey;
use domain::callback::{Callback, CallbackState};
use domain::id::CallbackId;
use domain::phone::{PhoneRecord, Session};
use domain::report::UnmatchedReport;
use engine::page::{CallbackQuery, Page, SCAN_ROWS_MAX, SessionQuery};
use engine::port::StoreError;
use rusqlite::{Connection, Row};

use crate::page::{PageMaker, rows_max, wants_callback};
use crate::record::callback::CallbackRecord;
use crate::record::phone::PhoneRow;
use crate::record::report::ReportRecord;
use crate::record::{damaged, decode, known};
use crate::sqlite::scan::blob;
use crate::sqlite::write::Stop;

pub(crate) fn callback(connection: &Connection, id: CallbackId) -> Result<Option<Callback>, Stop> {
    let mut find = connection.prepare_cached("SELECT data FROM callback WHERE id = ?1")?;
    let mut rows = find.query([id.to_u128().to_be_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(decode::<CallbackRecord<'_>>(blob(row, 0)?)?.callback()?))
}

/// A page of callbacks, newest first.
pub(crate) fn callbacks(connection: &Connection, query: &CallbackQuery) -> Result<Page<Callback>, Stop> {
    let mut maker = PageMaker::new(query.limit);
    let before = query.before.map_or(u128::MAX, CallbackId::to_u128).to_be_bytes();
    let mut list = connection
        .prepare_cached("SELECT id, state, application, data FROM callback WHERE id < ?1 ORDER BY id DESC")?;
    let mut rows = list.query([before])?;
    while let Some(row) = rows.next()? {
        let id: [u8; 16] = row.get(0)?;
        let id = u128::from_be_bytes(id);
        if !maker.may_look(id) {
            break;
        }
        match wanted_callback(row, query) {
            Ok(Some(callback)) => {
                if !maker.take(id, callback) {
                    break;
                }
            }
            Ok(None) => {}
            Err(damage) => {
                tracing::error!(%damage, "callback {id:032x} cannot be read and is left out of the list");
            }
        }
    }
    Ok(maker.page())
}

fn wanted_callback(row: &Row<'_>, query: &CallbackQuery) -> Result<Option<Callback>, StoreError> {
    let damage = |error: rusqlite::Error| damaged("callback", error);
    let code: u8 = row.get(1).map_err(damage)?;
    let state = known("callback", "state", code, CallbackState::from_code(code))?;
    let application = row.get_ref(2).map_err(damage)?.as_str().map_err(|error| damaged("callback", error))?;
    // Whether it is failing is in the record; all other questions come first.
    if !wants_callback(query, application, state, true) {
        return Ok(None);
    }
    let record = decode::<CallbackRecord<'_>>(blob(row, 3)?)?;
    if !wants_callback(query, application, state, record.failing_since.is_some()) {
        return Ok(None);
    }
    record.callback().map(Some)
}

pub(crate) fn phone(connection: &Connection, phone: &AddressKey) -> Result<Option<PhoneRecord>, Stop> {
    let mut find = connection.prepare_cached("SELECT data FROM phone WHERE key = ?1")?;
    let mut rows = find.query([phone.as_str()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(decode::<PhoneRow<'_>>(blob(row, 0)?)?.phone(phone.clone())?))
}

/// Open sessions in the order of their phones.
pub(crate) fn sessions(connection: &Connection, query: &SessionQuery) -> Result<Vec<(AddressKey, Session)>, Stop> {
    let mut found = Vec::new();
    let limit = rows_max(query.limit);
    let mut keep = |phone: PhoneRecord| {
        let wanted = |s: &Session| query.applications.as_ref().is_none_or(|names| names.contains(&s.application));
        let sessions = phone.sessions.into_iter().filter(wanted).map(|session| (phone.key.clone(), session));
        found.extend(sessions.take(limit - found.len()));
        found.len() < limit
    };
    if let Some(wanted) = &query.phone {
        if let Some(phone) = phone(connection, wanted)? {
            keep(phone);
        }
        return Ok(found);
    }
    let mut open = connection.prepare_cached("SELECT key, data FROM phone WHERE sessions > 0 ORDER BY key LIMIT ?1")?;
    let mut rows = open.query([SCAN_ROWS_MAX as i64])?;
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        let read = blob(row, 1).and_then(|data| decode::<PhoneRow<'_>>(data)?.phone(AddressKey::from_stored(&key)));
        match read {
            Ok(phone) => {
                if !keep(phone) {
                    break;
                }
            }
            Err(damage) => tracing::error!(%damage, "a phone cannot be read and is left out of the sessions"),
        }
    }
    Ok(found)
}

/// Parked reports, newest first.
pub(crate) fn unmatched(connection: &Connection, limit: usize) -> Result<Vec<UnmatchedReport>, Stop> {
    let mut list = connection.prepare_cached("SELECT data FROM unmatched ORDER BY at DESC LIMIT ?1")?;
    let mut rows = list.query([i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        match blob(row, 0).and_then(|data| decode::<ReportRecord<'_>>(data)?.report()) {
            Ok(report) => found.push(report),
            Err(damage) => tracing::error!(%damage, "a parked report cannot be read and is left out of the list"),
        }
    }
    Ok(found)
}
