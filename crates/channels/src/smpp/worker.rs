//! The life of one bind: connect, bind, serve, and when it is over wait as long as the reason asks for and begin again,
//! until the gateway stops. Orders that come while there is no bind are answered at once.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use engine::inlet::Inlet;
use smpp::{Bind, BindMode, EsmeOptions, Latin1, Limits, Status};
use tokio::sync::{mpsc, watch};

use super::backoff::Backoff;
use super::board::{Board, State, mode_name};
use super::connect::connect;
use super::options::{BadOptions, Endpoint, Options};
use super::order::Order;
use super::serve::Serving;
use super::tls::Secured;
use crate::clock::now_ms;
use crate::wire::Wire;

/// A bind that lasted so long makes the next wait the shortest again.
const STEADY_MS: u64 = 10_000;

/// What all workers of a channel share.
pub(super) struct Setup {
    pub(super) options: Options,
    pub(super) inlet: Inlet,
    tls: Option<Secured>,
}

impl Setup {
    /// Checks what can be checked without a network.
    pub(super) fn new(options: Options, inlet: Inlet) -> Result<Setup, BadOptions> {
        let channel = options.id.to_string();
        if options.hosts.is_empty() {
            return Err(BadOptions::NoHost { channel });
        }
        let tls = options.tls.as_ref().map(Secured::load).transpose();
        let checked = tls.and_then(|tls| match &tls {
            Some(secured) => secured.check(&options).map(|()| tls),
            None => Ok(tls),
        });
        let tls = checked.map_err(|reason| BadOptions::Tls { channel: channel.clone(), reason })?;
        let setup = Setup { options, inlet, tls };
        match setup.machine(BindMode::Transceiver) {
            Ok(_) => Ok(setup),
            Err(reason) => Err(BadOptions::Bind { channel, reason }),
        }
    }

    /// A machine that is about to bind.
    fn machine(&self, mode: BindMode) -> Result<Bind, String> {
        let Options { system_id, password, system_type, .. } = &self.options;
        let wire = |name: &str, text: &str| {
            Latin1::from_text(text).ok_or_else(|| format!("{name} has letters that SMPP can't carry"))
        };
        let password = wire("the password", password.expose())?;
        let mut esme = EsmeOptions::new(mode, wire("system_id", system_id)?, password);
        esme.bind.system_type = wire("system_type", system_type)?;
        esme.limits = Limits {
            window: self.options.window.max(1).into(),
            response_timeout_ms: self.options.response_timeout_ms,
            enquire_interval_ms: self.options.enquire_link_ms,
            bind_timeout_ms: self.options.connect_timeout_ms,
            unanswered_max: self.options.unanswered_max.into(),
            ..Limits::default()
        };
        Bind::esme(esme, now_ms()).map_err(|error| error.to_string())
    }
}

/// Why a bind is over, or did not come about.
pub(super) enum End {
    /// The gateway stops.
    Stopped,
    /// No connection; the words have their code.
    NoConnection(String),
    /// The bind was refused for good.
    Refused(Status),
    /// The network holds another bind of ours.
    AlreadyBound(Status),
    /// The bind was not answered, or refused for now.
    NotBound(String),
    /// It was bound, and no longer is.
    Lost(String),
}

/// The orders of a side; a receiver has none.
pub(super) struct Orders(Option<mpsc::UnboundedReceiver<Order>>);

impl Orders {
    /// The next one. Never ends once there can be no more. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Order {
        if let Some(receiver) = &mut self.0 {
            if let Some(order) = receiver.recv().await {
                return order;
            }
            self.0 = None;
        }
        std::future::pending().await
    }

    /// One that is there already.
    pub(super) fn waiting(&mut self) -> Option<Order> {
        self.0.as_mut()?.try_recv().ok()
    }

    /// Answers all that are there.
    pub(super) fn refuse_waiting(&mut self, reason: &str) {
        while let Some(order) = self.waiting() {
            order.debt.lost(reason);
        }
    }

    /// Lets no more in and answers all that are there.
    fn close(&mut self, reason: &str) {
        if let Some(receiver) = &mut self.0 {
            receiver.close();
        }
        self.refuse_waiting(reason);
    }
}

/// Ends when the gateway stops.
pub(super) async fn stopping(shutdown: &mut watch::Receiver<bool>) {
    // An error is a sender that is gone, and with it whoever ran us.
    let _ = shutdown.wait_for(|stops| *stops).await;
}

/// The keeper of one bind.
pub(super) struct Worker {
    pub(super) setup: Arc<Setup>,
    pub(super) link: u16,
    pub(super) mode: BindMode,
    pub(super) orders: Orders,
    pub(super) shutdown: watch::Receiver<bool>,
    side: usize,
    board: Arc<Board>,
    backoff: Backoff,
}

impl Worker {
    pub(super) fn new(
        setup: Arc<Setup>,
        link: u16,
        side: usize,
        mode: BindMode,
        board: Arc<Board>,
        orders: Option<mpsc::UnboundedReceiver<Order>>,
        shutdown: watch::Receiver<bool>,
    ) -> Worker {
        let Options { waits, seed, .. } = setup.options;
        // Each worker draws its own chance.
        let seed = seed ^ (u64::from(link) << 32) ^ ((side as u64) << 48);
        let backoff = Backoff::new(waits.backoff_min_ms, waits.backoff_max_ms, seed);
        Worker { setup, link, mode, orders: Orders(orders), shutdown, side, board, backoff }
    }

    /// Until the gateway stops.
    pub(super) async fn run(mut self) {
        let hosts = self.setup.options.hosts.clone();
        let mut host = usize::from(self.link) % hosts.len();
        loop {
            let started_ms = now_ms();
            let end = self.live_once(&hosts[host]).await;
            if matches!(end, End::Lost(_)) && now_ms().saturating_sub(started_ms) >= STEADY_MS {
                self.backoff.reset();
            }
            if matches!(end, End::NoConnection(_)) {
                host = (host + 1) % hosts.len();
            }
            let Some(wait_ms) = self.tell(end) else { break };
            let wait = tokio::time::sleep(Duration::from_millis(wait_ms));
            if self.attended(wait).await.is_none() {
                break;
            }
        }
        self.orders.close("the gateway is stopping");
        self.show(State::Stopped, "stopped with the gateway".into());
    }

    /// One connection from beginning to end.
    async fn live_once(&mut self, endpoint: &Endpoint) -> End {
        let setup = self.setup.clone();
        let target = format!("{}:{}", endpoint.host, endpoint.port);
        self.show(State::Connecting, format!("connecting to {target}"));
        let connecting = connect(endpoint, setup.tls.as_ref(), setup.options.connect_timeout_ms);
        let stream = match self.attended(connecting).await {
            Some(Ok(stream)) => stream,
            Some(Err(error)) => return End::NoConnection(error.to_string()),
            None => return End::Stopped,
        };
        match setup.machine(self.mode) {
            Ok(bind) => Serving::new(self, Wire::new(stream), bind, target).run().await,
            Err(reason) => End::NotBound(reason),
        }
    }

    /// Does something while answering orders; nothing if the gateway stops first.
    async fn attended<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                () = stopping(&mut self.shutdown) => return None,
                order = self.orders.next() => order.debt.lost("the link is not bound"),
                output = &mut work => return Some(output),
            }
        }
    }

    /// Tells why it is over, and how long to wait; nothing at the end of all.
    fn tell(&mut self, end: End) -> Option<u64> {
        let waits = self.setup.options.waits;
        let (state, wait_ms, words) = match end {
            End::Stopped => return None,
            End::NoConnection(words) => (State::Down, self.backoff.next_ms(), words),
            End::Refused(status) => (
                State::Refused,
                self.backoff.jittered(waits.refused_ms),
                format!(
                    "HS-4001: the network refused the bind with {status}; check system_id, password and system_type \
                     of the channel"
                ),
            ),
            End::AlreadyBound(status) => (
                State::Down,
                self.backoff.jittered(waits.already_bound_ms),
                format!(
                    "HS-4005: the network says {status}: it still holds a bind of ours, or another program uses the \
                     same system_id"
                ),
            ),
            End::NotBound(words) => (State::Down, self.backoff.next_ms(), format!("HS-4004: {words}")),
            End::Lost(words) => (State::Down, self.backoff.next_ms(), format!("HS-4006: {words}")),
        };
        let detail = format!("{words}; next try in {}", span(wait_ms));
        tracing::warn!(
            channel = %self.setup.options.id, link = self.link, bind = mode_name(self.mode), "{detail}"
        );
        self.show(state, detail);
        Some(wait_ms)
    }

    /// Tells the world how this side fares.
    pub(super) fn show(&self, state: State, detail: String) {
        self.board.set(self.side, state, detail);
    }
}

/// A span for a person.
fn span(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..120_000 => format!("{} s", ms / 1000),
        _ => format!("{} min", ms / 60_000),
    }
}
