//! What came of an attempt: the record for the timeline, without secrets, and the understood answer.

use domain::callback::{AttemptFailure, AttemptOutcome, AttemptRecord};
use domain::limit::{RECORDED_BYTES_MAX, RETRY_AFTER_MS_MAX};
use domain::time::At;
use engine::port::Attempt;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response};
use tokio::time::Instant;

use crate::attempt::Failed;
use crate::client::Shared;
use crate::outlet::Outlet;

#[cfg(test)]
mod tests;

/// Longest recorded header value, in bytes.
const HEADER_BYTES_RECORDED: usize = 200;
/// Secrets shorter than this are not searched for in answers: they would be found everywhere.
const SECRET_BYTES_SEARCHED_MIN: usize = 4;
const REDACTED: &str = "•••";

/// What has come from the application so far; kept outside of the exchange so that a time-out loses nothing.
#[derive(Default)]
pub(crate) struct Received {
    /// What the attempt waits for, in words.
    pub(crate) phase: &'static str,
    pub(crate) status: Option<u16>,
    pub(crate) content_type: Option<String>,
    pub(crate) retry_after: Option<String>,
    /// A content encoding we did not ask for.
    pub(crate) foreign_encoding: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    /// Takes over status and headers.
    pub(crate) fn take_head<B>(&mut self, response: &Response<B>) {
        let shown =
            |value: &HeaderValue| cut(&String::from_utf8_lossy(value.as_bytes()), HEADER_BYTES_RECORDED).to_owned();
        let header = |name: HeaderName| response.headers().get(name).map(shown);
        self.status = Some(response.status().as_u16());
        self.content_type = header(CONTENT_TYPE);
        self.retry_after = header(RETRY_AFTER);
        let is_foreign = |value: &&HeaderValue| {
            !value.is_empty() && !value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity")
        };
        let foreign = response.headers().get_all(CONTENT_ENCODING).iter().find(is_foreign);
        self.foreign_encoding = foreign.map(shown);
    }

    /// What the time ran out for.
    pub(crate) fn waited_for(&self) -> String {
        format!("the time ran out while waiting for {}", self.phase)
    }
}

/// An attempt under way.
pub(crate) struct Report<'a> {
    shared: &'a Shared,
    outlet: &'a Outlet,
    attempt: &'a Attempt,
    started_at: At,
    started: Instant,
}

impl<'a> Report<'a> {
    /// Starts the clock.
    pub(crate) fn begin(shared: &'a Shared, outlet: &'a Outlet, attempt: &'a Attempt) -> Report<'a> {
        Report { shared, outlet, attempt, started_at: shared.clock.now(), started: Instant::now() }
    }

    /// Puts together what came. A status that is no success tells more than how the rest of its answer broke.
    pub(crate) fn end(self, received: Received, result: Result<(), Failed>) -> AttemptOutcome {
        let application = &self.attempt.application;
        let body = self.shown(&String::from_utf8_lossy(&received.body), RECORDED_BYTES_MAX);
        let content_type = received.content_type.as_deref();
        let mut record = AttemptRecord {
            number: self.attempt.number,
            started_at: self.started_at,
            took_ms: u32::try_from(self.started.elapsed().as_millis()).unwrap_or(u32::MAX),
            url: shown_url(self.outlet),
            status: received.status,
            failure: None,
            detail: String::new(),
            content_type: self.shown(content_type.unwrap_or_default(), HEADER_BYTES_RECORDED),
            body,
        };
        match result {
            Ok(()) => {
                let answer =
                    contracts::understand(application.contract, self.attempt.kind, content_type, &received.body);
                AttemptOutcome { record, answer: Some(answer), retry_after_ms: None }
            }
            Err(failed) => {
                let failed = known_by_status(&received, failed);
                record.failure = Some(failed.failure);
                record.detail = self.shown(&failed.detail, RECORDED_BYTES_MAX);
                let retry_after = received.retry_after.as_deref();
                let retry_after_ms = retry_after.and_then(|value| retry_after_ms(value, self.shared.clock.now()));
                AttemptOutcome { record, answer: None, retry_after_ms }
            }
        }
    }

    /// A text as it may be recorded: without secrets that were echoed, without NUL (which PostgreSQL cannot store), cut.
    fn shown(&self, text: &str, bytes_max: usize) -> String {
        let target = self.outlet.destination.as_ref().ok();
        let password = target.and_then(|target| target.destination.password.as_ref());
        let token = target.and_then(|target| target.destination.authorization.as_ref());
        let token = token.map(|secret| secret.expose().trim_start_matches("Basic "));
        let api_key = self.attempt.application.api_key.expose();
        let secrets = [Some(api_key), password.map(|secret| secret.expose()), token];
        let mut shown = std::borrow::Cow::Borrowed(text);
        for secret in secrets.into_iter().flatten().filter(|secret| secret.len() >= SECRET_BYTES_SEARCHED_MIN) {
            if shown.contains(secret) {
                shown = shown.replace(secret, REDACTED).into();
            }
        }
        if shown.contains('\0') {
            shown = shown.replace('\0', "\u{fffd}").into();
        }
        cut(&shown, bytes_max).to_owned()
    }
}

/// An answer whose status is no success failed by its status, even when the time ran out over its body.
fn known_by_status(received: &Received, failed: Failed) -> Failed {
    match received.status {
        Some(410) => Failed::new(AttemptFailure::Gone, ""),
        Some(status)
            if !(200..300).contains(&status)
                && !matches!(failed.failure, AttemptFailure::Status | AttemptFailure::Refused) =>
        {
            Failed::new(AttemptFailure::Status, format!("{status}; {}", failed.detail))
        }
        _ => failed,
    }
}

/// The URL as it may be shown. One that cannot be taken apart is not shown at all: it may hide a password anywhere.
pub(crate) fn shown_url(outlet: &Outlet) -> std::sync::Arc<str> {
    match &outlet.destination {
        Ok(target) => target.destination.shown.clone(),
        Err(_) => "(not a URL that can be called)".into(),
    }
}

/// Seconds or an HTTP date (RFC 9110 §10.2.3), in milliseconds from now, at most [`RETRY_AFTER_MS_MAX`].
fn retry_after_ms(value: &str, now: At) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds: u64 = value.parse().unwrap_or(u64::MAX);
        return Some(seconds.saturating_mul(1000).min(RETRY_AFTER_MS_MAX));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = At::from_ms(i64::try_from(since_epoch.as_millis()).ok()?);
    Some(at.ms_since(now).min(RETRY_AFTER_MS_MAX))
}

/// The longest start of a text that fits, whole characters only.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}
