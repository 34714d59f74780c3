//! The machine for a connection: however a stream is cut on its way, the same things happen, each owed thing ends once,
//! and what is kept and said is bounded.

use std::collections::{BTreeMap, BTreeSet};

use smpp::bind::{EsmeOptions, Limits, SmscOptions};
use smpp::{Bind, BindEvent, BindMode, Complaint, Latin1, ShortMessage, Status};

use crate::input::Input;

/// Messages the owner sends as soon as it may.
const OWN_MESSAGES: u64 = 3;

/// From `name` with the password `secret`, number 1 (SMPP 3.4 §4.1.5).
const BIND_TRANSCEIVER: &[u8] = b"\0\0\0\x21\0\0\0\x09\0\0\0\0\0\0\0\x01name\0secret\0\0\x34\0\0\0";
/// It is accepted (SMPP 3.4 §4.1.6).
const BIND_TRANSCEIVER_RESP: &[u8] = b"\0\0\0\x15\x80\0\0\x09\0\0\0\0\0\0\0\x01smsc\0";

const LIMITS: Limits = Limits {
    window: 8,
    response_timeout_ms: 60_000,
    enquire_interval_ms: 30_000,
    bind_timeout_ms: 30_000,
    unanswered_max: 2,
    pdu_bytes_max: 4096,
    output_bytes_max: 1024 * 1024,
};

/// What an owner saw, without the names that it is to answer by.
#[derive(Debug, PartialEq)]
enum Happening {
    Message(ShortMessage),
    Other(BindEvent),
}

/// All that an owner saw.
#[derive(Debug, Default, PartialEq)]
struct Story {
    events: Vec<Happening>,
    complaints: BTreeMap<Complaint, u32>,
}

impl Story {
    fn is_over(&self) -> bool {
        matches!(self.events.last(), Some(Happening::Other(BindEvent::Closed { .. })))
    }
}

/// How far the connection is when the stream comes.
#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Connected,
    /// Messages of ours wait for answers.
    Bound,
}

/// The role, the stage, how the stream is cut, and the stream.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let role = input.octet();
    let (is_smsc, stage) = (role & 1 == 1, if role & 2 == 0 { Stage::Bound } else { Stage::Connected });
    let cut = usize::from(input.octet() % 64) + 1;
    let stream = input.rest();
    let at_once = run(is_smsc, stage, stream.len().max(1), stream);
    let in_pieces = run(is_smsc, stage, cut, stream);
    // Before the bind, what comes in one piece with the request is too early, and what comes later is not. A number that
    // comes again is the same message only while that is unanswered.
    if stage == Stage::Bound && !at_once.complaints.contains_key(&Complaint::Repeated) {
        assert_eq!(at_once, in_pieces, "cut every {cut} octets");
    }
}

fn run(is_smsc: bool, stage: Stage, piece_bytes: usize, stream: &[u8]) -> Story {
    let mut owner = Owner::new(is_smsc);
    owner.settle();
    if stage == Stage::Bound {
        owner.bind.receive(if is_smsc { BIND_TRANSCEIVER } else { BIND_TRANSCEIVER_RESP }, 0);
        owner.settle();
        assert!(owner.bind.is_bound());
        assert_eq!(owner.waiting.len() as u64, OWN_MESSAGES);
    }
    for piece in stream.chunks(piece_bytes) {
        if owner.bind.is_closed() {
            break;
        }
        assert!(owner.bind.wants_bytes(), "all was answered and taken, and still it does not read on");
        owner.bind.receive(piece, 0);
        owner.settle();
    }
    assert!(owner.bind.buffered_bytes() <= LIMITS.pdu_bytes_max);
    assert!(owner.said_bytes <= 256 + OWN_MESSAGES as usize * 64 + 2 * stream.len(), "{} octets", owner.said_bytes);
    owner.bind.disconnected();
    owner.settle();
    assert!(owner.story.is_over());
    assert!(owner.waiting.is_empty(), "{:?} ended nowhere", owner.waiting);
    owner.story
}

struct Owner {
    bind: Bind,
    is_smsc: bool,
    /// Tokens of messages of ours without an end.
    waiting: BTreeSet<u64>,
    said_bytes: usize,
    story: Story,
}

impl Owner {
    fn new(is_smsc: bool) -> Owner {
        let name = Latin1::from_bytes(b"name");
        let bind = if is_smsc {
            Bind::smsc(SmscOptions { system_id: name, limits: LIMITS }, 0)
        } else {
            let options = EsmeOptions::new(BindMode::Transceiver, name, Latin1::from_bytes(b"secret"));
            Bind::esme(EsmeOptions { limits: LIMITS, ..options }, 0)
        };
        let bind = bind.expect("the names are short");
        Owner { bind, is_smsc, waiting: BTreeSet::new(), said_bytes: 0, story: Story::default() }
    }

    /// Keeps the rule for owners: events until there is none, then the output.
    fn settle(&mut self) {
        while let Some(event) = self.bind.poll_event() {
            assert!(!self.story.is_over(), "something happened after the end: {event:?}");
            self.follow(&event);
            match event {
                BindEvent::Complaint { complaint, count } => {
                    *self.story.complaints.entry(complaint).or_default() += count;
                }
                BindEvent::Delivered { deliver: message, .. } | BindEvent::SubmitAsked { submit: message, .. } => {
                    self.story.events.push(Happening::Message(message));
                }
                other => self.story.events.push(Happening::Other(other)),
            }
        }
        let mut out = Vec::new();
        self.bind.take_output(&mut out);
        self.said_bytes += out.len();
    }

    /// What came behind the request may have ended the bind already.
    fn accept(&mut self) {
        if self.bind.accept_bind(0).is_ok() {
            self.send();
        }
    }

    fn follow(&mut self, event: &BindEvent) {
        match event {
            BindEvent::BindAsked(_) => self.accept(),
            BindEvent::Bound { .. } => self.send(),
            // Neither is wanted any more once the bind has ended.
            BindEvent::Delivered { handle, .. } => {
                let answered = self.bind.respond_deliver(*handle, Status::ROK, 0);
                assert!(answered.is_ok() || self.bind.is_closed());
            }
            BindEvent::SubmitAsked { handle, .. } => {
                let answered = self.bind.respond_submit(*handle, Status::ROK, &Latin1::from_bytes(b"7"), 0);
                assert!(answered.is_ok() || self.bind.is_closed());
            }
            BindEvent::Submitted { token, late, .. } | BindEvent::DeliverAnswered { token, late, .. } => {
                assert!(!late, "no time has passed");
                assert!(self.waiting.remove(token), "{token} was answered twice");
            }
            BindEvent::Closed { in_doubt, .. } => {
                let in_doubt: BTreeSet<u64> = in_doubt.iter().copied().collect();
                assert_eq!(in_doubt, std::mem::take(&mut self.waiting));
            }
            _ => {}
        }
    }

    fn send(&mut self) {
        for token in 0..OWN_MESSAGES {
            let message = ShortMessage { short_message: b"hi".to_vec(), ..ShortMessage::default() };
            let sent =
                if self.is_smsc { self.bind.deliver(token, &message, 0) } else { self.bind.submit(token, &message, 0) };
            if sent.is_ok() {
                self.waiting.insert(token);
            }
        }
    }
}
