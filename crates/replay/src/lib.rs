//! What must hold for whatever bytes come from outside: one property a file, each a function of octets that panics when
//! the property is broken. The fuzz targets in `fuzz/` call them with what libFuzzer makes up, and `tests/corpora.rs`
//! with what is kept of that in `fuzz/corpus/`, on stable Rust and in seconds (`docs/internals/testing.md §5`).
//!
//! Development only. Nothing of the product is written anew here; two folders of it are private to their crates and are
//! compiled in a second time, so that they need not be made public for this.

pub mod alphabet;
pub mod answer;
pub mod callback_body;
pub mod connection;
pub mod destination;
pub mod header;
mod input;
pub mod long_mo;
pub mod native;
pub mod pdu;
pub mod receipt;
pub mod routing;
pub mod service_layer;
pub mod settings;
pub mod stored;
pub mod tlv;

#[allow(dead_code, unused_imports, reason = "only reading is tried here")]
#[path = "../../hookswitch/src/config/mod.rs"]
mod config;
#[allow(dead_code, reason = "the store uses all of it")]
#[path = "../../store/src/record/mod.rs"]
mod record;

/// A property and the name it has as a fuzz target, as a folder of inputs, and in `docs/internals/testing.md`.
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Panics when the property does not hold for these octets.
    pub check: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "alphabet", check: alphabet::check },
    Target { name: "answer", check: answer::check },
    Target { name: "callback_body", check: callback_body::check },
    Target { name: "connection", check: connection::check },
    Target { name: "destination", check: destination::check },
    Target { name: "header", check: header::check },
    Target { name: "long_mo", check: long_mo::check },
    Target { name: "native", check: native::check },
    Target { name: "pdu", check: pdu::check },
    Target { name: "receipt", check: receipt::check },
    Target { name: "routing", check: routing::check },
    Target { name: "service_layer", check: service_layer::check },
    Target { name: "settings", check: settings::check },
    Target { name: "stored", check: stored::check },
    Target { name: "tlv", check: tlv::check },
];
