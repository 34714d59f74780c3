//! Our requests that wait for an answer, by sequence number, and their timeouts.
//! What is in them, and who may send what, is the bind's business; `enquire_link`, `unbind` and the bind request are
//! not counted here, so a full window never keeps them back.

use std::collections::{HashMap, VecDeque};

/// The highest sequence number (SMPP 3.4 §5.1.4).
pub const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

/// How many requests that timed out are remembered, so that a late answer still says how they ended.
pub const LATE_MAX: usize = 1024;
/// For how long they are remembered.
pub const LATE_MS_MAX: u64 = 60 * 60 * 1000;

#[derive(Clone, Copy)]
struct Slot {
    token: u64,
    expires_at: u64,
}

struct Late {
    sequence: u32,
    token: u64,
    forgotten_at: u64,
}

/// An answer that belongs to a request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The owner's name for the request.
    pub token: u64,
    /// Whether the request had already timed out.
    pub late: bool,
}

/// Requests in flight. Bounded by `size_max`, whatever the peer answers or doesn't.
pub struct Window {
    size_max: usize,
    timeout_ms: u64,
    last_sequence: u32,
    slots: HashMap<u32, Slot>,
    /// When slots expire, soonest first. Answered ones are left in until they reach the front or are swept out.
    order: VecDeque<(u64, u32)>,
    late: VecDeque<Late>,
}

impl Window {
    /// A window of `size_max` requests (at least 1) that each wait `timeout_ms`.
    pub fn new(size_max: usize, timeout_ms: u64) -> Window {
        Window {
            size_max: size_max.max(1),
            timeout_ms,
            last_sequence: 0,
            slots: HashMap::new(),
            order: VecDeque::new(),
            late: VecDeque::new(),
        }
    }

    /// How many requests wait for an answer.
    pub fn in_flight(&self) -> usize {
        self.slots.len()
    }

    /// Whether no further request may be sent.
    pub fn is_full(&self) -> bool {
        self.slots.len() >= self.size_max
    }

    /// A sequence number no request in flight has: 1 to [`SEQUENCE_MAX`], then from 1 again.
    pub fn next_sequence(&mut self) -> u32 {
        loop {
            self.last_sequence = self.last_sequence % SEQUENCE_MAX + 1;
            if !self.slots.contains_key(&self.last_sequence) {
                return self.last_sequence;
            }
        }
    }

    /// Remembers a request sent at `now_ms` under a number from [`Window::next_sequence`].
    pub fn sent(&mut self, sequence: u32, token: u64, now_ms: u64) {
        let expires_at = now_ms.saturating_add(self.timeout_ms);
        self.slots.insert(sequence, Slot { token, expires_at });
        self.order.push_back((expires_at, sequence));
        // One request that is never answered would otherwise keep the rest of a whole timeout behind it.
        if self.order.len() > 2 * self.slots.len() + 64 {
            let slots = &self.slots;
            self.order.retain(|entry| is_live(slots, *entry));
        }
    }

    /// Takes an answer to `sequence`; nothing if no request of that number waits or has timed out lately.
    pub fn answered(&mut self, sequence: u32, now_ms: u64) -> Option<Answered> {
        if let Some(slot) = self.slots.remove(&sequence) {
            self.drop_answered_front();
            return Some(Answered { token: slot.token, late: false });
        }
        let at = self.late.iter().position(|late| late.sequence == sequence)?;
        let late = self.late.remove(at)?;
        (late.forgotten_at > now_ms).then_some(Answered { token: late.token, late: true })
    }

    /// Takes out one request whose time is up.
    pub fn expired(&mut self, now_ms: u64) -> Option<u64> {
        self.drop_answered_front();
        let &(expires_at, sequence) = self.order.front()?;
        if expires_at > now_ms {
            return None;
        }
        self.order.pop_front();
        let slot = self.slots.remove(&sequence)?;
        if self.late.len() >= LATE_MAX {
            self.late.pop_front();
        }
        let forgotten_at = now_ms.saturating_add(LATE_MS_MAX);
        self.late.push_back(Late { sequence, token: slot.token, forgotten_at });
        Some(slot.token)
    }

    /// When the next request's time is up.
    pub fn next_deadline(&self) -> Option<u64> {
        self.order.front().map(|&(expires_at, _)| expires_at)
    }

    /// Gives every request more time: answers couldn't be read for `span_ms`.
    pub fn postpone(&mut self, span_ms: u64) {
        for slot in self.slots.values_mut() {
            slot.expires_at = slot.expires_at.saturating_add(span_ms);
        }
        for (expires_at, _) in &mut self.order {
            *expires_at = expires_at.saturating_add(span_ms);
        }
    }

    /// Empties the window and gives the tokens that were in it, in the order they were sent.
    pub fn abandon(&mut self) -> Vec<u64> {
        let slots = std::mem::take(&mut self.slots);
        let order = std::mem::take(&mut self.order);
        let live = order.into_iter().filter(|entry| is_live(&slots, *entry));
        live.filter_map(|(_, sequence)| slots.get(&sequence)).map(|slot| slot.token).collect()
    }

    fn drop_answered_front(&mut self) {
        while let Some(entry) = self.order.front() {
            if is_live(&self.slots, *entry) {
                break;
            }
            self.order.pop_front();
        }
    }
}

fn is_live(slots: &HashMap<u32, Slot>, (expires_at, sequence): (u64, u32)) -> bool {
    slots.get(&sequence).is_some_and(|slot| slot.expires_at == expires_at)
}

#[cfg(test)]
mod tests;
