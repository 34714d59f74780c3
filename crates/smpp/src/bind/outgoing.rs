//! What the owner asks of a bind: sending messages, answering the peer's, accepting or ending the bind.

use std::fmt;

use super::event::CloseReason;
use super::{Bind, Role, State};
use crate::latin1::Latin1;
use crate::pdu::{
    BindMode, BindResponse, Command, Deliver, EncodeError, Form, ShortMessage, Submit, check_message_id, write_empty,
    write_message_id,
};
use crate::status::Status;
use crate::unanswered::{Asked, Handle};

/// ESMEs of this version or later are told ours (SMPP 3.4 §5.2.25).
const VERSION_3_4: u8 = 0x34;

/// Why a message was not sent. Nothing of it went out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendRefused {
    /// There is no bind, not yet or no longer.
    NotBound,
    /// The bind is for the other direction, or the machine is in the other role.
    WrongBind,
    /// As many requests as allowed wait for an answer.
    WindowFull,
    /// The peer reads too slowly; the output is full.
    OutputFull,
    /// The message can't be said in a PDU.
    Unencodable(EncodeError),
}

impl fmt::Display for SendRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendRefused::NotBound => f.write_str("not bound"),
            SendRefused::WrongBind => f.write_str("the bind is for the other direction"),
            SendRefused::WindowFull => f.write_str("the window is full"),
            SendRefused::OutputFull => f.write_str("the peer reads too slowly"),
            SendRefused::Unencodable(error) => write!(f, "the message can't be encoded: {error}"),
        }
    }
}

impl std::error::Error for SendRefused {}

/// Why an answer was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerRefused {
    /// No such request waits: it was answered before, or the bind is over.
    NotAsked,
    /// The message id can't be said in a PDU; the request still waits.
    Unencodable(EncodeError),
}

impl fmt::Display for AnswerRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AnswerRefused::NotAsked => f.write_str("no such request waits for an answer"),
            AnswerRefused::Unencodable(error) => write!(f, "the answer can't be encoded: {error}"),
        }
    }
}

impl std::error::Error for AnswerRefused {}

impl Bind {
    /// ESME: sends a message. `token` comes back with its answer, its timeout, or the end of the bind.
    pub fn submit(&mut self, token: u64, submit: &Submit, now_ms: u64) -> Result<(), SendRefused> {
        let is_esme = matches!(self.role, Role::Esme { .. });
        self.send(Command::SUBMIT_SM, is_esme, BindMode::may_submit, token, submit, now_ms)
    }

    /// SMSC: sends a message or a receipt. `token` comes back with its answer, its timeout, or the end of the bind.
    pub fn deliver(&mut self, token: u64, deliver: &Deliver, now_ms: u64) -> Result<(), SendRefused> {
        let is_smsc = matches!(self.role, Role::Smsc { .. });
        self.send(Command::DELIVER_SM, is_smsc, BindMode::may_deliver, token, deliver, now_ms)
    }

    fn send(
        &mut self,
        sm: Command,
        right_role: bool,
        may: fn(BindMode) -> bool,
        token: u64,
        message: &ShortMessage,
        now_ms: u64,
    ) -> Result<(), SendRefused> {
        let State::Bound { mode } = self.state else {
            return Err(SendRefused::NotBound);
        };
        if !right_role || !may(mode) {
            return Err(SendRefused::WrongBind);
        }
        if self.window.is_full() {
            return Err(SendRefused::WindowFull);
        }
        let command = match message.form {
            Form::Sm => sm,
            Form::Data => Command::DATA_SM,
        };
        let sequence = self.window.next_sequence();
        let before = self.output.len();
        message
            .encode(command, sequence, self.limits.pdu_bytes_max, &mut self.output)
            .map_err(SendRefused::Unencodable)?;
        if self.output.len() > self.limits.output_bytes_max {
            self.output.truncate(before);
            return Err(SendRefused::OutputFull);
        }
        self.window.sent(sequence, token, now_ms);
        Ok(())
    }

    /// ESME: answers a message, in any order. With [`Status::ROK`] only once it is safe.
    pub fn respond_deliver(&mut self, handle: Handle, status: Status, now_ms: u64) -> Result<(), AnswerRefused> {
        self.respond(handle, status, &Latin1::default(), now_ms)
    }

    /// SMSC: answers a submit, in any order. The id (at most 64 octets) is only sent with [`Status::ROK`].
    pub fn respond_submit(
        &mut self,
        handle: Handle,
        status: Status,
        message_id: &Latin1,
        now_ms: u64,
    ) -> Result<(), AnswerRefused> {
        check_message_id(message_id).map_err(AnswerRefused::Unencodable)?;
        self.respond(handle, status, message_id, now_ms)
    }

    fn respond(
        &mut self,
        handle: Handle,
        status: Status,
        message_id: &Latin1,
        now_ms: u64,
    ) -> Result<(), AnswerRefused> {
        let Asked { command, sequence, times } = self.unanswered.close(handle).ok_or(AnswerRefused::NotAsked)?;
        let response = command.response();
        for _ in 0..times {
            // A refused submit has no body (SMPP 3.4 §4.4.2); a deliver_sm_resp always has its empty id (§4.6.2).
            match status.is_ok() || command == Command::DELIVER_SM {
                true => write_message_id(&mut self.output, response, status, sequence, message_id),
                false => write_empty(&mut self.output, response, status, sequence),
            }
        }
        self.bound_output();
        self.resume(now_ms);
        Ok(())
    }

    /// SMSC: accepts the bind that was asked for.
    pub fn accept_bind(&mut self, now_ms: u64) -> Result<(), AnswerRefused> {
        let (Role::Smsc { system_id }, State::Asked { sequence, mode, interface_version, .. }) =
            (&self.role, self.state)
        else {
            return Err(AnswerRefused::NotAsked);
        };
        let response = BindResponse {
            system_id: system_id.clone(),
            sc_interface_version: (interface_version >= VERSION_3_4).then_some(VERSION_3_4),
        };
        response.encode(mode, Status::ROK, sequence, &mut self.output).map_err(AnswerRefused::Unencodable)?;
        self.state = State::Bound { mode };
        self.keepalive.heard(now_ms);
        Ok(())
    }

    /// SMSC: refuses the bind that was asked for, and closes.
    pub fn refuse_bind(&mut self, status: Status) -> Result<(), AnswerRefused> {
        let State::Asked { sequence, mode, .. } = self.state else {
            return Err(AnswerRefused::NotAsked);
        };
        self.reply(mode.command().response(), status, sequence);
        self.close(CloseReason::BindRefused(status));
        Ok(())
    }

    /// Ends the bind in good order. What is in flight may still be answered until the peer agrees; wait for
    /// [`Bind::in_flight`] to reach 0 beforehand if nothing shall be in doubt.
    pub fn unbind(&mut self, now_ms: u64) {
        match self.state {
            State::Bound { mode } => {
                let sequence = self.window.next_sequence();
                write_empty(&mut self.output, Command::UNBIND, Status::ROK, sequence);
                let until = now_ms.saturating_add(self.limits.response_timeout_ms);
                self.state = State::Unbinding { until, sequence, mode };
            }
            State::Opening { .. } | State::Asked { .. } => self.close(CloseReason::Unbound),
            State::Unbinding { .. } | State::Closed => {}
        }
    }

    /// Asks the peer whether it is there. Not kept back by a full window.
    pub(super) fn enquire(&mut self, now_ms: u64) {
        let sequence = self.window.next_sequence();
        write_empty(&mut self.output, Command::ENQUIRE_LINK, Status::ROK, sequence);
        self.keepalive.asked(sequence, now_ms);
    }

    /// Answers the peer with a header alone.
    pub(super) fn reply(&mut self, command: Command, status: Status, sequence: u32) {
        write_empty(&mut self.output, command, status, sequence);
        self.bound_output();
    }

    /// Closes a bind whose peer asks and asks but doesn't read the answers.
    fn bound_output(&mut self) {
        if self.output.len() > self.limits.output_bytes_max {
            self.close(CloseReason::SlowReader);
        }
    }

    /// Reads on after the owner has answered. Our own requests get the time back in which nothing was read.
    fn resume(&mut self, now_ms: u64) {
        let Some(paused_at) = self.paused_at.take() else {
            return;
        };
        let span_ms = now_ms.saturating_sub(paused_at);
        if span_ms > 0 {
            self.window.postpone(span_ms);
            self.keepalive.heard(now_ms);
        }
        self.take_inbox(now_ms);
    }
}
