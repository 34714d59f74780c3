//! The record of what was accepted, behind the ports `engine::port::{Store, Browse}`: in a SQLite file ([`sqlite`]) or
//! in memory ([`memory`], for simulations). Both keep the same promises, held by one suite of tests.
//!
//! Nothing is decided here: the store writes what it is told, all of a batch or nothing, and finds it again.
//!
//! Read first: `record/` (what a stored record looks like), `sqlite/schema.rs` (where it lies), `sqlite/write.rs`.

pub mod memory;
pub mod sqlite;

mod batch;
mod due;
mod limit;
mod page;
mod record;
mod series;

#[cfg(test)]
mod tests;
