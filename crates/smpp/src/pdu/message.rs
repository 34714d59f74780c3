//! The one PDU body that matters: a short message, as `submit_sm` (SMPP 3.4 §4.4.1), `deliver_sm` (§4.6.1) and
//! `data_sm` (§4.7.1) carry it. What its octets mean is read elsewhere ([`crate::coding`], [`crate::udh`]).

use super::command::{Command, HEADER_BYTES, Header};
use super::reader::{DecodeError, Oddities, Reader};
use super::tlv::{Tag, TlvTooLong, Tlvs};
use super::writer::{EncodeError, check_text, put_text, write};
use crate::latin1::Latin1;
use crate::status::Status;
use crate::udh::{self, UserDataHeader};

/// The most octets `short_message` may have (SMPP 3.4 §5.2.21).
pub const SHORT_MESSAGE_BYTES_MAX: usize = 254;

/// The bit of `esm_class` that says a user data header stands before the text.
pub const ESM_CLASS_UDHI: u8 = 0x40;

const SERVICE_TYPE_BYTES_MAX: usize = 5;
const ADDRESS_BYTES_MAX: usize = 20;
const DATA_ADDRESS_BYTES_MAX: usize = 64;
const TIME_BYTES_MAX: usize = 16;
/// Octets of a body besides its strings, `short_message` and optional parameters; data_sm has fewer.
const FIXED_BYTES: usize = 17;

/// An address as the wire has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Address {
    /// Type of number (SMPP 3.4 §5.2.5).
    pub ton: u8,
    /// Numbering plan (SMPP 3.4 §5.2.6).
    pub npi: u8,
    /// The digits or letters.
    pub address: Latin1,
}

/// Which PDUs carry a message in its direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// `submit_sm` or `deliver_sm`.
    #[default]
    Sm,
    /// `data_sm`, which lacks the fields from `protocol_id` on except `registered_delivery` and `data_coding`.
    Data,
}

/// A short message from an ESME to an SMSC.
pub type Submit = ShortMessage;
/// A short message from an SMSC to an ESME.
pub type Deliver = ShortMessage;

/// A short message. Fields are those of the spec, in its order; what a form lacks is zero or empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShortMessage {
    /// Which PDU carries it.
    pub form: Form,
    /// `CMT`, `USSD`, mostly empty.
    pub service_type: Latin1,
    /// From whom.
    pub source: Address,
    /// To whom.
    pub destination: Address,
    /// Mode, type, and features such as [`ESM_CLASS_UDHI`].
    pub esm_class: u8,
    /// GSM protocol identifier.
    pub protocol_id: u8,
    /// 0 to 3.
    pub priority_flag: u8,
    /// When to deliver: see [`crate::time`]. Empty means at once.
    pub schedule_delivery_time: Latin1,
    /// How long to try: see [`crate::time`]. Empty leaves it to the SMSC.
    pub validity_period: Latin1,
    /// Which receipts are wanted (SMPP 3.4 §5.2.17): 1 always, 2 on failure, bit 4 intermediate ones.
    pub registered_delivery: u8,
    /// 1 replaces a waiting message of the same addresses and service type.
    pub replace_if_present_flag: u8,
    /// The alphabet: see [`crate::coding`].
    pub data_coding: u8,
    /// A message stored at the SMSC.
    pub sm_default_msg_id: u8,
    /// The octets, at most [`SHORT_MESSAGE_BYTES_MAX`] when sent; prefer [`ShortMessage::octets`] for reading.
    pub short_message: Vec<u8>,
    /// Optional parameters.
    pub tlvs: Tlvs,
}

impl ShortMessage {
    /// The message's octets, from `short_message` or, if that is empty, from `message_payload`.
    pub fn octets(&self) -> &[u8] {
        match self.short_message.is_empty() {
            true => self.tlvs.get(Tag::MESSAGE_PAYLOAD).unwrap_or_default(),
            false => &self.short_message,
        }
    }

    /// Puts octets where they fit: into `short_message`, or into a new `message_payload` where there is no room.
    pub fn set_octets(&mut self, octets: &[u8]) -> Result<(), TlvTooLong> {
        if self.form == Form::Data || octets.len() > SHORT_MESSAGE_BYTES_MAX {
            self.short_message.clear();
            return self.tlvs.push(Tag::MESSAGE_PAYLOAD, octets);
        }
        self.short_message = octets.to_vec();
        Ok(())
    }

    /// The user data header, if `esm_class` announces one, and the text behind it.
    pub fn split_header(&self) -> (Option<UserDataHeader<'_>>, &[u8]) {
        if self.esm_class & ESM_CLASS_UDHI == 0 {
            return (None, self.octets());
        }
        let (header, text) = udh::parse(self.octets());
        (Some(header), text)
    }

    /// Reads a body.
    pub fn decode(form: Form, body: &[u8]) -> Result<(ShortMessage, Oddities), DecodeError> {
        let reader = &mut Reader::new(body);
        let address_bytes_max = match form {
            Form::Sm => ADDRESS_BYTES_MAX,
            Form::Data => DATA_ADDRESS_BYTES_MAX,
        };
        let mut message = ShortMessage {
            form,
            service_type: reader.text("service_type", SERVICE_TYPE_BYTES_MAX)?,
            source: Address::decode(reader, "source_addr", address_bytes_max)?,
            destination: Address::decode(reader, "destination_addr", address_bytes_max)?,
            esm_class: reader.octet("esm_class")?,
            ..ShortMessage::default()
        };
        match form {
            Form::Sm => message.decode_sm(reader)?,
            Form::Data => {
                message.registered_delivery = reader.octet("registered_delivery")?;
                message.data_coding = reader.octet("data_coding")?;
            }
        }
        message.tlvs = Tlvs::from_checked(reader.optional_parameters()?);
        Ok((message, reader.oddities()))
    }

    fn decode_sm(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        self.protocol_id = reader.octet("protocol_id")?;
        self.priority_flag = reader.octet("priority_flag")?;
        self.schedule_delivery_time = reader.text("schedule_delivery_time", TIME_BYTES_MAX)?;
        self.validity_period = reader.text("validity_period", TIME_BYTES_MAX)?;
        self.registered_delivery = reader.octet("registered_delivery")?;
        self.replace_if_present_flag = reader.octet("replace_if_present_flag")?;
        self.data_coding = reader.octet("data_coding")?;
        self.sm_default_msg_id = reader.octet("sm_default_msg_id")?;
        let sm_length = usize::from(reader.octet("sm_length")?);
        let octets = reader.octets(sm_length).ok_or(DecodeError::ShortMessageLength)?;
        self.short_message = octets.to_vec();
        Ok(())
    }

    /// Writes the PDU `command` with this body behind what `out` holds. Writes nothing if it can't.
    pub fn encode(
        &self,
        command: Command,
        sequence: u32,
        pdu_bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        self.check(pdu_bytes_max)?;
        write(out, Header { command, status: Status::ROK, sequence }, |out| self.put(out));
        Ok(())
    }

    /// Whether the spec's limits and the bind's are kept.
    fn check(&self, pdu_bytes_max: usize) -> Result<(), EncodeError> {
        let address_bytes_max = match self.form {
            Form::Sm => ADDRESS_BYTES_MAX,
            Form::Data => DATA_ADDRESS_BYTES_MAX,
        };
        check_text(&self.service_type, "service_type", SERVICE_TYPE_BYTES_MAX)?;
        check_text(&self.source.address, "source_addr", address_bytes_max)?;
        check_text(&self.destination.address, "destination_addr", address_bytes_max)?;
        check_text(&self.schedule_delivery_time, "schedule_delivery_time", TIME_BYTES_MAX)?;
        check_text(&self.validity_period, "validity_period", TIME_BYTES_MAX)?;
        if self.short_message.len() > SHORT_MESSAGE_BYTES_MAX {
            return Err(EncodeError::ShortMessageTooLong);
        }
        if self.form == Form::Data && !self.short_message.is_empty() {
            return Err(EncodeError::ShortMessageInDataSm);
        }
        let texts = [
            &self.service_type,
            &self.source.address,
            &self.destination.address,
            &self.schedule_delivery_time,
            &self.validity_period,
        ];
        let texts_bytes: usize = texts.iter().map(|text| text.as_bytes().len()).sum();
        let octets_bytes = self.short_message.len() + self.tlvs.as_wire().len();
        match HEADER_BYTES + FIXED_BYTES + texts_bytes + octets_bytes > pdu_bytes_max {
            true => Err(EncodeError::PduTooLong),
            false => Ok(()),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        put_text(out, &self.service_type);
        self.source.put(out);
        self.destination.put(out);
        out.push(self.esm_class);
        match self.form {
            Form::Sm => {
                out.extend_from_slice(&[self.protocol_id, self.priority_flag]);
                put_text(out, &self.schedule_delivery_time);
                put_text(out, &self.validity_period);
                let sm_length =
                    u8::try_from(self.short_message.len()).expect("checked against SHORT_MESSAGE_BYTES_MAX");
                out.extend_from_slice(&[
                    self.registered_delivery,
                    self.replace_if_present_flag,
                    self.data_coding,
                    self.sm_default_msg_id,
                    sm_length,
                ]);
                out.extend_from_slice(&self.short_message);
            }
            Form::Data => out.extend_from_slice(&[self.registered_delivery, self.data_coding]),
        }
        out.extend_from_slice(self.tlvs.as_wire());
    }
}

impl Address {
    fn decode(reader: &mut Reader<'_>, field: &'static str, bytes_max: usize) -> Result<Address, DecodeError> {
        Ok(Address { ton: reader.octet(field)?, npi: reader.octet(field)?, address: reader.text(field, bytes_max)? })
    }

    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.ton, self.npi]);
        put_text(out, &self.address);
    }
}
