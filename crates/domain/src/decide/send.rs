//! `SendAsked`: accepted wholly or refused wholly, one MT for each recipient.

use crate::address::Address;
use crate::decide::draft::{Conversation, Draft, NewMt};
use crate::decide::sessions;
use crate::decision::{Change, Decision, Outcome, Refusal, RepeatableSend};
use crate::directory::Name;
use crate::event::{Asker, Send};
use crate::id::MessageId;
use crate::limit::{IDEMPOTENCY_MS, RECIPIENTS_MAX, SCHEDULE_MS_MAX, SEGMENTS_MAX, SENT_SESSION_MS, TEXT_BYTES_MAX};
use crate::note::{Entry, NoteCode};

pub(super) fn decide(mut draft: Draft<'_>, send: &Send) -> Decision {
    if let Some(idempotency) = &send.idempotency {
        let key = (send.account.clone(), idempotency.key.clone());
        if let Some(before) = draft.view.idempotency.get(&key).filter(|b| b.until > draft.now) {
            if before.fingerprint != idempotency.fingerprint {
                return Decision::refused(Refusal::KeyReused);
            }
            return Decision::new(Vec::new(), Outcome::Sent { messages: before.messages.clone(), repeated: true });
        }
    }
    let (from, channel) = match check(&draft, send) {
        Ok(found) => found,
        Err(refusal) => return Decision::refused(refusal),
    };
    if let Some(to) = opted_out(&draft, send) {
        return Decision::refused(Refusal::OptedOut { to: to.to_string() });
    }
    let asker = match &send.application {
        Some(id) => Asker::Application(id.clone()).words(),
        None => Asker::Account(send.account.clone()).words(),
    };
    let mut messages = Vec::with_capacity(send.to.len());
    for to in &send.to {
        if needs_phone(send) {
            draft.open_phone(&to.key());
        }
        let sent = draft.make_mt(NewMt {
            account: Some(send.account.clone()),
            application: send.application.clone(),
            channel: &channel,
            from: &from,
            to,
            text: &send.text,
            parent: send.in_reply_to.as_ref().map(|(mo, _)| *mo),
            send_at: send.send_at,
            validity_ms: send.validity_ms,
            priority: send.priority,
            tells: send.tells && send.application.is_some(),
            session_event: send.session_event,
            first: Entry::note(NoteCode::Accepted, [asker.clone(), to.to_string()]),
        });
        match sent {
            Ok(sent) => {
                draft.add_entries(sent.id, None, given_along(send));
                expect_answer(&mut draft, send, sent.id, &channel, (&from, to));
                messages.push(sent);
            }
            Err(segments) => return Decision::refused(Refusal::TextTooLong { segments }),
        }
    }
    if let Some(idempotency) = &send.idempotency {
        draft.push(Change::RememberSend(RepeatableSend {
            account: send.account.clone(),
            key: idempotency.key.clone(),
            fingerprint: idempotency.fingerprint,
            messages: messages.clone(),
            until: draft.now.plus_ms(IDEMPOTENCY_MS),
        }));
    }
    draft.done(Outcome::Sent { messages, repeated: false })
}

/// A recipient who may not be sent to. Replies are exempt: who wrote wants an answer.
fn opted_out<'s>(draft: &Draft<'_>, send: &'s Send) -> Option<&'s Address> {
    if send.in_reply_to.is_some() || draft.view.opt_outs.is_empty() {
        return None;
    }
    send.to.iter().find(|to| draft.view.opt_outs.contains_key(&send.opt_out_key(to)))
}

/// Only a send that may be part of a dialog reads the phone.
const fn needs_phone(send: &Send) -> bool {
    send.in_reply_to.is_some() || send.session_event.is_some()
}

/// What the client said beside the text.
fn given_along(send: &Send) -> Vec<Entry> {
    let event = send.session_event.map(|event| Entry::note(NoteCode::DialogTurn, [event.to_string()]));
    let metadata = send.metadata.as_ref().map(|metadata| Entry::note(NoteCode::Metadata, [metadata.clone()]));
    event.into_iter().chain(metadata).collect()
}

/// Opens the session in which an expected answer comes back, or keeps the one there is.
fn expect_answer(draft: &mut Draft<'_>, send: &Send, message: MessageId, channel: &Name, ends: (&Address, &Address)) {
    let (service_address, phone) = ends;
    let Some(application) = send.application.as_ref().filter(|_| send.opens_session) else { return };
    draft.open_phone(&phone.key());
    if sessions::extend(draft, application, service_address) {
        return;
    }
    let conversation = Conversation { channel, phone, service_address, hops: 0 };
    let opened = sessions::open(draft, application, SENT_SESSION_MS, message, conversation);
    draft.add_entries(message, None, vec![opened]);
}

/// The service address and the channel of a send that may be accepted.
fn check(draft: &Draft<'_>, send: &Send) -> Result<(Address, Name), Refusal> {
    let directory = &draft.view.directory;
    if let Some(id) = &send.application
        && draft.application(id).is_none_or(|a| a.account != send.account)
    {
        return Err(Refusal::UnknownApplication);
    }
    // The last word of a dialog may be none.
    if send.text.is_empty() && send.session_event.is_none() {
        return Err(Refusal::EmptyText);
    }
    if send.text.len() > TEXT_BYTES_MAX {
        // Not counted exactly: so long a text is never split.
        return Err(Refusal::TextTooLong { segments: SEGMENTS_MAX + 1 });
    }
    if send.to.is_empty() || send.to.len() > RECIPIENTS_MAX {
        return Err(Refusal::Recipients { count: send.to.len() });
    }
    if send.send_at.is_some_and(|at| at.ms_since(draft.now) > SCHEDULE_MS_MAX) {
        return Err(Refusal::Schedule);
    }
    let default = || send.application.as_deref().and_then(|id| directory.default_address(id));
    let from = send.from.as_ref().or_else(default).ok_or(Refusal::NoSender)?;
    if let Some((_, channel)) = &send.in_reply_to {
        return Ok((from.clone(), channel.clone()));
    }
    // An address of others is refused like one that does not exist.
    let channel = directory.channel_for(from).filter(|_| directory.may_send_from(&send.account, from));
    let channel = channel.ok_or_else(|| Refusal::UnknownSender { from: from.to_string() })?;
    Ok((from.clone(), channel.id.clone()))
}
