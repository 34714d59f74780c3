//! A seeded world in one thread on virtual clocks: the real engine over the memory store, with a scripted network on
//! one side and scripted applications on the other. For development only; nothing here ships.
//!
//! Each seed runs in two phases: chaos (faults of every neighbour, crashes of the node, a full store, clocks that
//! step), then everything heals and has to come to rest within a bounded virtual time. `check/` holds the promises of
//! `docs/concepts/guarantees.md` against what was committed and what the neighbours saw. The same seed gives the same
//! story, byte for byte.
//!
//! A failing seed is made smaller (`shrink.rs`) until its story is short. How often each fault happened is counted
//! (`tally.rs`), because a fault that never fires proves nothing.
//!
//! Read first: `world.rs` (the loop), `plan.rs` and `script.rs` (what a seed does), then one file of `check/`.

pub mod plan;
pub mod shrink;
pub mod tally;
pub mod world;

mod agenda;
mod application;
mod asks;
mod attempts;
mod chance;
mod check;
mod clients;
mod clock;
mod deliveries;
mod disk;
mod ledger;
mod lie;
mod links;
mod lives;
mod network;
mod node;
mod phones;
mod script;
mod setup;
mod story;
mod submits;
