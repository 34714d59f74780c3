//! `PhoneDue`: sessions whose time is over, long MOs that have waited enough, network ids to forget.

use crate::address::AddressKey;
use crate::decide::draft::Draft;
use crate::decide::{mo, sessions, ussd};
use crate::decision::{Decision, Outcome};

pub(super) fn decide(mut draft: Draft<'_>, key: &AddressKey) -> Decision {
    let now = draft.now;
    if draft.view.phones.get(key).and_then(|p| p.due_at()).is_none_or(|due| due > now) {
        return Decision::nothing();
    }
    draft.open_phone(key);
    ussd::due(&mut draft);
    sessions::close(&mut draft, "no message came in time", |s| s.expires_at <= now);
    while let Some(position) =
        draft.phone().and_then(|p| p.long_messages.iter().position(|l| l.parts.deadline_at <= now))
    {
        if let Some(phone) = draft.phone_mut() {
            let long = phone.long_messages.remove(position);
            mo::finish_long(&mut draft, long);
        }
    }
    if let Some(phone) = draft.phone_mut() {
        phone.seen.retain(|s| s.until > now);
    }
    draft.done(Outcome::Done)
}
