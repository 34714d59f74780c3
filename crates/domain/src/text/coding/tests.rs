//! Any bytes give a text, and what was guessed is counted.

use proptest::prelude::*;

use super::*;

fn check(alphabet: Alphabet, bytes: &[u8], text: &str, complaints: (u32, u32, u32)) {
    let (unknown, surrogates, truncated) = complaints;
    let expected = Decoded { text: text.to_owned(), complaints: Complaints { unknown, surrogates, truncated } };
    assert_eq!(decode(bytes, alphabet), expected, "{alphabet:?} {bytes:02x?}");
}

#[test]
fn each_alphabet_reads_its_bytes() {
    check(Alphabet::GSM7, b"\x00 \x1b\x65 \x11", "@ € _", (0, 0, 0));
    check(Alphabet::Ascii, b"@ $ _ [x]", "@ $ _ [x]", (0, 0, 0));
    check(Alphabet::Ascii, b"a\xe9b\xff", "a\u{fffd}b\u{fffd}", (2, 0, 0));
    check(Alphabet::Latin1, b"caf\xe9 \xa9\xff\x80", "café ©ÿ\u{80}", (0, 0, 0));
    check(Alphabet::Ucs2, &[0x04, 0x1f, 0x04, 0x40], "Пр", (0, 0, 0));
    for alphabet in [Alphabet::GSM7, Alphabet::Ascii, Alphabet::Latin1, Alphabet::Ucs2] {
        check(alphabet, &[], "", (0, 0, 0));
    }
}

#[test]
fn packed_septets_are_found_with_and_without_their_number() {
    let packed = |fill_bits, septets| Alphabet::Gsm7Packed { languages: Languages::default(), fill_bits, septets };
    let hellohello = [0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37];
    check(packed(0, Some(10)), &hellohello, "hellohello", (0, 0, 0));
    check(packed(0, None), &hellohello, "hellohello", (0, 0, 0));
    check(packed(0, Some(4)), &hellohello, "hell", (0, 0, 0));
    // Seven letters leave seven bits over: filled with zeros they aren't an `@`, unless the number says so.
    check(packed(0, None), &gsm7::pack(b"sevenup", 0), "sevenup", (0, 0, 0));
    check(packed(0, Some(8)), &gsm7::pack(b"sevenup", 0), "sevenup@", (0, 0, 0));
    check(packed(0, None), &gsm7::pack(b"sevenup\r", 0), "sevenup", (0, 0, 0));
    check(packed(1, Some(5)), &gsm7::pack(b"after", 1), "after", (0, 0, 0));
    check(packed(0, Some(500)), &[0x61], "a", (0, 0, 0));
}

#[test]
fn utf16_is_read_whole_and_says_what_is_broken() {
    let u = Alphabet::Ucs2;
    check(u, &[0xd8, 0x3d, 0xde, 0x00], "😀", (0, 0, 0));
    check(u, &[0xd8, 0x3d, 0x00, 0x41], "\u{fffd}A", (0, 1, 0));
    check(u, &[0xde, 0x00, 0x00, 0x41], "\u{fffd}A", (0, 1, 0));
    check(u, &[0x00, 0x41, 0xd8, 0x3d], "A\u{fffd}", (0, 1, 0));
    check(u, &[0x00, 0x41, 0x00], "A\u{fffd}", (0, 0, 1));
    check(u, &[0x41], "\u{fffd}", (0, 0, 1));
    check(u, &[0xfe, 0xff, 0x00, 0x41], "A", (0, 0, 0));
    check(u, &[0xff, 0xfe, 0x41, 0x00, 0x3d, 0xd8, 0x00, 0xde], "A😀", (0, 0, 0));
    check(u, &[0x00, 0x41, 0xfe, 0xff], "A\u{feff}", (0, 0, 0));
}

#[test]
fn complaints_add_up() {
    let mut sum = Complaints { unknown: 1, surrogates: 2, truncated: 3 };
    sum.add(Complaints { unknown: 10, surrogates: 20, truncated: 30 });
    assert_eq!(sum, Complaints { unknown: 11, surrogates: 22, truncated: 33 });
    assert_eq!(sum.total(), 66);
}

fn any_alphabet() -> impl Strategy<Value = Alphabet> {
    let languages = (0u8..20, 0u8..20).prop_map(|(locking, single)| Languages { locking, single });
    prop_oneof![
        languages.clone().prop_map(Alphabet::Gsm7),
        (languages, any::<u8>(), any::<Option<u16>>())
            .prop_map(|(languages, fill_bits, septets)| { Alphabet::Gsm7Packed { languages, fill_bits, septets } }),
        Just(Alphabet::Ascii),
        Just(Alphabet::Latin1),
        Just(Alphabet::Ucs2),
    ]
}

proptest! {
    #[test]
    fn any_bytes_give_a_text_and_every_guess_is_counted(
        bytes in prop::collection::vec(any::<u8>(), 0..300), alphabet in any_alphabet(),
    ) {
        let decoded = decode(&bytes, alphabet);
        let own = if alphabet == Alphabet::Ucs2 {
            bytes.as_chunks::<2>().0.iter().filter(|pair| matches!(**pair, [0xff, 0xfd] | [0xfd, 0xff])).count()
        } else {
            0
        };
        let marks = decoded.text.matches('\u{fffd}').count();
        prop_assert!(marks <= own + decoded.complaints.total() as usize);
        prop_assert!(decoded.text.chars().count() <= bytes.len() * 8 / 7 + 1);
    }

    #[test]
    fn utf16_round_trips(text in any::<String>()) {
        prop_assume!(!text.starts_with(['\u{feff}', '\u{fffe}']));
        let mut bytes = Vec::new();
        encode_ucs2_into(&text, &mut bytes);
        prop_assert_eq!(decode(&bytes, Alphabet::Ucs2), Decoded { text, complaints: Complaints::default() });
    }
}
