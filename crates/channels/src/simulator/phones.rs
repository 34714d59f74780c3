//! What the phones of the simulated operator remember: the last texts each received, and segments that wait for the
//! rest.

use std::collections::{BTreeMap, HashMap, VecDeque};

use domain::address::AddressKey;
use domain::event::MoContent;
use domain::text::coding::Alphabet;
use domain::text::reassembly::{Added, Concatenation, REASSEMBLIES_PER_PHONE_MAX, REASSEMBLY_WAIT_MS, Reassembly};
use domain::time::At;

/// Most phones remembered; beyond, the one that received nothing for the longest time is forgotten.
pub const PHONES_MAX: usize = 1000;
/// Most texts remembered of one phone.
pub const TEXTS_PER_PHONE_MAX: usize = 200;

/// A text that a phone received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneText {
    /// Counts up over all phones from 1.
    pub seq: u64,
    /// The phone, as the gateway wrote it.
    pub phone: String,
    /// The sender, as the gateway wrote it.
    pub from: String,
    /// The text, joined from its segments.
    pub text: String,
    /// When it was complete.
    pub at: At,
}

#[derive(Default)]
struct Phone {
    /// When it was last used, as a number that counts up.
    used: u64,
    texts: VecDeque<PhoneText>,
    joining: VecDeque<Reassembly>,
    /// How often its submits were refused in a row, for fates that count.
    refused: u8,
}

/// All phones.
#[derive(Default)]
pub(super) struct Phones {
    phones: HashMap<AddressKey, Phone>,
    /// Which phone was used when.
    by_use: BTreeMap<u64, AddressKey>,
    uses: u64,
    seq: u64,
}

impl Phones {
    /// A phone receives something; gives the text when it is whole.
    pub(super) fn receive(
        &mut self,
        key: &AddressKey,
        (phone, from): (&str, &str),
        content: MoContent,
        at: At,
    ) -> Option<PhoneText> {
        let text = match content {
            MoContent::Whole { text, .. } => text,
            MoContent::Segment { place, bytes, alphabet } => {
                self.used(key).join((phone, from), place, &bytes, alphabet, at)?
            }
        };
        self.seq += 1;
        let text = PhoneText { seq: self.seq, phone: phone.to_owned(), from: from.to_owned(), text, at };
        let texts = &mut self.used(key).texts;
        if texts.len() >= TEXTS_PER_PHONE_MAX {
            texts.pop_front();
        }
        texts.push_back(text.clone());
        Some(text)
    }

    /// Texts after a number, oldest first.
    pub(super) fn received(&self, key: &AddressKey, after_seq: u64) -> Vec<PhoneText> {
        let texts = self.phones.get(key).into_iter().flat_map(|phone| &phone.texts);
        texts.filter(|text| text.seq > after_seq).cloned().collect()
    }

    /// True twice, then false, and so on.
    pub(super) fn refuses_twice(&mut self, key: &AddressKey) -> bool {
        let phone = self.used(key);
        phone.refused = (phone.refused + 1) % 3;
        phone.refused != 0
    }

    fn used(&mut self, key: &AddressKey) -> &mut Phone {
        if !self.phones.contains_key(key)
            && self.phones.len() >= PHONES_MAX
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.phones.remove(&oldest);
        }
        self.uses += 1;
        let phone = self.phones.entry(key.clone()).or_default();
        self.by_use.remove(&phone.used);
        self.by_use.insert(self.uses, key.clone());
        phone.used = self.uses;
        phone
    }
}

impl Phone {
    fn join(
        &mut self,
        (phone, from): (&str, &str),
        place: Concatenation,
        bytes: &[u8],
        alphabet: Alphabet,
        at: At,
    ) -> Option<String> {
        let known =
            self.joining.iter().position(|other| other.reference == place.reference && other.service_address == from);
        let index = known.unwrap_or_else(|| {
            if self.joining.len() >= REASSEMBLIES_PER_PHONE_MAX {
                self.joining.pop_front();
            }
            self.joining.push_back(Reassembly::new(phone, from, &place, at, REASSEMBLY_WAIT_MS));
            self.joining.len() - 1
        });
        match self.joining[index].add(&place, alphabet, bytes) {
            Ok(Added::Complete) => self.joining.remove(index)?.join().map(|decoded| decoded.text),
            // A segment that fits nothing is dropped, as phones do.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::address::Address;

    use super::*;

    fn whole(text: &str) -> MoContent {
        MoContent::Whole { text: text.into(), encoding: "GSM-7" }
    }

    #[test]
    fn memory_is_bounded_and_the_busiest_are_kept() {
        let mut phones = Phones::default();
        let key = |number: usize| Address::parse(&format!("4179{number:07}")).unwrap().key();
        for round in 0..TEXTS_PER_PHONE_MAX + 50 {
            phones.receive(&key(0), ("p", "f"), whole(&round.to_string()), At(0));
        }
        for number in 1..PHONES_MAX + 500 {
            phones.receive(&key(number), ("p", "f"), whole("x"), At(0));
            phones.receive(&key(0), ("p", "f"), whole("again"), At(0));
        }
        assert_eq!((phones.phones.len(), phones.by_use.len()), (PHONES_MAX, PHONES_MAX));
        assert_eq!(phones.received(&key(0), 0).len(), TEXTS_PER_PHONE_MAX);
        assert!(phones.received(&key(1), 0).is_empty());
        let last = phones.received(&key(0), 0).last().unwrap().seq;
        assert!(phones.received(&key(0), last).is_empty());
        assert_eq!(phones.received(&key(0), last - 3).len(), 2);
    }

    #[test]
    fn two_refusals_then_none() {
        let mut phones = Phones::default();
        let key = Address::parse("41790000004").unwrap().key();
        let refused: Vec<bool> = (0..6).map(|_| phones.refuses_twice(&key)).collect();
        assert_eq!(refused, [true, true, false, true, true, false]);
    }
}
