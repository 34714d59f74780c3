//! Without faults, exactly once: one attempt for each callback, one submit for each segment.

use std::collections::BTreeMap;

use crate::application::Applications;
use crate::network::Network;
use crate::story::Story;

const CHECK: &str = "without faults exactly once";

pub(crate) fn check(network: &Network, applications: &Applications, story: &mut Story) {
    for (id, known) in applications.known.iter().filter(|(_, known)| known.attempts != 1) {
        story.wrong(CHECK, format_args!("{id} was attempted {} times", known.attempts));
    }
    let mut submits = BTreeMap::new();
    for order in &network.orders {
        *submits.entry((order.message, order.segment)).or_insert(0) += 1;
    }
    for ((message, segment), count) in submits.iter().filter(|(_, count)| **count != 1) {
        story.wrong(CHECK, format_args!("segment {segment} of {message} was submitted {count} times"));
    }
}
