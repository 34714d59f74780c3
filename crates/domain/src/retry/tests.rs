//! When the next attempt comes.
