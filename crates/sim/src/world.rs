//! The world: its clock, its agenda, and everybody in it. One loop: what is due happens, the node takes its turn, time
//! goes on to whatever comes next.

use engine::inlet::Arrivals;
use engine::port::{Clock, Signal, SubmitAnswer};

use crate::agenda::{Agenda, Happening};
use crate::application::Applications;
use crate::chance::Chance;
use crate::check;
use crate::clients::{self, Wish};
use crate::clock::VirtualClock;
use crate::disk::Disk;
use crate::network::Network;
use crate::node::{Node, Slip};
use crate::plan::Plan;
use crate::setup;
use crate::story::Story;

/// Virtual time after the healing in which all that is owed must be done, in milliseconds.
const HEALED_MS: u64 = 3_600_000;
/// Virtual time after the healing in which nothing at all may be left, in milliseconds: reports that never come are
/// waited for three days after the validity has ended.
const REST_MS: u64 = 4 * 86_400_000;
/// From here on time may leap over quiet stretches, in milliseconds after the healing.
const LEAP_AFTER_MS: u64 = 1_800_000;
const LEAP_MS: u64 = 600_000;
/// More turns than any honest world needs.
const TURNS_MAX: u64 = 400_000;

/// What became of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Everything that happened, a line each.
    pub story: Vec<String>,
    /// Broken promises; empty when all is well.
    pub findings: Vec<String>,
    /// Commits made.
    pub commits: u64,
    /// Attempts started.
    pub attempts: u64,
    /// Segments submitted.
    pub submits: u64,
}

pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) chance: Chance,
    pub(crate) clock: VirtualClock,
    pub(crate) agenda: Agenda,
    pub(crate) story: Story,
    pub(crate) disk: Disk,
    pub(crate) node: Option<Node>,
    pub(crate) nodes: u32,
    pub(crate) network: Network,
    pub(crate) applications: Applications,
    pub(crate) wishes: Vec<Wish>,
    pub(crate) is_healed: bool,
    pub(crate) attempts: u64,
    /// When the node that runs now started.
    pub(crate) started_ms: u64,
    /// When the node that runs now was asked to stop.
    pub(crate) drains_since_ms: Option<u64>,
    absent: Option<&'static str>,
    healed_at_ms: u64,
    turns: u64,
}

/// Runs the world of a plan to its end.
pub fn run(plan: Plan) -> Outcome {
    let mut chance = Chance::new(plan.seed.wrapping_add(1 << 32));
    let mut network = Network::default();
    network.script(&plan, &mut chance);
    let wishes = clients::script(&plan, &mut chance);
    let mut world = World {
        plan,
        chance,
        clock: VirtualClock::new(),
        agenda: Agenda::default(),
        story: Story::default(),
        disk: Disk::new(),
        node: None,
        nodes: 0,
        network,
        applications: Applications::default(),
        wishes,
        is_healed: false,
        attempts: 0,
        started_ms: 0,
        drains_since_ms: None,
        absent: None,
        healed_at_ms: 0,
        turns: 0,
    };
    world.script();
    world.live();
    check::at_the_end(&mut world);
    let commits = world.disk.truth().ledger.commits;
    Outcome {
        story: world.story.lines,
        findings: world.story.findings,
        commits,
        attempts: world.attempts,
        submits: world.network.orders.len() as u64,
    }
}

impl World {
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.monotonic_ms()
    }

    /// Percent of answers that are faulty now.
    pub(crate) const fn faults(&self) -> u64 {
        if self.is_healed { 0 } else { self.plan.faults }
    }

    fn live(&mut self) {
        let mut has_healed = false;
        loop {
            let now_ms = self.now_ms();
            self.story.now_ms = now_ms;
            while let Some(happening) = self.agenda.pop(now_ms) {
                self.happen(happening);
            }
            self.take_turn(now_ms);
            check::hold::look(self);
            if self.turns > TURNS_MAX {
                return self.story.wrong("rest", format_args!("the node spins: more than {TURNS_MAX} turns"));
            }
            if self.is_healed && !has_healed && now_ms >= self.healed_at_ms + HEALED_MS {
                has_healed = true;
                check::rest::healed(self);
            }
            if self.is_over() {
                return;
            }
            if self.is_healed && now_ms >= self.healed_at_ms + REST_MS {
                return check::rest::never_rests(self);
            }
            self.clock.advance_to(self.next_ms(now_ms));
        }
    }

    fn next_ms(&self, now_ms: u64) -> u64 {
        let mut wakes_ms = self.node.as_ref().map_or(u64::MAX, |node| node.wakes_ms);
        let nothing_comes = || self.node.as_ref().is_some_and(|node| node.inlet.depth() == 0);
        if self.is_healed && now_ms >= self.healed_at_ms + LEAP_AFTER_MS && nothing_comes() {
            wakes_ms = wakes_ms.max(now_ms + LEAP_MS);
        }
        wakes_ms.min(self.agenda.next_ms().unwrap_or(u64::MAX)).max(now_ms)
    }

    fn is_over(&self) -> bool {
        let node_rests = self.node.as_ref().is_some_and(|node| node.runner.is_idle() && node.inlet.depth() == 0);
        self.is_healed && node_rests && self.agenda.next_ms().is_none() && self.disk.truth().ledger.is_at_rest()
    }

    fn take_turn(&mut self, now_ms: u64) {
        let Some(node) = self.node.as_mut().filter(|node| node.wakes_ms <= now_ms) else { return };
        self.turns += 1;
        let arrivals: Arrivals = node.inlet.take(std::time::Duration::ZERO);
        let result = node.runner.turn(arrivals);
        let patience_ms = node.runner.patience().as_millis() as u64;
        node.wakes_ms = now_ms + patience_ms;
        let asked = node.outbox.take();
        for asked in asked {
            self.take_asked(asked);
        }
        if let Err(error) = result {
            self.story.tell(format_args!("the node ends: {error}"));
            return self.crash();
        }
        if self.node.as_ref().is_some_and(|node| node.runner.is_drained()) {
            check::rest::drained(self);
            self.story.tell(format_args!("the node has stopped"));
            self.crash();
        }
    }

    /// Something was posted: the node wakes at once, or when it has finished what it is at.
    pub(crate) fn wake(&mut self) {
        let soon_ms = self.now_ms() + if self.chance.percent(30) { self.chance.between(1, 20) } else { 0 };
        if let Some(node) = &mut self.node {
            node.wakes_ms = node.wakes_ms.min(soon_ms);
        }
    }

    pub(crate) fn signal(&mut self, signal: Signal) {
        if let Some(node) = &self.node {
            node.inlet.signal(signal);
        }
        self.wake();
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::DeliverMo(place) => self.deliver_mo(place),
            Happening::DeliverReceipt(place) => self.deliver_receipt(place),
            Happening::SubmitAnswered(order, answer) => self.submit_answered(order, answer),
            Happening::AttemptEnds { node, callback, outcome } => self.attempt_ends(node, callback, *outcome),
            Happening::LinkCut(channel, link) => self.cut(&channel, link),
            Happening::LinkUp(channel, link) => self.link_up(channel, link),
            Happening::Send(place) => self.ask_to_send(place),
            Happening::Replay => self.replay(),
            Happening::CloseSessions => self.close_sessions(),
            Happening::Cancel => self.cancel(),
            Happening::Start => self.start(),
            Happening::Crash => {
                self.story.tell(format_args!("the node is killed"));
                self.crash();
            }
            Happening::Drain => self.drain(),
            Happening::CrashInCommit(durable) => {
                if !self.is_healed && self.node.is_some() {
                    self.disk.truth().dies_in_commit = Some(durable);
                }
            }
            Happening::StoreFull(is_full) => {
                self.story.tell(format_args!("the store is full: {is_full}"));
                self.disk.truth().is_full = is_full && !self.is_healed;
            }
            Happening::StoreUnreadable(is_unreadable) => {
                self.story.tell(format_args!("the store is unreadable: {is_unreadable}"));
                self.disk.truth().is_unreadable = is_unreadable && !self.is_healed;
            }
            Happening::ClockSteps(by_ms) => {
                self.story.tell(format_args!("the wall clock steps by {by_ms} ms"));
                self.clock.step(by_ms);
            }
            Happening::ApplicationDown(id, is_down) => {
                self.story.tell(format_args!("application {id} is down: {is_down}"));
                if is_down && !self.is_healed {
                    self.applications.down.insert(id);
                } else {
                    self.applications.down.remove(&id);
                }
            }
            Happening::Configure(is_there) => self.configure(if is_there { None } else { Some("news") }),
            Happening::Heal => self.heal(),
        }
    }

    fn configure(&mut self, absent: Option<&'static str>) {
        self.absent = absent.filter(|_| !self.is_healed);
        let absent = self.absent;
        self.story.tell(format_args!("the configuration is without {absent:?}"));
        let directory = setup::directory(&self.plan, self.absent);
        self.signal(Signal::Reload(directory));
    }

    fn heal(&mut self) {
        self.story.tell(format_args!("everything heals"));
        self.is_healed = true;
        self.healed_at_ms = self.now_ms();
        self.applications.down.clear();
        {
            let mut truth = self.disk.truth();
            truth.is_full = false;
            truth.is_unreadable = false;
            truth.dies_in_commit = None;
        }
        self.configure(None);
        if self.node.is_none() {
            self.agenda.at(self.now_ms(), Happening::Start);
        }
    }

    fn start(&mut self) {
        if self.node.is_some() {
            return;
        }
        self.nodes += 1;
        let seed = self.chance.number();
        let directory = setup::directory(&self.plan, self.absent);
        let started = Node::start(self.nodes, seed, self.disk.port(), directory, self.clock.clone());
        match started {
            Ok(mut node) => {
                self.story.tell(format_args!("node {} starts", self.nodes));
                self.started_ms = self.now_ms();
                node.wakes_ms = self.now_ms() + node.runner.patience().as_millis() as u64;
                self.node = Some(node);
            }
            Err(error) => {
                self.story.tell(format_args!("node {} does not start: {error}", self.nodes));
                return self.agenda.at(self.now_ms() + 1_000, Happening::Start);
            }
        }
        for (channel, link) in [("carrier", 0), ("carrier", 1), ("spare", 0)] {
            let at = self.now_ms() + self.chance.between(20, 500);
            self.agenda.at(at, Happening::LinkUp(channel.into(), link));
        }
        self.redeliver();
    }

    fn drain(&mut self) {
        if self.node.is_some() && !self.is_healed {
            self.story.tell(format_args!("the node is asked to stop"));
            self.drains_since_ms.get_or_insert(self.clock.monotonic_ms());
            self.signal(Signal::Drain);
        }
    }

    fn crash(&mut self) {
        if self.node.take().is_none() {
            return;
        }
        self.disk.truth().dies_in_commit = None;
        self.drains_since_ms = None;
        self.network.forget_node();
        self.applications.running.clear();
        let after_ms = if self.chance.percent(50) { 10 } else { self.chance.between(100, 15_000) };
        self.agenda.at(self.now_ms() + after_ms, Happening::Start);
    }

    /// The network and the clients repeat what the gateway that is gone never answered.
    fn redeliver(&mut self) {
        let now_ms = self.now_ms();
        for (place, piece) in self.network.pieces.iter_mut().enumerate() {
            if std::mem::take(&mut piece.is_waiting) {
                self.agenda.at(now_ms + self.chance.between(100, 5_000), Happening::DeliverMo(place));
            }
        }
        for (place, receipt) in self.network.receipts.iter_mut().enumerate() {
            if std::mem::take(&mut receipt.is_waiting) {
                self.agenda.at(now_ms + self.chance.between(100, 5_000), Happening::DeliverReceipt(place));
            }
        }
        for (place, wish) in self.wishes.iter_mut().enumerate() {
            if std::mem::take(&mut wish.is_waiting) && wish.send.idempotency.is_some() {
                self.agenda.at(now_ms + self.chance.between(100, 5_000), Happening::Send(place));
            }
        }
    }

    fn cut(&mut self, channel: &domain::directory::Name, link: u16) {
        if self.is_healed || !self.network.links_up.remove(&(channel.clone(), link)) {
            return;
        }
        self.story.tell(format_args!("link {channel}/{link} breaks"));
        let down = Signal::LinkDown { channel: channel.clone(), link };
        let down_first = self.chance.percent(50);
        if down_first {
            self.signal(down.clone());
        }
        for place in self.network.orders_on(channel, link) {
            let reason = "the link broke".to_owned();
            self.submit_answered(place, SubmitAnswer::Unknown { reason });
        }
        if !down_first {
            self.signal(down);
        }
        let after_ms = if self.chance.percent(30) { 0 } else { self.chance.between(10, 5_000) };
        self.agenda.at(self.now_ms() + after_ms, Happening::LinkUp(channel.clone(), link));
    }

    fn link_up(&mut self, channel: domain::directory::Name, link: u16) {
        if self.node.is_none() || !self.network.links_up.insert((channel.clone(), link)) {
            return;
        }
        self.story.tell(format_args!("link {channel}/{link} is up"));
        let window = self.plan.window;
        self.signal(Signal::LinkUp { channel, link, window });
    }

    pub(crate) fn post(&mut self, event: domain::event::Event, slip: Slip) {
        if let Some(node) = &self.node {
            node.inlet.post(event, node.outbox.ticket(slip));
        }
        self.wake();
    }
}
