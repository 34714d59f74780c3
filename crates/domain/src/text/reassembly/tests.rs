//! Segments in any order, twice, missing, contradicting each other.

use proptest::prelude::*;

use super::super::gsm7::{self, Languages};
use super::super::segment::{Encoding, Options, ReferenceWidth, plan};
use super::*;

const REFERENCE: Reference = Reference { carrier: Carrier::Udh8, value: 0x2A };

fn place(number: u8, total: u8) -> Concatenation {
    Concatenation { reference: REFERENCE, total, number }
}

fn opened(total: u8) -> Reassembly {
    Reassembly::new("27820001001", "8282", &place(1, total), At::from_ms(1_000), 500)
}

fn add(reassembly: &mut Reassembly, number: u8, alphabet: Alphabet, bytes: &[u8]) -> Result<Added, Misfit> {
    let total = reassembly.total;
    reassembly.add(&place(number, total), alphabet, bytes)
}

fn clean(text: &str) -> Option<Decoded> {
    Some(Decoded { text: text.to_owned(), complaints: Complaints::default() })
}

#[test]
fn segments_out_of_order_make_one_text() {
    let mut message = opened(5);
    let words = ["one ", "two ", "three ", "four ", "five"];
    for (came, number) in [5u8, 1, 3, 2, 4].into_iter().enumerate() {
        let bytes = words[usize::from(number) - 1].as_bytes();
        let expected = if came == 4 { Added::Complete } else { Added::Waiting { missing: 4 - came } };
        assert!(!message.is_complete());
        assert_eq!(message.join(), None);
        assert_eq!(add(&mut message, number, Alphabet::GSM7, bytes), Ok(expected));
    }
    assert_eq!(message.join(), clean("one two three four five"));
    assert_eq!(message.join_partial().missing, []);
}

#[test]
fn a_duplicate_changes_nothing_and_is_told() {
    let mut message = opened(2);
    assert_eq!(add(&mut message, 1, Alphabet::GSM7, b"a"), Ok(Added::Waiting { missing: 1 }));
    let before = message.clone();
    assert_eq!(add(&mut message, 1, Alphabet::GSM7, b"a"), Ok(Added::Duplicate { same: true }));
    assert_eq!(add(&mut message, 1, Alphabet::GSM7, b"b"), Ok(Added::Duplicate { same: false }));
    assert_eq!(add(&mut message, 1, Alphabet::Latin1, b"a"), Ok(Added::Duplicate { same: false }));
    assert_eq!(message, before);
}

#[test]
fn a_misfit_changes_nothing_and_says_why() {
    let mut message = opened(3);
    let other = |carrier, value| Concatenation { reference: Reference { carrier, value }, total: 3, number: 1 };
    for (place, expected) in [
        (place(0, 3), Misfit::NumberZero),
        (place(1, 0), Misfit::TotalZero),
        (place(0, 0), Misfit::TotalZero),
        (place(4, 3), Misfit::NumberAboveTotal { number: 4, total: 3 }),
        (place(1, 4), Misfit::OtherTotal { expected: 3, found: 4 }),
        (other(Carrier::Udh8, 0x2B), Misfit::OtherReference),
        (other(Carrier::Udh16, 0x2A), Misfit::OtherReference),
        (other(Carrier::Sar, 0x2A), Misfit::OtherReference),
    ] {
        assert_eq!(message.add(&place, Alphabet::GSM7, b"x"), Err(expected), "{place:?}");
    }
    let long = [b'x'; SEGMENT_BYTES_MAX + 1];
    assert_eq!(add(&mut message, 1, Alphabet::GSM7, &long), Err(Misfit::TooLong { bytes: 256 }));
    assert_eq!(message, opened(3));
    assert_eq!(add(&mut message, 1, Alphabet::GSM7, &long[1..]), Ok(Added::Waiting { missing: 2 }));
}

#[test]
fn what_is_missing_at_the_deadline_is_marked() {
    let mut message = opened(6);
    assert!(!message.is_due(At(1_499_999)));
    assert!(message.is_due(At::from_ms(1_500)));
    let empty = message.join_partial();
    assert_eq!((empty.text.as_str(), empty.missing), ("[…]", vec![1, 2, 3, 4, 5, 6]));
    for number in [2, 3, 6] {
        add(&mut message, number, Alphabet::GSM7, &[b'0' + number]).unwrap();
    }
    let partial = message.join_partial();
    assert_eq!((partial.text.as_str(), partial.missing), ("[…]23[…]6", vec![1, 4, 5]));
    assert_eq!(message.join(), None);
}

#[test]
fn a_single_segment_is_complete_at_once() {
    let mut message = opened(1);
    assert_eq!(add(&mut message, 1, Alphabet::Latin1, b"caf\xe9"), Ok(Added::Complete));
    assert_eq!(message.join(), clean("café"));
}

#[test]
fn fifty_four_and_two_hundred_fifty_five_segments() {
    for total in [54u8, 255] {
        let mut message = opened(total);
        for number in (1..=total).rev() {
            add(&mut message, number, Alphabet::GSM7, format!("{number} ").as_bytes()).unwrap();
        }
        let expected: String = (1..=total).map(|number| format!("{number} ")).collect();
        assert_eq!(message.join(), clean(&expected));
    }
}

#[test]
fn characters_cut_by_the_sender_are_whole_again() {
    let check = |alphabet: Alphabet, pieces: &[&[u8]], expected: &str| {
        let mut message = opened(pieces.len() as u8);
        for (number, piece) in (1..).zip(pieces) {
            add(&mut message, number, alphabet, piece).unwrap();
        }
        assert_eq!(message.join(), clean(expected), "{alphabet:?} {pieces:02x?}");
    };
    check(Alphabet::Ucs2, &[&[0x00, 0x41, 0xd8, 0x3d], &[0xde, 0x00]], "A😀");
    check(Alphabet::Ucs2, &[&[0x04, 0x1f, 0x04], &[0x40]], "Пр");
    check(Alphabet::GSM7, &[b"5 \x1b", b"\x65 off"], "5 € off");
    let turkish = Alphabet::Gsm7(Languages { locking: 1, single: 1 });
    check(turkish, &[b"ya\x0c\x1b", b"\x69 \x40\x1e"], "yağı İß");
    let packed = Alphabet::Gsm7Packed { languages: Languages::default(), fill_bits: 1, septets: Some(3) };
    let (first, second) = (gsm7::pack(b"5 \x1b", 1), gsm7::pack(b"\x65 !", 1));
    check(packed, &[&first, &second], "5 € !");
}

#[test]
fn a_lost_byte_spoils_one_segment_only() {
    let mut message = opened(2);
    add(&mut message, 1, Alphabet::Ucs2, &[0x00, 0x41, 0x00]).unwrap();
    add(&mut message, 2, Alphabet::Ucs2, &[0x00, 0x42, 0x00, 0x43]).unwrap();
    let joined = message.join().unwrap();
    assert_eq!((joined.text.as_str(), joined.complaints.truncated), ("A\u{fffd}BC", 1));
}

#[test]
fn alphabets_may_change_from_segment_to_segment() {
    let mut message = opened(3);
    add(&mut message, 1, Alphabet::GSM7, b"price \x02").unwrap();
    add(&mut message, 2, Alphabet::Ucs2, &[0xd8, 0x3d, 0xde, 0x00]).unwrap();
    add(&mut message, 3, Alphabet::Latin1, b"\xe9").unwrap();
    assert_eq!(message.join(), clean("price $😀é"));
}

proptest! {
    #[test]
    fn what_was_planned_is_read_back_in_any_order(
        text in "[a-z€@ é\u{1F600}\u{0915}\u{094D}]{1,900}",
        order in any::<prop::sample::Index>(),
        wide in any::<bool>(),
    ) {
        let reference = if wide { ReferenceWidth::Bits16 } else { ReferenceWidth::Bits8 };
        let plan = plan(&text, Options { reference, ..Options::default() }).unwrap();
        let total = plan.segments.len() as u8;
        let alphabet = if plan.encoding == Encoding::Gsm7 { Alphabet::GSM7 } else { Alphabet::Ucs2 };
        let mut message = opened(total);
        let first = order.index(usize::from(total));
        for step in 0..usize::from(total) {
            let at = (first + step) % usize::from(total);
            add(&mut message, at as u8 + 1, alphabet, &plan.segments[at].payload()).unwrap();
        }
        prop_assert_eq!(message.join(), clean(&text));
    }

    #[test]
    fn any_segments_leave_a_sound_state(
        arrivals in prop::collection::vec((0u8..9, 3u8..7, prop::collection::vec(any::<u8>(), 0..8)), 0..30),
    ) {
        let mut message = opened(5);
        for (number, total, bytes) in arrivals {
            let before = message.segments.len();
            let added = message.add(&place(number, total), Alphabet::Ucs2, &bytes);
            let grew = matches!(added, Ok(Added::Waiting { .. } | Added::Complete));
            prop_assert_eq!(message.segments.len(), before + usize::from(grew));
            prop_assert_eq!(added.is_err(), number == 0 || total != 5 || number > total);
        }
        prop_assert!(message.segments.is_sorted_by(|a, b| a.number < b.number));
        let partial = message.join_partial();
        prop_assert_eq!(partial.missing.len() + message.segments.len(), 5);
        prop_assert_eq!(partial.missing.is_empty(), message.is_complete());
        prop_assert_eq!(message.join().map(|joined| joined.text), message.is_complete().then_some(partial.text));
    }
}
