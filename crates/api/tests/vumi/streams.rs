//! Streams: the head at once, lines as they come, told as written when they are, bounded for who does not read
//! (`docs/reference/vumi.md §6`). The tests play the engine.

use std::sync::Arc;
use std::time::Duration;

use api::serve::Limits;
use domain::callback::{BodyType, Rendered};
use domain::event::Event;
use domain::id::CallbackId;
use domain::stream::{StreamKind, Streamed};
use domain::time::At;
use engine::port::{Line, Signal, StreamReader};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gateway::{BASIC, DEADLINE, Gateway};
use crate::world::{address, message_id};

const STREAM: &str = "/api/v1/go/http_api/conv/messages.json";

/// Waits for something the gateway's engine was told.
async fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let wait = async {
        loop {
            if let Some(found) = found() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(2)).await; // waits: polls with a deadline
        }
    };
    timeout(DEADLINE, wait).await.unwrap_or_else(|_| panic!("waited too long for {what}"))
}

/// The reader that was opened as number `number` of this test.
async fn opened(gateway: &Gateway, number: usize) -> (u64, Option<At>, Arc<dyn StreamReader>) {
    until("the reader", || {
        let signals = gateway.world.stored.signals.lock().unwrap();
        let mut opened = signals.iter().filter_map(|signal| match signal {
            Signal::StreamOpened { reader, after, to, .. } => Some((*reader, *after, to.clone())),
            _ => None,
        });
        opened.nth(number)
    })
    .await
}

async fn closed(gateway: &Gateway, number: u64) {
    until("the end of the reader", || {
        let signals = gateway.world.stored.signals.lock().unwrap();
        signals.iter().any(|s| matches!(s, Signal::StreamClosed { reader } if *reader == number)).then_some(())
    })
    .await;
}

/// The callbacks that were told as written, in order.
fn written(gateway: &Gateway) -> Vec<CallbackId> {
    let events = gateway.world.stored.events.lock().unwrap();
    let ended = events.iter().filter_map(|event| match event {
        Event::AttemptEnded { callback, outcome, .. } => {
            assert_eq!((outcome.record.number, outcome.record.status, &*outcome.record.url), (1, Some(200), "stream"));
            assert!(outcome.answer.is_some() && outcome.record.detail.starts_with("127.0.0.1:"));
            Some(*callback)
        }
        _ => None,
    });
    ended.collect()
}

fn callback(counter: u16) -> CallbackId {
    CallbackId::new(message_id(counter).stamp, 99)
}

fn line(counter: u16, body: &str) -> Line {
    let told = Some((address("+41791234567").key(), 0));
    Line {
        callback: callback(counter),
        told,
        request: Rendered { body_type: BodyType::Json, body: body.as_bytes().into() },
    }
}

/// A client that has its head.
async fn connect(gateway: &Gateway, path: &str, headers: &str) -> (String, BufReader<TcpStream>) {
    let mut stream = BufReader::new(TcpStream::connect(gateway.at).await.unwrap());
    let request = format!("GET {path} HTTP/1.1\r\nhost: gateway\r\nauthorization: {BASIC}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        let read = timeout(DEADLINE, stream.read_line(&mut head)).await.expect("the head comes at once").unwrap();
        assert!(read > 0, "the connection ended in {head:?}");
    }
    (head, stream)
}

/// The next chunk; empty for the last one.
async fn chunk(stream: &mut BufReader<TcpStream>) -> String {
    let mut size = String::new();
    timeout(DEADLINE, stream.read_line(&mut size)).await.expect("a chunk in time").unwrap();
    let mut bytes = vec![0; usize::from_str_radix(size.trim(), 16).unwrap() + 2];
    timeout(DEADLINE, stream.read_exact(&mut bytes)).await.expect("the whole chunk").unwrap();
    bytes.truncate(bytes.len() - 2);
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_come_as_they_are_given_and_are_told_as_written() {
    let gateway = Gateway::start().await;
    let (head, mut client) = connect(&gateway, STREAM, "").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in ["content-type: application/json; charset=utf-8\r\n", "x-accel-buffering: no\r\n"] {
        assert!(head.contains(header), "{head}");
    }
    let (reader, after, to) = opened(&gateway, 0).await;
    assert_eq!((after, to.room()), (None, 64));
    to.give(line(1, r#"{"a":1}"#));
    assert_eq!(chunk(&mut client).await, "{\"a\":1}\n");
    until("the word of it", || (written(&gateway) == [callback(1)]).then_some(())).await;
    // What is repeated is written too, and nothing is told of it.
    to.give(Line { told: None, ..line(2, r#"{"a":2}"#) });
    assert_eq!(chunk(&mut client).await, "{\"a\":2}\n");
    to.give(line(3, r#"{"a":3}"#));
    assert_eq!(chunk(&mut client).await, "{\"a\":3}\n");
    until("the word of the third", || (written(&gateway) == [callback(1), callback(3)]).then_some(())).await;
    assert_eq!(to.room(), 64);
    drop(client);
    closed(&gateway, reader).await;
    assert_eq!(to.room(), 0, "nobody is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_says_what_it_has() {
    let gateway = Gateway::start().await;
    for (stream, counter, at) in [(StreamKind::Messages, 1, 10), (StreamKind::Events, 2, 20)] {
        let application = "conv".into();
        let placed = Streamed { application, stream, at: At(at), callback: callback(counter) };
        gateway.world.stored.streamed.lock().unwrap().push(placed);
    }
    let events = "/api/v1/go/http_api/conv/events.json";
    let (message, event) = (message_id(1).hex(), callback(2).hex());
    let header = format!("Last-Event-ID: {message}\r\n");
    let good = [
        (format!("{STREAM}?cursor={message}"), "", Some(At(10))),
        (STREAM.to_owned(), header.as_str(), Some(At(10))),
        (format!("{STREAM}?cursor="), "", None),
        (format!("{events}?cursor={event}"), "", Some(At(20))),
    ];
    for (number, (path, headers, expected)) in good.into_iter().enumerate() {
        let (head, _client) = connect(&gateway, &path, headers).await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
        assert_eq!(opened(&gateway, number).await.1, expected, "{path} {headers}");
    }
    for cursor in [message_id(9).hex(), "nothing".to_owned(), "%FF".to_owned(), event.clone()] {
        let answer = gateway.ask("GET", &format!("{STREAM}?cursor={cursor}"), "", "").await;
        answer.is_no("400 Unknown cursor", "Unknown cursor");
    }
    let answer = gateway.ask("GET", events, &format!("Last-Event-ID: {message}\r\n"), "").await;
    answer.is_no("400 Unknown cursor", "Unknown cursor");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_given_little_and_then_given_up() {
    let limits = Limits { stall_ms_max: 500, ..Limits::default() };
    let gateway = Gateway::with(None, limits).await;
    let (_head, client) = connect(&gateway, STREAM, "").await;
    let (reader, _, to) = opened(&gateway, 0).await;
    let body = format!("\"{}\"", "x".repeat(30_000));
    let mut given = 0;
    let mut most = 0;
    // The system's buffers take the first ones; then what waits is bounded.
    until("the end of a client that does not read", || {
        while to.room() > 0 {
            to.give(line(given, &body));
            given += 1;
        }
        most = most.max(usize::from(given) - written(&gateway).len());
        let signals = gateway.world.stored.signals.lock().unwrap();
        signals.iter().any(|s| matches!(s, Signal::StreamClosed { reader: r } if *r == reader)).then_some(())
    })
    .await;
    assert!(most <= 64, "{most} lines waited");
    assert!(written(&gateway).len() < usize::from(given), "what was not written is not told as written");
    drop(client);
}

#[tokio::test(flavor = "multi_thread")]
async fn room_is_told_when_there_is_some_again() {
    let gateway = Gateway::start().await;
    let (_head, mut client) = connect(&gateway, STREAM, "").await;
    let (reader, _, to) = opened(&gateway, 0).await;
    let body = format!("\"{}\"", "x".repeat(2_000));
    let (mut given, mut read) = (0, 0);
    let rooms = |gateway: &Gateway| {
        let signals = gateway.world.stored.signals.lock().unwrap();
        signals.iter().filter(|s| matches!(s, Signal::StreamRoom { reader: r } if *r == reader)).count()
    };
    // Fills it as fast as it can, until once there was no room.
    until("a full reader", || {
        for _ in 0..to.room() {
            to.give(line(given, &body));
            given += 1;
        }
        (to.room() == 0 || rooms(&gateway) > 0).then_some(())
    })
    .await;
    while read < given {
        read += u16::try_from(chunk(&mut client).await.matches('\n').count()).unwrap();
    }
    until("the word of room", || (rooms(&gateway) > 0).then_some(())).await;
    until("all to be written", || (written(&gateway).len() == usize::from(given)).then_some(())).await;
    assert_eq!(to.room(), 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_streams_at_once_and_in_good_order() {
    let mut gateway = Gateway::start().await;
    let (_head, mut client) = connect(&gateway, STREAM, "").await;
    let (reader, _, to) = opened(&gateway, 0).await;
    to.give(line(1, r#"{"a":1}"#));
    assert_eq!(chunk(&mut client).await, "{\"a\":1}\n");
    gateway.stop();
    assert_eq!(chunk(&mut client).await, "", "the end is told");
    closed(&gateway, reader).await;
    to.give(line(2, r#"{"a":2}"#));
    let served = timeout(DEADLINE, &mut gateway.served).await.expect("it stops in time").unwrap();
    assert_eq!(served.cut_off, 0);
    assert_eq!(written(&gateway), [callback(1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_to_leave_sees_the_end() {
    let gateway = Gateway::start().await;
    let (_head, mut client) = connect(&gateway, STREAM, "").await;
    let (reader, _, to) = opened(&gateway, 0).await;
    to.leave();
    assert_eq!(chunk(&mut client).await, "", "the end is told");
    closed(&gateway, reader).await;
}
