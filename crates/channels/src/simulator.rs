//! A simulated operator: an SMSC on a real TCP socket with any number of phones behind it. It takes any bind it is told
//! to take, shows what phones receive, sends what phones type, reports deliveries, and misbehaves on demand: the last
//! four digits of a phone's number say how ([`Fate`]). Its phones text and dial: a dialog over USSD ends with the last
//! word of the gateway, or when the network has waited too long.
//!
//! It is for trying out, demonstrating and testing. Nothing here is durable, and all memory is bounded.

mod connection;
mod desk;
mod dialogs;
mod failures;
mod fate;
mod messages;
mod options;
mod outbox;
mod phones;
mod ussd;

pub use desk::Counts;
pub use dialogs::{DIALOGS_MAX, DialogState, Ending, Screen};
pub use fate::Fate;
pub use options::{OperatorOptions, ReceiptIds};
pub use outbox::OUTBOX_MAX;
pub use phones::{PHONES_MAX, PhoneText, TEXTS_PER_PHONE_MAX};

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::address::{Address, AddressRefusal};
use domain::text::segment::SegmentRefusal;
use smpp::{Deliver, Status};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, oneshot, watch};

use crate::smpp::ussd::{SEPTETS_MAX, UNITS_MAX};
use connection::Connection;
use desk::Desk;
use outbox::Parcel;

/// Most connections at a time; further ones are closed at once.
const CONNECTIONS_MAX: usize = 64;
/// Texts a slow watcher may lag behind before it misses some.
const WATCHED_TEXTS: usize = 1024;
/// Wait after the system could not accept a connection (no more file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a text of a phone was not taken by the gateway.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// The phone or the service address is none.
    #[error("that is no address: {0}")]
    Address(AddressRefusal),
    /// The text is too long for SMS.
    #[error("{0}")]
    TooLong(SegmentRefusal),
    /// The text is too long for USSD.
    #[error("a USSD text has at most {} characters, or {} when it needs UCS-2", SEPTETS_MAX, UNITS_MAX)]
    TooLongForUssd,
    /// The phone has no dialog that waits for its answer.
    #[error("no dialog of the phone waits for an answer")]
    NotAsked,
    /// [`OUTBOX_MAX`] messages wait already.
    #[error("too many messages wait for the gateway to take them")]
    Full,
    /// The gateway refused it for good.
    #[error("the gateway refused it with {0}")]
    Refused(Status),
    /// The operator stopped, or, for a message that is sent once, the connection was lost.
    #[error("the connection was lost before the gateway answered")]
    Lost,
}

/// What connections are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Go on; those that began under a lower number are cut.
    Run { cuts: u64 },
    /// Unbind and end.
    Drain,
}

struct Shared {
    options: OperatorOptions,
    desk: Mutex<Desk>,
    /// Counts up when there is something new to deliver.
    stirred: watch::Sender<u64>,
    texts: broadcast::Sender<PhoneText>,
    /// Phones on whose screen something changed.
    screens: broadcast::Sender<String>,
    /// Where the waits of dialogs run.
    runtime: Handle,
    order: watch::Sender<Order>,
}

impl Shared {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stir(&self) {
        self.stirred.send_modify(|count| *count += 1);
    }
}

/// A handle to a running operator; clones are the same operator. It runs until [`Operator::drain`] or the end of the
/// runtime.
#[derive(Clone)]
pub struct Operator {
    shared: Arc<Shared>,
    address: SocketAddr,
    gone: watch::Receiver<()>,
}

impl Operator {
    /// Listens; port 0 takes a free one. To be called inside a tokio runtime, which runs it from then on.
    ///
    /// # Errors
    /// The address can't be listened on.
    pub async fn listen(address: impl ToSocketAddrs, options: OperatorOptions) -> io::Result<Operator> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            desk: Mutex::new(Desk::new()),
            stirred: watch::Sender::new(0),
            texts: broadcast::Sender::new(WATCHED_TEXTS),
            screens: broadcast::Sender::new(WATCHED_TEXTS),
            runtime: Handle::current(),
            order: watch::Sender::new(Order::Run { cuts: 0 }),
            options,
        });
        let (alive, gone) = watch::channel(());
        tokio::spawn(accept(listener, shared.clone(), Arc::new(alive)));
        Ok(Operator { shared, address, gone })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A phone sends a text; ends when the gateway has taken all of it. As [`Operator::queue_from_phone`].
    ///
    /// # Errors
    /// See [`Undelivered`].
    pub async fn send_from_phone(&self, phone: &str, service_address: &str, text: &str) -> Result<(), Undelivered> {
        self.queue_from_phone(phone, service_address, text)?.await
    }

    /// A phone sends a text, in segments if it is long. Returns at once; the future ends when the gateway has taken all
    /// of them and may be dropped. What is refused for now, not answered, or interrupted is delivered again under the
    /// same identity.
    ///
    /// # Errors
    /// [`Undelivered`] except `Refused` and `Lost`, which only the future can tell.
    pub fn queue_from_phone(
        &self,
        phone: &str,
        service_address: &str,
        text: &str,
    ) -> Result<impl Future<Output = Result<(), Undelivered>> + Send + 'static + use<>, Undelivered> {
        let phone = Address::parse(phone).map_err(Undelivered::Address)?;
        let service_address = Address::parse(service_address).map_err(Undelivered::Address)?;
        let mut desk = self.shared.desk();
        let delivers = messages::from_phone(&phone, &service_address, text, &mut desk.numbers)?;
        let (parcels, answers): (Vec<_>, Vec<_>) = delivers.into_iter().map(|deliver| parcel(deliver, true)).unzip();
        desk.outbox.put_all(parcels).map_err(|_| Undelivered::Full)?;
        drop(desk);
        self.shared.stir();
        Ok(async move {
            for answer in answers {
                match answer.await {
                    Ok(status) if status.is_ok() => {}
                    Ok(status) => return Err(Undelivered::Refused(status)),
                    Err(_) => return Err(Undelivered::Lost),
                }
            }
            Ok(())
        })
    }

    /// Whether a gateway is bound that takes messages at the moment.
    pub fn has_receiver(&self) -> bool {
        self.shared.desk().receivers > 0
    }

    /// Delivers a message built by hand, once, and gives the gateway's answer.
    ///
    /// # Errors
    /// [`Undelivered::Full`], or [`Undelivered::Lost`] when the connection ended or no answer came in time.
    pub async fn deliver(&self, deliver: Deliver) -> Result<Status, Undelivered> {
        let (parcel, answer) = parcel(deliver, false);
        self.shared.desk().outbox.put_all(vec![parcel]).map_err(|_| Undelivered::Full)?;
        self.shared.stir();
        answer.await.map_err(|_| Undelivered::Lost)
    }

    /// Texts that a phone received after the one numbered `after_seq` (0 for all that are remembered), oldest first.
    pub fn received(&self, phone: &str, after_seq: u64) -> Vec<PhoneText> {
        let Ok(phone) = Address::parse(phone) else { return Vec::new() };
        self.shared.desk().phones.received(&phone.key(), after_seq)
    }

    /// Every text that any phone receives from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<PhoneText> {
        self.shared.texts.subscribe()
    }

    /// What has happened since the start.
    pub fn counts(&self) -> Counts {
        self.shared.desk().counts
    }

    /// Cuts all connections without a word, as a network that fails.
    pub fn cut_connections(&self) {
        self.shared.order.send_modify(|order| {
            if let Order::Run { cuts } = order {
                *cuts += 1;
            }
        });
    }

    /// Stops listening, unbinds, and ends when all connections are closed, which takes a few seconds at most.
    pub fn drain(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.shared.order.send_replace(Order::Drain);
        let mut gone = self.gone.clone();
        async move { while gone.changed().await.is_ok() {} }
    }
}

fn parcel(deliver: Deliver, again: bool) -> (Parcel, oneshot::Receiver<Status>) {
    let (done, answer) = oneshot::channel();
    (Parcel { deliver, to: None, again, done: Some(done) }, answer)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, alive: Arc<watch::Sender<()>>) {
    let mut order = shared.order.subscribe();
    loop {
        let accepted = tokio::select! {
            _ = order.wait_for(|order| *order == Order::Drain) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        shared.desk().counts.connections += 1;
        // One reference is ours.
        if Arc::strong_count(&alive) > CONNECTIONS_MAX {
            continue;
        }
        let connection = Connection::begin(shared.clone());
        let alive = alive.clone();
        tokio::spawn(async move {
            connection.serve(stream).await;
            drop(alive);
        });
    }
}
