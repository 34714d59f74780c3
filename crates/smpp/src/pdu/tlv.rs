//! Optional parameters (SMPP 3.4 §5.3), kept in wire form so that nothing a vendor sends is lost or copied twice.
//! The known ones are read on demand, and leniently: a wrong length gives nothing, or the number that is there.

use std::fmt;

use crate::latin1::Latin1;
use crate::udh::{Concat, ConcatKind};

/// The tag of an optional parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(pub u16);

impl Tag {
    /// Text beside an error status.
    pub const ADDITIONAL_STATUS_INFO_TEXT: Tag = Tag(0x001D);
    /// The message id a receipt is about.
    pub const RECEIPTED_MESSAGE_ID: Tag = Tag(0x001E);
    /// A number the ESME gave the message.
    pub const USER_MESSAGE_REFERENCE: Tag = Tag(0x0204);
    /// The sender's application port.
    pub const SOURCE_PORT: Tag = Tag(0x020A);
    /// The receiver's application port.
    pub const DESTINATION_PORT: Tag = Tag(0x020B);
    /// The number of the long message a segment belongs to.
    pub const SAR_MSG_REF_NUM: Tag = Tag(0x020C);
    /// How many segments the long message has.
    pub const SAR_TOTAL_SEGMENTS: Tag = Tag(0x020E);
    /// Which segment this is, from 1.
    pub const SAR_SEGMENT_SEQNUM: Tag = Tag(0x020F);
    /// The version the SMSC speaks, in bind responses.
    pub const SC_INTERFACE_VERSION: Tag = Tag(0x0210);
    /// What the network said about a failure.
    pub const NETWORK_ERROR_CODE: Tag = Tag(0x0423);
    /// The message's octets where `short_message` is too short for them.
    pub const MESSAGE_PAYLOAD: Tag = Tag(0x0424);
    /// The state of the message a receipt is about.
    pub const MESSAGE_STATE: Tag = Tag(0x0427);
    /// The USSD operation.
    pub const USSD_SERVICE_OP: Tag = Tag(0x0501);
    /// The session of an interactive teleservice; USSD uses it too.
    pub const ITS_SESSION_INFO: Tag = Tag(0x1383);
}

/// The value is longer than 65,535 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlvTooLong;

impl fmt::Display for TlvTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an optional parameter is longer than 65,535 octets")
    }
}

impl std::error::Error for TlvTooLong {}

/// What the network said about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NetworkErrorCode {
    /// 1 ANSI-136, 2 IS-95, 3 GSM, others by vendors.
    pub network: u8,
    /// The network's own code.
    pub code: u16,
}

/// Where in an interactive session a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItsSessionInfo {
    /// The session's number.
    pub session: u8,
    /// The dialogue unit within the session, 0 to 127.
    pub sequence: u8,
    /// Whether the session ends with this message.
    pub end: bool,
}

/// What a message is in a USSD dialog. Values outside of the spec's are kept as they came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UssdServiceOp(pub u8);

impl UssdServiceOp {
    /// A phone's single request that expects no answer.
    pub const PSSD_INDICATION: UssdServiceOp = UssdServiceOp(0);
    /// A phone begins a dialog.
    pub const PSSR_INDICATION: UssdServiceOp = UssdServiceOp(1);
    /// To the phone: a text that it may answer.
    pub const USSR_REQUEST: UssdServiceOp = UssdServiceOp(2);
    /// To the phone: the last text of a dialog that the phone began.
    pub const PSSR_RESPONSE: UssdServiceOp = UssdServiceOp(17);
    /// The phone's answer to [`UssdServiceOp::USSR_REQUEST`].
    pub const USSR_CONFIRM: UssdServiceOp = UssdServiceOp(18);

    /// Whether the value is one of those left to vendors (32 to 255).
    pub const fn is_vendor(self) -> bool {
        self.0 >= 32
    }
}

/// The optional parameters of a PDU in their order. Repeated tags are kept; getters give the first.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Tlvs {
    /// Tag, length, value, again and again; always whole.
    wire: Vec<u8>,
}

impl Tlvs {
    /// Takes parameters in wire form that the reader has proven to be whole.
    pub(crate) fn from_checked(wire: &[u8]) -> Tlvs {
        Tlvs { wire: wire.to_vec() }
    }

    /// All of them in wire form.
    pub fn as_wire(&self) -> &[u8] {
        &self.wire
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.wire.is_empty()
    }

    /// Each tag with its value.
    pub fn iter(&self) -> impl Iterator<Item = (Tag, &[u8])> {
        let mut rest = &self.wire[..];
        std::iter::from_fn(move || {
            let [t1, t0, l1, l0, after @ ..] = rest else {
                return None;
            };
            let length = usize::from(u16::from_be_bytes([*l1, *l0]));
            let (value, next) = after.split_at_checked(length)?;
            rest = next;
            Some((Tag(u16::from_be_bytes([*t1, *t0])), value))
        })
    }

    /// The first value of a tag.
    pub fn get(&self, tag: Tag) -> Option<&[u8]> {
        self.iter().find(|(other, _)| *other == tag).map(|(_, value)| value)
    }

    /// Adds a parameter behind the others.
    pub fn push(&mut self, tag: Tag, value: &[u8]) -> Result<(), TlvTooLong> {
        let length = u16::try_from(value.len()).map_err(|_| TlvTooLong)?;
        self.put(tag, length, value);
        Ok(())
    }

    /// Adds a number of one octet.
    pub fn push_u8(&mut self, tag: Tag, value: u8) {
        self.put(tag, 1, &[value]);
    }

    /// Adds a number of two octets.
    pub fn push_u16(&mut self, tag: Tag, value: u16) {
        self.put(tag, 2, &value.to_be_bytes());
    }

    /// Adds a string with its NUL.
    pub fn push_text(&mut self, tag: Tag, text: &Latin1) -> Result<(), TlvTooLong> {
        self.push(tag, &[text.as_bytes(), &[0]].concat())
    }

    fn put(&mut self, tag: Tag, length: u16, value: &[u8]) {
        self.wire.extend_from_slice(&tag.0.to_be_bytes());
        self.wire.extend_from_slice(&length.to_be_bytes());
        self.wire.extend_from_slice(value);
    }

    /// A number of one to four octets, whatever length the spec gives it.
    pub fn number(&self, tag: Tag) -> Option<u32> {
        match self.get(tag)? {
            octets @ ([_] | [_, _] | [_, _, _] | [_, _, _, _]) => {
                Some(octets.iter().fold(0, |number, &octet| number << 8 | u32::from(octet)))
            }
            _ => None,
        }
    }

    /// A string up to its NUL, or to its end if it has none.
    pub fn text(&self, tag: Tag) -> Option<Latin1> {
        let octets = self.get(tag)?;
        Some(Latin1::from_bytes(octets.split(|&octet| octet == 0).next().unwrap_or(octets)))
    }

    /// The numbering of a long message, if all three `sar_…` parameters are there and make sense.
    pub fn sar(&self) -> Option<Concat> {
        if self.is_empty() {
            return None;
        }
        let reference = self.number(Tag::SAR_MSG_REF_NUM)?;
        let total = u8::try_from(self.number(Tag::SAR_TOTAL_SEGMENTS)?).ok()?;
        let segment = u8::try_from(self.number(Tag::SAR_SEGMENT_SEQNUM)?).ok()?;
        let reference = u16::try_from(reference & 0xFFFF).ok()?;
        Concat::checked(ConcatKind::Sar, reference, total, segment)
    }

    /// Says the numbering of a long message.
    pub fn push_sar(&mut self, concat: Concat) {
        self.push_u16(Tag::SAR_MSG_REF_NUM, concat.reference);
        self.push_u8(Tag::SAR_TOTAL_SEGMENTS, concat.total);
        self.push_u8(Tag::SAR_SEGMENT_SEQNUM, concat.segment);
    }

    /// What the network said about a failure.
    pub fn network_error_code(&self) -> Option<NetworkErrorCode> {
        match self.get(Tag::NETWORK_ERROR_CODE)? {
            &[network, high, low] => Some(NetworkErrorCode { network, code: u16::from_be_bytes([high, low]) }),
            _ => None,
        }
    }

    /// Where in an interactive session the message stands.
    pub fn its_session_info(&self) -> Option<ItsSessionInfo> {
        match self.get(Tag::ITS_SESSION_INFO)? {
            &[session, octet] => Some(ItsSessionInfo { session, sequence: octet >> 1, end: octet & 1 != 0 }),
            _ => None,
        }
    }

    /// Says where in an interactive session the message stands.
    pub fn push_its_session_info(&mut self, info: ItsSessionInfo) {
        let octet = info.sequence << 1 | u8::from(info.end);
        self.put(Tag::ITS_SESSION_INFO, 2, &[info.session, octet]);
    }

    /// What the message is in a USSD dialog (SMPP 3.4 §5.3.2.44). A number in more octets is taken, and one in digits
    /// too (`18`, `02` and a NUL): the octets of digits mean nothing else there.
    pub fn ussd_service_op(&self) -> Option<UssdServiceOp> {
        let octets = self.get(Tag::USSD_SERVICE_OP)?;
        let digits = octets.strip_suffix(&[0]).unwrap_or(octets);
        let value = match std::str::from_utf8(digits) {
            Ok(text) if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) => text.parse().ok(),
            _ => self.number(Tag::USSD_SERVICE_OP).and_then(|number| u8::try_from(number).ok()),
        };
        value.map(UssdServiceOp)
    }

    /// Says what the message is in a USSD dialog.
    pub fn push_ussd_service_op(&mut self, op: UssdServiceOp) {
        self.push_u8(Tag::USSD_SERVICE_OP, op.0);
    }
}

impl fmt::Debug for Tlvs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
