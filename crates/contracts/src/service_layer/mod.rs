//! The Service Layer contract (`docs/reference/service-layer.md`): form callbacks, answers of text or JSON, and the
//! small HTTP API of form methods.

pub mod answer;
pub mod api;
mod charset;
pub mod date;
pub mod request;
pub mod status;

/// Reads a boolean as the contract writes it, whatever the case: `1 t true y yes` and `0 f false n no`
/// (`docs/reference/service-layer.md §5`).
pub fn parse_boolean(text: &str) -> Option<bool> {
    let is_one_of = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(&["1", "t", "true", "y", "yes"]) {
        Some(true)
    } else if is_one_of(&["0", "f", "false", "n", "no"]) {
        Some(false)
    } else {
        None
    }
}
