//! Bytes to domain and back, for each contract an application may speak.
//!
//! Pure: no sockets, no clock, no state. One folder a contract; each has `request.rs` (what is told → the bytes of a
//! callback), `answer.rs` (the bytes of a response → what the application asks for) and `api.rs` (what a client asks
//! through HTTP → plain requests, and the answers it expects). The functions here only choose the folder.

use domain::answer::Answer;
use domain::callback::{CallbackEvent, CallbackKind, Rendered};
use domain::directory::{Application, Contract};

pub mod chain;
pub mod service_layer;
pub mod smssync;
pub mod vumi;

/// The bytes of a callback in the application's contract.
pub fn render(event: &CallbackEvent, application: &Application) -> Rendered {
    match application.contract {
        Contract::ServiceLayer => service_layer::request::render(event, application),
    }
}

/// What a successful response asks for in this contract. `content_type` is the header as sent; never fails, what is
/// not understood becomes a complaint.
pub fn understand(contract: Contract, kind: CallbackKind, content_type: Option<&str>, body: &[u8]) -> Answer {
    match contract {
        Contract::ServiceLayer => service_layer::answer::understand(kind, content_type, body),
    }
}
