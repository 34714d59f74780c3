//! Streams in a seeded world: whatever breaks, crashes and comes back, a reader that says what it has gets every line
//! after it, once and in order.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::address::Address;
use domain::answer::Answer;
use domain::callback::{AttemptOutcome, AttemptRecord, CallbackEvent, Rendered};
use domain::decision::Outcome;
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark, Vumi,
};
use domain::event::{Event, Mo, MoContent};
use domain::id::{CallbackId, MessageId};
use domain::mint::Mint;
use domain::secret::Secret;
use domain::stream::StreamKind;
use domain::time::At;
use engine::inlet::Inlet;
use engine::live::Live;
use engine::port::{Attempt, Browse, CallbackClient, Changed, Clock, Contracts, Feed, Line, Signal, StreamReader};
use engine::runner::{Options, Ports, Runner};
use store::memory::{MemoryBrowse, MemoryStore};

const SEEDS: u64 = 400;
const STEPS: u64 = 120;

struct Dialect;

impl Contracts for Dialect {
    fn render(&self, event: &CallbackEvent, application: &Application, id: CallbackId, at: At) -> Rendered {
        contracts::render(event, application, id, at)
    }
}

struct Nobody;

impl CallbackClient for Nobody {
    fn start(&self, attempt: Attempt) {
        panic!("what is streamed is never attempted: {attempt:?}")
    }
}

impl Feed for Nobody {
    fn is_watched(&self) -> bool {
        false
    }

    fn publish(&self, _: Vec<Changed>) {}
}

struct Now(Arc<Mutex<u64>>);

impl Clock for Now {
    fn now(&self) -> At {
        At::from_ms(1_795_000_000_000 + *self.0.lock().expect("no panic here") as i64)
    }

    fn monotonic_ms(&self) -> u64 {
        *self.0.lock().expect("no panic here")
    }
}

/// One connection: what the gateway gave it and it has not written.
struct Connection {
    given: Mutex<VecDeque<Line>>,
    is_over: Mutex<bool>,
    inlet: Inlet,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a connection")
    }
}

impl Connection {
    /// Tells the gateway that a line is written.
    fn tell(&self, line: Line) {
        let Some((phone, attempts)) = line.told else { return };
        let record = AttemptRecord {
            number: attempts + 1,
            started_at: At(0),
            took_ms: 0,
            url: "stream".into(),
            status: Some(200),
            failure: None,
            detail: String::new(),
            content_type: String::new(),
            body: String::new(),
        };
        let outcome = AttemptOutcome { record, answer: Some(Answer::default()), retry_after_ms: None };
        self.inlet.tell(Event::AttemptEnded { callback: line.callback, phone, outcome });
    }
}

impl StreamReader for Connection {
    fn room(&self) -> usize {
        if *self.is_over.lock().expect("no panic here") {
            return 0;
        }
        8 - self.given.lock().expect("no panic here").len()
    }

    fn give(&self, line: Line) {
        self.given.lock().expect("no panic here").push_back(line);
    }

    /// What it writes in the very moment in which it is sent away nobody reads any more.
    fn leave(&self) {
        let mut given = self.given.lock().expect("no panic here");
        let written = given.len().div_ceil(2);
        given.drain(..written).for_each(|line| self.tell(line));
        *self.is_over.lock().expect("no panic here") = true;
    }
}

struct World {
    browse: MemoryBrowse,
    runner: Runner,
    inlet: Inlet,
    now_ms: Arc<Mutex<u64>>,
    chance: Mint,
    connection: Option<(u64, Arc<Connection>)>,
    readers: u64,
    is_dead: bool,
    /// What the client has, by message.
    got: Vec<MessageId>,
    /// What was acknowledged to the network, in the order of the commits.
    accepted: Arc<Mutex<Vec<MessageId>>>,
    posted: u64,
}

fn address(text: &str) -> Address {
    Address::parse(text).expect("the test gives addresses")
}

fn directory() -> Arc<Directory> {
    let account = Account { key: "acc".into(), tokens: Vec::new(), concurrency: None };
    let vumi = Vumi {
        tokens: Vec::new(),
        push_message_url: None,
        push_event_url: None,
        ignore_messages: false,
        ignore_events: false,
        content_length_limit: None,
        metric_store: "default".into(),
    };
    let application = Application {
        id: "conv".into(),
        account: "acc".into(),
        contract: Contract::Vumi,
        url: "".into(),
        api_key: Secret::new(""),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 300_000,
        concurrency: 1,
        timeout_ms: 5_000,
        report_queued: false,
        vumi: Some(Arc::new(vumi)),
    };
    let channel = Channel {
        id: "carrier".into(),
        kind: "smpp",
        addresses: vec![address("8282")],
        in_doubt: InDoubt::Resubmit,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: 86_400_000,
        dedupe_ms: 0,
        reassembly_ms: 0,
        ussd: None,
    };
    let route = Route {
        application: "conv".into(),
        address: address("8282"),
        keyword: None,
        matching: KeywordMatch::Exact,
        session: false,
        session_ms: 0,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    };
    Arc::new(Directory::new(vec![account], vec![application], vec![channel], vec![route]))
}

fn owner(store: MemoryStore, seed: u64, now_ms: &Arc<Mutex<u64>>) -> (Runner, Inlet) {
    let inlet = Inlet::new();
    let ports = Ports {
        store: Box::new(store),
        contracts: Box::new(Dialect),
        client: Box::new(Nobody),
        channels: BTreeMap::new(),
        feed: Box::new(Nobody),
        clock: Box::new(Now(now_ms.clone())),
    };
    let options = Options { seed, retention_days: 0 };
    let runner = Runner::start(ports, options, directory(), inlet.clone(), Live::new()).expect("it starts");
    (runner, inlet)
}

impl World {
    fn new(seed: u64) -> World {
        let (store, browse) = MemoryStore::new();
        let now_ms = Arc::new(Mutex::new(0));
        let (runner, inlet) = owner(store, seed, &now_ms);
        World {
            browse,
            runner,
            inlet,
            now_ms,
            chance: Mint::new(domain::id::Stamp(0), seed),
            connection: None,
            readers: 0,
            is_dead: false,
            got: Vec::new(),
            accepted: Arc::default(),
            posted: 0,
        }
    }

    fn turn(&mut self) {
        *self.now_ms.lock().expect("no panic here") += 1;
        self.runner.turn(self.inlet.take(Duration::ZERO)).expect("the store works");
    }

    fn text(&mut self) {
        self.posted += 1;
        let event = Event::MoArrived(Mo {
            channel: "carrier".into(),
            network_id: None,
            from: address(&format!("4179000000{}", self.chance.up_to(4))),
            to: address("8282"),
            content: MoContent::Whole { text: format!("text {}", self.posted), encoding: "GSM-7" },
            complaints: Vec::new(),
            session_event: None,
            dialog: None,
        });
        let accepted = self.accepted.clone();
        let ticket = Box::new(move |answer| {
            if let Ok(Outcome::Accepted { message }) = answer {
                accepted.lock().expect("no panic here").push(message);
            }
        });
        self.inlet.post(event, ticket);
    }

    /// The connection writes some of what it has; the client receives it unless the network between them is dead, which
    /// the gateway does not know.
    fn write(&mut self) {
        let Some((number, connection)) = self.connection.clone() else { return };
        let lines: Vec<Line> = {
            let mut given = connection.given.lock().expect("no panic here");
            let count = self.chance.up_to(given.len() as u64) as usize;
            given.drain(..count).collect()
        };
        for line in lines {
            let body: &str = std::str::from_utf8(&line.request.body).expect("JSON");
            let hex = body.split(r#""message_id":""#).nth(1).and_then(|rest| rest.get(..32)).expect("an id");
            let message = MessageId::from_u128(u128::from_str_radix(hex, 16).expect("hexadecimal digits"));
            if !self.is_dead {
                self.got.push(message);
            }
            connection.tell(line);
        }
        self.inlet.signal(Signal::StreamRoom { reader: number });
    }

    /// The gateway finds a dead connection, sometimes.
    fn find(&mut self) {
        if self.is_dead
            && let Some((reader, _)) = self.connection
        {
            self.inlet.signal(Signal::StreamClosed { reader });
        }
    }

    fn connect(&mut self) {
        if self.connection.is_some() && !self.is_dead {
            return;
        }
        self.is_dead = false;
        let place = |message: &MessageId| {
            let range = CallbackId::new(message.stamp, 0)..=CallbackId::new(message.stamp, u64::MAX);
            self.browse.streamed_at("conv", StreamKind::Messages, range).expect("it can be read").expect("it was told")
        };
        let after = Some(self.got.last().map_or(At(0), place));
        self.readers += 1;
        let inlet = self.inlet.clone();
        let connection = Arc::new(Connection { given: Mutex::default(), is_over: Mutex::default(), inlet });
        self.connection = Some((self.readers, connection.clone()));
        self.inlet.signal(Signal::StreamOpened {
            application: "conv".into(),
            stream: StreamKind::Messages,
            reader: self.readers,
            after,
            to: connection,
        });
    }

    /// The process dies with everything that was on its way.
    fn crash(&mut self) {
        let seed = self.chance.up_to(u64::MAX >> 1);
        let (runner, inlet) = owner(self.browse.crash(), seed, &self.now_ms);
        (self.runner, self.inlet) = (runner, inlet);
        self.connection = None;
        self.is_dead = false;
    }

    fn step(&mut self) {
        match self.chance.up_to(19) {
            0..=5 => self.text(),
            6..=9 => self.turn(),
            10..=14 => self.write(),
            15 => self.is_dead = true,
            16 => self.find(),
            17 | 18 => self.connect(),
            _ => self.crash(),
        }
    }
}

#[test]
fn a_reader_that_says_what_it_has_misses_nothing_and_gets_nothing_twice() {
    let (mut lines, mut lives) = (0, 0);
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            world.step();
        }
        world.turn();
        world.connect();
        for _ in 0..400 {
            world.turn();
            world.write();
        }
        world.turn();
        let accepted = world.accepted.lock().expect("no panic here").clone();
        assert_eq!(world.got, accepted, "seed {seed}");
        assert!(world.runner.is_idle(), "seed {seed}: every line is delivered");
        lines += accepted.len();
        lives += world.readers;
    }
    assert!(lines > 5_000 && lives > 1_000, "{lines} lines over {lives} connections");
}
