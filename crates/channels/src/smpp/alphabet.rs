//! Alphabets of a channel: which one a received `data_coding` means there, and in which one a segment is sent.

use domain::text::coding::{self, Alphabet};
use domain::text::gsm7::{Languages, fill_bits_after};
use domain::text::segment::Encoding;
use smpp::coding::{Alphabet as Said, Coding};
use smpp::udh::UserDataHeader;

use super::options::DefaultAlphabet;
use super::ussd::DATA_CODING_GSM7;

/// The alphabet of received octets, and what was odd about how it was said.
pub(super) fn of_received(
    data_coding: u8,
    header: Option<&UserDataHeader<'_>>,
    header_bytes: usize,
    default: DefaultAlphabet,
    complaints: &mut Vec<String>,
) -> Alphabet {
    let Coding { alphabet, compressed, .. } = Coding::of(data_coding);
    if compressed {
        complaints.push(format!("data_coding {data_coding:#04x} says compressed; read as if it were not"));
    }
    let languages = Languages {
        locking: header.and_then(|header| header.locking_shift).unwrap_or(0),
        single: header.and_then(|header| header.single_shift).unwrap_or(0),
    };
    let gsm7 = match default {
        DefaultAlphabet::Gsm7Packed => {
            Alphabet::Gsm7Packed { languages, fill_bits: fill_bits_after(header_bytes), septets: None }
        }
        _ => Alphabet::Gsm7(languages),
    };
    let by_default = match default {
        DefaultAlphabet::Latin1 => Alphabet::Latin1,
        DefaultAlphabet::Ascii => Alphabet::Ascii,
        DefaultAlphabet::Gsm7 | DefaultAlphabet::Gsm7Packed => gsm7,
    };
    match alphabet {
        Said::SmscDefault => by_default,
        Said::Gsm7 => gsm7,
        Said::Ascii => Alphabet::Ascii,
        Said::Latin1 => Alphabet::Latin1,
        Said::Ucs2 => Alphabet::Ucs2,
        Said::Octets => {
            complaints.push(format!("data_coding {data_coding:#04x} says eight-bit data; shown as Latin-1"));
            Alphabet::Latin1
        }
        Said::Unknown(DATA_CODING_GSM7) => gsm7,
        Said::Unknown(_) => {
            complaints.push(format!("data_coding {data_coding:#04x} is unknown; read as {}", name(by_default)));
            by_default
        }
    }
}

/// The name for timelines.
pub(super) const fn name(alphabet: Alphabet) -> &'static str {
    match alphabet {
        Alphabet::Gsm7(_) => "GSM-7",
        Alphabet::Gsm7Packed { .. } => "GSM-7 packed",
        Alphabet::Ascii => "ASCII",
        Alphabet::Latin1 => "Latin-1",
        Alphabet::Ucs2 => "UCS-2",
    }
}

/// The `data_coding` and the octets to send for a payload of unpacked septets or UTF-16.
pub(super) fn to_send(encoding: Encoding, payload: Vec<u8>, default: DefaultAlphabet) -> (u8, Vec<u8>) {
    let limit = match (encoding, default) {
        (Encoding::Ucs2, _) => return (DATA_CODING_UCS2, payload),
        (Encoding::Gsm7, DefaultAlphabet::Gsm7 | DefaultAlphabet::Gsm7Packed) => return (DATA_CODING_DEFAULT, payload),
        (Encoding::Gsm7, DefaultAlphabet::Latin1) => 0xFF,
        (Encoding::Gsm7, DefaultAlphabet::Ascii) => 0x7F,
    };
    let text = coding::decode(&payload, Alphabet::GSM7).text;
    let octets: Option<Vec<u8>> =
        text.chars().map(|c| u8::try_from(u32::from(c)).ok().filter(|octet| *octet <= limit)).collect();
    match octets {
        Some(octets) => (DATA_CODING_DEFAULT, octets),
        // What the network's default alphabet lacks (€, Greek) still arrives, in the one that has everything.
        None => {
            let mut octets = Vec::new();
            coding::encode_ucs2_into(&text, &mut octets);
            (DATA_CODING_UCS2, octets)
        }
    }
}

const DATA_CODING_DEFAULT: u8 = 0x00;
const DATA_CODING_UCS2: u8 = 0x08;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_says_the_same_in_the_default_alphabet_of_the_network() {
        let check = |text: &str, default, expected: (u8, &[u8])| {
            let payload = domain::text::gsm7::encode(text).unwrap();
            let (data_coding, octets) = to_send(Encoding::Gsm7, payload, default);
            assert_eq!((data_coding, &octets[..]), expected, "{text}");
        };
        check("a@é", DefaultAlphabet::Gsm7, (0, &[0x61, 0x00, 0x05]));
        check("a@é", DefaultAlphabet::Latin1, (0, b"a@\xe9"));
        check("a@", DefaultAlphabet::Ascii, (0, b"a@"));
        check("é", DefaultAlphabet::Ascii, (8, &[0x00, 0xe9]));
        check("€", DefaultAlphabet::Latin1, (8, &[0x20, 0xac]));
        assert_eq!(to_send(Encoding::Ucs2, vec![0x20, 0xac], DefaultAlphabet::Latin1), (8, vec![0x20, 0xac]));
    }
}
