//! What the owner does for streams: readers come and go, lines are handed out from memory or from the store.

use std::sync::Arc;

use domain::address::AddressKey;
use domain::answer::Answer;
use domain::callback::{AttemptOutcome, AttemptRecord, Callback};
use domain::decision::Change;
use domain::directory::{Name, Teller};
use domain::event::Event;
use domain::id::CallbackId;
use domain::stream::{StreamKind, Streamed};
use domain::time::At;

use crate::inlet::Envelope;
use crate::limit::STREAM_PAGE_LINES;
use crate::port::{Line, StreamReader};
use crate::runner::{RunError, Runner};
use crate::stream::{Offer, StreamKey, What};

impl Runner {
    /// True for what is read from a stream instead of being attempted.
    pub(super) fn is_streamed(&self, callback: &Callback) -> bool {
        if !self.has_streams {
            return false;
        }
        let application = self.applications.get(&callback.application);
        application.is_some_and(|application| application.teller(callback.kind) == Teller::Stream)
    }

    /// Gives each new line its place, in the commit that makes it.
    pub(super) fn place_lines(&self, changes: &mut Vec<Change>) {
        if !self.has_streams {
            return;
        }
        let mut lines = Vec::new();
        for change in changes.iter() {
            if let Change::PutCallback(callback) = change
                && callback.attempts == 0
                && self.is_streamed(callback)
            {
                let stream = StreamKind::of(callback.kind);
                let (application, at) = (callback.application.clone(), callback.created_at);
                lines.push(Change::AddStreamed(Streamed { application, stream, at, callback: callback.id }));
            }
        }
        changes.append(&mut lines);
    }

    /// Somebody reads; what it already has is delivered.
    pub(super) fn reader_came(
        &mut self,
        key: StreamKey,
        number: u64,
        after: Option<At>,
        to: Arc<dyn StreamReader>,
        events: &mut Vec<Envelope>,
    ) -> Result<(), RunError> {
        let had = self.streams.opened(key, number, after, to);
        let missing: Vec<CallbackId> = had.iter().copied().filter(|id| self.works.callback(*id).is_none()).collect();
        for page in missing.chunks(STREAM_PAGE_LINES) {
            self.read_callbacks(page)?;
        }
        for id in had {
            match self.works.callback(id).map(|work| (work.callback.phone.key(), work.callback.attempts)) {
                Some((phone, attempts)) => events.push(self.was_had(id, phone, attempts)),
                None => self.streams.not_given(id),
            }
        }
        Ok(())
    }

    fn was_had(&self, callback: CallbackId, phone: AddressKey, attempts: u32) -> Envelope {
        let record = AttemptRecord {
            number: attempts + 1,
            started_at: self.ports.clock.now(),
            took_ms: 0,
            url: "stream".into(),
            status: None,
            failure: None,
            detail: "the reader came back and has it".to_owned(),
            content_type: String::new(),
            body: String::new(),
        };
        let outcome = AttemptOutcome { record, answer: Some(Answer::default()), retry_after_ms: None };
        Envelope { event: Event::AttemptEnded { callback, phone, outcome }, ticket: None }
    }

    /// Hands out lines to readers with room.
    pub(super) fn feed_streams(&mut self) -> Result<(), RunError> {
        for offer in self.streams.offers() {
            let Offer { key, reader, to, what } = offer;
            match what {
                What::Next(lines) => self.give_next(&lines, &*to)?,
                What::Again { after, until, limit } => {
                    let limit = limit.min(STREAM_PAGE_LINES);
                    self.give_again((&key, reader), (after, until), limit, &*to)?;
                }
            }
        }
        Ok(())
    }

    fn give_next(&mut self, lines: &[CallbackId], to: &dyn StreamReader) -> Result<(), RunError> {
        let missing: Vec<CallbackId> = lines.iter().copied().filter(|id| self.works.callback(*id).is_none()).collect();
        for page in missing.chunks(STREAM_PAGE_LINES) {
            self.read_callbacks(page)?;
        }
        for id in lines {
            let Some(work) = self.works.callback(*id) else {
                if self.is_unreadable() {
                    self.streams.not_given(*id);
                } else {
                    tracing::error!(callback = %id, "HS-2012: a line of a stream cannot be read; it is left out");
                }
                continue;
            };
            let told = Some((work.callback.phone.key(), work.callback.attempts));
            to.give(Line { callback: *id, told, request: work.request.clone() });
        }
        Ok(())
    }

    fn give_again(
        &mut self,
        (key, reader): (&StreamKey, u64),
        (after, until): (At, Option<At>),
        limit: usize,
        to: &dyn StreamReader,
    ) -> Result<(), RunError> {
        let (application, kind): (&Name, StreamKind) = (&key.0, key.1);
        let found = match self.ports.store.streamed(application, kind, after, limit) {
            Ok(found) => found,
            Err(error) => return self.not_read(error),
        };
        let is_last = found.len() < limit;
        let ids: Vec<CallbackId> =
            found.iter().take_while(|(at, _)| until.is_none_or(|until| *at < until)).map(|(_, id)| *id).collect();
        let requests = match self.ports.store.requests(&ids) {
            Ok(requests) => requests,
            Err(error) => return self.not_read(error),
        };
        for (callback, request) in requests {
            to.give(Line { callback, told: None, request });
        }
        let is_over = is_last || ids.len() < found.len();
        let went_to = found.last().map(|(at, _)| *at).filter(|_| !is_over);
        self.streams.repeated(key, reader, went_to);
        Ok(())
    }
}
