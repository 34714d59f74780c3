//! Many small worlds, each from its seed. A failing seed is printed with its story; `HOOKSWITCH_SEED=17` runs only that
//! one, `HOOKSWITCH_SEEDS=20000` runs more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sim::plan::Plan;
use sim::world::{self, Outcome};

const SEEDS: u64 = 5_000;
/// How many failing seeds are described.
const SHOWN_MAX: usize = 3;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_seed_keeps_the_promises() {
    if let Some(seed) = number("HOOKSWITCH_SEED") {
        let outcome = world::run(Plan::small(seed));
        println!("{}", outcome.story.join("\n"));
        assert!(outcome.findings.is_empty(), "{:#?}", outcome.findings);
        return;
    }
    let seeds = number("HOOKSWITCH_SEEDS").unwrap_or(SEEDS);
    let next = AtomicU64::new(0);
    let failed: Mutex<Vec<(u64, Outcome)>> = Mutex::default();
    let totals = [const { AtomicU64::new(0) }; 3];
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
                    for (total, count) in totals.iter().zip([outcome.commits, outcome.attempts, outcome.submits]) {
                        total.fetch_add(count, Ordering::Relaxed);
                    }
                    if !outcome.findings.is_empty() {
                        failed.lock().unwrap_or_else(PoisonError::into_inner).push((seed, outcome));
                    }
                }
            });
        }
    });
    let [commits, attempts, submits] = totals.map(AtomicU64::into_inner);
    println!("{seeds} seeds in {:?}: {commits} commits, {attempts} attempts, {submits} submits", started.elapsed());
    assert!(attempts > seeds && submits > seeds, "the worlds must do something");
    let mut failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_by_key(|(seed, _)| *seed);
    for (seed, outcome) in failed.iter().take(SHOWN_MAX) {
        println!("seed {seed}\n{}\n{:#?}", outcome.story.join("\n"), outcome.findings);
    }
    let all: Vec<_> = failed.iter().map(|(seed, outcome)| (*seed, &outcome.findings[0])).take(40).collect();
    assert!(failed.is_empty(), "{} of {seeds} seeds failed: {all:#?}", failed.len());
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    for seed in [0, 1, 7, 42, 1_000_003] {
        let first = world::run(Plan::small(seed));
        assert!(first.story.len() > 50, "seed {seed}");
        assert!(first == world::run(Plan::small(seed)), "seed {seed} told another story");
    }
}
