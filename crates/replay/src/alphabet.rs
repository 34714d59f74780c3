//! Alphabets: any octets give a text that is bounded by them, and a text that can be said in an alphabet is read back as
//! it was.

use domain::text::coding::{Alphabet, Decoded, decode, encode_ucs2_into};
use domain::text::gsm7::{self, Languages};
use smpp::coding::Coding;

use crate::input::Input;

/// The tables, the fill bits, and octets that are first read in every alphabet, then taken for a text.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let languages = Languages { locking: input.octet(), single: input.octet() };
    let fill_bits = input.octet();
    let octets = input.rest();
    let plain = bounded(octets, Alphabet::GSM7);
    bounded(octets, Alphabet::Gsm7(languages));
    let counted = u16::try_from(octets.len()).ok();
    for septets in [None, Some(u16::MAX), Some(0), counted] {
        bounded(octets, Alphabet::Gsm7Packed { languages, fill_bits, septets });
    }
    written_again(octets, &plain);
    let ascii = bounded(octets, Alphabet::Ascii);
    assert_eq!(ascii.complaints.total() as usize, octets.iter().filter(|octet| !octet.is_ascii()).count());
    let latin = bounded(octets, Alphabet::Latin1);
    assert!(latin.text.chars().map(u32::from).eq(octets.iter().map(|octet| u32::from(*octet))));
    wide(octets, &bounded(octets, Alphabet::Ucs2));
    packed(octets, fill_bits);
    from_text(&String::from_utf8_lossy(octets));
    data_coding(fill_bits);
}

fn bounded(octets: &[u8], alphabet: Alphabet) -> Decoded {
    let decoded = decode(octets, alphabet);
    let (units, chars) = (octets.len() * 8 / 7 + 1, decoded.text.chars().count());
    assert!(chars <= units, "{chars} characters from {} octets", octets.len());
    assert!(decoded.complaints.total() as usize <= units);
    let guesses = decoded.text.chars().filter(|ch| *ch == gsm7::REPLACEMENT).count();
    assert!(guesses <= decoded.complaints.total() as usize || alphabet == Alphabet::Ucs2);
    decoded
}

/// What was read without a guess is written in a spelling that is read as the same.
fn written_again(octets: &[u8], plain: &Decoded) {
    if plain.complaints.total() > 0 {
        return;
    }
    let septets = gsm7::encode(&plain.text).expect("it was read in this alphabet");
    assert!(septets.len() <= octets.len());
    assert_eq!(decode(&septets, Alphabet::GSM7), *plain);
}

fn wide(octets: &[u8], decoded: &Decoded) {
    let is_marked = octets.starts_with(&[0xFE, 0xFF]) || octets.starts_with(&[0xFF, 0xFE]);
    if decoded.complaints.total() == 0 && !is_marked {
        let mut written = Vec::new();
        encode_ucs2_into(&decoded.text, &mut written);
        assert_eq!(written, octets);
    }
}

fn packed(octets: &[u8], fill_bits: u8) {
    let septets: Vec<u8> = octets.iter().map(|octet| octet & 0x7F).collect();
    let packed = gsm7::pack(&septets, fill_bits);
    assert!(packed.len() <= (septets.len() * 7 + 6).div_ceil(8));
    assert_eq!(gsm7::unpack(&packed, fill_bits, septets.len()), septets);
    let guessed = gsm7::packed_septets(&packed, fill_bits);
    assert!(guessed.abs_diff(septets.len()) <= 1, "{guessed} of {}", septets.len());
    assert!(gsm7::unpack(octets, fill_bits, usize::MAX).len() <= octets.len() * 8 / 7);
    assert!(gsm7::fill_bits_after(octets.len()) < 7);
    assert_eq!((octets.len() * 8 + usize::from(gsm7::fill_bits_after(octets.len()))) % 7, 0);
}

fn from_text(text: &str) {
    let mut written = Vec::new();
    encode_ucs2_into(text, &mut written);
    assert_eq!(written.len(), text.encode_utf16().count() * 2);
    if !text.starts_with(['\u{feff}', '\u{fffe}']) {
        assert_eq!(decode(&written, Alphabet::Ucs2).text, text);
    }
    match gsm7::encode(text) {
        Ok(septets) => {
            assert_eq!(gsm7::septets(text), Some(septets.len()));
            assert_eq!(text.chars().map(gsm7::cost).sum::<Option<usize>>(), Some(septets.len()));
            let decoded = decode(&septets, Alphabet::GSM7);
            assert_eq!((decoded.text.as_str(), decoded.complaints.total()), (text, 0));
        }
        Err(foreign) => {
            assert!(text[foreign.at..].starts_with(foreign.ch));
            assert!(gsm7::encode(&text[..foreign.at]).is_ok());
            assert_eq!((gsm7::septets(text), gsm7::cost(foreign.ch)), (None, None));
        }
    }
}

/// What a data coding says can be said by one.
fn data_coding(octet: u8) {
    let Coding { alphabet, class, .. } = Coding::of(octet);
    if let Some(sent) = Coding::to_send(alphabet, class) {
        let again = Coding::of(sent);
        let is_default = matches!(again.alphabet, smpp::coding::Alphabet::SmscDefault);
        assert!(again.alphabet == alphabet || is_default, "{octet:#04x} is sent as {sent:#04x}");
        assert_eq!(again.class, class);
    }
}
