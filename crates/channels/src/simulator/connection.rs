//! One connection of a gateway to the simulated operator: the socket, the SMSC's side of the bind machine, answers that
//! wait for their time, and messages out of the common outbox.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use domain::secret::Secret;
use smpp::SubmitVerdict;
use smpp::{Bind, BindEvent, BindMode, BindRequest, Handle, Latin1, Limits, SendRefused, SmscOptions, Status, Submit};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::desk::{Judged, Verdict};
use super::dialogs::DialogState;
use super::outbox::Parcel;
use super::{Order, Shared};
use crate::alarm::Alarm;
use crate::clock::now_ms;
use crate::wire::{Stream, Traffic, Wire};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the last octets may take to leave.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long an unbind may take, in milliseconds.
const UNBIND_MS: u64 = 2_000;

/// A connection that has just been accepted.
pub(super) struct Connection {
    shared: Arc<Shared>,
    order: watch::Receiver<Order>,
    stirred: watch::Receiver<u64>,
    /// The order under which it began.
    began: Order,
}

impl Connection {
    pub(super) fn begin(shared: Arc<Shared>) -> Connection {
        let order = shared.order.subscribe();
        let stirred = shared.stirred.subscribe();
        let began = *order.borrow();
        Connection { shared, order, stirred, began }
    }

    /// Until it is closed.
    pub(super) async fn serve(self, tcp: TcpStream) {
        // Without it things still work.
        let _ = tcp.set_nodelay(true);
        let stream: Box<dyn Stream> = match &self.shared.options.tls {
            None => Box::new(tcp),
            Some(config) => {
                let handshake = TlsAcceptor::from(config.clone()).accept(tcp);
                match tokio::time::timeout(HANDSHAKE, handshake).await {
                    Ok(Ok(stream)) => Box::new(stream),
                    _ => return,
                }
            }
        };
        let options = &self.shared.options;
        let limits = Limits {
            window: options.window.max(1).into(),
            response_timeout_ms: options.response_timeout_ms,
            enquire_interval_ms: options.enquire_link_ms,
            ..Limits::default()
        };
        let system_id = Latin1::from_text(&options.system_id).unwrap_or_default();
        // A name that is too long is the only thing that can't be said.
        let Ok(bind) = Bind::smsc(SmscOptions { system_id, limits }, now_ms()) else { return };
        let session = Session {
            wire: Wire::new(stream),
            bind,
            mode: None,
            refuses_at_ms: None,
            esme: Latin1::default(),
            sent: BTreeMap::new(),
            last_token: 0,
            answers: VecDeque::new(),
            alarm: Alarm::new(),
            unbind_until_ms: None,
            is_cut: false,
            is_closed: false,
            connection: self,
        };
        session.run().await;
    }
}

/// An answer that waits for its time.
struct Answer {
    due_ms: u64,
    handle: Handle,
    status: Status,
    message_id: Latin1,
}

struct Session {
    connection: Connection,
    wire: Wire,
    bind: Bind,
    /// Once it is bound.
    mode: Option<BindMode>,
    /// When a bind is refused that was asked for with a wrong name or password.
    refuses_at_ms: Option<u64>,
    /// Its `system_id`, once it has asked for a bind.
    esme: Latin1,
    /// What waits for the gateway's answer, in the order it was sent.
    sent: BTreeMap<u64, Parcel>,
    last_token: u64,
    answers: VecDeque<Answer>,
    alarm: Alarm,
    unbind_until_ms: Option<u64>,
    /// End without a word.
    is_cut: bool,
    is_closed: bool,
}

impl Session {
    async fn run(mut self) {
        if self.connection.began == Order::Drain {
            self.take_order(true);
        }
        loop {
            self.take_events();
            self.refuse_due();
            self.answer_due();
            self.send_parcels();
            if self.unbind_until_ms.is_some_and(|until_ms| until_ms <= now_ms()) {
                self.bind.disconnected();
                self.take_events();
            }
            self.wire.fill(&mut self.bind);
            if self.is_closed || self.is_cut {
                break;
            }
            self.alarm.set(self.deadline_ms());
            let reads = self.bind.wants_bytes();
            tokio::select! {
                biased;
                changed = self.connection.order.changed() => self.take_order(changed.is_ok()),
                Ok(()) = self.connection.stirred.changed(), if self.may_deliver() => {}
                traffic = self.wire.traffic(reads) => match traffic {
                    Ok(Traffic::Received(bytes)) => self.bind.receive(self.wire.received(bytes), now_ms()),
                    Ok(Traffic::Sent) => {}
                    Err(_) => self.bind.disconnected(),
                },
                () = self.alarm.ring() => self.bind.timeout(now_ms()),
            }
        }
        if !self.is_cut {
            self.wire.finish(FAREWELL).await;
        }
        self.give_back();
    }

    fn may_deliver(&self) -> bool {
        self.mode.is_some_and(BindMode::may_deliver) && self.unbind_until_ms.is_none()
    }

    fn window(&self) -> usize {
        self.connection.shared.options.window.max(1).into()
    }

    fn deadline_ms(&self) -> Option<u64> {
        let answer_ms = self.answers.front().map(|answer| answer.due_ms);
        // With a full window the next answer of the gateway wakes us.
        let has_room = self.may_deliver() && self.bind.in_flight() < self.window();
        let parcel_ms = if has_room { self.connection.shared.desk().outbox.due_ms(&self.esme) } else { None };
        // What is due already and could not be sent waits for the socket.
        let parcel_ms = parcel_ms.filter(|due_ms| *due_ms > now_ms());
        let own = [answer_ms, parcel_ms, self.refuses_at_ms, self.unbind_until_ms];
        own.into_iter().chain([self.bind.next_deadline()]).flatten().min()
    }

    fn take_order(&mut self, is_running: bool) {
        let order = *self.connection.order.borrow();
        match order {
            _ if !is_running => self.is_cut = true,
            Order::Run { .. } if order != self.connection.began => self.is_cut = true,
            Order::Run { .. } => {}
            Order::Drain => {
                let now_ms = now_ms();
                self.unbind_until_ms = Some(now_ms.saturating_add(UNBIND_MS));
                self.bind.unbind(now_ms);
            }
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.bind.poll_event() {
            match event {
                BindEvent::BindAsked(request) => self.bind_asked(&request),
                BindEvent::SubmitAsked { handle, submit } => self.submit_asked(handle, &submit),
                BindEvent::DeliverAnswered { token, status, .. } => self.deliver_answered(token, status),
                BindEvent::DeliverTimedOut { token } => {
                    if let Some(parcel) = self.sent.remove(&token) {
                        self.deliver_later(parcel);
                    }
                }
                BindEvent::Complaint { count, .. } => {
                    self.connection.shared.desk().counts.complaints += u64::from(count);
                }
                BindEvent::Closed { .. } => self.is_closed = true,
                BindEvent::PeerUnbound
                | BindEvent::Bound { .. }
                | BindEvent::BindRefused { .. }
                | BindEvent::Submitted { .. }
                | BindEvent::SubmitTimedOut { .. }
                | BindEvent::Delivered { .. } => {}
            }
        }
    }

    fn bind_asked(&mut self, request: &BindRequest) {
        self.esme = request.system_id.clone();
        let shared = &self.connection.shared;
        let is_known = shared.options.login.as_ref().is_none_or(|(system_id, password)| {
            // Both are compared whatever the other says: neither the answer nor its time tells which one was wrong.
            let name = Secret::new(system_id.clone()).matches(&request.system_id.to_text());
            name & password.matches(&request.password.to_text())
        });
        let now_ms = now_ms();
        let mut desk = shared.desk();
        desk.counts.binds_asked += 1;
        desk.counts.binds_refused += u64::from(!is_known);
        desk.receivers += usize::from(is_known && request.mode.may_deliver());
        if is_known {
            drop(desk);
            self.mode = Some(request.mode);
            // Refused only when nobody asks any more; `Closed` says so.
            let _ = self.bind.accept_bind(now_ms);
        } else {
            self.refuses_at_ms = Some(now_ms + desk.failures.one_more(now_ms));
        }
    }

    fn refuse_due(&mut self) {
        if self.refuses_at_ms.take_if(|at_ms| *at_ms <= now_ms()).is_some() {
            // Refused only when nobody asks any more; `Closed` says so.
            let _ = self.bind.refuse_bind(Status::RINVPASWD);
            self.take_events();
        }
    }

    fn submit_asked(&mut self, handle: Handle, submit: &Submit) {
        let shared = &self.connection.shared;
        let Judged { verdict, shown, dialog } = shared.desk().judge(submit, &self.esme, &shared.options);
        if let Some(text) = shown {
            // Nobody may be watching.
            let _ = shared.texts.send(text);
        }
        if let Some(dialog) = dialog {
            shared.show_screen(&dialog);
            if dialog.screen.state == DialogState::Asking {
                shared.await_person(&dialog);
            }
        }
        match verdict {
            Verdict::Answer { status, message_id, after_ms } => {
                let message_id = Latin1::from_bytes(message_id.as_bytes());
                if after_ms == 0 {
                    // Refused only when the bind is over.
                    let _ = self.bind.respond_submit(handle, status, &message_id, now_ms());
                } else {
                    let due_ms = now_ms().saturating_add(after_ms);
                    let behind = self.answers.partition_point(|answer| answer.due_ms <= due_ms);
                    self.answers.insert(behind, Answer { due_ms, handle, status, message_id });
                }
                // A receipt may wait, for this connection or another one of the same ESME.
                if submit.registered_delivery != 0 {
                    shared.stir();
                }
            }
            Verdict::Silence => {}
            Verdict::Cut => self.is_cut = true,
        }
    }

    fn answer_due(&mut self) {
        let now_ms = now_ms();
        while let Some(answer) = self.answers.pop_front_if(|answer| answer.due_ms <= now_ms) {
            // Refused only when the bind is over.
            let _ = self.bind.respond_submit(answer.handle, answer.status, &answer.message_id, now_ms);
        }
    }

    fn send_parcels(&mut self) {
        if !self.may_deliver() || !self.bind.is_bound() {
            return;
        }
        let now_ms = now_ms();
        let mut desk = self.connection.shared.desk();
        while self.bind.in_flight() < self.window() {
            let Some(parcel) = desk.outbox.take(now_ms, &self.esme) else { break };
            self.last_token += 1;
            match self.bind.deliver(self.last_token, &parcel.deliver, now_ms) {
                Ok(()) => {
                    desk.counts.delivers += 1;
                    self.sent.insert(self.last_token, parcel);
                }
                // It can't be said in a PDU, now or later.
                Err(SendRefused::Unencodable(_)) => parcel.done(Status::RINVMSGLEN),
                Err(_) => {
                    desk.outbox.put_back(parcel);
                    break;
                }
            }
        }
    }

    fn deliver_answered(&mut self, token: u64, status: Status) {
        let Some(parcel) = self.sent.remove(&token) else { return };
        let is_for_now = matches!(status.submit_verdict(), SubmitVerdict::Temporary | SubmitVerdict::Throttled);
        let mut desk = self.connection.shared.desk();
        desk.counts.delivered += u64::from(status.is_ok());
        desk.counts.refused_for_now += u64::from(is_for_now);
        drop(desk);
        match is_for_now && parcel.again {
            true => self.deliver_later(parcel),
            false => parcel.done(status),
        }
    }

    /// A parcel that is sent once is dropped, which tells whoever waits.
    fn deliver_later(&self, parcel: Parcel) {
        if parcel.again {
            let shared = &self.connection.shared;
            let due_ms = now_ms().saturating_add(shared.options.redeliver_ms);
            shared.desk().outbox.put_later(parcel, due_ms);
            shared.stir();
        }
    }

    /// What was not answered goes back, the first one first, for the next connection.
    fn give_back(&mut self) {
        let mut desk = self.connection.shared.desk();
        desk.receivers -= usize::from(self.mode.is_some_and(BindMode::may_deliver));
        while let Some((_, parcel)) = self.sent.pop_last() {
            if parcel.again {
                desk.outbox.put_back(parcel);
            }
        }
        drop(desk);
        self.connection.shared.stir();
    }
}
