//! The segments of a long MO that have come so far; part of a phone's record.

use domain::text::coding::Alphabet;
use domain::text::gsm7::Languages;
use domain::text::reassembly::{Carrier, Reassembly, ReceivedSegment, Reference};
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{Bytes, damaged};

const KIND: &str = "long MO";

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReassemblyRecord<'a> {
    phone: &'a str,
    service_address: &'a str,
    carrier: u8,
    reference: u16,
    total: u8,
    #[serde(borrow)]
    segments: Vec<SegmentRecord<'a>>,
    first_at: i64,
    deadline_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SegmentRecord<'a> {
    number: u8,
    alphabet: AlphabetRecord,
    #[serde(borrow)]
    bytes: Bytes<'a>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum AlphabetRecord {
    Gsm7 { locking: u8, single: u8 },
    Gsm7Packed { locking: u8, single: u8, fill_bits: u8, septets: Option<u16> },
    Ascii,
    Latin1,
    Ucs2,
}

impl<'a> From<&'a Reassembly> for ReassemblyRecord<'a> {
    fn from(parts: &'a Reassembly) -> ReassemblyRecord<'a> {
        ReassemblyRecord {
            phone: &parts.phone,
            service_address: &parts.service_address,
            carrier: match parts.reference.carrier {
                Carrier::Udh8 => 0,
                Carrier::Udh16 => 1,
                Carrier::Sar => 2,
            },
            reference: parts.reference.value,
            total: parts.total,
            segments: parts.segments.iter().map(SegmentRecord::from).collect(),
            first_at: parts.first_at.0,
            deadline_at: parts.deadline_at.0,
        }
    }
}

impl ReassemblyRecord<'_> {
    pub(crate) fn reassembly(self) -> Result<Reassembly, StoreError> {
        let carrier = match self.carrier {
            0 => Carrier::Udh8,
            1 => Carrier::Udh16,
            2 => Carrier::Sar,
            other => return Err(damaged(KIND, format_args!("unknown carrier {other}"))),
        };
        Ok(Reassembly {
            phone: self.phone.to_owned(),
            service_address: self.service_address.to_owned(),
            reference: Reference { carrier, value: self.reference },
            total: self.total,
            segments: self.segments.into_iter().map(SegmentRecord::segment).collect(),
            first_at: At(self.first_at),
            deadline_at: At(self.deadline_at),
        })
    }
}

impl<'a> From<&'a ReceivedSegment> for SegmentRecord<'a> {
    fn from(segment: &'a ReceivedSegment) -> SegmentRecord<'a> {
        let alphabet = match segment.alphabet {
            Alphabet::Gsm7(Languages { locking, single }) => AlphabetRecord::Gsm7 { locking, single },
            Alphabet::Gsm7Packed { languages: Languages { locking, single }, fill_bits, septets } => {
                AlphabetRecord::Gsm7Packed { locking, single, fill_bits, septets }
            }
            Alphabet::Ascii => AlphabetRecord::Ascii,
            Alphabet::Latin1 => AlphabetRecord::Latin1,
            Alphabet::Ucs2 => AlphabetRecord::Ucs2,
        };
        SegmentRecord { number: segment.number, alphabet, bytes: Bytes(&segment.bytes) }
    }
}

impl SegmentRecord<'_> {
    fn segment(self) -> ReceivedSegment {
        let alphabet = match self.alphabet {
            AlphabetRecord::Gsm7 { locking, single } => Alphabet::Gsm7(Languages { locking, single }),
            AlphabetRecord::Gsm7Packed { locking, single, fill_bits, septets } => {
                Alphabet::Gsm7Packed { languages: Languages { locking, single }, fill_bits, septets }
            }
            AlphabetRecord::Ascii => Alphabet::Ascii,
            AlphabetRecord::Latin1 => Alphabet::Latin1,
            AlphabetRecord::Ucs2 => Alphabet::Ucs2,
        };
        ReceivedSegment { number: self.number, alphabet, bytes: self.bytes.0.to_vec() }
    }
}
