//! The small changing record of an unfinished MT, and what a network id leads to.

use domain::outgoing::{Outgoing, OutgoingState, SegmentState};
use domain::report::ReportStatus;
use domain::time::At;
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{IdRecord, Record, address, known};

/// Version 1 of an unfinished MT.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OutgoingRecord<'a> {
    id: IdRecord,
    channel: &'a str,
    account: Option<&'a str>,
    application: Option<&'a str>,
    phone: &'a str,
    service_address: &'a str,
    state: u8,
    due_at: i64,
    valid_until: i64,
    priority: u8,
    tells: bool,
    #[serde(borrow)]
    segments: Vec<SegmentRecord<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
enum SegmentRecord<'a> {
    Waiting,
    Submitting,
    Submitted { network_id: &'a str },
    Reported { network_id: &'a str, status: u8 },
    Rejected,
}

impl<'a> Record<'a> for OutgoingRecord<'a> {
    const KIND: &'static str = "unfinished MT";
}

impl<'a> From<&'a Outgoing> for OutgoingRecord<'a> {
    fn from(outgoing: &'a Outgoing) -> OutgoingRecord<'a> {
        OutgoingRecord {
            id: outgoing.id.into(),
            channel: &outgoing.channel,
            account: outgoing.account.as_deref(),
            application: outgoing.application.as_deref(),
            phone: outgoing.phone.as_str(),
            service_address: outgoing.service_address.as_str(),
            state: outgoing.state.code(),
            due_at: outgoing.due_at.0,
            valid_until: outgoing.valid_until.0,
            priority: outgoing.priority,
            tells: outgoing.tells,
            segments: outgoing.segments.iter().map(SegmentRecord::of).collect(),
        }
    }
}

impl OutgoingRecord<'_> {
    pub(crate) fn outgoing(self) -> Result<Outgoing, StoreError> {
        Ok(Outgoing {
            id: self.id.message(),
            channel: self.channel.into(),
            account: self.account.map(Into::into),
            application: self.application.map(Into::into),
            phone: address(Self::KIND, self.phone)?,
            service_address: address(Self::KIND, self.service_address)?,
            state: known(Self::KIND, "state", self.state, OutgoingState::from_code(self.state))?,
            due_at: At(self.due_at),
            valid_until: At(self.valid_until),
            priority: self.priority,
            tells: self.tells,
            segments: self.segments.into_iter().map(SegmentRecord::state).collect::<Result<_, _>>()?,
        })
    }
}

impl<'a> SegmentRecord<'a> {
    fn of(state: &'a SegmentState) -> SegmentRecord<'a> {
        match state {
            SegmentState::Waiting => SegmentRecord::Waiting,
            SegmentState::Submitting => SegmentRecord::Submitting,
            SegmentState::Submitted { network_id } => SegmentRecord::Submitted { network_id },
            SegmentState::Reported { network_id, status } => {
                SegmentRecord::Reported { network_id, status: status.code() }
            }
            SegmentState::Rejected => SegmentRecord::Rejected,
        }
    }

    fn state(self) -> Result<SegmentState, StoreError> {
        Ok(match self {
            SegmentRecord::Waiting => SegmentState::Waiting,
            SegmentRecord::Submitting => SegmentState::Submitting,
            SegmentRecord::Submitted { network_id } => SegmentState::Submitted { network_id: network_id.to_owned() },
            SegmentRecord::Reported { network_id, status } => SegmentState::Reported {
                network_id: network_id.to_owned(),
                status: known(OutgoingRecord::KIND, "report", status, ReportStatus::from_code(status))?,
            },
            SegmentRecord::Rejected => SegmentState::Rejected,
        })
    }
}
