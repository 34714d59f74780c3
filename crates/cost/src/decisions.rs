//! Decisions: what one message costs on its way, event by event.

use std::sync::Arc;

use domain::answer::{Answer, Instruction};
use domain::callback::{AttemptFailure, AttemptOutcome, AttemptRecord, Callback, CallbackKind};
use domain::decide::decide;
use domain::decision::{Change, Decision, Outcome};
use domain::directory::Directory;
use domain::event::{Event, Mo, MoContent, Needs, Send, SubmitResult};
use domain::id::{MessageId, Stamp};
use domain::mint::Mint;
use domain::outgoing::Outgoing;
use domain::report::{Report, ReportStatus};
use domain::view::View;

use crate::Scenario;
use crate::setup::{NOW, PHONE, SERVICE_ADDRESS, address, small_directory};

const SEED: u64 = 7;
const NETWORK_ID: &str = "0e99a4c7";
/// MOs that are decided over one view, as the engine does under load.
const BATCH: u32 = 64;

pub(crate) fn scenarios() -> Vec<Scenario> {
    let directory = small_directory();
    let mut story = Story::begin(directory.clone());
    let mut scenarios = vec![story.scenario("decide: an MO by keyword, a new phone", mo(PHONE, "Weather Zurich"))];
    let arrived = story.tell(mo(PHONE, "Weather Zurich"));
    let callback = new_callback(&arrived);
    scenarios.push(story.scenario("decide: an MO in a session", mo(PHONE, "and tomorrow?")));
    scenarios.push(story.scenario("decide: an attempt answered with a reply", answered(&callback)));
    scenarios.push(story.scenario("decide: an attempt that failed", failed(&callback)));
    scenarios.push(story.scenario("decide: a send", send()));
    let sent = story.tell(send());
    let mt = new_outgoing(&sent).id;
    scenarios.push(story.scenario("decide: a submit's answer", submitted(mt)));
    scenarios.push(story.scenario("decide: a report that matches nothing", report()));
    story.tell(submitted(mt));
    scenarios.push(story.scenario("decide: a report", report()));
    scenarios.push(batch(directory));
    scenarios
}

/// A gateway without a store: what was decided so far is in the view.
pub(crate) struct Story {
    view: View,
    mint: Mint,
}

impl Story {
    pub(crate) fn begin(directory: Arc<Directory>) -> Story {
        Story { view: View::new(directory), mint: Mint::new(Stamp(0), SEED) }
    }

    /// Decides an event and goes on from there.
    pub(crate) fn tell(&mut self, event: Event) -> Decision {
        let decision = decide(&self.view, &event, NOW, &mut self.mint);
        assert!(!matches!(decision.outcome, Outcome::Refused(_)), "refused: {event:?}");
        assert!(!decision.changes.is_empty(), "nothing comes of {event:?}");
        self.view.apply(&decision.changes);
        decision
    }

    /// Decides an event over and over from where the story stands.
    pub(crate) fn scenario(&self, name: impl Into<String>, event: Event) -> Scenario {
        let mut probe = Story { view: self.view.clone(), mint: self.mint.clone() };
        probe.tell(event.clone());
        let (view, mut mint) = (self.view.clone(), self.mint.clone());
        Scenario::new(name, move || decide(&view, &event, NOW, &mut mint))
    }
}

/// What the engine asks of the domain for a batch: needs, decisions, and the view brought up to date after each.
fn batch(directory: Arc<Directory>) -> Scenario {
    let phone = |number: u32| format!("+4179{:07}", number * 104_729 % 10_000_000);
    let events: Vec<Event> = (0..BATCH).map(|number| mo(&phone(number), "Weather Zurich")).collect();
    let mut mint = Mint::new(Stamp(0), SEED);
    let name = format!("decide: one of {BATCH} MOs of a batch, with needs and view");
    let scenario = Scenario::new(name, move || {
        let mut needs = Needs::default();
        for event in &events {
            event.needs(&mut needs);
        }
        let mut view = View::new(directory.clone());
        let mut changes = Vec::with_capacity(events.len() * 3);
        for event in &events {
            let decision = decide(&view, event, NOW, &mut mint);
            view.apply(&decision.changes);
            changes.extend(decision.changes);
        }
        (needs, view, changes)
    });
    Scenario { messages: BATCH, ..scenario }
}

pub(crate) fn mo(phone: &str, text: &str) -> Event {
    Event::MoArrived(Mo {
        channel: "carrier".into(),
        network_id: None,
        from: address(phone),
        to: address(SERVICE_ADDRESS),
        content: MoContent::Whole { text: text.to_owned(), encoding: "GSM-7" },
        complaints: Vec::new(),
        session_event: None,
        dialog: None,
    })
}

pub(crate) fn send() -> Event {
    Event::SendAsked(Send {
        account: "acme".into(),
        application: Some("weather".into()),
        from: Some(address(SERVICE_ADDRESS)),
        to: vec![address(PHONE)],
        text: "Your order is on its way and will be there tomorrow before noon.".into(),
        send_at: None,
        validity_ms: None,
        priority: 0,
        tells: true,
        opens_session: false,
        idempotency: None,
        in_reply_to: None,
        session_event: None,
        metadata: None,
        address_type: None,
    })
}

fn attempted(callback: &Callback, failure: Option<AttemptFailure>, answer: Option<Answer>) -> Event {
    let body = if answer.is_some() { "21 degrees and sunny." } else { "" };
    let record = AttemptRecord {
        number: 1,
        started_at: NOW,
        took_ms: 12,
        url: "http://127.0.0.1:9000/gateway".into(),
        status: answer.as_ref().map(|_| 200),
        failure,
        detail: String::new(),
        content_type: "text/plain; charset=utf-8".into(),
        body: body.into(),
    };
    let outcome = AttemptOutcome { record, answer, retry_after_ms: None };
    Event::AttemptEnded { callback: callback.id, phone: callback.phone.key(), outcome }
}

fn answered(callback: &Callback) -> Event {
    let reply = Instruction::Reply { text: "21 degrees and sunny.".into() };
    attempted(callback, None, Some(Answer { instructions: vec![reply], complaints: Vec::new() }))
}

fn failed(callback: &Callback) -> Event {
    attempted(callback, Some(AttemptFailure::TimedOut), None)
}

fn submitted(message: MessageId) -> Event {
    let result =
        SubmitResult::Taken { network_id: NETWORK_ID.into(), spellings: vec!["e99a4c7".into(), NETWORK_ID.into()] };
    Event::SubmitEnded { message, segment: 0, result, throttles: 0, channel: "carrier".into() }
}

fn report() -> Event {
    let report = Report {
        ids: vec!["e99a4c7".into(), NETWORK_ID.into(), "245802183".into()],
        status: ReportStatus::Delivered,
        detail: "DELIVRD err:000".into(),
        received_at: NOW,
    };
    Event::ReportArrived { channel: "carrier".into(), phone: address(PHONE), report }
}

/// The callback that a decision made.
pub(crate) fn new_callback(decision: &Decision) -> Callback {
    let callback = decision.changes.iter().find_map(|change| match change {
        Change::PutCallback(callback) if callback.kind == CallbackKind::IncomingMessage => Some(callback.clone()),
        _ => None,
    });
    callback.expect("the MO goes to an application")
}

/// The MT that a decision made.
pub(crate) fn new_outgoing(decision: &Decision) -> Outgoing {
    let outgoing = decision.changes.iter().find_map(|change| match change {
        Change::PutOutgoing(outgoing) => Some(outgoing.clone()),
        _ => None,
    });
    outgoing.expect("the send was accepted")
}
