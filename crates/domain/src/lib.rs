//! What Hookswitch decides, as pure functions over plain data.
//!
//! Nothing here touches the world: no I/O, no async, no clock, no randomness, no serialization, no logging.
//! Time ([`time::At`]) and chance ([`mint::Mint`]) come in as arguments, so the same input always gives the same decision.
//! The one entry is [`decide::decide`]: a [`view::View`] of loaded records and an [`event::Event`] become a [`decision::Decision`].
//!
//! Read first: `event.rs` (what can happen), `decision.rs` (what may be asked of the world), then one file of `decide/`.

pub mod address;
pub mod answer;
pub mod callback;
pub mod dashboard;
pub mod decide;
pub mod decision;
pub mod directory;
pub mod event;
pub mod id;
pub mod limit;
pub mod message;
pub mod metric;
pub mod mint;
pub mod note;
pub mod opt_out;
pub mod outgoing;
pub mod phone;
pub mod report;
pub mod retry;
pub mod route;
pub mod secret;
pub mod stream;
pub mod text;
pub mod time;
pub mod ussd;
pub mod view;
