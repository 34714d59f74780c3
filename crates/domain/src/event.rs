//! The closed list of what can happen, and which records each event needs.

mod needs;

use std::sync::Arc;

use crate::address::{Address, AddressKey};
use crate::callback::AttemptOutcome;
use crate::dashboard::DashboardEdit;
use crate::directory::Name;
use crate::id::{CallbackId, MessageId, Stamp};
use crate::metric::Point;
use crate::opt_out::{self, OptOutKey};
use crate::report::Report;
use crate::text::coding::Alphabet;
use crate::text::reassembly::Concatenation;
use crate::time::At;
use crate::ussd::SessionEvent;

pub use needs::Needs;

/// What came from a phone in one piece of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoContent {
    /// A whole text, decoded.
    Whole {
        /// The text.
        text: String,
        /// How it was encoded, for the timeline (`GSM-7`, `UCS-2`, `Latin-1`, …).
        encoding: &'static str,
    },
    /// One segment of a long text, not yet decoded: characters may be cut at its border.
    Segment {
        /// Which long text of this phone, and which segment of it.
        place: Concatenation,
        /// Its bytes without the user data header.
        bytes: Vec<u8>,
        /// Their alphabet.
        alphabet: Alphabet,
    },
}

/// An MO as a channel hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mo {
    /// The channel.
    pub channel: Name,
    /// The network's identity of this delivery, when it has one that a repetition would carry again.
    pub network_id: Option<String>,
    /// The phone.
    pub from: Address,
    /// The service address.
    pub to: Address,
    /// What it says.
    pub content: MoContent,
    /// What it does to its USSD dialog; none for plain texts.
    pub session_event: Option<SessionEvent>,
    /// The network's number of the dialog, when it gave one.
    pub dialog: Option<u16>,
    /// What was odd about it, in words.
    pub complaints: Vec<String>,
}

/// How the network answered a submit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitResult {
    /// Taken under this id (empty when it gave none).
    Taken {
        /// As given.
        network_id: String,
        /// Canonical spellings, the canonical one first; empty when it gave none.
        spellings: Vec<String>,
    },
    /// Refused for good, with the network's reason in words.
    Refused {
        /// Why.
        reason: String,
    },
    /// No answer: the link was lost or the response timed out after the submit was written.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// How the network answered a submit after it had been given up as unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LateAnswer {
    /// Taken under this id (empty when it gave none).
    Taken {
        /// As given.
        network_id: String,
        /// Canonical spellings, the canonical one first; empty when it gave none.
        spellings: Vec<String>,
    },
    /// Refused for good, with the network's reason in words.
    Refused {
        /// Why.
        reason: String,
    },
    /// Refused for now: the network does not have it.
    NotTaken {
        /// Why.
        reason: String,
    },
}

/// A wish to send a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// Tenant.
    pub account: Name,
    /// The application that sends, when one is named.
    pub application: Option<Name>,
    /// The service address to send from; none takes the application's default.
    pub from: Option<Address>,
    /// Recipients; at least one.
    pub to: Vec<Address>,
    /// The text.
    pub text: String,
    /// Not before this; none = now.
    pub send_at: Option<At>,
    /// How long it is valid from then on, in milliseconds; none = the channel's default.
    pub validity_ms: Option<u64>,
    /// 0 to 3.
    pub priority: u8,
    /// Whether callbacks about reports are wanted (needs an application).
    pub tells: bool,
    /// An answer is expected: a session of the application with each recipient opens, or lives on.
    pub opens_session: bool,
    /// Makes the send safe to repeat.
    pub idempotency: Option<Idempotency>,
    /// The MO it replies to, and the channel that came on: it goes back there, whether or not the phone opted out.
    pub in_reply_to: Option<(MessageId, Name)>,
    /// What it does to the dialog of a USSD channel, and what the timeline shows.
    pub session_event: Option<SessionEvent>,
    /// What the client gave along, as JSON; the timeline keeps it.
    pub metadata: Option<String>,
    /// Kind of the recipients' addresses in the opt-out ledger; none = phones.
    pub address_type: Option<Name>,
}

impl Send {
    /// Where the opt-out of a recipient would be.
    pub fn opt_out_key(&self, to: &Address) -> OptOutKey {
        OptOutKey {
            account: self.account.clone(),
            address_type: self.address_type.clone().unwrap_or_else(|| opt_out::MSISDN.into()),
            address: to.key(),
        }
    }
}

/// The key under which a send may be repeated, and a fingerprint of what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// As the client gave it.
    pub key: String,
    /// A hash of the whole request: another request under the same key is refused.
    pub fingerprint: [u8; 16],
}

/// Who asks for a change: what they may see is what they may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Who runs the gateway.
    Operator,
    /// A tenant.
    Account(Name),
    /// One application of a tenant.
    Application(Name),
}

impl Asker {
    /// The word for timelines.
    pub fn words(&self) -> String {
        match self {
            Asker::Operator => "the operator".into(),
            Asker::Account(key) => format!("account {key}"),
            Asker::Application(id) => format!("application {id}"),
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A phone sent something.
    MoArrived(Mo),
    /// A client wants to send.
    SendAsked(Send),
    /// An attempt of a callback ended.
    AttemptEnded {
        /// The callback.
        callback: CallbackId,
        /// Its phone.
        phone: AddressKey,
        /// How it ended.
        outcome: AttemptOutcome,
    },
    /// A failing callback has held its lane for `order_hold`.
    LaneHeld {
        /// The callback.
        callback: CallbackId,
    },
    /// A segment is about to be submitted on a channel that holds doubts.
    SubmitStarting {
        /// The MT.
        message: MessageId,
        /// Its segment, 0-based.
        segment: u8,
    },
    /// The network answered a submit, or did not.
    SubmitEnded {
        /// The MT.
        message: MessageId,
        /// Its segment, 0-based.
        segment: u8,
        /// What came.
        result: SubmitResult,
        /// How often the network throttled it before.
        throttles: u32,
        /// The channel.
        channel: Name,
    },
    /// The network answered a submit whose result had been unknown.
    AnsweredLate {
        /// The MT.
        message: MessageId,
        /// Its segment, 0-based.
        segment: u8,
        /// What came.
        answer: LateAnswer,
        /// The channel.
        channel: Name,
    },
    /// A receipt came.
    ReportArrived {
        /// The channel.
        channel: Name,
        /// The phone it names.
        phone: Address,
        /// What it says.
        report: Report,
    },
    /// Something remembered about a phone is due: a session, a long MO, network ids to forget.
    PhoneDue {
        /// The phone.
        phone: AddressKey,
    },
    /// A scheduled MT is due, or its validity or its wait for reports is over.
    OutgoingDue {
        /// The MT.
        message: MessageId,
    },
    /// Cancel scheduled or queued MTs.
    CancelAsked {
        /// Who asks.
        asker: Asker,
        /// Stamps of the MTs.
        messages: Vec<Stamp>,
    },
    /// Close the sessions of an application with phones.
    CloseSessionsAsked {
        /// The application.
        application: Name,
        /// The phones.
        phones: Vec<AddressKey>,
    },
    /// A phone is, or is no longer, to get sends of an account.
    OptOutAsked {
        /// Tenant.
        account: Name,
        /// Kind of the address.
        address_type: Name,
        /// The address.
        address: Address,
        /// Out, or back in.
        out: bool,
    },
    /// Attempt a kept callback again from the start of its schedule.
    ReplayAsked {
        /// Who asks.
        asker: Asker,
        /// The callback.
        callback: CallbackId,
    },
    /// Values for series of an account.
    MetricsFired {
        /// Tenant.
        account: Name,
        /// The values; of several for one series the later one comes last.
        points: Arc<[Point]>,
    },
    /// A person arranges the dashboards of an account.
    DashboardEditAsked {
        /// Tenant.
        account: Name,
        /// What is wished.
        edit: DashboardEdit,
    },
}
