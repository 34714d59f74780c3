//! Optional parameters: what is whole is kept octet for octet and found again by its tag, what is not is refused.

use smpp::pdu::DecodeError;
use smpp::{Form, ShortMessage, Tag, Tlvs};

/// The mandatory part of a `data_sm`, empty (SMPP 3.4 §4.7.1).
const BEFORE: [u8; 10] = [0; 10];

/// The octets behind the mandatory parameters.
pub fn check(octets: &[u8]) {
    let body = [&BEFORE[..], octets].concat();
    let (expected, rest) = walk(octets);
    let (message, oddities) = match ShortMessage::decode(Form::Data, &body) {
        Ok(decoded) => decoded,
        Err(error) => {
            assert_eq!(error, DecodeError::OptionalParameters);
            return assert!(rest.len() > 3 || rest.iter().any(|octet| *octet != 0), "refused, and nothing is wrong");
        }
    };
    assert!(rest.len() <= 3 && rest.iter().all(|octet| *octet == 0), "cut, and taken");
    assert_eq!(oddities.trailing_bytes, !rest.is_empty());
    let tlvs = message.tlvs;
    assert_eq!(tlvs.as_wire(), &octets[..octets.len() - rest.len()]);
    assert_eq!(tlvs.iter().collect::<Vec<_>>(), expected);
    let mut again = Tlvs::default();
    for (tag, value) in tlvs.iter() {
        again.push(tag, value).expect("it came in this form");
        let first = expected.iter().find(|(other, _)| *other == tag).map(|(_, value)| *value);
        assert_eq!(tlvs.get(tag), first);
        read_as_everything(&tlvs, tag, first.unwrap_or_default());
    }
    assert_eq!(again, tlvs);
    long_message(&tlvs);
    session(&tlvs);
}

/// An independent reading: tag and length of two octets each, then the value.
fn walk(octets: &[u8]) -> (Vec<(Tag, &[u8])>, &[u8]) {
    let (mut found, mut rest) = (Vec::new(), octets);
    while rest.len() >= 4 {
        let end = 4 + usize::from(rest[2]) * 256 + usize::from(rest[3]);
        if rest.len() < end {
            break;
        }
        found.push((Tag(u16::from(rest[0]) * 256 + u16::from(rest[1])), &rest[4..end]));
        rest = &rest[end..];
    }
    (found, rest)
}

fn read_as_everything(tlvs: &Tlvs, tag: Tag, value: &[u8]) {
    let text = tlvs.text(tag).expect("it is there");
    assert!(!text.as_bytes().contains(&0) && value.starts_with(text.as_bytes()));
    match tlvs.number(tag) {
        Some(number) => assert!(number.to_be_bytes().ends_with(value)),
        None => assert!(value.is_empty() || value.len() > 4),
    }
}

fn long_message(tlvs: &Tlvs) {
    let Some(concat) = tlvs.sar() else { return };
    assert!((1..=concat.total).contains(&concat.segment));
    let mut said = Tlvs::default();
    said.push_sar(concat);
    assert_eq!(said.sar(), Some(concat));
}

fn session(tlvs: &Tlvs) {
    let Some(info) = tlvs.its_session_info() else { return };
    let mut said = Tlvs::default();
    said.push_its_session_info(info);
    assert_eq!(said.get(Tag::ITS_SESSION_INFO), tlvs.get(Tag::ITS_SESSION_INFO));
}
