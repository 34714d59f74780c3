//! Order and isolation of lanes.
use super::*;

use domain::address::Address;
use domain::callback::{CallbackKind, CallbackState};
use domain::directory::{Account, Contract, RetryPolicy};
use domain::id::{MessageId, Stamp};
use domain::secret::Secret;

use crate::limit::BREAKER_FAILURES;

const HOLD_MS: u64 = 1_000;

/// The lanes of one owner with their clock and due list, driven as the engine drives them.
struct World {
    lanes: Lanes,
    due: Due,
    mint: Mint,
    now_ms: u64,
    /// Callbacks as committed.
    records: Vec<Callback>,
    /// Attempts that have started and not ended.
    running: Vec<CallbackId>,
}

fn application(id: &str, concurrency: u32) -> Application {
    Application {
        id: id.into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9/".into(),
        api_key: Secret::new("key"),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 60_000 },
        order_hold_ms: HOLD_MS,
        concurrency,
        timeout_ms: 1_000,
        report_queued: false,
        vumi: None,
    }
}

fn directory(applications: &[(&str, u32)]) -> Directory {
    let account = Account { key: "acme".into(), tokens: Vec::new(), concurrency: None };
    let applications = applications.iter().map(|(id, concurrency)| application(id, *concurrency)).collect();
    Directory::new(vec![account], applications, Vec::new(), Vec::new())
}

impl World {
    fn new(applications: &[(&str, u32)]) -> World {
        let mut lanes = Lanes::default();
        lanes.configure(&directory(applications));
        let mint = Mint::new(Stamp(0), 7);
        World { lanes, due: Due::default(), mint, now_ms: 0, records: Vec::new(), running: Vec::new() }
    }

    fn now(&self) -> At {
        At::from_ms(self.now_ms as i64)
    }

    fn record(&mut self, application: &str, phone: u32) -> Callback {
        let message: MessageId = self.mint.message(self.now());
        let address = |text: &str| Address::parse(text).unwrap();
        Callback {
            id: self.mint.callback(message),
            message,
            application: application.into(),
            phone: address(&format!("4179{phone}")),
            service_address: address("8282"),
            channel: "carrier".into(),
            hops: 0,
            kind: CallbackKind::IncomingMessage,
            state: CallbackState::Pending,
            created_at: self.now(),
            due_at: self.now(),
            attempts: 0,
            failing_since: None,
            detached: false,
            subscribe: None,
        }
    }

    /// A callback is made; its number is its place in `records`.
    fn owe(&mut self, application: &str, phone: u32) -> usize {
        let callback = self.record(application, phone);
        let owed = self.lanes.owed(&callback);
        self.lanes.owe(&owed, self.now(), &mut self.due);
        self.records.push(callback);
        self.records.len() - 1
    }

    /// Starts what may start; the numbers of the callbacks, in order.
    fn starts(&mut self) -> Vec<usize> {
        let now = self.now();
        let mut held = Vec::new();
        while let Some(item) = self.due.pop(now) {
            match item {
                DueItem::Lane(position, phone) => self.lanes.lane_due(position, phone, now),
                DueItem::Detached(position, callback) => self.lanes.detached_due(position, callback),
                DueItem::LaneHold(position, phone, callback) => {
                    if self.lanes.hold_due(position, phone, callback, now) {
                        held.push(self.number(callback));
                    }
                }
                other => panic!("{other:?} is nothing of lanes"),
            }
        }
        held.into_iter().for_each(|number| self.detach(number));
        let mut starts = Vec::new();
        self.lanes.starts(self.now_ms, &mut starts);
        let numbers: Vec<usize> = starts.iter().map(|start| self.number(start.callback)).collect();
        self.running.extend(starts.iter().map(|start| start.callback));
        numbers
    }

    fn number(&self, id: CallbackId) -> usize {
        self.records.iter().position(|callback| callback.id == id).unwrap()
    }

    fn over(&mut self, number: usize, succeeded: bool) {
        let callback = &self.records[number];
        let before = self.running.len();
        self.running.retain(|id| *id != callback.id);
        assert_eq!(self.running.len() + 1, before, "{number} was not being attempted");
        let application = callback.application.clone();
        self.lanes.attempt_over(&application, succeeded, self.now_ms, &mut self.mint);
    }

    fn answered(&mut self, number: usize) {
        self.over(number, true);
        self.records[number].state = CallbackState::Answered;
        self.lanes.ended(&self.records[number]);
    }

    fn exhausted(&mut self, number: usize) {
        self.over(number, false);
        self.records[number].attempts += 1;
        self.records[number].state = CallbackState::Exhausted;
        self.lanes.ended(&self.records[number]);
    }

    fn failed(&mut self, number: usize, wait_ms: u64) {
        self.over(number, false);
        let now = self.now();
        let callback = &mut self.records[number];
        callback.attempts += 1;
        callback.failing_since.get_or_insert(now);
        callback.due_at = now.plus_ms(wait_ms);
        self.lanes.later(callback, &mut self.due);
    }

    fn detach(&mut self, number: usize) {
        self.records[number].detached = true;
        self.lanes.detach(&self.records[number], &mut self.due);
    }

    fn replay(&mut self, number: usize) {
        let now = self.now();
        let callback = &mut self.records[number];
        callback.state = CallbackState::Pending;
        callback.attempts = 0;
        callback.failing_since = None;
        callback.detached = false;
        callback.created_at = now;
        callback.due_at = now;
        let owed = self.lanes.owed(callback);
        self.lanes.owe(&owed, now, &mut self.due);
    }

    /// A new owner finds the pending callbacks.
    fn restart(&mut self, applications: &[(&str, u32)]) {
        self.lanes = Lanes::default();
        self.lanes.configure(&directory(applications));
        self.due = Due::default();
        self.running.clear();
        let now = self.now();
        for callback in self.records.iter().filter(|callback| callback.state == CallbackState::Pending) {
            let owed = self.lanes.owed(callback);
            self.lanes.owe(&owed, now, &mut self.due);
        }
    }
}

#[test]
fn a_lane_runs_one_at_a_time_in_order_and_other_lanes_do_not_wait() {
    let mut world = World::new(&[("weather", 16), ("news", 16)]);
    let first = [world.owe("weather", 1), world.owe("weather", 1), world.owe("weather", 1)];
    let other_phone = world.owe("weather", 2);
    let other_application = world.owe("news", 1);
    let mut started = world.starts();
    started.sort_unstable();
    assert_eq!(started, [first[0], other_phone, other_application]);
    assert_eq!(world.starts(), []);
    world.failed(first[0], 100);
    assert_eq!(world.starts(), [], "the next one waits for the retry of its predecessor");
    world.now_ms = 99;
    assert_eq!(world.starts(), []);
    world.now_ms = 100;
    assert_eq!(world.starts(), [first[0]]);
    world.answered(first[0]);
    assert_eq!(world.starts(), [first[1]]);
    world.exhausted(first[1]);
    assert_eq!(world.starts(), [first[2]]);
    for number in [first[2], other_phone, other_application] {
        world.answered(number);
    }
    assert!(world.lanes.is_idle());
}

#[test]
fn attempts_never_exceed_the_concurrency() {
    let mut world = World::new(&[("weather", 3), ("news", 1)]);
    let numbers: Vec<usize> = (0..10).map(|phone| world.owe("weather", phone)).collect();
    let other = world.owe("news", 1);
    let mut started = world.starts();
    started.sort_unstable();
    assert_eq!(started, [numbers[0], numbers[1], numbers[2], other], "the other application has places of its own");
    world.answered(numbers[1]);
    assert_eq!(world.starts(), [numbers[3]]);
    assert_eq!(world.lanes.in_flight(), 4);
}

#[test]
fn an_open_breaker_lets_one_canary_through_and_a_success_lets_all_go() {
    let mut world = World::new(&[("weather", 16), ("news", 16)]);
    let failures = BREAKER_FAILURES as usize;
    let numbers: Vec<usize> = (0..failures as u32 + 5).map(|phone| world.owe("weather", phone)).collect();
    world.starts();
    for number in &numbers {
        world.failed(*number, 0);
    }
    assert_eq!(world.starts(), [], "open: nothing starts before the canary's time");
    let canary_ms = world.lanes.next_start_ms(world.now_ms).unwrap();
    assert!(canary_ms > 0);
    world.now_ms = canary_ms;
    let canary = world.starts();
    assert_eq!(canary.len(), 1);
    assert_eq!(world.lanes.next_start_ms(world.now_ms), None, "nothing but its answer moves the application on");
    let other = world.owe("news", 1);
    assert_eq!(world.starts(), [other], "another application has a breaker of its own");
    world.answered(canary[0]);
    assert_eq!(world.starts().len(), numbers.len() - 1);
}

#[test]
fn a_canary_that_could_not_start_is_not_the_last() {
    let mut world = World::new(&[("weather", 16)]);
    let numbers: Vec<usize> = (0..BREAKER_FAILURES).map(|phone| world.owe("weather", phone)).collect();
    world.starts();
    for number in &numbers {
        world.failed(*number, 0);
    }
    world.starts();
    world.now_ms = world.lanes.next_start_ms(0).unwrap();
    for again in [true, true, false] {
        let mut starts = Vec::new();
        world.lanes.starts(world.now_ms, &mut starts);
        assert_eq!(starts.len(), 1);
        world.lanes.not_started(starts.remove(0), again);
    }
    assert_eq!(world.starts().len(), 1, "the others go on though the record of one is damaged");
}

#[test]
fn what_could_not_start_goes_first_when_it_can() {
    let mut world = World::new(&[("weather", 16)]);
    let numbers = [world.owe("weather", 1), world.owe("weather", 2), world.owe("weather", 1)];
    let mut starts = Vec::new();
    world.lanes.starts(0, &mut starts);
    while let Some(start) = starts.pop() {
        world.lanes.not_started(start, true);
    }
    assert_eq!(world.lanes.in_flight(), 0);
    assert_eq!(world.starts(), [numbers[0], numbers[1]]);
    world.answered(numbers[0]);
    assert_eq!(world.starts(), [numbers[2]]);
}

#[test]
fn a_failing_head_holds_its_lane_for_order_hold_and_then_goes_on_alone() {
    let mut world = World::new(&[("weather", 16)]);
    let (head, next) = (world.owe("weather", 1), world.owe("weather", 1));
    assert_eq!(world.starts(), [head]);
    world.now_ms = 10;
    world.failed(head, 5_000);
    world.now_ms = 10 + HOLD_MS - 1;
    assert_eq!(world.starts(), []);
    world.now_ms = 10 + HOLD_MS;
    assert_eq!(world.starts(), [next]);
    world.answered(next);
    world.now_ms = 5_010;
    assert_eq!(world.starts(), [head], "it goes on at its own time");
    world.failed(head, 1_000);
    world.now_ms = 6_010;
    assert_eq!(world.starts(), [head]);
    world.answered(head);
    assert!(world.lanes.is_idle());
}

#[test]
fn a_head_may_be_detached_while_it_is_ready_or_being_attempted() {
    let mut world = World::new(&[("weather", 1)]);
    let (head, next) = (world.owe("weather", 1), world.owe("weather", 1));
    assert_eq!(world.starts(), [head]);
    world.failed(head, 0);
    let blocker = world.owe("weather", 2);
    assert_eq!(world.starts(), [blocker]);
    // Ready, but the only place is taken.
    world.detach(head);
    world.answered(blocker);
    let mut order = Vec::new();
    for _ in 0..2 {
        let started = world.starts();
        assert_eq!(started.len(), 1);
        order.push(started[0]);
        world.answered(started[0]);
    }
    order.sort_unstable();
    assert_eq!(order, [head, next], "each once");
    assert!(world.lanes.is_idle());

    let mut world = World::new(&[("weather", 16)]);
    let (head, next) = (world.owe("weather", 1), world.owe("weather", 1));
    assert_eq!(world.starts(), [head]);
    world.failed(head, HOLD_MS - 1);
    world.now_ms = HOLD_MS - 1;
    assert_eq!(world.starts(), [head]);
    world.now_ms = HOLD_MS;
    assert_eq!(world.starts(), [next], "the lane moves on while the attempt runs");
    world.failed(head, 0);
    assert_eq!(world.starts(), [head], "planned anew when its attempt has ended, and only once");
    world.answered(next);
    world.answered(head);
    assert!(world.lanes.is_idle());
}

#[test]
fn the_hold_counts_from_the_first_failure_also_after_a_restart() {
    let applications = [("weather", 16)];
    let mut world = World::new(&applications);
    let (head, next) = (world.owe("weather", 1), world.owe("weather", 1));
    world.starts();
    world.failed(head, 10);
    // The next attempt is due already when the new owner comes.
    world.now_ms = 500;
    world.restart(&applications);
    assert_eq!(world.starts(), [head]);
    world.failed(head, 10_000);
    world.now_ms = HOLD_MS;
    assert_eq!(world.starts(), [next]);
}

#[test]
fn a_replayed_callback_has_the_whole_hold_again() {
    let mut world = World::new(&[("weather", 16)]);
    let head = world.owe("weather", 1);
    world.starts();
    world.failed(head, 0);
    assert_eq!(world.starts(), [head]);
    world.exhausted(head);
    world.now_ms = HOLD_MS - 10;
    world.replay(head);
    let next = world.owe("weather", 1);
    assert_eq!(world.starts(), [head]);
    world.failed(head, 50_000);
    world.now_ms = HOLD_MS + 10;
    assert_eq!(world.starts(), [], "the plan of its first life is void");
    world.now_ms = 2 * HOLD_MS - 10;
    assert_eq!(world.starts(), [next]);
}

#[test]
fn a_replayed_callback_joins_the_end_of_its_lane() {
    let mut world = World::new(&[("weather", 16)]);
    let (old, current) = (world.owe("weather", 1), world.owe("weather", 1));
    world.starts();
    world.exhausted(old);
    assert_eq!(world.starts(), [current]);
    world.replay(old);
    assert_eq!(world.starts(), []);
    world.answered(current);
    assert_eq!(world.starts(), [old]);
    world.answered(old);
    assert!(world.lanes.is_idle());
}

#[test]
fn lanes_of_an_application_that_is_gone_wait_for_it() {
    let mut world = World::new(&[("weather", 16), ("news", 16)]);
    let before = world.owe("weather", 1);
    assert_eq!(world.starts(), [before]);
    world.lanes.configure(&directory(&[("news", 16)]));
    world.failed(before, 0);
    let meanwhile = world.owe("weather", 2);
    let other = world.owe("news", 1);
    assert_eq!(world.starts(), [other]);
    world.lanes.configure(&directory(&[("weather", 1), ("news", 16)]));
    let back = world.starts();
    assert_eq!(back.len(), 1, "within its new concurrency");
    world.answered(back[0]);
    let rest = world.starts();
    let mut both = [back[0], rest[0]];
    both.sort_unstable();
    assert_eq!(both, [before, meanwhile]);
}

#[test]
fn a_new_owner_goes_on_in_the_order_it_is_given() {
    let applications = [("weather", 16)];
    let mut world = World::new(&applications);
    let numbers: Vec<usize> = (0..5).map(|_| world.owe("weather", 1)).collect();
    world.starts();
    world.failed(numbers[0], 200);
    world.restart(&applications);
    assert_eq!(world.starts(), [], "the head still waits");
    world.now_ms = 200;
    for number in numbers {
        assert_eq!(world.starts(), [number]);
        world.answered(number);
    }
    assert!(world.lanes.is_idle());
}

#[test]
fn any_sequence_keeps_order_and_leaves_nothing() {
    for seed in 0..200 {
        let mut chance = Mint::new(Stamp(0), seed);
        let mut world = World::new(&[("weather", 2), ("news", 3)]);
        let mut last_started: BTreeMap<(Name, u32), usize> = BTreeMap::new();
        let mut phones = Vec::new();
        for step in 0..400 {
            let choice = if step < 300 { chance.up_to(9) } else { 5 };
            match choice {
                0..=2 => {
                    let phone = chance.up_to(3) as u32;
                    phones.push(phone);
                    world.owe(if chance.up_to(1) == 0 { "weather" } else { "news" }, phone);
                }
                3 => world.now_ms += chance.up_to(700),
                4 if !world.running.is_empty() => {
                    let running = world.running[chance.up_to(world.running.len() as u64 - 1) as usize];
                    world.failed(world.number(running), chance.up_to(3_000));
                }
                _ => {
                    world.now_ms += if step < 300 { 0 } else { 60_000 };
                    if let Some(running) = world.running.first().copied() {
                        world.answered(world.number(running));
                    }
                }
            }
            for number in world.starts() {
                let callback = &world.records[number];
                if callback.attempts > 0 || callback.detached {
                    continue;
                }
                let lane = (callback.application.clone(), phones[number]);
                let before = last_started.insert(lane, number);
                assert!(before.is_none_or(|before| before < number), "seed {seed}: {number} after {before:?}");
            }
            let in_lanes = world.running.iter().map(|id| &world.records[world.number(*id)]).filter(|c| !c.detached);
            let mut keys: Vec<_> = in_lanes.map(|c| (c.application.clone(), c.phone.key())).collect();
            let all = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), all, "seed {seed}: two attempts of one lane at a time");
        }
        while let Some(running) = world.running.first().copied() {
            world.answered(world.number(running));
            world.now_ms += 60_000;
            world.starts();
        }
        assert!(world.lanes.is_idle(), "seed {seed}");
    }
}
