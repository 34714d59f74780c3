//! What a bind tells its owner. What follows from it is the owner's.

use std::collections::VecDeque;

use crate::latin1::Latin1;
use crate::pdu::{BindRequest, Deliver, Oddities, Submit};
use crate::status::Status;
use crate::unanswered::Handle;

/// Something that happened on a bind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindEvent {
    /// ESME: the bind was accepted.
    Bound {
        /// The name the SMSC gives itself.
        system_id: Latin1,
        /// The version it speaks, if it says.
        interface_version: Option<u8>,
    },
    /// ESME: the bind was refused; [`BindEvent::Closed`] follows. See [`Status::bind_verdict`].
    BindRefused {
        /// Why.
        status: Status,
    },
    /// SMSC: somebody asks to bind. Owed: [`super::Bind::accept_bind`] or [`super::Bind::refuse_bind`].
    BindAsked(BindRequest),
    /// ESME: a submit was answered. See [`Status::submit_verdict`].
    Submitted {
        /// The owner's name for it.
        token: u64,
        /// How it went.
        status: Status,
        /// The SMSC's name for it; empty unless it was accepted.
        message_id: Latin1,
        /// The submit had been told as [`BindEvent::SubmitTimedOut`] before.
        late: bool,
    },
    /// ESME: a submit was not answered in time; whether the SMSC took it is in doubt.
    SubmitTimedOut {
        /// The owner's name for it.
        token: u64,
    },
    /// ESME: a message or a receipt came. Owed: [`super::Bind::respond_deliver`], once, also when the peer sends the
    /// same octets under the same number again before it is answered ([`Complaint::Repeated`]).
    Delivered {
        /// Names it until it is answered.
        handle: Handle,
        /// What came.
        deliver: Deliver,
    },
    /// SMSC: a submit came. Owed: [`super::Bind::respond_submit`].
    SubmitAsked {
        /// Names it until it is answered.
        handle: Handle,
        /// What came.
        submit: Submit,
    },
    /// SMSC: a deliver was answered.
    DeliverAnswered {
        /// The owner's name for it.
        token: u64,
        /// How it went.
        status: Status,
        /// The deliver had been told as [`BindEvent::DeliverTimedOut`] before.
        late: bool,
    },
    /// SMSC: a deliver was not answered in time; whether the ESME took it is in doubt.
    DeliverTimedOut {
        /// The owner's name for it.
        token: u64,
    },
    /// The peer ended the bind in good order; [`BindEvent::Closed`] follows.
    PeerUnbound,
    /// The peer did something odd, `count` times since it was last told.
    Complaint {
        /// What.
        complaint: Complaint,
        /// How often.
        count: u32,
    },
    /// It is over. Always the last event.
    Closed {
        /// Why.
        reason: CloseReason,
        /// Tokens of requests that were sent and not answered, in the order they were sent.
        in_doubt: Vec<u64>,
    },
}

/// Why a bind is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// We unbound.
    Unbound,
    /// The peer unbound.
    PeerUnbound,
    /// The connection broke ([`super::Bind::disconnected`]).
    Disconnected,
    /// The bind was refused, by the peer or by the owner.
    BindRefused(Status),
    /// No bind came about in time.
    BindTimedOut,
    /// Our unbind was not answered in time.
    UnbindTimedOut,
    /// The peer is silent, even when asked.
    KeepaliveTimedOut,
    /// The peer sent this `command_length`; there is no telling where its next PDU begins.
    BadLength(u32),
    /// The peer sends, but doesn't read our answers.
    SlowReader,
    /// The owner handed in octets that were not wanted.
    Overrun,
}

/// Odd things peers do. They are counted and overlooked as far as possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Complaint {
    /// A command that SMPP 3.4 doesn't know; nacked.
    UnknownCommand,
    /// A command we know and don't serve (`query_sm`, …, or one for the other role); refused.
    NotServed,
    /// A command that the state of the bind doesn't allow; refused.
    OutOfState,
    /// A body that can't be read; refused.
    Undecodable,
    /// A response that belongs to no request of ours: unknown number, twice, or of another kind; ignored.
    UnknownResponse,
    /// A message came again, octet for octet under its number, before it was answered; not told twice, and answered as
    /// often as it came.
    Repeated,
    /// `outbind` or `alert_notification`; ignored.
    Ignored,
    /// See [`Oddities::missing_nul`].
    MissingNul,
    /// See [`Oddities::overlong_text`].
    OverlongText,
    /// See [`Oddities::trailing_bytes`].
    TrailingBytes,
}

impl Complaint {
    const ALL: [Complaint; 10] = [
        Complaint::UnknownCommand,
        Complaint::NotServed,
        Complaint::OutOfState,
        Complaint::Undecodable,
        Complaint::UnknownResponse,
        Complaint::Repeated,
        Complaint::Ignored,
        Complaint::MissingNul,
        Complaint::OverlongText,
        Complaint::TrailingBytes,
    ];
}

/// Events not yet polled. Bounded: each belongs to a request in the window or to an unanswered one, complaints are
/// counters, and the rest happens once.
#[derive(Default)]
pub(super) struct Events {
    queue: VecDeque<BindEvent>,
    complaints: [u32; Complaint::ALL.len()],
    closed: Option<BindEvent>,
}

impl Events {
    pub(super) fn push(&mut self, event: BindEvent) {
        self.queue.push_back(event);
    }

    pub(super) fn close(&mut self, reason: CloseReason, in_doubt: Vec<u64>) {
        self.closed = Some(BindEvent::Closed { reason, in_doubt });
    }

    pub(super) fn complain(&mut self, complaint: Complaint) {
        let count = &mut self.complaints[complaint as usize];
        *count = count.saturating_add(1);
    }

    pub(super) fn complain_of(&mut self, oddities: Oddities) {
        if oddities == Oddities::default() {
            return;
        }
        let seen = [
            (oddities.missing_nul, Complaint::MissingNul),
            (oddities.overlong_text, Complaint::OverlongText),
            (oddities.trailing_bytes, Complaint::TrailingBytes),
        ];
        for (_, complaint) in seen.into_iter().filter(|(seen, _)| *seen) {
            self.complain(complaint);
        }
    }

    pub(super) fn poll(&mut self) -> Option<BindEvent> {
        if let Some(event) = self.queue.pop_front() {
            return Some(event);
        }
        for complaint in Complaint::ALL {
            let count = std::mem::take(&mut self.complaints[complaint as usize]);
            if count > 0 {
                return Some(BindEvent::Complaint { complaint, count });
            }
        }
        self.closed.take()
    }
}
