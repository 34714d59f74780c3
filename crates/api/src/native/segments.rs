//! `POST /v1/segments`: how a text would be split.

use axum::body::Body;
use axum::response::Response;
use domain::decision::Refusal;
use domain::limit::TEXT_BYTES_MAX;
use domain::text::segment::{Count, Encoding, Options, SegmentRefusal, count};
use http::{Request, StatusCode};
use serde::Serialize;

use super::hal::hal;
use crate::auth::Caller;
use crate::body::Members;
use crate::problem::Problem;

/// What a text costs.
#[derive(Serialize)]
pub(super) struct SegmentsResource {
    encoding: &'static str,
    units: usize,
    segments: usize,
}

impl SegmentsResource {
    fn of(count: Count) -> SegmentsResource {
        let encoding = match count.encoding {
            Encoding::Gsm7 => "gsm7",
            Encoding::Ucs2 => "ucs2",
        };
        SegmentsResource { encoding, units: count.units, segments: count.segments }
    }

    /// What this text costs, with the header most channels use. A text that cannot be sent is counted all the same.
    pub(super) fn of_text(text: &str) -> SegmentsResource {
        match count(text, Options::default()) {
            Ok(count) | Err(SegmentRefusal::TooManySegments { count }) => SegmentsResource::of(count),
        }
    }
}

pub(super) async fn segments(_caller: Caller, request: Request<Body>) -> Result<Response, Problem> {
    let mut members = Members::of(request).await?;
    let text = members.text("text").unwrap_or_default();
    if text.len() > TEXT_BYTES_MAX {
        members.complain::<()>("text", format!("is longer than {TEXT_BYTES_MAX} bytes"));
    }
    members.finish("text")?;
    match count(&text, Options::default()) {
        Ok(count) => Ok(hal(StatusCode::OK, &SegmentsResource::of(count))),
        Err(SegmentRefusal::TooManySegments { count }) => Err(Refusal::TextTooLong { segments: count.segments }.into()),
    }
}
