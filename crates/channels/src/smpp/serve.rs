//! One connection while it lives: socket, orders, the engine's verdicts and deadlines go into the bind machine, its
//! events come out. All that is there is taken before one write says the answers.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use engine::port::{Signal, SubmitAnswer};
use smpp::{Bind, BindEvent, BindVerdict, CloseReason, Deliver, Handle, Latin1, SendRefused, Status};
use tokio::sync::mpsc;

use super::acknowledgement::Acknowledgement;
use super::board::{State, mode_name};
use super::order::{Debt, Order, Overdue};
use super::overdue::Overdues;
use super::worker::{End, Worker, stopping};
use super::{incoming, outgoing};
use crate::alarm::Alarm;
use crate::clock::{now_ms, wall};
use crate::wire::{Traffic, Wire};

/// How long a drain waits for the answers of the network and of the engine.
const DRAIN_MS: u64 = 5_000;
/// How long it then waits for the network to agree to the unbind.
const UNBIND_MS: u64 = 2_000;
/// How long the last octets may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// How far a drain is.
#[derive(Clone, Copy)]
enum Drain {
    Not,
    Answers { until_ms: u64 },
    Unbind { until_ms: u64 },
}

/// A connection with the machine on it.
pub(super) struct Serving<'w> {
    worker: &'w mut Worker,
    wire: Wire,
    bind: Bind,
    /// `host:port`, for words.
    target: String,
    /// What is owed for each submit in the window.
    open: HashMap<u64, Debt>,
    /// What was in it for too long.
    overdues: Overdues,
    last_token: u64,
    verdicts: mpsc::UnboundedReceiver<(Handle, Status)>,
    verdicts_to: mpsc::UnboundedSender<(Handle, Status)>,
    alarm: Alarm,
    was_bound: bool,
    /// The engine has been told that the link takes orders.
    is_up: bool,
    drain: Drain,
    /// Why the connection broke, in the words of the system.
    broken: Option<io::Error>,
    end: Option<End>,
}

impl<'w> Serving<'w> {
    pub(super) fn new(worker: &'w mut Worker, wire: Wire, bind: Bind, target: String) -> Serving<'w> {
        let (verdicts_to, verdicts) = mpsc::unbounded_channel();
        Serving {
            worker,
            wire,
            bind,
            target,
            open: HashMap::new(),
            overdues: Overdues::default(),
            last_token: 0,
            verdicts,
            verdicts_to,
            alarm: Alarm::new(),
            was_bound: false,
            is_up: false,
            drain: Drain::Not,
            broken: None,
            end: None,
        }
    }

    /// Until the machine is done with the connection.
    pub(super) async fn run(mut self) -> End {
        loop {
            self.take_events();
            self.go_on_draining();
            self.wire.fill(&mut self.bind);
            if let Some(end) = self.end.take() {
                if self.broken.is_none() {
                    self.wire.finish(FAREWELL).await;
                }
                return end;
            }
            self.alarm.set(self.deadline_ms());
            let reads = self.bind.wants_bytes();
            tokio::select! {
                biased;
                () = stopping(&mut self.worker.shutdown), if matches!(self.drain, Drain::Not) => self.begin_to_drain(),
                Some(verdict) = self.verdicts.recv() => self.take_verdicts(verdict),
                order = self.worker.orders.next() => self.take_orders(order),
                traffic = self.wire.traffic(reads) => self.take_traffic(traffic),
                () = self.alarm.ring() => self.bind.timeout(now_ms()),
            }
        }
    }

    fn deadline_ms(&self) -> Option<u64> {
        let draining = match self.drain {
            Drain::Not => None,
            Drain::Answers { until_ms } | Drain::Unbind { until_ms } => Some(until_ms),
        };
        [self.bind.next_deadline(), draining].into_iter().flatten().min()
    }

    fn take_traffic(&mut self, traffic: io::Result<Traffic>) {
        match traffic {
            Ok(Traffic::Received(bytes)) => self.bind.receive(self.wire.received(bytes), now_ms()),
            Ok(Traffic::Sent) => {}
            Err(error) => {
                self.broken = Some(error);
                self.bind.disconnected();
            }
        }
    }

    fn take_verdicts(&mut self, first: (Handle, Status)) {
        let now_ms = now_ms();
        let mut next = Some(first);
        while let Some((handle, status)) = next {
            // Refused only when the request is not open any more, and then there is nobody to answer.
            let _ = self.bind.respond_deliver(handle, status, now_ms);
            next = self.verdicts.try_recv().ok();
        }
    }

    fn take_orders(&mut self, first: Order) {
        let now_ms = now_ms();
        let mut next = Some(first);
        while let Some(order) = next {
            self.submit(order, now_ms);
            next = self.worker.orders.waiting();
        }
    }

    fn submit(&mut self, Order { order, debt }: Order, now_ms: u64) {
        if !self.is_up {
            return debt.lost("the link is not bound");
        }
        let submit = match outgoing::submit(order, &self.worker.setup.options) {
            Ok(submit) => submit,
            Err(reason) => return debt.answer(SubmitAnswer::Refused { reason }),
        };
        self.last_token += 1;
        match self.bind.submit(self.last_token, &submit, now_ms) {
            Ok(()) => {
                self.open.insert(self.last_token, debt.written());
            }
            Err(refused @ SendRefused::Unencodable(_)) => {
                debt.answer(SubmitAnswer::Refused { reason: refused.to_string() });
            }
            Err(refused) => debt.lost(&refused.to_string()),
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.bind.poll_event() {
            match event {
                BindEvent::Delivered { handle, deliver } => self.deliver(handle, &deliver),
                BindEvent::Submitted { token, status, message_id, .. } => self.submitted(token, status, &message_id),
                BindEvent::SubmitTimedOut { token } => {
                    let timeout_ms = self.worker.setup.options.response_timeout_ms;
                    if let Some(debt) = self.open.remove(&token) {
                        let overdue = debt.overdue(format!("the network did not answer within {timeout_ms} ms"));
                        self.overdues.keep(token, overdue);
                    }
                }
                BindEvent::Bound { system_id, .. } => self.bound(&system_id),
                BindEvent::Complaint { complaint, count } => {
                    let channel = &self.worker.setup.options.id;
                    tracing::debug!(%channel, link = self.worker.link, ?complaint, count, "the network is odd");
                }
                BindEvent::Closed { reason, .. } => self.closed(reason),
                // `Closed` follows the first two; the others are an SMSC's.
                BindEvent::BindRefused { .. }
                | BindEvent::PeerUnbound
                | BindEvent::BindAsked(_)
                | BindEvent::SubmitAsked { .. }
                | BindEvent::DeliverAnswered { .. }
                | BindEvent::DeliverTimedOut { .. } => {}
            }
        }
    }

    fn bound(&mut self, system_id: &Latin1) {
        let worker = &mut *self.worker;
        let mode = mode_name(worker.mode);
        self.was_bound = true;
        tracing::info!(channel = %worker.setup.options.id, link = worker.link, bind = mode, target = self.target, "bound");
        worker.show(State::Bound, format!("bound to {system_id} at {} as {mode}", self.target));
        if worker.mode.may_submit() && matches!(self.drain, Drain::Not) {
            // What was ordered on the bind before this one is not counted by the engine any more.
            worker.orders.refuse_waiting("the link was down");
            self.is_up = true;
            let window = u32::from(worker.setup.options.window.max(1));
            let channel = worker.setup.options.id.clone();
            worker.setup.inlet.signal(Signal::LinkUp { channel, link: worker.link, window });
        }
    }

    fn deliver(&mut self, handle: Handle, deliver: &Deliver) {
        let setup = &self.worker.setup;
        let event = incoming::event(deliver, &setup.options, wall());
        let temporary = setup.options.mo_temporary_status.map(Status);
        let acknowledgement = Acknowledgement::new(handle, temporary, self.verdicts_to.clone());
        setup.inlet.post(event, Box::new(move |result| acknowledgement.give(&result)));
    }

    fn submitted(&mut self, token: u64, status: Status, message_id: &Latin1) {
        if let Some(debt) = self.open.remove(&token) {
            return debt.answer(outgoing::answer(status, message_id));
        }
        if let Some(Overdue { message, segment }) = self.overdues.take(token) {
            let (channel, answer) = (self.worker.setup.options.id.clone(), outgoing::answer(status, message_id));
            self.worker.setup.inlet.signal(Signal::AnsweredLate { channel, message, segment, answer });
        }
    }

    fn link_down(&mut self) {
        if std::mem::replace(&mut self.is_up, false) {
            let channel = self.worker.setup.options.id.clone();
            self.worker.setup.inlet.signal(Signal::LinkDown { channel, link: self.worker.link });
        }
    }

    fn closed(&mut self, reason: CloseReason) {
        self.link_down();
        let words = match (&reason, &self.broken) {
            (CloseReason::Disconnected, Some(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the network closed the connection".to_owned()
            }
            (CloseReason::Disconnected, Some(error)) => format!("the connection broke: {error}"),
            _ => close_words(reason).to_owned(),
        };
        for (_, debt) in self.open.drain() {
            debt.lost(&words);
        }
        self.end = Some(match (self.drain, reason) {
            (Drain::Answers { .. } | Drain::Unbind { .. }, _) => End::Stopped,
            (_, CloseReason::BindRefused(status)) => match status.bind_verdict() {
                BindVerdict::RefusedForGood => End::Refused(status),
                _ if status == Status::RALYBND => End::AlreadyBound(status),
                _ => End::NotBound(format!("the network refuses the bind for now with {status}")),
            },
            _ if self.was_bound => End::Lost(words),
            _ => End::NotBound(words),
        });
    }

    fn begin_to_drain(&mut self) {
        self.link_down();
        self.drain = Drain::Answers { until_ms: now_ms().saturating_add(DRAIN_MS) };
    }

    fn go_on_draining(&mut self) {
        let now_ms = now_ms();
        match self.drain {
            Drain::Answers { until_ms } => {
                let settled = self.bind.in_flight() == 0 && self.bind.unanswered() == 0;
                if settled || until_ms <= now_ms {
                    self.drain = Drain::Unbind { until_ms: now_ms.saturating_add(UNBIND_MS) };
                    self.bind.unbind(now_ms);
                }
            }
            Drain::Unbind { until_ms } if until_ms <= now_ms => self.bind.disconnected(),
            Drain::Not | Drain::Unbind { .. } => return,
        }
        self.take_events();
    }
}

const fn close_words(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Unbound => "we ended the bind",
        CloseReason::PeerUnbound => "the network ended the bind",
        CloseReason::Disconnected => "the connection broke",
        CloseReason::BindRefused(_) => "the bind was refused",
        CloseReason::BindTimedOut => "the network did not answer the bind in time",
        CloseReason::UnbindTimedOut => "the network did not answer the unbind in time",
        CloseReason::KeepaliveTimedOut => "the network is silent, even when asked with enquire_link",
        CloseReason::BadLength(_) => "the network sent a PDU of an impossible length",
        CloseReason::SlowReader => "the network does not read what we send",
        CloseReason::Overrun => "more came than was asked for",
    }
}
