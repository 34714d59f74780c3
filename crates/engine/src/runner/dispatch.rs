//! What starts after the effects: attempts of lanes that are ready, submits that the windows and rates allow. What is
//! not in memory is read from the store first, for all of them at once.

use std::sync::Arc;

use domain::directory::{InDoubt, Name, SegmentMark};
use domain::event::{Event, Needs};
use domain::id::{CallbackId, Stamp};
use domain::outgoing::OutgoingState;
use domain::text::segment::{self, Encoding};
use domain::text::{coding, gsm7};
use domain::time::At;
use domain::view::View;

use crate::cache::{CallbackWork, MtWork};
use crate::inlet::Envelope;
use crate::lane::Start;
use crate::limit::STORE_PAUSE_MS;
use crate::pace::Turn;
use crate::port::{Attempt, StoreError, SubmitOrder};
use crate::runner::{RunError, Runner};

impl Runner {
    pub(super) fn dispatch(&mut self) -> Result<(), RunError> {
        if !self.may_start() || self.is_unreadable() {
            return Ok(());
        }
        self.start_attempts()?;
        self.feed_streams()?;
        self.start_submits(false)
    }

    /// Submits alone: a callback's place is free when its result is durable.
    pub(super) fn refill_windows(&mut self) -> Result<(), RunError> {
        if self.may_start() && !self.is_unreadable() { self.start_submits(true) } else { Ok(()) }
    }

    /// Nothing starts while draining, or while results wait for the store.
    pub(super) const fn may_start(&self) -> bool {
        self.draining_until_ms.is_none() && self.held.is_empty()
    }

    pub(super) fn is_unreadable(&self) -> bool {
        self.ports.clock.monotonic_ms() < self.unreadable_until_ms
    }

    fn start_attempts(&mut self) -> Result<(), RunError> {
        let mut starts = Vec::new();
        self.lanes.starts(self.ports.clock.monotonic_ms(), &mut starts);
        let missing: Vec<CallbackId> =
            starts.iter().map(|s| s.callback).filter(|id| self.works.callback(*id).is_none()).collect();
        if !missing.is_empty() {
            self.read_callbacks(&missing)?;
        }
        let mut unread = Vec::new();
        for start in starts {
            unread.extend(self.start_attempt(start));
        }
        // To the front again, the last one first, so that they keep their order.
        while let Some(start) = unread.pop() {
            self.lanes.not_started(start, true);
        }
        Ok(())
    }

    /// Gives the start back when it cannot be read for now.
    fn start_attempt(&mut self, start: Start) -> Option<Start> {
        let Some(work) = self.works.callback(start.callback) else {
            if self.is_unreadable() {
                return Some(start);
            }
            // Its record is damaged or gone: its lane stays, the operator is told.
            tracing::error!(callback = %start.callback, "HS-2012: a callback cannot be read; its lane waits");
            self.lanes.not_started(start, false);
            return None;
        };
        self.ports.client.start(Attempt {
            callback: work.callback.id,
            kind: work.callback.kind,
            phone: work.callback.phone.key(),
            number: work.callback.attempts + 1,
            application: start.application,
            request: work.request.clone(),
        });
        None
    }

    pub(super) fn read_callbacks(&mut self, missing: &[CallbackId]) -> Result<(), RunError> {
        let mut view = View::new(self.directory.clone());
        let needs = Needs { callbacks: missing.iter().copied().collect(), ..Needs::default() };
        let requests = match self.ports.store.load(&needs, &mut view) {
            Ok(()) => self.ports.store.requests(missing),
            Err(error) => Err(error),
        };
        let requests = match requests {
            Ok(requests) => requests,
            Err(StoreError::Corrupt(_)) if missing.len() > 1 => {
                return missing.iter().try_for_each(|id| self.read_callbacks(&[*id]));
            }
            Err(error) => return self.not_read(error),
        };
        for (id, request) in requests {
            if let Some(callback) = view.callbacks.remove(&id) {
                self.works.keep_callback(CallbackWork { callback, request });
            }
        }
        Ok(())
    }

    fn start_submits(&mut self, early: bool) -> Result<(), RunError> {
        let now_ms = self.ports.clock.monotonic_ms();
        let mut turns: Vec<(Name, Turn)> = Vec::new();
        self.pace.turns(now_ms, early, |channel, turn| turns.push((channel.clone(), turn)));
        if turns.is_empty() {
            return Ok(());
        }
        let missing: Vec<Stamp> =
            turns.iter().map(|(_, t)| t.message.stamp).filter(|s| self.works.mt(*s).is_none()).collect();
        if !missing.is_empty() {
            self.read_mts(&missing)?;
        }
        let now = self.ports.clock.now();
        let mut orders = Vec::with_capacity(turns.len());
        let (mut events, mut over) = (Vec::new(), Vec::new());
        for (channel, turn) in turns {
            let spec = self.directory.channels.get(&channel);
            let mark = spec.map_or(SegmentMark::Udh8, |c| c.segment_mark);
            let report = spec.is_none_or(|c| c.reports);
            let work = self.works.mt(turn.message.stamp);
            let is_over = work.is_some_and(|work| work.outgoing.valid_until <= now);
            let order = work.filter(|_| !is_over).and_then(|work| order(work, turn.link, mark, report, now));
            let Some(order) = order else {
                // It is over, has ended since it was queued, or cannot be read (which has been logged).
                if is_over {
                    events.push(Event::OutgoingDue { message: turn.message });
                    over.push((channel, turn.message));
                } else if work.is_none() && self.is_unreadable() {
                    self.pace.again(&channel, turn.message);
                } else {
                    self.pace.passed_over(&channel, turn.message);
                }
                continue;
            };
            if spec.is_some_and(|c| c.in_doubt == InDoubt::Hold) {
                events.push(Event::SubmitStarting { message: turn.message, segment: order.segment });
            }
            orders.push((channel, order));
        }
        // On channels that hold doubts the mark is durable before the first byte leaves.
        let envelopes = events.into_iter().map(|event| Envelope { event, ticket: None }).collect();
        self.process(envelopes)?;
        for (channel, message) in over {
            // A store in trouble or a clock that stepped back: it has not ended and keeps its place.
            if self.works.mt(message.stamp).is_some() {
                self.pace.again(&channel, message);
            } else {
                self.pace.passed_over(&channel, message);
            }
        }
        let stuck = !self.held.is_empty();
        for (channel, order) in orders {
            match self.ports.channels.get(&channel) {
                Some(port) if !stuck => port.submit(order),
                _ => self.pace.again(&channel, order.message),
            }
        }
        Ok(())
    }

    fn read_mts(&mut self, missing: &[Stamp]) -> Result<(), RunError> {
        let mut view = View::new(self.directory.clone());
        let needs = Needs { outgoing: missing.iter().copied().collect(), ..Needs::default() };
        let messages = match self.ports.store.load(&needs, &mut view) {
            Ok(()) => self.ports.store.messages(missing),
            Err(error) => Err(error),
        };
        let messages = match messages {
            Ok(messages) => messages,
            Err(StoreError::Corrupt(_)) if missing.len() > 1 => {
                return missing.iter().try_for_each(|stamp| self.read_mts(&[*stamp]));
            }
            Err(error) => return self.not_read(error),
        };
        for message in messages {
            if let Some(outgoing) = view.outgoing.remove(&message.id.stamp) {
                self.works.keep_mt(MtWork { outgoing, message: Arc::new(message) });
            }
        }
        Ok(())
    }

    /// Damage costs only the record; passing trouble costs only time: nothing starts for a while, and then all of it.
    pub(super) fn not_read(&mut self, error: StoreError) -> Result<(), RunError> {
        if error.is_fatal() {
            return Err(error.into());
        }
        if matches!(error, StoreError::Corrupt(_)) {
            tracing::error!(%error, "HS-2012: work could not be read");
        } else {
            tracing::warn!(%error, "work could not be read; will try again");
            self.unreadable_until_ms = self.ports.clock.monotonic_ms() + STORE_PAUSE_MS;
        }
        Ok(())
    }

    /// An attempt is over: its application has a place again, whatever the decision will be.
    pub(super) fn attempt_over(&mut self, callback: CallbackId, succeeded: bool) {
        let now_ms = self.ports.clock.monotonic_ms();
        if let Some(work) = self.works.callback(callback)
            && !self.is_streamed(&work.callback)
        {
            let application = work.callback.application.clone();
            self.lanes.attempt_over(&application, succeeded, now_ms, &mut self.mint);
        }
    }
}

/// The order for the next segment of a queued MT.
fn order(work: &MtWork, link: u16, mark: SegmentMark, report: bool, now: At) -> Option<SubmitOrder> {
    let (outgoing, message) = (&work.outgoing, &work.message);
    if outgoing.state != OutgoingState::Queued {
        return None;
    }
    let index = outgoing.next_segment()?;
    let total = outgoing.segments.len();
    // What is shown in a dialog is never split.
    let mark = if outgoing.ussd.is_some() { SegmentMark::Payload } else { mark };
    let (encoding, payload, mark) =
        if total == 1 { whole(&message.text, mark) } else { segment_of(&message.text, index, total, mark)? };
    Some(SubmitOrder {
        message: outgoing.id,
        link,
        segment: index as u8,
        segments: outgoing.segments.len() as u8,
        reference: (outgoing.id.stamp.counter() ^ outgoing.id.stamp.ms() as u16).wrapping_add(1),
        mark,
        from: message.from.clone(),
        to: message.to.clone(),
        encoding,
        payload,
        validity_ms: outgoing.valid_until.ms_since(now),
        priority: outgoing.priority,
        report: report && outgoing.ussd.is_none(),
        ussd: outgoing.ussd,
    })
}

/// The bytes of a text that is not split.
fn whole(text: &str, mark: SegmentMark) -> (Encoding, Vec<u8>, SegmentMark) {
    if let Ok(septets) = gsm7::encode(text) {
        return (Encoding::Gsm7, septets, mark);
    }
    let mut bytes = Vec::with_capacity(text.len() * 2);
    coding::encode_ucs2_into(text, &mut bytes);
    (Encoding::Ucs2, bytes, mark)
}

/// The bytes of one of several segments. The same text and the same options give the cuts that were counted when the
/// MT was accepted; should the channel's mark have changed since, the options are those that give as many segments.
fn segment_of(text: &str, index: usize, total: usize, mark: SegmentMark) -> Option<(Encoding, Vec<u8>, SegmentMark)> {
    [mark, SegmentMark::Udh8, SegmentMark::Udh16].into_iter().find_map(|mark| {
        let plan = segment::plan(text, domain::decide::split_options(mark)?).ok()?;
        (plan.segments.len() == total).then(|| (plan.encoding, plan.segments[index].payload(), mark))
    })
}
