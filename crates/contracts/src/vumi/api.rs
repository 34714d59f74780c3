//! What clients ask through HTTP, and the bytes they expect back. Authentication, HTTP and the engine are elsewhere.

pub mod messages;
pub mod metrics;
pub mod opt_outs;
pub mod place;
pub mod response;
