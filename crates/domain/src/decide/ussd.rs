//! USSD dialogs of the phone whose working copy is open: what the phone says opens or continues one, what we say takes a
//! turn in it or ends it, and a phone that waits too long gets the channel's sorry text.

use crate::decide::draft::{Conversation, Draft, NewMt};
use crate::decide::sessions;
use crate::directory::{Name, Ussd};
use crate::id::MessageId;
use crate::limit::{DIALOG_MS, DIALOGS_MAX};
use crate::note::{Entry, NoteCode};
use crate::ussd::{Dialog, SessionEvent, UssdTurn};

/// The phone's turn, as it came.
#[derive(Clone, Copy)]
pub(super) struct Heard {
    pub(super) event: SessionEvent,
    pub(super) number: Option<u16>,
}

/// Takes note of what the phone did, before it is decided who gets it. From now on an answer is waited for.
pub(super) fn hear(draft: &mut Draft<'_>, heard: Heard, message: MessageId, with: Conversation<'_>) -> Entry {
    let said = match heard.number {
        Some(number) => format!("{}, number {number}", heard.event),
        None => heard.event.to_string(),
    };
    if heard.event == SessionEvent::New {
        end(draft, with.channel, "the phone dialled again");
    }
    if heard.event != SessionEvent::Close {
        let reply_ms = spec(draft, with.channel).map(|ussd| ussd.reply_ms);
        let (now, channel) = (draft.now, with.channel);
        if let Some(phone) = draft.phone_mut() {
            phone.dialogs.retain(|dialog| dialog.channel != *channel);
            if phone.dialogs.len() >= DIALOGS_MAX {
                phone.dialogs.remove(0);
            }
            phone.dialogs.push(Dialog {
                channel: channel.clone(),
                phone: with.phone.clone(),
                service_address: with.service_address.clone(),
                number: heard.number,
                asked_by: message,
                reply_by: reply_ms.map(|ms| now.plus_ms(ms)),
                expires_at: now.plus_ms(DIALOG_MS),
            });
        }
    }
    Entry::note(NoteCode::DialogTurn, [said])
}

/// The turn of an MT: none on a channel of texts. `Err` says why there is none to take; the phone goes on waiting.
pub(super) fn turn(draft: &mut Draft<'_>, new: &NewMt<'_>, fits: bool) -> Result<Option<UssdTurn>, &'static str> {
    let (channel, to, event) = (new.channel, new.to, new.session_event);
    if spec(draft, channel).is_none() {
        return Ok(None);
    }
    let Some(dialog) = open(draft, channel).filter(|dialog| dialog.phone.key() == to.key()) else {
        return Err("the phone has no USSD dialog open, so nothing can be shown on it");
    };
    if new.parent.is_some_and(|parent| is_behind(draft, channel, parent)) {
        return Err("the phone has said something else since, and waits for the answer to that");
    }
    if !fits {
        return Err("it is longer than a USSD screen: 182 characters, or 80 in other alphabets");
    }
    let number = dialog.number;
    let now = draft.now;
    if event == Some(SessionEvent::Close) {
        end(draft, channel, "the USSD dialog got its last word");
        return Ok(Some(UssdTurn { dialog: number, event: SessionEvent::Close }));
    }
    let dialogs = draft.phone_mut().map(|phone| &mut phone.dialogs).into_iter().flatten();
    for dialog in dialogs.filter(|dialog| dialog.channel == *channel) {
        dialog.reply_by = None;
        dialog.expires_at = now.plus_ms(DIALOG_MS);
    }
    Ok(Some(UssdTurn { dialog: number, event: SessionEvent::Resume }))
}

/// The open dialog on a channel.
pub(super) fn open<'d>(draft: &'d Draft<'_>, channel: &Name) -> Option<&'d Dialog> {
    let now = draft.now;
    draft.phone()?.dialogs.iter().find(|dialog| dialog.channel == *channel && dialog.expires_at > now)
}

/// Whether the phone has gone on to something else since it said this.
pub(super) fn is_behind(draft: &Draft<'_>, channel: &Name, message: MessageId) -> bool {
    open(draft, channel).is_some_and(|dialog| message.stamp < dialog.asked_by.stamp)
}

/// Ends the dialog on a channel, and the sessions that ran in it.
pub(super) fn end(draft: &mut Draft<'_>, channel: &Name, why: &str) {
    let Some(position) = draft.phone().and_then(|p| p.dialogs.iter().position(|d| d.channel == *channel)) else {
        return;
    };
    if let Some(phone) = draft.phone_mut() {
        phone.dialogs.remove(position);
    }
    sessions::close(draft, why, |session| session.channel == *channel);
}

/// The phone gets the channel's sorry text as the last word.
pub(super) fn apologize(draft: &mut Draft<'_>, dialog: &Dialog) {
    let Some(sorry) = spec(draft, &dialog.channel).map(|ussd| ussd.sorry.clone()) else { return };
    let made = draft.make_mt(NewMt {
        account: None,
        application: None,
        channel: &dialog.channel,
        from: &dialog.service_address,
        to: &dialog.phone,
        text: &sorry,
        parent: Some(dialog.asked_by),
        send_at: None,
        validity_ms: None,
        priority: 0,
        tells: false,
        session_event: Some(SessionEvent::Close),
        first: Entry::note(NoteCode::InReplyTo, [dialog.asked_by.to_string()]),
    });
    if let Err(segments) = made {
        let refused = Entry::note(NoteCode::ReplyRefused, [format!("it would need {segments} segments")]);
        draft.add_entries(dialog.asked_by, None, vec![refused]);
    }
}

/// Dialogs that have waited enough.
pub(super) fn due(draft: &mut Draft<'_>) {
    let now = draft.now;
    let dialogs = draft.phone().map(|phone| phone.dialogs.clone()).unwrap_or_default();
    for dialog in dialogs {
        if dialog.reply_by.is_some_and(|at| at <= now) {
            let reply_ms = spec(draft, &dialog.channel).map_or(0, |ussd| ussd.reply_ms);
            let late = Entry::note(NoteCode::ReplyLate, [reply_ms.to_string()]);
            draft.add_entries(dialog.asked_by, None, vec![late]);
            apologize(draft, &dialog);
        }
        if dialog.expires_at <= now || dialog.reply_by.is_some_and(|at| at <= now) {
            end(draft, &dialog.channel, "the USSD dialog waited too long");
        }
    }
}

fn spec<'a>(draft: &Draft<'a>, channel: &Name) -> Option<&'a Ussd> {
    draft.channel(channel).and_then(|channel| channel.ussd.as_ref())
}
