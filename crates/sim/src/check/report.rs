//! Reports match: the final state of an MT is what the network finally said of its segments, and its application is
//! told each segment's last word once.

use std::collections::BTreeMap;

use domain::id::SegmentNumber;
use domain::message::{Direction, Message, MessageState};
use domain::note::NoteCode;
use domain::report::ReportStatus;

use crate::ledger::{Ledger, MessageTruth};
use crate::network::Network;
use crate::story::Story;

const CHECK: &str = "reports match";

pub(crate) fn check(network: &Network, ledger: &Ledger, story: &mut Story) {
    for truth in ledger.messages.values() {
        let Some(message) = truth.message.as_ref().filter(|m| m.direction == Direction::Mt) else { continue };
        let words = last_words(network, truth);
        if words.len() == usize::from(message.segments) {
            let expected = expected(words.values().copied());
            if truth.state() != Some(expected) {
                let state = truth.state();
                story.wrong(CHECK, format_args!("{} is {state:?}, the network said {words:?}", message.id));
            }
        }
        if message.parent.is_none() {
            told_once(message, truth, ledger, story);
        }
    }
}

/// What the network finally said, by segment, as far as the gateway knows under which id the segment was taken.
fn last_words(network: &Network, truth: &MessageTruth) -> BTreeMap<String, ReportStatus> {
    let mut words = BTreeMap::new();
    for note in truth.notes(NoteCode::Submitted) {
        let id = u64::from_str_radix(&note.args[2], 16).ok();
        let taken = id.and_then(|id| network.taken.get(&id)).filter(|taken| taken.is_told);
        match taken.and_then(|taken| taken.last_word) {
            Some(word) => words.insert(note.args[0].clone(), word),
            None => words.remove(&note.args[0]),
        };
    }
    words
}

fn expected(words: impl Iterator<Item = ReportStatus>) -> MessageState {
    for word in words {
        match word {
            ReportStatus::Delivered => {}
            ReportStatus::Expired => return MessageState::Expired,
            ReportStatus::Rejected => return MessageState::Rejected,
            _ => return MessageState::Undelivered,
        }
    }
    MessageState::Delivered
}

fn told_once(message: &Message, truth: &MessageTruth, ledger: &Ledger, story: &mut Story) {
    // A long MT that is refused or expires half-way tells only of the segments that were never submitted.
    let says_all = [MessageState::Delivered, MessageState::Undelivered];
    let is_whole = message.segments == 1 && truth.notes(NoteCode::Submitted).next().is_some();
    let is_final = truth.state().is_some_and(|state| {
        says_all.contains(&state) || (is_whole && matches!(state, MessageState::Expired | MessageState::Rejected))
    });
    for segment in 0..message.segments {
        let number = SegmentNumber::new(message.id.stamp, segment).0;
        let wanted = format!("message_id={number}&final=true");
        let is_it = |body: &[u8]| body.windows(wanted.len()).any(|window| window == wanted.as_bytes());
        let range = ledger.callbacks.values().filter(|c| c.record.message == message.id);
        let count = range.filter(|c| c.body.as_ref().is_some_and(|body| is_it(&body.body))).count();
        if count > 1 || (is_final && count == 0) {
            let state = truth.state();
            story.wrong(
                CHECK,
                format_args!("{} is {state:?}; the end of its segment {segment} was told {count} times", message.id),
            );
        }
    }
}
