//! How lanes and pacing know a phone: by a number of eight bytes instead of its address, because millions may wait.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use domain::address::AddressKey;

/// A phone in a lane. Should two phones ever share one (1 in 10^7 with a million phones), they share a lane: each still
/// has its order. Keyed with chance, so that nobody can choose such phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LaneKey(u64);

/// Makes keys; those of one owner agree with each other only.
#[derive(Default)]
pub(crate) struct LaneKeys(RandomState);

impl LaneKeys {
    pub(crate) fn of(&self, phone: &AddressKey) -> LaneKey {
        LaneKey(self.0.hash_one(phone))
    }
}

/// Takes a key as it is: it is a hash already.
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Something for each of many lanes.
pub(crate) type ByLane<T> = HashMap<LaneKey, T, BuildHasherDefault<AsIs>>;
