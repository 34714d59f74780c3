//! A channel to an operator over SMPP 3.4: one or several links, each a transceiver bind or a transmitter and a
//! receiver, kept up by a worker for each bind.
//!
//! Orders of the engine go to the worker of their link and come back as exactly one answer each, whatever happens
//! (`order.rs`). Messages and receipts from the network go to the engine as events, and are acknowledged only when the
//! engine says that they are durable (`incoming.rs`, `serve.rs`). Reconnecting is in `worker.rs`; the order of
//! reading is `options.rs`, `worker.rs`, `serve.rs`.

mod acknowledgement;
mod alphabet;
mod backoff;
mod board;
mod connect;
pub(crate) mod incoming;
pub(crate) mod numbering;
mod options;
mod order;
mod outgoing;
mod overdue;
mod receipt;
mod serve;
mod tls;
pub(crate) mod ussd;
mod worker;

pub use options::{BadOptions, BindKind, DefaultAlphabet, Endpoint, Numbering, Options, Tls, UssdWire, Waits};

use std::future::Future;
use std::sync::Arc;

use engine::inlet::Inlet;
use engine::live::Live;
use engine::port::{Channel, SubmitAnswer, SubmitOrder};
use smpp::BindMode;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};

use board::Board;
use order::{Ledger, Order};
use worker::{Setup, Worker};

/// A running channel. Dropping it does not stop its workers; the shutdown handed to [`SmppChannel::start`] does.
pub struct SmppChannel {
    ledger: Arc<Ledger>,
    links: Vec<mpsc::UnboundedSender<Order>>,
    gone: watch::Receiver<()>,
}

impl SmppChannel {
    /// Starts the workers of all links on `runtime` and returns at once; binding happens in the background and is told
    /// through `inlet` and `live`. When `shutdown` becomes true (or its sender is dropped) the links drain: no further
    /// orders, answers to what is open for a bounded time, unbind, close.
    ///
    /// # Errors
    /// Options that can't work whatever the network does: an unreadable certificate, a name that is too long.
    pub fn start(
        options: Options,
        inlet: Inlet,
        live: Live,
        runtime: &Handle,
        shutdown: watch::Receiver<bool>,
    ) -> Result<SmppChannel, BadOptions> {
        let setup = Arc::new(Setup::new(options, inlet.clone())?);
        let ledger = Arc::new(Ledger { channel: setup.options.id.clone(), inlet });
        let (alive, gone) = watch::channel(());
        let alive = Arc::new(alive);
        let mut links = Vec::new();
        for link in 0..setup.options.links.max(1) {
            let (sender, orders) = mpsc::unbounded_channel();
            links.push(sender);
            let modes: &[BindMode] = match setup.options.bind {
                BindKind::Transceiver => &[BindMode::Transceiver],
                BindKind::Split => &[BindMode::Transmitter, BindMode::Receiver],
            };
            let board = Arc::new(Board::new(live.clone(), setup.options.id.clone(), link, modes));
            let mut orders = Some(orders);
            for (side, mode) in modes.iter().enumerate() {
                let orders = if mode.may_submit() { orders.take() } else { None };
                let worker = Worker::new(setup.clone(), link, side, *mode, board.clone(), orders, shutdown.clone());
                let alive = alive.clone();
                runtime.spawn(async move {
                    worker.run().await;
                    drop(alive);
                });
            }
        }
        Ok(SmppChannel { ledger, links, gone })
    }

    /// Ends when all workers have ended, which they do after a shutdown.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut gone = self.gone.clone();
        async move { while gone.changed().await.is_ok() {} }
    }
}

impl Channel for SmppChannel {
    fn submit(&self, order: SubmitOrder) {
        let link = usize::from(order.link);
        let order = Order::new(order, self.ledger.clone());
        let refused = match self.links.get(link) {
            Some(worker) => worker.send(order).map_err(|mpsc::error::SendError(order)| order),
            None => Err(order),
        };
        if let Err(order) = refused {
            order.debt.answer(SubmitAnswer::NotSent { reason: "the link does not exist or has ended".into() });
        }
    }
}
