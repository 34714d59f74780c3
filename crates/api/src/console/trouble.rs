//! What goes wrong on the way to a page, as a page of its own: what happened and what to do.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;

use super::shell;
use crate::reader::ReadError;

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such thing, or it has outlived its retention.
    NotFound,
    /// The session is over.
    SignedOut,
    /// The request names a host that is not ours.
    ForeignHost,
    /// The request does not come from a page of ours.
    ForeignOrigin,
    /// The form does not carry the token of this session.
    ForeignForm,
    /// The form is too large.
    TooLarge,
    /// Too many pages are watching.
    TooManyWatch,
    /// The store could not be read.
    Unread(ReadError),
    /// What was asked for cannot be done; the sentence says why.
    Refused(String),
}

impl From<ReadError> for Trouble {
    fn from(error: ReadError) -> Trouble {
        Trouble::Unread(error)
    }
}

impl Trouble {
    fn status(&self) -> StatusCode {
        match self {
            Trouble::NotFound => StatusCode::NOT_FOUND,
            Trouble::SignedOut => StatusCode::UNAUTHORIZED,
            Trouble::ForeignHost | Trouble::ForeignOrigin | Trouble::ForeignForm => StatusCode::FORBIDDEN,
            Trouble::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Trouble::TooManyWatch | Trouble::Unread(_) => StatusCode::SERVICE_UNAVAILABLE,
            Trouble::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Trouble::NotFound => "Nothing here",
            Trouble::SignedOut => "Signed out",
            Trouble::ForeignHost | Trouble::ForeignOrigin | Trouble::ForeignForm => "Not from this console",
            Trouble::TooLarge => "Too large",
            Trouble::TooManyWatch => "Too many pages are open",
            Trouble::Unread(_) => "The store cannot be read",
            Trouble::Refused(_) => "Not possible",
        }
    }

    fn words(&self) -> String {
        let words = match self {
            Trouble::NotFound => "There is no such page, or what it showed has outlived its retention.",
            Trouble::SignedOut => "Sign in again; nothing was changed.",
            Trouble::ForeignHost => {
                "The address in the browser is not one of this gateway. Open it as localhost or by its public URL."
            }
            Trouble::ForeignOrigin => "The request came from another site, so nothing was changed.",
            Trouble::ForeignForm => "The form belongs to an earlier session. Go back, reload the page and try again.",
            Trouble::TooLarge => "The form is larger than the gateway takes. Shorten the text.",
            Trouble::TooManyWatch => "Close some console pages; this one goes on by asking every two seconds.",
            Trouble::Unread(error) => return format!("{error}. Reload in a moment; the log says more."),
            Trouble::Refused(words) => return words.clone(),
        };
        words.to_owned()
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        if let Trouble::Unread(error) = &self {
            tracing::warn!(%error, "a console page could not be read");
        }
        let page = shell::bare(
            self.title(),
            &maud::html! {
                h1 { (self.title()) }
                p { (self.words()) }
                p { a href="/" { "Back to the console" } }
            },
        );
        (self.status(), Html(page.into_string())).into_response()
    }
}
