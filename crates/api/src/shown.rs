//! Timeline entries and callback bodies as they are shown to people and programs, in the API and in the console alike.

use domain::callback::{AttemptRecord, BodyType, Rendered};
use domain::note::{Entry, RequestBody};

/// What stands in the place of a key.
const HIDDEN: &str = "•••";
/// Form fields whose value is a key.
const KEY_FIELDS: [&str; 2] = ["api_key", "secret"];

/// The word by which programs know an entry.
pub const fn entry_code(entry: &Entry) -> &'static str {
    match entry {
        Entry::Note(note) => note.code.name(),
        Entry::CallbackMade { .. } => "callback_made",
        Entry::Attempt { .. } => "attempt",
    }
}

/// The sentence by which people know an entry.
pub fn entry_words(entry: &Entry) -> String {
    match entry {
        Entry::Note(note) => note.words(),
        Entry::CallbackMade { id, kind, application, .. } => {
            format!("callback {id} ({}) is owed to {application}", kind.name())
        }
        Entry::Attempt { callback, record } => format!("attempt {} of {callback} {}", record.number, ended(record)),
    }
}

fn ended(record: &AttemptRecord) -> String {
    let status = record.status.map(|status| format!(", HTTP {status}")).unwrap_or_default();
    let Some(failure) = record.failure else {
        return format!("succeeded in {} ms{status}", record.took_ms);
    };
    let detail = if record.detail.is_empty() { String::new() } else { format!(" ({})", record.detail) };
    format!("failed after {} ms{status}: {}{detail}", record.took_ms, failure.words())
}

/// A callback's content type and body as text, keys hidden; `None` for one that is not rendered yet.
pub fn request_body(request: &RequestBody) -> Option<(&'static str, String)> {
    match request {
        RequestBody::Told(_) => None,
        RequestBody::Rendered(rendered) => Some((rendered.body_type.content_type(), rendered_body(rendered))),
    }
}

/// A body as text; the values of keys are hidden, everything else is as it was sent.
pub fn rendered_body(rendered: &Rendered) -> String {
    let text = String::from_utf8_lossy(&rendered.body);
    match rendered.body_type {
        BodyType::Json => text.into_owned(),
        BodyType::Form => {
            let hide = |pair: &str| match pair.split_once('=') {
                Some((name, value)) if KEY_FIELDS.contains(&name) && !value.is_empty() => format!("{name}={HIDDEN}"),
                _ => pair.to_owned(),
            };
            text.split('&').map(hide).collect::<Vec<String>>().join("&")
        }
    }
}

/// A URL without user and password.
pub fn url_without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_passwords_are_hidden_and_nothing_else() {
        let form = |body: &str| Rendered { body_type: BodyType::Form, body: body.as_bytes().into() };
        assert_eq!(rendered_body(&form("type=a&api_key=k%20k&body=api_key=1")), "type=a&api_key=•••&body=api_key=1");
        assert_eq!(rendered_body(&form("")), "");
        for (url, shown) in [
            ("http://u:p@h:1/x?y@z", "http://h:1/x?y@z"),
            ("http://h/a@b", "http://h/a@b"),
            ("http://h?u@b", "http://h?u@b"),
            ("none", "none"),
        ] {
            assert_eq!(url_without_credentials(url), shown);
        }
    }
}
