//! The acts of a world, written before it begins: what phones and clients do, and the chaos. Each act has a number, and
//! may be left out without any other act changing; that is how a failing world is made smaller.

use domain::directory::Name;

use crate::agenda::{DeathInRecovery, Happening};
use crate::chance::{Chance, Part};
use crate::disk::Trouble;
use crate::plan::Plan;
use crate::world::World;

/// What belongs together: a text with its segments, a fault with its end.
type Act = Vec<(u64, Happening)>;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

impl World {
    /// Puts all acts that happen on the agenda; returns how many acts there are.
    pub(crate) fn script(&mut self) -> usize {
        let plan = self.plan.clone();
        let mut acts: Vec<Act> = Vec::new();
        for number in 0..plan.mos {
            let pieces = self.network.pieces.iter().enumerate().filter(|(_, piece)| piece.of == number);
            let comes = pieces.filter_map(|(place, piece)| Some((piece.at_ms?, Happening::DeliverMo(place))));
            acts.push(comes.collect());
        }
        acts.extend(self.wishes.iter().enumerate().map(|(place, wish)| vec![(wish.at_ms, Happening::Send(place))]));
        let mut chance = Chance::new(plan.seed, Part::Faults);
        chaos(&plan, &mut chance, &mut acts);
        let count = acts.len();
        self.agenda.at(0, Happening::Start);
        self.agenda.at(plan.chaos_ms, Happening::Heal);
        let happens = |number: usize| plan.acts.as_ref().is_none_or(|acts| acts.contains(&number));
        let acts = acts.into_iter().enumerate().filter(|(number, _)| happens(*number));
        for (at_ms, happening) in acts.flat_map(|(_, act)| act) {
            self.agenda.at(at_ms, happening);
        }
        count
    }
}

fn chaos(plan: &Plan, chance: &mut Chance, acts: &mut Vec<Act>) {
    let end = plan.chaos_ms;
    for _ in 0..plan.crashes {
        let happening = crash(chance);
        acts.push(vec![(chance.between(1_000, end), happening)]);
    }
    for _ in 0..plan.drains {
        acts.push(vec![(chance.between(1_000, end), Happening::Drain)]);
    }
    for _ in 0..plan.store_troubles {
        let trouble = *chance.pick(&[Trouble::Full, Trouble::Failing, Trouble::Unreadable]);
        acts.push(stretch(plan, chance, (100, 8_000), |on| Happening::Store(trouble, on)));
    }
    for step in 0..plan.clock_steps {
        let by_ms = if step == 0 && plan.big_step {
            *chance.pick(&[HOUR_MS, DAY_MS])
        } else {
            chance.between(1, 60_000) as i64
        };
        let by_ms = if chance.percent(50) { -by_ms } else { by_ms };
        acts.push(vec![(chance.between(1_000, end), Happening::ClockSteps(by_ms))]);
    }
    for _ in 0..plan.link_cuts {
        let (channel, link) = *chance.pick(&[("carrier", 0), ("carrier", 1), ("spare", 0)]);
        acts.push(vec![(chance.between(1_000, end), Happening::LinkCut(channel.into(), link))]);
    }
    for _ in 0..plan.storms {
        let channel: Name = (*chance.pick(&["carrier", "spare"])).into();
        acts.push(stretch(plan, chance, (2_000, 30_000), |on| Happening::Storm(channel.clone(), on)));
    }
    for _ in 0..plan.outages {
        let id: Name = (*chance.pick(&["weather", "news", "bank"])).into();
        let is_slow = chance.percent(30);
        acts.push(stretch(plan, chance, (1_000, 40_000), |on| match is_slow {
            true => Happening::ApplicationSlow(id.clone(), on),
            false => Happening::ApplicationDown(id.clone(), on),
        }));
    }
    for _ in 0..plan.absences {
        acts.push(stretch(plan, chance, (1_000, 20_000), |gone| Happening::Configure(!gone)));
    }
    for _ in 0..plan.strange_receipts {
        let is_nameless = chance.percent(40);
        acts.push(vec![(chance.between(1_000, end), Happening::StrangeReceipt { is_nameless })]);
    }
    for _ in 0..3 {
        acts.push(vec![(chance.between(1_000, end), Happening::Replay)]);
    }
    acts.push(vec![(chance.between(1_000, end), Happening::CloseSessions)]);
    acts.push(vec![(chance.between(1_000, end), Happening::Cancel)]);
    acts.extend((5..10).map(|minute| vec![(end + minute * 60_000, Happening::Replay)]));
}

/// Something that begins and ends; one in five lasts all the time.
fn stretch(plan: &Plan, chance: &mut Chance, lasts_ms: (u64, u64), make: impl Fn(bool) -> Happening) -> Act {
    let (from_ms, lasts_ms) = (chance.between(1_000, plan.chaos_ms), chance.between(lasts_ms.0, lasts_ms.1));
    if chance.percent(20) {
        return vec![(400, make(true)), (plan.chaos_ms, make(false))];
    }
    vec![(from_ms, make(true)), (from_ms + lasts_ms, make(false))]
}

fn crash(chance: &mut Chance) -> Happening {
    match chance.between(0, 7) {
        0 => Happening::Crash,
        1 => Happening::CrashInCommit(chance.between(0, 3), false),
        2 | 3 => Happening::CrashInCommit(chance.between(0, 3), true),
        4 | 5 => Happening::CrashAmongEffects,
        6 => Happening::CrashTwice(DeathInRecovery::Scan(chance.between(0, 6))),
        _ => Happening::CrashTwice(DeathInRecovery::Commit(chance.percent(50))),
    }
}
