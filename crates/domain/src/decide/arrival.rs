//! A whole text from a phone, whatever way it came (the network, the end of a wait for segments, an answer that has it
//! processed again): to whom it goes, what is said at once, which session opens, which callback is owed.

use std::sync::Arc;

use crate::address::Address;
use crate::callback::{CallbackEvent, Subscribe};
use crate::decide::draft::{Conversation, Draft};
use crate::decide::sessions;
use crate::decide::ussd::{self, Heard};
use crate::decision::Change;
use crate::directory::{Channel, Contract, KeywordMatch, Name, Route};
use crate::id::MessageId;
use crate::limit::DIALOG_MS;
use crate::message::{Direction, Message, MessageState};
use crate::note::{Entry, Note, NoteCode};
use crate::route::{self, Choice};
use crate::ussd::{SessionEvent, TransportType};

pub(super) struct Arrival<'a> {
    pub(super) message: MessageId,
    pub(super) channel: &'a Name,
    pub(super) phone: &'a Address,
    pub(super) service_address: &'a Address,
    pub(super) text: String,
    pub(super) segments: u8,
    pub(super) parent: Option<MessageId>,
    pub(super) hops: u8,
    /// What the phone did to its USSD dialog.
    pub(super) heard: Option<Heard>,
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
    if let Some(heard) = arrival.heard {
        let turn = ussd::hear(draft, heard, arrival.message, arrival.conversation());
        arrival.entries.push(turn);
    }
    let Some((application, route)) = choose(draft, &mut arrival) else {
        return unrouted(draft, arrival);
    };
    let mut auto_responded = false;
    let mut subscribe = None;
    match route {
        None => {
            sessions::extend(draft, &application, arrival.service_address);
        }
        Some(route) => {
            // The next text of a USSD dialog goes to the same application, whatever it says.
            let idle_ms = route.session.then_some(route.session_ms).or(arrival.heard.map(|_| DIALOG_MS));
            if let Some(idle_ms) = idle_ms {
                let opened = sessions::open(draft, &application, idle_ms, arrival.message, arrival.conversation());
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
    tell(draft, arrival, application, auto_responded, subscribe);
}

/// Owes the application the callback that tells it of the text.
fn tell(
    draft: &mut Draft<'_>,
    mut arrival: Arrival<'_>,
    application: Name,
    auto_responded: bool,
    subscribe: Option<Subscribe>,
) {
    let session_event = arrival.heard.map(|heard| heard.event);
    let hung_up = session_event == Some(SessionEvent::Close);
    // A contract without a word for it is told by the end of the session.
    let says_nothing = hung_up && arrival.text.is_empty();
    let has_words = draft.application(&application).is_none_or(|a| a.contract == Contract::Vumi);
    let event = CallbackEvent::IncomingMessage {
        message: arrival.message,
        phone: arrival.phone.clone(),
        service_address: arrival.service_address.clone(),
        text: arrival.text.clone(),
        sent_at: draft.now,
        auto_subscribe: subscribe.is_some(),
        auto_responded,
        channel: arrival.channel.clone(),
        transport: draft.channel(arrival.channel).map_or(TransportType::Sms, Channel::transport),
        session_event,
    };
    let made = if says_nothing && !has_words {
        None
    } else {
        draft.make_callback(arrival.message, &application, arrival.conversation(), event, subscribe)
    };
    let state = if made.is_some() { MessageState::Received } else { MessageState::Answered };
    let made = made.unwrap_or_else(|| Entry::note(NoteCode::NotTold, [application.to_string()]));
    arrival.entries.push(made);
    let channel = arrival.channel;
    add_message(draft, arrival, Some(application), state);
    if hung_up {
        ussd::end(draft, channel, "the phone ended the USSD dialog");
    }
}

/// Nobody takes it; a phone that waits in a dialog is told so.
fn unrouted(draft: &mut Draft<'_>, arrival: Arrival<'_>) {
    let channel = arrival.channel;
    add_message(draft, arrival, None, MessageState::Unrouted);
    if let Some(dialog) = ussd::open(draft, channel).filter(|dialog| dialog.reply_by.is_some()).cloned() {
        ussd::apologize(draft, &dialog);
    }
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
    Some(draft.make_reply(arrival.message, &route.application, arrival.conversation(), text, None, told))
}
