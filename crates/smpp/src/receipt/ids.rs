//! Spellings of message ids. SMSCs answer a submit with one spelling and write another into the receipt: other case,
//! leading zeros, hexadecimal instead of decimal (SMPP 3.3 asked for it) or the reverse.
//!
//! Know a submit under [`canonical_id`] of the id in its answer, and look a receipt up under each of
//! [`id_candidates`], in their order.

/// The spelling under which a submit should be known: small letters, no leading zeros, no `0x`.
pub fn canonical_id(id: &str) -> String {
    let folded = id.trim().to_ascii_lowercase();
    let digits = folded.strip_prefix("0x").unwrap_or(&folded);
    match digits.trim_start_matches('0') {
        "" if !digits.is_empty() => "0".to_owned(),
        stripped => stripped.to_owned(),
    }
}

/// Every spelling an id may stand for, without repetition, the most likely first: as it is, in small letters,
/// canonical, and where it is a number below 2^64 the decimal of its hexadecimal reading and the reverse.
pub fn id_candidates(id: &str) -> Vec<String> {
    let canonical = canonical_id(id);
    let from_hex = u64::from_str_radix(&canonical, 16).ok().map(|number| number.to_string());
    let from_decimal = canonical.parse::<u64>().ok().map(|number| format!("{number:x}"));
    let spellings = [
        Some(id.to_owned()),
        Some(id.to_ascii_lowercase()),
        Some(canonical.clone()),
        from_hex.filter(|_| is_number(&canonical)),
        from_decimal.filter(|_| is_number(&canonical)),
    ];
    let mut candidates = Vec::with_capacity(spellings.len());
    for spelling in spellings.into_iter().flatten() {
        if !spelling.is_empty() && !candidates.contains(&spelling) {
            candidates.push(spelling);
        }
    }
    candidates
}

/// Only digits: number parsers of the standard library take a sign too.
fn is_number(canonical: &str) -> bool {
    canonical.bytes().all(|byte| byte.is_ascii_hexdigit())
}
