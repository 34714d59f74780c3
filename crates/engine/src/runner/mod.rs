//! The owner's loop: take what arrived, decide it in batches, run the effects, start what may start.
//!
//! [`Runner::turn`] never waits for anything but the store; [`Runner::run`] is the thread around it. A simulation
//! calls `turn` itself, with clocks of its own.
//!
//! `batch.rs` is load → decide → commit, `effects.rs` what follows from committed changes, `dispatch.rs` what starts.
//! `house.rs` is what is done between turns.

mod batch;
mod dispatch;
mod effects;
mod house;
mod stream;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::address::AddressKey;
use domain::callback::{Callback, CallbackState};
use domain::directory::{Application, Directory, InDoubt, Name, Teller};
use domain::event::{Event, LateAnswer, SubmitResult};
use domain::id::{MessageId, Stamp};
use domain::mint::Mint;
use domain::outgoing::{Outgoing, OutgoingState, SegmentState};
use domain::phone::PhoneRecord;
use domain::time::At;

use crate::cache::{Recent, Works};
use crate::due::{Due, DueItem};
use crate::inlet::{Arrivals, Envelope, Inlet};
use crate::lane::Lanes;
use crate::limit::{DRAIN_MS, OVERDUE_EVERY_MS, PHONES_CACHED_MAX, SLEEP_MS_MAX, SWEEP_EVERY_MS};
use crate::live::{EngineLive, Live};
use crate::pace::Pace;
use crate::port::{
    CallbackClient, Channel, Clock, Contracts, Feed, Signal, Store, StoreError, SubmitAnswer, Unfinished,
};
use crate::stream::Streams;

/// What the engine works with.
pub struct Ports {
    /// The record of what was accepted.
    pub store: Box<dyn Store>,
    /// Makes the bytes of callbacks.
    pub contracts: Box<dyn Contracts>,
    /// Makes attempts.
    pub client: Box<dyn CallbackClient>,
    /// By channel id.
    pub channels: BTreeMap<Name, Box<dyn Channel>>,
    /// Told of commits.
    pub feed: Box<dyn Feed>,
    /// The clocks.
    pub clock: Box<dyn Clock>,
}

/// Settings of an owner.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Chance.
    pub seed: u64,
    /// How long finished messages are kept, in days; 0 keeps them for ever.
    pub retention_days: u32,
}

/// The owner of all shards of one store.
pub struct Runner {
    ports: Ports,
    options: Options,
    directory: Arc<Directory>,
    inlet: Inlet,
    live: Live,
    mint: Mint,
    lanes: Lanes,
    pace: Pace,
    streams: Streams,
    /// Whether any application has streams: mostly none has, and nobody need ask.
    has_streams: bool,
    due: Due,
    works: Works,
    phones: Recent<AddressKey, Option<PhoneRecord>>,
    /// Work results that a full store could not take: they are decided again before anything new.
    held: Vec<Envelope>,
    hold_until_ms: u64,
    numbers: EngineLive,
    trouble: Option<String>,
    sweep_at_ms: u64,
    overdue_at_ms: u64,
    overdue_after: Option<Stamp>,
    draining_until_ms: Option<u64>,
    /// Applications as configured now or, when they are gone, as they were: what their last answers cause still needs
    /// a contract.
    applications: BTreeMap<Name, Arc<Application>>,
    /// The time given to the callback owed last.
    last_owed_at: At,
    /// Nothing starts before: what should have started could not be read.
    unreadable_until_ms: u64,
}

/// Why an owner ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The store failed in a way after which nothing more may be acknowledged (HS-2011).
    #[error("HS-2011: the gateway stops because the store failed: {0}")]
    Store(#[from] StoreError),
}

impl Runner {
    /// Takes over a store: finds its unfinished work and makes it due again.
    pub fn start(
        mut ports: Ports,
        options: Options,
        directory: Arc<Directory>,
        inlet: Inlet,
        live: Live,
    ) -> Result<Runner, RunError> {
        let last = ports.store.last_stamp()?;
        let now_ms = ports.clock.monotonic_ms();
        let mut runner = Runner {
            mint: Mint::new(last, options.seed),
            lanes: Lanes::default(),
            pace: Pace::default(),
            streams: Streams::default(),
            has_streams: false,
            due: Due::default(),
            works: Works::default(),
            phones: Recent::new(PHONES_CACHED_MAX),
            held: Vec::new(),
            hold_until_ms: 0,
            numbers: EngineLive::default(),
            trouble: None,
            sweep_at_ms: now_ms + SWEEP_EVERY_MS,
            overdue_at_ms: now_ms + OVERDUE_EVERY_MS,
            overdue_after: None,
            draining_until_ms: None,
            applications: BTreeMap::new(),
            last_owed_at: At(i64::MIN),
            unreadable_until_ms: 0,
            ports,
            options,
            directory,
            inlet,
            live,
        };
        runner.configure();
        runner.recover()?;
        runner.show();
        Ok(runner)
    }

    /// Runs until drained or the store fails. `Drain` ends it.
    pub fn run(mut self) -> Result<(), RunError> {
        loop {
            let arrivals = self.inlet.take(self.patience());
            self.turn(arrivals)?;
            if self.is_drained() {
                return Ok(());
            }
        }
    }

    /// One turn: signals, what is due, all events in batches, then starts.
    pub fn turn(&mut self, arrivals: Arrivals) -> Result<(), RunError> {
        let now_ms = self.ports.clock.monotonic_ms();
        let mut events = Vec::new();
        if now_ms >= self.hold_until_ms {
            events.append(&mut self.held);
        }
        for signal in arrivals.signals {
            self.take_signal(signal, now_ms, &mut events)?;
        }
        for envelope in &arrivals.events {
            if let Event::AttemptEnded { callback, outcome, .. } = &envelope.event {
                self.attempt_over(*callback, outcome.answer.is_some());
            }
        }
        events.extend(arrivals.events);
        self.take_due(&mut events);
        // Windows that answers have freed need not wait for this turn's commit, unless it may bring a segment that waits
        // to be submitted again: that need not be, or goes first.
        if !events.iter().any(|envelope| matches!(envelope.event, Event::AnsweredLate { .. })) {
            self.refill_windows()?;
        }
        self.process(events)?;
        self.dispatch()?;
        self.keep_house(now_ms)?;
        self.show();
        Ok(())
    }

    /// How long there is nothing to do unless something arrives.
    pub fn patience(&self) -> Duration {
        let now = self.ports.clock.now();
        let now_ms = self.ports.clock.monotonic_ms();
        let due_ms = self.due.next_at().map_or(SLEEP_MS_MAX, |at| (at.0 - now.0).max(0).div_euclid(1000) as u64 + 1);
        let lines = self.streams.has_work().then_some(now_ms);
        let starts = [self.lanes.next_start_ms(now_ms), self.pace.next_ms(now_ms), lines];
        let start_ms = starts.into_iter().flatten().min().map(|at| at.max(self.unreadable_until_ms));
        let wait_ms = [start_ms.filter(|_| self.may_start()), self.held_ms()]
            .into_iter()
            .flatten()
            .map(|at| at.saturating_sub(now_ms).max(1))
            .min();
        let due_now = self.due.next_at().is_some_and(|at| at <= now);
        if due_now {
            return Duration::ZERO;
        }
        Duration::from_millis(due_ms.min(wait_ms.unwrap_or(SLEEP_MS_MAX)).min(SLEEP_MS_MAX))
    }

    /// True when draining is over.
    pub fn is_drained(&self) -> bool {
        let Some(until_ms) = self.draining_until_ms else { return false };
        let idle = self.lanes.in_flight() == 0
            && self.streams.in_flight() == 0
            && self.pace.in_flight() == 0
            && self.held.is_empty();
        let quiet = idle && self.inlet.depth() == 0;
        quiet || self.ports.clock.monotonic_ms() >= until_ms
    }

    /// True when nothing is owed, queued or under way: no work is left in memory.
    pub fn is_idle(&self) -> bool {
        self.held.is_empty()
            && self.lanes.is_idle()
            && self.streams.is_idle()
            && self.pace.is_idle()
            && self.works.is_empty()
    }

    fn held_ms(&self) -> Option<u64> {
        (!self.held.is_empty()).then_some(self.hold_until_ms)
    }

    fn configure(&mut self) {
        let applications = self.directory.applications.iter();
        self.applications.extend(applications.map(|(id, application)| (id.clone(), application.clone())));
        self.has_streams = self.applications.values().any(|application| application.has_streams());
        self.lanes.configure(&self.directory);
        self.pace.configure(&self.directory);
    }

    /// Makes unfinished work due again. A submit that may have been written before the stop is in doubt now.
    fn recover(&mut self) -> Result<(), RunError> {
        let now = self.ports.clock.now();
        let mut owed = Vec::new();
        let mut last_line = At(i64::MIN);
        let mut doubts = Vec::new();
        let (pace, due, directory, lanes) = (&mut self.pace, &mut self.due, &self.directory, &mut self.lanes);
        let (streams, applications) = (&mut self.streams, &self.applications);
        let is_streamed = |callback: &Callback| {
            let application = applications.get(&callback.application);
            application.is_some_and(|application| application.teller(callback.kind) == Teller::Stream)
        };
        self.ports.store.unfinished(&mut |unfinished| match unfinished {
            Unfinished::Callback(callback) if callback.state != CallbackState::Pending => {}
            Unfinished::Callback(callback) if is_streamed(&callback) => {
                last_line = last_line.max(callback.created_at);
                streams.owe(&callback);
            }
            Unfinished::Callback(callback) => {
                owed.push(lanes.owed(&callback));
            }
            Unfinished::Outgoing(outgoing) => match (doubtful(&outgoing, directory), outgoing.state) {
                (Some(doubt), _) => doubts.push(doubt),
                (None, OutgoingState::Scheduled) => due.push(outgoing.due_at, DueItem::Outgoing(outgoing.id)),
                (None, _) => pace.queue(&outgoing),
            },
            Unfinished::Phone { phone, due_at } => due.set_phone(&phone, Some(due_at)),
        })?;
        // Within a lane, the order in which they were committed.
        owed.sort_unstable_by_key(|owed| (owed.created_at, owed.callback));
        if let Some(last) = owed.last() {
            self.last_owed_at = last.created_at;
        }
        self.last_owed_at = self.last_owed_at.max(last_line);
        for owed in &owed {
            self.lanes.owe(owed, now, &mut self.due);
        }
        let events = doubts.into_iter().map(|event| Envelope { event, ticket: None }).collect();
        self.process(events)
    }

    fn take_signal(&mut self, signal: Signal, now_ms: u64, events: &mut Vec<Envelope>) -> Result<(), RunError> {
        match signal {
            Signal::LinkUp { channel, link, window } => self.pace.link_up(&channel, link, window),
            Signal::LinkDown { channel, link } => self.pace.link_down(&channel, link),
            Signal::SubmitEnded { channel, message, segment, answer, .. } => {
                self.take_answer(channel, message, segment, answer, now_ms, events);
            }
            Signal::AnsweredLate { channel, message, segment, answer } => {
                let answer = match answer {
                    SubmitAnswer::Taken { network_id, spellings } => LateAnswer::Taken { network_id, spellings },
                    SubmitAnswer::Refused { reason } => LateAnswer::Refused { reason },
                    SubmitAnswer::Throttled { reason }
                    | SubmitAnswer::Temporary { reason }
                    | SubmitAnswer::NotSent { reason } => LateAnswer::NotTaken { reason },
                    SubmitAnswer::Unknown { .. } => return Ok(()),
                };
                let event = Event::AnsweredLate { message, segment, answer, channel };
                events.push(Envelope { event, ticket: None });
            }
            Signal::StreamOpened { application, stream, reader, after, to } => {
                self.reader_came((application, stream), reader, after, to, events)?;
            }
            Signal::StreamRoom { .. } => {}
            Signal::StreamClosed { reader } => self.streams.closed(reader),
            Signal::Reload(directory) => {
                self.directory = directory;
                self.configure();
            }
            Signal::Drain => {
                self.inlet.close();
                self.draining_until_ms.get_or_insert(now_ms + DRAIN_MS);
            }
        }
        Ok(())
    }

    /// An answer that changes a record becomes an event; the others only move the pacing.
    fn take_answer(
        &mut self,
        channel: Name,
        message: MessageId,
        segment: u8,
        answer: SubmitAnswer,
        now_ms: u64,
        events: &mut Vec<Envelope>,
    ) {
        let Some(throttles) = self.pace.answered(&channel, message) else { return };
        let result = match answer {
            SubmitAnswer::Taken { network_id, spellings } => SubmitResult::Taken { network_id, spellings },
            SubmitAnswer::Refused { reason } => SubmitResult::Refused { reason },
            SubmitAnswer::Unknown { reason } => SubmitResult::Unknown { reason },
            SubmitAnswer::Throttled { .. } => return self.pace.throttled(&channel, message, now_ms),
            SubmitAnswer::Temporary { .. } => return self.pace.postponed(&channel, message, now_ms),
            SubmitAnswer::NotSent { .. } => return self.pace.again(&channel, message),
        };
        let event = Event::SubmitEnded { message, segment, result, throttles, channel };
        events.push(Envelope { event, ticket: None });
    }

    /// What has become due: either an event, or a lane that may go on.
    fn take_due(&mut self, events: &mut Vec<Envelope>) {
        let now = self.ports.clock.now();
        while let Some(item) = self.due.pop(now) {
            let event = match item {
                DueItem::Lane(position, phone) => {
                    self.lanes.lane_due(position, phone, now);
                    continue;
                }
                DueItem::Detached(position, callback) => {
                    self.lanes.detached_due(position, callback);
                    continue;
                }
                DueItem::LaneHold(position, phone, callback) => {
                    if !self.lanes.hold_due(position, phone, callback, now) {
                        continue;
                    }
                    Event::LaneHeld { callback }
                }
                DueItem::Phone(phone) => Event::PhoneDue { phone },
                DueItem::Outgoing(message) => Event::OutgoingDue { message },
            };
            events.push(Envelope { event, ticket: None });
        }
    }
}

/// The segment of an MT that may have been written without its answer having been recorded. On channels that
/// resubmit it is simply submitted again; on those that hold doubts it was marked beforehand.
fn doubtful(outgoing: &Outgoing, directory: &Directory) -> Option<Event> {
    let holds = directory.channels.get(&outgoing.channel).is_some_and(|c| c.in_doubt == InDoubt::Hold);
    let segment = outgoing.segments.iter().position(|s| *s == SegmentState::Submitting)?;
    if outgoing.state != OutgoingState::Queued || !holds {
        return None;
    }
    Some(Event::SubmitEnded {
        message: outgoing.id,
        segment: segment as u8,
        result: SubmitResult::Unknown { reason: "the gateway stopped before an answer came".to_owned() },
        throttles: 0,
        channel: outgoing.channel.clone(),
    })
}
