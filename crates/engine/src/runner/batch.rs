//! Load → decide → commit for one batch, and what happens when the store refuses it.

use std::time::Instant;

use domain::callback::CallbackState;
use domain::decide::decide;
use domain::decision::{Change, Outcome};
use domain::event::{Event, MoContent, Needs};
use domain::note::{Entry, RequestBody};
use domain::outgoing::Outgoing;
use domain::time::At;
use domain::view::View;

use crate::cache::CallbackWork;
use crate::inlet::{Envelope, NotTaken};
use crate::limit::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, STEP_BACK_MS_MAX, STORE_PAUSE_MS};
use crate::port::StoreError;
use crate::runner::{RunError, Runner};

/// A decided event: what it changed, as a range of the batch's changes, and what its asker is told.
pub(super) struct Decided {
    pub(super) envelope: Envelope,
    pub(super) outcome: Outcome,
    pub(super) changes: std::ops::Range<usize>,
    /// MTs it ended, as they were before.
    pub(super) ended: Vec<Outgoing>,
}

impl Runner {
    /// Decides events in batches, in order.
    pub(super) fn process(&mut self, events: Vec<Envelope>) -> Result<(), RunError> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        for envelope in events {
            let weight = weight(&envelope.event);
            if batch.len() >= BATCH_EVENTS_MAX || (bytes + weight > BATCH_BYTES_MAX && !batch.is_empty()) {
                self.batch(std::mem::take(&mut batch))?;
                bytes = 0;
            }
            bytes += weight;
            batch.push(envelope);
        }
        if batch.is_empty() { Ok(()) } else { self.batch(batch) }
    }

    fn batch(&mut self, batch: Vec<Envelope>) -> Result<(), RunError> {
        let mut view = View::new(self.directory.clone());
        if let Err(error) = self.load(&batch, &mut view) {
            return self.not_loaded(batch, error);
        }
        let now = self.ports.clock.now();
        let mut changes = Vec::with_capacity(batch.len() * 3);
        let mut decided = Vec::with_capacity(batch.len());
        for envelope in batch {
            let decision = decide(&view, &envelope.event, now, &mut self.mint);
            let ended = decision.changes.iter().filter_map(|change| match change {
                Change::EndOutgoing { id, .. } => view.outgoing.get(&id.stamp).cloned(),
                _ => None,
            });
            let ended = ended.collect();
            view.apply(&decision.changes);
            let start = changes.len();
            changes.extend(decision.changes);
            decided.push(Decided { envelope, outcome: decision.outcome, changes: start..changes.len(), ended });
        }
        self.order_callbacks(&mut changes);
        self.place_lines(&mut changes);
        let works = self.render(&mut changes, now);
        if !changes.is_empty() {
            let started = Instant::now();
            let committed = self.ports.store.commit(now, &changes);
            let took_us = started.elapsed().as_micros() as u64;
            if let Err(error) = committed {
                return self.not_committed(decided, error);
            }
            self.numbers.commits += 1;
            self.numbers.commit_us += took_us;
            self.numbers.commit_us_max = self.numbers.commit_us_max.max(took_us);
        }
        self.numbers.events += decided.len() as u64;
        if self.trouble.take().is_some() {
            tracing::info!("the store takes work again");
        }
        self.effects(decided, &changes, works, &view, now);
        Ok(())
    }

    /// Fills the view: from memory what is there, the rest from the store.
    fn load(&mut self, batch: &[Envelope], view: &mut View) -> Result<(), StoreError> {
        let mut needs = Needs::default();
        for envelope in batch {
            envelope.event.needs(&mut needs);
        }
        let works = &self.works;
        needs.callbacks.retain(|id| match works.callback(*id) {
            Some(work) => {
                view.callbacks.insert(*id, work.callback.clone());
                false
            }
            None => true,
        });
        needs.outgoing.retain(|stamp| match works.mt(*stamp) {
            Some(work) => {
                view.outgoing.insert(*stamp, work.outgoing.clone());
                false
            }
            None => true,
        });
        let phones = &mut self.phones;
        needs.phones.retain(|key| match phones.get(key) {
            Some(record) => {
                if let Some(record) = record {
                    view.phones.insert(key.clone(), record);
                }
                false
            }
            None => true,
        });
        if needs.is_empty() {
            return Ok(());
        }
        self.ports.store.load(&needs, view)?;
        for key in needs.phones {
            let record = view.phones.get(&key).cloned();
            self.phones.put(key, record);
        }
        Ok(())
    }

    /// Gives new and replayed callbacks times that grow strictly, in the order of their commits, also when the clock
    /// steps back: after a restart lanes are rebuilt in the order of these times.
    fn order_callbacks(&mut self, changes: &mut [Change]) {
        for change in changes {
            let Change::PutCallback(callback) = change else { continue };
            if callback.state != CallbackState::Pending || callback.attempts > 0 || callback.detached {
                continue;
            }
            let next = At(self.last_owed_at.0.saturating_add(1));
            // A clock that was far ahead by mistake is not followed for ever.
            if next.ms_since(callback.created_at) <= STEP_BACK_MS_MAX {
                callback.created_at = callback.created_at.max(next);
            }
            self.last_owed_at = callback.created_at;
        }
    }

    /// Has the contracts make the bytes of new callbacks; returns those callbacks with their bytes, for their first
    /// attempt from memory.
    fn render(&self, changes: &mut [Change], now: At) -> Vec<CallbackWork> {
        let mut rendered = Vec::new();
        for change in changes.iter_mut() {
            let (Change::AddMessage { entries, .. } | Change::AddEntries { entries, .. }) = change else { continue };
            for entry in entries {
                if let Entry::CallbackMade { id, application, request, .. } = entry
                    && let RequestBody::Told(event) = request
                    && let Some(application) = self.applications.get(application)
                {
                    let bytes = self.ports.contracts.render(event, application, *id, now);
                    rendered.push((*id, bytes.clone()));
                    *request = RequestBody::Rendered(bytes);
                }
            }
        }
        rendered.sort_unstable_by_key(|(id, _)| *id);
        let mut works = Vec::with_capacity(rendered.len());
        for change in changes.iter() {
            if let Change::PutCallback(callback) = change
                && let Ok(found) = rendered.binary_search_by_key(&callback.id, |(id, _)| *id)
            {
                works.push(CallbackWork { callback: callback.clone(), request: rendered[found].1.clone() });
            }
        }
        works
    }

    /// A damaged record stops only the event that needs it: the batch is halved until it stands alone.
    fn not_loaded(&mut self, mut batch: Vec<Envelope>, error: StoreError) -> Result<(), RunError> {
        if error.is_fatal() {
            refuse(batch, &error);
            return Err(error.into());
        }
        if matches!(error, StoreError::Corrupt(_)) {
            if batch.len() > 1 {
                let second = batch.split_off(batch.len() / 2);
                self.batch(batch)?;
                return self.batch(second);
            }
            tracing::error!(%error, "HS-2012: an event could not be decided because a record it needs is damaged");
            refuse(batch, &error);
            return Ok(());
        }
        self.wait_for_store(batch, &error);
        Ok(())
    }

    fn not_committed(&mut self, decided: Vec<Decided>, error: StoreError) -> Result<(), RunError> {
        self.numbers.commits_failed += 1;
        let batch: Vec<Envelope> = decided.into_iter().map(|d| d.envelope).collect();
        if error.is_fatal() || matches!(error, StoreError::Corrupt(_)) {
            refuse(batch, &error);
            return Err(error.into());
        }
        self.wait_for_store(batch, &error);
        Ok(())
    }

    /// Nothing is durable: who waits for an answer is refused for now, results of work under way are kept and decided
    /// again.
    fn wait_for_store(&mut self, batch: Vec<Envelope>, error: &StoreError) {
        if self.trouble.is_none() {
            tracing::error!(%error, "HS-2013: the store takes no work; refusing for now and trying again");
        }
        self.trouble = Some(error.to_string());
        let (outside, own): (Vec<Envelope>, Vec<Envelope>) = batch.into_iter().partition(|e| e.ticket.is_some());
        refuse(outside, error);
        self.held.extend(own);
        self.hold_until_ms = self.ports.clock.monotonic_ms() + STORE_PAUSE_MS;
    }
}

fn refuse(batch: Vec<Envelope>, error: &StoreError) {
    for envelope in batch {
        if let Some(ticket) = envelope.ticket {
            ticket(Err(NotTaken::NotCommitted(error.to_string())));
        }
    }
}

/// What a fired value weighs in a batch, in bytes: its place and the name it shares.
const POINT_BYTES: usize = 48;

/// The bytes an event brings into a batch, roughly.
fn weight(event: &Event) -> usize {
    match event {
        Event::MoArrived(mo) => match &mo.content {
            MoContent::Whole { text, .. } => text.len(),
            MoContent::Segment { bytes, .. } => bytes.len(),
        },
        Event::SendAsked(send) => send.text.len() * send.to.len(),
        Event::AttemptEnded { outcome, .. } => outcome.record.body.len(),
        Event::MetricsFired { points, .. } => points.len() * POINT_BYTES,
        _ => 64,
    }
}
