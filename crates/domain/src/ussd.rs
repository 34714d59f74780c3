//! USSD: a dialog between a phone and a service code, in which every text of the phone waits for one of ours.
//!
//! A network holds a dialog open for a while and knows it by a number. What an application answers must come while it is
//! open, says whether the phone may answer again, and goes back under the same number.

use std::fmt;

use crate::address::Address;
use crate::directory::Name;
use crate::id::MessageId;
use crate::time::At;

/// What a message does to its dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionEvent {
    /// It opens one.
    New,
    /// It goes on with one.
    Resume,
    /// It is the last one.
    Close,
}

impl SessionEvent {
    /// All.
    pub const ALL: [SessionEvent; 3] = [SessionEvent::New, SessionEvent::Resume, SessionEvent::Close];

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            SessionEvent::New => "new",
            SessionEvent::Resume => "resume",
            SessionEvent::Close => "close",
        }
    }

    /// Reads [`SessionEvent::name`].
    pub fn parse(name: &str) -> Option<SessionEvent> {
        SessionEvent::ALL.into_iter().find(|event| event.name() == name)
    }
}

impl fmt::Display for SessionEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What kind of network a message travels on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransportType {
    /// Texts.
    Sms,
    /// Dialogs of short texts.
    Ussd,
}

impl TransportType {
    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            TransportType::Sms => "sms",
            TransportType::Ussd => "ussd",
        }
    }
}

/// How an MT takes part in a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UssdTurn {
    /// The network's number of the dialog, when it gave one.
    pub dialog: Option<u16>,
    /// `Resume`: the phone may answer. `Close`: it is the last word. Never `New`.
    pub event: SessionEvent,
}

/// An open dialog of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialog {
    /// The channel it runs over; a phone has at most one on each.
    pub channel: Name,
    /// The person's end, as written.
    pub phone: Address,
    /// Our end.
    pub service_address: Address,
    /// The network's number of it, when it gave one.
    pub number: Option<u16>,
    /// What the phone said last; its timeline tells what became of it.
    pub asked_by: MessageId,
    /// When the phone gets the channel's sorry text unless an answer goes out before; none = the phone's turn.
    pub reply_by: Option<At>,
    /// When it is forgotten: networks do not always tell the end.
    pub expires_at: At,
}
