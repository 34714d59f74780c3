//! The small changing record of an MT until nothing more is expected of it. Its text is in the message.

use crate::address::{Address, AddressKey};
use crate::directory::Name;
use crate::id::MessageId;
use crate::report::ReportStatus;
use crate::time::At;
use crate::ussd::UssdTurn;

/// Where one segment stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// Not submitted.
    Waiting,
    /// About to be submitted, or submitted without a known result. Written beforehand on channels that hold doubts.
    Submitting,
    /// Taken by the network under this id.
    Submitted {
        /// The id the network gave, as given.
        network_id: String,
    },
    /// The network's last word.
    Reported {
        /// The id the network gave.
        network_id: String,
        /// What it said.
        status: ReportStatus,
    },
    /// Refused for good.
    Rejected,
}

impl SegmentState {
    /// True when the segment need not be submitted any more.
    pub const fn is_submitted(&self) -> bool {
        matches!(self, SegmentState::Submitted { .. } | SegmentState::Reported { .. })
    }
}

/// Where an unfinished MT stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutgoingState {
    /// Due later.
    Scheduled,
    /// Waiting for the channel.
    Queued,
    /// A submit's result is unknown and the channel's policy is to hold it.
    InDoubt,
    /// All segments taken; reports are awaited.
    Submitted,
}

impl OutgoingState {
    /// All, in the order of their codes.
    pub const ALL: [OutgoingState; 4] =
        [OutgoingState::Scheduled, OutgoingState::Queued, OutgoingState::InDoubt, OutgoingState::Submitted];

    /// The stored code; never reused.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Back from the stored code.
    pub fn from_code(code: u8) -> Option<OutgoingState> {
        OutgoingState::ALL.get(code as usize).copied()
    }
}

/// An MT that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The message.
    pub id: MessageId,
    /// The channel it goes out on.
    pub channel: Name,
    /// Tenant, when it has one.
    pub account: Option<Name>,
    /// Who sent it, when an application did.
    pub application: Option<Name>,
    /// The person's end.
    pub phone: Address,
    /// Our end.
    pub service_address: Address,
    /// Where it stands.
    pub state: OutgoingState,
    /// Scheduled: when it becomes due. Submitted or in doubt: when waiting for reports ends. Otherwise now.
    pub due_at: At,
    /// Not submitted after this.
    pub valid_until: At,
    /// 0 (normal) to 3 (urgent), SMPP 3.4 §5.2.14.
    pub priority: u8,
    /// Whether the application wants callbacks about reports.
    pub tells: bool,
    /// Its segments in order; at least one.
    pub segments: Vec<SegmentState>,
    /// How it takes part in a USSD dialog; none for plain texts.
    pub ussd: Option<UssdTurn>,
    /// Its application was told that the network took it, or that it will not be sent.
    pub is_settled: bool,
}

impl Outgoing {
    /// The lane it is submitted in.
    pub fn phone_key(&self) -> AddressKey {
        self.phone.key()
    }

    /// The first segment that must still be submitted, 0-based.
    pub fn next_segment(&self) -> Option<usize> {
        self.segments.iter().position(|s| matches!(s, SegmentState::Waiting | SegmentState::Submitting))
    }
}

/// What a network id leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentSegment {
    /// The MT.
    pub message: MessageId,
    /// Its segment, 0-based.
    pub segment: u8,
}
