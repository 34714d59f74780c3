//! A network over SMPP: delivers texts of phones, each phone one after the other, again and again until they are
//! acknowledged, as real networks do; takes submits and sends receipts.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smpp::{Address, Bind, BindEvent, Latin1, Limits, ShortMessage, SmscOptions, Status, Tag};

/// Most texts without an acknowledgement.
const WINDOW: usize = 20;

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
    seen: Seen,
}

/// A running network; it ends with the process.
#[derive(Clone)]
pub struct Network {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Network {
    pub fn start() -> Network {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let network = Network { port: listener.local_addr().unwrap().port(), state: Arc::default() };
        let state = network.state.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let open = Connection::new(socket).and_then(|mut c| c.run(&state));
                state.lock().unwrap().seen.open_at_loss += open.unwrap_or(0);
            }
        });
        network
    }

    /// A phone sends a text.
    pub fn send(&self, text: Text) {
        self.state.lock().unwrap().waiting.entry(text.phone.clone()).or_default().push_back(text);
    }

    pub fn seen(&self) -> Seen {
        self.state.lock().unwrap().seen.clone()
    }

    /// Texts not yet acknowledged.
    pub fn waiting(&self) -> usize {
        self.state.lock().unwrap().waiting.values().map(VecDeque::len).sum()
    }
}

struct Connection {
    socket: TcpStream,
    bind: Bind,
    started: Instant,
    open: BTreeMap<u64, String>,
    busy: BTreeSet<String>,
    next: u64,
}

impl Connection {
    fn new(socket: TcpStream) -> Option<Connection> {
        socket.set_nodelay(true).ok()?;
        socket.set_read_timeout(Some(Duration::from_millis(2))).ok()?;
        let limits = Limits { window: 64, ..Limits::default() };
        let options = SmscOptions { system_id: Latin1::from(&b"network"[..]), limits };
        let bind = Bind::smsc(options, 0).ok()?;
        Some(Connection {
            socket,
            bind,
            started: Instant::now(),
            open: BTreeMap::new(),
            busy: BTreeSet::new(),
            next: 0,
        })
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Runs until the connection is lost; how many deliveries were open then.
    fn run(&mut self, state: &Mutex<State>) -> Option<usize> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            self.deliver(state);
            let mut out = Vec::new();
            self.bind.take_output(&mut out);
            if self.socket.write_all(&out).is_err() {
                return Some(self.open.len());
            }
            match self.socket.read(&mut buffer) {
                Ok(0) => return Some(self.open.len()),
                Ok(count) => {
                    let now = self.now();
                    self.bind.receive(&buffer[..count], now);
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return Some(self.open.len()),
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
        let State { waiting, seen } = &mut *state;
        for (phone, texts) in waiting.iter() {
            if self.open.len() >= WINDOW {
                return;
            }
            let Some(text) = texts.front().filter(|_| !self.busy.contains(phone)) else { continue };
            let now = self.now();
            self.next += 1;
            self.bind.deliver(self.next, &mo(text), now).unwrap();
            self.open.insert(self.next, phone.clone());
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
                let Some(phone) = self.open.remove(&token) else { return };
                self.busy.remove(&phone);
                let State { waiting, seen } = &mut *state.lock().unwrap();
                if status == Status::ROK {
                    let text = waiting.get_mut(&phone).and_then(VecDeque::pop_front).unwrap();
                    seen.acknowledged.push(text.id);
                } else {
                    seen.refused += 1;
                    seen.refusals.insert(status.0);
                }
            }
            BindEvent::SubmitAsked { handle, submit } => {
                self.next += 1;
                let id = Latin1::from(format!("{:08X}", self.next).as_bytes());
                self.bind.respond_submit(handle, Status::ROK, &id, now).unwrap();
                let phone = submit.destination.address.to_text();
                let text = String::from_utf8_lossy(submit.octets()).into_owned();
                state.lock().unwrap().seen.submits.push((phone, text));
            }
            _ => {}
        }
    }
}

fn mo(text: &Text) -> ShortMessage {
    let mut message = ShortMessage {
        source: Address { ton: 1, npi: 1, address: Latin1::from(text.phone.as_bytes()) },
        destination: Address { ton: 0, npi: 1, address: Latin1::from(&b"8282"[..]) },
        short_message: text.text.as_bytes().to_vec(),
        ..ShortMessage::default()
    };
    message.tlvs.push_text(Tag::RECEIPTED_MESSAGE_ID, &Latin1::from(text.id.as_bytes())).unwrap();
    message
}
