//! The lives of nodes: how they start, how they die, and what the neighbours repeat when one is gone.

use domain::directory::Name;
use engine::port::Signal;

use crate::agenda::{DeathInRecovery, Happening};
use crate::disk::{Death, Trouble};
use crate::node::Node;
use crate::setup;
use crate::tally::Fault;
use crate::world::World;

impl World {
    pub(crate) fn start(&mut self) {
        if self.node.is_some() {
            return;
        }
        self.nodes += 1;
        let seed = self.chance.number();
        let directory = setup::directory(&self.plan, self.absent);
        let dies = self.dies_in_recovery.take();
        self.disk.truth().death = dies.map(|dies| match dies {
            DeathInRecovery::Scan(after) => Death::Scan(after),
            DeathInRecovery::Commit(durable) => Death::Commit { after: 0, durable },
        });
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
                if matches!(dies, Some(DeathInRecovery::Commit(_))) {
                    self.story.tally.count(Fault::DiedInRecovery);
                }
                return self.agenda.at(self.now_ms() + 1_000, Happening::Start);
            }
        }
        for (channel, link) in [("carrier", 0), ("carrier", 1), ("spare", 0)] {
            let at = self.now_ms() + self.chance.between(20, 500);
            self.agenda.at(at, Happening::LinkUp(channel.into(), link));
        }
        self.redeliver();
    }

    pub(crate) fn drain(&mut self) {
        if self.node.is_some() && !self.is_healed {
            self.story.tell(format_args!("the node is asked to stop"));
            let now_ms = self.now_ms();
            self.drains_since_ms.get_or_insert(now_ms);
            self.signal(Signal::Drain);
        }
    }

    pub(crate) fn plan_crash(&mut self, happening: &Happening) {
        if self.is_healed || self.node.is_none() {
            return;
        }
        match happening {
            Happening::CrashInCommit(after, durable) => {
                self.disk.truth().death = Some(Death::Commit { after: *after, durable: *durable });
            }
            Happening::CrashAmongEffects => self.dies_among_effects = true,
            Happening::CrashTwice(dies) => {
                self.story
                    .happened(Fault::Killed, format_args!("the node is killed, and the next one will die: {dies:?}"));
                self.crash();
                self.dies_in_recovery = Some(*dies);
            }
            _ => {
                self.story.happened(Fault::Killed, format_args!("the node is killed"));
                self.crash();
            }
        }
    }

    pub(crate) fn crash(&mut self) {
        if self.node.take().is_none() {
            return;
        }
        self.disk.truth().death = None;
        self.dies_among_effects = false;
        self.drains_since_ms = None;
        self.network.forget_node();
        self.applications.forget_node();
        self.neighbours.node_gone();
        let after_ms = if self.chance.percent(50) { 10 } else { self.chance.between(100, 15_000) };
        self.agenda.at(self.now_ms() + after_ms, Happening::Start);
    }

    /// The network and the clients repeat what the gateway that is gone never answered.
    fn redeliver(&mut self) {
        let (now_ms, now) = (self.now_ms(), self.wall());
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
            if std::mem::take(&mut wish.is_waiting) && wish.may_repeat(now) {
                self.story.tally.count(Fault::SendRepeated);
                self.agenda.at(now_ms + self.chance.between(100, 5_000), Happening::Send(place));
            }
        }
    }

    pub(crate) fn trouble(&mut self, trouble: Trouble, is_on: bool) {
        let fault = match trouble {
            Trouble::Full => Fault::StoreFull,
            Trouble::Failing => Fault::StoreFailing,
            Trouble::Unreadable => Fault::StoreUnreadable,
        };
        let mut truth = self.disk.truth();
        if is_on && !self.is_healed {
            truth.troubles.insert(trouble);
            self.story.happened(fault, format_args!("{}", fault.words()));
        } else if truth.troubles.remove(&trouble) {
            self.story.tell(format_args!("no longer: {}", fault.words()));
        }
    }

    pub(crate) fn step_clock(&mut self, by_ms: i64) {
        if self.node.as_ref().is_some_and(|node| node.inlet.depth() > 0) {
            // Not between a request and the turn that takes it: by whose clock would its key be a day old?
            return self.agenda.at(self.now_ms() + 1, Happening::ClockSteps(by_ms));
        }
        let (forward, back) = match by_ms.unsigned_abs() {
            86_400_000.. => (Fault::DayForward, Fault::DayBack),
            3_600_000.. => (Fault::HourForward, Fault::HourBack),
            _ => (Fault::ClockForward, Fault::ClockBack),
        };
        let fault = if by_ms > 0 { forward } else { back };
        self.story.happened(fault, format_args!("the wall clock steps by {by_ms} ms"));
        self.set_back_ms += by_ms.min(0).unsigned_abs();
        self.clock.step(by_ms);
        let now_ms = self.now_ms();
        self.neighbours.clock_stepped(by_ms, now_ms);
    }

    pub(crate) fn application_down(&mut self, id: Name, is_down: bool) {
        if is_down && !self.is_healed {
            self.story.happened(Fault::DownForLong, format_args!("application {id} is down"));
            self.applications.down.insert(id);
        } else if self.applications.down.remove(&id) {
            self.story.tell(format_args!("application {id} is up again"));
        }
    }

    pub(crate) fn application_slow(&mut self, id: Name, is_slow: bool) {
        if is_slow && !self.is_healed {
            self.story.happened(Fault::SlowForLong, format_args!("application {id} is slow"));
            self.applications.slow.insert(id);
        } else if self.applications.slow.remove(&id) {
            self.story.tell(format_args!("application {id} is as fast as before"));
        }
    }

    pub(crate) fn configure(&mut self, absent: Option<&'static str>) {
        self.absent = absent.filter(|_| !self.is_healed);
        if self.absent.is_some() {
            self.story.tally.count(Fault::ApplicationRemoved);
        }
        self.story.tell(format_args!("the configuration is without {:?}", self.absent));
        let directory = setup::directory(&self.plan, self.absent);
        self.signal(Signal::Reload(directory));
    }
}
