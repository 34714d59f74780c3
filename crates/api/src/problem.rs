//! Expected noes over HTTP: `application/problem+json` (RFC 9457), one table of codes with their pages under
//! `docs/operate/codes/`. What a person reads is in `detail`; what a program reads is `code`.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use domain::decision::{Outcome, Refusal};
use engine::inlet::NotTaken;
use engine::port::StoreError;
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::reader::ReadError;

/// The media type of RFC 9457 §6.1.
pub(crate) const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// How long a client is asked to wait before it repeats what was not taken, in seconds.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"hookswitch\", Basic realm=\"hookswitch\"");

macro_rules! kinds {
    ($($variant:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// What went wrong, as far as HTTP is concerned.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Kind {
            $(#[doc = $title] $variant,)*
        }

        impl Kind {
            const fn code(self) -> &'static str {
                match self { $(Kind::$variant => $code,)* }
            }

            const fn status(self) -> StatusCode {
                match self { $(Kind::$variant => StatusCode::$status,)* }
            }

            const fn title(self) -> &'static str {
                match self { $(Kind::$variant => $title,)* }
            }
        }
    };
}

kinds! {
    Unauthorized = "HS-1201", UNAUTHORIZED, "Credentials missing or wrong";
    OperatorOnly = "HS-1202", FORBIDDEN, "Only for the operator";
    NoSuchPath = "HS-1203", NOT_FOUND, "No such path";
    Method = "HS-1204", METHOD_NOT_ALLOWED, "Method not allowed here";
    NotAcceptable = "HS-1205", NOT_ACCEPTABLE, "No representation the client accepts";
    BodyTooLarge = "HS-1206", PAYLOAD_TOO_LARGE, "Body too large";
    MediaType = "HS-1207", UNSUPPORTED_MEDIA_TYPE, "Body is not JSON";
    Body = "HS-1208", BAD_REQUEST, "Body not understood";
    Query = "HS-1209", BAD_REQUEST, "Query parameter not understood";
    Header = "HS-1210", BAD_REQUEST, "Header not understood";
    NotTaken = "HS-1211", SERVICE_UNAVAILABLE, "Not taken, try again";
    Unreadable = "HS-1212", SERVICE_UNAVAILABLE, "The store cannot be read";
    TooSlow = "HS-1213", REQUEST_TIMEOUT, "Body came too slowly";
    NotYet = "HS-1214", BAD_REQUEST, "Not available yet";
    Unanswered = "HS-1215", GATEWAY_TIMEOUT, "Not answered in time";
}

/// One member or parameter that was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Complaint {
    /// Its name.
    pub(crate) name: String,
    /// Why, in words.
    pub(crate) detail: String,
}

/// An expected no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: Cow<'static, str>,
    detail: String,
    errors: Vec<Complaint>,
    retry: bool,
}

#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "<[Complaint]>::is_empty")]
    errors: &'a [Complaint],
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        let retry = kind.status() == StatusCode::SERVICE_UNAVAILABLE;
        let (status, code, title) = (kind.status(), kind.code(), Cow::Borrowed(kind.title()));
        Problem { status, code, title, detail: detail.into(), errors: Vec::new(), retry }
    }

    /// With what was wrong, one by one; the detail is made of it.
    pub(crate) fn with_errors(kind: Kind, errors: Vec<Complaint>) -> Problem {
        let words: Vec<String> = errors.iter().map(|e| format!("{}: {}", e.name, e.detail)).collect();
        Problem { errors, ..Problem::new(kind, words.join("; ")) }
    }

    pub(crate) fn unauthorized() -> Problem {
        Problem::new(
            Kind::Unauthorized,
            "send an account's token as Authorization: Bearer, or its key and token as Basic, or the operator's token as Bearer",
        )
    }

    pub(crate) fn operator_only() -> Problem {
        Problem::new(Kind::OperatorOnly, "this belongs to no account; ask with the operator's token")
    }

    /// The same for what does not exist and for what the caller may not see.
    pub(crate) fn not_found() -> Problem {
        Refusal::NotFound.into()
    }

    /// The engine answered with something this request cannot have asked for.
    pub(crate) fn unexpected(outcome: &Outcome) -> Problem {
        tracing::error!(?outcome, "the engine's answer does not fit the request");
        Problem::new(Kind::Unanswered, "it is unknown what became of the request; look before you repeat it")
    }

    /// What a person reads, for answers that are not JSON.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// The status, for answers in another form.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The code, for answers that are not JSON.
    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    /// Whether the same request may work later.
    pub(crate) const fn is_passing(&self) -> bool {
        self.retry
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let (status, title) = match &refusal {
            Refusal::NotFound => (StatusCode::NOT_FOUND, "Not found"),
            Refusal::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "Idempotency key used for another request"),
            Refusal::StillPending => (StatusCode::CONFLICT, "Callback still pending"),
            Refusal::NoSender => (StatusCode::BAD_REQUEST, "No service address to send from"),
            Refusal::UnknownSender { .. } => (StatusCode::BAD_REQUEST, "Unknown service address"),
            Refusal::UnknownApplication => (StatusCode::BAD_REQUEST, "Unknown application"),
            Refusal::EmptyText => (StatusCode::BAD_REQUEST, "Empty text"),
            Refusal::TextTooLong { .. } => (StatusCode::BAD_REQUEST, "Text too long"),
            Refusal::Recipients { .. } => (StatusCode::BAD_REQUEST, "Too few or too many recipients"),
            Refusal::Schedule => (StatusCode::BAD_REQUEST, "Scheduled too far ahead"),
            Refusal::OptedOut { .. } => (StatusCode::BAD_REQUEST, "Opted out"),
            Refusal::OptOutExists => (StatusCode::CONFLICT, "Opted out before"),
            Refusal::TooManySeries { .. } => (StatusCode::BAD_REQUEST, "Too many series"),
            Refusal::DashboardLimit { .. } => (StatusCode::CONFLICT, "Too many"),
            Refusal::DashboardName => (StatusCode::BAD_REQUEST, "Not a name"),
        };
        let (code, detail) = (refusal.code(), refusal.to_string());
        Problem { status, code, title: Cow::Borrowed(title), detail, errors: Vec::new(), retry: false }
    }
}

impl From<NotTaken> for Problem {
    fn from(not_taken: NotTaken) -> Problem {
        if let NotTaken::NotCommitted(reason) = &not_taken {
            // The store's own words may name files and tables; they are for the log.
            tracing::warn!(reason, "a request was refused because the store could not commit");
            return Problem::new(Kind::NotTaken, "the store cannot take it now; nothing was stored");
        }
        Problem::new(Kind::NotTaken, not_taken.to_string())
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Problem {
        tracing::warn!(%error, "a query failed");
        let problem =
            Problem::new(Kind::Unreadable, "what was asked for cannot be read at the moment; the log says why");
        match error {
            ReadError::Store(StoreError::Full(_) | StoreError::Unavailable(_)) => problem,
            _ => Problem { status: StatusCode::INTERNAL_SERVER_ERROR, retry: false, ..problem },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let wire = Wire {
            r#type: format!("/docs/operate/codes/{}", self.code),
            title: &self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            errors: &self.errors,
        };
        let body = serde_json::to_vec(&wire).expect("texts and numbers are always JSON");
        let mut response = (self.status, [(CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, CHALLENGE);
        }
        if self.retry {
            response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S);
        }
        response
    }
}
