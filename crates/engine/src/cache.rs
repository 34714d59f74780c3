//! Records kept in the owner's memory, always as committed. What is not here is read from the store; nothing depends
//! on what happens to be here.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use domain::callback::{Callback, Rendered};
use domain::id::{CallbackId, Stamp};
use domain::message::Message;
use domain::outgoing::Outgoing;

use crate::limit::WORK_BYTES_MAX;

/// A map in two generations: what was used lately survives, the rest is forgotten when the younger one is full.
pub(crate) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    max: usize,
}

impl<K: Hash + Eq + Clone, V: Clone> Recent<K, V> {
    pub(crate) fn new(max: usize) -> Self {
        Recent { young: HashMap::new(), old: HashMap::new(), max }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.put(key.clone(), value.clone());
        Some(value)
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.max {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }
}

/// A callback whose attempt is near or under way.
#[derive(Clone)]
pub(crate) struct CallbackWork {
    pub(crate) callback: Callback,
    pub(crate) request: Rendered,
}

/// An MT whose submit is near or under way.
#[derive(Clone)]
pub(crate) struct MtWork {
    pub(crate) outgoing: Outgoing,
    pub(crate) message: Arc<Message>,
}

/// Work with its bytes, bounded: beyond the bound only what is under way is kept.
#[derive(Default)]
pub(crate) struct Works {
    callbacks: HashMap<CallbackId, CallbackWork>,
    mts: HashMap<Stamp, MtWork>,
    bytes: usize,
}

impl Works {
    pub(crate) fn is_empty(&self) -> bool {
        self.callbacks.is_empty() && self.mts.is_empty() && self.bytes == 0
    }

    pub(crate) const fn has_room(&self) -> bool {
        self.bytes < WORK_BYTES_MAX
    }

    pub(crate) fn callback(&self, id: CallbackId) -> Option<&CallbackWork> {
        self.callbacks.get(&id)
    }

    pub(crate) fn keep_callback(&mut self, work: CallbackWork) {
        self.bytes += callback_bytes(&work);
        if let Some(before) = self.callbacks.insert(work.callback.id, work) {
            self.bytes -= callback_bytes(&before);
        }
    }

    /// The record changed; its bytes did not.
    pub(crate) fn update_callback(&mut self, callback: &Callback) {
        if let Some(work) = self.callbacks.get_mut(&callback.id) {
            work.callback = callback.clone();
        }
    }

    pub(crate) fn forget_callback(&mut self, id: CallbackId) {
        if let Some(work) = self.callbacks.remove(&id) {
            self.bytes -= callback_bytes(&work);
        }
    }

    pub(crate) fn mt(&self, stamp: Stamp) -> Option<&MtWork> {
        self.mts.get(&stamp)
    }

    pub(crate) fn keep_mt(&mut self, work: MtWork) {
        self.bytes += mt_bytes(&work);
        if let Some(before) = self.mts.insert(work.outgoing.id.stamp, work) {
            self.bytes -= mt_bytes(&before);
        }
    }

    /// The record changed; its text did not.
    pub(crate) fn update_mt(&mut self, outgoing: &Outgoing) {
        if let Some(work) = self.mts.get_mut(&outgoing.id.stamp) {
            work.outgoing = outgoing.clone();
        }
    }

    pub(crate) fn forget_mt(&mut self, stamp: Stamp) {
        if let Some(work) = self.mts.remove(&stamp) {
            self.bytes -= mt_bytes(&work);
        }
    }
}

/// What a record costs besides its bytes, roughly.
const RECORD_BYTES: usize = 512;

fn callback_bytes(work: &CallbackWork) -> usize {
    RECORD_BYTES + work.request.body.len()
}

fn mt_bytes(work: &MtWork) -> usize {
    RECORD_BYTES + work.message.text.len()
}

#[cfg(test)]
mod tests {
    //! What is remembered and for how long.
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let mut recent: Recent<u32, u32> = Recent::new(10);
        for i in 0..100 {
            recent.put(i, i);
            assert_eq!(recent.get(&0), Some(0), "used every time");
        }
        assert_eq!(recent.get(&99), Some(99));
        assert_eq!(recent.get(&50), None);
        recent.put(99, 1);
        assert_eq!(recent.get(&99), Some(1));
    }
}
