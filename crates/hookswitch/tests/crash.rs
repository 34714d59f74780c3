//! `kill -9` at random moments under load and while it starts, many times. Nothing that was acknowledged is lost, nothing is reordered,
//! no answer is applied twice. The checker knows only what the network and the application saw, and what the gateway's
//! own API says at the end.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use world::application::Application;
use world::chance::Chance;
use world::ledger;
use world::network::{Network, Text};
use world::process::{Gateway, Place, free_port, get, settings, wait_for};

const KILLS: usize = 20;
const PHONES: usize = 40;
const TEXTS: usize = 6_000;

#[test]
fn nothing_accepted_is_lost_by_kill_9() {
    let place = Place::new("crash");
    let application = Application::start(|asked| format!("re {}", asked.field("body")));
    let network = Network::start();
    let http = free_port();
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let mut chance = Chance::of("HOOKSWITCH_CRASH_SEED");
    let mut given = 0;
    for kill in 0..KILLS {
        let gateway = Gateway::start(&config, http);
        let upto = TEXTS * (kill + 1) / KILLS;
        let before = network.seen().acknowledged.len();
        give(&network, &mut given, upto);
        // Kill somewhere in the middle of the load: after a random number of acknowledgements.
        let target = before + chance.below((TEXTS / KILLS) as u64) as usize;
        wait_for("acknowledgements", || network.seen().acknowledged.len() >= target);
        std::thread::sleep(Duration::from_micros(chance.below(3_000))); // waits: a random moment, nothing is awaited
        gateway.kill();
    }
    let gateway = Gateway::start(&config, http);
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    wait_for("all callbacks to end", || pending(http) == 0);
    wait_for("all MTs to leave the queue", || queued(http) == 0);
    check(&application, &network, http);
    assert!(gateway.terminate().success());
}

/// Phones send texts in turn; each text tells its phone and its place in the phone's order.
fn give(network: &Network, given: &mut usize, upto: usize) {
    while *given < upto {
        let phone = 41_790_000_000 + (*given % PHONES) as u64;
        network.send(Text {
            id: format!("mo-{given}"),
            phone: phone.to_string(),
            text: format!("text {phone} {}", *given / PHONES),
        });
        *given += 1;
    }
}

fn pending(http: u16) -> usize {
    let Some((200, body)) = get(http, "/v1/callbacks?state=pending&limit=1") else { return usize::MAX };
    body.matches("\"cbk_").count()
}

fn queued(http: u16) -> usize {
    let Some((200, body)) = get(http, "/v1/messages?direction=mt&state=queued&limit=1") else { return usize::MAX };
    body.matches("\"msg_").count()
}

fn check(application: &Application, network: &Network, http: u16) {
    let seen = network.seen();
    let texts = application.texts();
    let known: BTreeSet<&String> = texts.iter().collect();
    let lost = TEXTS - known.len();
    let repeated = texts.len() - known.len();
    let mut reordered = 0;
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    for text in &texts {
        if !counted.insert(text) {
            continue;
        }
        let mut words = text.split(' ').skip(1);
        let (phone, place) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        let before = last.insert(phone, place).unwrap_or(-1);
        reordered += usize::from(place != before + 1);
    }
    let replies = replies(http);
    let applied_twice = replies.values().filter(|count| **count > 1).count();
    let bodies: BTreeSet<(String, String)> =
        application.asked().into_iter().map(|asked| (asked.callback, asked.body)).collect();
    let callbacks: BTreeSet<&String> = bodies.iter().map(|(callback, _)| callback).collect();
    let distinct_submits: BTreeSet<&(String, String)> = seen.submits.iter().collect();
    let resubmitted = seen.submits.len() - distinct_submits.len();
    eprintln!(
        "kills {KILLS}, accepted {}, delivered {}, lost {lost}, repeated callbacks {repeated}, reordered {reordered}, \
         replies applied twice {applied_twice}, resubmitted {resubmitted}, deliveries {}, refused {}, open at kills {}",
        seen.acknowledged.len(),
        known.len(),
        seen.deliveries,
        seen.refused,
        seen.open_at_loss
    );
    assert_eq!(lost, 0, "accepted and lost");
    assert_eq!(reordered, 0, "out of order");
    assert_eq!(applied_twice, 0, "replies applied twice");
    assert_eq!(replies.len(), TEXTS, "every answer was applied");
    assert_eq!(callbacks.len(), bodies.len(), "a callback has the same bytes on every attempt");
    // A callback is repeated only when its answer was under way at a kill: at most its application's concurrency.
    assert!(repeated <= KILLS * 16, "{repeated} callbacks were repeated");
    assert!(resubmitted <= KILLS * 20, "{resubmitted} replies were submitted again");
}

/// How many MTs the gateway says each reply text became.
fn replies(http: u16) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut path = "/v1/messages?direction=mt&limit=200".to_owned();
    loop {
        let (status, body) = get(http, &path).unwrap();
        assert_eq!(status, 200, "{body}");
        let page: serde_json::Value = serde_json::from_str(&body).unwrap();
        for message in page["_embedded"]["messages"].as_array().unwrap() {
            *counts.entry(message["text"].as_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        match page["_links"]["next"]["href"].as_str() {
            Some(next) => path = next.to_owned(),
            None => return counts,
        }
    }
}

const EARLY_KILLS: usize = 50;
/// Texts whose callbacks are owed when the kills begin: what every start finds.
const OWED: usize = 2_000;
const TEXTS_PER_EARLY_KILL: usize = 20;

/// `kill -9` 1 to 300 ms after the process was made: while it reads the log of the last one, finds its work, binds.
#[test]
fn a_start_that_is_killed_loses_nothing_either() {
    let mut chance = Chance::of("HOOKSWITCH_CRASH_SEED");
    let place = Place::new("early");
    let network = Network::start();
    let http = free_port();
    // Nobody listens yet, so that everything that is accepted is owed.
    let address = format!("127.0.0.1:{}", free_port());
    let config = settings(&place, http, network.port, &address, "");
    let gateway = Gateway::start(&config, http);
    (0..OWED).map(ledger::text).for_each(|text| network.send(text));
    let mut given = OWED;
    wait_for("acknowledgements", || network.waiting() == 0);
    gateway.kill();
    let (mut before, mut after) = (0, 0);
    for kill in 0..EARLY_KILLS {
        (given..given + TEXTS_PER_EARLY_KILL).map(ledger::text).for_each(|text| network.send(text));
        given += TEXTS_PER_EARLY_KILL;
        let binds = network.seen().binds;
        let gateway = Gateway::spawn(&config, http);
        // Every other one within the first moments: so much takes longer on a slow machine only.
        let moment = Duration::from_millis(1 + chance.below(if kill % 2 == 0 { 300 } else { 30 }));
        std::thread::sleep(moment); // waits: a random moment, nothing is awaited
        gateway.kill();
        *(if network.seen().binds > binds { &mut after } else { &mut before }) += 1;
    }
    let accepted = network.seen().acknowledged.len();
    eprintln!(
        "{EARLY_KILLS} kills: {before} before the gateway was bound, {after} after; {accepted} of {given} accepted"
    );
    assert!(before > 0, "no kill came while it started");
    // The application is there again.
    let application = Application::start(|asked| format!("re {}", asked.field("body")));
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let gateway = Gateway::start(&config, http);
    ledger::finish(&network, http);
    ledger::check("starts that were killed", &application, &network, http, given, EARLY_KILLS);
    assert!(gateway.terminate().success());
}
