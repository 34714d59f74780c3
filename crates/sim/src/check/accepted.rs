//! Accepted is never lost: each acknowledged piece of an MO is in exactly one message, and that message reached its
//! application or ended visibly.

use domain::callback::CallbackKind;
use domain::message::{Direction, MessageState};

use crate::application::Applications;
use crate::ledger::{Ledger, MessageTruth};
use crate::network::Network;
use crate::story::Story;

const CHECK: &str = "accepted is never lost";

pub(crate) fn check(network: &Network, applications: &Applications, ledger: &Ledger, story: &mut Story) {
    for piece in network.pieces.iter().filter(|piece| piece.is_acknowledged) {
        let is_it = |truth: &&MessageTruth| {
            let message = truth.message.as_ref();
            message.is_some_and(|m| m.direction == Direction::Mo && m.parent.is_none() && m.text.contains(&piece.token))
        };
        let found: Vec<&MessageTruth> = ledger.messages.values().filter(is_it).collect();
        match found.as_slice() {
            [] => story.wrong(CHECK, format_args!("MO {}was acknowledged and is in no message", piece.token)),
            [truth] => ended(&piece.token, truth, story),
            _ => story.wrong(CHECK, format_args!("MO {}is in {} messages", piece.token, found.len())),
        }
    }
    for (id, callback) in &ledger.callbacks {
        let told = callback.record.kind == CallbackKind::IncomingMessage;
        let is_answered = callback.ended == Some(domain::callback::CallbackState::Answered);
        let was_processed = callback.body.as_ref().is_some_and(|body| applications.processed.contains(&*body.body));
        if told && is_answered && !was_processed {
            story.wrong(CHECK, format_args!("callback {id} counts as answered and no application has seen it"));
        }
    }
}

fn ended(token: &str, truth: &MessageTruth, story: &mut Story) {
    let is_visible = matches!(
        truth.state(),
        Some(MessageState::Answered | MessageState::Refused | MessageState::Exhausted | MessageState::Unrouted)
    );
    if !is_visible {
        story.wrong(CHECK, format_args!("MO {token}never ended: {:?}", truth.state()));
    }
}
