//! Reading the fields of a body, leniently. Which fields there are is said by the PDUs' own files.

use std::fmt;

use crate::latin1::Latin1;
use crate::status::Status;

/// Small sins that were overlooked while a body was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Oddities {
    /// The last string of the body had no NUL; it ends with the body.
    pub missing_nul: bool,
    /// A string was longer than its field may be; it was kept whole.
    pub overlong_text: bool,
    /// One to three stray NULs stood behind the last parameter.
    pub trailing_bytes: bool,
}

/// Why a body can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The body ends before or inside this field.
    Cut(&'static str),
    /// `sm_length` claims more octets than the body has.
    ShortMessageLength,
    /// An optional parameter claims more octets than the body has.
    OptionalParameters,
}

impl DecodeError {
    /// The status that tells the peer.
    pub fn status(self) -> Status {
        match self {
            DecodeError::Cut(_) | DecodeError::ShortMessageLength => Status::RINVMSGLEN,
            DecodeError::OptionalParameters => Status::RINVOPTPARSTREAM,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Cut(field) => write!(f, "the body ends before {field} does"),
            DecodeError::ShortMessageLength => f.write_str("sm_length is more than the body has"),
            DecodeError::OptionalParameters => f.write_str("an optional parameter is longer than the body"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A body and how far it has been read.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    oddities: Oddities,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Reader<'a> {
        Reader { rest: body, oddities: Oddities::default() }
    }

    pub(crate) fn oddities(&self) -> Oddities {
        self.oddities
    }

    pub(crate) fn octet(&mut self, field: &'static str) -> Result<u8, DecodeError> {
        let (&octet, rest) = self.rest.split_first().ok_or(DecodeError::Cut(field))?;
        self.rest = rest;
        Ok(octet)
    }

    pub(crate) fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(octets)
    }

    /// A string that ends with a NUL. `bytes_max` is what the spec allows without the NUL.
    pub(crate) fn text(&mut self, field: &'static str, bytes_max: usize) -> Result<Latin1, DecodeError> {
        let end = self.rest.iter().position(|&octet| octet == 0);
        let end = end.ok_or(DecodeError::Cut(field))?;
        let text = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        self.oddities.overlong_text |= end > bytes_max;
        Ok(Latin1::from_bytes(text))
    }

    /// A string nothing mandatory follows: without a NUL it goes on to the end of the body.
    pub(crate) fn last_text(&mut self, bytes_max: usize) -> Latin1 {
        if let Ok(text) = self.text("", bytes_max) {
            return text;
        }
        let text = std::mem::take(&mut self.rest);
        self.oddities.missing_nul = true;
        self.oddities.overlong_text |= text.len() > bytes_max;
        Latin1::from_bytes(text)
    }

    /// The optional parameters: everything that is left, in wire form, proven to be whole.
    pub(crate) fn optional_parameters(&mut self) -> Result<&'a [u8], DecodeError> {
        let all = self.rest;
        let mut rest = all;
        while let [_, _, high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            rest = after.get(length..).ok_or(DecodeError::OptionalParameters)?;
        }
        // Some append the NUL of a C string to a body that has a length of its own.
        if rest.iter().any(|&octet| octet != 0) {
            return Err(DecodeError::OptionalParameters);
        }
        self.oddities.trailing_bytes |= !rest.is_empty();
        self.rest = &[];
        Ok(&all[..all.len() - rest.len()])
    }
}
