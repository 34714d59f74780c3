//! The national language tables (3GPP TS 23.038 annex A), chosen by the numbers a user data header carries.
//!
//! The Latin ones are written out. The Indian locking tables are one layout over different Unicode blocks, and all
//! single shift tables from Bengali on share a frame; they are built from that, with what is particular to each.

use super::REPLACEMENT;
use super::tables::{DEFAULT, EXTENSION, Table, table};

/// The locking shift table of a language; the default alphabet for 0 and for a number that has none.
pub(super) fn locking(language: u8) -> &'static Table {
    match language {
        1 => &TURKISH,
        3 => &PORTUGUESE,
        4..=12 => &INDIAN[usize::from(language) - 4],
        13 => &URDU,
        _ => &DEFAULT,
    }
}

/// The single shift table of a language; the default extension table for 0 and for a number that has none.
pub(super) fn single(language: u8) -> &'static Table {
    match language {
        1 => &TURKISH_SINGLE,
        2 => &SPANISH_SINGLE,
        3 => &PORTUGUESE_SINGLE,
        4..=13 => &FRAMED_SINGLE[usize::from(language) - 4],
        _ => &EXTENSION,
    }
}

/// Annex A.3.1.
static TURKISH: Table = table(concat!(
    "@£$¥€éùıòÇ\nĞğ\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ□ŞşßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "İABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "çabcdefghijklmno",
    "pqrstuvwxyzäöñüà",
));

/// Annex A.3.3.
static PORTUGUESE: Table = table(concat!(
    "@£$¥êéúíóç\nÔô\rÁá",
    "Δ_ªÇÀ∞^\\€Ó|□ÂâÊÉ",
    " !\"#º%&'()*+,-./",
    "0123456789:;<=>?",
    "ÍABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÃÕÚÜ§",
    "~abcdefghijklmno",
    "pqrstuvwxyzãõ`üà",
));

/// Annex A.3.13.
static URDU: Table = table(concat!(
    "\u{627}\u{622}\u{628}\u{67b}\u{680}\u{67e}\u{6a6}\u{62a}\u{6c2}\u{67f}\n\u{679}\u{67d}\r\u{67a}\u{67c}",
    "\u{62b}\u{62c}\u{681}\u{684}\u{683}\u{685}\u{686}\u{687}\u{62d}\u{62e}\u{62f}□\u{68c}\u{688}\u{689}\u{68a}",
    " !\u{68f}\u{68d}\u{630}\u{631}\u{691}\u{693})(\u{699}\u{632},\u{696}.\u{698}",
    "0123456789:;\u{69a}\u{633}\u{634}?",
    "\u{635}\u{636}\u{637}\u{638}\u{639}\u{641}\u{642}\u{6a9}\u{6aa}\u{6ab}\u{6af}\u{6b3}\u{6b1}\u{644}\u{645}\u{646}",
    "\u{6ba}\u{6bb}\u{6bc}\u{648}\u{6c4}\u{6d5}\u{6c1}\u{6be}\u{621}\u{6cc}\u{6d0}\u{6d2}\u{64d}\u{650}\u{64f}\u{657}",
    "\u{654}abcdefghijklmno",
    "pqrstuvwxyz\u{655}\u{651}\u{653}\u{656}\u{670}",
));

/// Annex A.2.1.
static TURKISH_SINGLE: Table = table(concat!(
    "□□□□□□□□□□\u{c}□□□□□",
    "□□□□^□□□□□□□□□□□",
    "□□□□□□□□{}□□□□□\\",
    "□□□□□□□□□□□□[~]□",
    "|□□□□□□Ğ□İ□□□□□□",
    "□□□Ş□□□□□□□□□□□□",
    "□□□ç□€□ğ□ı□□□□□□",
    "□□□ş□□□□□□□□□□□□",
));

/// Annex A.2.2.
static SPANISH_SINGLE: Table = table(concat!(
    "□□□□□□□□□ç\u{c}□□□□□",
    "□□□□^□□□□□□□□□□□",
    "□□□□□□□□{}□□□□□\\",
    "□□□□□□□□□□□□[~]□",
    "|Á□□□□□□□Í□□□□□Ó",
    "□□□□□Ú□□□□□□□□□□",
    "□á□□□€□□□í□□□□□ó",
    "□□□□□ú□□□□□□□□□□",
));

/// Annex A.2.3.
static PORTUGUESE_SINGLE: Table = table(concat!(
    "□□□□□ê□□□ç\u{c}Ôô□Áá",
    "□□ΦΓ^ΩΠΨΣΘ□□□□□Ê",
    "□□□□□□□□{}□□□□□\\",
    "□□□□□□□□□□□□[~]□",
    "|À□□□□□□□Í□□□□□Ó",
    "□□□□□Ú□□□□□ÃÕ□□□",
    "□Â□□□€□□□í□□□□□ó",
    "□□□□□ú□□□□□ãõ□□â",
));

/// Annex A.3.4 to A.3.12: block, offsets the table leaves empty, and what stands at 0x60 and 0x7B..=0x7F.
static INDIAN: [Table; 9] = [
    // Bengali
    indian(
        0x0980,
        &[0x0D, 0x0E, 0x11, 0x12, 0x29, 0x31, 0x33, 0x34, 0x35, 0x45, 0x46, 0x49, 0x4A],
        [0x4E, 0x57, 0x5C, 0x5D, 0x70, 0x71],
    ),
    // Gujarati
    indian(0x0A80, &[0x0E, 0x12, 0x29, 0x31, 0x34, 0x46, 0x4A], [0x50, 0x60, 0x61, 0x62, 0x63, 0x71]),
    // Hindi
    indian(0x0900, &[], [0x50, 0x72, 0x7B, 0x7C, 0x7E, 0x7F]),
    // Kannada
    indian(0x0C80, &[0x01, 0x0D, 0x11, 0x29, 0x34, 0x45, 0x49], [0x55, 0x56, 0x60, 0x61, 0x62, 0x63]),
    // Malayalam
    indian(0x0D00, &[0x01, 0x0D, 0x11, 0x29, 0x3C, 0x45, 0x49], [0x57, 0x60, 0x61, 0x62, 0x63, 0x79]),
    // Oriya
    indian(
        0x0B00,
        &[0x0D, 0x0E, 0x11, 0x12, 0x29, 0x31, 0x34, 0x45, 0x46, 0x49, 0x4A],
        [0x56, 0x57, 0x60, 0x61, 0x62, 0x63],
    ),
    // Punjabi
    indian(
        0x0A00,
        &[0x0B, 0x0C, 0x0D, 0x0E, 0x11, 0x12, 0x29, 0x31, 0x34, 0x37, 0x3D, 0x43, 0x44, 0x45, 0x46, 0x49, 0x4A],
        [0x51, 0x70, 0x71, 0x72, 0x73, 0x74],
    ),
    // Tamil
    indian(
        0x0B80,
        &[
            0x01, 0x0B, 0x0C, 0x0D, 0x11, 0x16, 0x17, 0x18, 0x1B, 0x1D, 0x20, 0x21, 0x22, 0x25, 0x26, 0x27, 0x2B, 0x2C,
            0x2D, 0x3C, 0x3D, 0x43, 0x44, 0x45, 0x49,
        ],
        [0x50, 0x57, 0x70, 0x71, 0x72, 0x79],
    ),
    // Telugu
    indian(0x0C00, &[0x0D, 0x11, 0x29, 0x34, 0x3A, 0x3C, 0x45, 0x49], [0x55, 0x56, 0x60, 0x61, 0x62, 0x63]),
];

/// The layout the Indian locking tables share: signs and digits of ASCII in fixed places, and between them the letters
/// of the block in the order of Unicode, from offset 0x01 to 0x4D without 0x04, 0x3A and 0x3B.
const fn indian(block: u32, empty: &[u8], extras: [u8; 6]) -> Table {
    let mut table = [REPLACEMENT; 128];
    let mut offset: u8 = 0x01;
    let mut code: u8 = 0;
    while code < 128 {
        let value = match code {
            0x1B => REPLACEMENT as u32,
            0x28 => ')' as u32,
            0x29 => '(' as u32,
            0x0A | 0x0D | 0x20 | 0x21 | 0x2C | 0x2E | 0x30..=0x3B | 0x3F | 0x61..=0x7A => code as u32,
            0x60 => block + extras[0] as u32,
            0x7B..=0x7F => block + extras[code as usize - 0x7A] as u32,
            _ => {
                let value = if contains(empty, offset) { REPLACEMENT as u32 } else { block + offset as u32 };
                offset = match offset {
                    0x03 => 0x05,
                    0x39 => 0x3C,
                    other => other + 1,
                };
                value
            }
        };
        table[code as usize] = bmp_char(value);
        code += 1;
    }
    assert!(offset == 0x4E, "the layout ends with the sign at offset 0x4D");
    table
}

/// The places of the shared frame that are particular to a language, in order.
const PARTICULAR: [u8; 32] = [
    0x19, 0x1A, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3F,
];

/// What the single shift tables of annex A.2.4 to A.2.13 have in common.
const FRAME: Table = table(concat!(
    "@£$¥¿\"¤%&'\u{c}*+□-/",
    "<=>¡^¡_#*□□□□□□□",
    "□□□□□□□□{}□□□□□\\",
    "□□□□□□□□□□□□[~]□",
    "|ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZ□□□□□",
    "□□□□□€□□□□□□□□□□",
    "□□□□□□□□□□□□□□□□",
));

/// Annex A.2.4 to A.2.13: the particular characters in the order of [`PARTICULAR`], 0 where a place is empty.
static FRAMED_SINGLE: [Table; 10] = [
    // Bengali
    framed(&[
        0x9e6, 0x9e7, 0x9e8, 0x9e9, 0x9ea, 0x9eb, 0x9ec, 0x9ed, 0x9ee, 0x9ef, 0x9df, 0x9e0, 0x9e1, 0x9e2, 0x9e3, 0x9f2,
        0x9f3, 0x9f4, 0x9f5, 0x9f6, 0x9f7, 0x9f8, 0x9f9, 0x9fa,
    ]),
    // Gujarati
    framed(&[0x964, 0x965, 0xae6, 0xae7, 0xae8, 0xae9, 0xaea, 0xaeb, 0xaec, 0xaed, 0xaee, 0xaef]),
    // Hindi
    framed(&[
        0x964, 0x965, 0x966, 0x967, 0x968, 0x969, 0x96a, 0x96b, 0x96c, 0x96d, 0x96e, 0x96f, 0x951, 0x952, 0x953, 0x954,
        0x958, 0x959, 0x95a, 0x95b, 0x95c, 0x95d, 0x95e, 0x95f, 0x960, 0x961, 0x962, 0x963, 0x970, 0x971,
    ]),
    // Kannada
    framed(&[0x964, 0x965, 0xce6, 0xce7, 0xce8, 0xce9, 0xcea, 0xceb, 0xcec, 0xced, 0xcee, 0xcef, 0xcde, 0xcf1, 0xcf2]),
    // Malayalam
    framed(&[
        0x964, 0x965, 0xd66, 0xd67, 0xd68, 0xd69, 0xd6a, 0xd6b, 0xd6c, 0xd6d, 0xd6e, 0xd6f, 0xd70, 0xd71, 0xd72, 0xd73,
        0xd74, 0xd75, 0xd7a, 0xd7b, 0xd7c, 0xd7d, 0xd7e, 0xd7f,
    ]),
    // Oriya
    framed(&[
        0x964, 0x965, 0xb66, 0xb67, 0xb68, 0xb69, 0xb6a, 0xb6b, 0xb6c, 0xb6d, 0xb6e, 0xb6f, 0xb5c, 0xb5d, 0xb5f, 0xb70,
        0xb71,
    ]),
    // Punjabi
    framed(&[
        0x964, 0x965, 0xa66, 0xa67, 0xa68, 0xa69, 0xa6a, 0xa6b, 0xa6c, 0xa6d, 0xa6e, 0xa6f, 0xa59, 0xa5a, 0xa5b, 0xa5c,
        0xa5e, 0xa75,
    ]),
    // Tamil
    framed(&[
        0x964, 0x965, 0xbe6, 0xbe7, 0xbe8, 0xbe9, 0xbea, 0xbeb, 0xbec, 0xbed, 0xbee, 0xbef, 0xbf3, 0xbf4, 0xbf5, 0xbf6,
        0xbf7, 0xbf8, 0xbfa,
    ]),
    // Telugu
    framed(&[
        0, 0, 0xc66, 0xc67, 0xc68, 0xc69, 0xc6a, 0xc6b, 0xc6c, 0xc6d, 0xc6e, 0xc6f, 0xc58, 0xc59, 0xc78, 0xc79, 0xc7a,
        0xc7b, 0xc7c, 0xc7d, 0xc7e, 0xc7f,
    ]),
    // Urdu
    framed(&[
        0x600, 0x601, 0x6f0, 0x6f1, 0x6f2, 0x6f3, 0x6f4, 0x6f5, 0x6f6, 0x6f7, 0x6f8, 0x6f9, 0x60c, 0x60d, 0x60e, 0x60f,
        0x610, 0x611, 0x612, 0x613, 0x614, 0x61b, 0x61f, 0x640, 0x652, 0x658, 0x66b, 0x66c, 0x672, 0x673, 0x6cd, 0x6d4,
    ]),
];

const fn framed(particular: &[u16]) -> Table {
    let mut table = FRAME;
    let mut at = 0;
    while at < particular.len() {
        if particular[at] != 0 {
            table[PARTICULAR[at] as usize] = bmp_char(particular[at] as u32);
        }
        at += 1;
    }
    table
}

const fn contains(offsets: &[u8], wanted: u8) -> bool {
    let mut at = 0;
    while at < offsets.len() {
        if offsets[at] == wanted {
            return true;
        }
        at += 1;
    }
    false
}

const fn bmp_char(value: u32) -> char {
    char::from_u32(value).expect("the tables hold no surrogate")
}
