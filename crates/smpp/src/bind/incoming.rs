//! What comes from the peer: PDUs are cut out of the stream and each is answered, told to the owner, or counted.

use super::event::{BindEvent, CloseReason, Complaint};
use super::{Bind, Role, State};
use crate::pdu::{
    BindMode, BindRequest, BindResponse, Command, Form, Frame, Header, ShortMessage, frame, read_message_id,
};
use crate::status::Status;
use crate::unanswered::Fingerprint;

impl Bind {
    /// Takes whole PDUs from the front of `stream` as long as the owner keeps up; gives the octets taken.
    pub(super) fn take_pdus(&mut self, stream: &[u8], now_ms: u64) -> usize {
        let mut taken = 0;
        while self.paused_at.is_none() && !self.is_closed() {
            match frame(&stream[taken..], self.limits.pdu_bytes_max) {
                Frame::Incomplete => break,
                Frame::Pdu { header, body, bytes } => {
                    taken += bytes;
                    self.keepalive.heard(now_ms);
                    match header.command.is_response() {
                        true => self.take_response(header, body, now_ms),
                        false => self.take_request(header, body, now_ms),
                    }
                }
                Frame::BadLength(length) => {
                    // The sequence number can't be trusted where the length can't (SMPP 3.4 §4.3.1).
                    self.reply(Command::GENERIC_NACK, Status::RINVCMDLEN, 0);
                    self.close(CloseReason::BadLength(length));
                }
            }
        }
        taken
    }

    /// Takes the PDUs that were kept back.
    pub(super) fn take_inbox(&mut self, now_ms: u64) {
        let mut inbox = std::mem::take(&mut self.inbox);
        let taken = self.take_pdus(inbox.octets(), now_ms);
        if !self.is_closed() {
            inbox.take(taken);
            self.inbox = inbox;
        }
    }

    fn take_request(&mut self, header: Header, body: &[u8], now_ms: u64) {
        let Header { command, sequence, .. } = header;
        match (command, &self.role) {
            (Command::ENQUIRE_LINK, _) => self.reply(command.response(), Status::ROK, sequence),
            (Command::UNBIND, _) => {
                self.reply(command.response(), Status::ROK, sequence);
                self.events.push(BindEvent::PeerUnbound);
                self.close(CloseReason::PeerUnbound);
            }
            (Command::DELIVER_SM, Role::Esme { .. }) | (Command::SUBMIT_SM, Role::Smsc { .. }) => {
                self.take_message(Form::Sm, header, body, now_ms);
            }
            (Command::DATA_SM, _) => self.take_message(Form::Data, header, body, now_ms),
            (Command::OUTBIND | Command::ALERT_NOTIFICATION, _) => {
                self.events.complain(Complaint::Ignored);
            }
            (command, Role::Smsc { .. }) if BindMode::of(command).is_some() => {
                self.take_bind_request(header, body);
            }
            (command, _) if command.is_known() => {
                self.events.complain(Complaint::NotServed);
                self.reply(command.response(), Status::RINVCMDID, sequence);
            }
            _ => {
                self.events.complain(Complaint::UnknownCommand);
                self.reply(Command::GENERIC_NACK, Status::RINVCMDID, sequence);
            }
        }
    }

    fn take_message(&mut self, form: Form, header: Header, body: &[u8], now_ms: u64) {
        let Header { command, sequence, .. } = header;
        // A deliver on a transmitter is taken: it is the SMSC's mistake and somebody's message.
        let allowed = match (self.state, &self.role) {
            (State::Bound { .. } | State::Unbinding { .. }, Role::Esme { .. }) => true,
            (State::Bound { mode } | State::Unbinding { mode, .. }, Role::Smsc { .. }) => mode.may_submit(),
            _ => false,
        };
        if !allowed {
            self.events.complain(Complaint::OutOfState);
            return self.reply(command.response(), Status::RINVBNDSTS, sequence);
        }
        let fingerprint = Fingerprint::of(command, sequence, body);
        if self.unanswered.repeated(fingerprint) {
            self.events.complain(Complaint::Repeated);
            return self.pause_when_full(now_ms);
        }
        let (message, oddities) = match ShortMessage::decode(form, body) {
            Ok(decoded) => decoded,
            Err(error) => {
                self.events.complain(Complaint::Undecodable);
                return self.reply(command.response(), error.status(), sequence);
            }
        };
        self.events.complain_of(oddities);
        let handle = self.unanswered.open(command, sequence, fingerprint);
        self.pause_when_full(now_ms);
        self.events.push(match self.role {
            Role::Esme { .. } => BindEvent::Delivered { handle, deliver: message },
            Role::Smsc { .. } => BindEvent::SubmitAsked { handle, submit: message },
        });
    }

    fn pause_when_full(&mut self, now_ms: u64) {
        if self.unanswered.is_full() {
            self.paused_at = Some(now_ms);
        }
    }

    fn take_bind_request(&mut self, header: Header, body: &[u8]) {
        let Header { command, sequence, .. } = header;
        let State::Opening { until, .. } = self.state else {
            self.events.complain(Complaint::OutOfState);
            return self.reply(command.response(), Status::RALYBND, sequence);
        };
        let Some(mode) = BindMode::of(command) else {
            return;
        };
        match BindRequest::decode(mode, body) {
            Ok((request, oddities)) => {
                self.events.complain_of(oddities);
                let interface_version = request.interface_version;
                self.state = State::Asked { until, sequence, mode, interface_version };
                self.events.push(BindEvent::BindAsked(request));
            }
            Err(error) => {
                self.events.complain(Complaint::Undecodable);
                self.reply(command.response(), error.status(), sequence);
            }
        }
    }

    fn take_response(&mut self, header: Header, body: &[u8], now_ms: u64) {
        let Header { command, status, sequence } = header;
        let expected = match (command, &self.role, self.state) {
            (Command::GENERIC_NACK, ..) => self.take_nack(status, sequence, now_ms),
            (command, Role::Esme { mode }, State::Opening { sequence: asked, .. })
                if asked == sequence && is_bind_response(command) =>
            {
                let mode = *mode;
                self.take_bind_response(mode, status, body);
                true
            }
            (command, _, State::Unbinding { .. }) if command == Command::UNBIND.response() => {
                self.close(CloseReason::Unbound);
                true
            }
            (command, ..) if command == Command::ENQUIRE_LINK.response() => self.keepalive.answered(sequence),
            (command, role, _) if answers_message(command, role) => self.take_answer(status, sequence, body, now_ms),
            _ => false,
        };
        if !expected {
            self.events.complain(Complaint::UnknownResponse);
        }
    }

    fn take_bind_response(&mut self, mode: BindMode, status: Status, body: &[u8]) {
        if !status.is_ok() {
            self.events.push(BindEvent::BindRefused { status });
            return self.close(CloseReason::BindRefused(status));
        }
        let (response, oddities) = BindResponse::decode(body);
        self.events.complain_of(oddities);
        self.state = State::Bound { mode };
        self.events
            .push(BindEvent::Bound { system_id: response.system_id, interface_version: response.sc_interface_version });
    }

    /// A nack refuses whatever has its number. One that says "no error" is still no acceptance.
    fn take_nack(&mut self, status: Status, sequence: u32, now_ms: u64) -> bool {
        let status = if status.is_ok() { Status::RUNKNOWNERR } else { status };
        match (&self.role, self.state) {
            (Role::Esme { mode }, State::Opening { sequence: asked, .. }) if asked == sequence => {
                let mode = *mode;
                self.take_bind_response(mode, status, &[]);
                true
            }
            (_, State::Unbinding { sequence: asked, .. }) if asked == sequence => {
                self.close(CloseReason::Unbound);
                true
            }
            _ => self.keepalive.answered(sequence) || self.take_answer(status, sequence, &[], now_ms),
        }
    }

    fn take_answer(&mut self, status: Status, sequence: u32, body: &[u8], now_ms: u64) -> bool {
        let Some(answered) = self.window.answered(sequence, now_ms) else {
            return false;
        };
        let (token, late) = (answered.token, answered.late);
        let event = match self.role {
            Role::Esme { .. } => {
                let (message_id, oddities) = read_message_id(body);
                self.events.complain_of(oddities);
                BindEvent::Submitted { token, status, message_id, late }
            }
            Role::Smsc { .. } => BindEvent::DeliverAnswered { token, status, late },
        };
        self.events.push(event);
        true
    }
}

/// Some SMSCs answer one kind of bind with the response of another.
fn is_bind_response(command: Command) -> bool {
    [BindMode::Transmitter, BindMode::Receiver, BindMode::Transceiver]
        .iter()
        .any(|mode| mode.command().response() == command)
}

/// Whether a command answers a message that this role sends.
fn answers_message(command: Command, role: &Role) -> bool {
    let sm = match role {
        Role::Esme { .. } => Command::SUBMIT_SM,
        Role::Smsc { .. } => Command::DELIVER_SM,
    };
    command == sm.response() || command == Command::DATA_SM.response()
}
