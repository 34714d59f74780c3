//! Receipts: every field is a piece of what came, and what was understood is understood again when it is written as
//! SMPP 3.4 appendix B has it.

use smpp::receipt::{MessageState, Receipt, canonical_id, id_candidates};
use smpp::{ShortMessage, Tag};

use crate::input::Input;

/// Most spellings of one id, and there are at most two ids.
const SPELLINGS_MAX: usize = 5;

/// `esm_class`, `data_coding`, the parameters to give, the id in a parameter, its state, and the octets.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let mut message = ShortMessage { esm_class: input.octet(), data_coding: input.octet(), ..ShortMessage::default() };
    let parameters = input.octet();
    if parameters & 1 != 0 {
        message.tlvs.push(Tag::RECEIPTED_MESSAGE_ID, input.piece()).expect("at most 255 octets");
    }
    if parameters & 2 != 0 {
        message.tlvs.push(Tag::MESSAGE_STATE, input.piece()).expect("at most 255 octets");
    }
    message.short_message = input.rest().to_vec();
    let strict = Receipt::read(&message, false);
    let lenient = Receipt::read(&message, true);
    assert!(strict.is_none() || strict == lenient, "a receipt beyond doubt is one for everybody");
    let Some(receipt) = lenient else { return };
    bounded(&receipt, octets.len());
    spellings(&receipt);
    if receipt.text_id.is_none() && !message.tlvs.iter().any(|(tag, _)| tag == Tag::RECEIPTED_MESSAGE_ID) {
        written_again(&receipt);
    }
}

fn bounded(receipt: &Receipt, octets: usize) {
    let Receipt { message_id, text_id, error, submit_date, done_date, text, .. } = receipt;
    for field in [message_id, text_id, error, submit_date, done_date, text].into_iter().flatten() {
        assert!(!field.is_empty() && field.chars().count() <= octets);
    }
    assert!(receipt.complaints.len() <= 4);
}

fn spellings(receipt: &Receipt) {
    let candidates = receipt.candidates();
    assert!(candidates.len() <= 2 * SPELLINGS_MAX);
    assert_eq!(receipt.message_id.is_some(), !candidates.is_empty());
    for (at, candidate) in candidates.iter().enumerate() {
        assert!(!candidate.is_empty() && !candidates[..at].contains(candidate));
    }
    for id in receipt.message_id.iter().chain(&receipt.text_id) {
        assert!(id_candidates(id).len() <= SPELLINGS_MAX);
        let known = canonical_id(id);
        assert!(known.is_empty() || candidates.contains(&known), "the submit is known as {known}");
    }
}

fn written_again(receipt: &Receipt) {
    let (Some(id), Some(state)) = (&receipt.message_id, receipt.state) else { return };
    assert_eq!(MessageState::of_text(state.to_text()), Some(state));
    assert_eq!(MessageState::of_number(state.to_number().into()), Some(state));
    let error = receipt.error.as_deref().unwrap_or("000");
    let text = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611220506 done date:2611220507 stat:{} err:{error} text:",
        state.to_text()
    );
    let Some(text) = smpp::Latin1::from_text(&text) else { return };
    let message = ShortMessage { short_message: text.as_bytes().to_vec(), ..ShortMessage::default() };
    let again = Receipt::read(&message, true).expect("a receipt beyond doubt");
    assert_eq!((&again.message_id, again.state), (&receipt.message_id, receipt.state), "{text}");
    assert_eq!(again.error.as_deref(), Some(error));
}
