//! A client as the gateway runs it, and attempts to start on it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use callbacks::guard::Guard;
use callbacks::{HttpClient, Options};
use domain::address::Address;
use domain::callback::{AttemptFailure, AttemptOutcome, BodyType, CallbackKind, Rendered};
use domain::directory::{Application, Contract, RetryPolicy};
use domain::event::Event;
use domain::id::{CallbackId, Stamp};
use domain::secret::Secret;
use domain::time::At;
use engine::inlet::Inlet;
use engine::port::{Attempt, CallbackClient, Clock};
use tokio::runtime::Handle;

pub(crate) const API_KEY: &str = "weather-key-7F3A";
pub(crate) const BODY: &str = "type=incoming_message&api_key=weather-key-7F3A&phone_number=%2B41791234567&body=hi";
/// 1994-11-06T08:49:37Z, the moment of RFC 9110's examples.
pub(crate) const NOW_MS: i64 = 784_111_777_000;

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> At {
        At::from_ms(NOW_MS)
    }
    fn monotonic_ms(&self) -> u64 {
        0
    }
}

pub(crate) fn clock() -> Arc<dyn Clock + Sync> {
    Arc::new(Stopped)
}

/// A client and where its results come.
pub(crate) struct Gateway {
    pub(crate) client: HttpClient,
    inlet: Inlet,
}

impl Gateway {
    /// A gateway that may call loopback.
    pub(crate) fn new() -> Gateway {
        Gateway::with(Handle::current(), &["127.0.0.0/8"], None)
    }

    pub(crate) fn with(runtime: Handle, allow: &[&str], ca_file: Option<std::path::PathBuf>) -> Gateway {
        let inlet = Inlet::new();
        let guard = Guard::from_entries(allow.iter().copied()).unwrap();
        let options =
            Options { guard, runtime, inlet: inlet.clone(), clock: clock(), version: "0.1.0".into(), ca_file };
        Gateway { client: HttpClient::new(options).unwrap(), inlet }
    }

    /// Makes one attempt and waits for its result.
    pub(crate) async fn attempt(&self, url: &str) -> AttemptOutcome {
        self.attempt_within(url, 10_000).await
    }

    /// The same with a budget of time.
    pub(crate) async fn attempt_within(&self, url: &str, timeout_ms: u64) -> AttemptOutcome {
        self.client.start(order(url, timeout_ms, 1));
        self.results(1).await.remove(0).1
    }

    /// The next results in the order in which they came.
    pub(crate) async fn results(&self, count: usize) -> Vec<(CallbackId, AttemptOutcome)> {
        let inlet = self.inlet.clone();
        let waiting = tokio::task::spawn_blocking(move || {
            let deadline = Instant::now() + Duration::from_secs(20);
            let mut results = Vec::new();
            while results.len() < count && Instant::now() < deadline {
                for envelope in inlet.take(Duration::from_millis(200)).events {
                    let Event::AttemptEnded { callback, phone, outcome } = envelope.event else {
                        panic!("not a result")
                    };
                    assert_eq!(phone.as_str(), "41791234567");
                    results.push((callback, outcome));
                }
            }
            results
        });
        let results = waiting.await.unwrap();
        assert_eq!(results.len(), count, "results in time");
        results
    }

    /// Events that are waiting now.
    pub(crate) fn depth(&self) -> usize {
        self.inlet.depth()
    }
}

pub(crate) fn callback(number: u32) -> CallbackId {
    CallbackId::new(Stamp::new(1_795_000_000_123, 0), u64::from(number) << 2)
}

pub(crate) fn order(url: &str, timeout_ms: u64, number: u32) -> Attempt {
    let application = Application {
        id: "weather".into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: url.into(),
        api_key: Secret::new(API_KEY),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 64,
        timeout_ms,
        report_queued: false,
        vumi: None,
    };
    Attempt {
        callback: callback(number),
        kind: CallbackKind::IncomingMessage,
        phone: Address::parse("+41791234567").unwrap().key(),
        number,
        application: Arc::new(application),
        request: Rendered { body_type: BodyType::Form, body: BODY.as_bytes().into() },
    }
}

#[track_caller]
pub(crate) fn assert_failed(outcome: &AttemptOutcome, failure: AttemptFailure, status: Option<u16>) {
    assert_eq!((outcome.record.failure, outcome.record.status), (Some(failure), status), "{outcome:?}");
    assert_eq!(outcome.answer, None);
}
