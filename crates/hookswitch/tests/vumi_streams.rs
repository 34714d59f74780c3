//! Streams of the Vumi contract on the real gateway: nothing is lost and, with a cursor, nothing is repeated, however the
//! gateway ends; many that are idle cost little; one that is not read costs the others nothing.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};
use world::chance::Chance;
use world::conversation::{Next, PUSHED, Stream, put, settings};
use world::network::{Habits, Network, Text};
use world::process::{Gateway, Place, free_port, get_json, wait_for};

const RESTARTS: usize = 5;
const PHONES: usize = 30;
const TEXTS: usize = 3_000;
/// More than the system's buffers of one connection hold.
const MANY: usize = 12_000;
const SENDS: usize = 600;
const IDLE: usize = 1_000;
/// What an idle stream may cost, in KiB.
const IDLE_KIB_MAX: usize = 32;
/// How long a reader waits for a line before it looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(100);

/// A client that reads a stream for ever, opening it again whenever it ends.
struct Reading {
    lines: Arc<Mutex<Vec<Value>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reading {
    /// With a member of the lines as cursor, or without one.
    fn start(http: u16, leaf: &'static str, cursor: Option<&'static str>) -> Reading {
        let (lines, stop) = (Arc::<Mutex<Vec<Value>>>::default(), Arc::<AtomicBool>::default());
        let (own, stopping) = (lines.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut last: Option<String> = None;
            while !stopping.load(Ordering::Acquire) {
                let Some(mut stream) = Stream::open(http, leaf, last.as_deref()) else {
                    std::thread::sleep(Duration::from_millis(20)); // waits: a client tries again
                    continue;
                };
                while !stopping.load(Ordering::Acquire) {
                    match stream.next(GLANCE) {
                        Next::Line(line) => {
                            last = cursor.map(|member| line[member].as_str().unwrap().to_owned());
                            own.lock().unwrap().push(line);
                        }
                        Next::Nothing => {}
                        Next::End => break,
                    }
                }
            }
        });
        Reading { lines, stop, thread: Some(thread) }
    }

    fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.lines.lock().unwrap().len()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking());
    }
}

fn give(network: &Network, from: usize, upto: usize) {
    for number in from..upto {
        let phone = (41_790_000_000 + (number % PHONES) as u64).to_string();
        let text = format!("{}", number / PHONES);
        network.send(Text { id: format!("mo-{number}"), phone, text });
    }
}

/// Puts so many messages, each until it is answered with 200; gives their ids.
fn send(http: u16, from: usize, upto: usize) -> JoinHandle<Vec<String>> {
    std::thread::spawn(move || {
        (from..upto)
            .map(|number| {
                let body = json!({"to_addr": format!("+4179100{number:04}"), "content": "hi"}).to_string();
                let key = format!("Idempotency-Key: send-{number}\r\n");
                let mut answer = None;
                wait_for("a send to be taken", || {
                    answer = put(http, &format!("{PUSHED}/messages.json"), &key, &body).filter(|(s, _)| *s == 200);
                    answer.is_some()
                });
                answer.unwrap().1["message_id"].as_str().unwrap().to_owned()
            })
            .collect()
    })
}

/// Runs a gateway through all restarts under load, and the last one until it is done; gives the ids of what was sent.
fn restart_under_load(
    (config, http): (&Path, u16),
    network: &Network,
    read: impl Fn() -> usize,
    is_done: impl Fn(&[String]) -> bool,
) -> Vec<String> {
    let mut chance = Chance::of("HOOKSWITCH_STREAM_SEED");
    let mut sent = Vec::new();
    for restart in 0..=RESTARTS {
        let gateway = Gateway::start(config, http);
        let part = |whole: usize, of: usize| whole * of / (RESTARTS + 1);
        let before = read();
        give(network, part(TEXTS, restart), part(TEXTS, restart + 1));
        let sending = send(http, part(SENDS, restart), part(SENDS, restart + 1));
        if restart == RESTARTS {
            sent.extend(sending.join().unwrap());
            wait_for("all texts to be acknowledged", || network.waiting() == 0);
            wait_for("all to be told", || is_done(&sent));
            wait_for("all lines to be delivered", || {
                get_json(http, "/v1/applications/conv")["live"]["pending"] == 0 && network.others_waiting() == 0
            });
            assert!(gateway.terminate().success());
            break;
        }
        let target = before + 1 + chance.below((TEXTS / (RESTARTS + 1) / 2) as u64) as usize;
        wait_for("lines", || read() >= target);
        if restart % 2 == 0 {
            gateway.kill();
        } else {
            assert!(gateway.terminate().success());
        }
        // Sends go on being tried against the next one.
        let http_is_back = Gateway::start(config, http);
        sent.extend(sending.join().unwrap());
        assert!(http_is_back.terminate().success());
    }
    sent
}

/// Ids of the messages a phone sent, in the order in which they were read.
fn texts_of(lines: &[Value]) -> BTreeMap<&str, Vec<usize>> {
    let mut texts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for line in lines {
        let text = line["content"].as_str().unwrap().parse().unwrap();
        texts.entry(line["from_addr"].as_str().unwrap()).or_default().push(text);
    }
    texts
}

#[test]
fn with_a_cursor_there_is_no_gap_and_no_repetition() {
    let place = Place::new("vumi-cursor");
    let network = Network::with(Habits { receipt: |_| Some(2), ..Habits::default() });
    let http = free_port();
    let config = settings(&place, http, network.port, "");
    let messages = Reading::start(http, "messages.json", Some("message_id"));
    let events = Reading::start(http, "events.json", Some("event_id"));
    // An MT that is still queued has no line yet.
    let is_settled = |sent: &[String]| {
        let told = events.lines();
        let is_end = |line: &&Value| line["event_type"] == "ack" || line["event_type"] == "nack";
        let ends = told.iter().filter(is_end).map(|line| line["user_message_id"].as_str().unwrap());
        let ends: BTreeSet<&str> = ends.collect();
        sent.iter().all(|id| ends.contains(id.as_str()))
    };
    let sent = restart_under_load((&config, http), &network, || messages.count(), is_settled);
    let lines = messages.lines();
    let expected: Vec<usize> = (0..TEXTS / PHONES).collect();
    let texts = texts_of(&lines);
    assert_eq!(texts.len(), PHONES);
    for (phone, texts) in texts {
        assert_eq!(texts, expected, "{phone}: each once, in order");
    }
    let told = events.lines();
    let ids: BTreeSet<&str> = told.iter().map(|line| line["event_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), told.len(), "no event is repeated");
    for id in &sent {
        let of = |kind: &str| {
            told.iter().filter(|line| line["user_message_id"] == id.as_str() && line["event_type"] == kind).count()
        };
        assert_eq!(of("ack") + of("nack"), 1, "{id}");
    }
    assert_eq!(sent.len(), SENDS);
}

#[test]
fn without_a_cursor_there_is_no_gap() {
    let place = Place::new("vumi-plain");
    let (network, http) = (Network::start(), free_port());
    let config = settings(&place, http, network.port, "ignore_events = true");
    let messages = Reading::start(http, "messages.json", None);
    restart_under_load((&config, http), &network, || messages.count(), |_| true);
    let lines = messages.lines();
    let expected: BTreeSet<usize> = (0..TEXTS / PHONES).collect();
    for (phone, texts) in texts_of(&lines) {
        assert_eq!(texts.iter().copied().collect::<BTreeSet<usize>>(), expected, "{phone}: nothing is missing");
    }
    // What was on its way when the gateway ended comes again, and nothing else: at most what waits for one reader.
    let repeated = lines.len() - TEXTS;
    eprintln!("{repeated} lines were repeated");
    assert!(repeated <= 2 * RESTARTS * 64, "{repeated} lines were repeated");
}

/// Memory a process has in use, in KiB.
fn resident_kib(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn a_thousand_idle_streams_cost_little_and_share_the_lines() {
    let own = std::process::id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &own, "--nofile=8192:8192"]).status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit allows this test its sockets");
    let place = Place::new("vumi-idle");
    let (network, http) = (Network::start(), free_port());
    let config = settings(&place, http, network.port, "");
    let gateway = Gateway::start(&config, http);
    let warm: Vec<Stream> = (0..8).map(|_| Stream::open(http, "messages.json", None).unwrap()).collect();
    drop(warm);
    wait_for("the first ones to be gone", || get_json(http, "/v1/applications/conv")["live"]["readers"] == 0);
    let before = resident_kib(gateway.pid());
    let mut streams: Vec<Stream> = (0..IDLE).map(|_| Stream::open(http, "messages.json", None).unwrap()).collect();
    wait_for("all readers", || get_json(http, "/v1/applications/conv")["live"]["readers"] == IDLE);
    let cost = resident_kib(gateway.pid()).saturating_sub(before);
    eprintln!("{IDLE} idle streams: {cost} KiB, {:.1} KiB each", cost as f64 / IDLE as f64);
    assert!(cost < IDLE * IDLE_KIB_MAX, "{IDLE} idle streams cost {cost} KiB");
    give(&network, 0, PHONES);
    let mut read = BTreeSet::new();
    wait_for("all lines", || {
        for stream in &mut streams {
            while let Next::Line(line) = stream.next(Duration::from_micros(10)) {
                assert!(read.insert(line["message_id"].as_str().unwrap().to_owned()), "each line goes to one");
            }
        }
        read.len() == PHONES
    });
    assert!(gateway.terminate().success(), "streams do not hold up the end");
}

#[test]
fn a_client_that_does_not_read_keeps_nothing_from_the_others() {
    let place = Place::new("vumi-stalled");
    let (network, http) = (Network::start(), free_port());
    let config = settings(&place, http, network.port, "");
    let gateway = Gateway::start(&config, http);
    let stalled = Stream::open(http, "messages.json", None).unwrap();
    wait_for("the reader", || get_json(http, "/v1/applications/conv")["live"]["readers"] == 1);
    let before = resident_kib(gateway.pid());
    give(&network, 0, MANY);
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    let reading = Reading::start(http, "messages.json", None);
    // What the system's buffers of the other one took is written; all that is not goes to who reads.
    drop(stalled);
    wait_for("all lines", || get_json(http, "/v1/applications/conv")["live"]["pending"] == 0);
    assert!(resident_kib(gateway.pid()).saturating_sub(before) < 64 * 1024, "what waits is on the disk");
    assert!(reading.count() > 0);
    drop(reading);
    assert!(gateway.terminate().success());
}
