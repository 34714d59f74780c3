//! The JSON object of an answer: which of its members are asked for, and in which order they take effect.

use domain::answer::{Answer, Instruction};
use serde_json::{Map, Value};

use super::{clean, complain, reply};
use crate::service_layer::parse_boolean;

/// Deepest nesting that is read; what an answer may say needs 1.
pub(super) const DEPTH_MAX: usize = 64;
/// A member's name is shown up to this many characters.
const NAME_CHARS_SHOWN: usize = 40;

const KEYS: [&str; 3] = ["body", "close_session", "reprocess"];

/// Takes the text when it is a JSON object the contract knows, or one that must not be sent on; false leaves it to be
/// sent as it is.
pub(super) fn understand(trimmed: &str, answer: &mut Answer) -> bool {
    if !matches!(trimmed.as_bytes().first(), Some(b'{' | b'[' | b'"')) {
        return false;
    }
    if depth_reached(trimmed) > DEPTH_MAX {
        complain(answer, format!("the answer is nested deeper than {DEPTH_MAX} levels and was not sent to the phone"));
        return true;
    }
    match serde_json::from_str(trimmed) {
        Ok(Value::Object(members)) if members.is_empty() => true,
        Ok(Value::Object(members)) if KEYS.iter().any(|key| members.contains_key(*key)) => {
            obey(&members, answer);
            true
        }
        Ok(Value::Object(_)) => {
            complain(answer, "the JSON object has none of body, close_session, reprocess and was sent as plain text");
            false
        }
        Ok(_) => {
            complain(answer, "the answer is JSON but no object and was sent as plain text");
            false
        }
        Err(error) if trimmed.starts_with('{') => {
            complain(answer, format!("the answer looks like JSON but is none ({error}) and was sent as plain text"));
            false
        }
        // A text in quotes or brackets is ordinary.
        Err(_) => false,
    }
}

/// Reply, then close, then reprocess: after closing, the text is routed afresh.
fn obey(members: &Map<String, Value>, answer: &mut Answer) {
    for name in members.keys().filter(|name| !KEYS.contains(&name.as_str())) {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_SHOWN).collect();
        complain(answer, format!("the member {shown} is not known and was ignored"));
    }
    if let Some(text) = string(members, "body", answer) {
        reply(answer, text);
    }
    if is_true(members, "close_session", answer) {
        answer.instructions.push(Instruction::CloseSession);
    }
    if let Some(text) = string(members, "reprocess", answer) {
        match clean(answer, text, "text to reprocess") {
            Some(text) => answer.instructions.push(Instruction::Reprocess { text }),
            None if text.trim().is_empty() => complain(answer, "reprocess is empty and was ignored"),
            None => {}
        }
    }
}

/// A string member; null is as good as absent.
fn string<'a>(members: &'a Map<String, Value>, key: &str, answer: &mut Answer) -> Option<&'a str> {
    match members.get(key)? {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => {
            complain(answer, format!("{key} must be a string, {} was ignored", kind_of(other)));
            None
        }
    }
}

/// A boolean member; the spellings of forms are taken with a complaint.
fn is_true(members: &Map<String, Value>, key: &str, answer: &mut Answer) -> bool {
    let understood = match members.get(key) {
        None | Some(Value::Null) => return false,
        Some(Value::Bool(value)) => return *value,
        Some(Value::String(text)) => parse_boolean(text.trim()),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        },
        Some(Value::Array(_) | Value::Object(_)) => None,
    };
    match understood {
        Some(value) => complain(answer, format!("{key} must be a boolean; it was taken as {value}")),
        None => complain(answer, format!("{key} must be a boolean and was ignored")),
    }
    understood.unwrap_or(false)
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// How deep brackets nest outside strings. Looking first keeps the parser, which recurses, away from hostile depth.
fn depth_reached(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
