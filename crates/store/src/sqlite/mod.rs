//! The store in one SQLite file: a write-ahead log that is fsynced with every commit, one connection that writes (on
//! the engine's thread), a few that read, and the upkeep in a thread of its own.
//!
//! Read first: `schema.rs`, `day.rs` (where records lie), `write.rs` (the commit), `upkeep.rs` (what happens beside).

mod browse;
mod dashboard;
mod day;
mod failure;
mod load;
mod open;
mod opt_outs;
mod ownership;
mod phones;
mod refusal;
mod scan;
mod schema;
mod series;
mod streamed;
mod sweep;
mod upkeep;
mod write;

use std::path::Path;
use std::sync::Arc;

use domain::callback::Rendered;
use domain::decision::Change;
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::stream::StreamKind;
use domain::time::At;
use domain::view::View;
use engine::port::{Store, StoreError, Swept, Unfinished};

pub use self::browse::SqliteBrowse;
pub use self::open::Options;
pub use self::refusal::OpenError;

use self::open::Place;
use self::upkeep::Upkeep;
use self::write::Writer;
use crate::batch::Batch;

/// The store of one process; it lives on the engine's thread. Dropping it ends the upkeep and closes the file.
pub struct SqliteStore {
    // In the order in which they must end: the upkeep, the writer, the ownership of the file.
    upkeep: Upkeep,
    writer: Writer,
    place: Arc<Place>,
    failed: Option<String>,
}

impl SqliteStore {
    /// Opens the store in this file, or makes it; at most one process has it open at a time.
    ///
    /// # Errors
    /// Why not, with what to do; the file is as it was.
    pub fn open(path: &Path, options: &Options) -> Result<(SqliteStore, SqliteBrowse), OpenError> {
        let (place, connection) = open::open(path, options)?;
        let failed = |error: rusqlite::Error| OpenError::of_sqlite(path, &error);
        let place = Arc::new(place);
        let writer = Writer::new(connection).map_err(failed)?;
        let upkeep = Upkeep::start(place.writer().map_err(failed)?, place.path.clone())
            .map_err(|error| OpenError::of_system(path, &error))?;
        let browse = SqliteBrowse::new(place.clone());
        Ok((SqliteStore { upkeep, writer, place, failed: None }, browse))
    }

    /// The reason why nothing may be committed any more, when there is one.
    fn check(&self) -> Result<(), StoreError> {
        match self.failed.clone().or_else(|| self.upkeep.trouble()) {
            Some(reason) => Err(StoreError::Fatal(reason)),
            None => Ok(()),
        }
    }

    /// Remembers that it is unknown what is durable: nothing is written after that.
    fn keep_failure<T>(&mut self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Fatal(reason)) = &result {
            self.failed = Some(reason.clone());
            self.upkeep.abandon();
        }
        result
    }
}

impl Store for SqliteStore {
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
        for account in &needs.series {
            let names = self.writer.series.names(&self.writer.connection, account).map_err(StoreError::from)?;
            view.series.insert(account.clone(), names);
        }
        self.writer.read(|writer| load::load(writer, needs, view))
    }

    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError> {
        self.check()?;
        if changes.is_empty() {
            return Ok(());
        }
        let committed = self.writer.commit(at, &Batch::of(changes), &self.place);
        self.keep_failure(committed)
    }

    fn unfinished(&mut self, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError> {
        scan::unfinished(&self.writer.connection, take)
    }

    fn last_stamp(&mut self) -> Result<Stamp, StoreError> {
        scan::last_stamp(&self.writer)
    }

    fn messages(&mut self, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError> {
        self.writer.read(|writer| scan::messages(writer, stamps))
    }

    fn requests(&mut self, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError> {
        self.writer.read(|writer| scan::requests(writer, callbacks))
    }

    fn streamed(
        &mut self,
        application: &str,
        stream: StreamKind,
        after: At,
        limit: usize,
    ) -> Result<Vec<(At, CallbackId)>, StoreError> {
        streamed::after(&self.writer.connection, application, stream, after, limit)
    }

    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
        scan::overdue(&self.writer.connection, after, now)
    }

    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError> {
        self.check()?;
        let swept = sweep::sweep(&mut self.writer, before, now, &self.place);
        if swept.as_ref().is_ok_and(|swept| swept.days > 0) {
            self.upkeep.purge();
        }
        self.upkeep.forget_steps(now);
        self.keep_failure(swept)
    }
}

#[cfg(test)]
mod tests;
