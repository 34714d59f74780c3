//! Eight septets in seven octets, least significant bits first (3GPP TS 23.038 §6.1.2.1), after the fill bits that
//! follow a user data header (3GPP TS 23.040 §9.2.3.24).

const CARRIAGE_RETURN: u8 = 0x0D;

/// How many fill bits (0..=6) stand between a user data header and the first septet.
/// `header_octets` counts the whole header with its length octet.
#[must_use]
pub const fn fill_bits_after(header_octets: usize) -> u8 {
    ((7 - header_octets * 8 % 7) % 7) as u8
}

/// Packs septets after `fill_bits` zero bits (taken modulo 7). The high bit of an octet given is ignored.
#[must_use]
pub fn pack(septets: &[u8], fill_bits: u8) -> Vec<u8> {
    let fill_bits = u32::from(fill_bits % 7);
    let mut packed = Vec::with_capacity((septets.len() * 7 + fill_bits as usize).div_ceil(8));
    let (mut pending, mut pending_bits) = (0u32, fill_bits);
    for &septet in septets {
        pending |= u32::from(septet & 0x7F) << pending_bits;
        pending_bits += 7;
        while pending_bits >= 8 {
            packed.push(pending as u8);
            pending >>= 8;
            pending_bits -= 8;
        }
    }
    if pending_bits > 0 && !septets.is_empty() {
        packed.push(pending as u8);
    }
    packed
}

/// Unpacks `septets` septets after `fill_bits` bits (taken modulo 7), fewer if the octets don't hold that many.
#[must_use]
pub fn unpack(packed: &[u8], fill_bits: u8, septets: usize) -> Vec<u8> {
    let fill_bits = usize::from(fill_bits % 7);
    let septets = septets.min(capacity(packed.len(), fill_bits));
    (0..septets)
        .map(|index| {
            let bit = fill_bits + index * 7;
            let low = u16::from(packed[bit / 8]);
            let high = packed.get(bit / 8 + 1).map_or(0, |&octet| u16::from(octet));
            ((low | high << 8) >> (bit % 8) & 0x7F) as u8
        })
        .collect()
}

/// How many septets packed octets hold when nothing tells the number.
///
/// Seven bits left over at the end can be a septet or padding; a zero or a carriage return there is read as padding
/// (3GPP TS 23.038 §6.1.2.3.1 pads so), which loses a final `@`.
#[must_use]
pub fn packed_septets(packed: &[u8], fill_bits: u8) -> usize {
    let fill_bits = usize::from(fill_bits % 7);
    let septets = capacity(packed.len(), fill_bits);
    let ends_with_octet = septets > 0 && fill_bits + septets * 7 == packed.len() * 8;
    let is_padded = ends_with_octet && packed.last().is_some_and(|last| matches!(last >> 1, 0 | CARRIAGE_RETURN));
    septets - usize::from(is_padded)
}

fn capacity(octets: usize, fill_bits: usize) -> usize {
    (octets * 8).saturating_sub(fill_bits) / 7
}
