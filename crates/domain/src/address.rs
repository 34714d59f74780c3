//! Addresses: phones, service addresses, and the one spelling by which they are compared.

use std::fmt;

use smol_str::{SmolStr, StrExt};

use crate::limit::ADDRESS_CHARS_MAX;

/// The one spelling of an address: digits without `+`, `00` or punctuation for a number, lower case for a name.
/// Two addresses are the same when their keys are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressKey(SmolStr);

impl AddressKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Back from stored text that was a key.
    pub fn from_stored(text: &str) -> AddressKey {
        AddressKey(text.into())
    }

    /// A stable 64-bit hash (FNV-1a): shard and lane choices survive restarts and are equal on every node.
    pub fn hash64(&self) -> u64 {
        self.0.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    }

    /// The group of phones this address belongs to, one of 256.
    pub fn shard(&self) -> u8 {
        let hash = self.hash64();
        (hash ^ (hash >> 32)) as u8
    }
}

impl fmt::Debug for AddressKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address as somebody wrote it. Compare by [`Address::key`], show as is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(SmolStr);

/// Why a text is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressRefusal {
    /// Nothing but blanks and punctuation.
    Empty,
    /// More than [`ADDRESS_CHARS_MAX`] characters.
    TooLong,
    /// A control character inside.
    Control,
}

impl fmt::Display for AddressRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AddressRefusal::Empty => f.write_str("the address is empty"),
            AddressRefusal::TooLong => write!(f, "the address is longer than {ADDRESS_CHARS_MAX} characters"),
            AddressRefusal::Control => f.write_str("the address contains a control character"),
        }
    }
}

impl Address {
    /// Takes an address as written; blanks around it are dropped.
    pub fn parse(text: &str) -> Result<Address, AddressRefusal> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(AddressRefusal::Control);
        }
        if text.chars().count() > ADDRESS_CHARS_MAX {
            return Err(AddressRefusal::TooLong);
        }
        let address = Address(text.into());
        if address.key().as_str().is_empty() { Err(AddressRefusal::Empty) } else { Ok(address) }
    }

    /// As [`Address::parse`] for bytes from a network, which must not be refused for their look: control characters
    /// are dropped, the length is cut, and an empty one becomes `unknown`.
    pub fn from_network(text: &str) -> Address {
        let clean = text.chars().filter(|c| !c.is_control()).skip_while(|c| c.is_whitespace());
        let clean: String = clean.take(ADDRESS_CHARS_MAX).collect();
        Address::parse(&clean).unwrap_or_else(|_| Address("unknown".into()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for a number: digits, perhaps with `+` and punctuation.
    pub fn is_number(&self) -> bool {
        number_digits(&self.0).is_some()
    }

    /// The spelling to compare by.
    pub fn key(&self) -> AddressKey {
        let plain = self.0.bytes().all(|b| b.is_ascii_digit()) && !self.0.starts_with("00");
        if plain {
            return AddressKey(self.0.clone());
        }
        match number_digits(&self.0) {
            Some(digits) => AddressKey(digits.into()),
            None => AddressKey(self.0.to_lowercase_smolstr()),
        }
    }
}

/// The digits of a number without its international prefix; `None` when the text is a name.
fn number_digits(text: &str) -> Option<String> {
    let mut digits = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if i == 0 => {}
            ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' => {}
            _ => return None,
        }
    }
    if digits.is_empty() {
        return text.trim_matches(|c: char| !c.is_alphanumeric()).is_empty().then_some(digits);
    }
    let trimmed = digits.strip_prefix("00").filter(|rest| rest.len() >= 6).map(str::to_owned);
    Some(trimmed.unwrap_or(digits))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_share_a_key() {
        for spelling in ["41791234567", "+41791234567", "0041791234567", "+41 79 123-45.67", "(41)791234567"] {
            assert_eq!(Address::parse(spelling).unwrap().key().as_str(), "41791234567", "{spelling}");
        }
        assert_eq!(Address::parse("Acme").unwrap().key().as_str(), "acme");
        assert_eq!(Address::parse("8282").unwrap().key().as_str(), "8282");
        assert_eq!(Address::parse("*123#").unwrap().key().as_str(), "*123#");
    }

    /// Stored jobs, lanes and several nodes agree on it, so it never changes.
    #[test]
    fn a_phone_is_always_in_the_same_shard() {
        let check = |text: &str, hash: u64, shard: u8| {
            let key = Address::parse(text).unwrap().key();
            assert_eq!((key.hash64(), key.shard()), (hash, shard), "{text}");
        };
        check("+41 79 123 45 67", 0xf4f5_0644_b06b_9532, 118);
        check("ACME", 0x0724_d383_f4f6_de0f, 140);
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        assert_eq!(Address::parse("  "), Err(AddressRefusal::Empty));
        assert_eq!(Address::parse("+"), Err(AddressRefusal::Empty));
        assert_eq!(Address::parse("12\n34"), Err(AddressRefusal::Control));
        assert_eq!(Address::parse(&"1".repeat(ADDRESS_CHARS_MAX + 1)), Err(AddressRefusal::TooLong));
        assert_eq!(Address::from_network("\u{0}").as_str(), "unknown");
        assert_eq!(AddressRefusal::Empty.to_string(), "the address is empty");
        assert_eq!(AddressRefusal::TooLong.to_string(), "the address is longer than 64 characters");
        assert_eq!(AddressRefusal::Control.to_string(), "the address contains a control character");
        let longest = "é".repeat(ADDRESS_CHARS_MAX);
        assert_eq!(Address::parse(&longest).unwrap().as_str(), longest);
    }
}
