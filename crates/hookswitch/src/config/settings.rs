//! What the file says, understood and checked: plain data for wiring. Secrets are redacted by their type.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use domain::directory::{Directory, Name};
use domain::secret::Secret;

/// The whole configuration.
pub(crate) struct Settings {
    /// The HTTP listener.
    pub(crate) server: ServerSetting,
    /// Where records are.
    pub(crate) store: StoreSetting,
    /// How long finished messages are kept, in days.
    pub(crate) retention_days: u32,
    /// What opens the console and the native API for the operator. Always there when it comes from a file.
    pub(crate) operator_token: Option<Secret>,
    /// Requests to applications.
    pub(crate) callbacks: CallbackSetting,
    /// Channels over SMPP, in the order of the file.
    pub(crate) smpp_channels: Vec<SmppChannelSetting>,
    /// Simulated operators, in the order of the file.
    pub(crate) simulator_channels: Vec<SimulatorChannelSetting>,
    /// Accounts, applications, channels and routes as decisions see them.
    pub(crate) directory: Directory,
}

// By hand, since URLs of applications may carry credentials: of the directory only the sizes are shown.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("server", &self.server)
            .field("store", &self.store)
            .field("retention_days", &self.retention_days)
            .field("operator_token", &self.operator_token)
            .field("callbacks", &self.callbacks)
            .field("smpp_channels", &self.smpp_channels)
            .field("simulator_channels", &self.simulator_channels)
            .field("accounts", &self.directory.accounts.len())
            .field("applications", &self.directory.applications.len())
            .field("routes", &self.directory.routes.len())
            .finish_non_exhaustive()
    }
}

/// The HTTP listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerSetting {
    /// Where it listens; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// How others reach it, without a slash at the end; none is `http://` and the address it listens on.
    pub(crate) public_url: Option<Arc<str>>,
    /// Most connections at a time.
    pub(crate) connections_max: u32,
}

/// Where records are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreSetting {
    /// A SQLite file.
    Sqlite {
        /// Its path, absolute when that of the configuration file is.
        path: PathBuf,
    },
    /// In memory: gone when the process ends. For trying out and for tests.
    Memory,
}

/// Requests to applications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallbackSetting {
    /// Private networks that may be reached, each a network and perhaps a port, as written and valid.
    pub(crate) allow: Vec<String>,
    /// Budget of an attempt, in milliseconds, for applications that have none of their own.
    pub(crate) timeout_ms: u64,
    /// A PEM file with authorities to trust besides those of the web.
    pub(crate) ca_file: Option<PathBuf>,
}

/// How a link binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BindSetting {
    /// One connection for both directions.
    Transceiver,
    /// A transmitter and a receiver.
    Split,
}

/// What `data_coding` 0 means (SMPP 3.4 §5.2.19).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AlphabetSetting {
    /// The GSM 7 bit default alphabet, one septet an octet.
    Gsm7,
    /// The same as it comes in packed; sent unpacked.
    Gsm7Packed,
    /// ISO 8859-1.
    Latin1,
    /// ASCII.
    Ascii,
}

/// Where a network listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EndpointSetting {
    /// A name or an IP address, the latter without brackets.
    pub(crate) host: String,
    /// TCP port.
    pub(crate) port: u16,
}

/// Type of number and numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumberingSetting {
    /// Type of number (SMPP 3.4 §5.2.5).
    pub(crate) ton: u8,
    /// Numbering plan indicator (SMPP 3.4 §5.2.6).
    pub(crate) npi: u8,
}

/// TLS towards a network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsSetting {
    /// PEM file with the authorities to trust; none trusts those of the web.
    pub(crate) ca_file: Option<PathBuf>,
    /// The name its certificate must bear; none takes the host.
    pub(crate) server_name: Option<String>,
    /// PEM file with our certificate chain. With `key_file` or not at all.
    pub(crate) cert_file: Option<PathBuf>,
    /// PEM file with our private key.
    pub(crate) key_file: Option<PathBuf>,
}

/// A channel over SMPP: what its adapter needs. What decisions need is in the directory under the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SmppChannelSetting {
    /// Its id.
    pub(crate) id: Name,
    /// Where the network listens, at least one.
    pub(crate) hosts: Vec<EndpointSetting>,
    /// Who we are.
    pub(crate) system_id: String,
    /// The password; empty when the network wants none.
    pub(crate) password: Secret,
    /// The kind of ESME; mostly empty.
    pub(crate) system_type: String,
    /// How a link binds.
    pub(crate) bind: BindSetting,
    /// How many links.
    pub(crate) links: u16,
    /// Most segments without an answer on one link.
    pub(crate) window: u16,
    /// Silence after which the peer is asked whether it is there, in milliseconds; 0 never asks.
    pub(crate) enquire_link_ms: u64,
    /// How long an answer may take, in milliseconds.
    pub(crate) response_timeout_ms: u64,
    /// How long connecting may take, and binding again, in milliseconds.
    pub(crate) connect_timeout_ms: u64,
    /// TLS; none is plain TCP.
    pub(crate) tls: Option<TlsSetting>,
    /// What `data_coding` 0 means.
    pub(crate) default_alphabet: AlphabetSetting,
    /// The status for an MO that cannot be taken now; none leaves it to the reason.
    pub(crate) temporary_status: Option<u32>,
    /// The optional parameter that carries the network's identity of an MO.
    pub(crate) mo_identity_tag: Option<u16>,
    /// Whether a text that is a receipt beyond doubt is taken for one although `esm_class` does not say so.
    pub(crate) receipts_in_plain_text: bool,
    /// For service addresses; none goes by their look.
    pub(crate) source: Option<NumberingSetting>,
    /// For phones; none goes by their look.
    pub(crate) destination: Option<NumberingSetting>,
    /// `service_type` of a channel that carries USSD; none carries SMS.
    pub(crate) ussd_service_type: Option<String>,
}

/// A simulated operator and the link to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SimulatorChannelSetting {
    /// Its id.
    pub(crate) id: Name,
    /// The port its SMPP listener takes on the loopback address; 0 takes a free one.
    pub(crate) port: u16,
    /// Most segments without an answer.
    pub(crate) window: u16,
    /// Whether its phones dial instead of texting.
    pub(crate) ussd: bool,
}
