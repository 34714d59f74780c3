//! How the simulated operator behaves towards everybody. How it behaves towards one phone is [`super::Fate`].

use std::sync::Arc;

use domain::secret::Secret;
use rustls::ServerConfig;

/// How the id of a message is spelled in its receipt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReceiptIds {
    /// As in the answer to the submit: hexadecimal, with leading zeros.
    #[default]
    AsGiven,
    /// In decimal, as some SMSCs do.
    Decimal,
}

/// How the simulated operator behaves.
#[derive(Clone, Debug)]
pub struct OperatorOptions {
    /// The name it gives itself, at most 15 octets.
    pub system_id: String,
    /// Who may bind: a `system_id` and its password. None takes anybody.
    pub login: Option<(String, Secret)>,
    /// From taking a segment to its receipt, in milliseconds.
    pub receipt_delay_ms: u64,
    /// How the id is spelled in receipts.
    pub receipt_ids: ReceiptIds,
    /// How long a submit waits for its answer, in milliseconds.
    pub submit_latency_ms: u64,
    /// More submits in one second are throttled; 0 throttles nobody.
    pub submits_per_second_max: u32,
    /// Most messages without an answer on one connection, at least 1.
    pub window: u16,
    /// How long the gateway's answer may take, in milliseconds.
    pub response_timeout_ms: u64,
    /// After how long what was refused for now or not answered is delivered again, in milliseconds.
    pub redeliver_ms: u64,
    /// After how long a silence the gateway is asked whether it is there, in milliseconds; 0 never asks.
    pub enquire_link_ms: u64,
    /// How long the network waits for the gateway's turn in a USSD dialog, in milliseconds.
    pub ussd_answer_ms: u64,
    /// How long it waits for the person's turn, in milliseconds.
    pub ussd_person_ms: u64,
    /// TLS; none is plain TCP.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Default for OperatorOptions {
    fn default() -> OperatorOptions {
        OperatorOptions {
            system_id: "simulator".into(),
            login: None,
            receipt_delay_ms: 1000,
            receipt_ids: ReceiptIds::AsGiven,
            submit_latency_ms: 0,
            submits_per_second_max: 0,
            window: 100,
            response_timeout_ms: 10_000,
            redeliver_ms: 1000,
            enquire_link_ms: 30_000,
            ussd_answer_ms: 30_000,
            ussd_person_ms: 60_000,
            tls: None,
        }
    }
}
