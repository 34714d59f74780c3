//! The real engine over a store in memory that goes down on demand, for what only both together can show.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use channels::smpp::{Options, SmppChannel};
use domain::address::Address;
use domain::callback::{CallbackEvent, Rendered};
use domain::decision::{Change, Outcome};
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use domain::event::{Event, Needs, Send};
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::secret::Secret;
use domain::stream::StreamKind;
use domain::time::At;
use domain::view::View;
use engine::inlet::Inlet;
use engine::live::Live;
use engine::page::{MessageQuery, MessageRow, PAGE_ROWS_MAX};
use engine::port::{
    Attempt, Browse, CallbackClient, Changed, Clock, Contracts, Feed, Signal, Store, StoreError, Swept, Unfinished,
};
use engine::runner::{Options as EngineOptions, Ports, Runner};
use store::memory::{MemoryBrowse, MemoryStore};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// A running gateway with one SMPP channel, `carrier`, that serves 8282.
pub(crate) struct Gateway {
    pub(crate) inlet: Inlet,
    pub(crate) browse: MemoryBrowse,
    /// Runs the channel.
    _runtime: Runtime,
    /// While true no commit works.
    pub(crate) store_is_down: Arc<AtomicBool>,
    shutdown: watch::Sender<bool>,
    engine: Option<std::thread::JoinHandle<()>>,
}

impl Gateway {
    /// Starts with a rate of its own, 0 for none.
    pub(crate) fn start(options: Options, rate: u32) -> Gateway {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (inlet, live, shutdown) = (Inlet::new(), Live::new(), watch::Sender::new(false));
        let (id, handle) = (options.id.clone(), runtime.handle());
        let channel = SmppChannel::start(options, inlet.clone(), live.clone(), handle, shutdown.subscribe()).unwrap();
        let (store, browse) = MemoryStore::new();
        let store_is_down = Arc::new(AtomicBool::new(false));
        let mut channels: BTreeMap<_, Box<dyn engine::port::Channel>> = BTreeMap::new();
        channels.insert(id, Box::new(channel));
        let ports = Ports {
            store: Box::new(Fragile { store, is_down: store_is_down.clone() }),
            contracts: Box::new(Nobody),
            client: Box::new(Nobody),
            channels,
            feed: Box::new(Nobody),
            clock: Box::new(Clocks(Instant::now())),
        };
        let engine_options = EngineOptions { seed: 1, retention_days: 0 };
        let runner = Runner::start(ports, engine_options, directory(rate), inlet.clone(), live).unwrap();
        let engine = std::thread::spawn(move || runner.run().unwrap());
        Gateway { inlet, browse, _runtime: runtime, store_is_down, shutdown, engine: Some(engine) }
    }

    /// Sends a text and waits until it is accepted.
    pub(crate) fn send(&self, to: &str, text: &str) {
        let (told, said) = std::sync::mpsc::channel();
        let send = Send {
            account: "acme".into(),
            application: None,
            from: Some(Address::parse("8282").unwrap()),
            to: vec![Address::parse(to).unwrap()],
            text: text.into(),
            send_at: None,
            validity_ms: None,
            priority: 0,
            tells: false,
            opens_session: false,
            idempotency: None,
            in_reply_to: None,
            session_event: None,
            metadata: None,
            address_type: None,
        };
        self.inlet.post(Event::SendAsked(send), Box::new(move |result| told.send(result).unwrap()));
        assert!(matches!(said.recv().unwrap(), Ok(Outcome::Sent { .. })));
    }

    /// All messages there are.
    pub(crate) fn messages(&self) -> Vec<MessageRow> {
        let mut rows = Vec::new();
        let mut before = None;
        loop {
            let query = MessageQuery { before, limit: PAGE_ROWS_MAX, ..MessageQuery::default() };
            let page = self.browse.messages(&query).unwrap();
            rows.extend(page.rows);
            match page.next {
                Some(next) => before = Some(Stamp(next.try_into().unwrap())),
                None => return rows,
            }
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.shutdown.send_replace(true);
        self.inlet.signal(Signal::Drain);
        let ended = self.engine.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()), "the engine failed");
    }
}

fn directory(rate: u32) -> Arc<Directory> {
    let address = Address::parse("8282").unwrap();
    let account = Account { key: "acme".into(), tokens: Vec::new(), concurrency: None };
    let application = Application {
        id: "weather".into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9/".into(),
        api_key: Secret::new("key"),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 1000 },
        order_hold_ms: 1000,
        concurrency: 1,
        timeout_ms: 1000,
        report_queued: false,
        vumi: None,
    };
    let channel = Channel {
        id: "carrier".into(),
        kind: "smpp",
        addresses: vec![address.clone()],
        in_doubt: InDoubt::Hold,
        segment_mark: SegmentMark::Udh8,
        reports: false,
        rate,
        validity_ms: 3_600_000,
        dedupe_ms: 3_600_000,
        reassembly_ms: 60_000,
        ussd: None,
    };
    // Nobody texts it: what comes is stored and leads nowhere.
    let route = Route {
        application: "weather".into(),
        address,
        keyword: Some("unheard-of".into()),
        matching: KeywordMatch::Exact,
        session: false,
        session_ms: 0,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    };
    Arc::new(Directory::new(vec![account], vec![application], vec![channel], vec![route]))
}

struct Fragile {
    store: MemoryStore,
    is_down: Arc<AtomicBool>,
}

impl Store for Fragile {
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
        self.store.load(needs, view)
    }

    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError> {
        match self.is_down.load(Ordering::SeqCst) {
            true => Err(StoreError::Unavailable("it is down".into())),
            false => self.store.commit(at, changes),
        }
    }

    fn unfinished(&mut self, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError> {
        self.store.unfinished(take)
    }

    fn last_stamp(&mut self) -> Result<Stamp, StoreError> {
        self.store.last_stamp()
    }

    fn messages(&mut self, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError> {
        self.store.messages(stamps)
    }

    fn requests(&mut self, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError> {
        self.store.requests(callbacks)
    }

    fn streamed(
        &mut self,
        application: &str,
        stream: StreamKind,
        after: At,
        limit: usize,
    ) -> Result<Vec<(At, CallbackId)>, StoreError> {
        self.store.streamed(application, stream, after, limit)
    }

    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
        self.store.overdue(after, now)
    }

    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError> {
        self.store.sweep(before, now)
    }
}

/// There are no callbacks in these tests, and nobody watches.
struct Nobody;

impl Contracts for Nobody {
    fn render(&self, event: &CallbackEvent, _: &Application, _: CallbackId, _: At) -> Rendered {
        panic!("a callback: {event:?}")
    }
}

impl CallbackClient for Nobody {
    fn start(&self, attempt: Attempt) {
        panic!("an attempt: {attempt:?}")
    }
}

impl Feed for Nobody {
    fn is_watched(&self) -> bool {
        false
    }

    fn publish(&self, _: Vec<Changed>) {}
}

struct Clocks(Instant);

impl Clock for Clocks {
    fn now(&self) -> At {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        At(i64::try_from(since.as_micros()).unwrap())
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}
