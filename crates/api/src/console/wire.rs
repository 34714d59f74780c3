//! Bodies of requests and answers as people read them.

use domain::callback::{BodyType, Rendered};
use maud::{Markup, html};

use crate::shown::rendered_body;

/// Most bytes of a body that are shown.
const SHOWN_BYTES_MAX: usize = 16 * 1024;
/// Most fields of a form that are shown.
const FIELDS_MAX: usize = 100;

/// The body of a callback, keys hidden.
pub(super) fn request(rendered: &Rendered) -> Markup {
    let body = rendered_body(rendered);
    match rendered.body_type {
        BodyType::Form => form(&body),
        BodyType::Json => text(&body, true),
    }
}

fn form(body: &str) -> Markup {
    html! {
        dl.pairs {
            @for (name, value) in form_urlencoded::parse(body.as_bytes()).take(FIELDS_MAX) {
                dt { (name) }
                dd { (value) }
            }
        }
    }
}

/// The body of an answer, as recorded.
pub(super) fn answer(content_type: &str, body: &str) -> Markup {
    let looks_json = content_type.contains("json") || body.trim_start().starts_with(['{', '[']);
    text(body, looks_json)
}

fn text(body: &str, is_json: bool) -> Markup {
    let cut_at = body.floor_char_boundary(SHOWN_BYTES_MAX);
    let shown = &body[..cut_at];
    let pretty = is_json.then(|| serde_json::from_str::<serde_json::Value>(shown).ok()).flatten();
    let pretty = pretty.and_then(|value| serde_json::to_string_pretty(&value).ok());
    html! {
        pre { (pretty.as_deref().unwrap_or(shown)) @if cut_at < body.len() { "\n… cut" } }
    }
}
