//! House-keeping between turns: old days are dropped, overdue MTs are found, and what is going on is shown.

use domain::event::Event;
use domain::id::MessageId;
use domain::time::At;

use crate::inlet::Envelope;
use crate::limit::{OVERDUE_EVERY_MS, SWEEP_EVERY_MS};
use crate::runner::{RunError, Runner};

impl Runner {
    /// Old days go, outlived rows go, overdue MTs are found; each in small steps.
    pub(super) fn keep_house(&mut self, now_ms: u64) -> Result<(), RunError> {
        if self.draining_until_ms.is_some() {
            return Ok(());
        }
        let now = self.ports.clock.now();
        if now_ms >= self.sweep_at_ms {
            self.sweep_at_ms = now_ms + SWEEP_EVERY_MS;
            let days = i64::from(self.options.retention_days);
            let before = if days == 0 { At(i64::MIN) } else { At(now.0 - days * 86_400_000_000) };
            match self.ports.store.sweep(before, now) {
                Ok(swept) if swept.days > 0 => tracing::info!(days = swept.days, "dropped old days"),
                Ok(_) => {}
                Err(error) if error.is_fatal() => return Err(error.into()),
                Err(error) => tracing::warn!(%error, "old days could not be dropped; will try again"),
            }
        }
        if now_ms >= self.overdue_at_ms {
            let overdue = self.find_overdue(now, now_ms)?.into_iter();
            // What is being submitted right now is left to its answer.
            let overdue = overdue.filter(|message| !self.pace.is_under_way(*message));
            let events = overdue.map(|message| Envelope { event: Event::OutgoingDue { message }, ticket: None });
            self.process(events.collect())?;
        }
        Ok(())
    }

    fn find_overdue(&mut self, now: At, now_ms: u64) -> Result<Vec<MessageId>, RunError> {
        match self.ports.store.overdue(self.overdue_after, now) {
            Ok((overdue, next)) => {
                self.overdue_after = next;
                self.overdue_at_ms = if next.is_some() { now_ms } else { now_ms + OVERDUE_EVERY_MS };
                Ok(overdue)
            }
            Err(error) if error.is_fatal() => Err(error.into()),
            Err(error) => {
                tracing::warn!(%error, "overdue messages could not be looked for; will try again");
                self.overdue_at_ms = now_ms + OVERDUE_EVERY_MS;
                Ok(Vec::new())
            }
        }
    }

    /// Shows what is going on to those who look.
    pub(super) fn show(&mut self) {
        let now_ms = self.ports.clock.monotonic_ms();
        self.numbers.waiting = self.inlet.depth() as u64;
        self.live.update(|live| {
            live.engine = self.numbers;
            if live.store_trouble != self.trouble {
                live.store_trouble.clone_from(&self.trouble);
            }
            for (id, numbers) in self.lanes.numbers() {
                let app = match live.applications.get_mut(id) {
                    Some(app) => app,
                    None => live.applications.entry(id.clone()).or_default(),
                };
                app.pending = numbers.pending;
                app.in_flight = numbers.in_flight;
                app.breaker_open = numbers.breaker_open;
                app.succeeded = numbers.succeeded;
                app.failed = numbers.failed;
            }
            for app in live.applications.values_mut() {
                app.readers = 0;
            }
            for (id, (pending, readers)) in self.streams.numbers() {
                let app = live.applications.entry(id.clone()).or_default();
                app.pending += pending;
                app.readers = readers;
            }
            for (id, numbers) in self.pace.numbers(now_ms) {
                let channel = match live.channels.get_mut(id) {
                    Some(channel) => channel,
                    None => live.channels.entry(id.clone()).or_default(),
                };
                channel.links_up = numbers.links_up;
                channel.window = numbers.window;
                channel.window_used = numbers.window_used;
                channel.queued = numbers.queued;
                channel.submitted = numbers.submitted;
                channel.throttled = numbers.throttled;
                channel.limited_by = numbers.limited_by;
            }
        });
    }
}
