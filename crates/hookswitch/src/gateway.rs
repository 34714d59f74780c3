//! The wiring: every adapter is built here, by name, and handed to the engine. Start in the order store → HTTP port →
//! channels → engine → HTTP; stop in the reverse order, with nothing accepted that is not durable.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use api::feed::FeedHandle;
use api::phones::Phones;
use api::serve::Limits;
use api::state::{ApiState, DirectoryHandle, Parts, Readiness};
use callbacks::HttpClient;
use callbacks::guard::Guard;
use channels::simulator::{Operator, OperatorOptions};
use channels::smpp::{BadOptions, SmppChannel};
use domain::callback::{CallbackEvent, Rendered};
use domain::directory::{Application, Directory, Name};
use domain::id::CallbackId;
use domain::secret::Secret;
use domain::time::At;
use engine::inlet::Inlet;
use engine::live::Live;
use engine::port::{Browse, Channel, Contracts, Signal, Store};
use engine::runner::{Options, Ports, RunError, Runner};
use store::memory::MemoryStore;
use store::sqlite::{self, SqliteStore};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};

use crate::clock::{SystemClock, seed, wall};
use crate::config::{Settings, StoreSetting};
use crate::handsets::Handsets;
use crate::links;

/// Why the gateway did not start, or stopped by itself. Each has a code with a page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatewayError {
    /// The store cannot be opened.
    #[error("{0}")]
    Store(#[from] sqlite::OpenError),
    /// The HTTP address is taken or not ours.
    #[error("HS-1060: cannot listen on {address}: {reason}; stop what uses it or choose another server.listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's words.
        reason: String,
    },
    /// The simulated operator has no port.
    #[error("HS-1061: the simulated operator of channel {channel} cannot listen: {reason}; choose another port")]
    Simulator {
        /// The channel.
        channel: Name,
        /// The system's words.
        reason: String,
    },
    /// A channel that can never work.
    #[error("{0}")]
    Channel(#[from] BadOptions),
    /// `callbacks.allow` or `callbacks.ca_file`.
    #[error("{0}")]
    Callbacks(String),
    /// The engine ended by itself.
    #[error("{0}")]
    Engine(#[from] RunError),
    /// The system refuses something: a thread, a directory, a signal handler.
    #[error("HS-1062: the system does not give what the gateway needs: {0}")]
    System(String),
}

/// A running gateway.
pub(crate) struct Gateway {
    /// Where HTTP listens.
    pub(crate) address: SocketAddr,
    /// Where simulated operators listen, by channel.
    pub(crate) operators: BTreeMap<Name, Operator>,
    inlet: Inlet,
    client: HttpClient,
    directory: DirectoryHandle,
    ready: Readiness,
    stop_channels: watch::Sender<bool>,
    channels_ended: Vec<tokio::task::JoinHandle<()>>,
    stop_http: oneshot::Sender<()>,
    http: tokio::task::JoinHandle<api::serve::Served>,
    engine: JoinHandle<Result<(), RunError>>,
    engine_ended: oneshot::Receiver<()>,
}

struct AllContracts;

impl Contracts for AllContracts {
    fn render(&self, event: &CallbackEvent, application: &Application, id: CallbackId, at: At) -> Rendered {
        contracts::render(event, application, id, at)
    }
}

impl Gateway {
    /// Starts everything; when it returns, HTTP answers and channels are binding.
    pub(crate) async fn start(settings: Settings, demo: bool) -> Result<Gateway, GatewayError> {
        let (store, browse) = open_store(&settings.store)?;
        let listener = listen(settings.server.listen).await?;
        let address = listener.local_addr().map_err(|e| listen_error(settings.server.listen, &e))?;
        let runtime = Handle::current();
        let inlet = Inlet::new();
        let live = Live::new();
        let feed = FeedHandle::new();
        let client = client(&settings, &inlet, &runtime)?;
        let operators = operators(&settings).await?;
        let (stop_channels, stopping) = watch::channel(false);
        let mut ports: BTreeMap<Name, Box<dyn Channel>> = BTreeMap::new();
        let mut channels_ended = Vec::new();
        for (id, options) in links::all(&settings, &operators) {
            let channel = SmppChannel::start(options, inlet.clone(), live.clone(), &runtime, stopping.clone())?;
            channels_ended.push(tokio::spawn(channel.ended()));
            ports.insert(id, Box::new(channel));
        }
        let directory = Arc::new(settings.directory);
        let handle = DirectoryHandle::new(directory.clone());
        let ports = Ports {
            store,
            contracts: Box::new(AllContracts),
            client: Box::new(client.clone()),
            channels: ports,
            feed: Box::new(feed.clone()),
            clock: Box::new(SystemClock::new()),
        };
        let options = Options { seed: seed(), retention_days: settings.retention_days };
        let (engine, engine_ended) = start_engine(ports, options, directory.clone(), inlet.clone(), live.clone())?;
        let phones = Handsets::new(&operators, &directory).map(|handsets| Arc::new(handsets) as Arc<dyn Phones>);
        let ready = Readiness::default();
        let public_url = settings.server.public_url.map_or_else(|| format!("http://{address}"), |url| url.to_string());
        let parts = Parts {
            inlet: inlet.clone(),
            live,
            directory: handle.clone(),
            operator_token: settings.operator_token.unwrap_or_else(|| Secret::new("")),
            feed,
            phones,
            public_url,
            demo,
            started_at: wall(),
            clock: Arc::new(wall),
            ready: ready.clone(),
        };
        let router = api::router(ApiState::new(parts, browse));
        let limits = Limits { connections_max: settings.server.connections_max as usize, ..Limits::default() };
        let (stop_http, http_stopping) = oneshot::channel();
        let http = tokio::spawn(api::serve::serve(listener, router, limits, async move {
            // A sender that is gone means the same.
            let _stopping = http_stopping.await;
        }));
        ready.set_serving();
        Ok(Gateway {
            address,
            operators,
            inlet,
            client,
            directory: handle,
            ready,
            stop_channels,
            channels_ended,
            stop_http,
            http,
            engine,
            engine_ended,
        })
    }

    /// Takes over another configuration of accounts, applications, routes and allowed destinations.
    pub(crate) fn reload(&self, settings: Settings) -> Result<(), GatewayError> {
        self.client.replace_guard(guard(&settings)?);
        let directory = Arc::new(settings.directory);
        self.directory.replace(directory.clone());
        self.inlet.signal(Signal::Reload(directory));
        Ok(())
    }

    /// Ends when the engine has ended by itself, which it does only when the store failed.
    pub(crate) async fn failed(&mut self) {
        // The sender is dropped with the thread, whatever ended it.
        let _ended = (&mut self.engine_ended).await;
    }

    /// Why the engine has ended by itself. Nothing is drained: nothing more may be acknowledged, and whoever waits for
    /// an answer asks again.
    pub(crate) fn failure(self) -> GatewayError {
        self.ready.set_draining();
        match self.engine.join() {
            Ok(Err(error)) => GatewayError::Engine(error),
            Ok(Ok(())) => GatewayError::System("the engine ended without being asked".into()),
            Err(_) => GatewayError::System("the engine's thread panicked".into()),
        }
    }

    /// Stops in good order: no new work, what is under way ends or is left for the next start.
    pub(crate) async fn stop(self) -> Result<(), GatewayError> {
        self.ready.set_draining();
        self.inlet.signal(Signal::Drain);
        self.stop_channels.send_replace(true);
        let _gone = self.stop_http.send(());
        for channel in self.channels_ended {
            let _ended = channel.await;
        }
        for operator in self.operators.values() {
            operator.drain().await;
        }
        let engine = tokio::task::spawn_blocking(move || self.engine.join());
        let result = engine.await;
        let _served = self.http.await;
        match result {
            Ok(Ok(result)) => result.map_err(GatewayError::Engine),
            Ok(Err(_)) | Err(_) => Err(GatewayError::System("the engine's thread panicked".into())),
        }
    }
}

/// The owner's side of a store, and the side of those who read.
type Sides = (Box<dyn Store>, Arc<dyn Browse>);

fn open_store(setting: &StoreSetting) -> Result<Sides, GatewayError> {
    Ok(match setting {
        StoreSetting::Sqlite { path } => {
            let (store, browse) = SqliteStore::open(path, &sqlite::Options::default())?;
            (Box::new(store), Arc::new(browse))
        }
        StoreSetting::Memory => {
            let (store, browse) = MemoryStore::new();
            (Box::new(store), Arc::new(browse))
        }
    })
}

async fn listen(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(address).await.map_err(|e| listen_error(address, &e))
}

fn listen_error(address: SocketAddr, error: &std::io::Error) -> GatewayError {
    GatewayError::Listen { address, reason: error.to_string() }
}

fn guard(settings: &Settings) -> Result<Guard, GatewayError> {
    let allowed = settings.callbacks.allow.iter().map(String::as_str);
    Guard::from_entries(allowed).map_err(|e| GatewayError::Callbacks(e.to_string()))
}

fn client(settings: &Settings, inlet: &Inlet, runtime: &Handle) -> Result<HttpClient, GatewayError> {
    HttpClient::new(callbacks::Options {
        guard: guard(settings)?,
        runtime: runtime.clone(),
        inlet: inlet.clone(),
        clock: Arc::new(SystemClock::new()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ca_file: settings.callbacks.ca_file.clone(),
    })
    .map_err(|e| GatewayError::Callbacks(e.to_string()))
}

async fn operators(settings: &Settings) -> Result<BTreeMap<Name, Operator>, GatewayError> {
    let mut operators = BTreeMap::new();
    for channel in &settings.simulator_channels {
        let options = OperatorOptions { window: channel.window, ..OperatorOptions::default() };
        let operator = Operator::listen(("127.0.0.1", channel.port), options)
            .await
            .map_err(|e| GatewayError::Simulator { channel: channel.id.clone(), reason: e.to_string() })?;
        operators.insert(channel.id.clone(), operator);
    }
    Ok(operators)
}

type Engine = (JoinHandle<Result<(), RunError>>, oneshot::Receiver<()>);

/// Starts the owner on a thread of its own; returns once its unfinished work is loaded.
fn start_engine(
    ports: Ports,
    options: Options,
    directory: Arc<Directory>,
    inlet: Inlet,
    live: Live,
) -> Result<Engine, GatewayError> {
    let runner = Runner::start(ports, options, directory, inlet, live)?;
    let (ended, engine_ended) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let result = runner.run();
            drop(ended);
            result
        })
        .map_err(|e| GatewayError::System(e.to_string()))?;
    Ok((thread, engine_ended))
}

/// The path shown to people who look for the store.
pub(crate) fn store_path(setting: &StoreSetting) -> PathBuf {
    match setting {
        StoreSetting::Sqlite { path } => path.clone(),
        StoreSetting::Memory => PathBuf::from("(memory)"),
    }
}
