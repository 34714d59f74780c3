//! The promises, one file each, held against what was committed and what the neighbours saw. `attempt` and `submit`
//! look while the world runs; the others at its end.

pub(crate) mod accepted;
pub(crate) mod answer;
pub(crate) mod attempt;
pub(crate) mod hold;
pub(crate) mod once;
pub(crate) mod report;
pub(crate) mod rest;
pub(crate) mod sends;
pub(crate) mod submit;
pub(crate) mod timeline;

use crate::world::World;

/// Everything that can be said once the world has come to rest.
pub(crate) fn at_the_end(world: &mut World) {
    let truth = world.disk.truth();
    for refusal in &truth.refusals {
        world.story.wrong("store", format_args!("refused a commit though nothing was wrong with it: {refusal}"));
    }
    let (ledger, story) = (&truth.ledger, &mut world.story);
    accepted::check(&world.network, &world.applications, ledger, story);
    sends::check(&world.wishes, ledger, story);
    answer::check(&world.applications, ledger, story);
    report::check(&world.network, ledger, story);
    timeline::check(ledger, story);
    if world.plan.is_calm() {
        once::check(&world.network, &world.applications, story);
    }
}
