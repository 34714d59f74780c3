//! Sends: what was accepted is submitted or ends visibly, and a key sends once, however often it is asked.

use domain::decision::{Outcome, Refusal};
use domain::message::MessageState;
use engine::inlet::NotTaken;

use crate::clients::Wish;
use crate::ledger::Ledger;
use crate::story::Story;

const CHECK: &str = "sends are idempotent and end";

/// Another request under a key that was used is refused, or not taken at all.
pub(crate) fn reused_key(result: &Result<Outcome, NotTaken>, story: &mut Story) {
    if !matches!(result, Ok(Outcome::Refused(Refusal::KeyReused)) | Err(_)) {
        story.wrong(CHECK, format_args!("another request under a key that was used got {result:?}"));
    }
}

pub(crate) fn check(wishes: &[Wish], ledger: &Ledger, story: &mut Story) {
    for wish in wishes {
        let name = wish.send.text.split(' ').next().unwrap_or_default();
        let made = ledger.with_text(&wish.send.text);
        let (asked, was_accepted) = (wish.send.to.len(), !wish.accepted.is_empty());
        if made > asked || (was_accepted && made != asked) {
            story.wrong(CHECK, format_args!("send {name} to {asked} phones made {made} messages"));
        }
        if wish.accepted.windows(2).any(|pair| pair[0] != pair[1]) {
            story.wrong(CHECK, format_args!("send {name} was answered in different ways: {:?}", wish.accepted));
        }
        for sent in wish.accepted.iter().flatten() {
            let state = ledger.messages.get(&sent.id.stamp).and_then(|truth| truth.state());
            let is_over = state.is_some_and(|state| {
                state.is_final() || matches!(state, MessageState::Submitted | MessageState::InDoubt)
            });
            if !is_over {
                story.wrong(CHECK, format_args!("{} of send {name} never ended: {state:?}", sent.id));
            }
        }
    }
}
