//! The books: from what the network, the application and the gateway's own API saw, what was lost, repeated, reordered
//! or applied twice. Texts are `text PHONE PLACE`, where the place counts each phone's texts from 0.

use std::collections::{BTreeMap, BTreeSet};

use super::application::Application;
use super::network::{Network, Text};
use super::process::messages;

/// Phones that send in turn.
const PHONES: usize = 40;

/// The `number`th text of all, of the phone whose turn it is.
pub fn text(number: usize) -> Text {
    let phone = 41_790_000_000 + (number % PHONES) as u64;
    Text { id: format!("mo-{number}"), phone: phone.to_string(), text: format!("text {phone} {}", number / PHONES) }
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
