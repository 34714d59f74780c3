//! What a seed does: how much, for how long, and which faults there are. Chosen from the seed; tests may bend it.

use std::collections::BTreeSet;

use crate::chance::{Chance, Part};

/// The knobs of one world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed everything is chosen from.
    pub seed: u64,
    /// How long chaos lasts, in milliseconds.
    pub chaos_ms: u64,
    /// Phones.
    pub phones: u64,
    /// MOs, long ones counted once.
    pub mos: u64,
    /// Sends asked for.
    pub sends: u64,
    /// Percent of neighbours' answers that are faulty; 0 is a world without any fault.
    pub faults: u64,
    /// Crashes of the node.
    pub crashes: u64,
    /// Times the node is stopped in an orderly way and started again.
    pub drains: u64,
    /// Times the store has no room, fails to commit or cannot be read.
    pub store_troubles: u64,
    /// Steps of the wall clock.
    pub clock_steps: u64,
    /// Whether one of the steps is an hour or a day.
    pub big_step: bool,
    /// Times links break.
    pub link_cuts: u64,
    /// Times a channel throttles everything for a while.
    pub storms: u64,
    /// Times an application fails everything, or is slow, for a while.
    pub outages: u64,
    /// Times an application leaves the configuration for a while.
    pub absences: u64,
    /// Receipts about what the network never took.
    pub strange_receipts: u64,
    /// Window of each link.
    pub window: u32,
    /// Segments a second on the first channel, 0 = no limit.
    pub rate: u32,
    /// Attempts at a time of each application.
    pub concurrency: u32,
    /// How long attempts go on, in milliseconds.
    pub retry_for_ms: u64,
    /// How long an MT is valid, in milliseconds.
    pub validity_ms: u64,
    /// How long network ids are remembered, in milliseconds.
    pub dedupe_ms: u64,
    /// Which of the scripted acts happen (texts, sends, faults, each with a number); none: all of them.
    pub acts: Option<BTreeSet<usize>>,
    /// A broken gateway, to see that the checkers notice: the network takes silence for an OK.
    pub acknowledge_before_commit: bool,
}

impl Plan {
    /// The small world of a seed. One in eight has no faults.
    pub fn small(seed: u64) -> Plan {
        let mut chance = Chance::new(seed, Part::Plan);
        let calm = seed.is_multiple_of(8);
        let mut some = |most: u64| if calm { 0 } else { chance.between(0, most) };
        let (crashes, store_troubles, clock_steps) = (some(3), some(2), some(2));
        let (drains, link_cuts, storms) = (some(1), some(3), some(1));
        let (outages, absences, strange_receipts) = (some(3), some(1), some(2));
        let faults = if calm { 0 } else { *chance.pick(&[3, 10, 25]) };
        let big_step = clock_steps > 0 && chance.percent(50);
        Plan {
            seed,
            chaos_ms: chance.between(30_000, 90_000),
            phones: chance.between(1, 5),
            mos: chance.between(8, 24),
            sends: chance.between(2, 8),
            faults,
            crashes,
            drains,
            store_troubles,
            clock_steps,
            big_step,
            link_cuts,
            storms,
            outages,
            absences,
            strange_receipts,
            window: chance.between(1, 4) as u32,
            rate: *chance.pick(&[0, 0, 2, 20]),
            concurrency: *chance.pick(&[1, 2, 16]),
            retry_for_ms: *chance.pick(&[30_000, 300_000]),
            validity_ms: if calm { 3_600_000 } else { *chance.pick(&[20_000, 600_000, 3_600_000]) },
            // Longer than any repetition takes, also by a clock that steps.
            dedupe_ms: if big_step { 2 * 86_400_000 } else { 1_800_000 },
            acts: None,
            acknowledge_before_commit: false,
        }
    }

    /// True when nothing goes wrong in this world.
    pub const fn is_calm(&self) -> bool {
        self.faults + self.crashes + self.drains + self.store_troubles + self.clock_steps == 0
            && self.link_cuts + self.storms + self.outages + self.absences + self.strange_receipts == 0
    }

    /// The command that runs this world alone and prints its story.
    pub fn command(&self) -> String {
        let small = Plan::small(self.seed);
        let mut command = format!("HOOKSWITCH_SEED={}", self.seed);
        if self.faults != small.faults {
            command.push_str(&format!(" HOOKSWITCH_FAULTS={}", self.faults));
        }
        if let Some(acts) = &self.acts {
            let acts: Vec<String> = acts.iter().map(usize::to_string).collect();
            command.push_str(&format!(" HOOKSWITCH_ACTS={}", acts.join(",")));
        }
        command.push_str(" cargo test --profile ci -p sim --test seeds every_seed -- --nocapture");
        command
    }
}
