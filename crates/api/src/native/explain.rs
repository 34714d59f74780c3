//! `POST /v1/explain`: where an MO would go and why every other rule lost. Nothing is sent and nothing changes.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::address::Address;
use domain::limit::TEXT_BYTES_MAX;
use domain::route::explain::{Rule, Step};
use http::{Request, StatusCode};
use serde::Serialize;

use super::hal::hal;
use super::segments::SegmentsResource;
use crate::auth::Caller;
use crate::body::Members;
use crate::problem::{Kind, Problem};
use crate::state::ApiState;

#[derive(Serialize)]
struct ExplanationResource<'a> {
    summary: &'a str,
    application: Option<&'a str>,
    channel: Option<&'a str>,
    steps: Vec<StepResource<'a>>,
    more: usize,
    segments: SegmentsResource,
}

#[derive(Serialize)]
struct StepResource<'a> {
    rule: &'static str,
    /// The position in `GET /v1/routes`; none for a session.
    route: Option<usize>,
    application: &'a str,
    wins: bool,
    reason: &'a str,
}

impl<'a> StepResource<'a> {
    fn of(step: &'a Step) -> StepResource<'a> {
        let (rule, route) = match step.rule {
            Rule::Session => ("session", None),
            Rule::Route(position) => ("route", Some(position)),
        };
        StepResource { rule, route, application: &step.application, wins: step.wins, reason: &step.reason }
    }
}

pub(super) async fn explain(
    State(state): State<ApiState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let mut members = Members::of(request).await?;
    let to = members.parsed_required("to", Address::parse);
    let from = members.parsed_required("from", Address::parse);
    let text = members.text("text").unwrap_or_default();
    if text.len() > TEXT_BYTES_MAX {
        members.complain::<()>("text", format!("is longer than {TEXT_BYTES_MAX} bytes"));
    }
    members.finish("to, from, text")?;
    let (Some(to), Some(from)) = (to, from) else { return Err(Problem::new(Kind::Body, "to and from are required")) };
    let segments = SegmentsResource::of_text(&text);
    let explanation = state.reader(&caller).explain(state.directory.current(), from, to, text, state.now()).await?;
    let resource = ExplanationResource {
        summary: &explanation.summary,
        application: explanation.application.as_deref(),
        channel: explanation.channel.as_deref(),
        steps: explanation.steps.iter().map(StepResource::of).collect(),
        more: explanation.more,
        segments,
    };
    Ok(hal(StatusCode::OK, &resource))
}
