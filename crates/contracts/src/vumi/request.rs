//! Messages and events → the JSON that is pushed, streamed, and answered to a send (`docs/reference/vumi.md §3`,
//! `docs/reference/vumi.md §4`).
//!
//! A line of a stream is the same body with a line feed behind it. Order of names and form of values are golden:
//! clients compare them.

use std::sync::Arc;

use domain::callback::{BodyType, CallbackEvent, Rendered};
use domain::directory::{Application, Teller};
use domain::id::{CallbackId, MessageId};
use domain::message::Direction;
use domain::report::ReportStatus;
use domain::time::At;

use super::json::Object;
use super::{Conversation, Flavour, MESSAGE_VERSION, SessionEvent, TransportType, date};

#[cfg(test)]
mod tests;

/// Room for the names and the short values; the text comes on top.
const FIELDS_BYTES: usize = 768;

/// A message, in either direction. Names say what they mean here; `docs/reference/vumi.md §3` maps them to the wire.
#[derive(Clone, Copy, Debug)]
pub struct UserMessage<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// Its identity.
    pub message: MessageId,
    /// When it was received or accepted.
    pub at: At,
    /// Recipient.
    pub to: Option<&'a str>,
    /// Sender; none in the answer to a plain send.
    pub from: Option<&'a str>,
    /// The text; none in a session without one.
    pub content: Option<&'a str>,
    /// The MO it replies to.
    pub in_reply_to: Option<MessageId>,
    /// What it does to the session.
    pub session_event: Option<SessionEvent>,
    /// The channel's id; none in the answer to a plain send.
    pub channel: Option<&'a str>,
    /// The kind of network; none in the answer to a plain send.
    pub transport_type: Option<TransportType>,
    /// Whom it belongs to.
    pub conversation: Conversation<'a>,
    /// What the client gave beside the `go` block: the text of a JSON object, as read by
    /// [`api::messages`](super::api::messages).
    pub helper_metadata: Option<&'a str>,
}

/// The JSON of a message.
pub fn message(message: &UserMessage<'_>) -> Vec<u8> {
    let content_bytes = message.content.map_or(0, |content| content.len() + content.len() / 4);
    let mut out = Vec::with_capacity(FIELDS_BYTES + content_bytes + message.helper_metadata.map_or(0, str::len));
    let mut object = Object::begin(&mut out);
    object.text("message_id", &message.message.hex());
    object.text("message_type", "user_message");
    object.text("message_version", MESSAGE_VERSION);
    object.text("timestamp", &date::shown(message.at));
    object.text_or_null("to_addr", message.to);
    object.text_or_null("from_addr", message.from);
    object.raw("to_addr_type", "null");
    object.raw("from_addr_type", "null");
    object.text_or_null("content", message.content);
    object.text_or_null("in_reply_to", message.in_reply_to.map(MessageId::hex).as_deref());
    object.text_or_null("session_event", message.session_event.map(SessionEvent::name));
    object.raw("group", "null");
    object.raw("provider", "null");
    object.text_or_null("transport_name", message.channel);
    object.text_or_null("transport_type", message.transport_type.map(TransportType::name));
    object.raw("transport_metadata", "{}");
    object.raw(
        "routing_metadata",
        match message.direction {
            Direction::Mo => "{}",
            Direction::Mt => r#"{"endpoint_name":"default"}"#,
        },
    );
    helper_metadata(&mut object, &message.conversation, message.helper_metadata);
    object.end();
    out
}

/// What happened to an MT (`docs/reference/vumi.md §4`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind<'a> {
    /// The network took it.
    Ack {
        /// The network's id of it (of its first segment); the message's own id is told when it is empty.
        network_id: &'a str,
    },
    /// It will not be sent.
    Nack {
        /// Why, in words.
        reason: &'a str,
    },
    /// The network's later word.
    DeliveryReport(DeliveryStatus),
}

/// A delivery status in the contract's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryStatus {
    /// On its way.
    Pending,
    /// Will not arrive.
    Failed,
    /// Arrived.
    Delivered,
}

impl DeliveryStatus {
    /// The word on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Failed => "failed",
            DeliveryStatus::Delivered => "delivered",
        }
    }

    /// What a report says; none for what an `ack` tells. A network that knows nothing leaves the message pending,
    /// unless that was its last word.
    pub const fn of_report(status: ReportStatus, is_final: bool) -> Option<DeliveryStatus> {
        match status {
            ReportStatus::Queued => None,
            ReportStatus::Pending => Some(DeliveryStatus::Pending),
            ReportStatus::Delivered => Some(DeliveryStatus::Delivered),
            ReportStatus::Failed | ReportStatus::Expired | ReportStatus::Rejected => Some(DeliveryStatus::Failed),
            ReportStatus::Unknown if is_final => Some(DeliveryStatus::Failed),
            ReportStatus::Unknown => Some(DeliveryStatus::Pending),
        }
    }
}

/// An event of an MT.
#[derive(Clone, Copy, Debug)]
pub struct MessageEvent<'a> {
    /// Its identity, the same on every attempt: the callback that tells it.
    pub id: CallbackId,
    /// When it happened.
    pub at: At,
    /// The MT.
    pub message: MessageId,
    /// What happened.
    pub kind: EventKind<'a>,
    /// The channel's id, when the event came from one.
    pub channel: Option<&'a str>,
    /// Whom it belongs to.
    pub conversation: Conversation<'a>,
}

/// The JSON of an event.
pub fn event(event: &MessageEvent<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(FIELDS_BYTES);
    let mut object = Object::begin(&mut out);
    object.text("message_type", "event");
    object.text("message_version", MESSAGE_VERSION);
    object.text("timestamp", &date::shown(event.at));
    object.text("event_id", &event.id.hex());
    let user_message_id = event.message.hex();
    let (event_type, name, value) = match event.kind {
        EventKind::Ack { network_id: "" } => ("ack", "sent_message_id", user_message_id.as_str()),
        EventKind::Ack { network_id } => ("ack", "sent_message_id", network_id),
        EventKind::Nack { reason } => ("nack", "nack_reason", reason),
        EventKind::DeliveryReport(status) => ("delivery_report", "delivery_status", status.name()),
    };
    object.text("event_type", event_type);
    object.text("user_message_id", &user_message_id);
    object.text(name, value);
    if let Some(channel) = event.channel {
        object.text("transport_name", channel);
        object.raw("transport_metadata", "{}");
    }
    object.raw("routing_metadata", "{}");
    helper_metadata(&mut object, &event.conversation, None);
    object.end();
    out
}

/// The `go` block, then what the client gave.
fn helper_metadata(object: &mut Object<'_>, conversation: &Conversation<'_>, given: Option<&str>) {
    object.with("helper_metadata", |out| {
        let mut metadata = Object::begin(out);
        metadata.with("go", |out| {
            let mut go = Object::begin(out);
            go.text("conversation_key", conversation.key);
            go.text("conversation_type", conversation.flavour.name());
            go.text("user_account", conversation.account);
            go.end();
        });
        metadata.end();
        let members = given.and_then(|given| given.strip_prefix('{')).filter(|rest| rest.len() > 1);
        if let Some(members) = members {
            // The brace that closes comes with them.
            out.pop();
            out.push(b',');
            out.extend_from_slice(members.as_bytes());
        }
    });
}

/// The body of a callback, the same whether it is pushed or streamed. `id` is the callback's, `at` when it is made.
pub fn render(told: &CallbackEvent, application: &Application, id: CallbackId, at: At) -> Rendered {
    let flavour = match application.teller(told.kind()) {
        Teller::Stream => Flavour::Streamed,
        Teller::Push | Teller::Nobody => Flavour::Pushed,
    };
    let conversation = Conversation { key: &application.id, flavour, account: &application.account };
    let of_message = |message: &MessageId, kind: EventKind<'_>, channel: &str| {
        event(&MessageEvent { id, at, message: *message, kind, channel: Some(channel), conversation })
    };
    let json = match told {
        CallbackEvent::IncomingMessage {
            message: mo,
            phone,
            service_address,
            text,
            sent_at,
            channel,
            transport,
            session_event,
            ..
        } => message(&UserMessage {
            direction: Direction::Mo,
            message: *mo,
            at: *sent_at,
            to: Some(service_address.as_str()),
            from: Some(phone.as_str()),
            content: (!text.is_empty() || session_event.is_none()).then_some(text),
            in_reply_to: None,
            session_event: *session_event,
            channel: Some(channel),
            transport_type: Some(*transport),
            conversation,
            helper_metadata: None,
        }),
        CallbackEvent::Ack { message, network_id, channel } => {
            of_message(message, EventKind::Ack { network_id }, channel)
        }
        CallbackEvent::Nack { message, reason, channel } => of_message(message, EventKind::Nack { reason }, channel),
        CallbackEvent::MessageReport { message, status, is_final, channel } => {
            let status = DeliveryStatus::of_report(*status, *is_final).unwrap_or(DeliveryStatus::Pending);
            of_message(message, EventKind::DeliveryReport(status), channel)
        }
        // Nobody is told these in this contract: `Application::teller`.
        CallbackEvent::DeliveryReport { .. }
        | CallbackEvent::SessionClosed { .. }
        | CallbackEvent::AutoReplyLoop { .. }
        | CallbackEvent::SubscriptionCreated { .. } => Vec::new(),
    };
    Rendered { body_type: BodyType::Json, body: Arc::from(json) }
}
