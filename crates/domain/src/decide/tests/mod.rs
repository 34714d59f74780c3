//! Decision tables, one file an event; what an answer asks for and what it means to become a subscriber have their own.
//!
//! `world.rs` is the fixture they share: it decides one event after the other on a view kept current, and `ledger.rs`
//! holds after every decision what no decision may ever break. `setup.rs` is the configuration they start from.

mod answer;
mod answered_late;
mod attempt_ended;
mod cancel_asked;
mod close_sessions_asked;
mod dashboard_edit_asked;
mod lane_held;
mod ledger;
mod metrics_fired;
mod mo_arrived;
mod mo_in_segments;
mod opt_out_asked;
mod outgoing_due;
mod phone_due;
mod replay_asked;
mod report_arrived;
mod send_asked;
mod setup;
mod storm;
mod submit;
mod subscribe;
mod ussd;
mod vumi;
mod world;
