//! The process is asked to stop, or to stand still, under load. It ends by itself, within its grace period and with exit
//! code 0; what was under way is brought to its end first, so that afterwards nothing is lost, repeated or out of order.
//! Who asks twice gets an end at once, and nothing that was accepted is lost by that either.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use world::application::Application;
use world::chance::Chance;
use world::ledger::{self, check, finish};
use world::network::{Habits, Network};
use world::process::{Gateway, Place, free_port, replace, settings, signal, wait_for};

const STOPS: usize = 50;
const TEXTS_PER_STOP: usize = 80;
/// How long a stop may take: the answers under way here take milliseconds.
const GRACE: Duration = Duration::from_secs(5);
/// How long the application thinks, so that a stop always finds answers under way.
const THOUGHT: Duration = Duration::from_millis(10);

fn application() -> Application {
    Application::start(|asked| {
        std::thread::sleep(THOUGHT); // waits: a slow application is what is tested
        format!("re {}", asked.field("body"))
    })
}

#[test]
fn nothing_is_lost_or_repeated_by_stopping_in_good_order() {
    let mut chance = Chance::of("HOOKSWITCH_STOP_SEED");
    let place = Place::new("stop");
    let (application, network, http) = (application(), Network::start(), free_port());
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let (mut given, mut longest, mut waiting) = (0, Duration::ZERO, Vec::new());
    for stop in 1..=STOPS {
        let gateway = Gateway::start(&config, http);
        let before = network.seen().acknowledged.len();
        (given..TEXTS_PER_STOP * stop).map(ledger::text).for_each(|text| network.send(text));
        given = TEXTS_PER_STOP * stop;
        // In the middle of the load, at another place each time.
        let target = before + chance.below(TEXTS_PER_STOP as u64 * 3 / 4) as usize;
        wait_for("acknowledgements", || network.seen().acknowledged.len() >= target);
        // A fast gateway has acknowledged all of them at once; then their callbacks are under way.
        waiting.push(network.waiting() + (given - application.texts().len().min(given)));
        // A reload that was asked for before is no way past a stop.
        if stop % 5 == 0 {
            signal(gateway.pid(), "HUP");
        }
        let asked = Instant::now();
        let status = gateway.terminate();
        longest = longest.max(asked.elapsed());
        assert_eq!(status.code(), Some(0), "stop {stop}: {status}");
        assert!(asked.elapsed() < GRACE, "stop {stop} took {:?}", asked.elapsed());
    }
    let under_load = waiting.iter().filter(|count| **count > 0).count();
    assert!(under_load >= STOPS * 9 / 10, "only {under_load} of {STOPS} stops found the gateway under load");
    let gateway = Gateway::start(&config, http);
    finish(&network, http);
    check(&format!("{STOPS} stops, the longest {longest:?}"), &application, &network, http, given, 0);
    assert!(gateway.terminate().success());
}

const HURRIES: usize = 10;
/// An end at once is one that waits for nobody.
const AT_ONCE: Duration = Duration::from_secs(1);

#[test]
fn who_asks_twice_gets_an_end_at_once_and_nothing_accepted_is_lost() {
    let place = Place::new("hurry");
    let (network, http) = (Network::start(), free_port());
    let is_stuck = Arc::new(AtomicBool::new(true));
    let stuck = is_stuck.clone();
    // While it is stuck a stop in good order would take 20 s.
    let application = Application::start_raw(move |asked, out| {
        while stuck.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20)); // waits: an application that is stuck is what is tested
        }
        let text = format!("re {}", asked.field("body"));
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", text.len());
        std::io::Write::write_all(out, (head + &text).as_bytes()).ok()
    });
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let log = config.with_extension("log");
    let (mut given, mut longest) = (0, Duration::ZERO);
    for hurry in 1..=HURRIES {
        let mut gateway = Gateway::start(&config, http);
        let before = network.seen().acknowledged.len();
        (given..given + TEXTS_PER_STOP).map(ledger::text).for_each(|text| network.send(text));
        given += TEXTS_PER_STOP;
        wait_for("acknowledgements", || network.seen().acknowledged.len() >= before + TEXTS_PER_STOP / 2);
        signal(gateway.pid(), "TERM");
        wait_for("the first ask to be heard", || {
            fs::read_to_string(&log).unwrap().matches("stopping: what is under way").count() == hurry
        });
        assert!(gateway.is_running(), "it did not wait for what is under way");
        let asked = Instant::now();
        let status = gateway.terminate();
        longest = longest.max(asked.elapsed());
        assert_eq!(status.code(), Some(1), "docs/operate/running.md §2");
        assert!(asked.elapsed() < AT_ONCE, "it took {:?}", asked.elapsed());
    }
    assert_eq!(fs::read_to_string(&log).unwrap().matches("stopped at once").count(), HURRIES);
    is_stuck.store(false, Ordering::Relaxed);
    let gateway = Gateway::start(&config, http);
    finish(&network, http);
    check(&format!("{HURRIES} ends at once, the longest {longest:?}"), &application, &network, http, given, HURRIES);
    assert!(gateway.terminate().success());
}

const EARLY: usize = 20;

/// A signal that comes while the gateway starts neither kills it nor is forgotten.
#[test]
fn a_stop_is_heard_from_the_first_moment_on() {
    let mut chance = Chance::of("HOOKSWITCH_STOP_SEED");
    let place = Place::new("early");
    let (network, http) = (Network::start(), free_port());
    let config = settings(&place, http, network.port, "127.0.0.1:9", "");
    assert!(Gateway::start(&config, http).terminate().success());
    let (mut in_order, mut before) = (0, 0);
    for _ in 0..EARLY {
        let gateway = Gateway::spawn(&config, http);
        std::thread::sleep(Duration::from_micros(chance.below(20_000))); // waits: a random moment, nothing is awaited
        signal(gateway.pid(), "HUP");
        let asked = Instant::now();
        let status = gateway.terminate();
        assert!(asked.elapsed() < GRACE, "it took {:?} to stop", asked.elapsed());
        // Before its first lines run, the system ends it.
        let by_system = std::os::unix::process::ExitStatusExt::signal(&status);
        assert!(status.code() == Some(0) || matches!(by_system, Some(1 | 15)), "{status}");
        in_order += usize::from(status.code() == Some(0));
        before += usize::from(by_system.is_some());
    }
    eprintln!("{EARLY} early stops: {in_order} in good order, {before} before the program had begun");
    assert!(in_order > 0, "no stop came while it started");
}

const FREEZES: usize = 4;
/// Longer than an impatient peer waits.
const FROZEN: Duration = Duration::from_millis(2_500);
const IMPATIENT_MS: u64 = 1_000;

#[test]
fn standing_still_doubles_nothing_though_the_network_delivers_again() {
    // As long as the gateway waits by itself, what others did meanwhile is in its sockets.
    stand_still(15_000, 0);
}

#[test]
fn standing_still_for_longer_than_the_gateway_waits_doubles_no_more_than_what_was_under_way() {
    stand_still(IMPATIENT_MS, FREEZES);
}

/// A gateway that waits this long for the network and for the application stands still several times; so many of these
/// times may leave it in doubt about what was under way.
fn stand_still(waits_ms: u64, doubts: usize) {
    let place = Place::new("still");
    let network = Network::with(Habits { patience_ms: IMPATIENT_MS, ..Habits::default() });
    let (application, http) = (application(), free_port());
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    replace(&config, "window = 20", &format!("window = 20\nresponse_timeout_ms = {waits_ms}"));
    replace(&config, "concurrency = 16", &format!("concurrency = 16\ntimeout_ms = {waits_ms}"));
    let gateway = Gateway::start(&config, http);
    let mut given = 0;
    for _ in 0..FREEZES {
        let before = network.seen().acknowledged.len();
        (given..given + 12 * TEXTS_PER_STOP).map(ledger::text).for_each(|text| network.send(text));
        given += 12 * TEXTS_PER_STOP;
        wait_for("acknowledgements", || network.seen().acknowledged.len() >= before + TEXTS_PER_STOP);
        gateway.freeze();
        assert!(network.waiting() > 0, "it was not under load");
        std::thread::sleep(FROZEN); // waits: standing still is what is tested
        gateway.thaw();
    }
    finish(&network, http);
    let seen = network.seen();
    let again = seen.deliveries - seen.acknowledged.len();
    let what = format!(
        "stood still {FREEZES} times, waiting {waits_ms} ms by itself; the network delivered {again} texts again, {} binds",
        seen.binds
    );
    check(&what, &application, &network, http, given, doubts);
    assert!(again > 0, "the network's patience did not end, so nothing was proved");
    assert!(gateway.terminate().success());
}
