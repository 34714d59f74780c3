//! Where the simulated operator decides: what becomes of a submit, by the phone's fate and the operator's options.

use domain::address::Address;
use domain::event::MoContent;
use domain::text::coding;
use smpp::pdu::UssdServiceOp;
use smpp::receipt::MessageState;
use smpp::{Deliver, Latin1, Status, Submit};

use super::dialogs::{Dialog, Dialogs};
use super::failures::Failures;
use super::fate::Fate;
use super::messages::{self, Numbers};
use super::options::OperatorOptions;
use super::outbox::{Outbox, Parcel};
use super::phones::{PhoneText, Phones};
use crate::clock::{now_ms, wall};
use crate::smpp::DefaultAlphabet;
use crate::smpp::incoming::content;

/// How long after its receipt a submit of [`Fate::ReportedFirst`] is answered, in milliseconds.
const REPORTED_FIRST_MS: u64 = 200;

/// What has happened since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections accepted.
    pub connections: u64,
    /// Binds asked for.
    pub binds_asked: u64,
    /// Binds refused.
    pub binds_refused: u64,
    /// Segments submitted, taken or not.
    pub submits: u64,
    /// Segments taken.
    pub taken: u64,
    /// Messages and receipts delivered, again or for the first time.
    pub delivers: u64,
    /// Messages and receipts the gateway took.
    pub delivered: u64,
    /// Messages and receipts it refused for now.
    pub refused_for_now: u64,
    /// Odd things gateways did, such as PDUs that can't be read.
    pub complaints: u64,
}

/// What becomes of a submit.
pub(super) enum Verdict {
    /// Answer after so many milliseconds.
    Answer { status: Status, message_id: String, after_ms: u64 },
    /// Never answer.
    Silence,
    /// Cut the connection.
    Cut,
}

/// What was decided about a submit.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// The text that a phone now shows.
    pub(super) shown: Option<PhoneText>,
    /// The USSD dialog in which it shows it.
    pub(super) dialog: Option<Dialog>,
}

impl Judged {
    fn refused(status: Status, options: &OperatorOptions) -> Judged {
        let after_ms = options.submit_latency_ms;
        Judged::unseen(Verdict::Answer { status, message_id: String::new(), after_ms })
    }

    const fn unseen(verdict: Verdict) -> Judged {
        Judged { verdict, shown: None, dialog: None }
    }
}

/// Everything that all connections share.
pub(super) struct Desk {
    pub(super) phones: Phones,
    pub(super) dialogs: Dialogs,
    pub(super) outbox: Outbox,
    pub(super) counts: Counts,
    pub(super) numbers: Numbers,
    /// Connections bound to receive.
    pub(super) receivers: usize,
    pub(super) failures: Failures,
    /// The second that is being counted, and the submits in it.
    second: (u64, u32),
}

impl Desk {
    pub(super) fn new() -> Desk {
        Desk {
            phones: Phones::default(),
            dialogs: Dialogs::default(),
            outbox: Outbox::default(),
            counts: Counts::default(),
            numbers: Numbers::new(),
            receivers: 0,
            failures: Failures::default(),
            second: (0, 0),
        }
    }

    /// Decides about a submit of an ESME.
    pub(super) fn judge(&mut self, submit: &Submit, esme: &Latin1, options: &OperatorOptions) -> Judged {
        self.counts.submits += 1;
        let phone = Address::from_network(&submit.destination.address.to_text());
        let fate = Fate::of(phone.key().as_str());
        let refused = |status| Judged::refused(status, options);
        if self.is_too_fast(options.submits_per_second_max) {
            return refused(Status::RTHROTTLED);
        }
        match fate {
            Fate::Refused => return refused(Status::RINVDSTADR),
            Fate::Unanswered => return Judged::unseen(Verdict::Silence),
            Fate::Cut => return Judged::unseen(Verdict::Cut),
            Fate::ThrottledTwice if self.phones.refuses_twice(&phone.key()) => return refused(Status::RTHROTTLED),
            Fate::RefusedTwice if self.phones.refuses_twice(&phone.key()) => return refused(Status::RSYSERR),
            _ => {}
        }
        if let Some(op) = submit.tlvs.ussd_service_op() {
            return self.judge_turn(submit, op, &phone, options);
        }
        self.counts.taken += 1;
        let number = self.numbers.next_message();
        let content = content(submit, DefaultAlphabet::Gsm7, &mut Vec::new());
        if let Some((deliver, after_ms)) = receipt(submit, number, fate, &content, options) {
            let parcel = Parcel { deliver, to: Some(esme.clone()), again: true, done: None };
            self.outbox.put_later(parcel, now_ms().saturating_add(after_ms));
        }
        let from = submit.source.address.to_text();
        let shown = match fate.is_shown() {
            true => self.phones.receive(&phone.key(), (phone.as_str(), &from), content, wall()),
            false => None,
        };
        let after_ms = match fate {
            Fate::ReportedFirst => options.submit_latency_ms + REPORTED_FIRST_MS,
            _ => options.submit_latency_ms,
        };
        let verdict = Verdict::Answer { status: Status::ROK, message_id: messages::id_given(number), after_ms };
        Judged { verdict, shown, dialog: None }
    }

    /// Decides about the gateway's turn in a USSD dialog. There are no receipts: the phone shows it now or never.
    fn judge_turn(&mut self, submit: &Submit, op: UssdServiceOp, phone: &Address, options: &OperatorOptions) -> Judged {
        let info = submit.tlvs.its_session_info();
        let is_last = match op {
            UssdServiceOp::PSSR_RESPONSE => true,
            UssdServiceOp::USSR_REQUEST => info.is_some_and(|info| info.end),
            _ => return Judged::refused(Status::RINVOPTPARAMVAL, options),
        };
        let content = content(submit, DefaultAlphabet::Gsm7, &mut Vec::new());
        let MoContent::Whole { text, .. } = &content else {
            return Judged::refused(Status::RINVESMCLASS, options);
        };
        if messages::ussd_octets(text).is_err() {
            return Judged::refused(Status::RINVMSGLEN, options);
        }
        let Ok(dialog) = self.dialogs.show(&phone.key(), info.map(|info| info.session), text, is_last) else {
            return Judged::refused(Status::RDELIVERYFAILURE, options);
        };
        self.counts.taken += 1;
        let message_id = messages::id_given(self.numbers.next_message());
        let from = submit.source.address.to_text();
        let shown = self.phones.receive(&phone.key(), (phone.as_str(), &from), content, wall());
        let verdict = Verdict::Answer { status: Status::ROK, message_id, after_ms: options.submit_latency_ms };
        Judged { verdict, shown, dialog: Some(dialog) }
    }

    fn is_too_fast(&mut self, per_second_max: u32) -> bool {
        if per_second_max == 0 {
            return false;
        }
        let second = now_ms() / 1000;
        if self.second.0 != second {
            self.second = (second, 0);
        }
        self.second.1 += 1;
        self.second.1 > per_second_max
    }
}

/// The receipt and when it is due, if one is wanted (SMPP 3.4 §5.2.17: 1 always, 2 on failure).
fn receipt(
    submit: &Submit,
    number: u64,
    fate: Fate,
    content: &MoContent,
    options: &OperatorOptions,
) -> Option<(Deliver, u64)> {
    let state = fate.reported()?;
    let is_wanted = match submit.registered_delivery & 0b11 {
        1 => true,
        2 => state != MessageState::Delivered,
        _ => false,
    };
    if !is_wanted {
        return None;
    }
    let text = match content {
        MoContent::Whole { text, .. } => text.clone(),
        MoContent::Segment { bytes, alphabet, .. } => coding::decode(bytes, *alphabet).text,
    };
    let delay_ms = if fate == Fate::ReportedFirst { 0 } else { options.receipt_delay_ms };
    let at = wall();
    let times = (at, at.plus_ms(delay_ms));
    Some((messages::receipt(submit, (number, options.receipt_ids), state, times, &text), delay_ms))
}
