//! Callback chains (`docs/build/chains.md`): an answer may ask for further HTTP requests, and their answers may ask
//! again.
//!
//! Here are the forms in which they are asked for ([`options`] as SMSSync has it, [`native`] as our own contract), the
//! [`request::Request`] that both become, and the rules by which a chain goes on or ends ([`place`]). Which address may be
//! reached is the guard's affair, elsewhere; here a request only becomes one that has a single meaning.

mod draft;
mod header;
pub(crate) mod json;
pub mod limit;
pub mod native;
pub mod options;
pub mod place;
pub mod refusal;
pub mod request;
mod target;

pub use place::{End, Place, Verdict, verdict};
pub use refusal::{Complaint, Refusal};
pub use request::{Fingerprint, Header, Method, Request};

/// One request an answer asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The request, or why it is not made.
    pub request: Result<Request, Refusal>,
    /// What was odd about it without keeping it from being made.
    pub complaints: Vec<Complaint>,
}
