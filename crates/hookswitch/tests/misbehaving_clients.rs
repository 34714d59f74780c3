//! HTTP clients that are slow, huge, or watch and do not read, against the real binary with its own bounds: they are cut
//! off, others are served, and neither files nor memory grow beyond what is said.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use world::network::Network;
use world::process::{Gateway, Place, exchange_raw, free_port, get, post, settings, wait_for};

const ACCOUNT: &str = "authorization: Bearer acme-token-of-tests\r\n";

struct World {
    gateway: Gateway,
    http: u16,
    _place: Place,
}

impl World {
    fn start(name: &str) -> World {
        raise_limit_of_files();
        let (place, network, http) = (Place::new(name), Network::start(), free_port());
        let config = settings(&place, http, network.port, "127.0.0.1:9", "");
        World { gateway: Gateway::start(&config, http), http, _place: place }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.http)).unwrap()
    }

    /// Open files of the gateway.
    fn files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.gateway.pid())).unwrap().count()
    }

    /// A line of its `/proc/PID/status`, in KiB.
    fn memory_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.gateway.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
    }
}

/// A thousand connections have two ends here and there; shells commonly allow 1,024 files. The gateway inherits it.
fn raise_limit_of_files() {
    let raised = Command::new("prlimit").args(["--nofile=4096:", "--pid"]).arg(std::process::id().to_string()).status();
    assert!(
        raised.is_ok_and(|status| status.success()),
        "this test opens more than 1,000 connections: allow 4096 open files (`ulimit -Hn`), and install util-linux"
    );
}

const SLOW: usize = 1000;
/// What a slow connection may cost: its head or its answer, each in a buffer of 32 KiB at most, and its task.
const SLOW_KIB_MAX: u64 = 80;
/// Longer than the longest bound on slowness (30 s), with room for a busy machine.
const PATIENCE_WITH_SLOW: Duration = Duration::from_secs(90);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slowness {
    /// One header after the other, and never the last.
    Head,
    /// A body byte by byte.
    Body,
    /// Asks for much and reads nothing.
    Read,
    /// Says nothing at all.
    Mute,
}

struct SlowClient {
    socket: TcpStream,
    how: Slowness,
    said: Vec<u8>,
}

impl SlowClient {
    fn new(world: &World, how: Slowness) -> SlowClient {
        let mut socket = world.connect();
        let begin = match how {
            Slowness::Head => b"GET /v1 HTTP/1.1\r\nhost: x\r\n".to_vec(),
            Slowness::Body => format!(
                "POST /v1/messages HTTP/1.1\r\nhost: x\r\n{ACCOUNT}content-type: application/json\r\ncontent-length: 9999\r\n\r\n"
            )
            .into_bytes(),
            Slowness::Read => b"GET /console/assets/0000/console.js HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000),
            Slowness::Mute => Vec::new(),
        };
        socket.set_nonblocking(true).unwrap();
        // What does not fit is what the gateway does not read either.
        let _written = socket.write(&begin);
        SlowClient { socket, how, said: Vec::new() }
    }

    /// Goes on slowly. False when the gateway has closed the connection.
    fn go_on(&mut self) -> bool {
        let more: &[u8] = match self.how {
            Slowness::Head => b"x: y\r\n",
            Slowness::Body => b"{",
            Slowness::Read | Slowness::Mute => b"",
        };
        let is_broken = |error: &std::io::Error| error.kind() != ErrorKind::WouldBlock;
        if self.how == Slowness::Read {
            return self.socket.take_error().unwrap().is_none();
        }
        let mut chunk = [0; 4096];
        match self.socket.read(&mut chunk) {
            Ok(0) => return false,
            Ok(count) => self.said.extend_from_slice(&chunk[..count]),
            Err(error) if is_broken(&error) => return false,
            Err(_) => {}
        }
        !self.socket.write(more).is_err_and(|error| is_broken(&error))
    }
}

#[test]
fn a_thousand_slow_clients_are_cut_off_and_others_are_served() {
    let world = World::start("slow-clients");
    assert!(get(world.http, "/health/live").is_some());
    let (files, memory) = (world.files(), world.memory_kib("VmRSS"));
    let kinds = [Slowness::Head, Slowness::Body, Slowness::Read, Slowness::Mute];
    let mut slow: Vec<SlowClient> = (0..SLOW).map(|n| SlowClient::new(&world, kinds[n % kinds.len()])).collect();
    let (mut files_max, begun) = (0, Instant::now());
    let (is_over, served, slowest_ms) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let mut cut_after: Vec<(Slowness, Duration, bool)> = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                let asked = Instant::now();
                let explained =
                    post(world.http, "/v1/explain", "", r#"{"from":"+41790000000","to":"8282","text":"x"}"#);
                assert_eq!(explained.map(|(status, _)| status), Some(200), "a client as it should be");
                slowest_ms.fetch_max(asked.elapsed().as_millis() as usize, Ordering::SeqCst);
                served.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20)); // waits: between two requests of an ordinary client
            }
        });
        while !slow.is_empty() && begun.elapsed() < PATIENCE_WITH_SLOW {
            files_max = files_max.max(world.files());
            slow.retain_mut(|client| {
                let goes_on = client.go_on();
                if !goes_on {
                    cut_after.push((client.how, begun.elapsed(), client.said.starts_with(b"HTTP/1.1 408 ")));
                }
                goes_on
            });
            std::thread::sleep(Duration::from_millis(500)); // waits: this is how slow clients behave
        }
        is_over.store(true, Ordering::SeqCst);
    });
    let left: Vec<Slowness> = slow.iter().map(|client| client.how).collect();
    assert!(left.is_empty(), "{} slow clients were not cut off: {left:?}", left.len());
    let grown = world.memory_kib("VmHWM").saturating_sub(memory);
    for kind in kinds {
        let of_kind: Vec<_> = cut_after.iter().filter(|(how, ..)| *how == kind).collect();
        let last = of_kind.iter().map(|(_, after, _)| *after).max().unwrap();
        eprintln!("{kind:?}: {} cut off, the last after {last:?}", of_kind.len());
        assert!(kind != Slowness::Body || of_kind.iter().all(|(.., timed_out)| *timed_out), "{kind:?}");
    }
    let (served, slowest_ms) = (served.into_inner(), slowest_ms.into_inner());
    eprintln!(
        "{served} requests of others served meanwhile, the slowest in {slowest_ms} ms; at most {files_max} files \
         ({files} before); {grown} KiB more at most"
    );
    assert!(served >= 100);
    assert!(files_max <= files + SLOW + 16, "{files_max}");
    assert!(grown <= SLOW as u64 * SLOW_KIB_MAX, "{grown} KiB");
    wait_for("all files to be closed", || world.files() <= files + 4);
    assert!(world.gateway.terminate().success());
}

/// A request that is too much, and the statuses that say so. Whoever sends it may also find the connection closed.
struct Giant {
    name: &'static str,
    begin: String,
    /// Written again and again until the gateway answers or this many bytes are written.
    more: Vec<u8>,
    bytes: usize,
    statuses: &'static [u16],
}

fn giants() -> Vec<Giant> {
    let giant = |name, begin: String, more: Vec<u8>, bytes, statuses| Giant { name, begin, more, bytes, statuses };
    let json = "content-type: application/json\r\n";
    let api = |headers: &str| format!("POST /v1/messages HTTP/1.1\r\nhost: x\r\n{ACCOUNT}{json}{headers}\r\n");
    let form = |headers: &str| format!("POST /api/send_message HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
    let console = |headers: &str| {
        format!(
            "POST /console/sign-in HTTP/1.1\r\nhost: x\r\norigin: http://x\r\ncontent-type: application/x-www-form-urlencoded\r\n{headers}\r\n"
        )
    };
    const TEN_GB: &str = "content-length: 10737418240\r\n";
    const CHUNKED: &str = "transfer-encoding: chunked\r\n";
    let x = || vec![b'x'; 64 * 1024];
    let chunk = |bytes: usize| [format!("{bytes:x}\r\n").into_bytes(), vec![b'x'; bytes], b"\r\n".to_vec()].concat();
    const MB: usize = 1 << 20;
    vec![
        giant("a header of 1 MB", "GET /v1 HTTP/1.1\r\nhost: x\r\nx: ".into(), x(), MB, &[431]),
        giant("a header name of 1 MB", "GET /v1 HTTP/1.1\r\nhost: x\r\n".into(), x(), MB, &[431]),
        giant("10,000 headers", "GET /v1 HTTP/1.1\r\nhost: x\r\n".into(), b"x: y\r\n".to_vec(), 60_000, &[431]),
        giant(
            "200 headers",
            "GET /v1 HTTP/1.1\r\nhost: x\r\n".into(),
            [b"x: y\r\n".repeat(200), b"\r\n".to_vec()].concat(),
            1202,
            &[431],
        ),
        giant("a URL of 1 MB", "GET /".into(), x(), MB, &[414, 431]),
        giant("a method of 1 MB", String::new(), vec![b'X'; 64 * 1024], MB, &[400, 431]),
        giant("1 MB of empty lines", String::new(), b"\r\n".repeat(1000), MB, &[400, 431]),
        giant(
            "cookies of 1 MB",
            "GET /console/overview HTTP/1.1\r\nhost: x\r\n".into(),
            b"cookie: a=b; c=d\r\n".to_vec(),
            MB,
            &[431],
        ),
        giant("10 GB to the API", api(TEN_GB), x(), 64 * MB, &[413]),
        giant(
            "10 GB to nobody's path",
            format!("POST /nothing HTTP/1.1\r\nhost: x\r\n{TEN_GB}\r\n"),
            x(),
            64 * MB,
            &[404],
        ),
        giant(
            "10 GB without a token",
            format!("POST /v1/messages HTTP/1.1\r\nhost: x\r\n{json}{TEN_GB}\r\n"),
            x(),
            64 * MB,
            &[401],
        ),
        giant("10 GB to the Service Layer", form(TEN_GB), x(), 64 * MB, &[500]),
        giant("10 GB to the console", console(TEN_GB), x(), 64 * MB, &[413, 422]),
        giant("10 GB in a GET", format!("GET /health/live HTTP/1.1\r\nhost: x\r\n{TEN_GB}\r\n"), x(), 64 * MB, &[200]),
        giant("a length of 2^63", api("content-length: 9223372036854775808\r\n"), x(), 64 * MB, &[413]),
        giant("a length of 2^64", api("content-length: 18446744073709551616\r\n"), x(), MB, &[400]),
        giant("chunks without end", api(CHUNKED), chunk(64 * 1024), 64 * MB, &[413]),
        giant("small chunks without end", api(CHUNKED), chunk(1).repeat(1000), 64 * MB, &[400]),
        giant("chunks without end to the Service Layer", form(CHUNKED), chunk(64 * 1024), 64 * MB, &[500]),
        giant("chunks without end to the console", console(CHUNKED), chunk(64 * 1024), 64 * MB, &[413, 422]),
        giant(
            "a chunk of 2^63",
            api(&format!("{CHUNKED}\r\n8000000000000000\r\n")).trim_end().to_owned() + "\r\n",
            x(),
            64 * MB,
            &[413],
        ),
        giant("a chunk of 2^64", api(&format!("{CHUNKED}\r\n10000000000000000\r\n")), x(), MB, &[400]),
        giant("a chunk's extension of 1 MB", api(&format!("{CHUNKED}\r\n1;")).trim_end().to_owned(), x(), MB, &[400]),
        giant(
            "extensions of 1 MB in all",
            api(CHUNKED),
            [b"1;".to_vec(), vec![b'e'; 1000], b"\r\nx\r\n".to_vec()].concat(),
            MB,
            &[400],
        ),
        giant(
            "trailers of 1 MB",
            api(&format!("{CHUNKED}\r\n0\r\n")).trim_end().to_owned() + "\r\n",
            b"x: y\r\n".repeat(100),
            MB,
            &[400],
        ),
    ]
}

const GIANTS_TIMES: usize = 10;
/// What all giants together may add to the gateway's memory: some bodies of 1 MiB, in the hands of whichever thread reads
/// them, and what the allocator keeps of that for the next ones.
const GIANTS_KIB_MAX: u64 = 32 * 1024;

/// Sends it; the status of the answer, if one came.
fn send_giant(world: &World, giant: &Giant) -> Option<u16> {
    let mut socket = world.connect();
    let mut out = socket.try_clone().unwrap();
    let (begin, more, bytes) = (giant.begin.clone(), giant.more.clone(), giant.bytes);
    let writer = std::thread::spawn(move || {
        let mut written = 0;
        if out.write_all(begin.as_bytes()).is_err() {
            return written;
        }
        while written < bytes && out.write_all(&more).is_ok() {
            written += more.len();
        }
        written
    });
    socket.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut head = [0; 12];
    let answered = socket.read_exact(&mut head);
    if let Err(error) = &answered {
        assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{}: no end", giant.name);
    }
    // Whatever the answer, the connection ends: the rest of the request cannot be told from another one.
    let mut rest = Vec::new();
    if let Err(error) = socket.read_to_end(&mut rest) {
        assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{}: no end", giant.name);
    }
    drop(socket);
    let written = writer.join().unwrap();
    assert!(written < 32 << 20, "{}: {written} bytes were taken", giant.name);
    answered.is_ok().then(|| String::from_utf8_lossy(&head[9..]).parse().unwrap())
}

#[test]
fn giants_are_refused_without_being_held() {
    let world = World::start("giants");
    // An ordinary request and an ordinary refusal of each kind come first.
    for giant in giants() {
        send_giant(&world, &giant);
    }
    let before = world.memory_kib("VmHWM");
    let mut closed = 0;
    let giants = giants();
    for giant in &giants {
        for _ in 0..GIANTS_TIMES {
            match send_giant(&world, giant) {
                Some(status) => assert!(giant.statuses.contains(&status), "{}: {status}", giant.name),
                None => closed += 1,
            }
        }
    }
    let grown = world.memory_kib("VmHWM") - before;
    eprintln!(
        "{} giants, each {GIANTS_TIMES} times: refused, {closed} of them by a close alone; {grown} KiB more",
        giants.len()
    );
    assert!(closed * 2 <= giants.len() * GIANTS_TIMES, "{closed}");
    assert!(grown <= GIANTS_KIB_MAX, "{grown} KiB");
    assert_eq!(get(world.http, "/health/ready").map(|(status, _)| status), Some(200));
    assert!(world.gateway.terminate().success());
}

const PLACES: usize = 64;
/// What a stream may cost in an unoptimised build; measured are 32 KiB.
const STREAM_KIB_MAX: u64 = 64;

/// Signs in to the console and gives the cookie.
fn sign_in(http: u16) -> String {
    let form = "token=operator-token-of-tests";
    let answer = exchange_raw(
        http,
        &format!(
            "POST /console/sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: http://127.0.0.1\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        ),
    );
    let answer = answer.unwrap();
    let cookie =
        answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap_or_else(|| panic!("{answer}"));
    cookie.split(';').next().unwrap().to_owned()
}

/// A page that watches.
struct Watcher {
    socket: TcpStream,
    read: String,
}

impl Watcher {
    fn new(world: &World, cookie: &str) -> Watcher {
        let mut socket = world.connect();
        write!(socket, "GET /console/events HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\n\r\n").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Watcher { socket, read: String::new() }
    }

    /// Reads until this was told.
    fn wait_for(&mut self, text: &str) {
        let mut chunk = [0; 4096];
        while !self.read.contains(text) {
            let count = self.socket.read(&mut chunk).unwrap_or_else(|error| panic!("{text}: {error}: {}", self.read));
            assert!(count > 0, "{text} was not told: {}", self.read);
            self.read.push_str(&String::from_utf8_lossy(&chunk[..count]));
        }
    }
}

/// A message by API, and its id.
fn send(http: u16) -> String {
    let json = r#"{"to":"+41790000999","from":"8282","application":"weather","text":"news"}"#;
    let (status, body) = post(http, "/v1/messages", "", json).unwrap();
    assert_eq!(status, 202, "{body}");
    serde_json::from_str::<serde_json::Value>(&body).unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn all_places_to_watch_are_cheap_and_told_and_given_back() {
    let world = World::start("watchers");
    let cookie = sign_in(world.http);
    // The first one brings what all of them share.
    let mut first = Watcher::new(&world, &cookie);
    first.wait_for("retry: ");
    let before = world.memory_kib("VmRSS");
    let mut watchers: Vec<Watcher> = (1..PLACES).map(|_| Watcher::new(&world, &cookie)).collect();
    for watcher in &mut watchers {
        watcher.wait_for("retry: ");
    }
    let each = (world.memory_kib("VmRSS").saturating_sub(before)) / watchers.len() as u64;
    watchers.push(first);
    Watcher::new(&world, &cookie).wait_for("HTTP/1.1 503 ");
    let told = send(world.http);
    for watcher in &mut watchers {
        watcher.wait_for(&told);
    }
    // Who goes makes room, again and again; who comes back reads everything anew, and is told what comes then.
    for round in 0..5 {
        watchers.truncate(PLACES / 2);
        while watchers.len() < PLACES {
            let mut watcher = Watcher::new(&world, &cookie);
            wait_for("a place to be given back", || {
                watcher.wait_for("\r\n\r\n");
                let has_place = watcher.read.starts_with("HTTP/1.1 200 ");
                if !has_place {
                    watcher = Watcher::new(&world, &cookie);
                }
                has_place
            });
            watchers.push(watcher);
        }
        let told = send(world.http);
        for watcher in &mut watchers {
            watcher.wait_for(&told);
        }
        eprintln!("round {round}: {} watchers told", watchers.len());
    }
    eprintln!("{PLACES} idle streams, {each} KiB each");
    assert!(each < STREAM_KIB_MAX, "{each} KiB each");
    assert!(world.gateway.terminate().success());
}
