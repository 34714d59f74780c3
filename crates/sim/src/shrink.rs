//! Makes a failing world smaller: acts are left out, and faults of answers, as long as the same promise is broken.

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::world::{self, Outcome};

/// Most worlds that are tried.
const TRIES_MAX: usize = 400;

/// The smallest plan that was found in which the same promise is broken first, and what happens in it. The plan as it
/// was when it breaks none.
pub fn shrink(plan: &Plan) -> (Plan, Outcome) {
    let outcome = world::run(plan.clone());
    let Some(broken) = outcome.broken().map(str::to_owned) else { return (plan.clone(), outcome) };
    let acts = plan.acts.clone().unwrap_or_else(|| (0..outcome.acts).collect());
    let mut search = Search { broken, best: (plan.clone(), outcome), tries: 0 };
    search.leave_out(acts);
    for faults in [0, 3, 10] {
        let plan = Plan { faults, ..search.best.0.clone() };
        if faults < search.best.0.faults && search.still_fails(plan) {
            break;
        }
    }
    let acts = search.best.0.acts.clone().unwrap_or_default();
    search.leave_out(acts);
    search.best
}

struct Search {
    broken: String,
    best: (Plan, Outcome),
    tries: usize,
}

impl Search {
    /// Leaves out ever smaller groups of acts.
    fn leave_out(&mut self, mut acts: BTreeSet<usize>) {
        let mut size = acts.len().div_ceil(2);
        while size > 0 {
            let mut has_shrunk = false;
            let groups: Vec<Vec<usize>> =
                acts.iter().copied().collect::<Vec<_>>().chunks(size).map(<[usize]>::to_vec).collect();
            for group in groups {
                let fewer: BTreeSet<usize> = acts.iter().copied().filter(|act| !group.contains(act)).collect();
                if self.still_fails(Plan { acts: Some(fewer.clone()), ..self.best.0.clone() }) {
                    acts = fewer;
                    has_shrunk = true;
                }
            }
            size = match (size, has_shrunk) {
                (1, true) => 1,
                _ => size / 2,
            };
        }
    }

    fn still_fails(&mut self, plan: Plan) -> bool {
        if self.tries >= TRIES_MAX {
            return false;
        }
        self.tries += 1;
        let outcome = world::run(plan.clone());
        let fails = outcome.broken() == Some(&*self.broken);
        if fails {
            self.best = (plan, outcome);
        }
        fails
    }
}
