//! Nobody waits longer for a failing predecessor than `order_hold`.

use crate::setup::ORDER_HOLD_MS;
use crate::world::World;

const CHECK: &str = "a failing callback holds its lane no longer than order_hold";
/// How long the node may take to let a lane go on, in milliseconds.
const SLACK_MS: u64 = 2_000;

/// Looks at every lane. Left out are worlds whose wall clock steps, whose store fails or whose applications go: then a
/// lane may rightly wait longer.
pub(crate) fn look(world: &mut World) {
    let plan = &world.plan;
    let is_steady = plan.clock_steps + plan.store_troubles + plan.absences == 0;
    if !is_steady || world.is_healed || world.node.is_none() || world.now_ms() < world.started_ms + SLACK_MS {
        return;
    }
    let now = world.wall();
    let ledger = &world.disk.truth().ledger;
    for lane in ledger.lanes.values().filter(|lane| lane.len() > 1) {
        let Some(head) = ledger.callbacks.get(&lane[0]) else { continue };
        let held_ms = head.record.failing_since.map_or(0, |since| now.ms_since(since));
        if held_ms > ORDER_HOLD_MS + SLACK_MS {
            world.story.wrong(CHECK, format_args!("{} has held {} others for {held_ms} ms", lane[0], lane.len() - 1));
        }
    }
}
