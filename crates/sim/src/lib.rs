//! A seeded world in one thread on virtual clocks: the real engine over the memory store, with a scripted network on
//! one side and scripted applications on the other. For development only; nothing here ships.
//!
//! Each seed runs in two phases: chaos (faults of every neighbour, crashes of the node, a full store, clocks that
//! step), then everything heals and has to come to rest within a bounded virtual time. `check/` holds the promises of
//! `docs/concepts/guarantees.md` against what was committed and what the neighbours saw. The same seed gives the same
//! story, byte for byte.
//!
//! Read first: `world.rs` (the loop), `plan.rs` (what a seed does), then one file of `check/`.

pub mod check;
pub mod plan;
pub mod world;

mod agenda;
mod application;
mod chance;
mod clients;
mod clock;
mod disk;
mod ledger;
mod network;
mod node;
mod script;
mod setup;
mod story;
mod turns;
