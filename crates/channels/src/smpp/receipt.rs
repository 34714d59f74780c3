//! From a receipt of the network to a report of the domain.

use std::fmt::Write as _;

use domain::report::{Report, ReportStatus};
use domain::time::At;
use smpp::receipt::{MessageState, Receipt, ReceiptComplaint};

use super::outgoing::spellings;

/// The report that a receipt is.
pub(super) fn report(receipt: &Receipt, received_at: At) -> Report {
    let mut ids: Vec<String> = Vec::new();
    for id in receipt.message_id.iter().chain(&receipt.text_id) {
        ids.extend(spellings(id).into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
    }
    Report { ids, status: status(receipt), detail: detail(receipt), received_at }
}

fn status(receipt: &Receipt) -> ReportStatus {
    let status = match receipt.state {
        Some(MessageState::Enroute) => ReportStatus::Pending,
        Some(MessageState::Delivered) => ReportStatus::Delivered,
        Some(MessageState::Expired) => ReportStatus::Expired,
        Some(MessageState::Deleted | MessageState::Undeliverable) => ReportStatus::Failed,
        // By the spec read on the phone's behalf; in the field "the next network took it", and a final word follows.
        Some(MessageState::Accepted) => ReportStatus::Pending,
        Some(MessageState::Rejected) => ReportStatus::Rejected,
        Some(MessageState::Unknown) | None => ReportStatus::Unknown,
    };
    match status {
        ReportStatus::Delivered => status,
        // An intermediate notification says "not yet", whatever the reason.
        _ if receipt.intermediate => ReportStatus::Pending,
        _ => status,
    }
}

/// The network's words for the timeline.
fn detail(receipt: &Receipt) -> String {
    let mut detail = match receipt.state {
        Some(state) => state.to_text().to_owned(),
        None => "no state".to_owned(),
    };
    if let Some(error) = &receipt.error {
        // Writing into a String can't fail.
        let _ = write!(detail, " err:{error}");
    }
    if let Some(network) = receipt.network_error {
        let _ = write!(detail, " network_error_code:{}/{}", network.network, network.code);
    }
    for complaint in &receipt.complaints {
        let _ = match complaint {
            ReceiptComplaint::NoId => write!(detail, "; it names no message"),
            ReceiptComplaint::NoState => write!(detail, "; it tells no state"),
            ReceiptComplaint::UnknownState(word) => write!(detail, "; its state {word:?} is unknown"),
            ReceiptComplaint::UnknownStateNumber(number) => write!(detail, "; message_state {number} is unknown"),
            ReceiptComplaint::StatesDisagree(word) => {
                write!(detail, "; its text says {word:?}, message_state was believed")
            }
        };
    }
    detail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_become_report_statuses() {
        let check = |state, intermediate, expected| {
            let receipt = Receipt { state, intermediate, ..Receipt::default() };
            assert_eq!(report(&receipt, At(0)).status, expected, "{state:?} {intermediate}");
        };
        check(Some(MessageState::Delivered), false, ReportStatus::Delivered);
        check(Some(MessageState::Delivered), true, ReportStatus::Delivered);
        check(Some(MessageState::Undeliverable), false, ReportStatus::Failed);
        check(Some(MessageState::Undeliverable), true, ReportStatus::Pending);
        check(Some(MessageState::Deleted), false, ReportStatus::Failed);
        check(Some(MessageState::Expired), false, ReportStatus::Expired);
        check(Some(MessageState::Rejected), false, ReportStatus::Rejected);
        check(Some(MessageState::Enroute), false, ReportStatus::Pending);
        check(Some(MessageState::Accepted), false, ReportStatus::Pending);
        check(Some(MessageState::Unknown), false, ReportStatus::Unknown);
        check(None, false, ReportStatus::Unknown);
        check(None, true, ReportStatus::Pending);
    }

    #[test]
    fn the_canonical_spelling_of_the_id_comes_first() {
        let receipt = Receipt {
            message_id: Some("0E99".into()),
            text_id: Some("3737".into()),
            error: Some("007".into()),
            state: Some(MessageState::Expired),
            ..Receipt::default()
        };
        let report = report(&receipt, At(5));
        assert_eq!(report.ids[0], "e99");
        for id in ["0E99", "0e99", "3737"] {
            assert!(report.ids.iter().any(|other| other == id), "{id}");
        }
        assert_eq!((&*report.detail, report.received_at), ("EXPIRED err:007", At(5)));
    }
}
