//! What is told → the form body of a Service Layer callback (`docs/reference/service-layer.md §3`).
//!
//! Runs once for each callback on the way to the commit, so it writes into one buffer and formats nothing twice.

use std::io::Write;
use std::sync::Arc;

use domain::callback::{BodyType, CallbackEvent, Rendered};
use domain::directory::Application;
use domain::time::At;

use super::date;
use super::status::DeliveryStatus;

#[cfg(test)]
mod tests;

/// Room for the fields with their names; the text comes on top.
const FIELDS_BYTES: usize = 192;

/// The bytes of a callback: `application/x-www-form-urlencoded` in UTF-8, `type` first, then `api_key`, then the
/// fields of its kind.
pub fn render(event: &CallbackEvent, application: &Application) -> Rendered {
    let text_bytes = match event {
        CallbackEvent::IncomingMessage { text, .. } => text.len() + text.len() / 2,
        _ => 0,
    };
    let mut form = Form { body: Vec::with_capacity(FIELDS_BYTES + application.api_key.expose().len() + text_bytes) };
    form.field("type", event.kind().name());
    form.field("api_key", application.api_key.expose());
    match event {
        CallbackEvent::IncomingMessage { phone, text, sent_at, auto_subscribe, auto_responded, .. } => {
            form.field("phone_number", phone.as_str());
            form.field("body", text);
            form.time("sent_at", *sent_at);
            form.flag_if_set("auto_subscribe", *auto_subscribe);
            form.flag_if_set("auto_responded", *auto_responded);
        }
        CallbackEvent::DeliveryReport { segment, status, is_final, .. } => {
            form.number("message_id", segment.0);
            form.field("final", if *is_final { "true" } else { "false" });
            form.number("status", i64::from(DeliveryStatus::of_report(*status, *is_final).number()));
        }
        // Nobody is told these in this contract: the report on the segment says as much.
        CallbackEvent::Ack { .. } | CallbackEvent::Nack { .. } | CallbackEvent::MessageReport { .. } => {}
        CallbackEvent::SessionClosed { phone, .. } => form.field("phone_numbers", phone.as_str()),
        CallbackEvent::AutoReplyLoop { phone } | CallbackEvent::SubscriptionCreated { phone } => {
            form.field("phone_number", phone.as_str());
        }
    }
    Rendered { body_type: BodyType::Form, body: Arc::from(form.body) }
}

/// A form body in the making. Names are plain ASCII and need no encoding.
struct Form {
    body: Vec<u8>,
}

impl Form {
    fn name(&mut self, name: &str) {
        if !self.body.is_empty() {
            self.body.push(b'&');
        }
        self.body.extend_from_slice(name.as_bytes());
        self.body.push(b'=');
    }

    fn field(&mut self, name: &str, value: &str) {
        self.name(name);
        for piece in form_urlencoded::byte_serialize(value.as_bytes()) {
            self.body.extend_from_slice(piece.as_bytes());
        }
    }

    fn flag_if_set(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.field(name, "true");
        }
    }

    fn number(&mut self, name: &str, value: i64) {
        self.name(name);
        write!(self.body, "{value}").expect("writing to memory never fails");
    }

    /// UTC in RFC 3339 with seconds, its colons already encoded.
    fn time(&mut self, name: &str, at: At) {
        let utc = date::utc(at);
        self.name(name);
        // Four digits hold every year of a stamp.
        let year = utc.year().clamp(0, 9999);
        self.two_digits((year / 100) as i8);
        self.two_digits((year % 100) as i8);
        for (before, number) in
            [("-", utc.month()), ("-", utc.day()), ("T", utc.hour()), ("%3A", utc.minute()), ("%3A", utc.second())]
        {
            self.body.extend_from_slice(before.as_bytes());
            self.two_digits(number);
        }
        self.body.push(b'Z');
    }

    /// A number from 0 to 99. Not through the formatter: every callback has a date.
    fn two_digits(&mut self, number: i8) {
        self.body.extend_from_slice(&[b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
    }
}
