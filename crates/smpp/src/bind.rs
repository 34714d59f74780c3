//! The machine for one connection, in either role: what may be said when, what waits for an answer, when to give up.
//! Sockets, reconnecting and pacing are the owner's; so is every decision about a message.

mod event;
mod inbox;
mod incoming;
mod options;
mod outgoing;

pub use event::{BindEvent, CloseReason, Complaint};
pub use options::{EsmeOptions, Limits, SmscOptions};
pub use outgoing::{AnswerRefused, SendRefused};

use event::Events;
use inbox::Inbox;

use crate::keepalive::{Due, Keepalive};
use crate::latin1::Latin1;
use crate::pdu::{BindMode, BindResponse, EncodeError};
use crate::unanswered::Unanswered;
use crate::window::Window;

/// The most octets an owner should hand to [`Bind::receive`] at once.
pub const READ_BYTES_MAX: usize = 256 * 1024;

enum Role {
    Esme { mode: BindMode },
    Smsc { system_id: Latin1 },
}

#[derive(Clone, Copy)]
enum State {
    /// ESME: the bind request is out under `sequence`. SMSC: none has come.
    Opening {
        until: u64,
        sequence: u32,
    },
    /// SMSC: the owner has been asked for an answer to the bind request.
    Asked {
        until: u64,
        sequence: u32,
        mode: BindMode,
        interface_version: u8,
    },
    Bound {
        mode: BindMode,
    },
    /// Our unbind is out. Messages still come and are still answered.
    Unbinding {
        until: u64,
        sequence: u32,
        mode: BindMode,
    },
    Closed,
}

/// One connection and the bind on it.
///
/// The rule for an owner: after every call that takes `&mut self`, take events until there is none
/// ([`Bind::poll_event`]) and the output ([`Bind::take_output`]), then ask again for [`Bind::next_deadline`] and
/// [`Bind::wants_bytes`]. Time is `now_ms`, milliseconds of a clock that never goes back.
///
/// After a stall, read what the socket has before calling [`Bind::timeout`], or answers that are already there come
/// too late. After [`BindEvent::Closed`], which is the last event, write what output is left and drop the connection.
pub struct Bind {
    role: Role,
    state: State,
    limits: Limits,
    window: Window,
    unanswered: Unanswered,
    /// Since when nothing is read because the owner owes too many answers.
    paused_at: Option<u64>,
    keepalive: Keepalive,
    inbox: Inbox,
    output: Vec<u8>,
    events: Events,
}

impl Bind {
    /// An ESME on a connection just made: the bind request is the first output.
    pub fn esme(options: EsmeOptions, now_ms: u64) -> Result<Bind, EncodeError> {
        let EsmeOptions { bind, limits } = options;
        let mut this = Bind::new(Role::Esme { mode: bind.mode }, limits, now_ms);
        let sequence = this.window.next_sequence();
        bind.encode(sequence, &mut this.output)?;
        this.state = State::Opening { until: this.bind_deadline(now_ms), sequence };
        Ok(this)
    }

    /// An SMSC on a connection just accepted: it waits for a bind request. `system_id` has at most 15 octets.
    pub fn smsc(options: SmscOptions, now_ms: u64) -> Result<Bind, EncodeError> {
        let SmscOptions { system_id, limits } = options;
        BindResponse::check(&system_id)?;
        Ok(Bind::new(Role::Smsc { system_id }, limits, now_ms))
    }

    fn new(role: Role, limits: Limits, now_ms: u64) -> Bind {
        let mut this = Bind {
            role,
            state: State::Opening { until: 0, sequence: 0 },
            window: Window::new(limits.window, limits.response_timeout_ms),
            unanswered: Unanswered::new(limits.unanswered_max),
            paused_at: None,
            keepalive: Keepalive::new(limits.enquire_interval_ms, limits.response_timeout_ms, now_ms),
            inbox: Inbox::default(),
            output: Vec::new(),
            events: Events::default(),
            limits,
        };
        this.state = State::Opening { until: this.bind_deadline(now_ms), sequence: 0 };
        this
    }

    /// Takes octets from the socket, at most [`READ_BYTES_MAX`] at a time and only while [`Bind::wants_bytes`].
    /// What can't be looked at yet is kept; an owner that goes on regardless loses the connection.
    pub fn receive(&mut self, octets: &[u8], now_ms: u64) {
        if self.is_closed() {
            return;
        }
        // Whole PDUs are read where they are; only the beginning of an unfinished one is copied.
        let rest = match self.inbox.is_empty() {
            true => &octets[self.take_pdus(octets, now_ms)..],
            false => octets,
        };
        if rest.is_empty() || self.is_closed() {
            return;
        }
        self.inbox.push(rest);
        self.take_inbox(now_ms);
        if self.inbox.len() > self.limits.pdu_bytes_max + READ_BYTES_MAX {
            self.close(CloseReason::Overrun);
        }
    }

    /// Does what is due at `now_ms`: gives up requests that were not answered, asks a silent peer, gives up a dead one.
    pub fn timeout(&mut self, now_ms: u64) {
        match self.state {
            State::Closed => return,
            State::Opening { until, .. } | State::Asked { until, .. } if until <= now_ms => {
                return self.close(CloseReason::BindTimedOut);
            }
            State::Unbinding { until, .. } if until <= now_ms => {
                return self.close(CloseReason::UnbindTimedOut);
            }
            _ => {}
        }
        if self.paused_at.is_some() {
            // The answers may be waiting in the socket.
            return;
        }
        while let Some(token) = self.window.expired(now_ms) {
            self.events.push(match self.role {
                Role::Esme { .. } => BindEvent::SubmitTimedOut { token },
                Role::Smsc { .. } => BindEvent::DeliverTimedOut { token },
            });
        }
        if self.is_open() {
            match self.keepalive.due(now_ms) {
                Due::Nothing => {}
                Due::Ask => self.enquire(now_ms),
                Due::Dead => self.close(CloseReason::KeepaliveTimedOut),
            }
        }
    }

    /// When to call [`Bind::timeout`] next, if nothing else happens before.
    pub fn next_deadline(&self) -> Option<u64> {
        let until = match self.state {
            State::Closed => return None,
            State::Opening { until, .. } | State::Asked { until, .. } => return Some(until),
            State::Unbinding { until, .. } => Some(until),
            State::Bound { .. } => None,
        };
        let running = match self.paused_at {
            Some(_) => [None, None],
            None => [self.window.next_deadline(), self.keepalive.deadline()],
        };
        [until].into_iter().chain(running).flatten().min()
    }

    /// Moves the octets to send behind what `out` holds, for one write. Take them only once those taken before have
    /// left, or the bound on them is the owner's to keep.
    pub fn take_output(&mut self, out: &mut Vec<u8>) {
        match out.is_empty() {
            true => std::mem::swap(out, &mut self.output),
            false => out.append(&mut self.output),
        }
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<BindEvent> {
        self.events.poll()
    }

    /// Whether the socket should be read. Not while the owner owes [`Limits::unanswered_max`] answers, nor while the
    /// peer doesn't read what we send: TCP then makes it wait.
    pub fn wants_bytes(&self) -> bool {
        !self.is_closed() && self.paused_at.is_none() && self.output.len() <= self.limits.output_bytes_max / 2
    }

    /// Whether messages may flow.
    pub fn is_bound(&self) -> bool {
        matches!(self.state, State::Bound { .. })
    }

    /// Whether this machine is done with its connection.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// How many of our requests wait for an answer.
    pub fn in_flight(&self) -> usize {
        self.window.in_flight()
    }

    /// How many of the peer's requests wait for the owner's answer.
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Octets held for either direction, for metrics.
    pub fn buffered_bytes(&self) -> usize {
        self.inbox.len() + self.output.len()
    }

    /// The connection is gone.
    pub fn disconnected(&mut self) {
        self.close(CloseReason::Disconnected);
    }

    fn bind_deadline(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add(self.limits.bind_timeout_ms)
    }

    /// Whether a bind was made and not closed.
    fn is_open(&self) -> bool {
        matches!(self.state, State::Bound { .. } | State::Unbinding { .. })
    }

    fn close(&mut self, reason: CloseReason) {
        if self.is_closed() {
            return;
        }
        self.state = State::Closed;
        self.inbox = Inbox::default();
        self.unanswered = Unanswered::new(self.limits.unanswered_max);
        self.paused_at = None;
        self.events.close(reason, self.window.abandon());
    }
}
