//! From the bytes of a short message to text, by the alphabet they are in, and to UTF-16 for sending.
//!
//! Decoding never fails: a message with one bad byte is still a message. Which alphabet a data coding octet means on a
//! channel is not decided here.

#[cfg(test)]
mod tests;

use super::gsm7::{self, Languages};

/// What the bytes of a short message are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// GSM 7-bit, one septet in each octet, as SMPP usually carries it.
    Gsm7(Languages),
    /// GSM 7-bit, eight septets in seven octets.
    Gsm7Packed {
        /// National tables named by the header.
        languages: Languages,
        /// Bits before the first septet, 0..=6; see [`gsm7::fill_bits_after`].
        fill_bits: u8,
        /// How many septets there are, if the network said so; else found by [`gsm7::packed_septets`].
        septets: Option<u16>,
    },
    /// IA5, which is ASCII here (SMPP 3.4 §5.2.19, data coding 1).
    Ascii,
    /// ISO 8859-1 (data coding 3).
    Latin1,
    /// UCS-2 (data coding 8), read as UTF-16 because phones send surrogate pairs in it. Big-endian unless a byte order
    /// mark says otherwise.
    Ucs2,
}

impl Alphabet {
    /// GSM 7-bit, unpacked, without national tables.
    pub const GSM7: Self = Self::Gsm7(Languages { locking: 0, single: 0 });
}

/// How often a decoder had to guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Complaints {
    /// Codes that mean nothing in the alphabet.
    pub unknown: u32,
    /// Surrogates without their other half.
    pub surrogates: u32,
    /// Characters cut off at the end: a lone escape, an odd byte.
    pub truncated: u32,
}

impl Complaints {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u32 {
        self.unknown + self.surrogates + self.truncated
    }

    /// Counts those of another piece in.
    pub const fn add(&mut self, other: Self) {
        self.unknown += other.unknown;
        self.surrogates += other.surrogates;
        self.truncated += other.truncated;
    }
}

/// A text and what was wrong with its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The text, with U+FFFD for what could not be read.
    pub text: String,
    /// What could not be read.
    pub complaints: Complaints,
}

/// The text that the bytes mean. Total: any bytes give a text.
#[must_use]
pub fn decode(bytes: &[u8], alphabet: Alphabet) -> Decoded {
    match alphabet {
        Alphabet::Gsm7(languages) => gsm7::decode(bytes, languages),
        Alphabet::Gsm7Packed { languages, fill_bits, septets } => {
            gsm7::decode(&unpacked(bytes, fill_bits, septets), languages)
        }
        Alphabet::Ascii => ascii(bytes),
        Alphabet::Latin1 => {
            Decoded { text: bytes.iter().map(|&byte| char::from(byte)).collect(), complaints: Complaints::default() }
        }
        Alphabet::Ucs2 => ucs2(bytes),
    }
}

/// Appends the text as UTF-16, big-endian, without byte order mark: what goes out as UCS-2.
pub fn encode_ucs2_into(text: &str, out: &mut Vec<u8>) {
    out.reserve(text.len() * 2);
    for unit in text.encode_utf16() {
        out.extend_from_slice(&unit.to_be_bytes());
    }
}

/// The septets of packed bytes, counted by the network or else by us.
pub(super) fn unpacked(bytes: &[u8], fill_bits: u8, septets: Option<u16>) -> Vec<u8> {
    let septets = septets.map_or_else(|| gsm7::packed_septets(bytes, fill_bits), usize::from);
    gsm7::unpack(bytes, fill_bits, septets)
}

fn ascii(bytes: &[u8]) -> Decoded {
    if bytes.is_ascii()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Decoded { text: text.to_owned(), complaints: Complaints::default() };
    }
    let mut unknown = 0;
    let text = bytes
        .iter()
        .map(|&byte| {
            if byte.is_ascii() {
                char::from(byte)
            } else {
                unknown += 1;
                gsm7::REPLACEMENT
            }
        })
        .collect();
    Decoded { text, complaints: Complaints { unknown, ..Complaints::default() } }
}

fn ucs2(bytes: &[u8]) -> Decoded {
    let (is_little_endian, body) = match bytes {
        [0xFE, 0xFF, body @ ..] => (false, body),
        [0xFF, 0xFE, body @ ..] => (true, body),
        body => (false, body),
    };
    let unit = |pair: &[u8; 2]| {
        if is_little_endian { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }
    };
    let (pairs, odd) = body.as_chunks::<2>();
    let mut text = String::with_capacity(body.len());
    let mut complaints = Complaints::default();
    for decoded in char::decode_utf16(pairs.iter().map(unit)) {
        text.push(decoded.unwrap_or_else(|_| {
            complaints.surrogates += 1;
            gsm7::REPLACEMENT
        }));
    }
    if !odd.is_empty() {
        complaints.truncated += 1;
        text.push(gsm7::REPLACEMENT);
    }
    Decoded { text, complaints }
}
