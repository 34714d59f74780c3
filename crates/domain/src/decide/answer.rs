//! What an understood answer does: replies, session, reprocessing, in the order in which they take effect.

use crate::answer::{Answer, Instruction};
use crate::callback::{Callback, CallbackEvent, CallbackKind};
use crate::decide::arrival::{self, Arrival};
use crate::decide::draft::{Conversation, Draft};
use crate::decide::{sessions, ussd};
use crate::limit::{REPLIES_MAX, REPROCESS_HOPS_MAX};
use crate::note::{Entry, NoteCode};
use crate::ussd::SessionEvent;

/// Applies an answer to the draft; `entries` go into the timeline of the callback's message.
pub(super) fn apply(draft: &mut Draft<'_>, callback: &Callback, answer: &Answer, entries: &mut Vec<Entry>) {
    entries.push(Entry::note(NoteCode::Answered, [words(answer)]));
    entries.extend(answer.complaints.iter().map(|c| Entry::note(NoteCode::Complaint, [c.clone()])));
    // In a USSD dialog the last reply of an answer that closes the session is the last word.
    let is_reply = |instruction: &Instruction| matches!(instruction, Instruction::Reply { .. });
    let closes = answer.instructions.contains(&Instruction::CloseSession);
    let last_word = answer.instructions.iter().filter(|i| is_reply(i)).count().min(REPLIES_MAX);
    let mut replies = 0;
    for instruction in &answer.instructions {
        match instruction {
            Instruction::Reply { text } => {
                replies += 1;
                let entry = if replies > REPLIES_MAX {
                    Entry::note(NoteCode::ReplyRefused, [format!("more than {REPLIES_MAX} replies")])
                } else {
                    let event = (closes && replies == last_word).then_some(SessionEvent::Close);
                    reply(draft, callback, text, event)
                };
                entries.push(entry);
            }
            Instruction::CloseSession if ussd::is_behind(draft, &callback.channel, callback.message) => {}
            Instruction::CloseSession => {
                if replies == 0 && ussd::open(draft, &callback.channel).is_some() {
                    entries.push(reply(draft, callback, "", Some(SessionEvent::Close)));
                }
                let key = callback.service_address.key();
                sessions::close(draft, "the application's answer asked for it", |s| {
                    s.application == callback.application && s.service_address.key() == key
                });
            }
            Instruction::Reprocess { text } => entries.push(reprocess(draft, callback, text)),
        }
    }
}

fn words(answer: &Answer) -> String {
    if answer.instructions.is_empty() {
        return "nothing to do".to_owned();
    }
    let words: Vec<&str> = answer
        .instructions
        .iter()
        .map(|instruction| match instruction {
            Instruction::Reply { .. } => "reply",
            Instruction::CloseSession => "close the session",
            Instruction::Reprocess { .. } => "process a text again",
        })
        .collect();
    words.join(", ")
}

fn reply(draft: &mut Draft<'_>, callback: &Callback, text: &str, event: Option<SessionEvent>) -> Entry {
    let first = Entry::note(NoteCode::InReplyTo, [callback.id.to_string()]);
    let told = (first, NoteCode::Replied);
    let conversation = Conversation::of(callback);
    Entry::Note(draft.make_reply(callback.message, &callback.application, conversation, text, event, told))
}

/// The text comes in again as if the phone had sent it, unless that has happened too often: then the loop is cut and
/// the application is told.
fn reprocess(draft: &mut Draft<'_>, callback: &Callback, text: &str) -> Entry {
    let hops = callback.hops.saturating_add(1);
    let conversation = Conversation { hops, ..Conversation::of(callback) };
    if hops > REPROCESS_HOPS_MAX {
        if callback.kind == CallbackKind::AutoReplyLoop {
            // It has been told, and its answer goes on: telling again would be the next loop.
            return Entry::note(NoteCode::LoopCut, [hops.to_string()]);
        }
        let event = CallbackEvent::AutoReplyLoop { phone: callback.phone.clone() };
        let made = draft.make_callback(callback.message, &callback.application, conversation, event, None);
        draft.add_entries(callback.message, None, made.into_iter().collect());
        return Entry::note(NoteCode::LoopCut, [hops.to_string()]);
    }
    let message = draft.mint.message(draft.now);
    let from = Entry::note(NoteCode::ReprocessedFrom, [callback.id.to_string(), hops.to_string()]);
    arrival::decide(
        draft,
        Arrival {
            message,
            channel: &callback.channel,
            phone: &callback.phone,
            service_address: &callback.service_address,
            text: text.to_owned(),
            segments: 1,
            parent: Some(callback.message),
            hops,
            heard: None,
            entries: vec![from],
        },
    );
    Entry::note(NoteCode::Reprocessed, [text.to_owned(), message.to_string()])
}
