//! Delivery receipts: what a network later says about a message, inside a `deliver_sm` or `data_sm`
//! (SMPP 3.4 §2.11, §5.2.12, appendix B). Which submit a receipt is about is found by the owner, by
//! [`id_candidates`].
//!
//! The text of a receipt is "vendor specific" by the spec; [`Receipt::read`] takes every spelling seen in the field
//! and tells what it missed.

mod ids;
mod state;
mod text;

pub use ids::{canonical_id, id_candidates};
pub use state::MessageState;

use crate::coding::{Alphabet, Coding};
use crate::latin1::text_of;
use crate::pdu::{Deliver, NetworkErrorCode, Tag};
use text::Fields;

/// `esm_class` bits of the message type (SMPP 3.4 §5.2.12).
const RECEIPT_BIT: u8 = 0x04;
const INTERMEDIATE_BIT: u8 = 0x20;
const MESSAGE_TYPE_MASK: u8 = 0x3C;
/// An acknowledgement by the phone rather than the SMSC; some gateways put receipts into it.
const DELIVERY_ACKNOWLEDGEMENT: u8 = 0x08;

/// A receipt as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// The SMSC's id of the message it is about: `receipted_message_id`, or `id:` of the text.
    pub message_id: Option<String>,
    /// `id:` of the text where it differs from `receipted_message_id`.
    pub text_id: Option<String>,
    /// How the message fares.
    pub state: Option<MessageState>,
    /// Not the last word on the message: an intermediate notification.
    pub intermediate: bool,
    /// The error code of the text (`err:`), as it came.
    pub error: Option<String>,
    /// The error code of the network.
    pub network_error: Option<NetworkErrorCode>,
    /// When the message was submitted, as it came. Mostly `YYMMDDhhmm`, in a zone nobody tells.
    pub submit_date: Option<String>,
    /// When the message reached its state, as it came.
    pub done_date: Option<String>,
    /// How many messages were submitted (`sub:`).
    pub submitted: Option<u32>,
    /// How many messages were delivered (`dlvrd:`).
    pub delivered: Option<u32>,
    /// The beginning of the original message, as it came.
    pub text: Option<String>,
    /// What was missed or made no sense.
    pub complaints: Vec<ReceiptComplaint>,
}

/// Something a receipt should have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptComplaint {
    /// Neither a parameter nor the text names the message.
    NoId,
    /// Neither a parameter nor the text tells a state.
    NoState,
    /// The state in the text is none we know.
    UnknownState(String),
    /// `message_state` is none of the spec's; the text was believed instead.
    UnknownStateNumber(u32),
    /// `message_state` and the text disagree; `message_state` was believed.
    StatesDisagree(String),
}

impl Receipt {
    /// Reads a receipt; nothing if the message isn't one. `esm_class` decides that; with `accept_plain`, a text that
    /// is a receipt beyond doubt is taken for one although `esm_class` says it is an ordinary message.
    pub fn read(deliver: &Deliver, accept_plain: bool) -> Option<Receipt> {
        let message_type = deliver.esm_class & MESSAGE_TYPE_MASK;
        let announced = message_type & (RECEIPT_BIT | INTERMEDIATE_BIT) != 0
            // 0x18 is the abort of a conversation in Korean CDMA and shares no bit with a receipt.
            && message_type != 0x18;
        let acknowledgement = message_type == DELIVERY_ACKNOWLEDGEMENT;
        let plain = message_type == 0 && accept_plain;
        if !announced && !acknowledgement && !plain {
            return None;
        }
        let text = text_of_receipt(deliver);
        let fields = Fields::find(&text);
        let told_by_parameters =
            [Tag::RECEIPTED_MESSAGE_ID, Tag::MESSAGE_STATE].into_iter().all(|tag| deliver.tlvs.get(tag).is_some());
        if !announced && !told_by_parameters && !fields.are_a_receipt() {
            return None;
        }
        let mut receipt = Receipt::of_fields(&fields);
        receipt.intermediate = message_type & INTERMEDIATE_BIT != 0;
        receipt.take_parameters(deliver);
        receipt.take_states(deliver, &fields);
        if receipt.message_id.is_none() {
            receipt.complaints.push(ReceiptComplaint::NoId);
        }
        Some(receipt)
    }

    /// Every spelling under which the submit may be known, best first: see [`id_candidates`].
    pub fn candidates(&self) -> Vec<String> {
        let mut all = Vec::new();
        for id in self.message_id.iter().chain(&self.text_id) {
            for candidate in id_candidates(id) {
                if !all.contains(&candidate) {
                    all.push(candidate);
                }
            }
        }
        all
    }

    fn of_fields(fields: &Fields<'_>) -> Receipt {
        let owned = |field: Option<&str>| field.map(str::to_owned);
        let number = |field: Option<&str>| field.and_then(|digits| digits.parse().ok());
        Receipt {
            message_id: owned(fields.id),
            error: owned(fields.err),
            submit_date: owned(fields.submit_date),
            done_date: owned(fields.done_date),
            submitted: number(fields.sub),
            delivered: number(fields.dlvrd),
            text: owned(fields.text),
            ..Receipt::default()
        }
    }

    fn take_parameters(&mut self, deliver: &Deliver) {
        self.network_error = deliver.tlvs.network_error_code();
        let id = deliver.tlvs.text(Tag::RECEIPTED_MESSAGE_ID).map(|id| id.to_text().trim().to_owned());
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            let text_id = self.message_id.replace(id);
            self.text_id = text_id.filter(|text_id| self.message_id.as_ref() != Some(text_id));
        }
    }

    fn take_states(&mut self, deliver: &Deliver, fields: &Fields<'_>) {
        let number = deliver.tlvs.number(Tag::MESSAGE_STATE);
        let by_number = number.and_then(MessageState::of_number);
        let by_text = fields.stat.and_then(MessageState::of_text);
        self.state = by_number.or(by_text);
        match (number, by_number, fields.stat, by_text) {
            (Some(number), None, ..) => {
                self.complaints.push(ReceiptComplaint::UnknownStateNumber(number));
            }
            (_, Some(a), Some(stat), Some(b)) if a != b => {
                self.complaints.push(ReceiptComplaint::StatesDisagree(stat.to_owned()));
            }
            _ => {}
        }
        match (self.state, fields.stat) {
            (Some(_), _) => {}
            (None, Some(stat)) => self.complaints.push(ReceiptComplaint::UnknownState(stat.to_owned())),
            (None, None) => self.complaints.push(ReceiptComplaint::NoState),
        }
    }
}

/// The text of a receipt: ASCII by custom, read as Latin 1; some SMSCs send UCS-2, and a user data header may precede.
fn text_of_receipt(deliver: &Deliver) -> String {
    let (_, octets) = deliver.split_header();
    // UCS-2 is believed only where the zeros of its Latin letters are seen: the value is often a left-over.
    let wide = Coding::of(deliver.data_coding).alphabet == Alphabet::Ucs2
        && octets.len().is_multiple_of(2)
        && octets.first() == Some(&0);
    match wide {
        false => text_of(octets),
        true => {
            let units = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
    }
}

#[cfg(test)]
mod tests;
