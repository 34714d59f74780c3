//! The small numbers by which the Service Layer tells how a segment fares (`docs/reference/service-layer.md §6`).

use domain::message::MessageState;
use domain::outgoing::SegmentState;
use domain::report::ReportStatus;

/// How a segment fares, in the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    /// Nothing final is known.
    Pending,
    /// Arrived.
    Delivered,
    /// Will not arrive.
    Failed,
    /// Taken by the operator; only callbacks say this, `delivery_status` answers `Pending` instead.
    Queued,
}

impl DeliveryStatus {
    /// The number on the wire.
    pub const fn number(self) -> u8 {
        match self {
            DeliveryStatus::Pending => 0,
            DeliveryStatus::Delivered => 1,
            DeliveryStatus::Failed => 2,
            DeliveryStatus::Queued => 4,
        }
    }

    /// What a report says. A network that knows nothing leaves the segment pending, unless that was its last word.
    pub const fn of_report(status: ReportStatus, is_final: bool) -> DeliveryStatus {
        match status {
            ReportStatus::Queued => DeliveryStatus::Queued,
            ReportStatus::Pending => DeliveryStatus::Pending,
            ReportStatus::Delivered => DeliveryStatus::Delivered,
            ReportStatus::Failed | ReportStatus::Expired | ReportStatus::Rejected => DeliveryStatus::Failed,
            ReportStatus::Unknown if is_final => DeliveryStatus::Failed,
            ReportStatus::Unknown => DeliveryStatus::Pending,
        }
    }

    /// What the state of a segment of an unfinished MT says.
    pub const fn of_segment(segment: &SegmentState) -> DeliveryStatus {
        match segment {
            SegmentState::Waiting | SegmentState::Submitting | SegmentState::Submitted { .. } => {
                DeliveryStatus::Pending
            }
            SegmentState::Reported { status, .. } => DeliveryStatus::of_report(*status, status.is_final()),
            SegmentState::Rejected => DeliveryStatus::Failed,
        }
    }

    /// What the state of a whole MT says of each of its segments; none for an MO, of which the contract knows no status.
    pub const fn of_message(state: MessageState) -> Option<DeliveryStatus> {
        match state {
            MessageState::Scheduled | MessageState::Queued | MessageState::InDoubt | MessageState::Submitted => {
                Some(DeliveryStatus::Pending)
            }
            MessageState::Delivered => Some(DeliveryStatus::Delivered),
            MessageState::Undelivered | MessageState::Expired | MessageState::Rejected | MessageState::Cancelled => {
                Some(DeliveryStatus::Failed)
            }
            // The states of an MO.
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_have_the_numbers_old_clients_know() {
        let check = |status, is_final, number| {
            assert_eq!(DeliveryStatus::of_report(status, is_final).number(), number, "{status:?} {is_final}");
        };
        check(ReportStatus::Queued, false, 4);
        check(ReportStatus::Pending, false, 0);
        check(ReportStatus::Delivered, true, 1);
        check(ReportStatus::Failed, true, 2);
        check(ReportStatus::Expired, true, 2);
        check(ReportStatus::Rejected, true, 2);
        check(ReportStatus::Unknown, false, 0);
        check(ReportStatus::Unknown, true, 2);
    }

    #[test]
    fn every_final_state_of_an_mt_is_one_or_two() {
        use MessageState::{Answered, Exhausted, Received, Refused, Unrouted};
        for state in MessageState::ALL {
            match DeliveryStatus::of_message(state) {
                Some(status) => assert_eq!(state.is_final(), status != DeliveryStatus::Pending, "{state:?}"),
                None => assert!([Received, Unrouted, Answered, Refused, Exhausted].contains(&state), "{state:?}"),
            }
        }
        assert_eq!(DeliveryStatus::of_message(MessageState::Delivered), Some(DeliveryStatus::Delivered));
    }
}
