//! A gateway without network and disk for the tests of this folder: two tenants, an engine that takes what comes and
//! writes it down, and a store in memory that browses honestly by the query it gets.
#![allow(dead_code, reason = "each test binary uses a part of it")]

mod stored;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use api::feed::FeedHandle;
use api::state::{ApiState, DirectoryHandle, Parts, Readiness};
use axum::Router;
use axum::body::Body;
use domain::address::Address;
use domain::callback::{Callback, CallbackKind, CallbackState};
use domain::decision::{Outcome, Refusal, SentMessage};
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use domain::event::{Asker, Event};
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::{Direction, Message, MessageState};
use domain::opt_out::OptOut;
use domain::secret::Secret;
use domain::time::At;
use engine::inlet::{Inlet, NotTaken};
use engine::live::Live;
use engine::page::MessageRow;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

pub(crate) use stored::Stored;

/// 2026-11-22T00:00:00.123Z.
pub(crate) const NOW: At = At(1_795_305_600_123_000);

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn message_id(counter: u16) -> MessageId {
    MessageId::new(Stamp::new(NOW.ms() as u64, counter), 0x0123_4567_89ab_cdef)
}

pub(crate) fn account(key: &str, concurrency: Option<u32>) -> Account {
    Account { key: key.into(), tokens: vec![Secret::new(format!("{key}-token"))], concurrency }
}

pub(crate) fn application(id: &str, account: &str) -> Application {
    Application {
        id: id.into(),
        account: account.into(),
        contract: Contract::ServiceLayer,
        url: format!("http://user:pass@127.0.0.1:9000/{id}").into(),
        api_key: Secret::new(format!("{id}-key")),
        retry: RetryPolicy { waits_ms: vec![0, 5000], for_ms: 86_400_000 },
        order_hold_ms: 300_000,
        concurrency: 16,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    }
}

pub(crate) fn route(application: &str, on: &str, keyword: Option<&str>) -> Route {
    Route {
        application: application.into(),
        address: address(on),
        keyword: keyword.map(Into::into),
        matching: KeywordMatch::StartsWith,
        session: true,
        session_ms: 60_000,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    }
}

pub(crate) fn channel(id: &str, addresses: &[&str]) -> Channel {
    Channel {
        id: id.into(),
        kind: "simulator",
        addresses: addresses.iter().map(|a| address(a)).collect(),
        in_doubt: InDoubt::Resubmit,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: 86_400_000,
        dedupe_ms: 3_600_000,
        reassembly_ms: 60_000,
        ussd: None,
    }
}

/// `acme` owns `weather` on 8282, `other` owns `lab` on 9090 and takes the rest on 8282; both are on `carrier`.
pub(crate) fn directory() -> Directory {
    Directory::new(
        vec![account("acme", None), account("other", None)],
        vec![application("weather", "acme"), application("lab", "other")],
        vec![channel("carrier", &["8282", "9090"]), channel("theirs", &["7070"])],
        vec![route("weather", "8282", Some("weather")), route("lab", "9090", None), route("lab", "8282", None)],
    )
}

/// An MT of an application, as accepted.
pub(crate) fn mt(counter: u16, account: &str, application: &str) -> MessageRow {
    let message = Message {
        id: message_id(counter),
        direction: Direction::Mt,
        account: Some(account.into()),
        application: Some(application.into()),
        channel: "carrier".into(),
        from: address("8282"),
        to: address("41791234567"),
        text: "sunny".into(),
        created_at: NOW,
        parent: None,
        hops: 0,
        segments: 1,
    };
    MessageRow { message, state: MessageState::Queued, updated_at: NOW }
}

/// A callback of a message.
pub(crate) fn callback(counter: u16, application: &str, state: CallbackState) -> Callback {
    Callback {
        id: CallbackId::new(message_id(counter).stamp, 99),
        message: message_id(counter),
        application: application.into(),
        phone: address("41791234567"),
        service_address: address("8282"),
        channel: "carrier".into(),
        hops: 0,
        kind: CallbackKind::IncomingMessage,
        state,
        created_at: NOW,
        due_at: NOW,
        attempts: 3,
        failing_since: Some(NOW),
        detached: false,
        subscribe: None,
    }
}

/// The running gateway.
pub(crate) struct World {
    pub(crate) state: ApiState,
    pub(crate) router: Router,
    pub(crate) stored: Arc<Stored>,
    pub(crate) live: Live,
    pub(crate) ready: Readiness,
    engine: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    inlet: Inlet,
}

impl World {
    pub(crate) fn new() -> World {
        World::refusing(None)
    }

    /// With an engine that takes nothing, for this reason.
    pub(crate) fn refusing(reason: Option<NotTaken>) -> World {
        World::with(directory(), reason)
    }

    /// With another configuration.
    pub(crate) fn with(directory: Directory, reason: Option<NotTaken>) -> World {
        let (inlet, live, ready) = (Inlet::new(), Live::new(), Readiness::default());
        let stored = Arc::new(Stored::default());
        let stop = Arc::new(AtomicBool::new(false));
        let engine = {
            let (inlet, stored, stop) = (inlet.clone(), Arc::clone(&stored), Arc::clone(&stop));
            std::thread::spawn(move || run_engine(&inlet, &stored, &stop, reason.as_ref()))
        };
        ready.set_serving();
        let parts = Parts {
            inlet: inlet.clone(),
            live: live.clone(),
            directory: DirectoryHandle::new(Arc::new(directory)),
            operator_token: Secret::new("root-token"),
            feed: FeedHandle::new(),
            phones: None,
            public_url: "http://127.0.0.1:8080".into(),
            demo: false,
            started_at: NOW,
            clock: Arc::new(|| NOW),
            ready: ready.clone(),
        };
        let state = ApiState::new(parts, stored.clone());
        World { router: api::router(state.clone()), state, stored, live, ready, engine: Some(engine), stop, inlet }
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.ask(request("GET", token, path, None)).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, json: &str) -> Reply {
        self.ask(request("POST", token, path, Some(json))).await
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes the engine; nothing waits for the answer.
        self.inlet.tell(Event::CancelAsked { asker: Asker::Operator, messages: vec![] });
        let ended = self.engine.take().expect("it is taken here only").join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A request with a Bearer token, unless that is empty.
pub(crate) fn request(method: &str, token: &str, path: &str, json: Option<&str>) -> Request<Body> {
    let mut builder = Request::builder().method(method).uri(path);
    if !token.is_empty() {
        builder = builder.header("authorization", format!("Bearer {token}"));
    }
    if json.is_some() {
        builder = builder.header("content-type", "application/json");
    }
    builder.body(json.map_or_else(Body::empty, |json| Body::from(json.to_owned()))).unwrap()
}

type Kept = BTreeMap<(String, String), ([u8; 16], Vec<SentMessage>)>;

fn run_engine(inlet: &Inlet, stored: &Stored, stop: &AtomicBool, refuse: Option<&NotTaken>) {
    let kept = Mutex::new(Kept::new());
    while !stop.load(Ordering::Acquire) {
        let arrivals = inlet.take(Duration::from_millis(100));
        stored.signals.lock().unwrap().extend(arrivals.signals);
        for envelope in arrivals.events {
            let result = match refuse {
                Some(reason) => Err(reason.clone()),
                None => Ok(decide(stored, &kept, envelope.event)),
            };
            if let Some(ticket) = envelope.ticket {
                ticket(result);
            }
        }
    }
}

fn decide(stored: &Stored, kept: &Mutex<Kept>, event: Event) -> Outcome {
    stored.events.lock().unwrap().push(event.clone());
    match event {
        Event::SendAsked(send) => {
            let mut kept = kept.lock().unwrap();
            let key = send.idempotency.as_ref().map(|i| (send.account.to_string(), i.key.clone()));
            if let (Some(key), Some(idempotency)) = (&key, &send.idempotency)
                && let Some((fingerprint, messages)) = kept.get(key)
            {
                return if *fingerprint == idempotency.fingerprint {
                    Outcome::Sent { messages: messages.clone(), repeated: true }
                } else {
                    Outcome::Refused(Refusal::KeyReused)
                };
            }
            if send.text.is_empty() && send.session_event.is_none() {
                return Outcome::Refused(Refusal::EmptyText);
            }
            let is_out = |to: &&Address| stored.opt_outs.lock().unwrap().contains_key(&send.opt_out_key(to));
            if send.in_reply_to.is_none()
                && let Some(to) = send.to.iter().find(is_out)
            {
                return Outcome::Refused(Refusal::OptedOut { to: to.to_string() });
            }
            let Some(from) = send.from.clone() else { return Outcome::Refused(Refusal::NoSender) };
            let mut messages = Vec::new();
            for to in &send.to {
                let mut row = mt(stored.messages.lock().unwrap().len() as u16 + 1, &send.account, "");
                row.message.application = send.application.clone();
                (row.message.from, row.message.to) = (from.clone(), to.clone());
                row.message.text = send.text.clone();
                let segments = send.text.len().div_ceil(160) as u8;
                row.message.segments = segments;
                messages.push(SentMessage { id: row.message.id, segments, scheduled: send.send_at.is_some() });
                stored.add(row);
            }
            if let (Some(key), Some(idempotency)) = (key, send.idempotency) {
                kept.insert(key, (idempotency.fingerprint, messages.clone()));
            }
            Outcome::Sent { messages, repeated: false }
        }
        Event::CancelAsked { asker, messages } => {
            let own = |row: &MessageRow| match &asker {
                Asker::Operator => true,
                Asker::Account(key) => row.message.account.as_ref() == Some(key),
                Asker::Application(id) => row.message.application.as_ref() == Some(id),
            };
            let rows = stored.messages.lock().unwrap();
            Outcome::Cancelled {
                count: messages.iter().filter_map(|stamp| rows.get(stamp)).filter(|row| own(row)).count(),
            }
        }
        Event::ReplayAsked { asker, callback } => {
            let callbacks = stored.callbacks.lock().unwrap();
            let own = callbacks.get(&callback).filter(|record| match &asker {
                Asker::Operator => true,
                Asker::Account(key) => directory().applications[&record.application].account == *key,
                Asker::Application(id) => record.application == *id,
            });
            match own {
                None => Outcome::Refused(Refusal::NotFound),
                Some(record) if record.state == CallbackState::Pending => Outcome::Refused(Refusal::StillPending),
                Some(_) => Outcome::Done,
            }
        }
        Event::OptOutAsked { account, address_type, address, out } => {
            let entry = OptOut { account, address_type, address, created_at: NOW, message: None };
            let mut ledger = stored.opt_outs.lock().unwrap();
            match (ledger.remove(&entry.key()), out) {
                (None, false) => Outcome::Refused(Refusal::NotFound),
                (Some(before), false) => Outcome::OptOut(before),
                (before, true) => {
                    let is_new = before.is_none();
                    ledger.insert(entry.key(), before.unwrap_or_else(|| entry.clone()));
                    if is_new { Outcome::OptOut(entry) } else { Outcome::Refused(Refusal::OptOutExists) }
                }
            }
        }
        Event::CloseSessionsAsked { phones, .. } => Outcome::Closed { count: phones.len() },
        _ => Outcome::Done,
    }
}
