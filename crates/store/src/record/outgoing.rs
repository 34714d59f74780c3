//! The small changing record of an unfinished MT, and what a network id leads to.

use domain::outgoing::{Outgoing, OutgoingState, SegmentState};
use domain::report::ReportStatus;
use domain::time::At;
use domain::ussd::{SessionEvent, UssdTurn};
use engine::port::StoreError;
use serde::{Deserialize, Serialize};

use super::{IdRecord, Record, address, known};

/// Version 2 of an unfinished MT.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OutgoingRecord<'a> {
    #[serde(borrow)]
    first: FirstOutgoing<'a>,
    ussd: Option<UssdRecord>,
    is_settled: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct UssdRecord {
    dialog: Option<u16>,
    is_last: bool,
}

/// Version 1, with which version 2 begins.
#[derive(Debug, Serialize, Deserialize)]
struct FirstOutgoing<'a> {
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
    const VERSION: u8 = 2;

    fn read_older(version: u8, bytes: &'a [u8]) -> Option<postcard::Result<(Self, &'a [u8])>> {
        let first = (version == 1).then(|| postcard::take_from_bytes(bytes))?;
        Some(first.map(|(first, rest)| (OutgoingRecord { first, ussd: None, is_settled: false }, rest)))
    }
}

impl<'a> From<&'a Outgoing> for OutgoingRecord<'a> {
    fn from(outgoing: &'a Outgoing) -> OutgoingRecord<'a> {
        let first = FirstOutgoing {
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
        };
        let ussd =
            outgoing.ussd.map(|turn| UssdRecord { dialog: turn.dialog, is_last: turn.event == SessionEvent::Close });
        OutgoingRecord { first, ussd, is_settled: outgoing.is_settled }
    }
}

impl OutgoingRecord<'_> {
    pub(crate) fn outgoing(self) -> Result<Outgoing, StoreError> {
        let OutgoingRecord { first, ussd, is_settled } = self;
        Ok(Outgoing {
            id: first.id.message(),
            channel: first.channel.into(),
            account: first.account.map(Into::into),
            application: first.application.map(Into::into),
            phone: address(Self::KIND, first.phone)?,
            service_address: address(Self::KIND, first.service_address)?,
            state: known(Self::KIND, "state", first.state, OutgoingState::from_code(first.state))?,
            due_at: At(first.due_at),
            valid_until: At(first.valid_until),
            priority: first.priority,
            tells: first.tells,
            segments: first.segments.into_iter().map(SegmentRecord::state).collect::<Result<_, _>>()?,
            ussd: ussd.map(|turn| UssdTurn {
                dialog: turn.dialog,
                event: if turn.is_last { SessionEvent::Close } else { SessionEvent::Resume },
            }),
            is_settled,
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
