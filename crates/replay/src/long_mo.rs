//! Long messages: whatever the order and the repetitions, the text is the same; what is missing is marked; and a text
//! that we split is joined again as it was.

use std::collections::BTreeMap;

use domain::text::coding::{Alphabet, decode};
use domain::text::gsm7::Languages;
use domain::text::reassembly::{
    Added, Carrier, Concatenation, GAP_MARK, Misfit, Reassembly, Reference, SEGMENT_BYTES_MAX,
};
use domain::text::segment::{Encoding, Options, ReferenceWidth, SEGMENTS_MAX, count, plan};
use domain::time::At;

use crate::input::Input;

const REFERENCE: Reference = Reference { carrier: Carrier::Udh8, value: 7 };

/// With 0 first, segments of one message as they come; otherwise a text to be split.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    match input.octet() {
        0 => collect(&mut input),
        choice => split_and_join(choice, &String::from_utf8_lossy(input.rest())),
    }
}

/// What ought to have been kept.
type Model = BTreeMap<u8, (Alphabet, Vec<u8>)>;

fn collect(input: &mut Input<'_>) {
    let total = input.octet();
    let first = Concatenation { reference: REFERENCE, total, number: 1 };
    let mut parts = Reassembly::new("41790000000", "8282", &first, At(0), 1);
    let mut model = Model::new();
    while !input.is_empty() {
        let place = place(input, total);
        let alphabet = alphabet(input);
        let bytes = bytes(input);
        let before = parts.clone();
        match parts.add(&place, alphabet, &bytes) {
            Err(misfit) => {
                assert_eq!(parts, before);
                assert!(is_misfit(&misfit, &place, total, bytes.len()), "{misfit}");
            }
            Ok(Added::Duplicate { same }) => {
                assert_eq!(parts, before);
                assert_eq!(same, model[&place.number] == (alphabet, bytes));
            }
            Ok(added) => {
                assert!(model.insert(place.number, (alphabet, bytes)).is_none());
                let missing = usize::from(total) - model.len();
                assert_eq!(added, if missing == 0 { Added::Complete } else { Added::Waiting { missing } });
            }
        }
    }
    told_in_any_order(&parts, &model, &first);
}

/// Mostly a segment of the message, sometimes one that is not.
fn place(input: &mut Input<'_>, total: u8) -> Concatenation {
    let number = input.octet();
    let reference = Reference { value: if number == 0xFE { 8 } else { 7 }, ..REFERENCE };
    let total = if number == 0xFD { total.wrapping_add(1) } else { total };
    Concatenation { reference, total, number }
}

fn alphabet(input: &mut Input<'_>) -> Alphabet {
    let choice = input.octet();
    let languages = Languages { locking: choice >> 4, single: choice >> 4 };
    match choice % 6 {
        0 => Alphabet::GSM7,
        1 => Alphabet::Gsm7(languages),
        2 => Alphabet::Gsm7Packed { languages, fill_bits: choice >> 5, septets: None },
        3 => Alphabet::Latin1,
        4 => Alphabet::Ascii,
        _ => Alphabet::Ucs2,
    }
}

/// A piece; one of 255 octets is made longer than is kept.
fn bytes(input: &mut Input<'_>) -> Vec<u8> {
    let piece = input.piece();
    if piece.len() == SEGMENT_BYTES_MAX { [piece, b"!"].concat() } else { piece.to_vec() }
}

fn is_misfit(misfit: &Misfit, place: &Concatenation, total: u8, bytes: usize) -> bool {
    match misfit {
        Misfit::NumberZero => place.number == 0,
        Misfit::TotalZero => place.total == 0,
        Misfit::NumberAboveTotal { .. } => place.number > place.total,
        Misfit::OtherTotal { .. } => place.total != total,
        Misfit::OtherReference => place.reference != REFERENCE,
        Misfit::TooLong { .. } => bytes > SEGMENT_BYTES_MAX,
    }
}

fn told_in_any_order(parts: &Reassembly, model: &Model, first: &Concatenation) {
    let kept: Model = parts.segments.iter().map(|s| (s.number, (s.alphabet, s.bytes.clone()))).collect();
    assert_eq!(&kept, model);
    let mut backwards = Reassembly::new("41790000000", "8282", first, At(0), 1);
    for (number, (alphabet, bytes)) in model.iter().rev() {
        let place = Concatenation { number: *number, ..*first };
        backwards.add(&place, *alphabet, bytes).expect("it was kept before");
    }
    let partial = parts.join_partial();
    assert_eq!(backwards.join_partial(), partial);
    let missing: Vec<u8> = (1..=first.total).filter(|number| !model.contains_key(number)).collect();
    assert_eq!(partial.missing, missing);
    let whole = parts.join();
    assert_eq!(whole.is_some(), missing.is_empty());
    assert_eq!(parts.is_complete(), missing.is_empty());
    match whole {
        Some(whole) => assert_eq!((whole.text, whole.complaints), (partial.text.clone(), partial.complaints)),
        None => assert!(partial.text.contains(GAP_MARK)),
    }
    // Each octet is at most one character of four bytes and one it had to guess.
    let octets: usize = model.values().map(|(_, bytes)| bytes.len()).sum();
    assert!(partial.text.len() <= octets * 8 + (missing.len() + 1) * GAP_MARK.len());
    let is_byte_by_byte = |alphabet: &Alphabet| matches!(alphabet, Alphabet::Latin1 | Alphabet::Ascii);
    if missing.is_empty() && model.values().all(|(alphabet, _)| is_byte_by_byte(alphabet)) {
        let text: String = model.values().map(|(alphabet, bytes)| decode(bytes, *alphabet).text).collect();
        assert_eq!(partial.text, text);
    }
}

fn split_and_join(choice: u8, text: &str) {
    let reference = if choice & 1 == 0 { ReferenceWidth::Bits8 } else { ReferenceWidth::Bits16 };
    let options = Options { reference, prefer_graphemes: choice & 2 == 0 };
    let counted = count(text, options);
    let Ok(plan) = plan(text, options) else { return assert!(counted.is_err(), "counted, but not split") };
    let counted = counted.expect("split, but not counted");
    assert_eq!((plan.encoding, plan.units, plan.segments.len()), (counted.encoding, counted.units, counted.segments));
    assert!((1..=SEGMENTS_MAX).contains(&counted.segments));
    let pieces: String = plan.segments.iter().map(|segment| segment.text).collect();
    assert_eq!(pieces, text);
    let limit = match plan.segments.len() {
        1 => plan.encoding.single_units_max(),
        _ => plan.encoding.segment_units_max(reference),
    };
    let (alphabet, unit_bytes) = match plan.encoding {
        Encoding::Gsm7 => (Alphabet::GSM7, 1),
        Encoding::Ucs2 => (Alphabet::Ucs2, 2),
    };
    let total = u8::try_from(plan.segments.len()).expect("at most SEGMENTS_MAX");
    let first = Concatenation { reference: REFERENCE, total, number: 1 };
    let mut parts = Reassembly::new("41790000000", "8282", &first, At(0), 1);
    for (number, segment) in (1..=total).zip(&plan.segments).rev() {
        assert!(segment.units <= limit && (total == 1 || segment.units > 0));
        let payload = segment.payload();
        assert_eq!(payload.len(), segment.units * unit_bytes);
        parts.add(&Concatenation { number, ..first }, alphabet, &payload).expect("a segment of ours");
    }
    let joined = parts.join().expect("all were added");
    // A byte order mark at the front, either way around, is no character of the text.
    if plan.encoding == Encoding::Gsm7 || !text.starts_with(['\u{feff}', '\u{fffe}']) {
        assert_eq!((joined.text.as_str(), joined.complaints.total()), (text, 0));
    }
}
