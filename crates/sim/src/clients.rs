//! Clients that ask the gateway to send, repeat what got no answer, and what they were told.

use domain::decision::SentMessage;
use domain::event::{Idempotency, Send};
use domain::limit::IDEMPOTENCY_MS;
use domain::time::At;

use crate::chance::Chance;
use crate::phones::phone;
use crate::plan::Plan;
use crate::setup::address;

/// How long before its end a client no longer trusts a key, in milliseconds.
const MARGIN_MS: u64 = 60_000;

/// One wish and the answers to it.
pub(crate) struct Wish {
    pub(crate) send: Send,
    pub(crate) at_ms: u64,
    /// Not before so many milliseconds after it is first asked for; 0 = now.
    pub(crate) delay_ms: u64,
    /// Asked, and no answer yet.
    pub(crate) is_waiting: bool,
    /// When it was first asked for, by the wall clock; keys are good for a day from then on.
    pub(crate) asked_at: Option<At>,
    /// What each OK said.
    pub(crate) accepted: Vec<Vec<SentMessage>>,
}

impl Wish {
    /// The wish as posted; its time is fixed when it is first posted.
    pub(crate) fn ask(&mut self, now: At) -> Send {
        if self.delay_ms > 0 && self.send.send_at.is_none() {
            self.send.send_at = Some(now.plus_ms(self.delay_ms));
        }
        self.is_waiting = true;
        self.asked_at.get_or_insert(now);
        self.send.clone()
    }

    /// True while the key is good; a client that keeps the rule repeats only then.
    pub(crate) fn may_repeat(&self, now: At) -> bool {
        let is_young = self.asked_at.is_none_or(|at| now.ms_since(at) < IDEMPOTENCY_MS - MARGIN_MS);
        self.send.idempotency.is_some() && is_young
    }
}

pub(crate) fn script(plan: &Plan, chance: &mut Chance) -> Vec<Wish> {
    (0..plan.sends).map(|number| wish(number, plan, chance)).collect()
}

fn wish(number: u64, plan: &Plan, chance: &mut Chance) -> Wish {
    let mut text = format!("S{number} ");
    if chance.percent(30) {
        text.push_str(&"long ".repeat(chance.between(32, 80) as usize));
    }
    let count = chance.between(1, 2);
    let first = chance.between(1, plan.phones);
    let to = (0..count).map(|i| phone((first + i - 1) % plan.phones + 1)).collect();
    let mut fingerprint = [0; 16];
    fingerprint[..8].copy_from_slice(&number.to_be_bytes());
    let idempotency = chance.percent(60).then(|| Idempotency { key: format!("key-{number}"), fingerprint });
    Wish {
        send: Send {
            account: "acme".into(),
            application: Some("bank".into()),
            from: Some(address(chance.pick::<&str>(&["9292", "7777"]))),
            to,
            text,
            send_at: None,
            validity_ms: None,
            priority: chance.between(0, 3) as u8,
            tells: true,
            opens_session: chance.percent(20),
            idempotency,
            in_reply_to: None,
            session_event: None,
            metadata: None,
            address_type: None,
        },
        at_ms: chance.between(500, plan.chaos_ms),
        delay_ms: if chance.percent(25) { chance.between(1_000, 20_000) } else { 0 },
        is_waiting: false,
        asked_at: None,
        accepted: Vec::new(),
    }
}
