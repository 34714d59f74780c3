//! The pure parts of the gateway, one small scenario after the other, for callgrind to count their instructions.
//!
//! Run by `cargo xtask cost`, which starts it under valgrind with collection switched on only inside [`measured`] and
//! a dump of the counters after each call of it: the n-th dump belongs to the n-th line this program prints. Each line
//! is a divisor, a tab and the scenario's name. Everything here is seeded and single-threaded, and uses no clock, so
//! that two runs count the same.
#![allow(clippy::print_stdout, reason = "a development tool that reports on its standard output")]

mod bodies;
mod decisions;
mod growth;
/// The stored form of records, compiled from the store's own sources: the rest of that crate is SQLite, which would
/// be most of this program's build time and none of its figures.
#[path = "../../store/src/record/mod.rs"]
#[allow(dead_code, reason = "the store uses the rest")]
mod record;
mod records;
mod routes;
mod setup;
mod texts;
mod wire;

use std::hint::black_box;
use std::process::ExitCode;

/// Calls before the counting starts: what is made at the first use (tables, detected CPU features, the allocator's
/// bins) is made by then.
const WARM_UP_ROUNDS: u32 = 32;
/// Counted calls of each scenario.
const ROUNDS: u32 = 100;

/// One piece of work that can be done any number of times and costs the same each time.
struct Scenario {
    /// The name in `figures.txt`.
    name: String,
    /// Messages that are handled by doing it once; the figure is for one of them.
    messages: u32,
    /// Does it once, and drops what came of it.
    work: Box<dyn FnMut()>,
}

impl Scenario {
    /// A scenario whose result is only looked at by the optimizer.
    fn new<T>(name: impl Into<String>, mut work: impl FnMut() -> T + 'static) -> Scenario {
        let work = Box::new(move || {
            black_box(work());
        });
        Scenario { name: name.into(), messages: 1, work }
    }
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let scenarios = match (args.next().as_deref(), args.next()) {
        (None, _) => guarded(),
        (Some("growth"), None) => growth::scenarios(),
        _ => {
            eprintln!("usage: cost [growth]");
            return ExitCode::FAILURE;
        }
    };
    for mut scenario in scenarios {
        for _ in 0..WARM_UP_ROUNDS {
            (scenario.work)();
        }
        measured(&mut scenario.work, ROUNDS);
        println!("{}\t{}", ROUNDS * scenario.messages, scenario.name);
    }
    ExitCode::SUCCESS
}

/// The scenarios whose figures are committed.
fn guarded() -> Vec<Scenario> {
    let mut all = decisions::scenarios();
    all.extend(routes::scenarios());
    all.extend(bodies::scenarios());
    all.extend(wire::scenarios());
    all.extend(texts::scenarios());
    all.extend(records::scenarios());
    all
}

/// Callgrind counts inside this function only; `cargo xtask cost` knows it by its name.
#[inline(never)]
fn measured(work: &mut dyn FnMut(), rounds: u32) {
    for _ in 0..rounds {
        work();
    }
    counted(black_box(rounds));
}

/// Callgrind writes its counters down and sets them back when this function is called.
#[inline(never)]
fn counted(rounds: u32) {
    black_box(rounds);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a scenario is to do, it checks when it is made; here it is done again after itself.
    #[test]
    fn every_scenario_can_be_repeated_and_has_a_name_of_its_own() {
        let mut names = BTreeSet::new();
        for mut scenario in guarded() {
            measured(&mut scenario.work, 2);
            assert!(!scenario.name.contains(['\t', '\n']) && scenario.messages > 0);
            assert!(names.insert(scenario.name.clone()), "{} twice", scenario.name);
        }
    }
}
