//! One attempt: from the application's URL to what came back, within its budgets of time and bytes.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use contracts::Verdict;
use domain::callback::{AttemptFailure, AttemptOutcome};
use domain::limit::RECORDED_BYTES_MAX;
use engine::port::Attempt;
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use tokio::time::{Instant, timeout, timeout_at};

use crate::client::Shared;
use crate::link::{BodyEnd, InterimFlood, Link};
use crate::outcome::{Received, Report};
use crate::outlet::{Outlet, Target};
use crate::pool::Pool;

/// Most bytes of an answer's body.
pub const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Most bytes of an answer's status line and headers.
pub const HEADERS_BYTES_MAX: usize = 32 * 1024;

/// How late the end of a budget may be noticed, in milliseconds. Beyond it the whole process stood still.
const STALL_MS: u64 = 100;
/// How long an attempt may then read what has come in the meantime, in milliseconds.
const STALLED_READ_MS: u64 = 100;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CALLBACK: HeaderName = HeaderName::from_static("hookswitch-callback");
const ATTEMPT: HeaderName = HeaderName::from_static("hookswitch-attempt");

/// Why an attempt gave no answer, and more about it for the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) failure: AttemptFailure,
    pub(crate) detail: String,
}

impl Failed {
    pub(crate) fn new(failure: AttemptFailure, detail: impl Into<String>) -> Failed {
        Failed { failure, detail: detail.into() }
    }

    /// A failure of the HTTP side of a link.
    pub(crate) fn of_http(error: &hyper::Error) -> Failed {
        if error.is_parse_too_large() {
            return Failed::new(
                AttemptFailure::TooLarge,
                format!("the headers of the answer are more than {HEADERS_BYTES_MAX} bytes or too many"),
            );
        }
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).and_then(io::Error::get_ref);
        if let Some(flood) = cause.and_then(|cause| cause.downcast_ref::<InterimFlood>()) {
            return Failed::new(AttemptFailure::TooLarge, flood.to_string());
        }
        let mut detail = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            detail.push_str(": ");
            detail.push_str(&cause.to_string());
            source = cause.source();
        }
        Failed::new(AttemptFailure::Broken, detail)
    }
}

/// Makes one attempt. Ends within the application's budget of time.
pub(crate) async fn make(shared: &Shared, outlet: &Outlet, attempt: &Attempt) -> AttemptOutcome {
    let report = Report::begin(shared, outlet, attempt);
    let mut received = Received::default();
    let result = match &outlet.destination {
        Err(error) => Err(Failed::new(AttemptFailure::Misconfigured, error.to_string())),
        Ok(target) => {
            let exchange = Exchange { shared, outlet, target, attempt };
            let budget = Duration::from_millis(attempt.application.timeout_ms);
            match within(budget, exchange.run(&mut received)).await {
                Some(result) => result,
                None => Err(Failed::new(AttemptFailure::TimedOut, received.waited_for())),
            }
        }
    };
    report.end(received, result)
}

/// What a future gave within its budget. After the process stood still (a stopped process, a suspended machine) the
/// answer may lie in the socket, in time and not yet read: to ask again would only repeat the callback.
async fn within<T>(budget: Duration, exchange: impl Future<Output = T>) -> Option<T> {
    let mut exchange = pin!(exchange);
    let until = Instant::now() + budget;
    match timeout_at(until, &mut exchange).await {
        Ok(done) => Some(done),
        Err(_) if until.elapsed() < Duration::from_millis(STALL_MS) => None,
        Err(_) => timeout(Duration::from_millis(STALLED_READ_MS), exchange).await.ok(),
    }
}

struct Exchange<'a> {
    shared: &'a Shared,
    outlet: &'a Outlet,
    target: &'a Target,
    attempt: &'a Attempt,
}

impl Exchange<'_> {
    /// Sends the request on a kept link or a fresh one. A kept link may break just as it is used; as long as not one
    /// byte of an answer came, the request is sent again at once, with the same id, and only once.
    async fn run(&self, received: &mut Received) -> Result<(), Failed> {
        if let Some(mut link) = self.outlet.pool.take().await {
            received.phase = "the answer";
            match link.send(self.request()).await {
                Ok(response) => return self.receive(link, response, received).await,
                Err(error) if link.has_heard() => return Err(Failed::of_http(&error)),
                Err(_) => {}
            }
        }
        received.phase = "the connection";
        let mut link = self.outlet.connect(&self.target.destination, &self.shared.tls).await?;
        received.phase = "the answer";
        match link.send(self.request()).await {
            Ok(response) => self.receive(link, response, received).await,
            Err(error) => Err(Failed::of_http(&error)),
        }
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let body = Bytes::from_owner(Arc::clone(&self.attempt.request.body));
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.target.path.clone();
        let id = HeaderValue::try_from(self.attempt.callback.to_string()).expect("an id is plain ASCII");
        let headers = request.headers_mut();
        headers.reserve(10);
        headers.insert(HOST, self.target.host.clone());
        headers.insert(USER_AGENT, self.shared.user_agent.clone());
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.attempt.request.body_type.content_type()));
        headers.insert(IDEMPOTENCY_KEY, id.clone());
        headers.insert(CALLBACK, id);
        headers.insert(ATTEMPT, HeaderValue::from(self.attempt.number));
        if let Some(authorization) = &self.target.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        request
    }

    /// Reads the rest of the response. The link is kept when everything was read.
    async fn receive(
        &self,
        mut link: Link,
        response: Response<Incoming>,
        received: &mut Received,
    ) -> Result<(), Failed> {
        received.take_head(&response);
        received.phase = "the rest of the answer";
        let (head, mut body) = response.into_parts();
        if let Some(encoding) = received.foreign_encoding.take() {
            return Err(self.status_failure(head.status).unwrap_or_else(|| {
                Failed::new(
                    AttemptFailure::Broken,
                    format!("the answer is encoded ({encoding}), and identity was asked for"),
                )
            }));
        }
        if let Some(failed) = self.status_failure(head.status) {
            // Why it failed is known; what the body adds is for the operator to read.
            if let Ok(BodyEnd::Complete) = link.read(&mut body, &mut received.body, RECORDED_BYTES_MAX).await {
                Pool::keep(&self.outlet.pool, link).await;
            }
            return Err(failed);
        }
        let too_large =
            || Failed::new(AttemptFailure::TooLarge, format!("the body is larger than {ANSWER_BYTES_MAX} bytes"));
        let announced = body.size_hint();
        if announced.lower() > ANSWER_BYTES_MAX as u64 {
            return Err(too_large());
        }
        received.body.reserve(announced.lower() as usize);
        match link.read(&mut body, &mut received.body, ANSWER_BYTES_MAX).await {
            Ok(BodyEnd::Complete) => {
                Pool::keep(&self.outlet.pool, link).await;
                Ok(())
            }
            Ok(BodyEnd::Cut) => Err(too_large()),
            Err(error) => Err(Failed::of_http(&error)),
        }
    }

    /// What a status says in the application's contract, unless it is a success.
    fn status_failure(&self, status: StatusCode) -> Option<Failed> {
        let verdict = contracts::verdict(self.attempt.application.contract, status.as_u16());
        let failure = match verdict {
            Verdict::Taken => return None,
            Verdict::Refused => AttemptFailure::Refused,
            Verdict::Again if status == StatusCode::GONE => return Some(Failed::new(AttemptFailure::Gone, "")),
            Verdict::Again => AttemptFailure::Status,
        };
        let detail = if status.is_redirection() {
            format!("{status}; redirects are never followed: configure the final URL")
        } else {
            status.to_string()
        };
        Some(Failed::new(failure, detail))
    }
}
