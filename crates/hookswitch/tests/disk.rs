//! The disk lets the gateway down: the power is cut, a sync fails, every sync takes long, the room ends. What was
//! acknowledged is still there, and what can't be right is said.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use world::able::{able, can_trace};
use world::application::Application;
use world::chance::Chance;
use world::ledger::{self, Ledger, check, finish};
use world::network::{Habits, Network};
use world::process::{
    Gateway, Place, Run, exchange_raw, free_port, get, messages, replace, settings, settings_with_store, wait_for,
};
use world::program::system_tool;
use world::raw_smsc::{Mo, RawSmsc, pdu};
use world::volume::{Kind, VOLUME_BYTES, Volume};

/// How long the application thinks, so that there is always work under way.
const THOUGHT: Duration = Duration::from_millis(4);

fn application(padding: usize) -> Application {
    Application::start(move |asked| {
        std::thread::sleep(THOUGHT); // waits: a slow application is what is tested
        format!("re {}{}", asked.field("body"), " more".repeat(padding))
    })
}

/// How the power is cut.
struct Cuts {
    kind: Kind,
    cuts: usize,
    texts_per_cut: usize,
    /// How often ` more` is in a reply.
    padding: usize,
}

fn cut_power(test: &str, how: &Cuts) {
    let mut chance = Chance::of("HOOKSWITCH_POWER_SEED");
    let started = Instant::now();
    let place = Place::new("power");
    let Some(mut volume) = able(test, Volume::new(&place, how.kind, VOLUME_BYTES)) else { return };
    let (application, network, http) = (application(how.padding), Network::start(), free_port());
    let store = volume.path().join("store.db");
    let config = settings_with_store(&place, &store, http, network.port, &application.address.to_string());
    // A reply of many octets is one segment all the same, which the books can tell from others.
    replace(&config, "window = 20", "window = 20\nsegment_mark = \"payload\"");
    let mut given = 0;
    let mut cut_under_load = 0;
    for cut in 1..=how.cuts {
        let gateway = Gateway::start(&config, http);
        let before = network.seen().acknowledged.len();
        while given < how.texts_per_cut * cut {
            network.send(ledger::text(given));
            given += 1;
        }
        let target = before + chance.below(how.texts_per_cut as u64 * 9 / 10) as usize;
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
    check(&format!("power cuts {} on {:?}", how.cuts, how.kind), &application, &network, http, given, how.cuts);
    eprintln!("{cut_under_load} cuts with texts on their way, {:?}", started.elapsed());
    assert!(cut_under_load >= how.cuts / 2, "only {cut_under_load} of {} cuts hit a gateway under load", how.cuts);
    assert!(gateway.terminate().success());
}

#[test]
fn nothing_acknowledged_is_lost_by_cutting_the_power() {
    let how = Cuts { kind: Kind::Ext4, cuts: 20, texts_per_cut: 250, padding: 0 };
    cut_power("nothing_acknowledged_is_lost_by_cutting_the_power", &how);
}

#[test]
fn nothing_large_is_lost_by_cutting_the_power_where_files_grow_before_their_content() {
    let how = Cuts { kind: Kind::Ext4Writeback, cuts: 10, texts_per_cut: 150, padding: 400 };
    cut_power("nothing_large_is_lost_by_cutting_the_power_where_files_grow_before_their_content", &how);
}

#[test]
fn nothing_large_is_lost_by_cutting_the_power_on_xfs() {
    let how = Cuts { kind: Kind::Xfs, cuts: 10, texts_per_cut: 150, padding: 400 };
    cut_power("nothing_large_is_lost_by_cutting_the_power_on_xfs", &how);
}

const TEXTS_PER_FAILURE: usize = 300;
/// Each of the first syncs of a thread fails once, as Linux tells of a failure once and drops the data: the next sync
/// would succeed without it.
const FAILS_ONCE: std::ops::RangeInclusive<usize> = 1..=30;
/// From these on all fail, as with a dead disk.
const FAILS_FOR_GOOD: &[usize] = &[1, 4, 8, 16, 30];
/// How many runs at a time: most of it is waiting.
const AT_A_TIME: usize = 3;

#[test]
fn a_sync_that_fails_ends_the_gateway_and_nothing_acknowledged_is_lost() {
    let test = "a_sync_that_fails_ends_the_gateway_and_nothing_acknowledged_is_lost";
    let place = Place::new("probe");
    let volume = can_trace().and_then(|()| Volume::new(&place, Kind::Ext4, VOLUME_BYTES));
    if able(test, volume.map(drop)).is_none() {
        return;
    }
    let started = Instant::now();
    let which = FAILS_ONCE.map(|n| n.to_string()).chain(FAILS_FOR_GOOD.iter().map(|n| format!("{n}+")));
    let which: Vec<String> = which.collect();
    let run = |first: usize| {
        which.iter().skip(first).step_by(AT_A_TIME).map(|which| (which.clone(), sync_fails(which))).collect()
    };
    let acknowledged: Vec<BTreeMap<String, usize>> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..AT_A_TIME).map(|first| scope.spawn(move || run(first))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    let acknowledged: BTreeMap<String, usize> = acknowledged.into_iter().flatten().collect();
    eprintln!("acknowledged before each of {} failed syncs: {acknowledged:?}, {:?}", which.len(), started.elapsed());
    assert_eq!(acknowledged.len(), which.len());
    let at_start = acknowledged.values().filter(|count| **count == 0).count();
    assert!(at_start < which.len() / 2, "the syncs failed too early to prove anything");
}

/// `serve` under strace, which does something to its syncs.
fn traced(trace: &Path, injection: &str, config: &Path) -> Command {
    let mut command = system_tool("strace");
    // The gateway stays our child and strace goes beside it, so that the exit code is the gateway's own.
    command.args(["-f", "--seccomp-bpf", "--daemonize", "-qq", "-y", "-e", "trace=fdatasync,fsync", "-o"]).arg(trace);
    command.arg("-e").arg(format!("inject=fdatasync,fsync:{injection}"));
    command.arg(env!("CARGO_BIN_EXE_hookswitch")).arg("serve").arg("--config").arg(config);
    command
}

/// How many texts had been acknowledged when it failed.
fn sync_fails(which: &str) -> usize {
    let place = Place::new("sync");
    let mut volume = Volume::new(&place, Kind::Ext4, VOLUME_BYTES).unwrap();
    let (application, network, http) = (application(0), Network::start(), free_port());
    let store = volume.path().join("store.db");
    let config = settings_with_store(&place, &store, http, network.port, &application.address.to_string());
    for number in 0..TEXTS_PER_FAILURE {
        network.send(ledger::text(number));
    }
    let trace = place.path().join("trace");
    let command = traced(&trace, &format!("error=EIO:when={which}"), &config);
    let mut run = Run::of(command, place.path().join("failing.log"));
    // SQLite does not ask whether it could sync the folder after it made a file in it; its next sync of the file tells.
    let folder = format!("<{}>", volume.path().display());
    let only_folders = || {
        let trace = fs::read_to_string(&trace).unwrap_or_default();
        let mut failed = trace.lines().filter(|line| line.contains("(INJECTED)")).peekable();
        failed.peek().is_some() && failed.all(|line| line.contains(&folder))
    };
    let mut status = None;
    wait_for("the gateway to end by itself", || {
        status = run.has_ended();
        status.is_some() || (network.waiting() == 0 && only_folders())
    });
    let words = run.words();
    assert!(!words.contains("panicked"), "sync {which}:\n{words}");
    match status {
        Some(status) => {
            assert!(fs::read_to_string(&trace).unwrap().contains("(INJECTED)"), "no sync failed:\n{words}");
            assert_eq!(status.code(), Some(1), "sync {which}:\n{words}");
            assert!(words.contains("HS-20"), "sync {which} has no code:\n{words}");
        }
        None => eprintln!("sync {which} was one of a folder"),
    }
    let acknowledged = network.seen().acknowledged.len();
    drop(run);
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

/// One slow disk.
#[derive(Clone, Copy)]
struct Slow {
    sync_ms: u64,
    /// How many have a text on its way at the same time; what a sync can take is as much.
    phones: usize,
    texts: usize,
}

const SLOW: [Slow; 2] =
    [Slow { sync_ms: 500, phones: 400, texts: 3_000 }, Slow { sync_ms: 2_000, phones: 1_000, texts: 2_000 }];
/// What each sync must take along beside everything else that happens.
const TEXTS_PER_SYNC_MIN: usize = 50;

#[test]
fn a_slow_disk_takes_many_at_a_time_and_links_stay_up() {
    if able("a_slow_disk_takes_many_at_a_time_and_links_stay_up", can_trace()).is_none() {
        return;
    }
    std::thread::scope(|scope| {
        for slow in SLOW {
            scope.spawn(move || slow_disk(slow));
        }
    });
}

/// The `number`th text of all, of more phones than the books' own.
fn text_of_many(number: usize, phones: usize) -> world::network::Text {
    let phone = 41_791_000_000 + (number % phones) as u64;
    let text = format!("text {phone} {}", number / phones);
    world::network::Text { id: format!("mo-{number}"), phone: phone.to_string(), text }
}

fn slow_disk(Slow { sync_ms, phones, texts }: Slow) {
    let place = Place::new("slow");
    let network = Network::with(Habits { window: phones, ..Habits::default() });
    let (smsc, http) = (RawSmsc::start(), free_port());
    let application = application(0);
    let probe = format!(
        "\n[[channel]]\nid = \"probe\"\nkind = \"smpp\"\nhost = \"127.0.0.1\"\nport = {}\nsystem_id = \"probe\"\n\
         addresses = [\"8383\"]\n",
        smsc.port
    );
    // The store is there before the disk is slow: making it would only take time.
    let address = application.address.to_string();
    assert!(Gateway::start(&settings(&place, http, network.port, &address, ""), http).terminate().success());
    let binds_before = network.seen().binds;
    let config = settings(&place, http, network.port, &address, &probe);
    replace(&config, "window = 20", &format!("window = {phones}"));
    replace(&config, "concurrency = 16", &format!("concurrency = {phones}"));
    let trace = place.path().join("trace");
    let command = traced(&trace, &format!("delay_enter={}", sync_ms * 1_000), &config);
    let gateway = Gateway::of(command, &config.with_extension("log"), http);
    let mut link = smsc.bound();
    wait_for("the gateway to be ready", || get(http, "/health/ready").is_some_and(|(status, _)| status == 200));

    let is_over = AtomicBool::new(false);
    let (rate, enquiries) = std::thread::scope(|scope| {
        // A link that always has a message without its answer, because the disk has not taken it yet.
        let probing = scope.spawn(|| {
            let mut waits = Vec::new();
            let text = Mo { phone: "41792000000", octets: b"probe", ..Mo::default() }.body();
            let at = text.windows(4).position(|octets| octets == b"8282").unwrap();
            let text = [&text[..at], b"8383", &text[at + 4..]].concat();
            while !is_over.load(Ordering::Relaxed) {
                link.write(&pdu(0x0000_0005, 0, 0x10_0000 + waits.len() as u32, &text));
                let asked = Instant::now();
                assert_eq!(link.ask(0x0000_0015, b""), Some(0), "the link of the probe ended");
                waits.push(asked.elapsed());
                std::thread::sleep(Duration::from_millis(25)); // waits: the pace of the probe, nothing is awaited
            }
            waits
        });
        let begun = Instant::now();
        (0..texts).map(|number| text_of_many(number, phones)).for_each(|text| network.send(text));
        wait_for("all texts to be acknowledged", || network.waiting() == 0);
        let rate = texts as f64 / begun.elapsed().as_secs_f64();
        finish(&network, http);
        is_over.store(true, Ordering::Relaxed);
        (rate, probing.join().unwrap())
    });
    let mut enquiries = enquiries;
    enquiries.sort();
    let (middle, longest) = (enquiries[enquiries.len() / 2], enquiries[enquiries.len() - 1]);
    let ledger = Ledger::of(&application, &network, http, texts);
    let binds = network.seen().binds - binds_before;
    let slowed = fs::read_to_string(&trace).unwrap_or_default().matches("(DELAYED)").count();
    eprintln!(
        "syncs of {sync_ms} ms: {rate:.0} texts/s accepted, {slowed} syncs, {} enquiries, half of them answered within \
         {middle:?}, all within {longest:?}, {ledger:?}",
        enquiries.len()
    );
    assert!(slowed > 0 && texts / slowed >= TEXTS_PER_SYNC_MIN, "{texts} texts needed {slowed} syncs");
    // Whoever waits for a sync waits half of its time in the middle.
    assert!(middle < Duration::from_millis(sync_ms / 4), "enquiries wait for the disk, {middle:?} in the middle");
    assert_eq!(binds, 1, "the link was made anew");
    assert_eq!((ledger.accepted, ledger.lost, ledger.unanswered, ledger.reordered), (texts, 0, 0, 0));
    assert_eq!((ledger.repeated, ledger.applied_twice, ledger.resubmitted), (0, 0, 0));
    assert!(gateway.terminate().success());
}

const FILLED: usize = 10;
const TEXTS_PER_FILLING: usize = 300;
const SEND: &str = r#"{"to":"+41790000999","from":"8282","application":"weather","text":"not now"}"#;

/// A send by API, and the answer with its head.
fn send(http: u16) -> String {
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer acme-token-of-tests\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{SEND}",
        SEND.len()
    );
    exchange_raw(http, &head).unwrap_or_default()
}

/// Fills a disk to the last octet; what fills it, to be removed.
fn fill(root: &Path) -> Vec<PathBuf> {
    let mut fillers = Vec::new();
    let mut bytes = 128 * 1024 * 1024;
    while bytes >= 1024 * 1024 {
        let filler = root.join(format!("filler-{}", fillers.len()));
        let taken = Command::new("fallocate").arg("-l").arg(bytes.to_string()).arg(&filler).output().unwrap();
        if taken.status.success() {
            fillers.push(filler);
        } else {
            let _part = fs::remove_file(&filler);
            bytes /= 2;
        }
    }
    let last = root.join("filler-last");
    let mut file = fs::File::create(&last).unwrap();
    for bytes in [4096, 1] {
        while file.write_all(&vec![b'x'; bytes]).is_ok() {}
    }
    // What is not written out yet has its room only promised.
    let _full = file.sync_all();
    fillers.push(last);
    fillers
}

#[test]
fn a_disk_that_fills_up_again_and_again_loses_nothing() {
    let test = "a_disk_that_fills_up_again_and_again_loses_nothing";
    let started = Instant::now();
    let place = Place::new("full");
    let Some(volume) = able(test, Volume::new(&place, Kind::Ext4, VOLUME_BYTES)) else { return };
    let (application, network, http) = (application(0), Network::start(), free_port());
    let store = volume.path().join("store.db");
    let config = settings_with_store(&place, &store, http, network.port, &application.address.to_string());
    let mut gateway = Gateway::start(&config, http);
    let mut given = 0;
    let mut give = |count: usize| {
        (given..given + count).map(ledger::text).for_each(|text| network.send(text));
        given += count;
        given
    };
    let (mut refused, mut waited, mut taken) = (Vec::new(), Vec::new(), 0);
    for _ in 0..FILLED {
        let before = network.seen();
        give(TEXTS_PER_FILLING);
        wait_for("texts to be taken", || network.seen().acknowledged.len() >= before.acknowledged.len() + 50);
        let fillers = fill(volume.path());
        wait_for("texts to be refused for now", || {
            // The gateway may have taken all of them before the disk was full.
            if network.waiting() == 0 {
                give(100);
            }
            network.seen().refused > before.refused
        });
        let mut refusal = String::new();
        wait_for("sends to be refused for now", || {
            refusal = send(http);
            taken += usize::from(refusal.starts_with("HTTP/1.1 202"));
            refusal.starts_with("HTTP/1.1 503")
        });
        assert!(refusal.to_ascii_lowercase().contains("\r\nretry-after: "), "{refusal}");
        waited.push(network.waiting());
        fillers.iter().for_each(|filler| fs::remove_file(filler).unwrap());
        wait_for("all texts to be acknowledged", || network.waiting() == 0);
        refused.push(network.seen().refused - before.refused);
        assert!(gateway.is_running());
    }
    let total = give(100);
    finish(&network, http);
    let answer = send(http);
    taken += 1;
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    finish(&network, http);
    // ESME_RMSGQFUL, after which networks deliver again.
    assert_eq!(network.seen().refusals.into_iter().collect::<Vec<_>>(), [0x14]);
    assert!(gateway.is_running());
    check(&format!("a disk filled {FILLED} times"), &application, &network, http, total, 0);
    assert_eq!(messages(http, "direction=mt&text=not%20now").len(), taken, "sends that were taken");
    eprintln!("refusals {refused:?}, waiting for room {waited:?}, {taken} sends taken, {:?}", started.elapsed());
    assert!(gateway.terminate().success());
}
