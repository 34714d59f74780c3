//! A report: the network's later word on a segment of an MT.

use crate::time::At;

/// What the network says of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportStatus {
    /// Taken by the network; the `ack` of a submit.
    Queued,
    /// On its way; an intermediate word.
    Pending,
    /// Arrived.
    Delivered,
    /// Will not arrive.
    Failed,
    /// Its validity ended first.
    Expired,
    /// Refused.
    Rejected,
    /// The network does not know.
    Unknown,
}

impl ReportStatus {
    /// All, in the order of their codes.
    pub const ALL: [ReportStatus; 7] = [
        ReportStatus::Queued,
        ReportStatus::Pending,
        ReportStatus::Delivered,
        ReportStatus::Failed,
        ReportStatus::Expired,
        ReportStatus::Rejected,
        ReportStatus::Unknown,
    ];

    /// The word the outside sees.
    pub const fn name(self) -> &'static str {
        match self {
            ReportStatus::Queued => "queued",
            ReportStatus::Pending => "pending",
            ReportStatus::Delivered => "delivered",
            ReportStatus::Failed => "failed",
            ReportStatus::Expired => "expired",
            ReportStatus::Rejected => "rejected",
            ReportStatus::Unknown => "unknown",
        }
    }

    /// The stored code; never reused.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Back from the stored code.
    pub fn from_code(code: u8) -> Option<ReportStatus> {
        ReportStatus::ALL.get(code as usize).copied()
    }

    /// True when no further word is expected.
    pub const fn is_final(self) -> bool {
        !matches!(self, ReportStatus::Queued | ReportStatus::Pending)
    }
}

/// One receipt as it came from a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Canonical spellings of the network's message id, the likeliest first; at least one unless it had none.
    pub ids: Vec<String>,
    /// What it says.
    pub status: ReportStatus,
    /// The network's own words for status and error, for the timeline.
    pub detail: String,
    /// When we received it.
    pub received_at: At,
}

/// A report that matched nothing when it came: parked, because it may be early, and listed with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedReport {
    /// The channel it came from.
    pub channel: String,
    /// The id it is filed under: the first of its spellings.
    pub network_id: String,
    /// The phone it names, as written.
    pub phone: String,
    /// Why it matched nothing, in words.
    pub reason: String,
    /// The report.
    pub report: Report,
}
