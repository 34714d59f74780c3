//! What becomes due when: one ordered list in the owner's memory, rebuilt at start from the store. Entries may be
//! stale; whoever takes one looks at the record before acting on it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use domain::address::AddressKey;
use domain::id::{CallbackId, MessageId};
use domain::time::At;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DueItem {
    /// The head of a lane may be attempted again: application position and phone.
    Lane(usize, AddressKey),
    /// A callback that goes on alone may be attempted again.
    Detached(usize, CallbackId),
    /// A failing callback has held its lane long enough: application position, phone and callback.
    LaneHold(usize, AddressKey, CallbackId),
    /// Something about a phone.
    Phone(AddressKey),
    /// A scheduled MT.
    Outgoing(MessageId),
}

#[derive(Default)]
pub(crate) struct Due {
    heap: BinaryHeap<Reverse<(At, DueItem)>>,
    /// Phones: when the heap wakes us for them, and when they are really due. A session that is extended with every
    /// message moves only the second.
    phones: HashMap<AddressKey, (At, At)>,
}

impl Due {
    pub(crate) fn push(&mut self, at: At, item: DueItem) {
        self.heap.push(Reverse((at, item)));
    }

    /// A phone record changed; `at` is when it is due now, if ever.
    pub(crate) fn set_phone(&mut self, phone: &AddressKey, at: Option<At>) {
        let Some(at) = at else {
            self.phones.remove(phone);
            return;
        };
        match self.phones.get_mut(phone) {
            Some((wakes, due)) => {
                *due = at;
                if at < *wakes {
                    *wakes = at;
                    self.heap.push(Reverse((at, DueItem::Phone(phone.clone()))));
                }
            }
            None => {
                self.phones.insert(phone.clone(), (at, at));
                self.heap.push(Reverse((at, DueItem::Phone(phone.clone()))));
            }
        }
    }

    /// The next thing due at `now`.
    pub(crate) fn pop(&mut self, now: At) -> Option<DueItem> {
        loop {
            if self.heap.peek().is_none_or(|Reverse((at, _))| *at > now) {
                return None;
            }
            let Reverse((at, item)) = self.heap.pop()?;
            let DueItem::Phone(phone) = &item else { return Some(item) };
            match self.phones.get_mut(phone) {
                Some((wakes, due)) if *wakes == at && *due > now => {
                    *wakes = *due;
                    let again = (*due, DueItem::Phone(phone.clone()));
                    self.heap.push(Reverse(again));
                }
                Some((wakes, _)) if *wakes == at => {
                    self.phones.remove(phone);
                    return Some(item);
                }
                _ => {}
            }
        }
    }

    /// When the next entry comes.
    pub(crate) fn next_at(&self) -> Option<At> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }
}

#[cfg(test)]
mod tests {
    //! Waking for phones whose time keeps moving.
    use super::*;
    use domain::address::Address;

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
}
