//! `CancelAsked`: withdraws MTs that still wait for their time. What is queued may be on the wire already.

use crate::decide::draft::Draft;
use crate::decide::submit;
use crate::decision::{Decision, Outcome};
use crate::event::Asker;
use crate::id::Stamp;
use crate::message::MessageState;
use crate::note::{Entry, NoteCode};
use crate::outgoing::{Outgoing, OutgoingState};

pub(super) fn decide(mut draft: Draft<'_>, asker: &Asker, messages: &[Stamp]) -> Decision {
    let mut stamps = messages.to_vec();
    stamps.sort_unstable();
    stamps.dedup();
    let mut count = 0;
    for stamp in stamps {
        let Some(outgoing) = draft.view.outgoing.get(&stamp) else { continue };
        if outgoing.state == OutgoingState::Scheduled && may(asker, outgoing) {
            count += 1;
            let entries = vec![Entry::note(NoteCode::Cancelled, [asker.words()])];
            submit::end(&mut draft, outgoing, MessageState::Cancelled, entries);
        }
    }
    draft.done(Outcome::Cancelled { count })
}

fn may(asker: &Asker, outgoing: &Outgoing) -> bool {
    match asker {
        Asker::Operator => true,
        Asker::Account(key) => outgoing.account.as_ref() == Some(key),
        Asker::Application(id) => outgoing.application.as_ref() == Some(id),
    }
}
