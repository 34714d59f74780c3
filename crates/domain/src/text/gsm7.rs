//! The GSM 7-bit default alphabet with its extension table and the national language tables (3GPP TS 23.038 §6.2.1).
//!
//! A septet is a `u8` of 0..=127, one in each octet, as SMPP carries them; [`pack`] and [`unpack`] convert to the form
//! with eight septets in seven octets. Encoding uses the default alphabet and its extension table alone, because every
//! phone understands those; decoding understands all national tables.

mod national;
mod packing;
mod tables;
#[cfg(test)]
mod tests;

pub use packing::{fill_bits_after, pack, packed_septets, unpack};

use super::coding::{Complaints, Decoded};
use tables::{CODES, Code, SAME_AS_ASCII, beyond_latin1};

/// The septet that announces a character of the extension or single shift table.
pub const ESCAPE: u8 = 0x1B;

/// What stands in a decoded text for a code that means nothing.
pub const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The national language numbers a user data header names (3GPP TS 23.040 §9.2.3.24.15 and .16); 0 is none.
///
/// 1 Turkish, 2 Spanish, 3 Portuguese, 4 Bengali, 5 Gujarati, 6 Hindi, 7 Kannada, 8 Malayalam, 9 Oriya, 10 Punjabi,
/// 11 Tamil, 12 Telugu, 13 Urdu. A number without a table counts as 0, as the specification asks of a receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Languages {
    /// The locking shift table, which replaces the default alphabet.
    pub locking: u8,
    /// The single shift table, which replaces the extension table.
    pub single: u8,
}

/// The first character of a text that the default alphabet and its extension table don't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The character.
    pub ch: char,
    /// Its offset in the text, in bytes.
    pub at: usize,
}

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} at byte {} is not in the GSM 7-bit default alphabet", self.ch, self.at)
    }
}

impl std::error::Error for Foreign {}

/// How many septets the character takes: 1, or 2 with the escape; `None` if the alphabet hasn't got it.
#[must_use]
pub fn cost(ch: char) -> Option<usize> {
    code(ch).map(|code| if code.is_extension() { 2 } else { 1 })
}

/// How many septets the text takes, or `None` if the alphabet lacks one of its characters.
#[must_use]
pub fn septets(text: &str) -> Option<usize> {
    if is_same_as_ascii(text.as_bytes()) {
        return Some(text.len());
    }
    text.chars().try_fold(0, |sum, ch| cost(ch).map(|septets| sum + septets))
}

/// The text as unpacked septets.
///
/// # Errors
/// The first character that the default alphabet and its extension table don't have. Nothing is transliterated.
pub fn encode(text: &str) -> Result<Vec<u8>, Foreign> {
    let mut out = Vec::with_capacity(text.len());
    encode_into(text, &mut out)?;
    Ok(out)
}

/// Appends the text as unpacked septets.
///
/// # Errors
/// As [`encode`]; `out` is then as long as it was.
pub fn encode_into(text: &str, out: &mut Vec<u8>) -> Result<(), Foreign> {
    if is_same_as_ascii(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let before = out.len();
    out.reserve(text.len());
    for (at, ch) in text.char_indices() {
        let Some(code) = code(ch) else {
            out.truncate(before);
            return Err(Foreign { ch, at });
        };
        if code.is_extension() {
            out.push(ESCAPE);
        }
        out.push(code.septet());
    }
    Ok(())
}

/// The text of unpacked septets. Never fails; what it had to guess is in the complaints.
///
/// * An octet above 127, or a code the tables leave empty, becomes U+FFFD.
/// * Escape and a code the second table leaves empty becomes the character of the first table, and escape twice a
///   space (3GPP TS 23.038 §6.2.1.1). A lone escape at the end becomes U+FFFD.
#[must_use]
pub fn decode(septets: &[u8], languages: Languages) -> Decoded {
    let first = national::locking(languages.locking);
    let second = national::single(languages.single);
    if languages.locking == 0
        && is_same_as_ascii(septets)
        && let Ok(text) = std::str::from_utf8(septets)
    {
        return Decoded { text: text.to_owned(), complaints: Complaints::default() };
    }
    let mut text = String::with_capacity(septets.len() + septets.len() / 4);
    let mut complaints = Complaints::default();
    let mut codes = septets.iter().copied();
    while let Some(code) = codes.next() {
        let understood = match code {
            ESCAPE => match codes.next() {
                None => {
                    complaints.truncated += 1;
                    text.push(REPLACEMENT);
                    continue;
                }
                Some(shifted) => lookup(second, shifted).ok_or_else(|| fallback(first, shifted)),
            },
            plain => lookup(first, plain).ok_or(REPLACEMENT),
        };
        text.push(understood.unwrap_or_else(|guess| {
            complaints.unknown += 1;
            guess
        }));
    }
    Decoded { text, complaints }
}

/// What stands for escape and a code that the second table leaves empty.
fn fallback(first: &tables::Table, shifted: u8) -> char {
    if shifted == ESCAPE { ' ' } else { lookup(first, shifted).unwrap_or(REPLACEMENT) }
}

fn lookup(table: &tables::Table, code: u8) -> Option<char> {
    table.get(usize::from(code)).copied().filter(|&ch| ch != REPLACEMENT)
}

fn code(ch: char) -> Option<Code> {
    match CODES.get(ch as usize) {
        Some(code) => *code,
        None => beyond_latin1(ch),
    }
}

/// Whether all octets mean the same character in ASCII and in the default alphabet.
fn is_same_as_ascii(octets: &[u8]) -> bool {
    octets.iter().all(|&octet| SAME_AS_ASCII[usize::from(octet)])
}
