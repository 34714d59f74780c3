//! Collecting the segments of one long MO until it can be read as one text.
//!
//! Plain state without a clock: whoever keeps it decides when [`Reassembly::deadline_at`] has come and how many a
//! phone may have open ([`REASSEMBLIES_PER_PHONE_MAX`]). Segments may come in any order and on any bind.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use super::coding::{self, Alphabet, Complaints, Decoded};
use crate::time::At;

/// The most user data octets kept of one segment: more than a short message of SMPP 3.4 can hold. With at most
/// [`SEGMENTS_MAX`](super::segment::SEGMENTS_MAX) segments a reassembly stays under 64 KiB.
pub const SEGMENT_BYTES_MAX: usize = 255;

/// How many reassemblies one phone may have open at a time before the oldest is to be given up.
pub const REASSEMBLIES_PER_PHONE_MAX: usize = 16;

/// How long to wait for the rest of a message after its first segment, in milliseconds, unless configured otherwise.
pub const REASSEMBLY_WAIT_MS: u64 = 30 * 60 * 1000;

/// What stands in a text for one or several missing segments in a row.
pub const GAP_MARK: &str = "[…]";

/// Which header or parameter carried the reference. The same number in two of them is not the same message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// Concatenation header with an 8-bit reference.
    Udh8,
    /// Concatenation header with a 16-bit reference.
    Udh16,
    /// The `sar_msg_ref_num` parameter (SMPP 3.4 §5.3.2.22).
    Sar,
}

/// The number a phone gave to one long message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Where it was read.
    pub carrier: Carrier,
    /// The number; phones count up and begin again.
    pub value: u16,
}

/// What a segment says about its place in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concatenation {
    /// The message it belongs to.
    pub reference: Reference,
    /// How many segments that message has.
    pub total: u8,
    /// Which of them this is, from 1.
    pub number: u8,
}

impl Concatenation {
    /// Whether the numbers make sense in themselves.
    ///
    /// # Errors
    /// Number or total 0, or a number above the total: the header is to be ignored and the segment is a message of its
    /// own (3GPP TS 23.040 §9.2.3.24.1).
    pub const fn check(&self) -> Result<(), Misfit> {
        match (self.number, self.total) {
            (_, 0) => Err(Misfit::TotalZero),
            (0, _) => Err(Misfit::NumberZero),
            (number, total) if number > total => Err(Misfit::NumberAboveTotal { number, total }),
            _ => Ok(()),
        }
    }
}

/// A segment as it came, undecoded: a sender may have cut in the middle of a character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedSegment {
    /// Its place, from 1.
    pub number: u8,
    /// What its bytes are written in.
    pub alphabet: Alphabet,
    /// User data without header, at most [`SEGMENT_BYTES_MAX`].
    pub bytes: Vec<u8>,
}

/// The segments of one long message that have come so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reassembly {
    /// The phone that sends it.
    pub phone: String,
    /// The service address it sends to.
    pub service_address: String,
    /// The phone's number for the message.
    pub reference: Reference,
    /// How many segments the message has, from 1.
    pub total: u8,
    /// What has come, by ascending number, no number twice.
    pub segments: Vec<ReceivedSegment>,
    /// When the first segment came.
    pub first_at: At,
    /// When to stop waiting.
    pub deadline_at: At,
}

/// What became of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// Kept; this many are still missing.
    Waiting {
        /// Segments still to come.
        missing: usize,
    },
    /// Kept, and it was the last one missing.
    Complete,
    /// Its number had come before: nothing is changed.
    Duplicate {
        /// Whether it is the same in content. If not, the phone may have used the reference again.
        same: bool,
    },
}

/// Why a segment doesn't belong to a reassembly. It isn't lost: the caller treats it as a message of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// The segment calls itself number 0.
    NumberZero,
    /// The segment says that the message has no segments.
    TotalZero,
    /// The segment's number is above the total it names.
    NumberAboveTotal {
        /// Its number.
        number: u8,
        /// The total it names.
        total: u8,
    },
    /// Segments before it named another total.
    OtherTotal {
        /// The total of the reassembly.
        expected: u8,
        /// The total it names.
        found: u8,
    },
    /// It carries the reference of another message.
    OtherReference,
    /// It has more bytes than [`SEGMENT_BYTES_MAX`].
    TooLong {
        /// Its length.
        bytes: usize,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NumberZero => write!(f, "the segment has number 0"),
            Self::TotalZero => write!(f, "the segment names a total of 0"),
            Self::NumberAboveTotal { number, total } => {
                write!(f, "the segment is number {number} of {total}")
            }
            Self::OtherTotal { expected, found } => {
                write!(f, "the segment names a total of {found}, those before it {expected}")
            }
            Self::OtherReference => write!(f, "the segment belongs to another message"),
            Self::TooLong { bytes } => write!(f, "the segment has {bytes} bytes, at most {SEGMENT_BYTES_MAX} are kept"),
        }
    }
}

impl std::error::Error for Misfit {}

/// A message read although segments are missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Partial {
    /// What has come, with [`GAP_MARK`] where something is missing.
    pub text: String,
    /// What was wrong with the bytes.
    pub complaints: Complaints,
    /// The numbers that are missing, ascending.
    pub missing: Vec<u8>,
}

impl Reassembly {
    /// An empty one; `total` is taken from the first segment, which [`Concatenation::check`] has passed.
    #[must_use]
    pub fn new(phone: &str, service_address: &str, first: &Concatenation, first_at: At, wait_ms: u64) -> Self {
        Self {
            phone: phone.to_owned(),
            service_address: service_address.to_owned(),
            reference: first.reference,
            total: first.total,
            segments: Vec::new(),
            first_at,
            deadline_at: first_at.plus_ms(wait_ms),
        }
    }

    /// Takes a segment in.
    ///
    /// # Errors
    /// The segment doesn't belong here; nothing is changed.
    pub fn add(&mut self, place: &Concatenation, alphabet: Alphabet, bytes: &[u8]) -> Result<Added, Misfit> {
        place.check()?;
        if place.reference != self.reference {
            return Err(Misfit::OtherReference);
        }
        if place.total != self.total {
            return Err(Misfit::OtherTotal { expected: self.total, found: place.total });
        }
        if bytes.len() > SEGMENT_BYTES_MAX {
            return Err(Misfit::TooLong { bytes: bytes.len() });
        }
        match self.segments.binary_search_by_key(&place.number, |segment| segment.number) {
            Ok(at) => {
                let known = &self.segments[at];
                Ok(Added::Duplicate { same: known.alphabet == alphabet && known.bytes == bytes })
            }
            Err(at) => {
                self.segments.insert(at, ReceivedSegment { number: place.number, alphabet, bytes: bytes.to_vec() });
                Ok(match self.missing_count() {
                    0 => Added::Complete,
                    missing => Added::Waiting { missing },
                })
            }
        }
    }

    /// Whether all segments have come.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing_count() == 0
    }

    /// Whether waiting any longer is pointless at `now`.
    #[must_use]
    pub fn is_due(&self, now: At) -> bool {
        now >= self.deadline_at
    }

    /// The whole text, or `None` while segments are missing.
    #[must_use]
    pub fn join(&self) -> Option<Decoded> {
        self.is_complete().then(|| {
            let Partial { text, complaints, .. } = self.join_partial();
            Decoded { text, complaints }
        })
    }

    /// The text of what has come. Neighbouring segments in the same alphabet are joined before they are decoded, so
    /// that a character cut by the sender is whole again.
    #[must_use]
    pub fn join_partial(&self) -> Partial {
        let mut partial = Partial::default();
        let mut run = Run::default();
        let mut next = 1u16;
        for segment in &self.segments {
            let number = u16::from(segment.number);
            if number > next {
                run.flush(&mut partial);
                partial.gap(next..number);
            }
            run.push(segment, &mut partial);
            next = number + 1;
        }
        run.flush(&mut partial);
        partial.gap(next..u16::from(self.total) + 1);
        partial
    }

    fn missing_count(&self) -> usize {
        usize::from(self.total).saturating_sub(self.segments.len())
    }
}

impl Partial {
    fn gap(&mut self, numbers: std::ops::Range<u16>) {
        if !numbers.is_empty() {
            self.text.push_str(GAP_MARK);
            self.missing.extend(numbers.filter_map(|number| u8::try_from(number).ok()));
        }
    }

    fn append(&mut self, bytes: &[u8], alphabet: Alphabet) {
        let decoded = coding::decode(bytes, alphabet);
        self.text.push_str(&decoded.text);
        self.complaints.add(decoded.complaints);
    }
}

/// Neighbouring segments in one alphabet, not decoded yet.
#[derive(Default)]
struct Run<'s> {
    alphabet: Option<Alphabet>,
    pieces: Vec<Cow<'s, [u8]>>,
}

impl<'s> Run<'s> {
    fn push(&mut self, segment: &'s ReceivedSegment, partial: &mut Partial) {
        let (alphabet, bytes) = match segment.alphabet {
            Alphabet::Gsm7Packed { languages, fill_bits, septets } => {
                let septets = coding::unpacked(&segment.bytes, fill_bits, septets);
                (Alphabet::Gsm7(languages), Cow::Owned(septets))
            }
            other => (other, Cow::Borrowed(segment.bytes.as_slice())),
        };
        if self.alphabet != Some(alphabet) {
            self.flush(partial);
            self.alphabet = Some(alphabet);
        }
        self.pieces.push(bytes);
    }

    fn flush(&mut self, partial: &mut Partial) {
        let Some(alphabet) = self.alphabet.take() else {
            return;
        };
        let pieces = std::mem::take(&mut self.pieces);
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        // Segments of odd length that make up an even whole were cut inside a unit. If the whole is odd, a byte was
        // lost somewhere, and joining would turn everything behind it into other characters.
        if alphabet == Alphabet::Ucs2 && bytes % 2 == 1 {
            for piece in &pieces {
                partial.append(piece, alphabet);
            }
        } else {
            partial.append(&pieces.concat(), alphabet);
        }
    }
}
