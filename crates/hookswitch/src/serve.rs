//! `serve` and `check`: a gateway from a configuration file.

use std::path::Path;
use std::process::ExitCode;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::cli::{EXIT_CONFIG, EXIT_FAILED};
use crate::config::{self, Settings};
use crate::gateway::{Gateway, GatewayError, store_path};
use crate::words::{say, warn};

/// Runs the gateway until it is told to stop.
pub(crate) fn run(file: &Path) -> ExitCode {
    start_log("info");
    let Some(settings) = load(file) else { return ExitCode::from(EXIT_CONFIG) };
    match runtime().and_then(|runtime| runtime.block_on(serve(settings, file))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            warn(error.to_string());
            ExitCode::from(EXIT_FAILED)
        }
    }
}

/// Checks a configuration and says what it holds.
pub(crate) fn check(file: &Path) -> ExitCode {
    let Some(settings) = load(file) else { return ExitCode::from(EXIT_CONFIG) };
    let directory = &settings.directory;
    say(format!(
        "{} is good: {} channels, {} applications, {} routes",
        file.display(),
        directory.channels.len(),
        directory.applications.len(),
        directory.routes.len()
    ));
    ExitCode::SUCCESS
}

/// Loads a file; problems and warnings go to the person.
fn load(file: &Path) -> Option<Settings> {
    match config::load(file) {
        Ok((settings, warnings)) => {
            for warning in warnings {
                warn(warning.to_string());
            }
            Some(settings)
        }
        Err(error) => {
            warn(error.to_string());
            None
        }
    }
}

/// Where log lines go: standard error, by the filter in `HOOKSWITCH_LOG`.
pub(crate) fn start_log(default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("HOOKSWITCH_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Fails only when a log was started before.
    let _started = log.try_init();
}

/// The runtime for sockets; the engine has a thread of its own beside it.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, GatewayError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("io")
        .build()
        .map_err(|e| GatewayError::System(e.to_string()))
}

async fn serve(settings: Settings, file: &Path) -> Result<(), GatewayError> {
    let store = store_path(&settings.store);
    // Before anything else: a signal that comes while the store is opened waits for its turn and does not kill.
    let mut stops = Stops::watch()?;
    let mut reloads = listen(SignalKind::hangup())?;
    let mut gateway = Gateway::start(settings, false).await?;
    say(format!("hookswitch listens on http://{}, store {}", gateway.address, store.display()));
    loop {
        tokio::select! {
            () = stops.asked() => break,
            () = gateway.failed() => return Err(gateway.failure()),
            _ = reloads.recv() => reload(&gateway, file),
        }
    }
    stop(gateway, &mut stops).await
}

/// Accounts, applications, routes and allowed destinations are taken over while running; a file with problems changes nothing.
fn reload(gateway: &Gateway, file: &Path) {
    match config::load(file) {
        Ok((settings, warnings)) => {
            for warning in warnings {
                tracing::warn!("{warning}");
            }
            match gateway.reload(settings) {
                Ok(()) => tracing::info!(
                    "accounts, applications, routes and allowed destinations were reloaded; the rest needs a restart"
                ),
                Err(error) => tracing::error!("the configuration was not reloaded and the old one stays: {error}"),
            }
        }
        Err(error) => tracing::error!("the configuration was not reloaded and the old one stays: {error}"),
    }
}

/// The person or the system asks to stop. Watched from one place for as long as the process runs: a signal that comes
/// while something else is done is not missed.
pub(crate) struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    /// From now on the signals do not end the process by themselves.
    pub(crate) fn watch() -> Result<Stops, GatewayError> {
        Ok(Stops { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Ends when it was asked for since the last time.
    pub(crate) async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn listen(kind: SignalKind) -> Result<Signal, GatewayError> {
    signal(kind).map_err(|e| GatewayError::System(e.to_string()))
}

/// Stops in good order; who asks a second time gets an end at once. Nothing is lost by that either: what was accepted
/// is durable, and what was under way is due again at the next start.
pub(crate) async fn stop(gateway: Gateway, stops: &mut Stops) -> Result<(), GatewayError> {
    tracing::info!("stopping: what is under way ends first");
    tokio::select! {
        stopped = gateway.stop() => stopped,
        () = stops.asked() => {
            warn("stopped at once");
            std::process::exit(i32::from(EXIT_FAILED));
        }
    }
}
