//! How a text is split for sending (3GPP TS 23.040 §9.2.3.24.1): which encoding, how many segments, where the cuts are.
//!
//! The number of segments is always the smallest possible. Among the splits with that number, cuts are moved back to
//! the border of a grapheme cluster where they can be, so that a phone that shows segments before the rest has come
//! doesn't show half an emoji. The concatenation header itself is built by the `smpp` crate.

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use unicode_segmentation::GraphemeCursor;

use super::coding::encode_ucs2_into;
use super::gsm7;

/// The most segments one text may take: the header counts them in one octet.
pub const SEGMENTS_MAX: usize = 255;

/// What the text travels in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GSM 7-bit default alphabet and extension table; a unit is a septet.
    Gsm7,
    /// UTF-16, big-endian, under the name UCS-2; a unit is two octets.
    Ucs2,
}

/// The width of the reference number in the concatenation header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReferenceWidth {
    /// 8 bits: a header of 6 octets.
    #[default]
    Bits8,
    /// 16 bits: a header of 7 octets.
    Bits16,
}

impl Encoding {
    /// Units in a message that isn't split.
    #[must_use]
    pub const fn single_units_max(self) -> usize {
        match self {
            Self::Gsm7 => 160,
            Self::Ucs2 => 70,
        }
    }

    /// Units in each segment of a message that is split.
    #[must_use]
    pub const fn segment_units_max(self, reference: ReferenceWidth) -> usize {
        match (self, reference) {
            (Self::Gsm7, ReferenceWidth::Bits8) => 153,
            (Self::Gsm7, ReferenceWidth::Bits16) => 152,
            (Self::Ucs2, ReferenceWidth::Bits8) => 67,
            (Self::Ucs2, ReferenceWidth::Bits16) => 66,
        }
    }

    /// Units the character takes. A character the alphabet lacks never gets here in GSM 7-bit: the text would be UCS-2.
    fn cost(self, ch: char) -> usize {
        match self {
            Self::Gsm7 => gsm7::cost(ch).unwrap_or(2),
            Self::Ucs2 => ch.len_utf16(),
        }
    }
}

/// How to split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Width of the reference in the concatenation header.
    pub reference: ReferenceWidth,
    /// Whether a cut moves back to the border of a grapheme cluster when that costs no segment.
    pub prefer_graphemes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { reference: ReferenceWidth::Bits8, prefer_graphemes: true }
    }
}

/// What a text costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The encoding of all segments.
    pub encoding: Encoding,
    /// Units of the whole text, headers apart.
    pub units: usize,
    /// Segments, at least 1.
    pub segments: usize,
}

/// A text split for sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan<'t> {
    /// The encoding of all segments.
    pub encoding: Encoding,
    /// Units of the whole text, headers apart.
    pub units: usize,
    /// In order, at least one, at most [`SEGMENTS_MAX`]. More than one means each needs a concatenation header.
    pub segments: Vec<Segment<'t>>,
}

/// One segment of a [`Plan`]; only [`plan`] makes them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment<'t> {
    /// Its part of the text.
    pub text: &'t str,
    /// Where that is in the whole text, in bytes.
    pub range: Range<usize>,
    /// Units it takes, the header apart.
    pub units: usize,
    /// The encoding of all segments.
    pub encoding: Encoding,
}

impl Segment<'_> {
    /// The user data without header: unpacked septets, or UTF-16 in big-endian order.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.payload_into(&mut out);
        out
    }

    /// Appends what [`Self::payload`] gives, so that a header may be there already.
    pub fn payload_into(&self, out: &mut Vec<u8>) {
        match self.encoding {
            Encoding::Ucs2 => encode_ucs2_into(self.text, out),
            Encoding::Gsm7 => gsm7::encode_into(self.text, out).expect("the plan is GSM-7 only if all of the text is"),
        }
    }
}

/// Why a text isn't split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentRefusal {
    /// It would take more than [`SEGMENTS_MAX`] segments.
    TooManySegments {
        /// What it would take.
        count: Count,
    },
}

impl fmt::Display for SegmentRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::TooManySegments { count } = self;
        write!(f, "the text takes {} segments, at most {SEGMENTS_MAX} can be sent", count.segments)
    }
}

impl std::error::Error for SegmentRefusal {}

/// How a text would be split, without splitting it. Agrees with [`plan`].
///
/// # Errors
/// [`SegmentRefusal::TooManySegments`], with the count.
pub fn count(text: &str, options: Options) -> Result<Count, SegmentRefusal> {
    let (encoding, units) = match gsm7::septets(text) {
        Some(septets) => (Encoding::Gsm7, septets),
        None => (Encoding::Ucs2, text.encode_utf16().count()),
    };
    let segments = if units <= encoding.single_units_max() {
        1
    } else {
        let limit = encoding.segment_units_max(options.reference);
        if text.chars().count() == units { units.div_ceil(limit) } else { filled_segments(text, encoding, limit) }
    };
    let count = Count { encoding, units, segments };
    if segments > SEGMENTS_MAX { Err(SegmentRefusal::TooManySegments { count }) } else { Ok(count) }
}

/// Splits a text. No escape pair and no surrogate pair is cut; an empty text is one segment of 0 units.
///
/// # Errors
/// [`SegmentRefusal::TooManySegments`], with the count.
pub fn plan(text: &str, options: Options) -> Result<Plan<'_>, SegmentRefusal> {
    let Count { encoding, units, segments: number } = count(text, options)?;
    let mut segments = Vec::with_capacity(number);
    if number > 1 {
        let limit = encoding.segment_units_max(options.reference);
        let earliest = earliest_cuts(text, encoding, limit, number);
        // `earliest` is always behind `start`: else the text would have fitted into fewer segments.
        let mut start = 0;
        for earliest in earliest {
            let full = filled_end(text, start, encoding, limit);
            let preferred = if options.prefer_graphemes { cluster_border(text, start, full) } else { full };
            let end = if preferred >= earliest { preferred } else { full };
            segments.push(segment(text, start..end, encoding));
            start = end;
        }
        segments.push(segment(text, start..text.len(), encoding));
    } else {
        segments.push(Segment { text, range: 0..text.len(), units, encoding });
    }
    Ok(Plan { encoding, units, segments })
}

fn segment(text: &str, range: Range<usize>, encoding: Encoding) -> Segment<'_> {
    let text = &text[range.clone()];
    Segment { text, range, units: text.chars().map(|ch| encoding.cost(ch)).sum(), encoding }
}

/// How many segments there are when each is filled as far as whole characters go, which is the fewest possible.
fn filled_segments(text: &str, encoding: Encoding, limit: usize) -> usize {
    let (mut segments, mut used) = (1, 0);
    for ch in text.chars() {
        let cost = encoding.cost(ch);
        if used + cost > limit {
            segments += 1;
            used = 0;
        }
        used += cost;
    }
    segments
}

/// The end of a segment that begins at `start` and is filled as far as whole characters go.
fn filled_end(text: &str, start: usize, encoding: Encoding, limit: usize) -> usize {
    let mut used = 0;
    for (at, ch) in text[start..].char_indices() {
        used += encoding.cost(ch);
        if used > limit {
            return start + at;
        }
    }
    text.len()
}

/// For each of the `number - 1` cuts, the earliest place from which the rest still fits into the segments left.
/// Filling segments from the end of the text finds them in one pass.
fn earliest_cuts(text: &str, encoding: Encoding, limit: usize, number: usize) -> Vec<usize> {
    let mut cuts = Vec::with_capacity(number - 1);
    let (mut start, mut used) = (text.len(), 0);
    for (at, ch) in text.char_indices().rev() {
        let cost = encoding.cost(ch);
        if used + cost > limit {
            cuts.push(start);
            used = 0;
            if cuts.len() == number - 1 {
                break;
            }
        }
        used += cost;
        start = at;
    }
    cuts.reverse();
    cuts
}

/// The last border of a grapheme cluster at or before `at` (UAX #29, extended clusters), `start` if there is none behind
/// it. Looks no further back than `start`, where a segment begins: a hostile text may be one cluster from end to end.
fn cluster_border(text: &str, start: usize, at: usize) -> usize {
    let rest = &text[start..];
    let mut cursor = GraphemeCursor::new(at - start, rest.len(), true);
    if cursor.is_boundary(rest, 0) == Ok(true) {
        return at;
    }
    match cursor.prev_boundary(rest, 0) {
        Ok(Some(border)) => start + border,
        // Neither happens with the whole of the rest at hand; `at` is a safe answer all the same.
        Ok(None) | Err(_) => at,
    }
}
