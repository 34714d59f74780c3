//! Sessions of the phone whose working copy is open: opening, extending, closing, and the callback that tells the end.

use std::collections::BTreeSet;

use crate::address::{Address, AddressKey};
use crate::callback::CallbackEvent;
use crate::decide::draft::{Conversation, Draft};
use crate::decision::{Decision, Outcome};
use crate::directory::Name;
use crate::id::MessageId;
use crate::limit::SESSIONS_MAX;
use crate::note::{Entry, NoteCode};
use crate::phone::Session;

/// Opens a session that lives `idle_ms` without a message. Returns the entry for the opening message.
pub(super) fn open(
    draft: &mut Draft<'_>,
    application: &Name,
    idle_ms: u64,
    message: MessageId,
    with: Conversation<'_>,
) -> Entry {
    let now = draft.now;
    let opened = Entry::note(NoteCode::SessionOpened, [application.to_string(), with.service_address.to_string()]);
    let Some(phone) = draft.phone_mut() else { return opened };
    // What the clock has ended but nobody has closed yet ends here, so that its callback is not lost.
    let due: Vec<usize> = (0..phone.sessions.len()).rev().filter(|i| phone.sessions[*i].expires_at <= now).collect();
    let ended: Vec<Session> = due.into_iter().map(|i| phone.sessions.remove(i)).collect();
    let oldest = (phone.sessions.len() >= SESSIONS_MAX).then(|| phone.sessions.remove(0));
    phone.sessions.push(Session {
        phone: with.phone.clone(),
        service_address: with.service_address.clone(),
        channel: with.channel.clone(),
        application: application.clone(),
        opened_by: message,
        opened_at: now,
        expires_at: now.plus_ms(idle_ms),
        idle_ms,
    });
    for session in ended {
        tell_closed(draft, session, "its time was over");
    }
    if let Some(session) = oldest {
        tell_closed(draft, session, "the phone has too many");
    }
    opened
}

/// A message came: the session lives on. False when there is none.
pub(super) fn extend(draft: &mut Draft<'_>, application: &Name, to: &Address) -> bool {
    let key = to.key();
    let now = draft.now;
    let is_it = |s: &Session| s.application == *application && s.service_address.key() == key && s.expires_at > now;
    let position = draft.phone().and_then(|phone| phone.sessions.iter().rposition(is_it));
    if let Some(position) = position
        && let Some(phone) = draft.phone_mut()
    {
        let session = &mut phone.sessions[position];
        session.expires_at = now.plus_ms(session.idle_ms);
    }
    position.is_some()
}

/// Closes the sessions of the open phone that `which` names; returns how many.
pub(super) fn close(draft: &mut Draft<'_>, why: &str, which: impl Fn(&Session) -> bool) -> usize {
    if !draft.phone().is_some_and(|p| p.sessions.iter().any(&which)) {
        return 0;
    }
    let Some(phone) = draft.phone_mut() else { return 0 };
    let (ended, open) = std::mem::take(&mut phone.sessions).into_iter().partition(which);
    phone.sessions = open;
    let ended: Vec<Session> = ended;
    let count = ended.len();
    for session in ended {
        tell_closed(draft, session, why);
    }
    count
}

/// Records the end in the timeline of the message that opened the session, and owes the application a callback.
fn tell_closed(draft: &mut Draft<'_>, session: Session, why: &str) {
    let mut entries = vec![Entry::note(NoteCode::SessionClosed, [session.application.to_string(), why.to_owned()])];
    if draft.application(&session.application).is_some() {
        let event = CallbackEvent::SessionClosed {
            phone: session.phone.clone(),
            service_address: session.service_address.clone(),
        };
        let conversation = Conversation {
            channel: &session.channel,
            phone: &session.phone,
            service_address: &session.service_address,
            hops: 0,
        };
        entries.extend(draft.make_callback(session.opened_by, &session.application, conversation, event, None));
    }
    draft.add_entries(session.opened_by, None, entries);
}

/// `CloseSessionsAsked`: an application closes its sessions with phones.
pub(super) fn close_asked(mut draft: Draft<'_>, application: &Name, phones: &[AddressKey]) -> Decision {
    let mut count = 0;
    // Once each: a phone opened again would be read from the view, where its sessions are still open.
    let phones: BTreeSet<&AddressKey> = phones.iter().collect();
    for phone in phones {
        draft.open_phone(phone);
        count += close(&mut draft, "the application asked for it", |s| s.application == *application);
    }
    draft.done(Outcome::Closed { count })
}
