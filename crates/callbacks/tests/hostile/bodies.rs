//! Bodies without end, of absurd size, or packed: an attempt takes what it may take and goes.

use std::time::{Duration, Instant};

use callbacks::ANSWER_BYTES_MAX;
use domain::callback::AttemptFailure;

use crate::gateway::{Gateway, assert_failed};
use crate::server::{Server, Step, raw};

/// How often each body is sent.
const TIMES: usize = 20;
/// What a server may get rid of in one attempt: what we take, and what the system takes in advance (`tcp_rmem` and
/// `tcp_wmem`).
const FLOODED_MAX: usize = ANSWER_BYTES_MAX + (16 << 20);

async fn check(name: &str, steps: Vec<Step>, failure: AttemptFailure, words: &str) {
    let server = Server::always(steps).await;
    let gateway = Gateway::new();
    for _ in 0..TIMES {
        let (before, started) = (server.flooded(), Instant::now());
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, failure, Some(200));
        assert!(outcome.record.detail.contains(words), "{name}: {}", outcome.record.detail);
        assert!(started.elapsed() < Duration::from_secs(5), "{name}: {:?}", started.elapsed());
        assert!(server.flooded() - before <= FLOODED_MAX, "{name}: {}", server.flooded() - before);
    }
    // What it had begun to read is not to be used again.
    assert_eq!(server.connections(), TIMES, "{name}");
}

fn flood(head: &str, bytes: Vec<u8>) -> Vec<Step> {
    vec![Step::Write(format!("HTTP/1.1 200 OK\r\n{head}\r\n").into_bytes()), Step::Flood(bytes)]
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_beyond_the_bound_are_cut_however_they_are_framed() {
    let long = vec![b'x'; 64 << 10];
    let in_chunks =
        |bytes: usize| [format!("{bytes:x}\r\n").into_bytes(), vec![b'x'; bytes], b"\r\n".to_vec()].concat();
    let chunked = "Transfer-Encoding: chunked\r\n";
    let cases = [
        ("1 GB, declared", flood("Content-Length: 1073741824\r\n", long.clone())),
        ("2^63 bytes, declared", flood("Content-Length: 9223372036854775808\r\n", long.clone())),
        ("1 GB, not declared", flood("", long.clone())),
        ("without end, in small chunks", flood(chunked, in_chunks(1).repeat(4096))),
        ("without end, in large chunks", flood(chunked, in_chunks(1 << 20))),
        ("one chunk of 2^60", flood(&format!("{chunked}\r\n1000000000000000"), long)),
    ];
    for (name, steps) in cases {
        check(name, steps, AttemptFailure::TooLarge, "larger than").await;
    }
}

/// Zeros by the gigabyte in a few bytes (RFC 1951 §3.2.6): each byte triple of a block repeats 258 bytes and more.
fn bomb() -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let mut bits: (u64, u32) = (0, 0);
    let mut push = |value: u64, count: u32, packed: &mut Vec<u8>| {
        bits = (bits.0 | value << bits.1, bits.1 + count);
        while bits.1 >= 8 {
            packed.push(bits.0 as u8);
            bits = (bits.0 >> 8, bits.1 - 8);
        }
    };
    // A last block of fixed codes: one literal zero, then "258 bytes from 1 back" again and again.
    push(0b011, 3, &mut packed);
    push(0b0000_1100, 8, &mut packed);
    for _ in 0..64 << 10 {
        push(0b1010_0011, 8, &mut packed);
        push(0, 5, &mut packed);
    }
    packed
}

#[tokio::test(flavor = "multi_thread")]
async fn packed_bodies_are_refused_and_never_unpacked() {
    let codings = [
        "gzip",
        "x-gzip",
        "GZip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "snappy",
        "aws-chunked",
        "gzip, gzip",
        "identity, gzip",
        "gzip, identity",
        " br ",
        "gzip;q=1",
    ];
    let nested = ["gzip"; 10].join(", ");
    for coding in codings.into_iter().chain([&*nested]) {
        let steps = flood(&format!("Content-Encoding: {coding}\r\nContent-Length: 1000000\r\n"), bomb());
        check(coding, steps, AttemptFailure::Broken, "identity was asked for").await;
    }
    let in_two = "Content-Encoding: identity\r\nContent-Encoding: gzip\r\n";
    check("in two headers", flood(in_two, bomb()), AttemptFailure::Broken, "identity was asked for").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packed_error_page_is_an_error_all_the_same() {
    let bomb = bomb();
    assert!(bomb.len() > 64 << 10);
    let mut bytes = b"HTTP/1.1 503 Busy\r\nContent-Encoding: gzip\r\nRetry-After: 9\r\n\r\n".to_vec();
    bytes.extend_from_slice(&bomb);
    let server = Server::always(raw(bytes)).await;
    let gateway = Gateway::new();
    for _ in 0..TIMES {
        let outcome = gateway.attempt(&server.url()).await;
        assert_failed(&outcome, AttemptFailure::Status, Some(503));
        assert_eq!((outcome.retry_after_ms, &*outcome.record.body), (Some(9000), ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn identity_is_no_packing() {
    for coding in ["", "Content-Encoding: identity\r\n", "Content-Encoding: Identity\r\n", "Content-Encoding:\r\n"] {
        let server = Server::always(raw(format!("HTTP/1.1 200 OK\r\n{coding}\r\nhi"))).await;
        assert_eq!(Gateway::new().attempt(&server.url()).await.record.body, "hi", "{coding}");
    }
}
