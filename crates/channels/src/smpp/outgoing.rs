//! From an order of the engine to the `submit_sm` that says it (SMPP 3.4 §4.4.1).

use domain::directory::SegmentMark;
use engine::port::{SubmitAnswer, SubmitOrder};
use smpp::pdu::ESM_CLASS_UDHI;
use smpp::receipt::{canonical_id, id_candidates};
use smpp::udh::{Concat, ConcatKind};
use smpp::{Latin1, Status, Submit, SubmitVerdict, Tag};

use super::options::Options;
use super::{alphabet, numbering, ussd};

/// The highest `priority_flag` (SMPP 3.4 §5.2.14).
const PRIORITY_MAX: u8 = 3;

/// The PDU for an order, or why there is none: such an order will never pass.
pub(super) fn submit(order: SubmitOrder, options: &Options) -> Result<Submit, String> {
    let source = numbering::source(&order.from, options)
        .ok_or_else(|| format!("the sender {} has letters that SMPP can't carry", order.from))?;
    let destination = numbering::destination(&order.to, options)
        .ok_or_else(|| format!("the phone {} has letters that SMPP can't carry", order.to))?;
    if order.ussd.is_some() {
        ussd::check(order.encoding, order.payload.len())?;
    }
    let fits_one = order.ussd.is_some() || order.payload.len() <= single_octets_max(&order);
    let (data_coding, octets) = alphabet::to_send(order.encoding, order.payload, options.default_alphabet);
    let mut submit = Submit {
        source,
        destination,
        priority_flag: order.priority.min(PRIORITY_MAX),
        validity_period: smpp::time::relative(order.validity_ms),
        registered_delivery: u8::from(order.report),
        data_coding,
        ..Submit::default()
    };
    let too_long = |_| "the text is too long for one PDU".to_owned();
    if let Some(turn) = order.ussd {
        if order.segments > 1 {
            return Err("a USSD text is not split, and the order is a segment".into());
        }
        ussd::mark(&mut submit, turn, &options.ussd.clone().unwrap_or_default());
    }
    if order.segments <= 1 {
        // Up to 254 octets would fit into short_message, but the network would take them for one SMS.
        return match fits_one {
            true => submit.set_octets(&octets).map(|()| submit).map_err(too_long),
            false => submit.tlvs.push(Tag::MESSAGE_PAYLOAD, &octets).map(|()| submit).map_err(too_long),
        };
    }
    let kind = match order.mark {
        SegmentMark::Udh8 => ConcatKind::Udh8,
        SegmentMark::Udh16 => ConcatKind::Udh16,
        SegmentMark::Sar => ConcatKind::Sar,
        SegmentMark::Payload => return Err("the channel says not to split, and the order is a segment".into()),
    };
    let concat = Concat::checked(kind, order.reference, order.segments, order.segment.saturating_add(1))
        .ok_or_else(|| format!("segment {} of {} does not exist", order.segment, order.segments))?;
    if kind == ConcatKind::Sar {
        submit.tlvs.push_sar(concat);
        return submit.set_octets(&octets).map(|()| submit).map_err(too_long);
    }
    submit.esm_class |= ESM_CLASS_UDHI;
    let mut headed = concat.header();
    headed.extend_from_slice(&octets);
    submit.set_octets(&headed).map(|()| submit).map_err(too_long)
}

/// Octets of payload that one SMS carries: an unpacked septet takes one, a UTF-16 unit two.
fn single_octets_max(order: &SubmitOrder) -> usize {
    let unit_octets = match order.encoding {
        domain::text::segment::Encoding::Gsm7 => 1,
        domain::text::segment::Encoding::Ucs2 => 2,
    };
    order.encoding.single_units_max() * unit_octets
}

/// What the network's status says to the engine.
pub(super) fn answer(status: Status, message_id: &Latin1) -> SubmitAnswer {
    let reason = || format!("the network says {status}");
    match status.submit_verdict() {
        SubmitVerdict::Accepted => {
            let network_id = message_id.to_text();
            SubmitAnswer::Taken { spellings: spellings(&network_id), network_id }
        }
        SubmitVerdict::Throttled => SubmitAnswer::Throttled { reason: reason() },
        SubmitVerdict::Temporary => SubmitAnswer::Temporary { reason: reason() },
        SubmitVerdict::Permanent => SubmitAnswer::Refused { reason: reason() },
    }
}

/// Every spelling of an id that a receipt may use, the canonical one first; none of an empty id.
pub(super) fn spellings(network_id: &str) -> Vec<String> {
    let canonical = canonical_id(network_id);
    if canonical.is_empty() {
        return Vec::new();
    }
    let mut all = vec![canonical];
    for candidate in id_candidates(network_id) {
        if !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    all
}

#[cfg(test)]
mod tests;
