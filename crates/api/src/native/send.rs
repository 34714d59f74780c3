//! `POST /v1/messages`: a send. What it asks for is read and bounded here; whether it may be is the engine's decision.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use domain::address::Address;
use domain::decision::{Outcome, Refusal, SentMessage};
use domain::directory::{Application, Directory, Name};
use domain::event::{Event, Idempotency, Send};
use domain::limit::TEXT_BYTES_MAX;
use domain::message::{Direction, MessageState};
use domain::time::At;
use http::header::LOCATION;
use http::{HeaderValue, Request, StatusCode};

use super::hal::hal;
use super::message::{MessageResource, message_links, message_path};
use crate::auth::Caller;
use crate::body::Members;
use crate::idempotency;
use crate::problem::{Complaint, Kind, Problem};
use crate::state::ApiState;

/// Longest validity one may ask for, in milliseconds: 30 days.
const VALIDITY_MS_MAX: u64 = 30 * 86_400_000;
/// Highest priority (SMPP 3.4 §5.2.14).
const PRIORITY_MAX: u64 = 3;
const MEMBERS: &str = "to, from, text, application, sendAt, validityMs, priority";

/// What a body asked for, understood.
struct Wish {
    to: Address,
    from: Option<Address>,
    text: String,
    application: Option<Name>,
    send_at: Option<At>,
    validity_ms: Option<u64>,
    priority: u8,
}

impl Wish {
    fn of(mut members: Members) -> Result<Wish, Problem> {
        if members.has("callbackUrl") {
            let words = "callbackUrl is not available yet; name an application: its URL is told of reports";
            return Err(Problem::new(Kind::NotYet, words));
        }
        let to = members.parsed_required("to", Address::parse);
        let from = members.parsed("from", Address::parse);
        let text = members.text_required("text");
        if text.len() > TEXT_BYTES_MAX {
            members.complain::<()>("text", format!("is longer than {TEXT_BYTES_MAX} bytes"));
        }
        let application = members.text("application").map(Into::into);
        let send_at = members.parsed("sendAt", |text| text.parse::<jiff::Timestamp>()).map(|t| At(t.as_microsecond()));
        let validity_ms = members.number("validityMs", 1, VALIDITY_MS_MAX);
        let priority = members.number("priority", 0, PRIORITY_MAX).unwrap_or(0) as u8;
        members.finish(MEMBERS)?;
        let to = to.ok_or_else(|| Problem::new(Kind::Body, "to: is required"))?;
        Ok(Wish { to, from, text, application, send_at, validity_ms, priority })
    }

    /// A hash of who asks for what: the same for the same request however its JSON is written.
    fn fingerprint(&self, account: &str) -> [u8; 16] {
        idempotency::fingerprint(&[
            Some(account.as_bytes()),
            Some(self.to.as_str().as_bytes()),
            self.from.as_ref().map(|from| from.as_str().as_bytes()),
            Some(self.text.as_bytes()),
            self.application.as_ref().map(|id| id.as_bytes()),
            self.send_at.map(|at| at.0.to_be_bytes()).as_ref().map(|b| &b[..]),
            self.validity_ms.map(u64::to_be_bytes).as_ref().map(|b| &b[..]),
            Some(&[self.priority]),
        ])
    }
}

pub(super) async fn send(
    State(state): State<ApiState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let key = idempotency::key(request.headers())?;
    let wish = Wish::of(Members::of(request).await?)?;
    let directory = state.directory.current();
    let application = application_of(&caller, &wish, &directory)?;
    let account = match (&caller, &application) {
        (Caller::Account(key), _) => key.clone(),
        (Caller::Operator, Some(application)) => application.account.clone(),
        (Caller::Operator, None) => {
            let detail = "the operator sends for an application: name one".to_owned();
            return Err(Problem::with_errors(Kind::Body, vec![Complaint { name: "application".into(), detail }]));
        }
    };
    let default = application.and_then(|a| directory.default_address(&a.id));
    let from = wish.from.as_ref().or(default);
    let idempotency = key.map(|key| Idempotency { key, fingerprint: wish.fingerprint(&account) });
    let asked = Send {
        account,
        application: wish.application.clone(),
        from: from.cloned(),
        to: vec![wish.to.clone()],
        text: wish.text.clone(),
        send_at: wish.send_at,
        validity_ms: wish.validity_ms,
        priority: wish.priority,
        tells: application.is_some(),
        opens_session: false,
        idempotency,
        in_reply_to: None,
        session_event: None,
        metadata: None,
        address_type: None,
    };
    match state.ask(Event::SendAsked(asked)).await? {
        Outcome::Sent { messages, .. } if messages.len() == 1 => Ok(accepted(messages[0], &wish, from, &directory)),
        Outcome::Refused(refusal) => Err(refusal.into()),
        other => Err(Problem::unexpected(&other)),
    }
}

/// The message as it was accepted: the same bytes for the same send, whatever has become of it since.
fn accepted(sent: SentMessage, wish: &Wish, from: Option<&Address>, directory: &Directory) -> Response {
    let state = if sent.scheduled { MessageState::Scheduled } else { MessageState::Queued };
    let channel = from.and_then(|from| directory.channel_for(from));
    let resource = MessageResource {
        id: sent.id,
        direction: Direction::Mt.name(),
        from: from.map_or("", Address::as_str),
        to: wish.to.as_str(),
        text: &wish.text,
        state: state.name(),
        application: wish.application.as_deref(),
        channel: channel.map(|channel| &*channel.id),
        created_at: At::from_ms(sent.id.stamp.ms() as i64),
        updated_at: None,
        segments: sent.segments,
        links: message_links(sent.id),
    };
    let mut response = hal(StatusCode::ACCEPTED, &resource);
    let location = HeaderValue::try_from(message_path(sent.id)).expect("an id is letters and digits");
    response.headers_mut().insert(LOCATION, location);
    response
}

/// The application that sends, if one is named and the caller's.
fn application_of<'d>(
    caller: &Caller,
    wish: &Wish,
    directory: &'d Directory,
) -> Result<Option<&'d Application>, Problem> {
    let Some(id) = &wish.application else { return Ok(None) };
    let found = directory.applications.get(id).filter(|application| match caller {
        Caller::Operator => true,
        Caller::Account(key) => application.account == *key,
    });
    found.map(|application| Some(&**application)).ok_or_else(|| Refusal::UnknownApplication.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish() -> Wish {
        Wish {
            to: Address::parse("41791234567").unwrap(),
            from: None,
            text: "hi".into(),
            application: None,
            send_at: None,
            validity_ms: None,
            priority: 0,
        }
    }

    #[test]
    fn fingerprints_differ_where_requests_do() {
        let address = |text: &str| Address::parse(text).unwrap();
        let variants = [
            (wish(), "acme"),
            (wish(), "other"),
            (Wish { to: address("41791234568"), ..wish() }, "acme"),
            (Wish { from: Some(address("8282")), ..wish() }, "acme"),
            (Wish { text: "hi ".into(), ..wish() }, "acme"),
            (Wish { application: Some("hi".into()), ..wish() }, "acme"),
            (Wish { send_at: Some(At(1)), ..wish() }, "acme"),
            (Wish { validity_ms: Some(1), ..wish() }, "acme"),
            (Wish { priority: 1, ..wish() }, "acme"),
            (Wish { to: address("4179123456"), text: "7hi".into(), ..wish() }, "acme"),
        ];
        let prints: Vec<[u8; 16]> = variants.iter().map(|(wish, account)| wish.fingerprint(account)).collect();
        let distinct: std::collections::BTreeSet<_> = prints.iter().collect();
        assert_eq!(distinct.len(), variants.len());
        assert_eq!(prints[0], wish().fingerprint("acme"));
    }
}
