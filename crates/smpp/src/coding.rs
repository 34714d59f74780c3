//! `data_coding`: which alphabet the octets of a short message are in, and which value to send for an alphabet.
//! The alphabets themselves (tables, conversion, segmentation) are not here.
//!
//! SMPP 3.4 §5.2.19 gives 0x00 to 0x0F meanings of its own and 0xC0 upwards those of GSM; operators also use the
//! general groups of 3GPP TS 23.038 §4 for 0x10 to 0x7F, so they are read that way.

/// The alphabet of a short message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// Whatever the SMSC uses by default: a setting of the channel, mostly GSM 7 bit, sometimes Latin 1.
    SmscDefault,
    /// The GSM 7 bit default alphabet, said explicitly (one septet an octet on the wire).
    Gsm7,
    /// IA5, that is ASCII.
    Ascii,
    /// ISO 8859-1.
    Latin1,
    /// UCS-2, in practice UTF-16, big endian.
    Ucs2,
    /// Eight-bit data that is no text.
    Octets,
    /// A `data_coding` we have no alphabet for: kept as it came.
    Unknown(u8),
}

/// Everything a `data_coding` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coding {
    /// The alphabet of the octets.
    pub alphabet: Alphabet,
    /// The message class 0 to 3 (0 shows at once, "flash"), if one is given.
    pub class: Option<u8>,
    /// Whether the text is compressed (3GPP TS 23.042).
    pub compressed: bool,
}

impl Coding {
    /// Reads a `data_coding`. Every value has a reading.
    pub fn of(data_coding: u8) -> Coding {
        let plain = |alphabet| Coding { alphabet, class: None, compressed: false };
        match data_coding {
            0x00 => plain(Alphabet::SmscDefault),
            0x01 => plain(Alphabet::Ascii),
            0x02 | 0x04 => plain(Alphabet::Octets),
            0x03 => plain(Alphabet::Latin1),
            0x08 => plain(Alphabet::Ucs2),
            // General data coding, and the same marked for automatic deletion.
            0x10..=0x7F => Coding {
                alphabet: match data_coding >> 2 & 0b11 {
                    0 => Alphabet::Gsm7,
                    1 => Alphabet::Octets,
                    2 => Alphabet::Ucs2,
                    _ => Alphabet::Unknown(data_coding),
                },
                class: (data_coding & 0x10 != 0).then_some(data_coding & 0b11),
                compressed: data_coding & 0x20 != 0,
            },
            // Message waiting indication: discard, store, store in UCS-2.
            0xC0..=0xDF => plain(Alphabet::Gsm7),
            0xE0..=0xEF => plain(Alphabet::Ucs2),
            0xF0..=0xFF => Coding {
                alphabet: if data_coding & 0x04 == 0 { Alphabet::Gsm7 } else { Alphabet::Octets },
                class: Some(data_coding & 0b11),
                compressed: false,
            },
            other => plain(Alphabet::Unknown(other)),
        }
    }

    /// The `data_coding` to send for an alphabet and, if wanted, a class (only its lowest two bits count).
    /// Nothing if that can't be said: ASCII and Latin 1 have no classes.
    pub fn to_send(alphabet: Alphabet, class: Option<u8>) -> Option<u8> {
        let class = class.map(|class| class & 0b11);
        match (alphabet, class) {
            // 0x00 rather than an explicit GSM group: it is what every operator understands.
            (Alphabet::SmscDefault | Alphabet::Gsm7, None) => Some(0x00),
            (Alphabet::SmscDefault | Alphabet::Gsm7, Some(class)) => Some(0x10 | class),
            (Alphabet::Ascii, None) => Some(0x01),
            (Alphabet::Latin1, None) => Some(0x03),
            (Alphabet::Octets, None) => Some(0x04),
            (Alphabet::Octets, Some(class)) => Some(0x14 | class),
            (Alphabet::Ucs2, None) => Some(0x08),
            (Alphabet::Ucs2, Some(class)) => Some(0x18 | class),
            (Alphabet::Unknown(data_coding), None) => Some(data_coding),
            (Alphabet::Ascii | Alphabet::Latin1 | Alphabet::Unknown(_), Some(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings() {
        let check = |data_coding, alphabet, class, compressed| {
            let expected = Coding { alphabet, class, compressed };
            assert_eq!(Coding::of(data_coding), expected, "{data_coding:#04x}");
        };
        check(0x00, Alphabet::SmscDefault, None, false);
        check(0x01, Alphabet::Ascii, None, false);
        check(0x02, Alphabet::Octets, None, false);
        check(0x03, Alphabet::Latin1, None, false);
        check(0x04, Alphabet::Octets, None, false);
        check(0x05, Alphabet::Unknown(0x05), None, false);
        check(0x08, Alphabet::Ucs2, None, false);
        check(0x0F, Alphabet::Unknown(0x0F), None, false);
        check(0x10, Alphabet::Gsm7, Some(0), false);
        check(0x11, Alphabet::Gsm7, Some(1), false);
        check(0x15, Alphabet::Octets, Some(1), false);
        check(0x18, Alphabet::Ucs2, Some(0), false);
        check(0x1C, Alphabet::Unknown(0x1C), Some(0), false);
        check(0x20, Alphabet::Gsm7, None, true);
        check(0x38, Alphabet::Ucs2, Some(0), true);
        check(0x48, Alphabet::Ucs2, None, false);
        check(0x80, Alphabet::Unknown(0x80), None, false);
        check(0xC8, Alphabet::Gsm7, None, false);
        check(0xD1, Alphabet::Gsm7, None, false);
        check(0xE0, Alphabet::Ucs2, None, false);
        check(0xF0, Alphabet::Gsm7, Some(0), false);
        check(0xF2, Alphabet::Gsm7, Some(2), false);
        check(0xF5, Alphabet::Octets, Some(1), false);
    }

    #[test]
    fn what_is_sent_is_read_back() {
        let classes = [None, Some(0), Some(1), Some(2), Some(3)];
        for alphabet in [Alphabet::Ascii, Alphabet::Latin1, Alphabet::Octets, Alphabet::Ucs2] {
            for class in classes {
                if let Some(data_coding) = Coding::to_send(alphabet, class) {
                    let read = Coding::of(data_coding);
                    assert_eq!((read.alphabet, read.class), (alphabet, class));
                }
            }
        }
        assert_eq!(Coding::to_send(Alphabet::Gsm7, None), Some(0x00));
        assert_eq!(Coding::to_send(Alphabet::Gsm7, Some(0)), Some(0x10));
        assert_eq!(Coding::to_send(Alphabet::Latin1, Some(0)), None);
        assert_eq!(Coding::to_send(Alphabet::Unknown(0x0E), None), Some(0x0E));
    }
}
