//! The default alphabet, its extension table and what is derived from them for speed, all built by the compiler.

use super::REPLACEMENT;

/// One character for each septet; [`REPLACEMENT`] where the specification leaves the place empty.
pub(super) type Table = [char; 128];

/// Stands in the rows below for an empty place.
const EMPTY: char = '□';

/// 3GPP TS 23.038 §6.2.1, GSM 7 bit default alphabet.
pub(super) static DEFAULT: Table = table(concat!(
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ□ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
));

/// 3GPP TS 23.038 §6.2.1.1, GSM 7 bit default alphabet extension table.
pub(super) static EXTENSION: Table = table(concat!(
    "□□□□□□□□□□\u{c}□□□□□",
    "□□□□^□□□□□□□□□□□",
    "□□□□□□□□{}□□□□□\\",
    "□□□□□□□□□□□□[~]□",
    "|□□□□□□□□□□□□□□□",
    "□□□□□□□□□□□□□□□□",
    "□□□□□€□□□□□□□□□□",
    "□□□□□□□□□□□□□□□□",
));

/// How a character is sent: a septet, with or without the escape before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code {
    septet: u8,
    extension: bool,
}

impl Code {
    pub(super) const fn septet(self) -> u8 {
        self.septet
    }

    pub(super) const fn is_extension(self) -> bool {
        self.extension
    }
}

/// The codes of the characters up to U+00FF.
pub(super) static CODES: [Option<Code>; 256] = {
    let mut codes = [None; 256];
    let mut at = 0;
    while at < 128 {
        let (plain, extended) = (DEFAULT[at] as usize, EXTENSION[at] as usize);
        if plain < 256 {
            codes[plain] = Some(Code { septet: at as u8, extension: false });
        }
        if extended < 256 {
            codes[extended] = Some(Code { septet: at as u8, extension: true });
        }
        at += 1;
    }
    codes
};

/// Whether an octet means the same character in ASCII and in the default alphabet.
pub(super) static SAME_AS_ASCII: [bool; 256] = {
    let mut same = [false; 256];
    let mut at = 0;
    while at < 128 {
        same[at] = DEFAULT[at] as usize == at;
        at += 1;
    }
    same
};

/// The codes of the few characters above U+00FF: Greek capitals without a Latin double, and the euro sign.
pub(super) const fn beyond_latin1(ch: char) -> Option<Code> {
    let (septet, extension) = match ch {
        'Δ' => (0x10, false),
        'Φ' => (0x12, false),
        'Γ' => (0x13, false),
        'Λ' => (0x14, false),
        'Ω' => (0x15, false),
        'Π' => (0x16, false),
        'Ψ' => (0x17, false),
        'Σ' => (0x18, false),
        'Θ' => (0x19, false),
        'Ξ' => (0x1A, false),
        '€' => (0x65, true),
        _ => return None,
    };
    Some(Code { septet, extension })
}

/// Reads 128 characters, so that the tables above can be compared with the specification by eye.
pub(super) const fn table(rows: &str) -> Table {
    let bytes = rows.as_bytes();
    let mut table = [REPLACEMENT; 128];
    let (mut at, mut code) = (0, 0);
    while at < bytes.len() {
        let (ch, length) = char_at(bytes, at);
        if ch != EMPTY {
            table[code] = ch;
        }
        at += length;
        code += 1;
    }
    assert!(code == 128, "a table has 128 places");
    table
}

/// The character whose UTF-8 begins at `at`, and its length in bytes. The tables have none above U+FFFF.
const fn char_at(bytes: &[u8], at: usize) -> (char, usize) {
    let lead = bytes[at] as u32;
    let (value, length) = if lead < 0x80 {
        (lead, 1)
    } else if lead < 0xE0 {
        ((lead & 0x1F) << 6 | tail(bytes, at + 1), 2)
    } else {
        ((lead & 0x0F) << 12 | tail(bytes, at + 1) << 6 | tail(bytes, at + 2), 3)
    };
    (char::from_u32(value).expect("the bytes come from a str"), length)
}

const fn tail(bytes: &[u8], at: usize) -> u32 {
    (bytes[at] & 0x3F) as u32
}
