//! Measures what a commit costs on this machine: CPU of the committing thread and wall time for each MO accepted and
//! each MO answered, at several batch sizes, with every message from another phone.
//!
//! `cargo run --release -p store --example commit_cost -- FOLDER [page bytes] [index] [phones]`
//! With `index`, an index over (phone, message) is kept inside the commit, to be compared with the runs that
//! `sqlite/phones.rs` files. `phones` is how many phones are remembered before it starts.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::address::Address;
use domain::callback::{AttemptRecord, BodyType, Callback, CallbackKind, CallbackState, Rendered};
use domain::decision::Change;
use domain::directory::Name;
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::{Direction, Message, MessageState};
use domain::mint::Mint;
use domain::note::{Entry, NoteCode, RequestBody};
use domain::phone::{PhoneRecord, Seen};
use domain::time::At;
use domain::view::View;
use engine::page::MessageQuery;
use engine::port::{Browse, Store};
use store::sqlite::{Options, SqliteStore};

type Failure = Box<dyn std::error::Error>;

const NOW_MS: i64 = 1_795_000_000_000;
const MESSAGES: usize = 65_536;

struct World {
    mint: Mint,
    account: Name,
    application: Name,
    channel: Name,
    service_address: Address,
    url: Arc<str>,
}

struct Mo {
    message: MessageId,
    callback: CallbackId,
    phone: Address,
}

impl World {
    fn new() -> Result<World, Failure> {
        Ok(World {
            mint: Mint::new(Stamp(0), 7),
            account: "acme".into(),
            application: "weather".into(),
            channel: "carrier".into(),
            service_address: Address::parse("8282").map_err(|refusal| refusal.to_string())?,
            url: "http://127.0.0.1:9000/gateway".into(),
        })
    }

    fn phone(&mut self, phones: u64) -> Result<Address, Failure> {
        let number = 41_790_000_000 + self.mint.up_to(phones);
        Ok(Address::parse(&number.to_string()).map_err(|refusal| refusal.to_string())?)
    }

    fn remembered(&self, phone: &Address, message: MessageId) -> Change {
        let until = At::from_ms(NOW_MS + 86_400_000);
        let seen = vec![Seen { fingerprint: message.tail, until, message }];
        Change::PutPhone(PhoneRecord { seen, ..PhoneRecord::new(phone.key()) })
    }

    fn accepted(&mut self, now: At, phones: u64, changes: &mut Vec<Change>) -> Result<Mo, Failure> {
        let phone = self.phone(phones)?;
        let id = self.mint.message(now);
        let callback = self.mint.callback(id);
        let text = "what is the weather like in the mountains tomorrow morning, please?".to_owned();
        let body = format!("event=incoming_message&from_number={phone}&content={text}&{}", "x".repeat(300));
        let request = RequestBody::Rendered(Rendered { body_type: BodyType::Form, body: body.into_bytes().into() });
        let made = Entry::CallbackMade {
            id: callback,
            kind: CallbackKind::IncomingMessage,
            application: self.application.clone(),
            request,
        };
        let heard = ["carrier".into(), phone.to_string(), "8282".into(), "GSM-7".into()];
        let routed = ["weather".into(), "weather".into(), "starts-with".into(), "8282".into()];
        changes.push(Change::AddMessage {
            message: Message {
                id,
                direction: Direction::Mo,
                account: Some(self.account.clone()),
                application: Some(self.application.clone()),
                channel: self.channel.clone(),
                from: phone.clone(),
                to: self.service_address.clone(),
                text,
                created_at: now,
                parent: None,
                hops: 0,
                segments: 1,
            },
            state: MessageState::Received,
            entries: vec![Entry::note(NoteCode::Received, heard), Entry::note(NoteCode::RoutedByKeyword, routed), made],
        });
        changes.push(Change::PutCallback(Callback {
            id: callback,
            message: id,
            application: self.application.clone(),
            phone: phone.clone(),
            service_address: self.service_address.clone(),
            channel: self.channel.clone(),
            hops: 0,
            kind: CallbackKind::IncomingMessage,
            state: CallbackState::Pending,
            created_at: now,
            due_at: now,
            attempts: 0,
            failing_since: None,
            detached: false,
            subscribe: None,
        }));
        changes.push(self.remembered(&phone, id));
        Ok(Mo { message: id, callback, phone })
    }

    fn answered(&self, now: At, mo: &Mo, with_phone: bool, changes: &mut Vec<Change>) {
        let record = AttemptRecord {
            number: 1,
            started_at: now,
            took_ms: 12,
            url: self.url.clone(),
            status: Some(200),
            failure: None,
            detail: String::new(),
            content_type: "application/json".into(),
            body: "{\"body\": \"sunny, 12 degrees\"}".into(),
        };
        changes.push(Change::EndCallback { id: mo.callback });
        changes.push(Change::AddEntries {
            message: mo.message,
            state: Some(MessageState::Answered),
            entries: vec![
                Entry::Attempt { callback: mo.callback, record },
                Entry::note(NoteCode::Answered, ["one reply".into()]),
            ],
        });
        if with_phone {
            changes.push(self.remembered(&mo.phone, mo.message));
        }
    }
}

/// Nanoseconds this thread has run.
fn cpu_ns() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split_whitespace().next().ok_or("empty schedstat")?.parse()?)
}

struct Meter {
    cpu: u64,
    wall: Instant,
}

impl Meter {
    fn start() -> Result<Meter, Failure> {
        Ok(Meter { cpu: cpu_ns()?, wall: Instant::now() })
    }

    fn tell(&self, what: &str, count: usize) -> Result<(), Failure> {
        let (cpu, wall) = ((cpu_ns()? - self.cpu) as f64 / 1000.0, self.wall.elapsed().as_micros() as f64);
        let count = count as f64;
        writeln!(std::io::stdout(), "{what:<44} {:7.2} us CPU {:7.2} us wall", cpu / count, wall / count)?;
        Ok(())
    }
}

fn run_batches(store: &mut SqliteStore, world: &mut World, size: usize, phones: u64) -> Result<(), Failure> {
    let now = At::from_ms(NOW_MS);
    let rounds = MESSAGES / size;
    let (mut accepts, mut mos) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let mut changes = Vec::with_capacity(size * 3);
        for _ in 0..size {
            mos.push(world.accepted(now, phones, &mut changes)?);
        }
        accepts.push(changes);
    }
    let meter = Meter::start()?;
    for changes in &accepts {
        store.commit(now, changes)?;
    }
    meter.tell(&format!("batch {size}: MO accepted"), MESSAGES)?;

    let mut loads = Vec::new();
    let mut answers = Vec::new();
    for (round, mos) in mos.chunks(size).enumerate() {
        let (mut needs, mut changes) = (Needs::default(), Vec::with_capacity(size * 3));
        for mo in mos {
            needs.callbacks.insert(mo.callback);
            needs.phones.insert(mo.phone.key());
            world.answered(now.plus_ms(20), mo, round % 2 == 1, &mut changes);
        }
        loads.push(needs);
        answers.push(changes);
    }
    let meter = Meter::start()?;
    for needs in &loads {
        store.load(needs, &mut View::default())?;
    }
    meter.tell(&format!("batch {size}: load of callback and phone"), MESSAGES)?;
    for (round, what) in ["", ", phone too"].iter().enumerate() {
        let meter = Meter::start()?;
        for changes in answers.iter().skip(round).step_by(2) {
            store.commit(now, changes)?;
        }
        meter.tell(&format!("batch {size}: MO answered{what}"), MESSAGES / 2)?;
    }
    Ok(())
}

/// What a start with a million pending callbacks takes.
fn backlog(store: &mut SqliteStore, world: &mut World, phones: u64) -> Result<(), Failure> {
    let now = At::from_ms(NOW_MS);
    let meter = Meter::start()?;
    let count = 1_000_000;
    for _ in 0..count / 2_000 {
        let mut changes = Vec::new();
        for _ in 0..2_000 {
            world.accepted(now, phones, &mut changes)?;
        }
        store.commit(now, &changes)?;
    }
    meter.tell("backlog of 1,000,000, with its making", count)?;
    let (meter, mut found) = (Meter::start()?, 0);
    store.unfinished(&mut |_| found += 1)?;
    meter.tell(&format!("unfinished: {found} found, for each"), found)
}

fn search(browse: &impl Browse, world: &mut World, phones: u64) -> Result<(), Failure> {
    let (meter, searches, mut found) = (Meter::start()?, 20, 0);
    for _ in 0..searches {
        let phone = Some(world.phone(phones)?.key());
        found += browse.messages(&MessageQuery { phone, limit: 50, ..MessageQuery::default() })?.rows.len();
    }
    meter.tell(&format!("search by phone ({found} found in {searches})"), searches)
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name a folder for the store")?;
    let rest: Vec<String> = arguments.collect();
    let mut numbers = rest.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let page_bytes = numbers.next().unwrap_or(4096) as u32;
    let phones = numbers.next().unwrap_or(200_000);
    let path = Path::new(&folder).join("commit_cost.db");
    let (mut store, browse) = SqliteStore::open(&path, &Options { page_bytes, ..Options::default() })?;
    let mut world = World::new()?;
    let now = At::from_ms(NOW_MS);

    let mut first = Vec::new();
    world.accepted(now, phones, &mut first)?;
    store.commit(now, &first)?;
    if rest.iter().any(|argument| argument == "index") {
        let day = now.day();
        rusqlite::Connection::open(&path)?
            .execute_batch(&format!("CREATE INDEX by_phone ON message_{day}(phone, k)"))?;
    }
    let known: Vec<u64> = (0..phones).collect();
    for numbers in known.chunks(10_000) {
        let mut changes = Vec::new();
        for number in numbers {
            let phone = Address::parse(&(41_790_000_000 + number).to_string()).map_err(|r| r.to_string())?;
            changes.push(world.remembered(&phone, MessageId::new(Stamp::new(1, 0), *number)));
        }
        store.commit(now, &changes)?;
    }
    for size in [256, 1024, 256, 1024] {
        run_batches(&mut store, &mut world, size, phones)?;
    }
    if rest.iter().any(|argument| argument == "backlog") {
        backlog(&mut store, &mut world, phones)?;
    }
    search(&browse, &mut world, phones)
}
