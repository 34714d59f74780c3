//! A report that matched nothing yet.

use domain::report::{Report, ReportStatus, UnmatchedReport};
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{Record, known};

/// Version 1 of a parked report.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ReportRecord<'a> {
    channel: &'a str,
    network_id: &'a str,
    phone: &'a str,
    reason: &'a str,
    #[serde(borrow)]
    ids: Vec<&'a str>,
    status: u8,
    detail: &'a str,
    received_at: i64,
}

impl<'a> Record<'a> for ReportRecord<'a> {
    const KIND: &'static str = "parked report";
}

impl<'a> From<&'a UnmatchedReport> for ReportRecord<'a> {
    fn from(parked: &'a UnmatchedReport) -> ReportRecord<'a> {
        ReportRecord {
            channel: &parked.channel,
            network_id: &parked.network_id,
            phone: &parked.phone,
            reason: &parked.reason,
            ids: parked.report.ids.iter().map(String::as_str).collect(),
            status: parked.report.status.code(),
            detail: &parked.report.detail,
            received_at: parked.report.received_at.0,
        }
    }
}

impl ReportRecord<'_> {
    pub(crate) fn report(self) -> Result<UnmatchedReport, StoreError> {
        Ok(UnmatchedReport {
            channel: self.channel.to_owned(),
            network_id: self.network_id.to_owned(),
            phone: self.phone.to_owned(),
            reason: self.reason.to_owned(),
            report: Report {
                ids: self.ids.into_iter().map(str::to_owned).collect(),
                status: known(Self::KIND, "status", self.status, ReportStatus::from_code(self.status))?,
                detail: self.detail.to_owned(),
                received_at: At(self.received_at),
            },
        })
    }
}
