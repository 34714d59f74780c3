//! An SMS as a device brings it, and by what it is known again (`docs/reference/smssync.md §2`).

use domain::limit::TEXT_BYTES_MAX;

use super::fields::Fields;
use super::{BadRequest, DeviceTime, names_shown};
use crate::chain::request::hash_of;
use crate::smssync::key::{Key, Keys};
use crate::smssync::{UUID_BYTES_MAX, complain, shown, time};

/// The sender of SMSSync's own test message.
pub const TEST_FROM: &str = "+000000000000";
/// The text of SMSSync's own test message.
pub const TEST_MESSAGE: &str = "Test Message From SMSSync Integration";

/// An SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The sender as written; may be empty.
    pub from: String,
    /// The text, at most [`TEXT_BYTES_MAX`] bytes; may be empty.
    pub message: String,
    /// The device's identity of it.
    pub message_id: Option<String>,
    /// When the device received it, by its own clock.
    pub sent_at: Option<DeviceTime>,
    /// The device's number, or another name of the device when it doesn't know its number.
    pub sent_to: Option<String>,
    /// What its user calls the device.
    pub device_id: Option<String>,
    /// How full its battery is, 0 to 100, when it says so.
    pub battery_percent: Option<u8>,
}

impl Received {
    pub(super) fn of(fields: &Fields, keys: &Keys, complaints: &mut Vec<String>) -> Result<Received, BadRequest> {
        let required = |key: Key| {
            fields
                .of(keys, key)
                .ok_or_else(|| BadRequest::Missing { name: keys.of(key).to_owned(), came: names_shown(fields.names()) })
        };
        let optional = |key: Key| fields.of(keys, key).map(str::trim).filter(|value| !value.is_empty());
        let from = required(Key::From)?.trim();
        let message = required(Key::Message)?;
        if message.len() > TEXT_BYTES_MAX {
            return Err(BadRequest::TooLong);
        }
        if from.is_empty() {
            complain(complaints, "the sender is empty");
        }
        let message_id = optional(Key::MessageId).filter(|id| id.len() <= UUID_BYTES_MAX);
        if message_id.is_none() && optional(Key::MessageId).is_some() {
            complain(complaints, format!("the message_id is longer than {UUID_BYTES_MAX} bytes and was ignored"));
        }
        let sent_at = optional(Key::SentTimestamp).and_then(time::read);
        if let Some(given) = optional(Key::SentTimestamp).filter(|_| sent_at.is_none()) {
            complain(complaints, format!("the sent_timestamp {} is no time and was ignored", shown(given)));
        }
        let received = Received {
            from: from.to_owned(),
            message: message.to_owned(),
            message_id: message_id.map(str::to_owned),
            sent_at,
            sent_to: optional(Key::SentTo).map(str::to_owned),
            device_id: optional(Key::DeviceId).map(str::to_owned),
            battery_percent: ["battery", "battery_level"].iter().find_map(|name| percent(fields.get(name)?)),
        };
        if received.identity().is_none() && !received.is_test() {
            complain(
                complaints,
                "neither a message_id nor a sent_timestamp came: a repetition would not be recognised",
            );
        }
        Ok(received)
    }

    /// Whether it is the message of SMSSync's test button, which is answered and never becomes an MO.
    pub fn is_test(&self) -> bool {
        self.from == TEST_FROM && self.message == TEST_MESSAGE
    }

    /// What another post of the same SMS carries again, and no other SMS does; none when nothing tells them apart.
    ///
    /// A UUID is enough. Other ids are numbers that begin anew when the app is installed anew, so sender, time and text
    /// belong to them. Without an id, sender, text and an exact time do; a time to the minute does not, for two equal
    /// texts in a minute are two.
    pub fn identity(&self) -> Option<String> {
        let exact = match self.sent_at {
            Some(DeviceTime::Exact(at)) => Some(at.ms().to_string()),
            _ => None,
        };
        let digest = |time: &str| format!("{:032x}", hash_of(&[&self.from, time, &self.message]));
        match (&self.message_id, exact) {
            (Some(id), _) if is_uuid(id) => Some(id.to_ascii_lowercase()),
            (Some(id), time) => Some(format!("{id}:{}", digest(time.as_deref().unwrap_or_default()))),
            (None, Some(time)) => Some(format!("{time}:{}", digest(&time))),
            (None, None) => None,
        }
    }
}

/// 32 hexadecimal digits, with or without the dashes.
fn is_uuid(id: &str) -> bool {
    let digits = id.bytes().filter(|byte| *byte != b'-');
    digits.clone().count() == 32 && digits.into_iter().all(|byte| byte.is_ascii_hexdigit())
}

/// `87` or `87%`.
fn percent(text: &str) -> Option<u8> {
    text.trim().trim_end_matches('%').trim_end().parse().ok().filter(|percent| *percent <= 100)
}
