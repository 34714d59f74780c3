//! What the tests of channels share: a fake engine behind a real inlet, a runtime, and waiting with a deadline.

pub(crate) mod gateway;
pub(crate) mod raw;
pub(crate) mod relay;
pub(crate) mod scripted;

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use channels::simulator::{Operator, OperatorOptions};
use channels::smpp::{Endpoint, Options, SmppChannel, Waits};
use domain::address::Address;
use domain::decision::Outcome;
use domain::directory::{Name, SegmentMark};
use domain::event::{Event, Mo};
use domain::id::{MessageId, Stamp};
use domain::report::Report;
use domain::secret::Secret;
use domain::text::segment::Encoding;
use engine::inlet::{Inlet, NotTaken, Ticket};
use engine::live::{LinkStatus, Live};
use engine::port::{Channel, Signal, SubmitAnswer, SubmitOrder};
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// How long anything may take before a test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// What the fake engine does with the ticket of an event.
pub(crate) enum Say {
    Now(Result<Outcome, NotTaken>),
    /// Keep the ticket until the test asks for it.
    Later,
    /// Drop the ticket without a word.
    Nothing,
}

pub(crate) fn accepted() -> Say {
    Say::Now(Ok(Outcome::Accepted { message: message(0) }))
}

#[derive(Default)]
pub(crate) struct Record {
    pub(crate) mos: Vec<Mo>,
    pub(crate) reports: Vec<(String, Report)>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) tickets: Vec<Ticket>,
}

impl Record {
    /// Answers to orders, by the number of the order.
    pub(crate) fn answers(&self) -> Vec<(u64, SubmitAnswer)> {
        let ended = self.signals.iter().filter_map(|signal| match signal {
            Signal::SubmitEnded { message, answer, .. } => Some((message.stamp.ms(), answer.clone())),
            _ => None,
        });
        ended.collect()
    }

    pub(crate) fn answer(&self, order: u64) -> Option<SubmitAnswer> {
        let mut answers = self.answers().into_iter().filter(|(number, _)| *number == order);
        let first = answers.next().map(|(_, answer)| answer);
        assert!(answers.next().is_none(), "order {order} was answered twice");
        first
    }

    pub(crate) fn count(&self, is_it: fn(&Signal) -> bool) -> usize {
        self.signals.iter().filter(|signal| is_it(signal)).count()
    }
}

/// The fake engine: takes from the inlet on a thread of its own.
pub(crate) struct Engine {
    pub(crate) inlet: Inlet,
    shared: Arc<(Mutex<Record>, Condvar)>,
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl Engine {
    pub(crate) fn start(mut say: impl FnMut(&Event) -> Say + Send + 'static) -> Engine {
        let engine = Engine { inlet: Inlet::new(), shared: Arc::default(), stop: Arc::default() };
        let (inlet, shared, stop) = (engine.inlet.clone(), engine.shared.clone(), engine.stop.clone());
        std::thread::spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let arrivals = inlet.take(Duration::from_millis(20));
                let mut record = shared.0.lock().unwrap();
                record.signals.extend(arrivals.signals);
                for envelope in arrivals.events {
                    let said = say(&envelope.event);
                    match envelope.event {
                        Event::MoArrived(mo) => record.mos.push(mo),
                        Event::ReportArrived { phone, report, .. } => {
                            record.reports.push((phone.to_string(), report));
                        }
                        other => panic!("{other:?}"),
                    }
                    let ticket = envelope.ticket.expect("a channel waits for every event");
                    match said {
                        Say::Now(result) => ticket(result),
                        Say::Later => record.tickets.push(ticket),
                        Say::Nothing => drop(ticket),
                    }
                }
                shared.1.notify_all();
            }
        });
        engine
    }

    pub(crate) fn record(&self) -> MutexGuard<'_, Record> {
        self.shared.0.lock().unwrap()
    }

    /// Waits until the record has what is looked for.
    pub(crate) fn wait<T>(&self, what: &str, mut look: impl FnMut(&mut Record) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        let mut record = self.record();
        loop {
            if let Some(found) = look(&mut record) {
                return found;
            }
            let left = until
                .checked_duration_since(Instant::now())
                .unwrap_or_else(|| panic!("in vain: {what}; signals {:?}, {} MOs", record.signals, record.mos.len()));
            record = self.shared.1.wait_timeout(record, left).unwrap().0;
        }
    }

    pub(crate) fn wait_answer(&self, order: u64) -> SubmitAnswer {
        self.wait(&format!("the answer to order {order}"), |record| record.answer(order))
    }

    pub(crate) fn wait_up(&self, times: usize) {
        self.wait("a link that is up", |record| {
            (record.count(|signal| matches!(signal, Signal::LinkUp { .. })) >= times).then_some(())
        });
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

/// A runtime, an engine, and what a channel needs besides.
pub(crate) struct World {
    pub(crate) runtime: Runtime,
    pub(crate) engine: Engine,
    pub(crate) live: Live,
    pub(crate) shutdown: watch::Sender<bool>,
}

impl World {
    pub(crate) fn new(say: impl FnMut(&Event) -> Say + Send + 'static) -> World {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        World { runtime, engine: Engine::start(say), live: Live::new(), shutdown: watch::Sender::new(false) }
    }

    /// One that takes everything at once.
    pub(crate) fn taking() -> World {
        World::new(|_| accepted())
    }

    pub(crate) fn operator(&self, options: OperatorOptions) -> Operator {
        self.runtime.block_on(Operator::listen("127.0.0.1:0", options)).unwrap()
    }

    pub(crate) fn channel(&self, options: Options) -> SmppChannel {
        let (inlet, live) = (self.engine.inlet.clone(), self.live.clone());
        SmppChannel::start(options, inlet, live, self.runtime.handle(), self.shutdown.subscribe()).unwrap()
    }

    pub(crate) fn stop(&self, channel: &SmppChannel) {
        self.shutdown.send_replace(true);
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, channel.ended()).await }).expect("it ends");
    }

    pub(crate) fn link(&self, link: u16) -> Option<LinkStatus> {
        self.live.snapshot().channels.get("carrier")?.links.get(&link).cloned()
    }

    pub(crate) fn wait_state(&self, link: u16, state: &str) -> LinkStatus {
        eventually(&format!("link {link} is {state}"), || {
            self.link(link).filter(|status| status.state == state).ok_or_else(|| format!("{:?}", self.link(link)))
        })
    }
}

/// Looks again and again until it is so.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let until = Instant::now() + PATIENCE;
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if Instant::now() > until => panic!("in vain: {what}; {seen}"),
            // waits: the live state and the simulator's counts tell nobody when they change.
            Err(_) => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// A channel named `carrier` that reconnects fast.
pub(crate) fn options(port: u16) -> Options {
    let endpoint = Endpoint { host: "127.0.0.1".into(), port };
    let waits = Waits { backoff_min_ms: 20, backoff_max_ms: 100, ..Waits::default() };
    Options { waits, ..Options::new(Name::from("carrier"), endpoint, "hookswitch", Secret::new("secret")) }
}

pub(crate) fn message(number: u64) -> MessageId {
    MessageId::new(Stamp::new(number, 0), 1)
}

/// A one-segment order on link 0.
pub(crate) fn order(number: u64, to: &str, text: &str) -> SubmitOrder {
    SubmitOrder {
        message: message(number),
        link: 0,
        segment: 0,
        segments: 1,
        reference: 1,
        mark: SegmentMark::Udh8,
        from: Address::parse("8282").unwrap(),
        to: Address::parse(to).unwrap(),
        encoding: Encoding::Gsm7,
        payload: domain::text::gsm7::encode(text).unwrap(),
        validity_ms: 86_400_000,
        priority: 0,
        report: true,
        ussd: None,
    }
}

/// Submits a long text as the engine does.
pub(crate) fn submit_text(channel: &SmppChannel, number: u64, to: &str, text: &str, mark: SegmentMark) {
    let plan = domain::text::segment::plan(text, domain::text::segment::Options::default()).unwrap();
    for (index, segment) in plan.segments.iter().enumerate() {
        channel.submit(SubmitOrder {
            segment: u8::try_from(index).unwrap(),
            segments: u8::try_from(plan.segments.len()).unwrap(),
            reference: number as u16,
            mark,
            encoding: plan.encoding,
            payload: segment.payload(),
            ..order(number, to, "")
        });
    }
}
