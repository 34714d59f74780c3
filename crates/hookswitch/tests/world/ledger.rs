//! The books: from what the network, the application and the gateway's own API saw, what was lost, repeated, reordered
//! or applied twice. Texts are `text PHONE PLACE`, where the place counts each phone's texts from 0.

use std::collections::{BTreeMap, BTreeSet};

use super::application::Application;
use super::network::{Network, Text};
use super::process::{get, messages, wait_for};

/// Phones that send in turn.
const PHONES: usize = 40;

/// The `number`th text of all, of the phone whose turn it is.
pub fn text(number: usize) -> Text {
    let phone = 41_790_000_000 + (number % PHONES) as u64;
    Text { id: format!("mo-{number}"), phone: phone.to_string(), text: format!("text {phone} {}", number / PHONES) }
}

/// Lets all work come to its end.
pub fn finish(network: &Network, http: u16) {
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    let none = |path: &str, id: &str| get(http, path).is_some_and(|(status, body)| status == 200 && !body.contains(id));
    wait_for("all callbacks to end", || none("/v1/callbacks?state=pending&limit=1", "\"cbk_"));
    wait_for("all MTs to leave the queue", || none("/v1/messages?direction=mt&state=queued&limit=1", "\"msg_"));
}

/// Texts whose delivery was acknowledged and of which the gateway knows nothing any more.
pub fn forgotten(network: &Network, http: u16, given: usize) -> usize {
    let kept = messages(http, "direction=mo");
    let kept: BTreeSet<&str> = kept.iter().filter_map(|message| message["text"].as_str()).collect();
    let texts: BTreeMap<String, String> = (0..given).map(text).map(|text| (text.id, text.text)).collect();
    network.seen().acknowledged.iter().filter(|id| !kept.contains(texts[*id].as_str())).count()
}

/// Most callbacks and most submits that can be under way at a moment (`concurrency` and `window` of the settings).
const CALLBACKS_UNDER_WAY: usize = 16;
const SUBMITS_UNDER_WAY: usize = 20;

/// Closes the books; fails when anything that was acknowledged is lost, out of order or done twice. What was under way
/// at one of so many sudden `ends` may be repeated: whether it had happened was not on the disk yet.
pub fn check(what: &str, application: &Application, network: &Network, http: u16, given: usize, ends: usize) -> Ledger {
    let forgotten = forgotten(network, http, given);
    let ledger = Ledger::of(application, network, http, given);
    eprintln!("{what}: forgotten {forgotten}, {ledger:?}");
    assert_eq!(forgotten, 0, "{what}: acknowledged and not in the store any more");
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
    assert_eq!(ledger, expected, "{what}");
    ledger
}

/// What the books say.
#[derive(Debug, PartialEq, Eq)]
pub struct Ledger {
    /// Texts whose delivery was acknowledged.
    pub accepted: usize,
    /// Of all texts, those the application never saw.
    pub lost: usize,
    /// Requests of the application for a text it had been asked about before.
    pub repeated: usize,
    /// Texts that the application saw before one that the same phone sent earlier, or with a gap before them.
    pub reordered: usize,
    /// Callbacks whose bytes differed between attempts.
    pub changed: usize,
    /// Answers that the gateway says became no MT.
    pub unanswered: usize,
    /// Answers that the gateway says became several MTs.
    pub applied_twice: usize,
    /// Submits of a reply that was submitted before.
    pub resubmitted: usize,
}

impl Ledger {
    /// Closes the books over `total` texts, each answered with one reply of its own, `re TEXT`.
    pub fn of(application: &Application, network: &Network, http: u16, total: usize) -> Ledger {
        let texts = application.texts();
        let known: BTreeSet<&String> = texts.iter().collect();
        let mut replies: BTreeMap<String, usize> = BTreeMap::new();
        for message in messages(http, "direction=mt") {
            let text = message["text"].as_str().unwrap();
            if text.starts_with("re ") {
                *replies.entry(text.to_owned()).or_default() += 1;
            }
        }
        let bodies: BTreeSet<(String, String)> =
            application.asked_of("incoming_message").into_iter().map(|asked| (asked.callback, asked.body)).collect();
        let callbacks: BTreeSet<&String> = bodies.iter().map(|(callback, _)| callback).collect();
        let seen = network.seen();
        let replied: Vec<&(String, String)> = seen.submits.iter().filter(|(_, text)| text.starts_with("re ")).collect();
        let submits: BTreeSet<_> = replied.iter().collect();
        Ledger {
            accepted: seen.acknowledged.len(),
            lost: total - known.len(),
            repeated: texts.len() - known.len(),
            reordered: reordered(&texts),
            changed: bodies.len() - callbacks.len(),
            unanswered: total - replies.len(),
            applied_twice: replies.values().filter(|count| **count > 1).count(),
            resubmitted: replied.len() - submits.len(),
        }
    }
}

fn reordered(texts: &[String]) -> usize {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    let firsts = texts.iter().filter(|text| counted.insert(*text));
    let out_of_place = firsts.filter(|text| {
        let mut words = text.split(' ').skip(1);
        let (phone, place) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
        let before = last.insert(phone, place).unwrap_or(-1);
        place != before + 1
    });
    out_of_place.count()
}
