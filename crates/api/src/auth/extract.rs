//! The caller as an argument of a handler: a handler that takes one cannot be reached without credentials.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{Caller, Credentials, authenticate};
use crate::problem::Problem;
use crate::state::ApiState;

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Caller, Response> {
        let presented = Credentials::of(&parts.headers);
        let caller = presented.and_then(|c| authenticate(&state.directory.current(), &state.operator_token, &c));
        caller.ok_or_else(|| Problem::unauthorized().into_response())
    }
}
