//! Reports match: the final state of an MT is what the network finally said of its segments, and its application is
//! told each segment's last word once.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::SegmentNumber;
use domain::message::{Direction, Message, MessageState};
use domain::note::NoteCode;
use domain::report::ReportStatus;

use crate::ledger::{Ledger, MessageTruth};
use crate::network::Network;
use crate::story::Story;
use crate::world::World;

const CHECK: &str = "reports match";

/// A receipt that leads to no segment has been acknowledged: it is listed among those that matched nothing.
pub(crate) fn parked(world: &mut World, place: usize) {
    let receipt = &world.network.receipts[place];
    let nameless = || format!("none/{}", receipt.received_at.0);
    let id = receipt.ids.first().cloned().unwrap_or_else(nameless);
    if !world.disk.truth().ledger.parked.contains(&(receipt.channel.clone(), id.clone())) {
        world.story.wrong(CHECK, format_args!("a receipt about {id} matches nothing and is not listed"));
    }
}

pub(crate) fn check(network: &Network, ledger: &Ledger, story: &mut Story) {
    for truth in ledger.messages.values() {
        let Some(message) = truth.message.as_ref().filter(|m| m.direction == Direction::Mt) else { continue };
        let words = last_words(network, truth);
        if words.len() == usize::from(message.segments) {
            let state = truth.state();
            // A receipt about the second id of a segment that comes before that id stays parked.
            let is_parked = state == Some(MessageState::Submitted) && has_two_ids(truth);
            if !is_parked && !expected(words.values()).iter().any(|expected| state == Some(*expected)) {
                story.wrong(CHECK, format_args!("{} is {state:?}, the network said {words:?}", message.id));
            }
        }
        if message.parent.is_none() {
            told_once(message, truth, ledger, story);
        }
    }
}

/// What the network finally said, by segment, as far as the gateway knows under which ids the segment was taken: more
/// than one when it was submitted again and the answer to the first submit came after all.
fn last_words(network: &Network, truth: &MessageTruth) -> BTreeMap<String, Vec<ReportStatus>> {
    let mut words: BTreeMap<String, Vec<ReportStatus>> = BTreeMap::new();
    for note in truth.notes(NoteCode::Submitted) {
        let id = u64::from_str_radix(&note.args[2], 16).ok();
        let taken = id.and_then(|id| network.taken.get(&id)).filter(|taken| taken.is_told);
        let word = taken.and_then(|taken| taken.last_word);
        if let Some(word) = word {
            words.entry(note.args[0].clone()).or_default().push(word);
        }
    }
    words
}

fn has_two_ids(truth: &MessageTruth) -> bool {
    let mut segments = BTreeSet::new();
    truth.notes(NoteCode::Submitted).any(|note| !segments.insert(&note.args[0]))
}

/// The states that such last words may lead to. Of a segment with two of them the first that came counts.
fn expected<'w>(words: impl Iterator<Item = &'w Vec<ReportStatus>>) -> Vec<MessageState> {
    let mut so_far = vec![MessageState::Delivered];
    for choices in words {
        let after = |state: MessageState, word: &ReportStatus| match (state, word) {
            (MessageState::Delivered, ReportStatus::Delivered) => MessageState::Delivered,
            (MessageState::Delivered, ReportStatus::Expired) => MessageState::Expired,
            (MessageState::Delivered, ReportStatus::Rejected) => MessageState::Rejected,
            (MessageState::Delivered, _) => MessageState::Undelivered,
            (other, _) => other,
        };
        so_far = so_far.iter().flat_map(|state| choices.iter().map(|word| after(*state, word))).collect();
        so_far.sort_unstable();
        so_far.dedup();
    }
    so_far
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
