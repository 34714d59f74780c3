//! What waits to be delivered: at once, or later. A receipt goes to the ESME that submitted, as in every network; a text
//! of a phone to the first connection with room.

use std::collections::{BTreeMap, VecDeque};

use smpp::{Deliver, Latin1, Status};
use tokio::sync::oneshot;

/// Most messages that wait.
pub const OUTBOX_MAX: usize = 100_000;

/// A message for the gateway.
pub(super) struct Parcel {
    pub(super) deliver: Deliver,
    /// The ESME it is for, by the `system_id` of its binds; none takes any.
    pub(super) to: Option<Latin1>,
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

/// What one ESME may take, or any, each with its number in the order of arrival.
type Queue = VecDeque<(u64, Parcel)>;

/// All that wait.
#[derive(Default)]
pub(super) struct Outbox {
    for_any: Queue,
    /// By the ESME's `system_id`; no queue in it is empty.
    for_one: BTreeMap<Latin1, Queue>,
    /// By due time and order of arrival.
    later: BTreeMap<(u64, u64), Parcel>,
    ready_count: usize,
    put_count: u64,
}

impl Outbox {
    /// Takes all in, or none if there is no room for them.
    pub(super) fn put_all(&mut self, parcels: Vec<Parcel>) -> Result<(), Vec<Parcel>> {
        if self.len() + parcels.len() > OUTBOX_MAX {
            return Err(parcels);
        }
        for parcel in parcels {
            self.put_count += 1;
            self.make_ready(self.put_count, parcel);
        }
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
        self.ready_count += 1;
        match &parcel.to {
            None => self.for_any.push_front((0, parcel)),
            Some(esme) => self.for_one.entry(esme.clone()).or_default().push_front((0, parcel)),
        }
    }

    /// Takes the next one out that an ESME may have.
    pub(super) fn take(&mut self, now_ms: u64, esme: &Latin1) -> Option<Parcel> {
        while let Some(entry) = self.later.first_entry()
            && entry.key().0 <= now_ms
        {
            let ((_, number), parcel) = entry.remove_entry();
            self.make_ready(number, parcel);
        }
        let number = |queue: &Queue| queue.front().map(|(number, _)| *number);
        let own = self.for_one.get(esme).and_then(number);
        let taken = match (own, number(&self.for_any)) {
            (Some(own), any) if any.is_none_or(|any| own <= any) => {
                let queue = self.for_one.get_mut(esme)?;
                let taken = queue.pop_front();
                if queue.is_empty() {
                    self.for_one.remove(esme);
                }
                taken
            }
            _ => self.for_any.pop_front(),
        };
        self.ready_count -= usize::from(taken.is_some());
        taken.map(|(_, parcel)| parcel)
    }

    /// When there may be something to take for an ESME; 0 if there is already.
    pub(super) fn due_ms(&self, esme: &Latin1) -> Option<u64> {
        match self.for_any.is_empty() && !self.for_one.contains_key(esme) {
            true => self.later.keys().next().map(|(due_ms, _)| *due_ms),
            false => Some(0),
        }
    }

    fn make_ready(&mut self, number: u64, parcel: Parcel) {
        self.ready_count += 1;
        match &parcel.to {
            None => self.for_any.push_back((number, parcel)),
            Some(esme) => self.for_one.entry(esme.clone()).or_default().push_back((number, parcel)),
        }
    }

    fn len(&self) -> usize {
        self.ready_count + self.later.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(to: Option<&str>, text: &str) -> Parcel {
        let deliver = Deliver { short_message: text.into(), ..Deliver::default() };
        Parcel { deliver, to: to.map(|to| Latin1::from_bytes(to.as_bytes())), again: true, done: None }
    }

    #[test]
    fn each_esme_gets_its_own_and_what_is_for_any_in_the_order_of_arrival() {
        let (me, other) = (Latin1::from_bytes(b"me"), Latin1::from_bytes(b"other"));
        let mut outbox = Outbox::default();
        outbox.put_later(parcel(Some("me"), "receipt"), 10);
        outbox.put_later(parcel(Some("other"), "not mine"), 5);
        assert!(outbox.put_all(vec![parcel(None, "text"), parcel(None, "second text")]).is_ok());
        let text = |taken: Option<Parcel>| taken.map(|p| String::from_utf8(p.deliver.short_message).unwrap());
        assert_eq!(text(outbox.take(0, &me)).as_deref(), Some("text"));
        assert_eq!(text(outbox.take(10, &me)).as_deref(), Some("receipt"));
        outbox.put_back(parcel(Some("me"), "again"));
        assert_eq!(text(outbox.take(10, &me)).as_deref(), Some("again"));
        assert_eq!(text(outbox.take(10, &me)).as_deref(), Some("second text"));
        assert_eq!((text(outbox.take(10, &me)), outbox.due_ms(&me)), (None, None));
        assert_eq!((outbox.due_ms(&other), outbox.len()), (Some(0), 1));
        assert_eq!(text(outbox.take(10, &other)).as_deref(), Some("not mine"));
        assert_eq!(outbox.len(), 0);
    }
}
