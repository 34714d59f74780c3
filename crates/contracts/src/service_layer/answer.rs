//! The bytes of a response → what the application asks for (`docs/reference/service-layer.md §4`).
//!
//! Only `incoming_message` has an answer. Whatever comes, this returns: what is understood is done, what is not becomes
//! a complaint in the timeline, and what was plainly not written for a person (an HTML page, JSON nested beyond reason)
//! is not sent to one.

use domain::answer::{Answer, Instruction};
use domain::callback::CallbackKind;
use domain::limit::REPLY_CHARS_MAX;

use super::charset;

mod object;
#[cfg(test)]
mod tests;

/// Most complaints of one answer; a further one is replaced by the remark that there were more.
pub const COMPLAINTS_MAX: usize = 16;

/// Understands the response to a callback. `content_type` is the header as sent.
pub fn understand(kind: CallbackKind, content_type: Option<&str>, body: &[u8]) -> Answer {
    let mut answer = Answer::default();
    // Blank is the commonest answer. The other kinds are told without asking.
    if kind != CallbackKind::IncomingMessage || body.iter().all(u8::is_ascii_whitespace) {
        return answer;
    }
    let (text, complaint) = charset::decode(content_type, body);
    answer.complaints.extend(complaint);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return answer;
    }
    if is_html(&charset::media_type(content_type), trimmed) {
        complain(
            &mut answer,
            "the answer is an HTML page and was not sent to the phone: answer with plain text or a JSON object",
        );
    } else if !object::understand(trimmed, &mut answer) {
        reply(&mut answer, text.trim_matches(['\r', '\n']));
    }
    answer
}

/// A page, or a piece of one, written for a browser. The declared type alone says nothing: many servers declare
/// `text/html` for every plain text, so then the text must also begin with a tag. Looks at what would be sent: characters
/// that [`clean`] takes out hide nothing.
fn is_html(media_type: &str, trimmed: &str) -> bool {
    let sent = || trimmed.chars().filter(|c| !is_unwanted(*c)).skip_while(|c| c.is_whitespace());
    let begins_with = |start: &str| {
        let mut chars = sent();
        start.chars().all(|wanted| chars.next().is_some_and(|c| c.eq_ignore_ascii_case(&wanted)))
    };
    let begins_with_tag = || {
        let mut chars = sent();
        chars.next() == Some('<') && chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '!' || c == '?')
    };
    begins_with("<!doctype html")
        || begins_with("<html")
        || (matches!(media_type, "text/html" | "application/xhtml+xml") && begins_with_tag())
}

/// Whether a character may not go to a phone.
fn is_unwanted(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Adds a reply, unless nothing is left of it or it is too long.
fn reply(answer: &mut Answer, text: &str) {
    if let Some(text) = clean(answer, text, "reply") {
        answer.instructions.push(Instruction::Reply { text });
    }
}

/// The text as it may go to a phone: line breaks as `\n`, no other control characters but the tab. None when it is
/// blank or longer than [`REPLY_CHARS_MAX`].
fn clean(answer: &mut Answer, text: &str, what: &str) -> Option<String> {
    let cleaned = if text.contains(is_unwanted) {
        let unbroken = text.replace("\r\n", "\n").replace('\r', "\n");
        if unbroken.contains(is_unwanted) {
            complain(answer, format!("control characters were removed from the {what}"));
        }
        unbroken.chars().filter(|c| !is_unwanted(*c)).collect()
    } else {
        text.to_owned()
    };
    if cleaned.trim().is_empty() {
        return None;
    }
    // Bytes bound the characters from above; only a long text is counted.
    if cleaned.len() > REPLY_CHARS_MAX {
        let chars = cleaned.chars().count();
        if chars > REPLY_CHARS_MAX {
            complain(
                answer,
                format!("the {what} has {chars} characters and was dropped: at most {REPLY_CHARS_MAX} are taken"),
            );
            return None;
        }
    }
    Some(cleaned)
}

fn complain(answer: &mut Answer, complaint: impl Into<String>) {
    let complaints = &mut answer.complaints;
    if complaints.len() + 1 < COMPLAINTS_MAX {
        complaints.push(complaint.into());
    } else if complaints.len() < COMPLAINTS_MAX {
        complaints.push("there was more to complain about".into());
    }
}
