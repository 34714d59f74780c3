//! Accepted is never lost: each acknowledged piece of an MO is in exactly one message, and that message reached its
//! application or ended visibly. Nobody is told OK before what he asked for is durable, and nothing is taken while
//! nothing can be committed.

use domain::callback::CallbackKind;
use domain::decision::Outcome;
use domain::message::{Direction, MessageState};
use engine::inlet::NotTaken;

use crate::application::Applications;
use crate::ledger::{Ledger, MessageTruth};
use crate::network::Network;
use crate::node::Slip;
use crate::story::Story;
use crate::world::World;

const CHECK: &str = "accepted is never lost";

/// At the moment of an answer.
pub(crate) fn told(world: &mut World, slip: Slip, result: &Result<Outcome, NotTaken>) {
    let truth = world.disk.truth();
    let (messages, is_new) = match result {
        Ok(Outcome::Accepted { message }) => (vec![*message], true),
        Ok(Outcome::Sent { messages, repeated }) => (messages.iter().map(|sent| sent.id).collect(), !repeated),
        _ => return,
    };
    if is_new && truth.refuses_commits().is_some() {
        world.story.wrong(CHECK, format_args!("{slip:?} was told OK while nothing can be committed"));
    }
    for id in messages.iter().filter(|id| !truth.ledger.has(**id)) {
        world.story.wrong(CHECK, format_args!("{slip:?} was told OK and {id} is not durable"));
    }
}

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
