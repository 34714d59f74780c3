//! What becomes due when: ordered lists in the owner's memory, rebuilt at start from the store. Entries may be stale;
//! whoever takes one looks at the record before acting on it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{BuildHasher, RandomState};

use domain::address::AddressKey;
use domain::id::{CallbackId, MessageId};
use domain::time::At;
use hashbrown::HashTable;

use crate::key::LaneKey;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DueItem {
    /// The head of a lane may be attempted again: application position and phone.
    Lane(usize, LaneKey),
    /// A callback that goes on alone may be attempted again.
    Detached(usize, CallbackId),
    /// A failing callback has held its lane long enough: application position, phone and callback.
    LaneHold(usize, LaneKey, CallbackId),
    /// Something about a phone.
    Phone(AddressKey),
    /// A scheduled MT.
    Outgoing(MessageId),
}

#[derive(Default)]
pub(crate) struct Due {
    heap: BinaryHeap<Reverse<(At, DueItem)>>,
    phones: Phones,
}

impl Due {
    pub(crate) fn push(&mut self, at: At, item: DueItem) {
        self.heap.push(Reverse((at, item)));
    }

    /// A phone record changed; `at` is when it is due now, if ever.
    pub(crate) fn set_phone(&mut self, phone: &AddressKey, at: Option<At>) {
        match at {
            Some(at) => self.phones.set(phone, at),
            None => self.phones.forget(phone),
        }
    }

    /// The next thing due at `now`.
    pub(crate) fn pop(&mut self, now: At) -> Option<DueItem> {
        if self.heap.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            return self.heap.pop().map(|Reverse((_, item))| item);
        }
        self.phones.pop(now).map(DueItem::Phone)
    }

    /// When the next entry comes.
    pub(crate) fn next_at(&self) -> Option<At> {
        let item = self.heap.peek().map(|Reverse((at, _))| *at);
        [item, self.phones.next_at()].into_iter().flatten().min()
    }
}

/// A phone with something due.
struct Place {
    phone: AddressKey,
    /// When the heap wakes us for it.
    wakes: At,
    /// When it is really due; never before it wakes. A session that is extended with every message moves only this.
    due: At,
}

/// Phones with something due, in few bytes each: every phone of the last half hour has an open session.
#[derive(Default)]
struct Phones {
    places: Vec<Option<Place>>,
    free: Vec<u32>,
    by_phone: HashTable<u32>,
    hashes: RandomState,
    heap: BinaryHeap<Reverse<(At, u32)>>,
}

impl Phones {
    fn set(&mut self, phone: &AddressKey, at: At) {
        let hash = self.hashes.hash_one(phone);
        if let Some(slot) = self.by_phone.find(hash, |slot| holds(&self.places, *slot, phone)).copied() {
            let Some(place) = self.places[slot as usize].as_mut() else { return };
            place.due = at;
            if at < place.wakes {
                place.wakes = at;
                self.heap.push(Reverse((at, slot)));
            }
            return;
        }
        let place = Some(Place { phone: phone.clone(), wakes: at, due: at });
        let slot = match self.free.pop() {
            Some(slot) => {
                self.places[slot as usize] = place;
                slot
            }
            None => {
                self.places.push(place);
                (self.places.len() - 1) as u32
            }
        };
        let (places, hashes) = (&self.places, &self.hashes);
        let rehash = |slot: &u32| places[*slot as usize].as_ref().map_or(0, |place| hashes.hash_one(&place.phone));
        self.by_phone.insert_unique(hash, slot, rehash);
        self.heap.push(Reverse((at, slot)));
    }

    fn forget(&mut self, phone: &AddressKey) {
        let hash = self.hashes.hash_one(phone);
        if let Ok(entry) = self.by_phone.find_entry(hash, |slot| holds(&self.places, *slot, phone)) {
            let (slot, _) = entry.remove();
            self.places[slot as usize] = None;
            self.free.push(slot);
        }
    }

    fn pop(&mut self, now: At) -> Option<AddressKey> {
        while self.heap.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let Reverse((at, slot)) = self.heap.pop()?;
            // Another entry, or another phone in this place meanwhile, wakes at another time.
            let Some(place) = self.places[slot as usize].as_mut().filter(|place| place.wakes == at) else { continue };
            if place.due > now {
                place.wakes = place.due;
                self.heap.push(Reverse((place.due, slot)));
                continue;
            }
            let phone = place.phone.clone();
            self.forget(&phone);
            return Some(phone);
        }
        None
    }

    fn next_at(&self) -> Option<At> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

fn holds(places: &[Option<Place>], slot: u32, phone: &AddressKey) -> bool {
    places[slot as usize].as_ref().is_some_and(|place| place.phone == *phone)
}

#[cfg(test)]
mod tests {
    //! Waking for phones whose time keeps moving.
    use super::*;
    use domain::address::Address;
    use domain::id::Stamp;
    use domain::mint::Mint;
    use std::collections::BTreeMap;

    #[test]
    fn a_phone_wakes_once_at_its_latest_time_or_at_an_earlier_one() {
        let phone = Address::parse("41791").unwrap().key();
        let mut due = Due::default();
        for at in [10, 20, 30] {
            due.set_phone(&phone, Some(At(at)));
        }
        assert_eq!(due.pop(At(29)), None);
        assert_eq!(due.pop(At(30)), Some(DueItem::Phone(phone.clone())));
        assert_eq!(due.pop(At(1000)), None);
        due.set_phone(&phone, Some(At(50)));
        due.set_phone(&phone, Some(At(40)));
        assert_eq!(due.pop(At(40)), Some(DueItem::Phone(phone.clone())));
        assert_eq!(due.pop(At(1000)), None);
        due.set_phone(&phone, Some(At(60)));
        due.set_phone(&phone, None);
        assert_eq!(due.pop(At(1000)), None);
    }

    #[test]
    fn whatever_moves_every_phone_is_due_once_when_it_said_last() {
        for seed in 0..200 {
            let mut mint = Mint::new(Stamp(0), seed);
            let (mut due, mut expected) = (Due::default(), BTreeMap::new());
            for now in 0..400 {
                let phone = Address::parse(&format!("417{}", mint.up_to(9))).unwrap().key();
                let at = At(now + 1 + mint.up_to(40) as i64);
                if mint.up_to(4) == 0 {
                    expected.remove(&phone);
                    due.set_phone(&phone, None);
                } else {
                    expected.insert(phone.clone(), at);
                    due.set_phone(&phone, Some(at));
                }
                let mut woken = Vec::new();
                while let Some(DueItem::Phone(phone)) = due.pop(At(now)) {
                    woken.push(phone);
                }
                woken.sort();
                let over: Vec<_> = expected.iter().filter(|(_, at)| **at <= At(now)).map(|(p, _)| p.clone()).collect();
                assert_eq!(woken, over, "seed {seed} at {now}");
                expected.retain(|_, at| *at > At(now));
                assert!(due.phones.heap.len() <= 10 * (expected.len() + 10), "stale entries do not pile up");
            }
        }
    }
}
