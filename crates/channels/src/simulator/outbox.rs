//! What waits to be delivered to the gateway: at once, or later. Which connection takes it is not decided here: the
//! first with room.

use std::collections::{BTreeMap, VecDeque};

use smpp::{Deliver, Status};
use tokio::sync::oneshot;

/// Most messages that wait.
pub const OUTBOX_MAX: usize = 100_000;

/// A message for the gateway.
pub(super) struct Parcel {
    pub(super) deliver: Deliver,
    /// Deliver it again until the gateway takes it or refuses it for good.
    pub(super) again: bool,
    /// Who waits for the answer. Dropped without a word when there will be none.
    pub(super) done: Option<oneshot::Sender<Status>>,
}

impl Parcel {
    /// The gateway has answered.
    pub(super) fn done(self, status: Status) {
        if let Some(done) = self.done {
            // Whoever asked may have gone.
            let _ = done.send(status);
        }
    }
}

/// All that wait.
#[derive(Default)]
pub(super) struct Outbox {
    ready: VecDeque<Parcel>,
    /// By due time and order of arrival.
    later: BTreeMap<(u64, u64), Parcel>,
    put_count: u64,
}

impl Outbox {
    /// Takes all in, or none if there is no room for them.
    pub(super) fn put_all(&mut self, parcels: Vec<Parcel>) -> Result<(), Vec<Parcel>> {
        if self.len() + parcels.len() > OUTBOX_MAX {
            return Err(parcels);
        }
        self.ready.extend(parcels);
        Ok(())
    }

    /// Takes one in for later; without room it is lost, as things get lost in networks.
    pub(super) fn put_later(&mut self, parcel: Parcel, due_ms: u64) {
        if self.len() < OUTBOX_MAX {
            self.put_count += 1;
            self.later.insert((due_ms, self.put_count), parcel);
        }
    }

    /// Takes one back that was taken out: it goes first again.
    pub(super) fn put_back(&mut self, parcel: Parcel) {
        self.ready.push_front(parcel);
    }

    /// Takes the next one out.
    pub(super) fn take(&mut self, now_ms: u64) -> Option<Parcel> {
        while let Some(entry) = self.later.first_entry()
            && entry.key().0 <= now_ms
        {
            self.ready.push_back(entry.remove());
        }
        self.ready.pop_front()
    }

    /// When there will be something to take; 0 if there is already.
    pub(super) fn due_ms(&self) -> Option<u64> {
        match self.ready.is_empty() {
            true => self.later.keys().next().map(|(due_ms, _)| *due_ms),
            false => Some(0),
        }
    }

    fn len(&self) -> usize {
        self.ready.len() + self.later.len()
    }
}
