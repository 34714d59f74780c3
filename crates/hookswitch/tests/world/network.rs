//! A network over SMPP: delivers texts of phones, each phone one after the other, again and again until they are
//! acknowledged, as real networks do; takes submits and, if that is its habit, sends receipts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smpp::{Address, Bind, BindEvent, Latin1, Limits, ShortMessage, SmscOptions, Status, Tag};

/// `esm_class` of a receipt (SMPP 3.4 §5.2.12).
const RECEIPT: u8 = 0x04;

/// How it goes about things.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// Most deliveries without an acknowledgement.
    pub window: usize,
    /// How long it waits for each before it delivers again, in milliseconds; 0 waits as long as the link lasts.
    pub patience_ms: u64,
    /// The `message_state` in the receipt for its `n`th submit (SMPP 3.4 §5.2.28), if it sends one.
    pub receipt: fn(u64) -> Option<u8>,
    /// How it answers a submit for a phone.
    pub answer: fn(&str) -> Status,
}

impl Default for Habits {
    fn default() -> Habits {
        Habits { window: 20, patience_ms: 0, receipt: |_| None, answer: |_| Status::ROK }
    }
}

/// A text of a phone.
#[derive(Clone, Debug)]
pub struct Text {
    /// The network's identity of it, the same whenever it is delivered again.
    pub id: String,
    pub phone: String,
    pub text: String,
}

/// What it has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Ids of acknowledged texts, in the order of their acknowledgement.
    pub acknowledged: Vec<String>,
    /// Deliveries made, repetitions included.
    pub deliveries: usize,
    /// Deliveries refused for now.
    pub refused: usize,
    /// With which statuses.
    pub refusals: BTreeSet<u32>,
    /// Phone and text of every submit.
    pub submits: Vec<(String, String)>,
    /// Binds accepted.
    pub binds: usize,
    /// Deliveries that were open when a connection was lost, summed up.
    pub open_at_loss: usize,
}

#[derive(Default)]
struct State {
    waiting: BTreeMap<String, VecDeque<Text>>,
    others: VecDeque<ShortMessage>,
    seen: Seen,
}

/// A delivery without its acknowledgement.
enum Open {
    TextOf(String),
    Other(Box<ShortMessage>),
}

/// A running network; it ends with the process.
#[derive(Clone)]
pub struct Network {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Network {
    pub fn start() -> Network {
        Network::with(Habits::default())
    }

    pub fn with(habits: Habits) -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        let state = network.state.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let Some(mut connection) = Connection::new(socket, habits) else { continue };
                connection.run(&state);
                let State { others, seen, .. } = &mut *state.lock().unwrap();
                seen.open_at_loss += connection.open.len();
                others.extend(connection.open.into_values().filter_map(|open| match open {
                    Open::Other(message) => Some(*message),
                    Open::TextOf(_) => None,
                }));
            }
        });
        network
    }

    /// A phone sends a text.
    pub fn send(&self, text: Text) {
        self.state.lock().unwrap().waiting.entry(text.phone.clone()).or_default().push_back(text);
    }

    /// Something else is delivered: a receipt, one segment of a long text.
    pub fn deliver(&self, message: ShortMessage) {
        self.state.lock().unwrap().others.push_back(message);
    }

    pub fn seen(&self) -> Seen {
        self.state.lock().unwrap().seen.clone()
    }

    /// Texts not yet acknowledged.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting.values().map(VecDeque::len).sum()
    }

    /// Receipts and other things not yet delivered.
    pub fn others_waiting(&self) -> usize {
        self.state.lock().unwrap().others.len()
    }
}

struct Connection {
    socket: TcpStream,
    bind: Bind,
    started: Instant,
    habits: Habits,
    open: BTreeMap<u64, Open>,
    busy: BTreeSet<String>,
    next: u64,
}

impl Connection {
    fn new(socket: TcpStream, habits: Habits) -> Option<Connection> {
        socket.set_nodelay(true).ok()?;
        socket.set_read_timeout(Some(Duration::from_millis(2))).ok()?;
        let usual = Limits::default();
        let patience_ms = if habits.patience_ms == 0 { usual.response_timeout_ms } else { habits.patience_ms };
        let limits = Limits { window: habits.window, response_timeout_ms: patience_ms, ..usual };
        let options = SmscOptions { system_id: Latin1::from(&b"network"[..]), limits };
        let bind = Bind::smsc(options, 0).ok()?;
        Some(Connection {
            socket,
            bind,
            started: Instant::now(),
            habits,
            open: BTreeMap::new(),
            busy: BTreeSet::new(),
            next: 0,
        })
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Runs until the connection is lost.
    fn run(&mut self, state: &Mutex<State>) {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.deliver(state);
            let mut out = Vec::new();
            self.bind.take_output(&mut out);
            if self.socket.write_all(&out).is_err() {
                return;
            }
            match self.socket.read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => {
                    let now = self.now();
                    self.bind.receive(&buffer[..count], now);
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    if self.habits.patience_ms > 0 {
                        let now = self.now();
                        self.bind.timeout(now);
                    }
                }
                Err(_) => return,
            }
            while let Some(event) = self.bind.poll_event() {
                self.take(event, state);
            }
        }
    }

    fn deliver(&mut self, state: &Mutex<State>) {
        if !self.bind.is_bound() {
            return;
        }
        let mut state = state.lock().unwrap();
        let State { waiting, others, seen } = &mut *state;
        let now = self.now();
        while self.open.len() < self.habits.window
            && let Some(other) = others.pop_front()
        {
            self.next += 1;
            self.bind.deliver(self.next, &other, now).unwrap();
            self.open.insert(self.next, Open::Other(Box::new(other)));
        }
        for (phone, texts) in waiting.iter() {
            if self.open.len() >= self.habits.window {
                return;
            }
            let Some(text) = texts.front().filter(|_| !self.busy.contains(phone)) else { continue };
            self.next += 1;
            // What it once gave up is still open to the machine, and takes up its window.
            if self.bind.deliver(self.next, &mo(text), now).is_err() {
                return;
            }
            self.open.insert(self.next, Open::TextOf(phone.clone()));
            self.busy.insert(phone.clone());
            seen.deliveries += 1;
        }
    }

    fn take(&mut self, event: BindEvent, state: &Mutex<State>) {
        let now = self.now();
        match event {
            BindEvent::BindAsked(_) => {
                self.bind.accept_bind(now).unwrap();
                state.lock().unwrap().seen.binds += 1;
            }
            BindEvent::DeliverAnswered { token, status, .. } => {
                let Some(open) = self.open.remove(&token) else { return };
                let State { waiting, others, seen } = &mut *state.lock().unwrap();
                let phone = match open {
                    Open::TextOf(phone) => phone,
                    Open::Other(message) => {
                        others.extend((status != Status::ROK).then_some(*message));
                        return;
                    }
                };
                self.busy.remove(&phone);
                if status == Status::ROK {
                    let text = waiting.get_mut(&phone).and_then(VecDeque::pop_front).unwrap();
                    seen.acknowledged.push(text.id);
                } else {
                    seen.refused += 1;
                    seen.refusals.insert(status.0);
                }
            }
            BindEvent::DeliverTimedOut { token } => {
                let State { others, .. } = &mut *state.lock().unwrap();
                match self.open.remove(&token) {
                    Some(Open::TextOf(phone)) => drop(self.busy.remove(&phone)),
                    Some(Open::Other(message)) => others.push_back(*message),
                    None => {}
                }
            }
            BindEvent::SubmitAsked { handle, submit } => {
                let State { others, seen, .. } = &mut *state.lock().unwrap();
                let phone = submit.destination.address.to_text();
                let status = (self.habits.answer)(&phone);
                if status != Status::ROK {
                    self.bind.respond_submit(handle, status, &Latin1::from(&b""[..]), now).unwrap();
                    return;
                }
                let text = String::from_utf8_lossy(submit.octets()).into_owned();
                seen.submits.push((phone.clone(), text));
                // Ids go on over all connections.
                let number = seen.submits.len() as u64;
                let id = format!("{number:08X}");
                self.bind.respond_submit(handle, Status::ROK, &Latin1::from(id.as_bytes()), now).unwrap();
                others.extend((self.habits.receipt)(number).map(|message_state| receipt(&phone, &id, message_state)));
            }
            _ => {}
        }
    }
}

/// A message from a phone to the service address.
pub fn from_phone(phone: &str, octets: &[u8]) -> ShortMessage {
    ShortMessage {
        source: Address { ton: 1, npi: 1, address: Latin1::from(phone.as_bytes()) },
        destination: Address { ton: 0, npi: 1, address: Latin1::from(&b"8282"[..]) },
        short_message: octets.to_vec(),
        ..ShortMessage::default()
    }
}

fn mo(text: &Text) -> ShortMessage {
    let mut message = from_phone(&text.phone, text.text.as_bytes());
    message.tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &Latin1::from(text.id.as_bytes())).unwrap();
    message
}

/// The network's word on a submit.
pub fn receipt(phone: &str, id: &str, message_state: u8) -> ShortMessage {
    let mut message = ShortMessage { esm_class: RECEIPT, ..from_phone(phone, b"") };
    message.tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &Latin1::from(id.as_bytes())).unwrap();
    message.tlvs.push_u8(Tag::MESSAGE_STATE, message_state);
    message
}
