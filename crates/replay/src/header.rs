//! The user data header: the text behind it is never touched, its numbers make sense or are refused, and every element
//! is somewhere in what was understood.

use smpp::udh::{Concat, UdhComplaint, parse};

/// The octets of a short message whose `esm_class` announces a header.
pub fn check(octets: &[u8]) {
    let (header, text) = parse(octets);
    assert!(octets.ends_with(text));
    let claimed = octets.first().map_or(0, |length| usize::from(*length) + 1);
    let is_too_long = header.complaints.contains(&UdhComplaint::LongerThanMessage);
    assert_eq!(is_too_long, claimed > octets.len());
    assert_eq!(octets.len() - text.len(), claimed.min(octets.len()), "the header ends where it says");
    let others: usize = header.others.iter().map(|(_, data)| data.len() + 2).sum();
    assert!(others <= claimed);
    if let Some(concat) = header.concat {
        said_again(concat, text);
    }
    if header.complaints.is_empty() {
        each_element_is_known_or_kept(&header, octets);
    }
}

fn said_again(concat: Concat, text: &[u8]) {
    assert!((1..=concat.total).contains(&concat.segment));
    let octets = [concat.header(), text.to_vec()].concat();
    let (header, behind) = parse(&octets);
    assert_eq!((header.concat, behind), (Some(concat), text));
    assert!(header.others.is_empty() && header.complaints.is_empty());
}

fn each_element_is_known_or_kept(header: &smpp::udh::UserDataHeader<'_>, octets: &[u8]) {
    let mut rest = octets.get(1..).unwrap_or_default();
    rest = &rest[..octets.first().map_or(0, |length| usize::from(*length))];
    let mut others = header.others.iter();
    while let [identifier, length, after @ ..] = rest {
        let (data, next) = after.split_at(usize::from(*length));
        match identifier {
            0x00 | 0x08 => assert!(header.concat.is_some()),
            0x04 | 0x05 => assert!(header.ports.is_some()),
            0x24 => assert!(header.single_shift.is_some()),
            0x25 => assert!(header.locking_shift.is_some()),
            _ => assert_eq!(others.next(), Some(&(*identifier, data))),
        }
        rest = next;
    }
    assert!(rest.is_empty() && others.next().is_none());
}
