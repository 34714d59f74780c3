//! What an owner chooses about a bind. Every limit has a name, a unit and a default.

use crate::latin1::Latin1;
use crate::pdu::{BindMode, BindRequest, PDU_BYTES_MAX};

/// SMPP 3.4 as `interface_version` says it.
const VERSION_3_4: u8 = 0x34;

/// Bounds and times of a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many of our requests may wait for an answer, at least 1. Default 10.
    pub window: usize,
    /// How long each of them waits, and our `enquire_link` and `unbind` too. Default 60 s.
    pub response_timeout_ms: u64,
    /// After how long a silence the peer is asked whether it is there; 0 never asks. Default 30 s.
    pub enquire_interval_ms: u64,
    /// How long the way from the connection to the bind may take. Default 30 s.
    pub bind_timeout_ms: u64,
    /// How many of the peer's messages may wait for the owner's answer before reading stops, at least 1.
    /// Default 2048.
    pub unanswered_max: usize,
    /// The longest PDU taken or sent. Default [`PDU_BYTES_MAX`].
    pub pdu_bytes_max: usize,
    /// How much output may wait. Reading stops at half of it; a peer whose answers exceed it is closed. Default 1 MiB.
    pub output_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            window: 10,
            response_timeout_ms: 60_000,
            enquire_interval_ms: 30_000,
            bind_timeout_ms: 30_000,
            unanswered_max: 2048,
            pdu_bytes_max: PDU_BYTES_MAX,
            output_bytes_max: 1024 * 1024,
        }
    }
}

/// A bind of ours to an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EsmeOptions {
    /// What is asked for, and as whom.
    pub bind: BindRequest,
    /// Bounds and times.
    pub limits: Limits,
}

impl EsmeOptions {
    /// A bind by name and password with nothing special about it.
    pub fn new(mode: BindMode, system_id: Latin1, password: Latin1) -> EsmeOptions {
        EsmeOptions {
            bind: BindRequest {
                mode,
                system_id,
                password,
                system_type: Latin1::default(),
                interface_version: VERSION_3_4,
                addr_ton: 0,
                addr_npi: 0,
                address_range: Latin1::default(),
            },
            limits: Limits::default(),
        }
    }
}

/// The SMSC's side of a bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmscOptions {
    /// The name it gives itself, at most 15 octets.
    pub system_id: Latin1,
    /// Bounds and times.
    pub limits: Limits,
}
