//! Pacing: MTs of one phone on one channel are submitted one segment at a time, in the order in which they were
//! committed; different phones share the windows of the channel's links and its rate. A network that asks to slow
//! down pauses its link, and the segment it refused goes first afterwards, so nothing overtakes anything.

mod link;
mod numbers;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use domain::address::AddressKey;
use domain::directory::{Channel, Directory, InDoubt, Name};
use domain::id::{MessageId, Stamp};
use domain::outgoing::{Outgoing, OutgoingState};

use crate::key::{ByLane, LaneKey, LaneKeys};
use crate::limit::{LANES_KEPT, REFUSALS_IN_A_ROW_MAX, THROTTLE_PAUSE_MS};
use crate::queue::{Queue, Queues};

use link::Link;
pub(crate) use numbers::ChannelNumbers;

/// Priorities of SMPP 3.4 §5.2.14: 0 to 3.
const PRIORITIES: usize = 4;

#[derive(Clone, Copy)]
struct Waiting {
    id: MessageId,
    priority: u8,
}

#[derive(Default)]
struct PhoneLane {
    queue: Queue,
    busy: bool,
}

/// What one order occupies until its answer comes.
struct InFlight {
    link: u16,
    phone: LaneKey,
    throttles: u32,
    /// Its window has the place back; what the answer means is not committed yet.
    is_answered: bool,
}

#[derive(Default)]
struct ChannelPace {
    spec: Option<Arc<Channel>>,
    phones: ByLane<PhoneLane>,
    waiting: Queues<Waiting>,
    ready: [VecDeque<LaneKey>; PRIORITIES],
    links: BTreeMap<u16, Link>,
    in_flight: HashMap<Stamp, InFlight>,
    throttles: HashMap<Stamp, u32>,
    /// Phones that the network has trouble with, and until when they are left in peace.
    resting: VecDeque<(u64, LaneKey)>,
    tokens: f64,
    refilled_at_ms: u64,
    queued: u64,
    submitted: u64,
    throttled: u64,
}

/// A segment that may be submitted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) message: MessageId,
    pub(crate) link: u16,
}

/// All pacing of an owner.
#[derive(Default)]
pub(crate) struct Pace {
    keys: LaneKeys,
    channels: BTreeMap<Name, ChannelPace>,
    in_flight: u32,
}

impl Pace {
    /// Takes over a configuration. MTs of a channel that is gone wait for it to come back.
    pub(crate) fn configure(&mut self, directory: &Directory) {
        for pace in self.channels.values_mut() {
            pace.spec = None;
        }
        for (id, channel) in &directory.channels {
            self.channels.entry(id.clone()).or_default().spec = Some(channel.clone());
        }
    }

    pub(crate) fn link_up(&mut self, channel: &Name, link: u16, window: u32) {
        let pace = self.channels.entry(channel.clone()).or_default();
        let on_it = || pace.in_flight.values().filter(|f| f.link == link);
        let (open, used) = (on_it().count() as u32, on_it().filter(|f| !f.is_answered).count() as u32);
        pace.links.insert(link, Link { window: window.max(1), used, open, paused_until_ms: 0, refusals: 0 });
    }

    pub(crate) fn link_down(&mut self, channel: &Name, link: u16) {
        if let Some(pace) = self.channels.get_mut(channel) {
            pace.links.remove(&link);
        }
    }

    /// A queued MT is new (made, due, or found at start).
    pub(crate) fn queue(&mut self, outgoing: &Outgoing) {
        if outgoing.state != OutgoingState::Queued {
            return;
        }
        let pace = self.channels.entry(outgoing.channel.clone()).or_default();
        let phone = self.keys.of(&outgoing.phone_key());
        let lane = pace.phones.entry(phone).or_default();
        let was_idle = lane.queue.is_empty() && !lane.busy;
        pace.waiting.push(&mut lane.queue, Waiting { id: outgoing.id, priority: outgoing.priority });
        pace.queued += 1;
        if was_idle {
            pace.ready[priority(outgoing.priority)].push_back(phone);
        }
    }

    /// Takes segments that may be submitted now; each phone has at most one under way. `early`: before a commit, which
    /// is of no use to channels that hold doubts, since each submit waits for one there.
    pub(crate) fn turns(&mut self, now_ms: u64, early: bool, mut take: impl FnMut(&Name, Turn)) {
        for (id, pace) in &mut self.channels {
            if early && pace.spec.as_ref().is_some_and(|spec| spec.in_doubt == InDoubt::Hold) {
                continue;
            }
            pace.refill(now_ms);
            while let Some((_, phone)) = pace.resting.pop_front_if(|(until_ms, _)| *until_ms <= now_ms) {
                pace.release(phone, false);
            }
            while pace.has_token()
                && let Some(link) = pace.free_link(now_ms)
                && let Some((phone, message)) = pace.take_ready()
            {
                pace.spend_token();
                if let Some(link) = pace.links.get_mut(&link) {
                    link.used += 1;
                    link.open += 1;
                }
                let throttles = pace.throttles.remove(&message.stamp).unwrap_or(0);
                pace.in_flight.insert(message.stamp, InFlight { link, phone, throttles, is_answered: false });
                self.in_flight += 1;
                take(id, Turn { message, link });
            }
        }
    }

    /// The answer came: the window has a place again. Returns how often the segment was throttled before; none when
    /// no such order is open (an answer twice).
    pub(crate) fn answered(&mut self, channel: &Name, message: MessageId) -> Option<u32> {
        let pace = self.channels.get_mut(channel)?;
        let flight = pace.in_flight.get_mut(&message.stamp).filter(|flight| !flight.is_answered)?;
        flight.is_answered = true;
        let throttles = flight.throttles;
        if let Some(link) = pace.links.get_mut(&flight.link) {
            link.used = link.used.saturating_sub(1);
        }
        Some(throttles)
    }

    /// The network asked to slow down: the link pauses, and the segment goes first when it is over.
    pub(crate) fn throttled(&mut self, channel: &Name, message: MessageId, now_ms: u64) {
        self.pause(channel, message, now_ms);
        self.once_more(channel, message, true);
    }

    /// The network refused the segment for now: its phone rests and the others go on, so that a phone the network has
    /// trouble with holds up nobody. When many are refused in a row it is the network, and the link pauses too.
    pub(crate) fn postponed(&mut self, channel: &Name, message: MessageId, now_ms: u64) {
        let Some((pace, mut flight)) = self.close(channel, message) else { return };
        flight.throttles += 1;
        pace.throttles.insert(message.stamp, flight.throttles);
        pace.throttled += 1;
        pace.resting.push_back((now_ms + THROTTLE_PAUSE_MS, flight.phone));
        if let Some(link) = pace.links.get_mut(&flight.link) {
            link.refusals += 1;
            if link.refusals >= REFUSALS_IN_A_ROW_MAX {
                link.paused_until_ms = now_ms + THROTTLE_PAUSE_MS;
            }
        }
    }

    /// The segment was not submitted: it goes first when a link is free.
    pub(crate) fn again(&mut self, channel: &Name, message: MessageId) {
        self.answered(channel, message);
        self.once_more(channel, message, true);
    }

    fn pause(&mut self, channel: &Name, message: MessageId, now_ms: u64) {
        let Some(pace) = self.channels.get_mut(channel) else { return };
        let Some(flight) = pace.in_flight.get_mut(&message.stamp) else { return };
        flight.throttles += 1;
        if let Some(link) = pace.links.get_mut(&flight.link) {
            link.paused_until_ms = now_ms + THROTTLE_PAUSE_MS;
        }
        pace.throttled += 1;
    }

    /// The order is over.
    fn close(&mut self, channel: &Name, message: MessageId) -> Option<(&mut ChannelPace, InFlight)> {
        let pace = self.channels.get_mut(channel)?;
        let flight = pace.in_flight.remove(&message.stamp)?;
        self.in_flight = self.in_flight.saturating_sub(1);
        if let Some(link) = pace.links.get_mut(&flight.link) {
            link.open = link.open.saturating_sub(1);
        }
        Some((pace, flight))
    }

    fn once_more(&mut self, channel: &Name, message: MessageId, first: bool) {
        let Some((pace, flight)) = self.close(channel, message) else { return };
        if flight.throttles > 0 {
            pace.throttles.insert(message.stamp, flight.throttles);
        }
        pace.release(flight.phone, first);
    }

    /// The MT cannot be submitted or need not be any more; its phone goes on with the next one.
    pub(crate) fn passed_over(&mut self, channel: &Name, message: MessageId) {
        self.answered(channel, message);
        let Some((pace, flight)) = self.close(channel, message) else { return };
        pace.drop_from_lane(flight.phone, message);
        pace.release(flight.phone, false);
    }

    /// True while the MT waits for its turn or is under way.
    pub(crate) fn knows(&self, outgoing: &Outgoing) -> bool {
        let Some(pace) = self.channels.get(&outgoing.channel) else { return false };
        let lane = pace.phones.get(&self.keys.of(&outgoing.phone_key()));
        lane.is_some_and(|lane| pace.waiting.any(&lane.queue, |waiting| waiting.id == outgoing.id))
    }

    /// True while an order of the MT is open.
    pub(crate) fn is_under_way(&self, message: MessageId) -> bool {
        self.channels.values().any(|pace| pace.in_flight.contains_key(&message.stamp))
    }

    /// What the answer meant is committed; `more` = the MT has further segments to submit now.
    pub(crate) fn settled(&mut self, channel: &Name, message: MessageId, more: bool) {
        let Some((pace, flight)) = self.close(channel, message) else { return };
        pace.submitted += 1;
        if let Some(link) = pace.links.get_mut(&flight.link) {
            link.refusals = 0;
        }
        if !more {
            pace.drop_from_lane(flight.phone, message);
        }
        pace.release(flight.phone, more);
    }

    /// An MT that was not under way ended (expired, cancelled).
    pub(crate) fn dropped(&mut self, channel: &Name, phone: &AddressKey, message: MessageId) {
        let Some(pace) = self.channels.get_mut(channel) else { return };
        if pace.in_flight.contains_key(&message.stamp) {
            return;
        }
        let phone = self.keys.of(phone);
        pace.drop_from_lane(phone, message);
        pace.throttles.remove(&message.stamp);
        let idle = pace.phones.get(&phone).is_some_and(|l| !l.busy && l.queue.is_empty());
        if idle {
            pace.forget(phone);
        }
    }

    /// Orders without an answer.
    pub(crate) const fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// True when nothing is queued, under way or remembered for it.
    pub(crate) fn is_idle(&self) -> bool {
        self.channels.values().all(|p| {
            let is_unused = p.links.values().all(|l| l.used == 0);
            is_unused && p.queued == 0 && p.phones.is_empty() && p.in_flight.is_empty() && p.throttles.is_empty()
        })
    }

    /// When a pause or the rate lets something through again, if something waits for that.
    pub(crate) fn next_ms(&self, now_ms: u64) -> Option<u64> {
        let waiting = self.channels.values().filter(|p| p.has_ready() && !p.links.is_empty());
        let resting = self.channels.values().filter_map(|pace| pace.resting.front().map(|(until_ms, _)| *until_ms));
        waiting.filter_map(|pace| pace.next_ms(now_ms)).chain(resting).min()
    }

    /// Numbers by channel.
    pub(crate) fn numbers(&self, now_ms: u64) -> impl Iterator<Item = (&Name, ChannelNumbers)> {
        self.channels.iter().map(move |(id, pace)| (id, pace.numbers(now_ms)))
    }
}

impl ChannelPace {
    fn rate(&self) -> u32 {
        self.spec.as_ref().map_or(0, |spec| spec.rate)
    }

    /// Tokens for the configured rate; at most a tenth of a second's worth is saved up, so that a pause is not followed
    /// by a burst.
    fn refill(&mut self, now_ms: u64) {
        let rate = f64::from(self.rate());
        let elapsed_ms = now_ms.saturating_sub(self.refilled_at_ms) as f64;
        self.refilled_at_ms = now_ms;
        self.tokens = (self.tokens + rate * elapsed_ms / 1000.0).min((rate / 10.0).max(1.0));
    }

    fn has_token(&self) -> bool {
        self.rate() == 0 || self.tokens >= 1.0
    }

    fn spend_token(&mut self) {
        if self.rate() > 0 {
            self.tokens -= 1.0;
        }
    }

    /// The link with most room.
    fn free_link(&self, now_ms: u64) -> Option<u16> {
        let usable = self.links.iter().filter(|(_, l)| l.has_room() && l.paused_until_ms <= now_ms);
        usable.max_by_key(|(_, l)| l.window - l.used).map(|(link, _)| *link)
    }

    fn take_ready(&mut self) -> Option<(LaneKey, MessageId)> {
        while let Some(queue) = self.ready.iter_mut().rev().find(|q| !q.is_empty()) {
            let phone = queue.pop_front()?;
            if let Some(lane) = self.phones.get_mut(&phone)
                && !lane.busy
                && let Some(head) = self.waiting.front(&lane.queue)
            {
                lane.busy = true;
                return Some((phone, head.id));
            }
        }
        None
    }

    fn drop_from_lane(&mut self, phone: LaneKey, message: MessageId) {
        let Some(lane) = self.phones.get_mut(&phone) else { return };
        if self.waiting.remove(&mut lane.queue, |waiting| waiting.id == message) {
            self.queued = self.queued.saturating_sub(1);
        }
    }

    /// The phone's lane goes on, in front of others when the same MT has more to submit.
    fn release(&mut self, phone: LaneKey, first: bool) {
        let Some(lane) = self.phones.get_mut(&phone) else { return };
        lane.busy = false;
        match self.waiting.front(&lane.queue) {
            None => self.forget(phone),
            Some(head) => {
                let ready = &mut self.ready[priority(head.priority)];
                if first {
                    ready.push_front(phone);
                } else {
                    ready.push_back(phone);
                }
            }
        }
    }

    /// Nothing waits for a phone; when nothing waits at all, the memory of the backlog is given back.
    fn forget(&mut self, phone: LaneKey) {
        self.phones.remove(&phone);
        if self.phones.is_empty() && self.phones.capacity() > LANES_KEPT {
            self.phones = ByLane::default();
            self.ready = <[VecDeque<LaneKey>; PRIORITIES]>::default();
        }
    }

    fn has_ready(&self) -> bool {
        self.ready.iter().any(|q| !q.is_empty())
    }

    fn next_ms(&self, now_ms: u64) -> Option<u64> {
        let unpaused = self.links.values().filter(|l| l.has_room()).map(|l| l.paused_until_ms).min()?;
        let token = if self.has_token() {
            now_ms
        } else {
            now_ms + (1000.0 * (1.0 - self.tokens) / f64::from(self.rate().max(1))).ceil() as u64
        };
        Some(unpaused.max(token))
    }
}

fn priority(given: u8) -> usize {
    usize::from(given).min(PRIORITIES - 1)
}

#[cfg(test)]
mod tests;
