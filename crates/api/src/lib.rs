//! HTTP in: everything that listens to HTTP clients and translates between them and the engine.
//!
//! One router serves the native API (`/v1`, `docs/reference/native-api.md`), the Service Layer API (`/api/…`,
//! `docs/reference/service-layer.md`), the Vumi Go API (`/api/v1/go/…`, `docs/reference/vumi.md`), the probes, the metrics and the console. Nothing here decides: changes go through
//! [`state::ApiState::ask`] into the engine and are answered when they are durable, and reading goes through
//! [`reader::Reader`], which shows a caller only what is the caller's.
//!
//! Read first: `state.rs`, `auth/mod.rs`, `reader.rs`, then one file of `native/`.

pub mod auth;
mod body;
mod codes;
pub mod console;
pub mod feed;
mod idempotency;
mod metrics;
mod native;
pub mod phones;
mod probes;
mod problem;
mod query;
pub mod reader;
mod router;
pub mod serve;
mod service_layer;
pub mod shown;
pub mod state;
mod under_way;
mod vumi;

pub use body::{BODY_BYTES_MAX, BODY_MS_MAX};
pub use router::{REQUEST_MS_MAX, router};
