//! The user data header that stands before the text when `esm_class` has [`UDHI`](crate::pdu::ESM_CLASS_UDHI):
//! 3GPP TS 23.040 §9.2.3.24. Reassembly of what it numbers isn't here.

/// How a segment of a long message was numbered. References of different kinds never belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConcatKind {
    /// Information element 0x00, reference of 8 bits.
    Udh8,
    /// Information element 0x08, reference of 16 bits.
    Udh16,
    /// The `sar_…` parameters of SMPP.
    Sar,
}

/// Which segment of which long message this is: `1 <= segment <= total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Concat {
    /// How it was numbered.
    pub kind: ConcatKind,
    /// The sender's number of the long message.
    pub reference: u16,
    /// How many segments there are, at least 1.
    pub total: u8,
    /// Which of them this is, from 1.
    pub segment: u8,
}

impl Concat {
    /// The numbers, if they make sense together.
    pub fn checked(kind: ConcatKind, reference: u16, total: u8, segment: u8) -> Option<Concat> {
        (segment >= 1 && segment <= total).then_some(Concat { kind, reference, total, segment })
    }

    /// The user data header that says this, with its length octet. [`ConcatKind::Sar`] is said in 16 bits here.
    pub fn header(&self) -> Vec<u8> {
        let [high, low] = self.reference.to_be_bytes();
        match self.kind {
            ConcatKind::Udh8 => vec![5, 0x00, 3, low, self.total, self.segment],
            ConcatKind::Udh16 | ConcatKind::Sar => {
                vec![6, 0x08, 4, high, low, self.total, self.segment]
            }
        }
    }
}

/// Application ports of a message (information elements 0x04 and 0x05).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ports {
    /// The receiver's port.
    pub destination: u16,
    /// The sender's port.
    pub source: u16,
}

/// Something in a header that makes no sense; what else it says still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UdhComplaint {
    /// The header claims more octets than the message has; all that is there was taken for header.
    LongerThanMessage,
    /// The last information element claims more octets than the header has; it was left out.
    ElementCut,
    /// A known information element of a wrong length; kept among the others.
    ElementLength(u8),
    /// A concatenation with segment 0, no segments, or a segment above the total; kept among the others.
    BadConcat,
}

/// A header taken apart. The last of several equal elements counts (3GPP TS 23.040 §9.2.3.24).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserDataHeader<'a> {
    /// The numbering of a long message.
    pub concat: Option<Concat>,
    /// Application ports.
    pub ports: Option<Ports>,
    /// National language single shift table (0x24).
    pub single_shift: Option<u8>,
    /// National language locking shift table (0x25).
    pub locking_shift: Option<u8>,
    /// Every other element: its identifier and its octets.
    pub others: Vec<(u8, &'a [u8])>,
    /// What made no sense.
    pub complaints: Vec<UdhComplaint>,
}

/// Splits a message's octets into header and text, and reads the header. Never fails.
pub fn parse(octets: &[u8]) -> (UserDataHeader<'_>, &[u8]) {
    let mut header = UserDataHeader::default();
    let Some((&length, rest)) = octets.split_first() else {
        return (header, octets);
    };
    let length = usize::from(length);
    let (mut elements, text) = match rest.split_at_checked(length) {
        Some(split) => split,
        None => {
            header.complaints.push(UdhComplaint::LongerThanMessage);
            (rest, &rest[rest.len()..])
        }
    };
    while let [identifier, length, rest @ ..] = elements {
        let Some((data, next)) = rest.split_at_checked(usize::from(*length)) else {
            header.complaints.push(UdhComplaint::ElementCut);
            return (header, text);
        };
        header.take_element(*identifier, data);
        elements = next;
    }
    if !elements.is_empty() {
        header.complaints.push(UdhComplaint::ElementCut);
    }
    (header, text)
}

impl<'a> UserDataHeader<'a> {
    fn take_element(&mut self, identifier: u8, data: &'a [u8]) {
        match (identifier, data) {
            (0x00, &[reference, total, segment]) => {
                self.take_concat(ConcatKind::Udh8, reference.into(), total, segment, data);
            }
            (0x08, &[high, low, total, segment]) => {
                let reference = u16::from_be_bytes([high, low]);
                self.take_concat(ConcatKind::Udh16, reference, total, segment, data);
            }
            (0x04, &[destination, source]) => {
                self.ports = Some(Ports { destination: destination.into(), source: source.into() });
            }
            (0x05, &[d1, d0, s1, s0]) => {
                self.ports =
                    Some(Ports { destination: u16::from_be_bytes([d1, d0]), source: u16::from_be_bytes([s1, s0]) });
            }
            (0x24, &[table]) => self.single_shift = Some(table),
            (0x25, &[table]) => self.locking_shift = Some(table),
            (0x00 | 0x08 | 0x04 | 0x05 | 0x24 | 0x25, _) => {
                self.complaints.push(UdhComplaint::ElementLength(identifier));
                self.others.push((identifier, data));
            }
            _ => self.others.push((identifier, data)),
        }
    }

    fn take_concat(&mut self, kind: ConcatKind, reference: u16, total: u8, segment: u8, data: &'a [u8]) {
        match Concat::checked(kind, reference, total, segment) {
            Some(concat) => self.concat = Some(concat),
            None => {
                self.complaints.push(UdhComplaint::BadConcat);
                let identifier = if kind == ConcatKind::Udh8 { 0x00 } else { 0x08 };
                self.others.push((identifier, data));
            }
        }
    }
}

#[cfg(test)]
mod tests;
