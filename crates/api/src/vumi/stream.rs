//! `GET messages.json` and `GET events.json`: a response that goes on, one line for each message or event
//! (`docs/reference/vumi.md §6`). Which lines come is the engine's affair; here they are written, and it is told which of
//! them are.

mod lines;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use contracts::vumi::api::place::STREAM_HEADERS;
use contracts::vumi::api::response;
use domain::directory::Application;
use domain::id::{CallbackId, MessageId};
use domain::stream::StreamKind;
use domain::time::At;
use engine::port::Signal;
use http::{HeaderValue, Request};
use hyper::body::Frame;

use self::lines::Lines;
use super::{later, respond};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::serve::Flushes;
use crate::state::ApiState;
use crate::under_way::Place;

/// The header in which a client that comes back says what it has.
const LAST_EVENT_ID: &str = "last-event-id";
/// The parameter that says the same.
const CURSOR: &str = "cursor";

/// Opens a stream for a client whose credentials are good; `place` is given back when it ends.
pub(super) async fn open(
    state: &ApiState,
    application: &Application,
    kind: StreamKind,
    request: Request<Body>,
    place: Place,
) -> Response {
    let after = match cursor(&request) {
        None => None,
        Some(cursor) => match place_of(state, application, kind, &cursor).await {
            Ok(Some(at)) => Some(at),
            Ok(None) => return respond(response::Response::said(400, "Unknown cursor", "Unknown cursor")),
            Err(problem) => return respond(later(&problem)),
        },
    };
    let reader = state.next_reader();
    let extensions = request.extensions();
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.to_string()).unwrap_or_default();
    let lines = Arc::new(Lines::new(reader, peer, state.inlet.clone(), state.clock.clone()));
    let flushes = extensions.get::<Flushes>().cloned().unwrap_or_default();
    let told = lines.clone();
    flushes.watch(Arc::new(move || told.written()));
    state.inlet.signal(Signal::StreamOpened {
        application: application.id.clone(),
        stream: kind,
        reader,
        after,
        to: lines.clone(),
    });
    let ready = state.ready.clone();
    let draining: Draining = Box::pin(async move { ready.draining().await });
    let state = state.clone();
    let body = LineBody { lines, reader, state, flushes, draining: Some(draining), _place: place };
    let mut answer = Response::new(Body::new(body));
    for (name, value) in STREAM_HEADERS {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// What a client says it has; the parameter counts when both say something.
fn cursor(request: &Request<Body>) -> Option<String> {
    let query = request.uri().query().unwrap_or_default();
    let parameter = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == CURSOR);
    let header = || request.headers().get(LAST_EVENT_ID).map(|value| value.to_str().unwrap_or("?").to_owned());
    parameter.map(|(_, value)| value.into_owned()).or_else(header).filter(|cursor| !cursor.is_empty())
}

/// The place of the line a cursor names; none when there is none in this stream.
async fn place_of(
    state: &ApiState,
    application: &Application,
    kind: StreamKind,
    cursor: &str,
) -> Result<Option<At>, Problem> {
    let range = match kind {
        // The line of a message is the callback made for it: the one with its stamp.
        StreamKind::Messages => MessageId::parse(cursor)
            .map(|MessageId { stamp, .. }| CallbackId { stamp, tail: 0 }..=CallbackId { stamp, tail: u64::MAX }),
        StreamKind::Events => CallbackId::parse(cursor).map(|id| id..=id),
    };
    let Some(range) = range else { return Ok(None) };
    let reader = state.reader(&Caller::Account(application.account.clone()));
    Ok(reader.streamed_at(application.id.clone(), kind, range).await?)
}

type Draining = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The body: ends when the gateway stops and what it handed out is written.
struct LineBody {
    lines: Arc<Lines>,
    reader: u64,
    state: ApiState,
    flushes: Flushes,
    /// None once the gateway stops.
    draining: Option<Draining>,
    _place: Place,
}

impl hyper::body::Body for LineBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::convert::Infallible>>> {
        if let Some(draining) = &mut self.draining
            && draining.as_mut().poll(cx).is_ready()
        {
            self.draining = None;
            self.lines.close();
        }
        self.lines.poll_next(cx).map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Drop for LineBody {
    fn drop(&mut self) {
        self.flushes.forget();
        self.lines.abandon();
        self.state.inlet.signal(Signal::StreamClosed { reader: self.reader });
    }
}
