//! What the operator of the gateway chooses about a channel over SMPP. Every wait has a unit and a default.

use std::path::PathBuf;

use domain::directory::Name;
use domain::secret::Secret;

/// Where the network listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an IP address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// How a link binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BindKind {
    /// One connection for both directions.
    #[default]
    Transceiver,
    /// Two connections: a transmitter and a receiver. The link takes orders while the transmitter is bound; the
    /// receiver receives on its own.
    Split,
}

/// TLS for the connections of a channel (TLS 1.2 or later).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// PEM file with the authorities to trust; none trusts those of the web.
    pub ca_file: Option<PathBuf>,
    /// The name the network's certificate must bear; none takes the host.
    pub server_name: Option<String>,
    /// PEM file with our certificate chain, where the network asks for one.
    pub cert_file: Option<PathBuf>,
    /// PEM file with the private key of `cert_file`.
    pub key_file: Option<PathBuf>,
}

/// Type of number and numbering plan of an address (SMPP 3.4 §5.2.5, §5.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbering {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan indicator.
    pub npi: u8,
}

/// What `data_coding` 0 means on a channel (SMPP 3.4 §5.2.19: "SMSC default alphabet").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DefaultAlphabet {
    /// The GSM 7 bit default alphabet, one septet an octet.
    #[default]
    Gsm7,
    /// The same, eight septets in seven octets. Sent unpacked all the same: no operator asked for more.
    Gsm7Packed,
    /// ISO 8859-1, in both directions.
    Latin1,
    /// ASCII, in both directions.
    Ascii,
}

/// How long to wait before the next connection, in milliseconds. Every wait is jittered down to half of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// After the first failure; doubles with each further one. Default 1 s.
    pub backoff_min_ms: u64,
    /// The longest of those waits. Default 60 s.
    pub backoff_max_ms: u64,
    /// After a bind that was refused for good: nothing but a change of configuration helps. Default 5 min.
    pub refused_ms: u64,
    /// After "already bound": the network still holds a bind that is gone. Default 15 s.
    pub already_bound_ms: u64,
}

impl Default for Waits {
    fn default() -> Waits {
        Waits { backoff_min_ms: 1000, backoff_max_ms: 60_000, refused_ms: 300_000, already_bound_ms: 15_000 }
    }
}

/// What a channel that carries USSD says besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UssdWire {
    /// `service_type` of what is submitted, at most 5 octets (SMPP 3.4 §5.2.11). Default `USSD`.
    pub service_type: String,
}

impl Default for UssdWire {
    fn default() -> UssdWire {
        UssdWire { service_type: "USSD".into() }
    }
}

/// A channel over SMPP.
#[derive(Clone, Debug)]
pub struct Options {
    /// The channel's id.
    pub id: Name,
    /// Where the network listens, at least one. Links spread over them, and go on to the next when one is dead.
    pub hosts: Vec<Endpoint>,
    /// Who we are, at most 64 octets (the spec allows 15, networks hand out longer ones).
    pub system_id: String,
    /// The password, at most 64 octets.
    pub password: Secret,
    /// The kind of ESME, at most 12 octets; mostly empty.
    pub system_type: String,
    /// How a link binds.
    pub bind: BindKind,
    /// How many links, at least 1.
    pub links: u16,
    /// Most segments without an answer on one link, at least 1.
    pub window: u16,
    /// TLS; none is plain TCP.
    pub tls: Option<Tls>,
    /// After how long a silence the network is asked whether it is there, in milliseconds; 0 never asks.
    pub enquire_link_ms: u64,
    /// How long an answer of the network may take, in milliseconds.
    pub response_timeout_ms: u64,
    /// How long a connection with its TLS handshake may take, and the bind after it again, in milliseconds.
    pub connect_timeout_ms: u64,
    /// For service addresses, whatever they look like; none goes by their look.
    pub source: Option<Numbering>,
    /// For phones, whatever they look like; none goes by their look.
    pub destination: Option<Numbering>,
    /// For numbers of at most 6 digits.
    pub short_code: Numbering,
    /// What `data_coding` 0 means.
    pub default_alphabet: DefaultAlphabet,
    /// The status for an MO that can't be taken now. None says `ESME_RMSGQFUL` (0x14) when the store is full or busy
    /// and `ESME_RX_T_APPN` (0x64) otherwise.
    pub mo_temporary_status: Option<u32>,
    /// Takes a text that is a receipt beyond doubt for one although `esm_class` does not say so.
    pub receipts_in_plain_text: bool,
    /// The optional parameter in which the network repeats its own identity of an MO when it delivers it again.
    /// `receipted_message_id` of an MO is always looked at.
    pub mo_identity_tag: Option<u16>,
    /// Every message is a turn of a USSD dialog (`docs/operate/ussd.md`); none carries SMS.
    pub ussd: Option<UssdWire>,
    /// Most MOs and receipts that wait for the engine on one connection before reading stops, at least 1.
    pub unanswered_max: u16,
    /// How long to wait before the next connection.
    pub waits: Waits,
    /// Chance for the jitter of those waits.
    pub seed: u64,
}

impl Options {
    /// One transceiver link over plain TCP, everything else as operators commonly want it.
    pub fn new(id: Name, endpoint: Endpoint, system_id: impl Into<String>, password: Secret) -> Options {
        Options {
            id,
            hosts: vec![endpoint],
            system_id: system_id.into(),
            password,
            system_type: String::new(),
            bind: BindKind::Transceiver,
            links: 1,
            window: 10,
            tls: None,
            enquire_link_ms: 30_000,
            response_timeout_ms: 60_000,
            connect_timeout_ms: 10_000,
            source: None,
            destination: None,
            short_code: Numbering { ton: 0, npi: 1 },
            default_alphabet: DefaultAlphabet::Gsm7,
            mo_temporary_status: None,
            receipts_in_plain_text: false,
            mo_identity_tag: None,
            ussd: None,
            unanswered_max: 2048,
            waits: Waits::default(),
            seed: 0,
        }
    }
}

/// Why a channel can't be started with these options. The text begins with a code (`docs/operate/codes/`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOptions {
    /// No host to connect to.
    #[error("HS-4007: channel {channel} has no host; say where its network listens")]
    NoHost {
        /// The channel.
        channel: String,
    },
    /// A name, a password or a type that no bind request can say.
    #[error("HS-4007: channel {channel} can't bind: {reason}; use what the operator gave you")]
    Bind {
        /// The channel.
        channel: String,
        /// Which one and why.
        reason: String,
    },
    /// A file for TLS, or what is in it.
    #[error("HS-4007: channel {channel} can't use TLS: {reason}")]
    Tls {
        /// The channel.
        channel: String,
        /// Which file and why.
        reason: String,
    },
}
