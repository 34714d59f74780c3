//! Headers seen in the field, damaged ones, and built ones read back.

use super::*;
use proptest::prelude::*;

fn concat(kind: ConcatKind, reference: u16, total: u8, segment: u8) -> Option<Concat> {
    Some(Concat { kind, reference, total, segment })
}

#[test]
fn headers_of_the_field() {
    let check = |octets: &[u8], expected: UserDataHeader<'_>, text: &[u8]| {
        assert_eq!(parse(octets), (expected, text), "{octets:02x?}");
    };
    let none = UserDataHeader::default;
    check(b"", none(), b"");
    check(b"\x00hi", none(), b"hi");
    check(
        b"\x05\x00\x03\xAB\x03\x02hi",
        UserDataHeader { concat: concat(ConcatKind::Udh8, 0xAB, 3, 2), ..none() },
        b"hi",
    );
    check(
        b"\x06\x08\x04\x12\x34\x02\x01hi",
        UserDataHeader { concat: concat(ConcatKind::Udh16, 0x1234, 2, 1), ..none() },
        b"hi",
    );
    // Another element before the concatenation, language shifts after it.
    check(
        b"\x0E\x70\x01\xFF\x00\x03\x01\x02\x02\x24\x01\x01\x25\x01\x03hi",
        UserDataHeader {
            concat: concat(ConcatKind::Udh8, 1, 2, 2),
            single_shift: Some(1),
            locking_shift: Some(3),
            others: vec![(0x70, b"\xFF")],
            ..none()
        },
        b"hi",
    );
    check(
        b"\x06\x05\x04\x0B\x84\x23\xF0push",
        UserDataHeader { ports: Some(Ports { destination: 2948, source: 9200 }), ..none() },
        b"push",
    );
    check(
        b"\x04\x04\x02\xF5\x00x",
        UserDataHeader { ports: Some(Ports { destination: 245, source: 0 }), ..none() },
        b"x",
    );
    // The last of two concatenations counts.
    check(
        b"\x0A\x00\x03\x01\x02\x01\x00\x03\x02\x02\x02x",
        UserDataHeader { concat: concat(ConcatKind::Udh8, 2, 2, 2), ..none() },
        b"x",
    );
}

#[test]
fn what_makes_no_sense_is_told_and_the_rest_holds() {
    let check = |octets: &[u8], complaint, segment: Option<u8>, text: &[u8]| {
        let (header, rest) = parse(octets);
        assert_eq!(header.complaints, vec![complaint], "{octets:02x?}");
        assert_eq!(header.concat.map(|concat| concat.segment), segment, "{octets:02x?}");
        assert_eq!(rest, text, "{octets:02x?}");
    };
    check(b"\x20\x00\x03\x01\x02\x01", UdhComplaint::LongerThanMessage, Some(1), b"");
    check(b"\x07\x00\x03\x01\x02\x01\x70\x05hi", UdhComplaint::ElementCut, Some(1), b"hi");
    check(b"\x06\x00\x03\x01\x02\x01\x70hi", UdhComplaint::ElementCut, Some(1), b"hi");
    check(b"\x04\x00\x02\x01\x02hi", UdhComplaint::ElementLength(0x00), None, b"hi");
    check(b"\x05\x00\x03\x01\x02\x00hi", UdhComplaint::BadConcat, None, b"hi");
    check(b"\x05\x00\x03\x01\x02\x03hi", UdhComplaint::BadConcat, None, b"hi");
    check(b"\x05\x00\x03\x01\x00\x00hi", UdhComplaint::BadConcat, None, b"hi");
}

proptest! {
    #[test]
    fn a_built_header_is_read_back(reference: u16, total in 1u8.., wide: bool, text: Vec<u8>) {
        let (kind, reference) = match wide {
            true => (ConcatKind::Udh16, reference),
            false => (ConcatKind::Udh8, reference & 0xFF),
        };
        let built = Concat { kind, reference, total, segment: total };
        let octets = [built.header(), text.clone()].concat();
        let (header, rest) = parse(&octets);
        prop_assert_eq!(header, UserDataHeader { concat: Some(built), ..Default::default() });
        prop_assert_eq!(rest, &text[..]);
    }

    #[test]
    fn no_octets_are_invented(octets: Vec<u8>) {
        let (header, text) = parse(&octets);
        prop_assert!(octets.ends_with(text));
        prop_assert!(header.others.len() * 2 <= octets.len());
    }
}
