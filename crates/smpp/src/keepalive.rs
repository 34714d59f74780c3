//! When to ask a silent peer whether it is still there, and when to give it up. Sending is the bind's business.
//!
//! Any whole PDU is a sign of life, so a busy link is never asked. A peer that vanished without a word is found after
//! at most interval + timeout.

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// Send an `enquire_link` and report it by [`Keepalive::asked`].
    Ask,
    /// The peer is gone.
    Dead,
}

/// The watch over one link.
pub struct Keepalive {
    /// 0 switches it off.
    interval_ms: u64,
    timeout_ms: u64,
    heard_at: u64,
    /// When a peer that was asked and stays silent is dead.
    dead_at: Option<u64>,
    last_asked: Option<u32>,
}

impl Keepalive {
    /// Asks after `interval_ms` of silence (0: never) and waits `timeout_ms` for a sign of life.
    pub fn new(interval_ms: u64, timeout_ms: u64, now_ms: u64) -> Keepalive {
        Keepalive { interval_ms, timeout_ms, heard_at: now_ms, dead_at: None, last_asked: None }
    }

    /// A whole PDU came.
    pub fn heard(&mut self, now_ms: u64) {
        self.heard_at = now_ms;
        self.dead_at = None;
    }

    /// An `enquire_link` was sent under this sequence number.
    pub fn asked(&mut self, sequence: u32, now_ms: u64) {
        self.dead_at = Some(now_ms.saturating_add(self.timeout_ms));
        self.last_asked = Some(sequence);
    }

    /// Whether an `enquire_link_resp` of this number answers the last `enquire_link`. True once.
    pub fn answered(&mut self, sequence: u32) -> bool {
        let ours = self.last_asked == Some(sequence);
        if ours {
            self.last_asked = None;
        }
        ours
    }

    /// What is to be done.
    pub fn due(&self, now_ms: u64) -> Due {
        match self.deadline() {
            Some(deadline) if deadline > now_ms => Due::Nothing,
            Some(_) if self.dead_at.is_some() => Due::Dead,
            Some(_) => Due::Ask,
            None => Due::Nothing,
        }
    }

    /// When to look again.
    pub fn deadline(&self) -> Option<u64> {
        match self.dead_at {
            None if self.interval_ms == 0 => None,
            None => Some(self.heard_at.saturating_add(self.interval_ms)),
            dead_at => dead_at,
        }
    }
}
