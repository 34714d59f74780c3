//! Every default and every bound of the configuration, in one place. `docs/operate/configuration.md` shows them, and a
//! test holds the two together.

use super::keys::Number;

/// One day in milliseconds.
const DAY_MS: u64 = 86_400_000;

/// Largest configuration file, in bytes: about 100,000 routes.
pub(crate) const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Largest file that holds a secret, in bytes.
pub(crate) const SECRET_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Longest secret, in bytes.
pub(crate) const SECRET_BYTES_MAX: usize = 4096;
/// Secrets shorter than this many characters are warned about.
pub(crate) const SECRET_CHARS_GOOD: usize = 12;
/// Longest id or key, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 64;
/// Longest text on one line (paths, hosts), in bytes.
pub(crate) const LINE_BYTES_MAX: usize = 4096;
/// Longest URL, in bytes.
pub(crate) const URL_BYTES_MAX: usize = 2048;
/// Longest keyword, in characters.
pub(crate) const KEYWORD_CHARS_MAX: usize = 160;
/// Most elements of a list: tokens, hosts, waits, allowed networks. Lists of addresses have a bound of their own.
pub(crate) const LIST_MAX: usize = 64;
/// Most addresses of a channel.
pub(crate) const ADDRESSES_MAX: usize = 100_000;
/// Longest `system_id` and `password` of a bind, in octets. SMPP 3.4 §5.2.1 has 15, operators hand out longer ones.
pub(crate) const CREDENTIAL_BYTES_MAX: usize = 64;
/// Longest `system_type`, in octets (SMPP 3.4 §5.2.3).
pub(crate) const SYSTEM_TYPE_BYTES_MAX: usize = 12;

/// Where the gateway listens: this machine only, until somebody decides otherwise.
pub(crate) const LISTEN: &str = "127.0.0.1:8080";
/// Where the store is.
pub(crate) const STORE_URL: &str = "sqlite:hookswitch.db";
/// Waits before the next attempt: at once, then 5 s, 30 s, 2 min, 10 min, 1 h. The last one repeats.
pub(crate) const RETRY_WAITS_MS: &[u64] = &[0, 5000, 30_000, 120_000, 600_000, 3_600_000];

/// Connections the HTTP listener holds; each costs a few tens of KiB at most.
pub(crate) const CONNECTIONS_MAX: Number = Number::new("connections_max", "connections", 1024, 1, 65_536);
/// How long finished messages are kept.
pub(crate) const RETENTION_DAYS: Number = Number::new("retention_days", "days", 30, 1, 3650);
/// Budget of an attempt from connect to the last byte of the answer.
pub(crate) const CALLBACK_TIMEOUT_MS: Number = Number::new("timeout_ms", "ms", 15_000, 100, 300_000);
/// The same for one application, which takes that of `[callbacks]` when it says nothing.
pub(crate) const APPLICATION_TIMEOUT_MS: Number = Number::optional("timeout_ms", "ms", 100, 300_000);

/// Wait before the next attempt.
pub(crate) const RETRY_WAIT_MS: Number = Number::optional("retry_ms", "ms", 0, 7 * DAY_MS);
/// How long attempts go on: one day, which outlasts a night and its repair.
pub(crate) const RETRY_FOR_MS: Number = Number::new("retry_for_ms", "ms", DAY_MS, 0, 30 * DAY_MS);
/// How long a failing callback holds its lane: 5 min, after which the phone's next callback goes ahead.
pub(crate) const ORDER_HOLD_MS: Number = Number::new("order_hold_ms", "ms", 300_000, 0, 30 * DAY_MS);
/// Attempts of one application at a time.
pub(crate) const CONCURRENCY: Number = Number::new("concurrency", "attempts", 16, 1, 1000);

/// Requests of one account under way in the Vumi API.
pub(crate) const CONCURRENCY_LIMIT: Number = Number::new("concurrency_limit", "requests", 10, 1, 65_536);
/// Longest text that is put in the Vumi API.
pub(crate) const CONTENT_LENGTH_LIMIT: Number = Number::optional("content_length_limit", "characters", 1, 65_536);
/// Name of the store of a conversation's metrics.
pub(crate) const METRIC_STORE: &str = "default";
/// How long attempts of the Vumi contract go on: one hour, as its own retries did.
pub(crate) const VUMI_RETRY_FOR_MS: Number =
    Number::new("retry_for_ms", "ms", contracts::vumi::answer::RETRY_FOR_MS, 0, 30 * DAY_MS);
/// Budget of one attempt in the Vumi contract.
pub(crate) const VUMI_TIMEOUT_MS: Number =
    Number::new("timeout_ms", "ms", contracts::vumi::answer::TIMEOUT_MS, 100, 300_000);

/// TCP port of an operator: the one registered for SMPP.
pub(crate) const SMPP_PORT: Number = Number::new("port", "TCP port", 2775, 1, 65_535);
/// TCP port of a simulated operator; 0 takes a free one.
pub(crate) const SIMULATOR_PORT: Number = Number::new("port", "TCP port", 0, 0, 65_535);
/// Links of a channel.
pub(crate) const LINKS: Number = Number::new("links", "links", 1, 1, 64);
/// Segments without an answer on one link; what most operators allow.
pub(crate) const WINDOW: Number = Number::new("window", "segments", 10, 1, 1000);
/// Segments a second over all links; 0 goes as fast as the window allows.
pub(crate) const RATE: Number = Number::new("rate", "segments/s", 0, 0, 100_000);
/// Silence after which the peer is asked whether it is there; 0 never asks.
pub(crate) const ENQUIRE_LINK_MS: Number = Number::new("enquire_link_ms", "ms", 30_000, 0, 3_600_000);
/// How long an answer of the network may take before its result is in doubt.
pub(crate) const RESPONSE_TIMEOUT_MS: Number = Number::new("response_timeout_ms", "ms", 60_000, 100, 600_000);
/// How long a connection with its TLS handshake may take, and the bind after it again.
pub(crate) const CONNECT_TIMEOUT_MS: Number = Number::new("connect_timeout_ms", "ms", 10_000, 100, 300_000);
/// The status for an MO that cannot be taken now. Left out: `ESME_RMSGQFUL` when the store is full or busy, else
/// `ESME_RX_T_APPN`.
pub(crate) const TEMPORARY_STATUS: Number = Number::optional("temporary_status", "SMPP status", 1, 0xFFFF_FFFF);
/// The optional parameter in which the network repeats its identity of an MO.
pub(crate) const MO_IDENTITY_TAG: Number = Number::optional("mo_identity_tag", "TLV tag", 1, 0xFFFF);
/// Type of number of service addresses (SMPP 3.4 §5.2.5). Left out, as the next three: by their look.
pub(crate) const SOURCE_TON: Number = Number::optional("source_ton", "TON", 0, 6);
/// Numbering plan of service addresses (SMPP 3.4 §5.2.6).
pub(crate) const SOURCE_NPI: Number = Number::optional("source_npi", "NPI", 0, 18);
/// Type of number of phones.
pub(crate) const DEST_TON: Number = Number::optional("dest_ton", "TON", 0, 6);
/// Numbering plan of phones.
pub(crate) const DEST_NPI: Number = Number::optional("dest_npi", "NPI", 0, 18);

/// How long an MT is valid when the send does not say: one day.
pub(crate) const VALIDITY_MS: Number = Number::new("validity_ms", "ms", DAY_MS, 60_000, 30 * DAY_MS);
/// How long a network id is remembered to recognise a repeated MO: one day.
pub(crate) const DEDUPE_MS: Number = Number::new("dedupe_ms", "ms", DAY_MS, 0, 7 * DAY_MS);
/// How long a long MO waits for its missing segments: 30 min.
pub(crate) const REASSEMBLY_MS: Number = Number::new("reassembly_ms", "ms", 1_800_000, 1000, 7 * DAY_MS);

/// How long a phone waits in a USSD dialog before it gets the sorry text: networks give up after some 30 s.
pub(crate) const USSD_REPLY_MS: Number = Number::new("ussd_reply_ms", "ms", 20_000, 500, 600_000);
/// What a phone gets when no answer came in time.
pub(crate) const USSD_SORRY: &str = "Sorry, this takes longer than usual. Please try again later.";
/// `service_type` of USSD (SMPP 3.4 §5.2.11).
pub(crate) const USSD_SERVICE_TYPE: &str = "USSD";
/// Longest `service_type`, in octets (SMPP 3.4 §5.2.11).
pub(crate) const SERVICE_TYPE_BYTES_MAX: usize = 5;

/// How long a session lives without a message: 30 min.
pub(crate) const SESSION_MS: Number = Number::new("session_ms", "ms", 1_800_000, 1000, 30 * DAY_MS);
