//! Many small worlds, each from its seed. A failing seed is made smaller and printed with its story and the command
//! that runs it again; `HOOKSWITCH_SEED=17` runs only that one, `HOOKSWITCH_SEEDS=20000` runs more.

#![allow(clippy::print_stdout, reason = "stories and counts are for whoever runs the test")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sim::plan::Plan;
use sim::shrink::shrink;
use sim::tally::Tally;
use sim::world::{self, Outcome};

const SEEDS: u64 = 5_000;
/// How many failing seeds are described.
const SHOWN_MAX: usize = 2;
/// So many failing seeds are enough; no further ones are looked for.
const FAILED_MAX: usize = 20;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What many worlds have in common.
#[derive(Default)]
struct Sum {
    seeds: u64,
    commits: u64,
    attempts: u64,
    submits: u64,
    tally: Tally,
    drained_after_ms_max: u64,
    beside_the_sick: u64,
    waited_ms_max: u64,
    failed: Vec<(u64, String)>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.seeds += 1;
        self.commits += outcome.commits;
        self.attempts += outcome.attempts;
        self.submits += outcome.submits;
        self.tally.add(&outcome.tally);
        self.drained_after_ms_max = self.drained_after_ms_max.max(outcome.drained_after_ms.unwrap_or(0));
        self.beside_the_sick += outcome.beside_the_sick;
        self.waited_ms_max = self.waited_ms_max.max(outcome.waited_ms_max);
        self.failed.extend(outcome.findings.first().map(|finding| (seed, finding.clone())));
    }
}

/// The world that the environment names, with its story.
fn one(seed: u64) {
    let mut plan = Plan::small(seed);
    plan.faults = number("HOOKSWITCH_FAULTS").unwrap_or(plan.faults);
    if let Ok(acts) = std::env::var("HOOKSWITCH_ACTS") {
        let acts = acts.split(',').filter(|act| !act.is_empty());
        plan.acts = Some(acts.map(|act| act.parse().expect("HOOKSWITCH_ACTS is a list of numbers")).collect());
    }
    let outcome = world::run(plan);
    println!("{}", outcome.story.join("\n"));
    assert!(outcome.findings.is_empty(), "{:#?}", outcome.findings);
}

#[test]
fn every_seed_keeps_the_promises() {
    if let Some(seed) = number("HOOKSWITCH_SEED") {
        return one(seed);
    }
    let seeds = number("HOOKSWITCH_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let sum: Mutex<Sum> = Mutex::default();
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        return;
                    }
                    let outcome = world::run(Plan::small(seed));
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.add(seed, &outcome);
                    if sum.failed.len() >= FAILED_MAX {
                        return;
                    }
                }
            });
        }
    });
    let mut sum = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Sum { commits, attempts, submits, .. } = sum;
    let seeds = sum.seeds;
    println!("{seeds} seeds in {:?}: {commits} commits, {attempts} attempts, {submits} submits", started.elapsed());
    println!("{}", sum.tally);
    println!(
        "what was owed at the healing was done after {} s at most; {} attempts and submits of healthy neighbours \
         started beside sick ones, and none that could start waited longer than {} ms",
        sum.drained_after_ms_max / 1000,
        sum.beside_the_sick,
        sum.waited_ms_max
    );
    sum.failed.sort();
    for (seed, _) in sum.failed.iter().take(SHOWN_MAX) {
        let (plan, outcome) = shrink(&Plan::small(*seed));
        println!("seed {seed} in short\n{}\n{:#?}", outcome.story.join("\n"), outcome.findings);
        println!("again: {}", plan.command());
    }
    assert!(sum.failed.is_empty(), "{} of {seeds} seeds failed: {:#?}", sum.failed.len(), sum.failed);
    assert!(attempts > seeds && submits > seeds, "the worlds must do something");
    if seeds >= SEEDS {
        assert!(sum.beside_the_sick > seeds, "no healthy neighbour was looked at");
        let missing: Vec<_> = sum.tally.missing().into_iter().map(|fault| fault.words()).collect();
        assert!(missing.is_empty(), "faults that never happened prove nothing: {missing:#?}");
    }
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    for seed in [0, 1, 7, 42, 1_000_003] {
        let first = world::run(Plan::small(seed));
        assert!(first.story.len() > 50, "seed {seed}");
        assert!(first == world::run(Plan::small(seed)), "seed {seed} told another story");
    }
}

/// A gateway that answers before it commits: the checkers notice, and what is printed is a small part of the world.
#[test]
fn a_broken_promise_is_found_and_told_in_few_lines() {
    let broken = |seed| Plan { acknowledge_before_commit: true, ..Plan::small(seed) };
    let found = (1..200).find_map(|seed| {
        let outcome = world::run(broken(seed));
        Some((seed, outcome.broken()?.to_owned(), outcome.story.len()))
    });
    let (seed, promise, lines) = found.expect("200 worlds answer too early and no checker notices");
    let (plan, outcome) = shrink(&broken(seed));
    assert_eq!(outcome.broken(), Some(&*promise), "another promise was broken on the way");
    let acts: BTreeSet<usize> = plan.acts.clone().expect("some act can be left out");
    assert!(acts.len() <= 4 && outcome.story.len() * 4 < lines, "{acts:?}, {} of {lines}", outcome.story.len());
    assert!(outcome == world::run(plan), "the short story cannot be told again");
}
