//! SMPP 3.4 as a machine without I/O: bytes, time and requests go in; bytes, events and the next deadline come out.
//! One [`Bind`] is one TCP or TLS connection, seen from the side of an ESME (us towards an operator) or of an
//! SMSC (a simulated operator, or us towards a customer).
//!
//! It does not contain sockets, a clock, threads, async, logging, or a buffer without a bound. Nor does it decide
//! anything about messages: text encoding, reassembly, routing, retry and the matching of receipts to submits belong
//! to its owner. Strings of the wire are bytes ([`Latin1`]) and vendor values are kept as they came.
//!
//! Read [`Bind`] first (it states the one rule an owner follows), then [`BindEvent`]; [`ShortMessage`] is what both
//! carry. [`receipt`], [`udh`] and [`coding`] read what is inside a short message.

pub mod bind;
pub mod coding;
pub mod keepalive;
pub mod latin1;
pub mod pdu;
pub mod receipt;
pub mod status;
pub mod time;
pub mod udh;
pub mod window;

mod unanswered;

pub use bind::{AnswerRefused, Bind, BindEvent, CloseReason, Complaint, EsmeOptions, Limits, SendRefused, SmscOptions};
pub use latin1::Latin1;
pub use pdu::{Address, BindMode, BindRequest, Deliver, Form, ShortMessage, Submit, Tag, Tlvs};
pub use status::{BindVerdict, Status, SubmitVerdict};
pub use unanswered::Handle;
