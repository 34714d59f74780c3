//! Results: what became of an SMS after a device took it (`docs/reference/smssync.md §5`).
//!
//! Devices report what Android told them, their documentation describes other numbers, and some versions leave codes at
//! zero and say it in words. Reading judges all of them; writing takes the devices' numbers unless the documented ones are
//! configured.

use domain::message::MessageState;
use domain::report::ReportStatus;

use crate::chain::json::{Json, Members, entries, write_text};

use super::{ENTRIES_MAX, UUID_BYTES_MAX, complain, shown};

#[cfg(test)]
mod tests;

/// Android's `RESULT_OK`.
const OK: i64 = -1;
/// Nothing is known yet, in version 2.
const NOTHING_YET: i64 = -2;

/// One result as a device brings it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageResult {
    /// Of which SMS; at most [`UUID_BYTES_MAX`].
    pub uuid: String,
    /// What it says; none when it says nothing yet, so that a later one counts.
    pub status: Option<ReportStatus>,
    /// The device's own codes and words, for the timeline.
    pub detail: String,
}

/// Reads the body of `?task=result`. `message_result` is an array, or a text with an array in it (as devices send it), or
/// a single result in either way; the array may also stand alone.
pub fn read(body: &str, complaints: &mut Vec<String>) -> Option<Vec<MessageResult>> {
    let value = match Json::read(body)? {
        Json::Object(object) => {
            let members = Members::read(object)?;
            let named = ["message_result", "message_results"].iter().find_map(|name| members.given(name));
            named.unwrap_or(Json::Array("[]"))
        }
        other => other,
    };
    let inner;
    let value = match value {
        Json::Text(text) if text.trim().is_empty() => Json::Array("[]"),
        Json::Text(text) => {
            inner = text;
            Json::read(&inner)?
        }
        other => other,
    };
    let list = match value {
        Json::Array(list) => entries(list),
        Json::Object(_) => vec![value],
        _ => return None,
    };
    if list.len() > ENTRIES_MAX {
        complain(complaints, format!("{} results came, the first {ENTRIES_MAX} were read", list.len()));
    }
    Some(list.into_iter().take(ENTRIES_MAX).filter_map(|entry| one(entry, complaints)).collect())
}

fn one(entry: Json<'_>, complaints: &mut Vec<String>) -> Option<MessageResult> {
    let Json::Object(object) = entry else {
        complain(complaints, "a result is not an object and was ignored");
        return None;
    };
    let members = Members::read(object)?;
    let uuid = members.given("uuid").and_then(Json::plain).unwrap_or_default();
    let uuid = uuid.trim();
    if uuid.is_empty() || uuid.len() > UUID_BYTES_MAX {
        complain(complaints, "a result has no uuid and was ignored");
        return None;
    }
    let half = |code: &str, message: &str, timestamp: &str| Half {
        code: members.given(code).and_then(Json::plain).and_then(|code| code.trim().parse().ok()),
        message: members.given(message).and_then(Json::plain).map_or_else(String::new, |text| shown(&text)),
        timestamp: members.given(timestamp).and_then(Json::plain).map_or_else(String::new, |text| shown(&text)),
    };
    let sent = half("sent_result_code", "sent_result_message", "sent_timestamp");
    let delivered = half("delivered_result_code", "delivered_result_message", "delivered_timestamp");
    let status = delivered.delivered().or_else(|| sent.sent());
    let detail = format!("sent: {}; delivered: {}", sent.words(), delivered.words());
    Some(MessageResult { uuid: uuid.to_owned(), status, detail })
}

/// What a device says about one of the two steps.
struct Half {
    code: Option<i64>,
    message: String,
    timestamp: String,
}

impl Half {
    fn says(&self, words: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    }

    /// -1 is Android's word for delivered, whatever the language of the device. 0 is Android's word for not delivered, the
    /// documentation's for delivered, and what version 3 leaves there: then the words decide, and without words nothing
    /// is known.
    fn delivered(&self) -> Option<ReportStatus> {
        match self.code? {
            OK => Some(ReportStatus::Delivered),
            0 if self.message.is_empty() => None,
            0 if self.says(&["delivered"]) && !self.says(&["not ", "undelivered"]) => Some(ReportStatus::Delivered),
            0 => Some(ReportStatus::Failed),
            _ => None,
        }
    }

    /// -1 is sent, numbers above zero are Android's errors. 0 is sent by the documentation, and what version 3 leaves
    /// there: then the words decide. Sent is not the end: whether it arrives is not known.
    fn sent(&self) -> Option<ReportStatus> {
        match self.code? {
            OK => Some(ReportStatus::Pending),
            0 if self.says(&["fail", "not ", "no service", "null pdu", "radio", "error"]) => Some(ReportStatus::Failed),
            0 if self.says(&["sent", "success"]) => Some(ReportStatus::Pending),
            1.. => Some(ReportStatus::Failed),
            _ => None,
        }
    }

    fn words(&self) -> String {
        let code = self.code.map_or_else(|| "no code".into(), |code| code.to_string());
        [code.as_str(), &self.message, &self.timestamp]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What became of an MT, as a result tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The network took it; no more is expected.
    Sent,
    /// It arrived.
    Delivered,
    /// It was sent and did not arrive.
    NotDelivered,
    /// It was never sent.
    NotSent,
}

impl Outcome {
    /// What a state means here; none while more is expected. `reports` says whether the channel asks for reports.
    pub const fn of(state: MessageState, reports: bool) -> Option<Outcome> {
        match state {
            MessageState::Submitted if !reports => Some(Outcome::Sent),
            MessageState::Delivered => Some(Outcome::Delivered),
            MessageState::Undelivered => Some(Outcome::NotDelivered),
            MessageState::Expired | MessageState::Rejected | MessageState::Cancelled => Some(Outcome::NotSent),
            _ => None,
        }
    }
}

/// Which numbers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codes {
    /// Those of real devices.
    #[default]
    Device,
    /// Those of SMSSync's documentation, for servers that were written by it alone.
    Documented,
}

/// The numbers and words of an outcome: sent, then delivered.
const fn told(outcome: Outcome, codes: Codes) -> [(i64, &'static str); 2] {
    let sent = match codes {
        Codes::Device => (OK, "SMS sent"),
        Codes::Documented => (0, "SMSSync Message Sent"),
    };
    match (outcome, codes) {
        (Outcome::Sent, Codes::Device) => [sent, (NOTHING_YET, "")],
        (Outcome::Sent, Codes::Documented) => [sent, (-1, "")],
        (Outcome::Delivered, Codes::Device) => [sent, (OK, "SMS delivered")],
        (Outcome::Delivered, Codes::Documented) => [sent, (0, "SMS Delivered")],
        (Outcome::NotDelivered, Codes::Device) => [sent, (0, "SMS not delivered")],
        (Outcome::NotDelivered, Codes::Documented) => [sent, (-1, "SMS not delivered")],
        (Outcome::NotSent, Codes::Device) => [(1, "SMS not sent"), (NOTHING_YET, "")],
        (Outcome::NotSent, Codes::Documented) => [(1, "SMS not sent"), (-1, "")],
    }
}

/// Writes the body of `?task=result`: the array as a text, as devices send it.
pub fn write<'a>(results: impl IntoIterator<Item = (&'a str, Outcome)>, codes: Codes) -> Vec<u8> {
    let mut list = Vec::from(*b"[");
    for (uuid, outcome) in results {
        let [sent, delivered] = told(outcome, codes);
        list.extend_from_slice(if list.len() > 1 { b",{\"uuid\":" } else { b"{\"uuid\":" });
        write_text(&mut list, uuid);
        for (step, (code, words)) in [("sent", sent), ("delivered", delivered)] {
            list.extend_from_slice(format!(",\"{step}_result_code\":{code},\"{step}_result_message\":").as_bytes());
            write_text(&mut list, words);
        }
        list.push(b'}');
    }
    list.push(b']');
    let list = String::from_utf8(list).expect("texts were written");
    let mut body = Vec::from(*b"{\"message_result\":");
    write_text(&mut body, &list);
    body.push(b'}');
    body
}
