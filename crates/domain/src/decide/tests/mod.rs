//! Decision tables, one file an event.
