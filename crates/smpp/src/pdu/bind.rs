//! The three bind requests and their responses (SMPP 3.4 §4.1).

use std::fmt;

use super::command::{Command, Header};
use super::reader::{DecodeError, Oddities, Reader};
use super::tlv::{Tag, Tlvs};
use super::writer::{EncodeError, check_text, put_text, write};
use crate::latin1::Latin1;
use crate::status::Status;

const SYSTEM_ID_BYTES_MAX: usize = 15;
const PASSWORD_BYTES_MAX: usize = 8;
const SYSTEM_TYPE_BYTES_MAX: usize = 12;
const ADDRESS_RANGE_BYTES_MAX: usize = 40;
/// What we send at most: operators do hand out names and passwords above the limits of the spec.
const CREDENTIAL_BYTES_MAX: usize = 64;

/// Which way messages flow over a bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindMode {
    /// Only from the ESME to the SMSC.
    Transmitter,
    /// Only from the SMSC to the ESME.
    Receiver,
    /// Both ways.
    Transceiver,
}

impl BindMode {
    /// Whether the ESME may submit.
    pub fn may_submit(self) -> bool {
        self != BindMode::Receiver
    }

    /// Whether the SMSC may deliver.
    pub fn may_deliver(self) -> bool {
        self != BindMode::Transmitter
    }

    /// The request that asks for it.
    pub fn command(self) -> Command {
        match self {
            BindMode::Transmitter => Command::BIND_TRANSMITTER,
            BindMode::Receiver => Command::BIND_RECEIVER,
            BindMode::Transceiver => Command::BIND_TRANSCEIVER,
        }
    }

    /// What a bind request asks for; nothing for other commands.
    pub fn of(command: Command) -> Option<BindMode> {
        match command {
            Command::BIND_TRANSMITTER => Some(BindMode::Transmitter),
            Command::BIND_RECEIVER => Some(BindMode::Receiver),
            Command::BIND_TRANSCEIVER => Some(BindMode::Transceiver),
            _ => None,
        }
    }
}

/// A bind request. Its `Debug` form hides the password.
#[derive(Clone, PartialEq, Eq)]
pub struct BindRequest {
    /// Which way messages shall flow.
    pub mode: BindMode,
    /// Who asks.
    pub system_id: Latin1,
    /// The password.
    pub password: Latin1,
    /// The kind of ESME; mostly empty.
    pub system_type: Latin1,
    /// 0x34 for SMPP 3.4.
    pub interface_version: u8,
    /// Type of number of the addresses served.
    pub addr_ton: u8,
    /// Numbering plan of the addresses served.
    pub addr_npi: u8,
    /// The addresses served, as a regular expression; mostly empty.
    pub address_range: Latin1,
}

impl BindRequest {
    /// Reads the body of the request for `mode`.
    pub fn decode(mode: BindMode, body: &[u8]) -> Result<(BindRequest, Oddities), DecodeError> {
        let reader = &mut Reader::new(body);
        let request = BindRequest {
            mode,
            system_id: reader.text("system_id", SYSTEM_ID_BYTES_MAX)?,
            password: reader.text("password", PASSWORD_BYTES_MAX)?,
            system_type: reader.text("system_type", SYSTEM_TYPE_BYTES_MAX)?,
            interface_version: reader.octet("interface_version")?,
            addr_ton: reader.octet("addr_ton")?,
            addr_npi: reader.octet("addr_npi")?,
            address_range: reader.last_text(ADDRESS_RANGE_BYTES_MAX),
        };
        Ok((request, reader.oddities()))
    }

    /// Writes the request behind what `out` holds. Writes nothing if it can't.
    pub fn encode(&self, sequence: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        check_text(&self.system_id, "system_id", CREDENTIAL_BYTES_MAX)?;
        check_text(&self.password, "password", CREDENTIAL_BYTES_MAX)?;
        check_text(&self.system_type, "system_type", SYSTEM_TYPE_BYTES_MAX)?;
        check_text(&self.address_range, "address_range", ADDRESS_RANGE_BYTES_MAX)?;
        let header = Header { command: self.mode.command(), status: Status::ROK, sequence };
        write(out, header, |out| {
            put_text(out, &self.system_id);
            put_text(out, &self.password);
            put_text(out, &self.system_type);
            out.extend_from_slice(&[self.interface_version, self.addr_ton, self.addr_npi]);
            put_text(out, &self.address_range);
        });
        Ok(())
    }
}

impl fmt::Debug for BindRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BindRequest")
            .field("mode", &self.mode)
            .field("system_id", &self.system_id)
            .field("system_type", &self.system_type)
            .field("interface_version", &self.interface_version)
            .field("address_range", &self.address_range)
            .finish_non_exhaustive()
    }
}

/// The body of a bind response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BindResponse {
    /// Who answers; empty if the body was left out, as beside an error.
    pub system_id: Latin1,
    /// The version the SMSC speaks, if it says.
    pub sc_interface_version: Option<u8>,
}

impl BindResponse {
    /// Reads a body. Optional parameters that make no sense are overlooked: the status is what counts.
    pub fn decode(body: &[u8]) -> (BindResponse, Oddities) {
        let mut reader = Reader::new(body);
        let system_id = match body.is_empty() {
            true => Latin1::default(),
            false => reader.last_text(SYSTEM_ID_BYTES_MAX),
        };
        let tlvs = Tlvs::from_checked(reader.optional_parameters().unwrap_or_default());
        let version = tlvs.number(Tag::SC_INTERFACE_VERSION);
        let sc_interface_version = version.and_then(|version| u8::try_from(version).ok());
        (BindResponse { system_id, sc_interface_version }, reader.oddities())
    }

    /// Whether a name of an SMSC can be sent.
    pub(crate) fn check(system_id: &Latin1) -> Result<(), EncodeError> {
        check_text(system_id, "system_id", SYSTEM_ID_BYTES_MAX)
    }

    /// Writes the response behind what `out` holds. Writes nothing if it can't.
    pub fn encode(&self, mode: BindMode, status: Status, sequence: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        BindResponse::check(&self.system_id)?;
        let mut tlvs = Tlvs::default();
        if let Some(version) = self.sc_interface_version {
            tlvs.push_u8(Tag::SC_INTERFACE_VERSION, version);
        }
        let header = Header { command: mode.command().response(), status, sequence };
        write(out, header, |out| {
            put_text(out, &self.system_id);
            out.extend_from_slice(tlvs.as_wire());
        });
        Ok(())
    }
}
