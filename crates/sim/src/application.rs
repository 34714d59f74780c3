//! The customers' side: applications that answer, are slow, fail, lie, or do their work and never get the answer
//! through. What they say when they lie is in `lie.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use domain::callback::{AttemptFailure, AttemptOutcome, AttemptRecord, CallbackKind, Rendered};
use domain::directory::Name;
use domain::id::CallbackId;
use domain::time::At;
use engine::port::Attempt;

use crate::chance::Chance;
use crate::lie::{self, Lie};
use crate::tally::{Fault, Tally};

/// A callback as its application knows it.
pub(crate) struct Known {
    /// Short name in stories and answers.
    pub(crate) number: usize,
    pub(crate) request: Rendered,
    pub(crate) attempts: u32,
    pub(crate) kind: CallbackKind,
}

/// What an answer asked for.
#[derive(Clone, Default)]
pub(crate) struct Given {
    pub(crate) reply: Option<String>,
    pub(crate) reprocess: Option<String>,
}

/// An attempt under way.
pub(crate) struct Running {
    pub(crate) callback: CallbackId,
    pub(crate) application: Name,
}

pub(crate) struct Applications {
    chance: Chance,
    pub(crate) down: BTreeSet<Name>,
    pub(crate) slow: BTreeSet<Name>,
    /// Failed attempts in a row, by application, as the node that runs now has seen them.
    pub(crate) failures: BTreeMap<Name, u32>,
    pub(crate) known: BTreeMap<CallbackId, Known>,
    pub(crate) running: Vec<Running>,
    /// By the answer's body, which is found in no other answer.
    pub(crate) given: BTreeMap<String, Given>,
    /// The bodies of all requests an application has processed.
    pub(crate) processed: BTreeSet<Vec<u8>>,
}

/// How an attempt goes: how long it takes and what the gateway sees of it.
pub(crate) struct Course {
    pub(crate) took_ms: u64,
    status: Option<u16>,
    failure: Option<AttemptFailure>,
    retry_after_ms: Option<u64>,
    content_type: &'static str,
    pub(crate) body: String,
}

impl Course {
    fn failed(took_ms: u64, failure: AttemptFailure, status: Option<u16>) -> Course {
        let (content_type, body) = ("text/plain", String::new());
        Course { took_ms, status, failure: Some(failure), retry_after_ms: None, content_type, body }
    }

    pub(crate) fn words(&self) -> String {
        match (self.failure, self.status) {
            (None, _) => format!("200 {:.60?}", self.body),
            (Some(failure), Some(status)) => format!("{} {status}", failure.name()),
            (Some(failure), None) => failure.name().to_owned(),
        }
    }

    pub(crate) fn outcome(self, attempt: &Attempt, started_at: At) -> AttemptOutcome {
        let answer = self.failure.is_none().then(|| {
            let contract = attempt.application.contract;
            contracts::understand(contract, attempt.kind, Some(self.content_type), self.body.as_bytes())
        });
        AttemptOutcome {
            record: AttemptRecord {
                number: attempt.number,
                started_at,
                took_ms: self.took_ms as u32,
                url: attempt.application.url.clone(),
                status: self.status,
                failure: self.failure,
                detail: String::new(),
                content_type: self.content_type.to_owned(),
                body: self.body,
            },
            answer,
            retry_after_ms: self.retry_after_ms,
        }
    }
}

impl Applications {
    pub(crate) const fn new(chance: Chance) -> Applications {
        Applications {
            chance,
            down: BTreeSet::new(),
            slow: BTreeSet::new(),
            failures: BTreeMap::new(),
            known: BTreeMap::new(),
            running: Vec::new(),
            given: BTreeMap::new(),
            processed: BTreeSet::new(),
        }
    }

    /// What the node knew of attempts is gone with it.
    pub(crate) fn forget_node(&mut self) {
        self.running.clear();
        self.failures.clear();
    }

    /// An attempt has ended, as far as the node is told.
    pub(crate) fn ended(&mut self, callback: CallbackId, succeeded: bool) {
        let Some(place) = self.running.iter().position(|running| running.callback == callback) else { return };
        let application = self.running.swap_remove(place).application;
        let failures = self.failures.entry(application).or_default();
        *failures = if succeeded { 0 } else { *failures + 1 };
    }

    /// Lets the application handle an attempt. `faults` is the percent of attempts that go wrong.
    pub(crate) fn handle(&mut self, attempt: &Attempt, faults: u64, tally: &mut Tally) -> Course {
        let application = &attempt.application.id;
        let mut course = if self.down.contains(application) {
            match self.chance.between(0, 1) {
                0 => fails(Fault::Unreachable, &mut self.chance, tally),
                _ => fails(Fault::ServerError, &mut self.chance, tally),
            }
        } else if self.chance.percent(faults) {
            self.misbehave(attempt, tally)
        } else {
            self.answer(attempt, faults, tally)
        };
        if self.slow.contains(application) && course.failure.is_none() {
            course.took_ms = self.chance.between(3_000, 4_900);
        }
        course
    }

    fn misbehave(&mut self, attempt: &Attempt, tally: &mut Tally) -> Course {
        let fault = *self.chance.pick(&[
            Fault::ServerError,
            Fault::ServerError,
            Fault::RetryAfter,
            Fault::Gone,
            Fault::TimedOut,
            Fault::Broken,
            Fault::TooLarge,
            Fault::ResetAfter200,
            Fault::AnswerUnheard,
            Fault::AnswerUnheard,
        ]);
        match fault {
            Fault::ResetAfter200 => {
                tally.count(fault);
                let body = self.answer(attempt, 0, tally).body;
                Course { body, ..Course::failed(40, AttemptFailure::Broken, Some(200)) }
            }
            Fault::AnswerUnheard => {
                tally.count(fault);
                let body = self.answer(attempt, 0, tally).body;
                Course { body, ..Course::failed(5_000, AttemptFailure::TimedOut, None) }
            }
            _ => fails(fault, &mut self.chance, tally),
        }
    }

    fn answer(&mut self, attempt: &Attempt, faults: u64, tally: &mut Tally) -> Course {
        self.processed.insert(attempt.request.body.to_vec());
        let number = self.known.get(&attempt.callback).map_or(0, |known| known.number);
        // Unique for each answer ever given, also to repeated attempts of one number after a crash.
        let token = format!("{number}.{}.{}", attempt.number, self.given.len());
        let (mut given, mut body, mut content_type) = (Given::default(), String::new(), "text/plain");
        if attempt.kind == CallbackKind::IncomingMessage {
            if self.chance.percent(faults) {
                let lie = lie::tell(&token, &mut self.chance);
                tally.count(lie.fault);
                Lie { body, content_type, given, .. } = lie;
            } else {
                (given, body) = truth(&token, &mut self.chance);
                content_type = if body.starts_with('{') { "application/json" } else { "text/plain" };
            }
        }
        if !body.is_empty() {
            self.given.insert(body.clone(), given);
        }
        let is_slow = self.chance.percent(10);
        if is_slow {
            tally.count(Fault::Slow);
        }
        let took_ms = if is_slow { self.chance.between(500, 4_900) } else { self.chance.between(1, 300) };
        Course { took_ms, status: Some(200), failure: None, retry_after_ms: None, content_type, body }
    }
}

fn fails(fault: Fault, chance: &mut Chance, tally: &mut Tally) -> Course {
    tally.count(fault);
    match fault {
        Fault::Unreachable => Course::failed(5, AttemptFailure::Unreachable, None),
        Fault::RetryAfter => {
            let retry_after_ms = Some(chance.between(1, 3) * 1_000);
            Course { retry_after_ms, ..Course::failed(20, AttemptFailure::Status, Some(503)) }
        }
        Fault::Gone => Course::failed(10, AttemptFailure::Gone, Some(410)),
        Fault::TimedOut => Course::failed(5_000, AttemptFailure::TimedOut, None),
        Fault::Broken => Course::failed(3, AttemptFailure::Broken, None),
        Fault::TooLarge => Course::failed(30, AttemptFailure::TooLarge, Some(200)),
        _ => Course::failed(20, AttemptFailure::Status, Some(500)),
    }
}

/// An answer of an application that is well: nothing, a reply, the end of the session, a text to process again.
fn truth(token: &str, chance: &mut Chance) -> (Given, String) {
    let mut given = Given::default();
    let choice = chance.between(0, 99);
    if (35..75).contains(&choice) || choice >= 95 {
        let mut reply = format!("R{token}.");
        if choice >= 68 {
            reply.push_str(&"x".repeat(chance.between(150, 330) as usize));
        }
        given.reply = Some(reply);
    }
    if choice >= 85 {
        given.reprocess = Some(format!("{} P{token}.", chance.pick(&["weather", "news", "nobody"])));
    }
    let body = write(&given, choice >= 75);
    (given, body)
}

/// A plain text when that says it all, else JSON.
fn write(given: &Given, close_session: bool) -> String {
    if given.reprocess.is_none() && !close_session {
        return given.reply.clone().unwrap_or_default();
    }
    let mut json = String::from("{");
    let mut member = |name: &str, value: &str| {
        let comma = if json.len() > 1 { "," } else { "" };
        write!(json, "{comma}\"{name}\":{value}").expect("writing to memory never fails");
    };
    if let Some(reply) = &given.reply {
        member("body", &format!("\"{reply}\""));
    }
    if close_session {
        member("close_session", "true");
    }
    if let Some(text) = &given.reprocess {
        member("reprocess", &format!("\"{text}\""));
    }
    json.push('}');
    json
}
