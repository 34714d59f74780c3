//! Requests of the peer that the owner has not answered yet, up to a limit. Their content is with the owner.
//!
//! A request that comes again, octet for octet under its sequence number, while its answer is owed is the same request:
//! peers do so when they lose patience. Each copy is owed an answer, and all get the one that the owner gives. Another
//! request under the same number is another request.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::pdu::Command;

/// Names one request of the peer until it is answered. Belongs to the bind that gave it; on that bind it is never
/// given twice, so a late or second answer is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u64);

impl Handle {
    /// The handle as a number, to be kept where types can't go.
    pub fn to_number(self) -> u64 {
        self.0
    }

    /// The handle that [`Handle::to_number`] gave. A number from elsewhere is refused when it is used.
    pub fn from_number(number: u64) -> Handle {
        Handle(number)
    }
}

/// What tells a request from all others that wait: its command, number and octets, hashed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(command: Command, sequence: u32, body: &[u8]) -> Fingerprint {
        let mut hash = mix(u64::from(command.0) << 32 | u64::from(sequence), body.len() as u64);
        let (words, rest) = body.as_chunks::<8>();
        for word in words {
            hash = mix(hash, u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        Fingerprint(mix(hash, u64::from_le_bytes(last)))
    }
}

/// A multiplication folded in half, with odd numbers that have no pattern. A peer that goes to the trouble of making two
/// messages alike under one number loses the second of its own messages.
const fn mix(a: u64, b: u64) -> u64 {
    let product = (a ^ 0x9E37_79B9_7F4A_7C15) as u128 * (b ^ 0xD1B5_4A32_D192_ED03) as u128;
    product as u64 ^ (product >> 64) as u64
}

/// Takes a fingerprint as it is: it is a hash already.
#[derive(Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0.rotate_left(8) ^ u64::from(*octet);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// A request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) command: Command,
    pub(crate) sequence: u32,
    /// How often it came, and so how many answers the peer is owed.
    pub(crate) times: usize,
}

struct Request {
    asked: Asked,
    fingerprint: Fingerprint,
}

struct Place {
    generation: u32,
    request: Option<Request>,
}

/// A table of places that are used again, so that it never grows above its limit.
pub(crate) struct Unanswered {
    count_max: usize,
    places: Vec<Place>,
    free: Vec<u32>,
    by_fingerprint: HashMap<Fingerprint, u32, BuildHasherDefault<AsIs>>,
    /// Copies of requests, beyond the first of each.
    repeats: usize,
}

impl Unanswered {
    pub(crate) fn new(count_max: usize) -> Unanswered {
        Unanswered {
            count_max: count_max.max(1),
            places: Vec::new(),
            free: Vec::new(),
            by_fingerprint: HashMap::default(),
            repeats: 0,
        }
    }

    /// Answers that are owed.
    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len() + self.repeats
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.count_max
    }

    /// Counts one more copy of a request that waits; false if none like it does.
    pub(crate) fn repeated(&mut self, fingerprint: Fingerprint) -> bool {
        let place = self.by_fingerprint.get(&fingerprint).and_then(|at| self.places.get_mut(*at as usize));
        let Some(request) = place.and_then(|place| place.request.as_mut()) else { return false };
        request.asked.times += 1;
        self.repeats += 1;
        true
    }

    pub(crate) fn open(&mut self, command: Command, sequence: u32, fingerprint: Fingerprint) -> Handle {
        let at = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place { generation: 0, request: None });
            u32::try_from(self.places.len() - 1).expect("fewer requests than the count limit")
        });
        let place = &mut self.places[at as usize];
        place.generation = place.generation.wrapping_add(1);
        place.request = Some(Request { asked: Asked { command, sequence, times: 1 }, fingerprint });
        self.by_fingerprint.insert(fingerprint, at);
        Handle(u64::from(place.generation) << 32 | u64::from(at))
    }

    /// What was asked, once.
    pub(crate) fn close(&mut self, handle: Handle) -> Option<Asked> {
        let (generation, at) = ((handle.0 >> 32) as u32, handle.0 as u32);
        let place = self.places.get_mut(at as usize)?;
        if place.generation != generation {
            return None;
        }
        let Request { asked, fingerprint } = place.request.take()?;
        self.free.push(at);
        self.by_fingerprint.remove(&fingerprint);
        self.repeats -= asked.times - 1;
        Some(asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(table: &mut Unanswered, command: Command, sequence: u32) -> Handle {
        table.open(command, sequence, Fingerprint::of(command, sequence, b"hello"))
    }

    fn once(command: Command, sequence: u32) -> Option<Asked> {
        Some(Asked { command, sequence, times: 1 })
    }

    #[test]
    fn a_handle_is_good_once_and_its_place_is_used_again() {
        let mut table = Unanswered::new(2);
        let first = open(&mut table, Command::DELIVER_SM, 7);
        let second = open(&mut table, Command::DATA_SM, 7);
        assert!(table.is_full());
        assert_eq!(table.close(first), once(Command::DELIVER_SM, 7));
        assert_eq!(table.close(first), None);
        let third = open(&mut table, Command::DELIVER_SM, 9);
        assert_eq!(table.places.len(), 2);
        assert_eq!(table.close(first), None, "the place is another request's now");
        assert_eq!(table.close(second), once(Command::DATA_SM, 7));
        assert_eq!(table.close(Handle::from_number(third.to_number())), once(Command::DELIVER_SM, 9));
        assert_eq!(table.close(Handle::from_number(99)), None);
        assert_eq!((table.len(), table.by_fingerprint.len()), (0, 0));
    }

    #[test]
    fn every_octet_counts() {
        let body: Vec<u8> = (0..100).collect();
        let of = |body: &[u8]| Fingerprint::of(Command::DELIVER_SM, 7, body).0;
        let mut seen = std::collections::BTreeSet::from([of(&body)]);
        for at in 0..body.len() {
            for bit in 0..8 {
                let mut other = body.clone();
                other[at] ^= 1 << bit;
                assert!(seen.insert(of(&other)), "bit {bit} of octet {at}");
            }
            assert!(seen.insert(of(&body[..at])), "only {at} octets");
        }
    }

    #[test]
    fn only_the_same_octets_under_the_same_number_are_the_same_request_and_only_while_it_waits() {
        let mut table = Unanswered::new(10);
        let handle = open(&mut table, Command::DELIVER_SM, 7);
        let like = |command, sequence, body: &[u8]| Fingerprint::of(command, sequence, body);
        assert!(!table.repeated(like(Command::DATA_SM, 7, b"hello")));
        assert!(!table.repeated(like(Command::DELIVER_SM, 8, b"hello")));
        assert!(!table.repeated(like(Command::DELIVER_SM, 7, b"hell0")));
        assert!(!table.repeated(like(Command::DELIVER_SM, 7, b"hello\0")));
        assert!(table.repeated(like(Command::DELIVER_SM, 7, b"hello")));
        assert!(table.repeated(like(Command::DELIVER_SM, 7, b"hello")));
        assert_eq!(table.len(), 3, "each copy is owed an answer");
        assert_eq!(table.close(handle), Some(Asked { command: Command::DELIVER_SM, sequence: 7, times: 3 }));
        assert_eq!(table.len(), 0);
        assert!(!table.repeated(like(Command::DELIVER_SM, 7, b"hello")), "it was answered");
    }
}
