//! What applications do with the callbacks they are given.

use domain::callback::AttemptOutcome;
use domain::event::Event;
use domain::id::CallbackId;
use engine::port::Attempt;

use crate::agenda::Happening;
use crate::application::{Known, Running};
use crate::check;
use crate::world::World;

impl World {
    pub(crate) fn attempted(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        let count = self.applications.known.len();
        let known = self.applications.known.entry(attempt.callback).or_insert_with(|| Known {
            number: count,
            request: attempt.request.clone(),
            attempts: 0,
            kind: attempt.kind,
        });
        known.attempts += 1;
        let number = known.number;
        check::rest::starting(self, "an attempt");
        check::attempt::started(self, attempt);
        check::neighbour::attempted(self, attempt);
        let faults = self.faults();
        let course = self.applications.handle(attempt, faults, &mut self.story.tally);
        let application = attempt.application.id.clone();
        self.story.tell(format_args!(
            "attempt {} of callback {number} ({}, {application}, {:?}): {}",
            attempt.number,
            attempt.kind.name(),
            attempt.phone,
            course.words(),
        ));
        self.applications.running.push(Running { callback: attempt.callback, application });
        let node = self.nodes;
        let ends_ms = self.now_ms() + course.took_ms;
        let outcome = Box::new(course.outcome(attempt, self.wall()));
        self.agenda.at(ends_ms, Happening::AttemptEnds { node, callback: attempt.callback, outcome });
    }

    pub(crate) fn attempt_ends(&mut self, node: u32, callback: CallbackId, outcome: AttemptOutcome) {
        if self.node.as_ref().is_none_or(|current| current.number != node) {
            return;
        }
        self.applications.ended(callback, outcome.answer.is_some());
        let phone = match self.disk.truth().ledger.callbacks.get(&callback) {
            Some(truth) => truth.record.phone.key(),
            None => return,
        };
        if let Some(node) = &self.node {
            node.inlet.tell(Event::AttemptEnded { callback, phone, outcome });
        }
        self.wake();
    }
}
