//! What a seed does: how much, for how long, and which faults there are. Chosen from the seed; tests may bend it.

use crate::chance::Chance;

/// The knobs of one world.
#[derive(Clone, Debug)]
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
    /// Times the store has no room or cannot be read.
    pub store_troubles: u64,
    /// Steps of the wall clock.
    pub clock_steps: u64,
    /// Times links break.
    pub link_cuts: u64,
    /// Times an application fails everything for a while.
    pub outages: u64,
    /// Times an application leaves the configuration for a while.
    pub absences: u64,
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
    /// A broken gateway, to see that the checkers notice: the network is answered before the commit.
    pub acknowledge_before_commit: bool,
}

impl Plan {
    /// The small world of a seed. One in eight has no faults.
    pub fn small(seed: u64) -> Plan {
        let mut chance = Chance::new(seed);
        let calm = seed.is_multiple_of(8);
        let mut some = |most: u64| if calm { 0 } else { chance.between(0, most) };
        let (crashes, store_troubles, clock_steps) = (some(3), some(2), some(2));
        let drains = some(1);
        let (link_cuts, outages, absences) = (some(3), some(2), some(1));
        let faults = if calm { 0 } else { *chance.pick(&[3, 10, 25]) };
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
            link_cuts,
            outages,
            absences,
            window: chance.between(1, 4) as u32,
            rate: *chance.pick(&[0, 0, 2, 20]),
            concurrency: *chance.pick(&[1, 2, 16]),
            retry_for_ms: *chance.pick(&[30_000, 300_000]),
            validity_ms: if calm { 3_600_000 } else { *chance.pick(&[20_000, 600_000, 3_600_000]) },
            dedupe_ms: 1_800_000,
            acknowledge_before_commit: false,
        }
    }

    /// True when nothing goes wrong in this world.
    pub const fn is_calm(&self) -> bool {
        self.faults + self.crashes + self.drains + self.store_troubles + self.clock_steps == 0
            && self.link_cuts + self.outages + self.absences == 0
    }
}
