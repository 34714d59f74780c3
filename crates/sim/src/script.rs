//! The chaos of a world, put on the agenda before it begins.

use crate::agenda::Happening;
use crate::world::World;

impl World {
    /// Puts the whole chaos on the agenda.
    pub(crate) fn script(&mut self) {
        let (plan, chance, agenda) = (self.plan.clone(), &mut self.chance, &mut self.agenda);
        let end = plan.chaos_ms;
        agenda.at(0, Happening::Start);
        agenda.at(end, Happening::Heal);
        for (place, piece) in self.network.pieces.iter().enumerate() {
            agenda.at(piece.at_ms, Happening::DeliverMo(place));
        }
        for (place, wish) in self.wishes.iter().enumerate() {
            agenda.at(wish.at_ms, Happening::Send(place));
        }
        for _ in 0..plan.crashes {
            let at = chance.between(1_000, end);
            let happening = match chance.between(0, 2) {
                0 => Happening::Crash,
                1 => Happening::CrashInCommit(false),
                _ => Happening::CrashInCommit(true),
            };
            agenda.at(at, happening);
        }
        for _ in 0..plan.drains {
            agenda.at(chance.between(1_000, end), Happening::Drain);
        }
        for _ in 0..plan.store_troubles {
            let (from, lasts) = (chance.between(1_000, end), chance.between(100, 8_000));
            let trouble = if chance.percent(60) { Happening::StoreFull } else { Happening::StoreUnreadable };
            agenda.at(from, trouble(true));
            agenda.at(from + lasts, trouble(false));
        }
        for _ in 0..plan.clock_steps {
            let by = chance.between(1, 60_000) as i64;
            let by = if chance.percent(50) { -by } else { by };
            agenda.at(chance.between(1_000, end), Happening::ClockSteps(by));
        }
        for _ in 0..plan.link_cuts {
            let (channel, link) = *chance.pick(&[("carrier", 0), ("carrier", 1), ("spare", 0)]);
            agenda.at(chance.between(1_000, end), Happening::LinkCut(channel.into(), link));
        }
        for _ in 0..plan.outages {
            let (from, lasts) = (chance.between(1_000, end), chance.between(1_000, 40_000));
            let id = *chance.pick(&["weather", "news", "bank"]);
            agenda.at(from, Happening::ApplicationDown(id.into(), true));
            agenda.at(from + lasts, Happening::ApplicationDown(id.into(), false));
        }
        for _ in 0..plan.absences {
            let (from, lasts) = (chance.between(1_000, end), chance.between(1_000, 20_000));
            agenda.at(from, Happening::Configure(false));
            agenda.at(from + lasts, Happening::Configure(true));
        }
        for _ in 0..3 {
            agenda.at(chance.between(1_000, end), Happening::Replay);
        }
        agenda.at(chance.between(1_000, end), Happening::CloseSessions);
        agenda.at(chance.between(1_000, end), Happening::Cancel);
        for minute in 5..10 {
            agenda.at(end + minute * 60_000, Happening::Replay);
        }
    }
}
