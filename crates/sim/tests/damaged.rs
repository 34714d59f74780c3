//! A damaged record costs the event that needs it, and nobody who came in the same batch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::address::{Address, AddressKey};
use domain::callback::{CallbackEvent, Rendered};
use domain::decision::{Change, Outcome};
use domain::directory::{Application, Directory};
use domain::event::{Event, Mo, MoContent, Needs};
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::Message;
use domain::stream::StreamKind;
use domain::time::At;
use domain::view::View;
use engine::inlet::{Inlet, NotTaken};
use engine::live::Live;
use engine::port::{Attempt, CallbackClient, Changed, Clock, Contracts, Feed, Store, StoreError, Swept, Unfinished};
use engine::runner::{Options, Ports, Runner};
use store::memory::MemoryStore;

/// A store in which the record of one phone cannot be read.
struct Damaged {
    inner: MemoryStore,
    phone: AddressKey,
}

impl Store for Damaged {
    fn load(&mut self, needs: &Needs, view: &mut View) -> Result<(), StoreError> {
        self.inner.load(needs, view)?;
        if needs.phones.contains(&self.phone) { Err(StoreError::Corrupt("its phone".into())) } else { Ok(()) }
    }

    fn commit(&mut self, at: At, changes: &[Change]) -> Result<(), StoreError> {
        self.inner.commit(at, changes)
    }

    fn unfinished(&mut self, take: &mut dyn FnMut(Unfinished)) -> Result<(), StoreError> {
        self.inner.unfinished(take)
    }

    fn last_stamp(&mut self) -> Result<Stamp, StoreError> {
        self.inner.last_stamp()
    }

    fn messages(&mut self, stamps: &[Stamp]) -> Result<Vec<Message>, StoreError> {
        self.inner.messages(stamps)
    }

    fn requests(&mut self, callbacks: &[CallbackId]) -> Result<Vec<(CallbackId, Rendered)>, StoreError> {
        self.inner.requests(callbacks)
    }

    fn streamed(
        &mut self,
        application: &str,
        stream: StreamKind,
        after: At,
        limit: usize,
    ) -> Result<Vec<(At, CallbackId)>, StoreError> {
        self.inner.streamed(application, stream, after, limit)
    }

    fn overdue(&mut self, after: Option<Stamp>, now: At) -> Result<(Vec<MessageId>, Option<Stamp>), StoreError> {
        self.inner.overdue(after, now)
    }

    fn sweep(&mut self, before: At, now: At) -> Result<Swept, StoreError> {
        self.inner.sweep(before, now)
    }
}

/// Neighbours that are never asked: nothing is routed here.
struct Nobody;

impl Contracts for Nobody {
    fn render(&self, event: &CallbackEvent, _: &Application, _: CallbackId, _: At) -> Rendered {
        panic!("nothing is routed, so nothing is told: {event:?}")
    }
}

impl CallbackClient for Nobody {
    fn start(&self, attempt: Attempt) {
        panic!("nothing is owed: {attempt:?}")
    }
}

impl Feed for Nobody {
    fn is_watched(&self) -> bool {
        false
    }

    fn publish(&self, _: Vec<Changed>) {}
}

impl Clock for Nobody {
    fn now(&self) -> At {
        At::from_ms(1_795_000_000_000)
    }

    fn monotonic_ms(&self) -> u64 {
        0
    }
}

fn mo(phone: &str) -> Event {
    let address = |text: &str| Address::parse(text).expect("the test gives addresses");
    Event::MoArrived(Mo {
        channel: "carrier".into(),
        network_id: None,
        from: address(phone),
        to: address("8282"),
        content: MoContent::Whole { text: "hello".into(), encoding: "GSM-7" },
        complaints: Vec::new(),
        session_event: None,
        dialog: None,
    })
}

#[test]
fn a_damaged_record_refuses_its_own_event_and_no_other() {
    let inlet = Inlet::new();
    let (inner, _) = MemoryStore::new();
    let phone = Address::parse("41790000007").expect("an address").key();
    let ports = Ports {
        store: Box::new(Damaged { inner, phone }),
        contracts: Box::new(Nobody),
        client: Box::new(Nobody),
        channels: BTreeMap::new(),
        feed: Box::new(Nobody),
        clock: Box::new(Nobody),
    };
    let options = Options { seed: 1, retention_days: 0 };
    let mut runner = Runner::start(ports, options, Arc::new(Directory::default()), inlet.clone(), Live::new())
        .expect("an empty store is taken over");
    let answers: Arc<Mutex<BTreeMap<u64, Result<Outcome, NotTaken>>>> = Arc::default();
    for number in 0..20 {
        let answers = answers.clone();
        let ticket = Box::new(move |answer| drop(answers.lock().expect("no test panics here").insert(number, answer)));
        inlet.post(mo(&format!("417900000{number:02}")), ticket);
    }
    runner.turn(inlet.take(Duration::ZERO)).expect("a damaged record ends nothing");
    let answers = answers.lock().expect("no test panics here");
    assert_eq!(answers.len(), 20, "everybody is answered");
    for (number, answer) in answers.iter() {
        match (number, answer) {
            (7, Err(NotTaken::NotCommitted(_))) => {}
            (7, other) => panic!("the event with the damaged record: {other:?}"),
            (_, Ok(Outcome::Accepted { .. })) => {}
            (other, answer) => panic!("{other}: {answer:?}"),
        }
    }
}
