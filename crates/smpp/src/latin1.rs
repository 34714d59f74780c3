//! Strings of the wire. SMPP says ASCII, peers send what they like; as ISO 8859-1 every byte is a character and
//! nothing is lost. The alphabets of message texts are not here: see [`crate::coding`].

use std::fmt;

/// A byte string that reads as ISO 8859-1: addresses, message ids, system ids.
///
/// Any byte may occur except that a NUL can't be written into a PDU, where it ends the string.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Latin1(Box<[u8]>);

impl Latin1 {
    /// The bytes as they are.
    pub fn from_bytes(bytes: &[u8]) -> Latin1 {
        Latin1(bytes.into())
    }

    /// The text in ISO 8859-1, or nothing if it has a character above U+00FF.
    pub fn from_text(text: &str) -> Option<Latin1> {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).ok())
            .collect::<Option<Vec<u8>>>()
            .map(|bytes| Latin1(bytes.into()))
    }

    /// The bytes of the wire, without the NUL that ends them there.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Each byte as the character of the same number; [`Latin1::from_text`] is its inverse.
    pub fn to_text(&self) -> String {
        text_of(&self.0)
    }

    /// Whether there is no byte at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Each byte as the character of the same number.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(ascii) if ascii.is_ascii() => ascii.to_owned(),
        _ => bytes.iter().copied().map(char::from).collect(),
    }
}

impl fmt::Display for Latin1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for Latin1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_text(), f)
    }
}

impl From<&[u8]> for Latin1 {
    fn from(bytes: &[u8]) -> Latin1 {
        Latin1::from_bytes(bytes)
    }
}

impl<const N: usize> From<&[u8; N]> for Latin1 {
    fn from(bytes: &[u8; N]) -> Latin1 {
        Latin1::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_the_way_to_text_and_back() {
        let all: Vec<u8> = (0..=255).collect();
        let there = Latin1::from_bytes(&all);
        assert_eq!(Latin1::from_text(&there.to_text()), Some(there.clone()));
        assert_eq!(there.to_text().chars().count(), 256);
        assert_eq!(Latin1::from(b"Z\xfcrich").to_string(), "Zürich");
    }

    #[test]
    fn what_latin1_lacks_is_refused() {
        assert_eq!(Latin1::from_text("10 €"), None);
    }
}
