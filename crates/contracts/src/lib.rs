//! Bytes to domain and back, for each contract an application may speak.
//!
//! Pure: no sockets, no clock, no state. One folder a contract; each has `request.rs` (what is told → the bytes of a
//! callback), `answer.rs` (the bytes of a response → what the application asks for) and `api.rs` (what a client asks
//! through HTTP → plain requests, and the answers it expects). The functions here only choose the folder.

use domain::answer::Answer;
use domain::callback::{CallbackEvent, CallbackKind, Rendered};
use domain::directory::{Application, Contract};
use domain::id::CallbackId;
use domain::time::At;

pub mod chain;
pub mod service_layer;
pub mod smssync;
pub mod vumi;

/// The bytes of a callback in the application's contract. `id` is the callback's, `at` when it is made.
pub fn render(event: &CallbackEvent, application: &Application, id: CallbackId, at: At) -> Rendered {
    match application.contract {
        Contract::ServiceLayer => service_layer::request::render(event, application),
        Contract::Vumi => vumi::request::render(event, application, id, at),
    }
}

/// What a successful response asks for in this contract. `content_type` is the header as sent; never fails, what is
/// not understood becomes a complaint.
pub fn understand(contract: Contract, kind: CallbackKind, content_type: Option<&str>, body: &[u8]) -> Answer {
    match contract {
        Contract::ServiceLayer => service_layer::answer::understand(kind, content_type, body),
        Contract::Vumi => vumi::answer::understand(kind, content_type, body),
    }
}

/// What follows a response with this status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its body is understood.
    Taken,
    /// It is attempted again, as after no response at all.
    Again,
    /// The application said no for good; the callback is kept and can be replayed.
    Refused,
}

/// What a status means in this contract. 410 is the callers' affair: it is final in every contract.
pub const fn verdict(contract: Contract, status: u16) -> Verdict {
    match contract {
        Contract::ServiceLayer => {
            if status >= 200 && status <= 299 {
                Verdict::Taken
            } else {
                Verdict::Again
            }
        }
        Contract::Vumi => vumi::answer::verdict(status),
    }
}
