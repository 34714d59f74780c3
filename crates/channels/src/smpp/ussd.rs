//! USSD over SMPP: which turn of its dialog a message from the network is, and how a turn of ours is said (SMPP 3.4
//! §5.3.2.43, §5.3.2.44). When an answer is due and what ends a dialog is decided in the domain.
//!
//! A dialog is known by the 16 bits of `its_session_info` without the lowest one, which says that the dialog ends: the
//! spec puts the session's number into the first octet and a sequence number behind it, networks use all 15 bits for
//! either. What came last goes back as it came, so both are right. `docs/operate/ussd.md` has what peers differ in.

use domain::text::segment::Encoding;
use domain::ussd::{SessionEvent, UssdTurn};
use smpp::pdu::UssdServiceOp;
use smpp::{Deliver, Latin1, Submit, Tag};

use super::options::UssdWire;

/// Most septets of a USSD text: 160 octets, packed (3GPP TS 29.002 §17.7.4, `maxUSSD-StringLength`).
pub(crate) const SEPTETS_MAX: usize = 182;
/// Most UTF-16 units of a USSD text, two octets each.
pub(crate) const UNITS_MAX: usize = 80;

/// `data_coding` for GSM 7 bit text in an unspecified language, where a network takes it over from the cell broadcast
/// scheme that USSD uses (3GPP TS 23.038 §5); SMPP 3.4 gives the value no meaning.
pub(crate) const DATA_CODING_GSM7: u8 = 0x0F;

/// Which turn of which dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) event: SessionEvent,
    /// The network's number of the dialog, when it gave one.
    pub(super) dialog: Option<u16>,
}

/// The turn that a message from the network is; `text` is what it says.
pub(super) fn turn(deliver: &Deliver, text: &str, complaints: &mut Vec<String>) -> Turn {
    let info = session_info(deliver, complaints);
    let dialog = info.map(|bits| bits & !END);
    let ends = info.is_some_and(|bits| bits & END != 0);
    let op = deliver.tlvs.ussd_service_op();
    let event = match op {
        Some(UssdServiceOp::PSSR_INDICATION) => {
            if ends {
                complaints.push("the first turn of the dialog says that it is the last; taken for the first".into());
            }
            SessionEvent::New
        }
        _ if ends => SessionEvent::Close,
        Some(UssdServiceOp::USSR_CONFIRM | UssdServiceOp::USSR_REQUEST) => SessionEvent::Resume,
        Some(UssdServiceOp::PSSD_INDICATION) => SessionEvent::Close,
        Some(op) if op.is_vendor() => SessionEvent::Close,
        Some(op) => {
            complaints.push(format!("ussd_service_op {} is none of a phone; taken for the end of the dialog", op.0));
            SessionEvent::Close
        }
        None => {
            let event = if is_code(text) { SessionEvent::New } else { SessionEvent::Resume };
            complaints.push(format!("no ussd_service_op that can be read; taken for {event} by the look of its text"));
            event
        }
    };
    Turn { event, dialog }
}

/// The bit of `its_session_info` that ends the dialog.
const END: u16 = 1;

/// The 16 bits of `its_session_info`. A single octet is the session's number.
fn session_info(deliver: &Deliver, complaints: &mut Vec<String>) -> Option<u16> {
    match *deliver.tlvs.get(Tag::ITS_SESSION_INFO)? {
        [session, rest] => Some(u16::from_be_bytes([session, rest])),
        [session] => Some(u16::from_be_bytes([session, 0])),
        ref octets => {
            complaints.push(format!("its_session_info has {} octets instead of 2; not read", octets.len()));
            None
        }
    }
}

/// Whether a text is what people dial: `*120#`, `*120*1#`, `#100#`.
fn is_code(text: &str) -> bool {
    let text = text.trim();
    text.len() > 2 && text.starts_with(['*', '#']) && text.ends_with('#')
}

/// Whether a payload (unpacked septets or UTF-16) fits into the one text that USSD carries, or why not.
pub(super) fn check(encoding: Encoding, payload_bytes: usize) -> Result<(), String> {
    let (units, max, name) = match encoding {
        Encoding::Gsm7 => (payload_bytes, SEPTETS_MAX, "septets"),
        Encoding::Ucs2 => (payload_bytes / 2, UNITS_MAX, "UCS-2 characters"),
    };
    match units > max {
        true => Err(format!("the text has {units} {name}, and USSD carries at most {max}; shorten it")),
        false => Ok(()),
    }
}

/// Makes a submit say which turn of which dialog it is. No receipt is asked for, and nothing outlives its dialog.
pub(super) fn mark(submit: &mut Submit, turn: UssdTurn, wire: &UssdWire) {
    submit.service_type = Latin1::from_text(&wire.service_type).unwrap_or_default();
    submit.registered_delivery = 0;
    submit.validity_period = Latin1::default();
    let ends = turn.event == SessionEvent::Close;
    submit.tlvs.push_ussd_service_op(match ends {
        true => UssdServiceOp::PSSR_RESPONSE,
        false => UssdServiceOp::USSR_REQUEST,
    });
    if let Some(dialog) = turn.dialog {
        submit.tlvs.push_u16(Tag::ITS_SESSION_INFO, dialog & !END | u16::from(ends));
    }
}

#[cfg(test)]
mod tests;
