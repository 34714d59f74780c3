//! The world: its clock, its agenda, and everybody in it. One loop: what is due happens, the node takes its turn, time
//! goes on to whatever comes next.

use engine::inlet::Arrivals;
use engine::port::{Clock, Signal};

use crate::agenda::{Agenda, Happening};
use crate::application::Applications;
use crate::chance::{Chance, Part};
use crate::check;
use crate::check::neighbour::Neighbours;
use crate::check::rest::Owed;
use crate::clients::{self, Wish};
use crate::clock::VirtualClock;
use crate::disk::Disk;
use crate::network::Network;
use crate::node::{Node, Slip};
use crate::phones;
use crate::plan::Plan;
use crate::story::Story;
use crate::tally::{Fault, Tally};

/// Virtual time after the healing in which nothing at all may be left, in milliseconds: reports that never come are
/// waited for three days after the validity has ended, and a clock may have been set back by a day before.
const REST_MS: u64 = 6 * 86_400_000;
/// From here on time may leap over quiet stretches, in milliseconds after the healing.
pub(crate) const LEAP_AFTER_MS: u64 = 1_800_000;
const LEAP_MS: u64 = 600_000;
/// The same while something is owed since before the healing.
const SMALL_LEAP_MS: u64 = 10_000;
/// More turns than any honest world needs.
const TURNS_MAX: u64 = 400_000;

/// What became of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Everything that happened, a line each.
    pub story: Vec<String>,
    /// Broken promises; empty when all is well.
    pub findings: Vec<String>,
    /// How many acts the script of the seed has.
    pub acts: usize,
    /// Commits made.
    pub commits: u64,
    /// Attempts started.
    pub attempts: u64,
    /// Segments submitted.
    pub submits: u64,
    /// How often each fault happened.
    pub tally: Tally,
    /// How long after the healing the last of what was owed then was done, in milliseconds; none: it never was.
    pub drained_after_ms: Option<u64>,
    /// Attempts of healthy applications and submits of healthy channels that started while another one was not well.
    pub beside_the_sick: u64,
    /// The longest that one of them waited though nothing was in its way, in milliseconds.
    pub waited_ms_max: u64,
}

impl Outcome {
    /// The promise that was found broken first.
    pub fn broken(&self) -> Option<&str> {
        let finding = self.findings.first()?;
        Some(finding.split(':').next().unwrap_or(finding))
    }
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
    pub(crate) neighbours: Neighbours,
    pub(crate) is_healed: bool,
    pub(crate) healed_at_ms: u64,
    /// What was owed when everything healed and is not done yet.
    pub(crate) owed: Option<Owed>,
    pub(crate) attempts: u64,
    /// When the node that runs now started.
    pub(crate) started_ms: u64,
    /// When the node that runs now was asked to stop.
    pub(crate) drains_since_ms: Option<u64>,
    /// The node is killed among the effects of its next turn that has any.
    pub(crate) dies_among_effects: bool,
    /// Where the next node dies in its recovery.
    pub(crate) dies_in_recovery: Option<crate::agenda::DeathInRecovery>,
    /// By how much the wall clock was set back in all, in milliseconds.
    pub(crate) set_back_ms: u64,
    pub(crate) absent: Option<&'static str>,
    turns: u64,
}

/// Runs the world of a plan to its end.
pub fn run(plan: Plan) -> Outcome {
    let seed = plan.seed;
    let pieces = phones::script(&plan, &mut Chance::new(seed, Part::Texts));
    let wishes = clients::script(&plan, &mut Chance::new(seed, Part::Sends));
    let mut world = World {
        plan,
        chance: Chance::new(seed, Part::World),
        clock: VirtualClock::new(),
        agenda: Agenda::default(),
        story: Story::default(),
        disk: Disk::new(),
        node: None,
        nodes: 0,
        network: Network::new(Chance::new(seed, Part::Network), pieces),
        applications: Applications::new(Chance::new(seed, Part::Applications)),
        wishes,
        neighbours: Neighbours::default(),
        is_healed: false,
        healed_at_ms: 0,
        owed: None,
        attempts: 0,
        started_ms: 0,
        drains_since_ms: None,
        dies_among_effects: false,
        dies_in_recovery: None,
        set_back_ms: 0,
        absent: None,
        turns: 0,
    };
    let acts = world.script();
    world.live();
    check::at_the_end(&mut world);
    world.outcome(acts)
}

impl World {
    fn outcome(self, acts: usize) -> Outcome {
        let truth = self.disk.truth();
        let mut tally = self.story.tally;
        tally.add(&truth.tally);
        Outcome {
            story: self.story.lines,
            findings: self.story.findings,
            acts,
            commits: truth.ledger.commits,
            attempts: self.attempts,
            submits: self.network.orders.len() as u64,
            tally,
            drained_after_ms: self.owed.and_then(|owed| owed.done_after_ms),
            beside_the_sick: self.neighbours.beside_the_sick,
            waited_ms_max: self.neighbours.waited_ms_max,
        }
    }

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
            check::neighbour::look(self);
            check::rest::look(self);
            if self.turns > TURNS_MAX {
                return self.story.wrong("rest", format_args!("the node spins: more than {TURNS_MAX} turns"));
            }
            if self.is_healed && !has_healed && now_ms >= check::rest::healed_by_ms(self) {
                has_healed = true;
                check::rest::healed(self);
            }
            if self.is_over() {
                return check::memory::at_rest(self);
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
            let is_done = self.owed.as_ref().is_none_or(|owed| owed.done_after_ms.is_some());
            wakes_ms = wakes_ms.max(now_ms + if is_done { LEAP_MS } else { SMALL_LEAP_MS });
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
        let mut asked = node.outbox.take();
        let dies = self.dies_among_effects && !asked.is_empty();
        if dies {
            asked.truncate(self.chance.between(0, asked.len() as u64 - 1) as usize);
        }
        for asked in asked {
            self.take_asked(asked);
        }
        if dies {
            self.story
                .happened(Fault::DiedAmongEffects, format_args!("the node is killed among the effects of a turn"));
            return self.crash();
        }
        if let Err(error) = result {
            self.story.tell(format_args!("the node ends: {error}"));
            return self.crash();
        }
        check::memory::after_a_turn(self);
        if self.node.as_ref().is_some_and(|node| node.runner.is_drained()) {
            check::rest::drained(self);
            self.story.happened(Fault::Stopped, format_args!("the node has stopped"));
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

    pub(crate) fn post(&mut self, event: domain::event::Event, slip: Slip) {
        if let Some(node) = &self.node {
            node.inlet.post(event, node.outbox.ticket(slip));
        }
        self.wake();
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::DeliverMo(place) => self.deliver_mo(place),
            Happening::DeliverReceipt(place) => self.deliver_receipt(place),
            Happening::StrangeReceipt { is_nameless } => self.deliver_strange_receipt(is_nameless),
            Happening::SubmitAnswered(order, answer) => self.submit_answered(order, answer),
            Happening::AnsweredLate(order, life, answer) => self.answered_late(order, life, answer),
            Happening::AttemptEnds { node, callback, outcome } => self.attempt_ends(node, callback, *outcome),
            Happening::LinkCut(channel, link) => self.cut(&channel, link),
            Happening::LinkUp(channel, link) => self.link_up(channel, link),
            Happening::Storm(channel, is_on) => self.storm(channel, is_on),
            Happening::Send(place) => self.ask_to_send(place),
            Happening::ReuseKey(place) => self.reuse_key(place),
            Happening::Replay => self.replay(),
            Happening::CloseSessions => self.close_sessions(),
            Happening::Cancel => self.cancel(),
            Happening::Start => self.start(),
            Happening::Crash
            | Happening::CrashInCommit(..)
            | Happening::CrashAmongEffects
            | Happening::CrashTwice(_) => self.plan_crash(&happening),
            Happening::Drain => self.drain(),
            Happening::Store(trouble, is_on) => self.trouble(trouble, is_on),
            Happening::ClockSteps(by_ms) => self.step_clock(by_ms),
            Happening::ApplicationDown(id, is_down) => self.application_down(id, is_down),
            Happening::ApplicationSlow(id, is_slow) => self.application_slow(id, is_slow),
            Happening::Configure(is_there) => self.configure(if is_there { None } else { Some("news") }),
            Happening::Heal => self.heal(),
        }
    }

    fn heal(&mut self) {
        self.story.tell(format_args!("everything heals"));
        self.is_healed = true;
        self.healed_at_ms = self.now_ms();
        self.applications.down.clear();
        self.applications.slow.clear();
        self.network.storms.clear();
        self.dies_among_effects = false;
        self.dies_in_recovery = None;
        {
            let mut truth = self.disk.truth();
            truth.troubles.clear();
            truth.death = None;
        }
        self.owed = Some(Owed::now(self));
        self.configure(None);
        if self.node.is_none() {
            self.agenda.at(self.now_ms(), Happening::Start);
        }
    }

    /// The time by the wall clock.
    pub(crate) fn wall(&self) -> domain::time::At {
        self.clock.now()
    }
}
