//! The connections that read: opened when needed, kept, at most [`READERS_MAX`]; who comes when all are taken waits.

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use engine::port::StoreError;
use rusqlite::Connection;

use crate::limit::READERS_MAX;
use crate::sqlite::failure;
use crate::sqlite::open::Place;
use crate::sqlite::write::Stop;

pub(crate) struct Pool {
    // Before the place: connections close before the file is given back.
    state: Mutex<State>,
    returned: Condvar,
    place: Arc<Place>,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    lent: usize,
}

/// A connection on loan.
struct Loan<'p> {
    connection: Option<Connection>,
    pool: &'p Pool,
}

impl Deref for Loan<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a loan has its connection until it ends")
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.lock();
        state.lent -= 1;
        // One that is stuck in a transaction is closed instead.
        state.idle.extend(self.connection.take().filter(Connection::is_autocommit));
        drop(state);
        self.pool.returned.notify_one();
    }
}

impl Pool {
    pub(crate) fn new(place: Arc<Place>) -> Pool {
        Pool { state: Mutex::default(), returned: Condvar::new(), place }
    }

    /// Reads one state of the file.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Stop>) -> Result<T, StoreError> {
        let loan = self.borrow().map_err(|error| failure::of_reader(&error))?;
        let run = || -> Result<T, Stop> {
            loan.prepare_cached("BEGIN")?.execute([])?;
            let found = work(&loan);
            loan.prepare_cached("ROLLBACK")?.execute([])?;
            found
        };
        run().map_err(|stop| match stop {
            Stop::Sqlite(error) => failure::of_reader(&error),
            Stop::Record(error) => error,
        })
    }

    fn borrow(&self) -> rusqlite::Result<Loan<'_>> {
        let mut state = self.lock();
        while state.lent == READERS_MAX {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.lent += 1;
        let idle = state.idle.pop();
        drop(state);
        let mut loan = Loan { connection: idle, pool: self };
        if loan.connection.is_none() {
            loan.connection = Some(self.place.reader()?);
        }
        Ok(loan)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
