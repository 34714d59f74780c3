//! The customers' side: applications that answer, are slow, fail, or do their work and never get the answer through.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use domain::callback::{AttemptFailure, AttemptOutcome, AttemptRecord, CallbackKind, Rendered};
use domain::directory::Name;
use domain::id::CallbackId;
use domain::time::At;
use engine::port::Attempt;

use crate::chance::Chance;

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

#[derive(Default)]
pub(crate) struct Applications {
    pub(crate) down: BTreeSet<Name>,
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
    pub(crate) body: String,
}

impl Course {
    fn failed(took_ms: u64, failure: AttemptFailure, status: Option<u16>) -> Course {
        Course { took_ms, status, failure: Some(failure), retry_after_ms: None, body: String::new() }
    }

    pub(crate) fn words(&self) -> String {
        match (self.failure, self.status) {
            (None, _) => format!("200 {:?}", self.body),
            (Some(failure), Some(status)) => format!("{} {status}", failure.name()),
            (Some(failure), None) => failure.name().to_owned(),
        }
    }

    pub(crate) fn outcome(self, attempt: &Attempt, started_at: At) -> AttemptOutcome {
        let content_type = if self.body.starts_with('{') { "application/json" } else { "text/plain" };
        let answer = self.failure.is_none().then(|| {
            let contract = attempt.application.contract;
            contracts::understand(contract, attempt.kind, Some(content_type), self.body.as_bytes())
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
                content_type: content_type.to_owned(),
                body: self.body,
            },
            answer,
            retry_after_ms: self.retry_after_ms,
        }
    }
}

impl Applications {
    /// Lets the application handle an attempt. `faults` is the percent of attempts that go wrong.
    pub(crate) fn handle(&mut self, attempt: &Attempt, faults: u64, chance: &mut Chance) -> Course {
        let fails = AttemptFailure::Status;
        if self.down.contains(&attempt.application.id) {
            return match chance.between(0, 1) {
                0 => Course::failed(5, AttemptFailure::Unreachable, None),
                _ => Course::failed(20, fails, Some(500)),
            };
        }
        if !chance.percent(faults) {
            return self.answer(attempt, chance);
        }
        match chance.between(0, 9) {
            0 | 1 => Course::failed(20, fails, Some(500)),
            2 => Course { retry_after_ms: Some(chance.between(1, 3) * 1_000), ..Course::failed(20, fails, Some(503)) },
            3 => Course::failed(10, AttemptFailure::Gone, Some(410)),
            4 => Course::failed(5_000, AttemptFailure::TimedOut, None),
            5 => Course::failed(3, AttemptFailure::Broken, None),
            6 => Course::failed(30, AttemptFailure::TooLarge, Some(200)),
            // It does its work, and the gateway never hears of it.
            _ => {
                let answered = self.answer(attempt, chance);
                Course { body: answered.body, ..Course::failed(5_000, AttemptFailure::TimedOut, None) }
            }
        }
    }

    fn answer(&mut self, attempt: &Attempt, chance: &mut Chance) -> Course {
        self.processed.insert(attempt.request.body.to_vec());
        let number = self.known.get(&attempt.callback).map_or(0, |known| known.number);
        // Unique for each answer ever given, also to repeated attempts of one number after a crash.
        let token = format!("{number}.{}.{}", attempt.number, self.given.len());
        let mut given = Given::default();
        let mut body = String::new();
        if attempt.kind == CallbackKind::IncomingMessage {
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
            body = write(&given, choice >= 75);
        }
        if !body.is_empty() {
            self.given.insert(body.clone(), given);
        }
        let slow = chance.percent(10);
        let took_ms = if slow { chance.between(500, 4_000) } else { chance.between(1, 300) };
        Course { took_ms, status: Some(200), failure: None, retry_after_ms: None, body }
    }
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
