//! What tells a page that something it shows has changed: server-sent events that carry ids only. What is shown is
//! always fetched as markup afterwards, so that nothing has to be rendered twice.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::address::Address;
use domain::id::MessageId;
use http::header::CONTENT_TYPE;
use hyper::body::Frame;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Console;
use super::guard::Visit;
use super::trouble::Trouble;
use crate::auth::{Caller, Scope};
use crate::feed::{FeedItem, Watch};

/// Most pages that watch at a time.
const STREAMS_MAX: usize = 64;
/// How long changes are gathered before they are told, in milliseconds.
const GATHER_MS: u64 = 60;
/// Most messages told one by one.
const IDS_MAX: usize = 200;
/// Silence after which a comment is sent, in milliseconds: proxies close what is silent.
const SILENCE_MS: u64 = 10_000;
/// How long a stream lives, in milliseconds. The browser comes again, and is asked again who it is.
const LIFE_MS: u64 = 600_000;
/// When the browser comes again, in milliseconds.
const RETRY_MS: u64 = 2000;
/// Frames that wait for a slow browser.
const FRAMES_MAX: usize = 4;

/// Places for those who watch.
#[derive(Clone)]
pub(super) struct Streams {
    places: Arc<Semaphore>,
}

impl Default for Streams {
    fn default() -> Streams {
        Streams { places: Arc::new(Semaphore::new(STREAMS_MAX)) }
    }
}

/// Whose handset is watched too.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Watched {
    phone: String,
}

/// Opens a stream.
pub(super) async fn stream(
    State(console): State<Console>,
    visit: Visit,
    Query(watched): Query<Watched>,
) -> Result<Response, Trouble> {
    let place = Arc::clone(&console.streams.places).try_acquire_owned().map_err(|_| Trouble::TooManyWatch)?;
    let scope = Scope::of(&Caller::Operator, &console.api.directory.current());
    let source = Source {
        watch: console.api.feed.subscribe(scope),
        handsets: console.api.phones.as_ref().map(|phones| phones.subscribe()),
        phone: Address::parse(&watched.phone).ok(),
    };
    let (sender, receiver) = mpsc::channel(FRAMES_MAX);
    tokio::spawn(async move {
        let _held_while_watching = place;
        let draining = console.api.ready.draining();
        tokio::select! {
            () = tell(&console, &visit, source, &sender) => {}
            () = draining => {}
            () = sender.closed() => {}
        }
    });
    Ok(([(CONTENT_TYPE, "text/event-stream")], Body::new(Frames { receiver })).into_response())
}

/// What a page watches.
struct Source {
    watch: Watch,
    handsets: Option<broadcast::Receiver<String>>,
    phone: Option<Address>,
}

/// Something changed.
enum Change {
    Messages(Vec<MessageId>),
    Everything,
    Nothing,
    Over,
}

impl Source {
    async fn next(&mut self) -> Change {
        tokio::select! {
            item = self.watch.next() => match item {
                Some(FeedItem::Changed(changed)) => Change::Messages(changed.into_iter().map(|c| c.message).collect()),
                Some(FeedItem::Refresh) => Change::Everything,
                None => Change::Over,
            },
            phone = news(&mut self.handsets) => match phone {
                Ok(phone) if self.phone.as_ref().map(Address::key) != Address::parse(&phone).ok().map(|a| a.key()) => Change::Nothing,
                Ok(_) | Err(RecvError::Lagged(_)) => Change::Everything,
                Err(RecvError::Closed) => {
                    self.handsets = None;
                    Change::Nothing
                }
            },
        }
    }
}

/// The next handset on which something is new; never, where there are none.
async fn news(handsets: &mut Option<broadcast::Receiver<String>>) -> Result<String, RecvError> {
    match handsets {
        Some(handsets) => handsets.recv().await,
        None => std::future::pending().await,
    }
}

async fn tell(console: &Console, visit: &Visit, mut source: Source, sender: &mpsc::Sender<Bytes>) {
    let ends_at = Instant::now() + Duration::from_millis(LIFE_MS);
    let hello = format!("retry: {RETRY_MS}\n\n");
    if sender.send(Bytes::from(hello)).await.is_err() {
        return;
    }
    loop {
        let silence_at = Instant::now() + Duration::from_millis(SILENCE_MS);
        let frame = tokio::select! {
            change = source.next() => match gather(change, &mut source).await {
                Gathered::Some(ids) => format!("event: changed\ndata: {ids}\n\n"),
                Gathered::Nothing => continue,
                Gathered::Over => return,
            },
            () = sleep_until(silence_at.min(ends_at)) => ": still here\n\n".to_owned(),
        };
        let is_welcome = visit.session.as_ref().is_none_or(|id| console.gate.sessions.is_open(id, console.api.now()));
        if !is_welcome || Instant::now() >= ends_at || sender.send(Bytes::from(frame)).await.is_err() {
            return;
        }
    }
}

/// What came together: ids with blanks between them, or `*`.
enum Gathered {
    Some(String),
    Nothing,
    Over,
}

/// Adds to a change those that come right after it.
async fn gather(first: Change, source: &mut Source) -> Gathered {
    let until = Instant::now() + Duration::from_millis(GATHER_MS);
    let mut ids: BTreeSet<MessageId> = BTreeSet::new();
    let mut is_everything = false;
    let mut change = first;
    loop {
        match change {
            Change::Over => return Gathered::Over,
            Change::Nothing if ids.is_empty() && !is_everything => return Gathered::Nothing,
            Change::Nothing => {}
            Change::Everything => is_everything = true,
            Change::Messages(changed) => ids.extend(changed),
        }
        is_everything |= ids.len() > IDS_MAX;
        if is_everything {
            ids.clear();
        }
        match timeout_at(until, source.next()).await {
            Ok(next) => change = next,
            Err(_over) => break,
        }
    }
    if is_everything {
        return Gathered::Some("*".to_owned());
    }
    Gathered::Some(ids.iter().map(MessageId::to_string).collect::<Vec<_>>().join(" "))
}

/// The body of a stream.
struct Frames {
    receiver: mpsc::Receiver<Bytes>,
}

impl hyper::body::Body for Frames {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.receiver.poll_recv(cx).map(|frame| frame.map(|bytes| Ok(Frame::data(bytes))))
    }
}
