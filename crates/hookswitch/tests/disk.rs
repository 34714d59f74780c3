//! The disk lets the gateway down: the power is cut, a sync fails, bits have changed. What was acknowledged is still
//! there, and what can't be right is said.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use world::application::Application;
use world::ledger::{self, Ledger};
use world::network::Network;
use world::process::{Gateway, Place, free_port, get, messages, post, settings, wait_for};
use world::program::system_tool;
use world::volume::Volume;

/// How long the application thinks, so that there is always work under way.
const THOUGHT: Duration = Duration::from_millis(4);
/// Most callbacks and most submits that can be under way at a moment (`concurrency` and `window` of the settings).
const CALLBACKS_UNDER_WAY: usize = 16;
const SUBMITS_UNDER_WAY: usize = 20;

/// Chance of the tests. SplitMix64, so that a failing run can be told by its seed.
struct Chance(u64);

impl Chance {
    fn of(variable: &str) -> Chance {
        let seed = std::env::var(variable).ok().and_then(|seed| seed.parse().ok()).unwrap_or(20261122);
        eprintln!("{variable}={seed}");
        Chance(seed)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn application() -> Application {
    Application::start(|asked| {
        std::thread::sleep(THOUGHT); // waits: a slow application is what is tested
        format!("re {}", asked.field("body"))
    })
}

/// The settings of a gateway whose store lies elsewhere.
fn settings_with_store(place: &Place, store: &Path, http: u16, smsc: u16, application: &str) -> PathBuf {
    let config = settings(place, http, smsc, application, "");
    let text = fs::read_to_string(&config).unwrap();
    let usual = place.path().join("store.db");
    let moved = text.replace(&usual.display().to_string(), &store.display().to_string());
    fs::write(&config, moved).unwrap();
    config
}

/// Texts whose delivery was acknowledged and of which the gateway knows nothing any more.
fn forgotten(network: &Network, http: u16, given: usize) -> usize {
    let kept = messages(http, "direction=mo");
    let kept: BTreeSet<&str> = kept.iter().filter_map(|message| message["text"].as_str()).collect();
    let texts: BTreeMap<String, String> = (0..given).map(ledger::text).map(|text| (text.id, text.text)).collect();
    network.seen().acknowledged.iter().filter(|id| !kept.contains(texts[*id].as_str())).count()
}

/// Lets all work come to its end.
fn finish(network: &Network, http: u16) {
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    let none = |path: &str, id: &str| get(http, path).is_some_and(|(status, body)| status == 200 && !body.contains(id));
    wait_for("all callbacks to end", || none("/v1/callbacks?state=pending&limit=1", "\"cbk_"));
    wait_for("all MTs to leave the queue", || none("/v1/messages?direction=mt&state=queued&limit=1", "\"msg_"));
}

/// Fails when anything that was acknowledged is lost, out of order or done twice. What was under way at one of `ends`
/// may be repeated: whether it had happened was not on the disk yet.
fn check(what: &str, application: &Application, network: &Network, http: u16, given: usize, ends: usize) {
    let forgotten = forgotten(network, http, given);
    let ledger = Ledger::of(application, network, http, given);
    eprintln!("{what}: forgotten {forgotten}, {ledger:?}");
    assert_eq!(forgotten, 0, "acknowledged and not in the store any more");
    let repeated = ledger.repeated.min(ends * CALLBACKS_UNDER_WAY);
    let resubmitted = ledger.resubmitted.min(ends * SUBMITS_UNDER_WAY);
    let expected = Ledger {
        accepted: given,
        lost: 0,
        repeated,
        reordered: 0,
        changed: 0,
        unanswered: 0,
        applied_twice: 0,
        resubmitted,
    };
    assert_eq!(ledger, expected);
}

const CUTS: usize = 20;
const TEXTS_PER_CUT: usize = 250;

#[test]
fn nothing_acknowledged_is_lost_by_cutting_the_power() {
    let mut chance = Chance::of("HOOKSWITCH_POWER_SEED");
    let started = Instant::now();
    let place = Place::new("power");
    let mut volume = Volume::new(&place);
    let (application, network, http) = (application(), Network::start(), free_port());
    let store = volume.path().join("store.db");
    let config = settings_with_store(&place, &store, http, network.port, &application.address.to_string());
    let mut given = 0;
    let mut cut_under_load = 0;
    for cut in 1..=CUTS {
        let gateway = Gateway::start(&config, http);
        let before = network.seen().acknowledged.len();
        while given < TEXTS_PER_CUT * cut {
            network.send(ledger::text(given));
            given += 1;
        }
        let target = before + chance.below(TEXTS_PER_CUT as u64 * 9 / 10) as usize;
        wait_for("acknowledgements", || network.seen().acknowledged.len() >= target);
        std::thread::sleep(Duration::from_micros(chance.below(3_000))); // waits: a random moment, nothing is awaited
        gateway.freeze();
        volume.power_off();
        cut_under_load += usize::from(network.waiting() > 0);
        gateway.kill();
        volume.power_on();
    }
    let gateway = Gateway::start(&config, http);
    finish(&network, http);
    check(&format!("power cuts {CUTS}"), &application, &network, http, given, CUTS);
    eprintln!("{cut_under_load} cuts with texts on their way, {:?}", started.elapsed());
    assert!(cut_under_load >= CUTS / 2, "only {cut_under_load} of {CUTS} cuts hit a gateway under load");
    assert!(gateway.terminate().success());
}

/// A run of the gateway that may end by itself; killed when dropped.
struct Run {
    child: Child,
    log: PathBuf,
}

impl Run {
    fn of(mut command: Command, log: PathBuf) -> Run {
        let file = fs::File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Run { child: command.spawn().unwrap(), log }
    }

    fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    fn words(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

const TEXTS_PER_FAILURE: usize = 300;

/// Which syncs of each thread fail, in strace's words: only one, as Linux tells of a failure once and drops the data
/// (the next sync would succeed without it), or all from one on, as with a dead disk.
const FAILURES: &[&str] = &["1", "3", "3+", "6", "6+", "12", "12+", "24", "24+"];
const AT_A_TIME: usize = 3;

#[test]
fn a_sync_that_fails_ends_the_gateway_and_nothing_acknowledged_is_lost() {
    system_tool("strace");
    let started = Instant::now();
    // A few at a time: most of it is waiting.
    let run = |first: usize| FAILURES.iter().skip(first).step_by(AT_A_TIME).map(|which| sync_fails(which)).collect();
    let acknowledged: Vec<Vec<usize>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..AT_A_TIME).map(|first| scope.spawn(move || run(first))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let acknowledged = acknowledged.concat();
    eprintln!("acknowledged before each of {} failed syncs: {acknowledged:?}, {:?}", FAILURES.len(), started.elapsed());
    let at_start = acknowledged.iter().filter(|count| **count == 0).count();
    assert!(at_start < FAILURES.len() / 2, "the syncs failed too early to prove anything");
}

/// How many texts had been acknowledged when it failed.
fn sync_fails(which: &str) -> usize {
    let place = Place::new("sync");
    let mut volume = Volume::new(&place);
    let (application, network, http) = (application(), Network::start(), free_port());
    let store = volume.path().join("store.db");
    let config = settings_with_store(&place, &store, http, network.port, &application.address.to_string());
    for number in 0..TEXTS_PER_FAILURE {
        network.send(ledger::text(number));
    }
    let trace = place.path().join("trace");
    let mut command = system_tool("strace");
    // The gateway stays our child and strace goes beside it, so that the exit code is the gateway's own.
    command.args(["-f", "--seccomp-bpf", "--daemonize", "-qq", "-e", "trace=fdatasync,fsync", "-o"]).arg(&trace);
    command.arg("-e").arg(format!("inject=fdatasync,fsync:error=EIO:when={which}"));
    command.arg(env!("CARGO_BIN_EXE_hookswitch")).arg("serve").arg("--config").arg(&config);
    let mut run = Run::of(command, place.path().join("failing.log"));
    let mut status = None;
    wait_for("the gateway to end by itself", || {
        status = run.has_ended();
        status.is_some()
    });
    let words = run.words();
    let injected = fs::read_to_string(&trace).unwrap_or_default().matches("(INJECTED)").count();
    assert!(injected > 0, "no sync failed, so nothing was proved:\n{words}");
    assert_eq!(status.unwrap().code(), Some(1), "sync {which}:\n{words}");
    assert!(words.contains("HS-20"), "sync {which} has no code:\n{words}");
    assert!(!words.contains("panicked"), "sync {which}:\n{words}");
    let acknowledged = network.seen().acknowledged.len();
    // Without power there is no second sync that could make good what the first one left.
    volume.power_off();
    volume.power_on();
    let gateway = Gateway::start(&config, http);
    finish(&network, http);
    let what = format!("sync {which} failed after {acknowledged} acknowledgements");
    check(&what, &application, &network, http, TEXTS_PER_FAILURE, 1);
    assert!(gateway.terminate().success());
    acknowledged
}

const FLIPS: usize = 60;
const CUT_OFF: usize = 10;
const TEXTS_STORED: usize = 300;
const PAGE_BYTES: usize = 4096;
/// Types of a page that holds records and leads nowhere else (SQLite file format §1.6).
const LEAVES: [u8; 2] = [10, 13];

/// A store at rest and what the gateway says of it while it is whole.
struct Cold {
    bytes: Vec<u8>,
    messages: BTreeMap<String, Value>,
}

impl Cold {
    fn make() -> Cold {
        let place = Place::new("cold");
        let (network, http) = (Network::start(), free_port());
        let application = Application::start(|asked| format!("re {}", asked.field("body")));
        let config = settings(&place, http, network.port, &application.address.to_string(), "");
        let gateway = Gateway::start(&config, http);
        for number in 0..TEXTS_STORED {
            network.send(ledger::text(number));
        }
        finish(&network, http);
        // Whatever is in the file, is in the file alone.
        let log = place.path().join("store.db-wal");
        wait_for("the store's log to be empty", || fs::metadata(&log).is_ok_and(|log| log.len() == 0));
        assert!(gateway.terminate().success());
        let bytes = fs::read(place.path().join("store.db")).unwrap();
        // As another process tells them, which holds nothing in memory.
        let gateway = Gateway::start(&config, http);
        let messages = told(http);
        assert_eq!(messages.len(), TEXTS_STORED * 2);
        assert!(gateway.terminate().success());
        Cold { bytes, messages }
    }

    /// The messages that have no part of themselves in a page and are not next to one that has: a search for those may
    /// look at the page's edge. `None` when the page leads to others or is none of theirs, so that damage to it can hide
    /// any of them.
    fn apart_from(&self, page: usize) -> Option<BTreeSet<&String>> {
        let page = &self.bytes[page * PAGE_BYTES..][..PAGE_BYTES];
        let holds = |needle: &[u8]| page.windows(needle.len()).any(|window| window == needle);
        // In the order of their stamps, as ids and the store's keys are.
        let held = self.messages.iter().map(|(id, message)| {
            let stamp = u64::from_str_radix(&id["msg_".len()..][..16], 16).unwrap().to_be_bytes();
            holds(message["text"].as_str().unwrap().as_bytes()) || holds(&stamp)
        });
        let held: Vec<bool> = held.collect();
        let is_near = |at: usize| held[at.saturating_sub(1)..held.len().min(at + 2)].contains(&true);
        let apart = self.messages.keys().enumerate().filter(|(at, _)| !is_near(*at)).map(|(_, id)| id).collect();
        (LEAVES.contains(&page[0]) && held.contains(&true)).then_some(apart)
    }
}

/// All messages that a gateway lists, by id.
fn told(http: u16) -> BTreeMap<String, Value> {
    messages(http, "").into_iter().map(|message| (message["id"].as_str().unwrap().to_owned(), message)).collect()
}

/// What came of damaged stores.
#[derive(Debug, Default)]
struct Damaged {
    refused: BTreeMap<String, usize>,
    served_in_whole: usize,
    served_in_part: usize,
    /// Messages that could not be read, or were told differently, over all damaged stores.
    hidden: usize,
    changed: usize,
    /// Stores of which it was known which messages the damage had touched.
    judged: usize,
    slowest: Duration,
}

impl Damaged {
    /// Opens a store of these bytes; `apart` must be told as before if anything is served at all.
    fn open(&mut self, what: &str, cold: &Cold, bytes: &[u8], apart: Option<&BTreeSet<&String>>) {
        let started = Instant::now();
        let place = Place::new("damaged");
        let http = free_port();
        let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
        fs::write(place.path().join("store.db"), bytes).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch"));
        command.arg("serve").arg("--config").arg(&config);
        let mut run = Run::of(command, place.path().join("damaged.log"));
        let mut ended = None;
        wait_for("the gateway to serve or to refuse", || {
            ended = run.has_ended();
            ended.is_some() || get(http, "/health/ready").is_some_and(|(status, _)| status == 200)
        });
        match ended {
            Some(status) => {
                let words = run.words();
                let code = words.find("HS-20").map(|at| words[at..].chars().take(7).collect::<String>());
                assert!(status.code() == Some(1) && code.is_some(), "{what}: {status}\n{words}");
                *self.refused.entry(code.unwrap()).or_default() += 1;
            }
            None => self.ask(what, cold, http, &mut run, apart),
        }
        assert!(!run.words().contains("panicked"), "{what}:\n{}", run.words());
        self.slowest = self.slowest.max(started.elapsed());
    }

    fn ask(&mut self, what: &str, cold: &Cold, http: u16, run: &mut Run, apart: Option<&BTreeSet<&String>>) {
        let (list, _) = get(http, "/v1/messages?limit=200").unwrap_or_else(|| panic!("{what}: no list"));
        let listed = if list == 200 { listed_until_damage(http) } else { BTreeMap::new() };
        let mut bad = Vec::new();
        for (id, message) in &cold.messages {
            let alone = || {
                let (status, body) = get(http, &format!("/v1/messages/{id}")).unwrap_or_else(|| panic!("{what}: {id}"));
                (status == 200).then(|| serde_json::from_str::<Value>(&body).unwrap())
            };
            let Some(now) = listed.get(id).cloned().or_else(alone) else {
                self.hidden += 1;
                bad.push(id);
                continue;
            };
            if now["text"] != message["text"] || now["state"] != message["state"] || now["from"] != message["from"] {
                self.changed += 1;
                bad.push(id);
            }
        }
        let is_whole = bad.is_empty() && list == 200;
        if let Some(apart) = apart {
            self.judged += 1;
            let innocent: Vec<_> = bad.iter().filter(|id| apart.contains(**id)).collect();
            assert!(innocent.is_empty(), "{what}: not touched and not told as before: {innocent:?}");
        }
        self.served_in_whole += usize::from(is_whole);
        self.served_in_part += usize::from(!is_whole);
        // A send finds its answer too, or the end of a gateway that says why.
        let sent = post(http, "/v1/messages", "", r#"{"to": "+41790000000", "from": "8282", "text": "after"}"#);
        let Some((status, body)) = sent.filter(|(status, _)| *status < 500) else {
            // The process is on its way out; its last words may come after the last answer.
            wait_for(&format!("the reason why a send failed, {what}"), || run.words().contains("HS-20"));
            return;
        };
        assert_eq!(status, 202, "{what}: {body}");
    }
}

/// What lists tell, up to a page that can't be told.
fn listed_until_damage(http: u16) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut path = "/v1/messages?limit=200".to_owned();
    while let Some((200, body)) = get(http, &path) {
        let page: Value = serde_json::from_str(&body).unwrap();
        for message in page["_embedded"]["messages"].as_array().unwrap() {
            found.insert(message["id"].as_str().unwrap().to_owned(), message.clone());
        }
        match page["_links"]["next"]["href"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    found
}

#[test]
fn a_damaged_store_is_refused_or_serves_what_is_not_damaged() {
    let mut chance = Chance::of("HOOKSWITCH_DAMAGE_SEED");
    let started = Instant::now();
    let cold = Cold::make();
    let length = cold.bytes.len() as u64;
    let mut flips = Damaged::default();
    for _ in 0..FLIPS {
        let (at, bit) = (chance.below(length) as usize, chance.below(8));
        let mut bytes = cold.bytes.clone();
        bytes[at] ^= 1 << bit;
        let apart = cold.apart_from(at / PAGE_BYTES);
        flips.open(&format!("bit {bit} of octet {at}"), &cold, &bytes, apart.as_ref());
    }
    eprintln!("{length} octets, {FLIPS} flipped bits: {flips:?}");
    let mut cut_off = Damaged::default();
    for _ in 0..CUT_OFF {
        let kept = chance.below(length) as usize;
        cut_off.open(&format!("cut off after {kept} octets"), &cold, &cold.bytes[..kept], None);
    }
    eprintln!("{CUT_OFF} stores cut off: {cut_off:?}, {:?}", started.elapsed());
    assert!(flips.judged >= FLIPS / 3, "only of {} flipped bits it was known what they touch", flips.judged);
}
