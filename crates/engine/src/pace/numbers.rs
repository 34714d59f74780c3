//! What a channel's pacing looks like from outside.

use super::ChannelPace;
use crate::live::LimitedBy;

/// What one channel's pacing looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChannelNumbers {
    pub(crate) links_up: u32,
    pub(crate) window: u32,
    pub(crate) window_used: u32,
    pub(crate) queued: u64,
    pub(crate) submitted: u64,
    pub(crate) throttled: u64,
    pub(crate) limited_by: LimitedBy,
}

impl ChannelPace {
    pub(super) fn numbers(&self, now_ms: u64) -> ChannelNumbers {
        let window = self.links.values().map(|l| l.window).sum();
        let window_used = self.links.values().map(|l| l.used).sum();
        let limited_by = if !self.has_ready() && self.in_flight.is_empty() {
            LimitedBy::NoDemand
        } else if self.links.is_empty() {
            LimitedBy::NoLink
        } else if self.links.values().all(|l| l.paused_until_ms > now_ms) {
            LimitedBy::Throttled
        } else if window_used >= window {
            LimitedBy::Window
        } else if !self.has_token() {
            LimitedBy::Rate
        } else {
            LimitedBy::NoDemand
        };
        ChannelNumbers {
            links_up: self.links.len() as u32,
            window,
            window_used,
            queued: self.queued,
            submitted: self.submitted,
            throttled: self.throttled,
            limited_by,
        }
    }
}
