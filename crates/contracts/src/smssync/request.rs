//! Towards an application that is an SMSSync server: what a device would send to its Sync URL
//! (`docs/reference/smssync.md §6`).

use domain::secret::Secret;
use domain::time::At;

use super::key::{Key, Keys};
use super::{Format, Task, xml};
use crate::chain::json::write_text;

#[cfg(test)]
mod tests;

/// An MO on its way to the application.
#[derive(Clone, Copy, Debug)]
pub struct Forwarded<'a> {
    /// The secret of the Sync URL; may be empty.
    pub secret: &'a Secret,
    /// The phone.
    pub from: &'a str,
    /// The text.
    pub message: &'a str,
    /// When we received it.
    pub sent_at: At,
    /// The service address.
    pub sent_to: &'a str,
    /// The MO's id as [`uuid`](super::uuid) writes it: the same on every attempt.
    pub message_id: &'a str,
    /// What the gateway is called, for example the channel's id; may be empty.
    pub device_id: &'a str,
}

/// The body that brings a message. All keys are there, in the order of devices, empty ones too.
pub fn message(forwarded: &Forwarded<'_>, keys: &Keys, format: Format) -> Vec<u8> {
    let sent_timestamp = forwarded.sent_at.ms().to_string();
    let pairs = Key::ALL.map(|key| {
        let value = match key {
            Key::Secret => forwarded.secret.expose(),
            Key::From => forwarded.from,
            Key::Message => forwarded.message,
            Key::SentTimestamp => &sent_timestamp,
            Key::SentTo => forwarded.sent_to,
            Key::MessageId => forwarded.message_id,
            Key::DeviceId => forwarded.device_id,
        };
        (keys.of(key), value)
    });
    match format {
        Format::Form => form(&pairs),
        Format::Json => json(&pairs),
        Format::Xml => xml::write(pairs).into_bytes(),
    }
}

fn form(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    for (name, value) in pairs {
        if !body.is_empty() {
            body.push(b'&');
        }
        body.extend_from_slice(name.as_bytes());
        body.push(b'=');
        for piece in form_urlencoded::byte_serialize(value.as_bytes()) {
            body.extend_from_slice(piece.as_bytes());
        }
    }
    body
}

fn json(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut body = Vec::with_capacity(512);
    for (name, value) in pairs {
        body.push(if body.is_empty() { b'{' } else { b',' });
        write_text(&mut body, name);
        body.push(b':');
        write_text(&mut body, value);
    }
    body.push(b'}');
    body
}

/// The URL of a request with a task. What the Sync URL has as a query stays; the secret is added where the task carries
/// it and there is one.
pub fn url(sync_url: &str, task: Task, secret: &Secret) -> String {
    let separator = match sync_url.rfind('?') {
        None => "?",
        Some(last) if last + 1 == sync_url.len() || sync_url.ends_with('&') => "",
        Some(_) => "&",
    };
    let mut url = format!("{sync_url}{separator}task={}", task.name());
    if task.carries_secret() && !secret.is_empty() {
        url.push_str("&secret=");
        url.extend(form_urlencoded::byte_serialize(secret.expose().as_bytes()));
    }
    url
}

/// The body of `?task=sent`: which messages of a poll were queued. Not sent for none.
pub fn queued<'a>(uuids: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    super::device::list("queued_messages", uuids)
}
