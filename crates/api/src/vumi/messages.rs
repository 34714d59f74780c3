//! `PUT messages.json`: a plain send, or a reply to an MO of the conversation (`docs/reference/vumi.md §3`). What the
//! body means is the contract's; whether it is sent is the engine's decision.

use axum::body::Body;
use contracts::vumi::api::messages::{Asks, BadMessage, Fault, Key, Payload, PlainSend, Reply};
use contracts::vumi::api::opt_outs::Target;
use contracts::vumi::api::response::{Response, accepted};
use contracts::vumi::request::{UserMessage, message};
use contracts::vumi::{Conversation, Flavour, SessionEvent, TransportType};
use domain::address::Address;
use domain::decision::Outcome;
use domain::directory::Application;
use domain::event::{Event, Idempotency, Send};
use domain::id::MessageId;
use domain::message::{Direction, Message};
use domain::opt_out::OptOutKey;
use domain::time::At;
use http::Request;

use super::conversation::read;
use super::later;
use crate::auth::Caller;
use crate::idempotency;
use crate::problem::Problem;
use crate::state::ApiState;

/// Why a message is not taken.
enum No {
    /// In the contract's words.
    Bad(BadMessage),
    /// By the gateway.
    Problem(Problem),
}

impl From<BadMessage> for No {
    fn from(bad: BadMessage) -> No {
        No::Bad(bad)
    }
}

impl<E: Into<Problem>> From<E> for No {
    fn from(error: E) -> No {
        No::Problem(error.into())
    }
}

/// Who puts a message, and how.
struct Put<'a> {
    state: &'a ApiState,
    application: &'a Application,
    flavour: Flavour,
    idempotency: Option<Idempotency>,
}

/// Answers a `PUT` whose credentials are good.
pub(super) async fn put(
    state: &ApiState,
    application: &Application,
    flavour: Flavour,
    request: Request<Body>,
) -> Response {
    let key = match idempotency::key(request.headers()) {
        Ok(key) => key,
        Err(problem) => return later(&problem),
    };
    let body = match read(request.into_body()).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let idempotency = key.map(|key| {
        let fields = [application.account.as_bytes(), application.id.as_bytes(), &body[..]].map(Some);
        Idempotency { key, fingerprint: idempotency::fingerprint(&fields) }
    });
    let put = Put { state, application, flavour, idempotency };
    match put.answer(&body).await {
        Ok(response) => response,
        Err(No::Bad(bad)) => bad.response(),
        Err(No::Problem(problem)) => later(&problem),
    }
}

impl Put<'_> {
    async fn answer(self, body: &[u8]) -> Result<Response, No> {
        let payload = Payload::read(body)?;
        match payload.asks()? {
            Asks::Reply(mo) => {
                let mo = self.own_mo(mo).await?;
                let reply = payload.into_reply(self.content_chars_max())?;
                self.reply(&mo, reply).await
            }
            Asks::Send(recipient) => {
                let recipient = recipient.map(|r| (r.address_type.to_owned(), r.address.to_owned()));
                self.send(payload, recipient).await
            }
        }
    }

    fn content_chars_max(&self) -> Option<usize> {
        self.application.vumi.as_ref().and_then(|vumi| vumi.content_length_limit)
    }

    /// The MO, if it was given to this conversation.
    async fn own_mo(&self, id: MessageId) -> Result<Message, No> {
        let caller = Caller::Account(self.application.account.clone());
        let row = self.state.reader(&caller).message(id).await?;
        let own = row.map(|row| row.message).filter(|message| {
            message.direction == Direction::Mo && message.application.as_ref() == Some(&self.application.id)
        });
        own.ok_or(No::Bad(BadMessage::UnknownReply))
    }

    /// An opt-out is told before anything that is wrong with the members. Looked up only when something is: for a good
    /// send the engine looks, in the same decision.
    async fn send(self, payload: Payload, recipient: Option<(String, String)>) -> Result<Response, No> {
        let target = recipient.as_ref().and_then(|(address_type, address)| Target::read(address_type, address));
        let asked = match payload.into_send(self.content_chars_max()) {
            Ok(asked) => self.plain(asked, target.as_ref()).await,
            Err(bad) => Err(bad.into()),
        };
        match (asked, recipient) {
            (Err(No::Bad(bad)), Some((address_type, address))) => {
                let is_out = match target {
                    Some(target) => self.opted_out(target).await?,
                    None => false,
                };
                Err(No::Bad(if is_out { BadMessage::OptedOut { address_type, address } } else { bad }))
            }
            (asked, _) => asked,
        }
    }

    async fn opted_out(&self, target: Target) -> Result<bool, No> {
        let account = self.application.account.clone();
        let key = OptOutKey { account, address_type: target.address_type.into(), address: target.address.key() };
        let caller = Caller::Account(self.application.account.clone());
        Ok(self.state.reader(&caller).opt_out(key).await?.is_some())
    }

    async fn plain(&self, asked: PlainSend, target: Option<&Target>) -> Result<Response, No> {
        let directory = self.state.directory.current();
        let from = directory.default_address(&self.application.id);
        let channel = from.and_then(|from| directory.channel_for(from));
        let transport = channel.map_or(TransportType::Sms, |channel| channel.transport());
        self.check_content(asked.content.as_deref(), transport)?;
        let send = Send {
            session_event: asked.session_event,
            metadata: asked.helper_metadata.clone(),
            address_type: target.map(|target| target.address_type.as_str().into()),
            ..self.sends(asked.to.clone(), asked.content.clone(), from.cloned())
        };
        let id = self.ask(send).await?;
        Ok(self.told(&UserMessage {
            direction: Direction::Mt,
            message: id,
            at: accepted_at(id),
            to: Some(asked.to.as_str()),
            from: None,
            content: asked.content.as_deref(),
            in_reply_to: None,
            session_event: asked.session_event,
            channel: None,
            transport_type: None,
            conversation: self.conversation(),
            helper_metadata: asked.helper_metadata.as_deref(),
        }))
    }

    async fn reply(&self, mo: &Message, asked: Reply) -> Result<Response, No> {
        let directory = self.state.directory.current();
        let transport = directory.channels.get(&mo.channel).map_or(TransportType::Sms, |channel| channel.transport());
        let close = asked.closes_session.then_some(SessionEvent::Close);
        // In a dialog a turn without a text is a turn.
        let turn = (transport == TransportType::Ussd).then_some(SessionEvent::Resume);
        self.check_content(asked.content.as_deref(), transport)?;
        let send = Send {
            in_reply_to: Some((mo.id, mo.channel.clone())),
            session_event: close.or(turn),
            metadata: asked.helper_metadata.clone(),
            ..self.sends(mo.from.clone(), asked.content.clone(), Some(mo.to.clone()))
        };
        let id = self.ask(send).await?;
        Ok(self.told(&UserMessage {
            direction: Direction::Mt,
            message: id,
            at: accepted_at(id),
            to: Some(mo.from.as_str()),
            from: Some(mo.to.as_str()),
            content: asked.content.as_deref(),
            in_reply_to: Some(mo.id),
            session_event: close,
            channel: Some(&mo.channel),
            transport_type: Some(transport),
            conversation: self.conversation(),
            helper_metadata: asked.helper_metadata.as_deref(),
        }))
    }

    /// A text without anything in it says something in a dialog only.
    fn check_content(&self, content: Option<&str>, transport: TransportType) -> Result<(), No> {
        let is_empty = content.is_none_or(str::is_empty) && transport == TransportType::Sms;
        if is_empty { Err(BadMessage::Faults(vec![Fault::Member(Key::Content)]).into()) } else { Ok(()) }
    }

    fn sends(&self, to: Address, content: Option<String>, from: Option<Address>) -> Send {
        Send {
            account: self.application.account.clone(),
            application: Some(self.application.id.clone()),
            from,
            to: vec![to],
            text: content.unwrap_or_default(),
            send_at: None,
            validity_ms: None,
            priority: 0,
            tells: true,
            opens_session: false,
            idempotency: self.idempotency.clone(),
            in_reply_to: None,
            session_event: None,
            metadata: None,
            address_type: None,
        }
    }

    async fn ask(&self, send: Send) -> Result<MessageId, No> {
        match self.state.ask(Event::SendAsked(send)).await? {
            Outcome::Sent { messages, .. } if messages.len() == 1 => Ok(messages[0].id),
            Outcome::Refused(refusal) => Err(No::Bad(BadMessage::from(&refusal))),
            other => Err(No::Problem(Problem::unexpected(&other))),
        }
    }

    fn conversation(&self) -> Conversation<'_> {
        Conversation { key: &self.application.id, flavour: self.flavour, account: &self.application.account }
    }

    fn told(&self, told: &UserMessage<'_>) -> Response {
        accepted(message(told))
    }
}

/// When a message was accepted, as its id says: the same however often the answer is repeated.
const fn accepted_at(id: MessageId) -> At {
    At::from_ms(id.stamp.ms() as i64)
}
