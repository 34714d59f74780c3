//! Identities: what they are made of and how they are shown.
//!
//! Every id is a UUIDv7 (RFC 9562 §5.7) in two halves. The upper half is a *stamp*: 48 bits of milliseconds, the version
//! nibble, and a 12-bit counter; it is unique for each message and grows with time, so it is the row key of a message.
//! The lower half is random. A callback carries the stamp of the message it belongs to and a random half of its own:
//! who holds a callback id finds its message without an index.

use std::fmt;

/// Upper half of an id: unique for each message, ordered by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(pub u64);

const VERSION_7: u64 = 0x7 << 12;
const VARIANT: u64 = 0x2 << 62;

impl Stamp {
    /// The stamp of the `counter`-th (0..4096) message of a millisecond.
    pub const fn new(ms: u64, counter: u16) -> Stamp {
        Stamp((ms << 16) | VERSION_7 | (counter as u64 & 0xfff))
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> u64 {
        self.0 >> 16
    }

    /// The counter inside the millisecond.
    pub const fn counter(self) -> u16 {
        (self.0 & 0xfff) as u16
    }

    /// Day of the message in UTC, days since the epoch: the key of daily storage.
    pub const fn day(self) -> i32 {
        (self.ms() / 86_400_000) as i32
    }
}

macro_rules! id_type {
    ($name:ident, $prefix:literal, $what:literal) => {
        #[doc = $what]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            /// Upper half.
            pub stamp: Stamp,
            /// Lower half with the RFC 9562 variant bits.
            pub tail: u64,
        }

        impl $name {
            /// The text in front of the shown id.
            pub const PREFIX: &'static str = $prefix;

            /// From a stamp and 62 random bits.
            pub const fn new(stamp: Stamp, random: u64) -> Self {
                Self { stamp, tail: VARIANT | (random >> 2) }
            }

            /// The 16 bytes as one number.
            pub const fn to_u128(self) -> u128 {
                ((self.stamp.0 as u128) << 64) | self.tail as u128
            }

            /// Back from [`Self::to_u128`].
            pub const fn from_u128(raw: u128) -> Self {
                Self { stamp: Stamp((raw >> 64) as u64), tail: raw as u64 }
            }

            /// 32 lower-case hex digits, without prefix or dashes.
            pub fn hex(self) -> String {
                format!("{:032x}", self.to_u128())
            }

            /// Reads the shown form; the prefix may be missing, dashes are ignored. `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.strip_prefix($prefix).unwrap_or(text);
                parse_hex(digits).map(Self::from_u128)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let digits = hex_digits(self.to_u128());
                f.write_str($prefix)?;
                f.write_str(str::from_utf8(&digits).unwrap_or_default())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id_type!(MessageId, "msg_", "Identity of one MO or MT for life.");
id_type!(CallbackId, "cbk_", "Identity of one callback for life; its stamp is that of its message.");

/// 32 lower-case hex digits. By hand, because every timeline has several ids and the formatter's way takes four times as
/// many instructions.
fn hex_digits(raw: u128) -> [u8; 32] {
    let mut digits = [0; 32];
    for (byte, pair) in raw.to_be_bytes().iter().zip(digits.chunks_exact_mut(2)) {
        pair[0] = HEX[usize::from(byte >> 4)];
        pair[1] = HEX[usize::from(byte & 0xf)];
    }
    digits
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn parse_hex(text: &str) -> Option<u128> {
    let mut raw: u128 = 0;
    let mut digits = 0;
    for c in text.chars() {
        if c == '-' {
            continue;
        }
        raw = (raw << 4) | u128::from(c.to_digit(16)?);
        digits += 1;
        if digits > 32 {
            return None;
        }
    }
    (digits == 32).then_some(raw)
}

/// The number by which the Service Layer contract knows one segment of an MT (`docs/reference/service-layer.md §2`):
/// positive, below 2^62, made of the message's stamp and the segment's index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentNumber(pub i64);

impl SegmentNumber {
    /// The number of segment `index` (0-based) of the message with this stamp.
    pub const fn new(stamp: Stamp, index: u8) -> SegmentNumber {
        SegmentNumber(((stamp.ms() << 20) | ((stamp.counter() as u64) << 8) | index as u64) as i64)
    }

    /// The message's stamp and the segment's index; `None` for a number we never gave.
    pub const fn split(self) -> Option<(Stamp, u8)> {
        if self.0 < 0 {
            return None;
        }
        let raw = self.0 as u64;
        Some((Stamp::new(raw >> 20, ((raw >> 8) & 0xfff) as u16), (raw & 0xff) as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuid_version_7_and_read_back() {
        let stamp = Stamp::new(1_795_000_000_123, 4095);
        let id = MessageId::new(stamp, u64::MAX);
        let text = id.to_string();
        assert!(text.starts_with("msg_"));
        assert_eq!(&text[16..17], "7");
        assert!(matches!(&text[20..21], "8" | "9" | "a" | "b"));
        assert_eq!(MessageId::parse(&text), Some(id));
        assert_eq!(MessageId::parse(&id.hex().to_uppercase()), Some(id));
        assert_eq!(id.stamp.ms(), 1_795_000_000_123);
        for bad in ["", "msg_", "msg_12", "msg_zz", &format!("{text}0"), "cbk_00000000000000000000000000000000"] {
            assert_eq!(MessageId::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn segment_numbers_lead_back_to_the_message() {
        for (ms, counter, index) in [(1_795_000_000_123, 0, 0), (1_795_000_000_123, 4095, 254), (1, 1, 1)] {
            let stamp = Stamp::new(ms, counter);
            let number = SegmentNumber::new(stamp, index);
            assert!(number.0 > 0 && number.0 < 1 << 62);
            assert_eq!(number.split(), Some((stamp, index)));
        }
        assert_eq!(SegmentNumber(-1).split(), None);
    }
}
