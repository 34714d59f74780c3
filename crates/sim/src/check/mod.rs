//! The promises of `docs/concepts/guarantees.md`, held against what was committed and what the neighbours saw.
//!
//! | promise | file |
//! |---|---|
//! | 1 accepted is never lost | `accepted.rs` |
//! | 2 callbacks arrive at least once | `attempt.rs` (id, bytes, number), `once.rs` (exactly once without faults), `rest.rs` (all end) |
//! | 3 order per phone | `attempt.rs` and `submit.rs` (order), `hold.rs` (nobody waits longer than `order_hold`) |
//! | 4 an answer is applied exactly once | `answer.rs` |
//! | 5 sends are idempotent, doubt is not hidden | `sends.rs`, `submit.rs` (never twice where doubts are held) |
//! | 6 reports match | `report.rs` |
//! | 7 a bad neighbour costs only itself | `neighbour.rs`; `attempt.rs` (concurrency) and `submit.rs` (window) |
//! | 8 memory is bounded | `memory.rs` |
//! | 9 every message can be explained | `timeline.rs` |
//!
//! `rest.rs` also holds that everything is done within a bounded time once all is well. `attempt`, `submit`, `hold`,
//! `neighbour`, `memory` and a part of `accepted` look while the world runs, the others at its end.

pub(crate) mod accepted;
pub(crate) mod answer;
pub(crate) mod attempt;
pub(crate) mod hold;
pub(crate) mod memory;
pub(crate) mod neighbour;
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
