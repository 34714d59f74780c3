//! A whole text from a phone, whatever way it came (the network, the end of a wait for segments, an answer that has it
//! processed again): to whom it goes, what is said at once, which session opens, which callback is owed.

use std::sync::Arc;

use crate::address::Address;
use crate::callback::{CallbackEvent, Subscribe};
use crate::decide::draft::{Conversation, Draft};
use crate::decide::sessions;
use crate::decision::Change;
use crate::directory::{KeywordMatch, Name, Route};
use crate::id::MessageId;
use crate::message::{Direction, Message, MessageState};
use crate::note::{Entry, Note, NoteCode};
use crate::route::{self, Choice};

pub(super) struct Arrival<'a> {
    pub(super) message: MessageId,
    pub(super) channel: &'a Name,
    pub(super) phone: &'a Address,
    pub(super) service_address: &'a Address,
    pub(super) text: String,
    pub(super) segments: u8,
    pub(super) parent: Option<MessageId>,
    pub(super) hops: u8,
    pub(super) entries: Vec<Entry>,
}

impl<'a> Arrival<'a> {
    const fn conversation(&self) -> Conversation<'a> {
        Conversation {
            channel: self.channel,
            phone: self.phone,
            service_address: self.service_address,
            hops: self.hops,
        }
    }
}

/// Decides on a text from the phone whose working copy is open.
pub(super) fn decide(draft: &mut Draft<'_>, mut arrival: Arrival<'_>) {
    let Some((application, route)) = choose(draft, &mut arrival) else {
        return add_message(draft, arrival, None, MessageState::Unrouted);
    };
    let mut auto_responded = false;
    let mut subscribe = None;
    match route {
        None => {
            sessions::extend(draft, &application, arrival.service_address);
        }
        Some(route) => {
            if route.session {
                let opened =
                    sessions::open(draft, &application, route.session_ms, arrival.message, arrival.conversation());
                arrival.entries.push(opened);
            }
            if let Some(note) = auto_reply(draft, &route, &arrival) {
                auto_responded = note.code == NoteCode::AutoReplied;
                arrival.entries.push(Entry::Note(note));
            }
            let known = draft.phone().is_some_and(|p| p.subscriptions.iter().any(|s| s.application == application));
            if route.auto_subscribe && !known {
                subscribe = Some(Subscribe { confirmation: route.confirmation.as_deref().map(str::to_owned) });
            }
        }
    }
    let event = CallbackEvent::IncomingMessage {
        message: arrival.message,
        phone: arrival.phone.clone(),
        service_address: arrival.service_address.clone(),
        text: arrival.text.clone(),
        sent_at: draft.now,
        auto_subscribe: subscribe.is_some(),
        auto_responded,
    };
    let made = draft.make_callback(arrival.message, &application, arrival.conversation(), event, subscribe);
    arrival.entries.push(made);
    add_message(draft, arrival, Some(application), MessageState::Received);
}

/// The application and, unless its session decided, the route; says why in the arrival's entries.
fn choose(draft: &Draft<'_>, arrival: &mut Arrival<'_>) -> Option<(Name, Option<Arc<Route>>)> {
    let to = arrival.service_address;
    let (chosen, entry) = match route::choose(&draft.view.directory, draft.phone(), to, &arrival.text, draft.now) {
        Choice::Nobody => {
            let reason = format!("no session and no route on {to} takes this text");
            (None, Entry::note(NoteCode::Unrouted, [reason]))
        }
        Choice::Session(session) => {
            let args = [session.application.to_string(), to.to_string()];
            (Some((session.application.clone(), None)), Entry::note(NoteCode::RoutedBySession, args))
        }
        Choice::Route(route) => (Some((route.application.clone(), Some(route.clone()))), route_entry(route)),
    };
    arrival.entries.push(entry);
    chosen
}

fn add_message(draft: &mut Draft<'_>, arrival: Arrival<'_>, application: Option<Name>, state: MessageState) {
    let account = application.as_deref().and_then(|id| draft.application(id)).map(|a| a.account.clone());
    draft.push(Change::AddMessage {
        message: Message {
            id: arrival.message,
            direction: Direction::Mo,
            account,
            application,
            channel: arrival.channel.clone(),
            from: arrival.phone.clone(),
            to: arrival.service_address.clone(),
            text: arrival.text,
            created_at: draft.now,
            parent: arrival.parent,
            hops: arrival.hops,
            segments: arrival.segments,
        },
        state,
        entries: arrival.entries,
    });
}

fn route_entry(route: &Route) -> Entry {
    let address = route.address.to_string();
    match &route.keyword {
        None => Entry::note(NoteCode::RoutedByAddress, [route.application.to_string(), address]),
        Some(keyword) => {
            let how = match route.matching {
                KeywordMatch::Exact => "exact",
                KeywordMatch::StartsWith => "starts with",
            };
            let args = [route.application.to_string(), keyword.to_string(), how.to_owned(), address];
            Entry::note(NoteCode::RoutedByKeyword, args)
        }
    }
}

/// Sends the keyword's text at once, when it has one; the note says so, or why it was not sent.
fn auto_reply(draft: &mut Draft<'_>, route: &Route, arrival: &Arrival<'_>) -> Option<Note> {
    let text = route.auto_reply.as_deref()?;
    let keyword = route.keyword.as_deref().unwrap_or("").to_owned();
    let first = Entry::note(NoteCode::ByKeyword, [keyword, route.application.to_string()]);
    let told = (first, NoteCode::AutoReplied);
    Some(draft.make_reply(arrival.message, &route.application, arrival.conversation(), text, told))
}
