//! An answer is applied exactly once: what the answered attempt asked for was made once, and what other attempts of the
//! callback asked for was never made.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::CallbackId;
use domain::message::Direction;
use domain::note::{Entry, NoteCode};

use crate::application::Applications;
use crate::ledger::{Ledger, MessageTruth};
use crate::story::Story;

const CHECK: &str = "an answer is applied exactly once";

pub(crate) fn check(applications: &Applications, ledger: &Ledger, story: &mut Story) {
    let mut answered: BTreeMap<CallbackId, u32> = BTreeMap::new();
    let mut asked_for: BTreeSet<&str> = BTreeSet::new();
    for truth in ledger.messages.values() {
        for entry in &truth.entries {
            let Entry::Attempt { callback, record } = entry else { continue };
            if record.failure.is_some() {
                continue;
            }
            *answered.entry(*callback).or_default() += 1;
            let Some(given) = applications.given.get(&record.body) else { continue };
            if let Some(reply) = &given.reply {
                asked_for.insert(reply);
                made(reply, 1, ledger, story);
                goes_back(reply, *callback, ledger, story);
            }
            if let Some(text) = &given.reprocess {
                asked_for.insert(text);
                let is_cut = truth.notes(NoteCode::LoopCut).next().is_some();
                made(text, usize::from(!is_cut), ledger, story);
            }
        }
    }
    for (callback, count) in answered.iter().filter(|(_, count)| **count > 1) {
        story.wrong(CHECK, format_args!("callback {callback} was answered {count} times"));
    }
    let unasked = ledger.messages.values().filter_map(|truth| came_of_an_answer(truth));
    for text in unasked.filter(|text| !asked_for.contains(text)) {
        story.wrong(CHECK, format_args!("{text:.20} was made though the attempt that asked for it is not recorded"));
    }
    welcomes(ledger, story);
}

fn made(text: &str, wanted: usize, ledger: &Ledger, story: &mut Story) {
    let count = ledger.with_text(text);
    if count != wanted {
        story.wrong(CHECK, format_args!("{text:.20} was made {count} times instead of {wanted}"));
    }
}

/// Whatever an answer says of phones and sessions, its reply goes to the phone of its callback.
fn goes_back(reply: &str, callback: CallbackId, ledger: &Ledger, story: &mut Story) {
    let Some(asked) = ledger.callbacks.get(&callback) else { return };
    let messages = ledger.messages.values().filter_map(|truth| truth.message.as_ref());
    for message in messages.filter(|message| message.text == reply) {
        if message.to.key() != asked.record.phone.key() || message.parent != Some(asked.record.message) {
            story.wrong(CHECK, format_args!("the reply {reply:.20} to callback {callback} went to {}", message.to));
        }
    }
}

/// The text of a message that only an answer can have caused.
fn came_of_an_answer(truth: &MessageTruth) -> Option<&str> {
    let message = truth.message.as_ref()?;
    let is_reply = message.direction == Direction::Mt && truth.notes(NoteCode::InReplyTo).next().is_some();
    let is_reprocessed = message.direction == Direction::Mo && message.text.contains(" P");
    (is_reply || is_reprocessed).then_some(&*message.text)
}

/// A phone subscribes once and is welcomed once.
fn welcomes(ledger: &Ledger, story: &mut Story) {
    let mut welcomed = BTreeMap::new();
    for message in ledger.messages.values().filter_map(|truth| truth.message.as_ref()) {
        if message.text == "Welcome to the news." {
            *welcomed.entry(message.to.key()).or_insert(0) += 1;
        }
    }
    for (phone, count) in welcomed.iter().filter(|(_, count)| **count > 1) {
        story.wrong(CHECK, format_args!("{phone:?} was welcomed {count} times"));
    }
}
