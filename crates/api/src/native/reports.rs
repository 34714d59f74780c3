//! `GET /v1/reports/unmatched`: reports of networks that matched no message, with the reason. For the operator.

use axum::extract::State;
use axum::response::Response;
use domain::report::UnmatchedReport;
use domain::time::At;
use http::{StatusCode, Uri};
use serde::Serialize;

use super::hal::{Collection, Links, hal, shown};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::state::ApiState;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnmatchedResource<'a> {
    channel: &'a str,
    network_id: &'a str,
    spellings: &'a [String],
    phone: &'a str,
    reason: &'a str,
    status: &'static str,
    detail: &'a str,
    #[serde(serialize_with = "shown")]
    received_at: At,
}

impl<'a> UnmatchedResource<'a> {
    fn of(parked: &'a UnmatchedReport) -> UnmatchedResource<'a> {
        UnmatchedResource {
            channel: &parked.channel,
            network_id: &parked.network_id,
            spellings: &parked.report.ids,
            phone: &parked.phone,
            reason: &parked.reason,
            status: parked.report.status.name(),
            detail: &parked.report.detail,
            received_at: parked.report.received_at,
        }
    }
}

pub(super) async fn unmatched(State(state): State<ApiState>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    if caller != Caller::Operator {
        return Err(Problem::operator_only());
    }
    let mut parameters = Parameters::of(&uri);
    let limit = parameters.limit();
    parameters.finish()?;
    let reports = state.reader(&caller).unmatched(limit).await?;
    let rows = reports.iter().map(UnmatchedResource::of).collect();
    Ok(hal(StatusCode::OK, &Collection::new("reports", rows, Links::to_self("/v1/reports/unmatched"))))
}
