//! From a `deliver_sm` or `data_sm` to the event it means: a report, a whole MO, or a segment of one. Total: whatever
//! the network sends becomes an event, with what was odd about it in words.

use domain::event::{Event, Mo, MoContent};
use domain::limit::TEXT_BYTES_MAX;
use domain::text::coding::{self, Alphabet};
use domain::text::reassembly::{Carrier, Concatenation, Reference, SEGMENT_BYTES_MAX};
use domain::time::At;
use smpp::receipt::Receipt;
use smpp::udh::{Concat, ConcatKind, UdhComplaint};
use smpp::{Deliver, ShortMessage, Tag};

use super::options::{DefaultAlphabet, Options};
use super::{alphabet, numbering, receipt, ussd};

/// Longest identity of an MO that is kept, in characters; a longer one is cut.
const IDENTITY_CHARS_MAX: usize = 128;

/// The event that a message from the network is.
pub(super) fn event(deliver: &Deliver, options: &Options, received_at: At) -> Event {
    if let Some(receipt) = Receipt::read(deliver, options.receipts_in_plain_text) {
        return Event::ReportArrived {
            channel: options.id.clone(),
            phone: numbering::from_wire(&deliver.source),
            report: receipt::report(&receipt, received_at),
        };
    }
    let mut complaints = Vec::new();
    let content = content(deliver, options.default_alphabet, &mut complaints);
    let turn = options.ussd.as_ref().map(|_| ussd::turn(deliver, text_of(&content), &mut complaints));
    Event::MoArrived(Mo {
        channel: options.id.clone(),
        network_id: identity(deliver, options),
        from: numbering::from_wire(&deliver.source),
        to: numbering::from_wire(&deliver.destination),
        content,
        complaints,
        session_event: turn.map(|turn| turn.event),
        dialog: turn.and_then(|turn| turn.dialog),
    })
}

/// The text, when it is whole.
fn text_of(content: &MoContent) -> &str {
    match content {
        MoContent::Whole { text, .. } => text,
        MoContent::Segment { .. } => "",
    }
}

/// What a short message of either direction says. `default` is what `data_coding` 0 means.
pub(crate) fn content(deliver: &ShortMessage, default: DefaultAlphabet, complaints: &mut Vec<String>) -> MoContent {
    let (header, octets) = deliver.split_header();
    complaints.extend(header.iter().flat_map(|header| &header.complaints).map(header_complaint));
    let header_bytes = deliver.octets().len() - octets.len();
    let alphabet = alphabet::of_received(deliver.data_coding, header.as_ref(), header_bytes, default, complaints);
    let concat = header.and_then(|header| header.concat).or_else(|| deliver.tlvs.sar());
    match concat.filter(|concat| concat.total > 1) {
        Some(concat) if octets.len() <= SEGMENT_BYTES_MAX => {
            MoContent::Segment { place: place(concat), bytes: octets.to_vec(), alphabet }
        }
        Some(concat) => {
            complaints.push(format!(
                "segment {} of {} has {} octets, more than an SMS can carry; taken for a whole text",
                concat.segment,
                concat.total,
                octets.len()
            ));
            whole(octets, alphabet, complaints)
        }
        None => whole(octets, alphabet, complaints),
    }
}

fn place(concat: Concat) -> Concatenation {
    let carrier = match concat.kind {
        ConcatKind::Udh8 => Carrier::Udh8,
        ConcatKind::Udh16 => Carrier::Udh16,
        ConcatKind::Sar => Carrier::Sar,
    };
    Concatenation {
        reference: Reference { carrier, value: concat.reference },
        total: concat.total,
        number: concat.segment,
    }
}

fn whole(octets: &[u8], alphabet: Alphabet, complaints: &mut Vec<String>) -> MoContent {
    let decoded = coding::decode(octets, alphabet);
    let encoding = alphabet::name(alphabet);
    if decoded.complaints.total() > 0 {
        complaints.push(format!("{} octets are no {encoding}; shown as \u{fffd}", decoded.complaints.total()));
    }
    let mut text = decoded.text;
    if text.len() > TEXT_BYTES_MAX {
        complaints.push(format!("the text has {} bytes; cut to {TEXT_BYTES_MAX}", text.len()));
        text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    }
    MoContent::Whole { text, encoding }
}

/// The network's identity of this delivery, which a repetition carries again.
fn identity(deliver: &Deliver, options: &Options) -> Option<String> {
    if deliver.tlvs.is_empty() {
        return None;
    }
    let vendor = options.mo_identity_tag.and_then(|tag| deliver.tlvs.text(Tag(tag)));
    let id = vendor.or_else(|| deliver.tlvs.text(Tag::RECEIPTED_MESSAGE_ID))?;
    let text: String = id.to_text().trim().chars().take(IDENTITY_CHARS_MAX).collect();
    (!text.is_empty()).then_some(text)
}

fn header_complaint(complaint: &UdhComplaint) -> String {
    match complaint {
        UdhComplaint::LongerThanMessage => "the user data header claims more octets than the message has".into(),
        UdhComplaint::ElementCut => "the user data header ends inside an element".into(),
        UdhComplaint::ElementLength(identifier) => {
            format!("element {identifier:#04x} of the user data header has a wrong length")
        }
        UdhComplaint::BadConcat => {
            "the user data header numbers a segment that can't exist; read as a whole text".into()
        }
    }
}

#[cfg(test)]
mod tests;
