//! Applications that misbehave, each in one way and many times, between requests that they answer well: a misdeed is
//! told for what it is, and no well-answered request ever gets anything but its own answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::callback::{AttemptFailure, AttemptOutcome};
use engine::port::CallbackClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::gateway::{Gateway, callback, order};
use crate::server::{Server, Step, answer, raw};

/// How often each misdeed is done.
const TIMES: u32 = 200;
/// The budget for misdeeds that take all the time they get.
const SLOW_MS: u64 = 300;

/// What an attempt at a misdeed must say.
#[derive(Clone, Copy, Debug)]
enum Says {
    /// Nothing was wrong with it: this body.
    Body(&'static str),
    /// It failed so, with this status, if any.
    Failed(AttemptFailure, Option<u16>),
    /// It ran out of time, with this status, unless that was not even read yet.
    Slow(Option<u16>),
    /// The answer may or may not have made it through before the connection broke.
    Either(&'static str, AttemptFailure),
}

use AttemptFailure::{Broken, Status, TimedOut, TooLarge, Unreachable};
use Says::{Body, Either, Failed, Slow};

impl Says {
    fn fits(self, outcome: &AttemptOutcome) -> bool {
        let record = &outcome.record;
        match self {
            Body(text) => record.failure.is_none() && record.body == text,
            Failed(failure, status) => record.failure == Some(failure) && record.status == status,
            Slow(status) => record.failure == Some(TimedOut) && (record.status == status || record.status.is_none()),
            Either(text, failure) => {
                record.failure == Some(failure) || (record.failure.is_none() && record.body == text)
            }
        }
    }
}

fn written(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Write(bytes.into())]
}

fn then(bytes: impl Into<Vec<u8>>, step: Step) -> Vec<Step> {
    vec![Step::Write(bytes.into()), step]
}

/// The length of the next ones' answers is all that a stray answer would need to pass for one of them.
const STRAY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";

fn in_the_connection() -> Vec<(&'static str, Vec<Step>, Says)> {
    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let pause = Duration::from_millis(20);
    vec![
        ("resets before a byte", vec![Step::Reset], Failed(Broken, None)),
        ("resets in the status line", then("HTTP/1.1 20", Step::Reset), Failed(Broken, None)),
        ("resets in the headers", then("HTTP/1.1 200 OK\r\nContent-Le", Step::Reset), Failed(Broken, None)),
        ("resets after the headers", then(HEAD, Step::Reset), Failed(Broken, Some(200))),
        ("resets in the body", then(format!("{HEAD}half"), Step::Reset), Failed(Broken, Some(200))),
        ("resets after the answer", then(STRAY, Step::Reset), Either("stray", Broken)),
        ("closes before a byte", vec![Step::Close], Failed(Broken, None)),
        ("closes in the headers", raw("HTTP/1.1 200 OK\r\nContent-Le"), Failed(Broken, None)),
        ("closes in the body", raw(format!("{HEAD}half")), Failed(Broken, Some(200))),
        ("closes a kept link after the answer", raw(STRAY), Body("stray")),
        ("closes one direction after the answer", then(STRAY, Step::HalfClose), Body("stray")),
        ("closes one direction before a byte", vec![Step::HalfClose], Failed(Broken, None)),
        ("never answers", vec![Step::Hang], Slow(None)),
        ("trickles the headers", vec![Step::Trickle(HEAD.into(), pause)], Slow(None)),
        ("trickles the body", vec![Step::Write(HEAD.into()), Step::Trickle(vec![b'x'; 100], pause)], Slow(Some(200))),
        ("stops after the headers", then(HEAD, Step::Hang), Slow(Some(200))),
        (
            "stops in a chunk",
            then("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", Step::Hang),
            Slow(Some(200)),
        ),
        ("continues once and never answers", then("HTTP/1.1 100 Continue\r\n\r\n", Step::Hang), Slow(None)),
    ]
}

fn in_the_head() -> Vec<(&'static str, Vec<Step>, Says)> {
    vec![
        (
            "floods headers",
            then("HTTP/1.1 200 OK\r\n", Step::Flood(b"X: 0123456789abcdef\r\n".to_vec())),
            Failed(TooLarge, None),
        ),
        ("floods one header", then("HTTP/1.1 200 OK\r\nX: ", Step::Flood(vec![b'x'; 4096])), Failed(TooLarge, None)),
        ("floods the reason", then("HTTP/1.1 200 ", Step::Flood(vec![b'x'; 4096])), Failed(TooLarge, None)),
        (
            "floods 100 Continue",
            vec![Step::Flood(b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100))],
            Failed(TooLarge, None),
        ),
        (
            "floods 103 Early Hints",
            vec![Step::Flood(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".repeat(100))],
            Failed(TooLarge, None),
        ),
        (
            "sends ten thousand headers",
            raw(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(10_000))),
            Failed(TooLarge, None),
        ),
        ("speaks HTTP/0.9", raw("<html>hello</html>"), Failed(Broken, None)),
        (
            "speaks HTTP/2",
            raw(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d\0\x04\0\x10\0\0\0\x06\0\0@\0"),
            Failed(Broken, None),
        ),
        ("speaks TLS", raw(b"\x15\x03\x03\0\x02\x02\x28"), Failed(Broken, None)),
        ("speaks SMTP", raw("220 mail.example.org ESMTP\r\n"), Failed(Broken, None)),
        ("speaks SSH", raw("SSH-2.0-OpenSSH_9.9\r\n"), Failed(Broken, None)),
        ("has a status of four digits", raw("HTTP/1.1 2000 OK\r\n\r\n"), Failed(Broken, None)),
        ("has a status of two digits", raw("HTTP/1.1 20 OK\r\n\r\n"), Failed(Broken, None)),
        ("has status 000", raw("HTTP/1.1 000 No\r\nContent-Length: 0\r\n\r\n"), Failed(Broken, None)),
        ("has status 999", written("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), Failed(Status, Some(999))),
        ("has a NUL in a header", raw("HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"), Failed(Broken, None)),
        (
            "has a bare CR in a header",
            raw("HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n"),
            Failed(Broken, None),
        ),
        ("folds a header", raw("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"), Failed(Broken, None)),
        ("has a blank before a colon", raw("HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"), Failed(Broken, None)),
        ("has a header without a name", raw("HTTP/1.1 200 OK\r\n: x\r\n\r\n"), Failed(Broken, None)),
        ("ends lines with a bare LF", written("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi"), Body("hi")),
        (
            "switches protocols",
            then("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhi", Step::Hang),
            Failed(Status, Some(101)),
        ),
        (
            "says it closes and does not",
            then("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", Step::Hang),
            Body("hi"),
        ),
        (
            "keeps alive under HTTP/1.0",
            written("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"),
            Body("hi"),
        ),
    ]
}

fn in_the_framing() -> Vec<(&'static str, Vec<Step>, Says)> {
    let chunked = |rest: &str| raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{rest}"));
    let broken = Failed(Broken, Some(200));
    vec![
        ("claims more than it sends", raw("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"), broken),
        ("claims less than it sends", written("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there"), Body("hi")),
        (
            "sends a second answer",
            written(format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi{STRAY}")),
            Body("hi"),
        ),
        ("sends a thousand answers", written(STRAY.repeat(1000)), Body("stray")),
        ("answers behind a 204", written(format!("HTTP/1.1 204 No Content\r\n\r\n{STRAY}")), Body("")),
        ("has a body in a 204", written("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"), Body("")),
        (
            "has a body in a 304",
            written("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"),
            Failed(Status, Some(304)),
        ),
        (
            "has two lengths that differ",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\nhello"),
            Failed(Broken, None),
        ),
        (
            "has two lengths in one header",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 5, 2\r\n\r\nhello"),
            Failed(Broken, None),
        ),
        (
            "has the same length twice",
            written("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
            Body("hi"),
        ),
        ("has a negative length", raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello"), Failed(Broken, None)),
        ("has a length with a sign", raw("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello"), Failed(Broken, None)),
        (
            "has a length of 2^64",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nhello"),
            Failed(Broken, None),
        ),
        (
            "has a length and chunks",
            raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            Body("hi"),
        ),
        (
            "has a coding nobody knows",
            raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            Body("2\r\nhi\r\n0\r\n\r\n"),
        ),
        ("has chunks without sizes", chunked("hello\r\n0\r\n\r\n"), broken),
        ("has a negative chunk", chunked("-2\r\nhi\r\n0\r\n\r\n"), broken),
        ("has a chunk of 2^64", chunked("10000000000000000\r\nhi\r\n0\r\n\r\n"), broken),
        ("has a chunk longer than its size", chunked("2\r\nhi there\r\n0\r\n\r\n"), broken),
        (
            "floods a chunk's extension",
            then("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", Step::Flood(vec![b'x'; 4096])),
            broken,
        ),
        (
            "floods the trailers",
            then(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
                Step::Flood(b"X: 0123456789abcdef\r\n".to_vec()),
            ),
            broken,
        ),
        ("ends without the last chunk", chunked("2\r\nhi\r\n"), broken),
    ]
}

/// Every second request is misanswered; the others get their own id back.
async fn check(name: &'static str, misdeed: Vec<Step>, says: Says) -> usize {
    let server = Server::answering(move |request| {
        let line = |name: &str| request.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        match line("hookswitch-attempt: ").parse::<u32>().unwrap() % 2 {
            0 => answer("200 OK", &format!("mine {}", line("hookswitch-callback: "))),
            _ => misdeed.clone(),
        }
    })
    .await;
    let gateway = Gateway::new();
    let url = server.url();
    let (at_once, bad_ms) = if matches!(says, Slow(_)) { (TIMES, SLOW_MS) } else { (20, 10_000) };
    let mut next = 1;
    while next <= 2 * TIMES {
        let numbers = next..next + 2 * at_once;
        for number in numbers.clone() {
            let budget_ms = if number % 2 == 0 { 10_000 } else { bad_ms };
            gateway.client.start(order(&url, budget_ms, number));
        }
        for (id, outcome) in gateway.results(numbers.len()).await {
            let number = outcome.record.number;
            assert_eq!(id, callback(number), "{name}");
            let is_right = match number % 2 {
                0 => outcome.record.body == format!("mine {id}"),
                _ => says.fits(&outcome),
            };
            assert!(is_right, "{name}: attempt {number}, wanted {says:?}: {outcome:?}");
        }
        next = numbers.end;
    }
    server.requests().len()
}

/// Returns how many misdeeds there were and how many requests they took.
async fn check_all(misdeeds: Vec<(&'static str, Vec<Step>, Says)>) -> (usize, usize) {
    let mut requests = 0;
    let kinds = misdeeds.len();
    for (name, misdeed, says) in misdeeds {
        requests += check(name, misdeed, says).await;
    }
    eprintln!("{kinds} misdeeds, each {TIMES} times between {TIMES} good answers: {requests} requests");
    (kinds, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_connections_each_request_has_its_own_answer() {
    check_all(in_the_connection()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_heads_each_request_has_its_own_answer() {
    check_all(in_the_head()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_framing_each_request_has_its_own_answer() {
    let (kinds, requests) = check_all(in_the_framing()).await;
    // None of them breaks a link before its first byte, so nothing was sent twice.
    assert_eq!(requests, kinds * 2 * TIMES as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_said_as_often_as_it_is_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let gateway = Gateway::new();
    for number in 1..=TIMES {
        gateway.client.start(order(&url, 10_000, number));
    }
    for (_, outcome) in gateway.results(TIMES as usize).await {
        assert!(Failed(Unreachable, None).fits(&outcome), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_up_on_every_other_connection_costs_only_those() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let hung_up = Arc::new(AtomicUsize::new(0));
    let count = hung_up.clone();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            if number % 2 == 0 {
                stream.set_zero_linger().unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            tokio::spawn(async move {
                let mut chunk = [0; 4096];
                if matches!(stream.read(&mut chunk).await, Ok(1..)) {
                    let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhi").await;
                }
            });
        }
    });
    let gateway = Gateway::new();
    let (mut answered, mut broken) = (0, 0);
    for _ in 0..2 * TIMES {
        let outcome = gateway.attempt(&url).await;
        match outcome.record.failure {
            None => answered += 1,
            // The reset may come before the connection was looked at, or after.
            Some(Broken | Unreachable) => broken += 1,
            _ => panic!("{outcome:?}"),
        }
    }
    assert_eq!((answered, broken, hung_up.load(Ordering::SeqCst)), (TIMES, TIMES, TIMES as usize));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_before_the_request_is_read_ends_the_link() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                // The first bytes of the request are enough.
                let mut few = [0; 16];
                if stream.read_exact(&mut few).await.is_ok() {
                    let _gone = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly").await;
                    let _gone = stream.shutdown().await;
                }
            });
        }
    });
    let gateway = Gateway::new();
    for number in 1..=TIMES {
        let mut attempt = order(&url, 10_000, number);
        // More than fits into the buffers of the system.
        attempt.request.body = vec![b'x'; 8 << 20].into();
        gateway.client.start(attempt);
        let (_, outcome) = gateway.results(1).await.remove(0);
        assert!(Either("early", Broken).fits(&outcome), "{outcome:?}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), TIMES as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_nobody_on_a_free_link_answers_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (stray, mut strays) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let stray = stray.clone();
            tokio::spawn(async move {
                let mut chunk = [0; 4096];
                if matches!(stream.read(&mut chunk).await, Ok(1..)) {
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood").await.unwrap();
                    // The answer is over and the link free; now comes another one that nobody asked for.
                    stray.send(stream).unwrap();
                }
            });
        }
    });
    let gateway = Gateway::new();
    let mut witness = Witness::new().await;
    for _ in 0..TIMES {
        assert_eq!(gateway.attempt(&url).await.record.body, "good");
        let mut link = strays.recv().await.unwrap();
        link.write_all(STRAY.as_bytes()).await.unwrap();
        witness.wait().await;
    }
}

/// Two ends of a connection in the gateway's runtime. What was received anywhere in it before a byte is sent over them
/// has been noticed when that byte is.
struct Witness(TcpStream, TcpStream);

impl Witness {
    async fn new() -> Witness {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        Witness(near, listener.accept().await.unwrap().0)
    }

    async fn wait(&mut self) {
        // A read that does not fill its buffer makes the next one wait for the runtime to notice what has come.
        let mut room = [0; 16];
        for _ in 0..3 {
            self.0.write_all(&[1]).await.unwrap();
            assert_eq!(self.1.read(&mut room).await.unwrap(), 1);
        }
    }
}
