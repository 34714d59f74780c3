//! The alphabet against the tables of 3GPP TS 23.038, both ways.

use proptest::prelude::*;

use super::*;

/// The tables as the specification prints them: a line for the low four bits, a column for the high three.
/// A token is a character, four hexadecimal digits, or one of `SP LF CR FF ESC`; `..` is an empty place.
fn page(lines: &str) -> Vec<Option<char>> {
    let tokens: Vec<_> = lines.split_whitespace().collect();
    assert_eq!(tokens.len(), 128);
    (0..128)
        .map(|code: usize| match tokens[code % 16 * 8 + code / 16] {
            ".." | "ESC" => None,
            "SP" => Some(' '),
            "LF" => Some('\n'),
            "CR" => Some('\r'),
            "FF" => Some('\u{c}'),
            hex if hex.len() == 4 && hex.is_ascii() => char::from_u32(u32::from_str_radix(hex, 16).unwrap()),
            ch => ch.chars().next(),
        })
        .collect()
}

fn check_locking(language: u8, lines: &str) {
    let languages = Languages { locking: language, single: 0 };
    for (code, expected) in (0u8..).zip(page(lines)).filter(|(code, _)| *code != ESCAPE) {
        let decoded = decode(&[code], languages);
        let expected_text = expected.unwrap_or(REPLACEMENT).to_string();
        assert_eq!(decoded.text, expected_text, "language {language}, code {code:#04x}");
        assert_eq!(decoded.complaints.unknown, u32::from(expected.is_none()), "language {language}, code {code:#04x}");
    }
}

fn check_single(language: u8, lines: &str) {
    let languages = Languages { locking: 0, single: language };
    for (code, expected) in (0u8..).zip(page(lines)).filter(|(code, _)| *code != ESCAPE) {
        let decoded = decode(&[ESCAPE, code], languages);
        let fallback = || decode(&[code], Languages::default()).text;
        assert_eq!(decoded.text, expected.map_or_else(fallback, String::from), "language {language}, code {code:#04x}");
        assert_eq!(decoded.complaints.unknown, u32::from(expected.is_none()), "language {language}, code {code:#04x}");
    }
}

const DEFAULT_PAGE: &str = "
    @ Δ SP 0 ¡ P ¿ p   £ _ ! 1 A Q a q   $ Φ \" 2 B R b r   ¥ Γ # 3 C S c s
    è Λ ¤ 4 D T d t    é Ω % 5 E U e u   ù Π & 6 F V f v    ì Ψ ' 7 G W g w
    ò Σ ( 8 H X h x    Ç Θ ) 9 I Y i y   LF Ξ * : J Z j z   Ø ESC + ; K Ä k ä
    ø Æ , < L Ö l ö    CR æ - = M Ñ m ñ  Å ß . > N Ü n ü    å É / ? O § o à";

const EXTENSION_PAGE: &str = "
    .. .. .. .. | .. .. ..     .. .. .. .. .. .. .. ..    .. .. .. .. .. .. .. ..   .. .. .. .. .. .. .. ..
    .. ^ .. .. .. .. .. ..     .. .. .. .. .. .. € ..     .. .. .. .. .. .. .. ..   .. .. .. .. .. .. .. ..
    .. .. { .. .. .. .. ..     .. .. } .. .. .. .. ..     FF .. .. .. .. .. .. ..   .. ESC .. .. .. .. .. ..
    .. .. .. [ .. .. .. ..     .. .. .. ~ .. .. .. ..     .. .. .. ] .. .. .. ..    .. .. \\ .. .. .. .. ..";

#[test]
fn the_default_tables_are_those_of_the_specification() {
    check_locking(0, DEFAULT_PAGE);
    check_single(0, EXTENSION_PAGE);
}

#[test]
fn a_language_without_a_table_is_read_with_the_default_ones() {
    for language in [2, 14, 200, 255] {
        check_locking(language, DEFAULT_PAGE);
    }
    for language in [14, 200, 255] {
        check_single(language, EXTENSION_PAGE);
    }
}

#[test]
fn turkish() {
    check_locking(
        1,
        "
        @ Δ SP 0 İ P ç p   £ _ ! 1 A Q a q   $ Φ \" 2 B R b r   ¥ Γ # 3 C S c s
        € Λ ¤ 4 D T d t    é Ω % 5 E U e u   ù Π & 6 F V f v    ı Ψ ' 7 G W g w
        ò Σ ( 8 H X h x    Ç Θ ) 9 I Y i y   LF Ξ * : J Z j z   Ğ ESC + ; K Ä k ä
        ğ Ş , < L Ö l ö    CR ş - = M Ñ m ñ  Å ß . > N Ü n ü    å É / ? O § o à",
    );
    check_single(
        1,
        "
        .. .. .. .. | .. .. ..     .. .. .. .. .. .. .. ..    .. .. .. .. .. .. .. ..   .. .. .. .. .. Ş ç ş
        .. ^ .. .. .. .. .. ..     .. .. .. .. .. .. € ..     .. .. .. .. .. .. .. ..   .. .. .. .. Ğ .. ğ ..
        .. .. { .. .. .. .. ..     .. .. } .. İ .. ı ..       FF .. .. .. .. .. .. ..   .. ESC .. .. .. .. .. ..
        .. .. .. [ .. .. .. ..     .. .. .. ~ .. .. .. ..     .. .. .. ] .. .. .. ..    .. .. \\ .. .. .. .. ..",
    );
}

#[test]
fn spanish() {
    check_single(
        2,
        "
        .. .. .. .. | .. .. ..     .. .. .. .. Á .. á ..      .. .. .. .. .. .. .. ..   .. .. .. .. .. .. .. ..
        .. ^ .. .. .. .. .. ..     .. .. .. .. .. Ú € ú       .. .. .. .. .. .. .. ..   .. .. .. .. .. .. .. ..
        .. .. { .. .. .. .. ..     ç .. } .. Í .. í ..        FF .. .. .. .. .. .. ..   .. ESC .. .. .. .. .. ..
        .. .. .. [ .. .. .. ..     .. .. .. ~ .. .. .. ..     .. .. .. ] .. .. .. ..    .. .. \\ .. Ó .. ó ..",
    );
}

#[test]
fn portuguese() {
    check_locking(
        3,
        "
        @ Δ SP 0 Í P ~ p   £ _ ! 1 A Q a q   $ ª \" 2 B R b r   ¥ Ç # 3 C S c s
        ê À º 4 D T d t    é ∞ % 5 E U e u   ú ^ & 6 F V f v    í \\ ' 7 G W g w
        ó € ( 8 H X h x    ç Ó ) 9 I Y i y   LF | * : J Z j z   Ô ESC + ; K Ã k ã
        ô Â , < L Õ l õ    CR â - = M Ú m `  Á Ê . > N Ü n ü    á É / ? O § o à",
    );
    check_single(
        3,
        "
        .. .. .. .. | .. .. ..     .. .. .. .. À .. Â ..      .. Φ .. .. .. .. .. ..    .. Γ .. .. .. .. .. ..
        .. ^ .. .. .. .. .. ..     ê Ω .. .. .. Ú € ú         .. Π .. .. .. .. .. ..    .. Ψ .. .. .. .. .. ..
        .. Σ { .. .. .. .. ..      ç Θ } .. Í .. í ..         FF .. .. .. .. .. .. ..   Ô ESC .. .. .. Ã .. ã
        ô .. .. [ .. Õ .. õ        .. .. .. ~ .. .. .. ..     Á .. .. ] .. .. .. ..     á Ê \\ .. Ó .. ó â",
    );
}

mod indian;

#[test]
fn codes_that_mean_nothing() {
    let check = |septets: &[u8], text: &str, unknown: u32, truncated: u32| {
        let complaints = Complaints { unknown, surrogates: 0, truncated };
        let expected = Decoded { text: text.to_owned(), complaints };
        assert_eq!(decode(septets, Languages::default()), expected, "{septets:02x?}");
    };
    check(b"a\x80b\xff", "a\u{fffd}b\u{fffd}", 2, 0);
    check(b"a\x1b\x1bb", "a b", 1, 0);
    check(b"a\x1b", "a\u{fffd}", 0, 1);
    check(b"a\x1bZ", "aZ", 1, 0);
    check(b"\x1b\x8f", "\u{fffd}", 1, 0);
    check(b"\x1b\x0d", "\r", 1, 0);
}

#[test]
fn an_at_sign_in_an_address_is_septet_zero() {
    assert_eq!(encode("me@home").unwrap(), b"me\x00home");
    assert_eq!(decode(b"me\x00home", Languages::default()).text, "me@home");
    assert_eq!(encode("@").unwrap(), [0]);
}

#[test]
fn encoding_is_strict() {
    let check = |text: &str, ch: char, at: usize| {
        assert_eq!(encode(text), Err(Foreign { ch, at }), "{text:?}");
        assert_eq!(septets(text), None, "{text:?}");
    };
    check("façade", 'ç', 2);
    check("é`", '`', 2);
    check("`", '`', 0);
    check("tab\t", '\t', 3);
    check("\u{1b}", '\u{1b}', 0);
    check("\u{fffd}", '\u{fffd}', 0);
    check("Ά", 'Ά', 0);
    check("€😀", '😀', 3);
    let mut out = vec![1, 2];
    assert!(encode_into("abc€ж", &mut out).is_err());
    assert_eq!(out, [1, 2]);
    assert_eq!(encode("ж").unwrap_err().to_string(), "'ж' at byte 0 is not in the GSM 7-bit default alphabet");
}

#[test]
fn every_code_has_one_character_and_back() {
    let mut characters = 0;
    for code in (0u8..128).filter(|code| *code != ESCAPE) {
        let plain = decode(&[code], Languages::default());
        assert_eq!(encode(&plain.text).unwrap(), [code]);
        assert_eq!(septets(&plain.text), Some(1));
        characters += 1;
        let extended = decode(&[ESCAPE, code], Languages::default());
        if extended.complaints.total() == 0 {
            assert_eq!(encode(&extended.text).unwrap(), [ESCAPE, code]);
            assert_eq!(septets(&extended.text), Some(2));
            characters += 1;
        }
    }
    let encodable = ('\0'..=char::MAX).filter(|ch| cost(*ch).is_some()).count();
    assert_eq!((characters, encodable), (137, 137));
}

#[test]
fn packing_puts_the_first_septet_lowest() {
    let check = |septets: &[u8], fill_bits: u8, packed: &[u8]| {
        assert_eq!(pack(septets, fill_bits), packed, "{septets:02x?}");
        assert_eq!(unpack(packed, fill_bits, septets.len()), septets, "{packed:02x?}");
    };
    check(b"", 0, &[]);
    check(b"", 3, &[]);
    check(b"a", 0, &[0x61]);
    check(b"hello", 0, &[0xe8, 0x32, 0x9b, 0xfd, 0x06]);
    check(b"hellohello", 0, &[0xe8, 0x32, 0x9b, 0xfd, 0x46, 0x97, 0xd9, 0xec, 0x37]);
    check(b"a", 1, &[0xc2]);
    check(b"a", 2, &[0x84, 0x01]);
    check(&[0x7f; 8], 0, &[0xff; 7]);
    assert_eq!(pack(&[0x7f; 160], 0).len(), 140);
    assert_eq!(pack(&[0x7f; 153], fill_bits_after(6)).len() + 6, 140);
    assert_eq!(pack(&[0x7f; 152], fill_bits_after(7)).len() + 7, 140);
}

#[test]
fn fill_bits_reach_the_next_septet() {
    for (header_octets, expected) in [(0, 0), (1, 6), (5, 2), (6, 1), (7, 0), (8, 6), (12, 2)] {
        assert_eq!(fill_bits_after(header_octets), expected, "{header_octets}");
    }
}

fn gsm7_char() -> impl Strategy<Value = char> {
    let characters: Vec<char> = ('\0'..='\u{ffff}').filter(|ch| cost(*ch).is_some()).collect();
    prop::sample::select(characters)
}

proptest! {
    #[test]
    fn texts_round_trip(characters in prop::collection::vec(gsm7_char(), 0..400)) {
        let text: String = characters.into_iter().collect();
        let encoded = encode(&text).unwrap();
        prop_assert_eq!(septets(&text), Some(encoded.len()));
        prop_assert_eq!(decode(&encoded, Languages::default()), Decoded { text, complaints: Complaints::default() });
    }

    #[test]
    fn packing_round_trips(septets in prop::collection::vec(0u8..128, 0..200), fill_bits in 0u8..7) {
        let packed = pack(&septets, fill_bits);
        prop_assert!(septets.is_empty() || packed.len() == (septets.len() * 7 + usize::from(fill_bits)).div_ceil(8));
        prop_assert_eq!(&unpack(&packed, fill_bits, septets.len()), &septets);
        let guessed = packed_septets(&packed, fill_bits);
        let wrongly_padding = matches!(septets.last(), Some(0 | 0x0d));
        prop_assert!(guessed == septets.len() || wrongly_padding && guessed + 1 == septets.len());
    }

    #[test]
    fn any_text_is_encoded_whole_or_refused_at_its_first_foreign_character(text in any::<String>()) {
        match encode(&text) {
            Ok(encoded) => prop_assert_eq!(septets(&text), Some(encoded.len())),
            Err(foreign) => {
                prop_assert_eq!(text[foreign.at..].chars().next(), Some(foreign.ch));
                prop_assert!(cost(foreign.ch).is_none());
                prop_assert!(septets(&text[..foreign.at]).is_some());
            }
        }
    }
}
