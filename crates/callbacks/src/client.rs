//! The port `CallbackClient`: starts attempts on a runtime and sees to it that each one ends exactly once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use domain::callback::{AttemptFailure, AttemptOutcome, AttemptRecord, CallbackKind};
use domain::directory::{Application, Name};
use domain::event::Event;
use engine::inlet::Inlet;
use engine::port::{Attempt, CallbackClient, Clock};
use http::HeaderValue;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;

use crate::attempt;
use crate::guard::Guard;
use crate::outcome::shown_url;
use crate::outlet::Outlet;
use crate::tls::{self, CaFileError};

/// What a client needs.
pub struct Options {
    /// Which destinations may be called.
    pub guard: Guard,
    /// Where attempts run; with I/O and time enabled.
    pub runtime: Handle,
    /// Where results go.
    pub inlet: Inlet,
    /// Wall time, for records and for dates in `Retry-After`.
    pub clock: Arc<dyn Clock + Sync>,
    /// The version in the `User-Agent`, like `0.1.0`.
    pub version: String,
    /// A PEM file with roots that are trusted besides the web's.
    pub ca_file: Option<PathBuf>,
}

/// What all attempts share.
pub(crate) struct Shared {
    pub(crate) inlet: Inlet,
    pub(crate) clock: Arc<dyn Clock + Sync>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) tls: TlsConnector,
    runtime: Handle,
    outlets: Mutex<Outlets>,
}

/// The ways out by application. Only whoever starts attempts takes the lock, so nobody waits for it.
struct Outlets {
    guard: Arc<Guard>,
    by_application: HashMap<Name, Vec<Arc<Outlet>>>,
}

/// The HTTP client for callbacks; clones share everything.
#[derive(Clone)]
pub struct HttpClient {
    shared: Arc<Shared>,
}

impl HttpClient {
    /// A client. Fails only over the file of roots.
    pub fn new(options: Options) -> Result<HttpClient, CaFileError> {
        let tls = TlsConnector::from(tls::config(options.ca_file.as_deref())?);
        let user_agent = HeaderValue::try_from(format!("Hookswitch/{}", options.version))
            .unwrap_or_else(|_| HeaderValue::from_static("Hookswitch"));
        let outlets = Outlets { guard: Arc::new(options.guard), by_application: HashMap::new() };
        let shared = Shared {
            inlet: options.inlet,
            clock: options.clock,
            user_agent,
            tls,
            runtime: options.runtime,
            outlets: Mutex::new(outlets),
        };
        Ok(HttpClient { shared: Arc::new(shared) })
    }

    /// Judges by another guard from now on; kept links are given up, attempts under way end by the old one.
    pub fn replace_guard(&self, guard: Guard) {
        let mut outlets = self.outlets();
        outlets.guard = Arc::new(guard);
        outlets.by_application.clear();
    }

    /// The way out of an application for what it is told; a fresh one when its URL has changed.
    fn outlet(&self, application: &Application, kind: CallbackKind) -> Arc<Outlet> {
        let mut outlets = self.outlets();
        let (guard, url) = (outlets.guard.clone(), application.url_for(kind));
        let known = outlets.by_application.entry(application.id.clone()).or_default();
        if let Some(outlet) = known.iter().find(|outlet| outlet.url == *url) {
            return outlet.clone();
        }
        let outlet = Arc::new(Outlet::new(url.clone(), guard));
        // A contract has two URLs at most; those that the configuration no longer has go.
        known.retain(|outlet| application.is_url(&outlet.url));
        known.push(outlet.clone());
        outlet
    }

    fn outlets(&self) -> std::sync::MutexGuard<'_, Outlets> {
        self.shared.outlets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallbackClient for HttpClient {
    fn start(&self, attempt: Attempt) {
        let outlet = self.outlet(&attempt.application, attempt.kind);
        let owed = Owed { shared: self.shared.clone(), outlet, attempt, is_settled: false };
        self.shared.runtime.spawn(owed.settle());
    }
}

/// The one result that is owed for a started attempt: dropped without one, it says so itself.
struct Owed {
    shared: Arc<Shared>,
    outlet: Arc<Outlet>,
    attempt: Attempt,
    is_settled: bool,
}

impl Owed {
    async fn settle(mut self) {
        let outcome = attempt::make(&self.shared, &self.outlet, &self.attempt).await;
        self.tell(outcome);
    }

    fn tell(&mut self, outcome: AttemptOutcome) {
        self.is_settled = true;
        let (callback, phone) = (self.attempt.callback, self.attempt.phone.clone());
        self.shared.inlet.tell(Event::AttemptEnded { callback, phone, outcome });
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if self.is_settled {
            return;
        }
        let record = AttemptRecord {
            number: self.attempt.number,
            started_at: self.shared.clock.now(),
            took_ms: 0,
            url: shown_url(&self.outlet),
            status: None,
            failure: Some(AttemptFailure::Broken),
            detail: "the attempt was cut short inside the gateway".into(),
            content_type: String::new(),
            body: String::new(),
        };
        self.tell(AttemptOutcome { record, answer: None, retry_after_ms: None });
    }
}
