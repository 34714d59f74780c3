//! The messages the simulated operator sends: texts of phones, turns of their dialogs, and receipts in the usual words
//! (SMPP 3.4 appendix B) with the parameters that say the same.

use domain::address::Address;
use domain::text::segment::{Encoding, Options, plan};
use domain::text::{coding, gsm7};
use domain::time::At;
use smpp::pdu::{ESM_CLASS_UDHI, ItsSessionInfo, UssdServiceOp};
use smpp::receipt::MessageState;
use smpp::udh::{Concat, ConcatKind};
use smpp::{Deliver, Latin1, Submit, Tag};

use super::Undelivered;
use super::dialogs::Dialog;
use super::options::ReceiptIds;
use crate::clock::wall;
use crate::smpp::Numbering;
use crate::smpp::numbering::wire;
use crate::smpp::ussd::{SEPTETS_MAX, UNITS_MAX};

/// `esm_class` of a receipt (SMPP 3.4 §5.2.12).
const RECEIPT: u8 = 0x04;
/// How much of the text a receipt repeats, in characters.
const REPEATED_CHARS_MAX: usize = 20;

/// Numbers that are never given twice, not even by the operator that was started before: they begin with the time.
pub(super) struct Numbers {
    started_ms: u64,
    last: u64,
}

impl Numbers {
    pub(super) fn new() -> Numbers {
        Numbers { started_ms: u64::try_from(wall().ms()).unwrap_or(0), last: 0 }
    }

    /// The next number of a submitted message.
    pub(super) fn next_message(&mut self) -> u64 {
        self.last += 1;
        // 44 bits of milliseconds last until the year 2527; more than a million messages begin to borrow from them.
        (self.started_ms << 20).wrapping_add(self.last)
    }

    /// The next identity of a message from a phone.
    fn next_identity(&mut self) -> String {
        format!("mo-{:x}", self.next_message())
    }

    fn next_reference(&mut self) -> u16 {
        self.last += 1;
        (self.last & 0xFF) as u16
    }
}

/// The id that the answer to a submit gives.
pub(super) fn id_given(number: u64) -> String {
    format!("{number:016X}")
}

/// The segments of a text from a phone, each with an identity that a repetition bears again.
pub(super) fn from_phone(
    phone: &Address,
    service_address: &Address,
    text: &str,
    numbers: &mut Numbers,
) -> Result<Vec<Deliver>, Undelivered> {
    let plan = plan(text, Options::default()).map_err(Undelivered::TooLong)?;
    let total = u8::try_from(plan.segments.len()).expect("a plan has at most 255 segments");
    let reference = numbers.next_reference();
    let data_coding = match plan.encoding {
        Encoding::Gsm7 => 0,
        Encoding::Ucs2 => 8,
    };
    let mut delivers = Vec::with_capacity(plan.segments.len());
    for (segment, number) in plan.segments.iter().zip(1..=total) {
        let concat = Concat { kind: ConcatKind::Udh8, reference, total, segment: number };
        let mut octets = if total > 1 { concat.header() } else { Vec::new() };
        segment.payload_into(&mut octets);
        let mut deliver = Deliver {
            source: address(phone)?,
            destination: address(service_address)?,
            esm_class: if total > 1 { ESM_CLASS_UDHI } else { 0 },
            data_coding,
            short_message: octets,
            ..Deliver::default()
        };
        put_text(&mut deliver, Tag::RECEIPTED_MESSAGE_ID, &numbers.next_identity());
        delivers.push(deliver);
    }
    Ok(delivers)
}

/// The `data_coding` and the octets of a text for USSD, which is never split.
pub(super) fn ussd_octets(text: &str) -> Result<(u8, Vec<u8>), Undelivered> {
    if let Ok(septets) = gsm7::encode(text) {
        return if septets.len() <= SEPTETS_MAX { Ok((0, septets)) } else { Err(Undelivered::TooLongForUssd) };
    }
    let mut octets = Vec::new();
    coding::encode_ucs2_into(text, &mut octets);
    if octets.len() <= 2 * UNITS_MAX { Ok((8, octets)) } else { Err(Undelivered::TooLongForUssd) }
}

/// A turn of a phone in its dialog (SMPP 3.4 §5.3.2.43, §5.3.2.44).
pub(super) fn ussd_turn(dialog: &Dialog, op: UssdServiceOp, text: &str, end: bool) -> Result<Deliver, Undelivered> {
    let (data_coding, short_message) = ussd_octets(text)?;
    let mut deliver = Deliver {
        service_type: Latin1::from(b"USSD"),
        source: address(&dialog.phone)?,
        destination: address(&dialog.service_address)?,
        data_coding,
        short_message,
        ..Deliver::default()
    };
    deliver.tlvs.push_ussd_service_op(op);
    deliver.tlvs.push_its_session_info(ItsSessionInfo { session: dialog.number, sequence: 0, end });
    Ok(deliver)
}

fn address(address: &Address) -> Result<smpp::Address, Undelivered> {
    wire(address, None, Numbering { ton: 0, npi: 1 })
        .ok_or(Undelivered::Address(domain::address::AddressRefusal::Control))
}

/// The receipt for a submit that was taken under `number`.
pub(super) fn receipt(
    submit: &Submit,
    (number, ids): (u64, ReceiptIds),
    state: MessageState,
    (submitted_at, done_at): (At, At),
    shown: &str,
) -> Deliver {
    let id = match ids {
        ReceiptIds::AsGiven => id_given(number),
        ReceiptIds::Decimal => number.to_string(),
    };
    let delivered = u8::from(state == MessageState::Delivered);
    let repeated: String = shown.chars().filter(char::is_ascii).take(REPEATED_CHARS_MAX).collect();
    let text = format!(
        "id:{id} sub:001 dlvrd:00{delivered} submit date:{} done date:{} stat:{} err:00{} text:{repeated}",
        date(submitted_at),
        date(done_at),
        state.to_text(),
        1 - delivered,
    );
    let mut receipt = Deliver {
        source: submit.destination.clone(),
        destination: submit.source.clone(),
        esm_class: RECEIPT,
        short_message: text.into_bytes(),
        ..Deliver::default()
    };
    put_text(&mut receipt, Tag::RECEIPTED_MESSAGE_ID, &id);
    receipt.tlvs.push_u8(Tag::MESSAGE_STATE, state.to_number());
    receipt
}

fn put_text(deliver: &mut Deliver, tag: Tag, text: &str) {
    deliver.tlvs.push_text(tag, &Latin1::from_bytes(text.as_bytes())).expect("ids are far below 64 KiB");
}

/// `YYMMDDhhmm`, as receipts have it.
fn date(at: At) -> String {
    let mut text = smpp::time::absolute(u64::try_from(at.ms()).unwrap_or(0)).to_text();
    text.truncate(10);
    text
}
