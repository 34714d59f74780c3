//! A store at rest has been damaged, or is not this version's: bits have changed, its end is missing, its format is
//! newer, the last process did not end in good order. What can't be right is said, what is not damaged is served, and
//! nothing wrong is told as if it were right.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::decision::Change;
use domain::id::{MessageId, Stamp};
use domain::message::MessageState;
use engine::port::{Browse, Store};
use serde_json::Value;
use store::sqlite::{Options, SqliteBrowse, SqliteStore};
use world::application::Application;
use world::chance::Chance;
use world::cold::{Cold, Keys};
use world::facts::Facts;
use world::ledger::{self, check, finish};
use world::network::Network;
use world::process::{Gateway, Place, Run, free_port, get, messages, post, settings, wait_for};

const FLIPPED: usize = 450;
const CUT_OFF: usize = 50;
const AT_A_TIME: usize = 2;
const PAGE_BYTES: usize = 4096;

/// What is told from columns beside the records, or found under a key, where no checksum covers it: there, a flipped
/// bit may go unnoticed (`docs/internals/store.md` §6). Texts, bodies, callbacks and MTs are never among them.
const UNCHECKED: &[&str] = &[
    "state",
    "listed state",
    "updated at",
    "times of a timeline",
    "timeline",
    "sent",
    "due",
    "last stamp",
    "phone",
    "session",
    "parked to decide",
    "send",
];
/// Of a hundred places, at most so many may change one of those, or hide something, without a word.
const SILENT_PERCENT_MAX: usize = 15;

/// One place of damage.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Flipped { at: usize, bit: u64 },
    CutOff { kept: usize },
}

impl Damage {
    fn of(self, whole: &[u8]) -> Vec<u8> {
        match self {
            Damage::Flipped { at, bit } => {
                let mut bytes = whole.to_vec();
                bytes[at] ^= 1 << bit;
                bytes
            }
            Damage::CutOff { kept } => whole[..kept].to_vec(),
        }
    }
}

/// All places, the same for the same seed and length.
fn places(length: usize) -> Vec<Damage> {
    let mut chance = Chance::of("HOOKSWITCH_DAMAGE_SEED");
    let flipped = (0..FLIPPED).map(|_| (chance.below(length as u64) as usize, chance.below(8)));
    let mut places: Vec<Damage> = flipped.map(|(at, bit)| Damage::Flipped { at, bit }).collect();
    places.extend((0..CUT_OFF).map(|_| Damage::CutOff { kept: chance.below(length as u64) as usize }));
    places
}

/// What came of damaged stores.
#[derive(Debug, Default)]
struct Verdicts {
    /// Not opened, or given up by the engine before it serves, by code.
    refused: BTreeMap<String, usize>,
    /// Told every fact as before.
    harmless: usize,
    /// Said of some facts that they can't be told, and told the others as before.
    said: usize,
    /// Told something otherwise, or did not find it any more, without a word.
    silent: usize,
    altered: BTreeMap<&'static str, usize>,
    missing: BTreeMap<&'static str, usize>,
    facts_same: usize,
    facts_said: usize,
    /// Took a further message afterwards; the others said why not.
    took_more: usize,
    wrong: Vec<String>,
    slowest: Duration,
}

impl Verdicts {
    fn add(&mut self, other: Verdicts) {
        let Verdicts { refused, altered, missing, wrong, slowest, .. } = other;
        refused.into_iter().for_each(|(code, count)| *self.refused.entry(code).or_default() += count);
        altered.into_iter().for_each(|(kind, count)| *self.altered.entry(kind).or_default() += count);
        missing.into_iter().for_each(|(kind, count)| *self.missing.entry(kind).or_default() += count);
        self.harmless += other.harmless;
        self.said += other.said;
        self.silent += other.silent;
        self.facts_same += other.facts_same;
        self.facts_said += other.facts_said;
        self.took_more += other.took_more;
        self.wrong.extend(wrong);
        self.slowest = self.slowest.max(slowest);
    }

    /// Opens a store of these bytes, asks it for everything, and gives it one thing more.
    fn judge(&mut self, damage: Damage, bytes: &[u8], whole: &Facts, keys: &Keys) {
        let started = Instant::now();
        let place = Place::new("damage");
        let file = place.path().join("store.db");
        fs::write(&file, bytes).unwrap();
        match SqliteStore::open(&file, &Options::default()) {
            Ok((mut store, browse)) => {
                self.compare(damage, whole, &Facts::of(&mut store, &browse, keys));
                self.take_more(damage, &mut store, &browse, keys);
            }
            Err(error) => {
                assert!(error.to_string().starts_with(error.code()), "{damage:?}: {error}");
                *self.refused.entry(error.code().to_owned()).or_default() += 1;
            }
        }
        self.slowest = self.slowest.max(started.elapsed());
    }

    fn compare(&mut self, damage: Damage, whole: &Facts, now: &Facts) {
        let difference = whole.compare(now);
        self.facts_same += difference.same;
        self.facts_said += difference.said;
        difference.altered_kinds.iter().for_each(|(kind, count)| *self.altered.entry(kind).or_default() += count);
        difference.missing_kinds.iter().for_each(|(kind, count)| *self.missing.entry(kind).or_default() += count);
        match (difference.said, difference.is_honest()) {
            (0, true) => self.harmless += 1,
            (_, true) => self.said += 1,
            (_, false) => self.silent += 1,
        }
        if difference.altered_kinds.keys().any(|kind| !UNCHECKED.contains(kind)) {
            self.wrong.push(format!("{damage:?}: {:?}", difference.altered));
        }
    }

    /// Writing meets other places than reading; what is said to be written is there.
    fn take_more(&mut self, damage: Damage, store: &mut SqliteStore, browse: &SqliteBrowse, keys: &Keys) {
        let Some(some) = keys.messages.last().and_then(|id| browse.message(id.stamp).ok().flatten()) else { return };
        let mut message = some.message;
        message.id = MessageId::new(Stamp(message.id.stamp.0 + (1 << 16)), 7);
        message.text = "one more".to_owned();
        let id = message.id;
        let add = Change::AddMessage { message, state: MessageState::Received, entries: Vec::new() };
        if store.commit(some.updated_at, &[add]).is_ok() {
            match browse.message(id.stamp) {
                Ok(Some(row)) if row.message.text == "one more" => self.took_more += 1,
                Err(_) => {}
                other => self.wrong.push(format!("{damage:?}: took a message and told {other:?}")),
            }
        }
    }
}

/// Panics of any thread of this process.
static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |about| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        usual(about);
    }));
}

#[test]
fn damage_is_said_or_harmless_and_nothing_wrong_is_told() {
    count_panics();
    let cold = Cold::make();
    let started = Instant::now();
    let (mut store, browse) = SqliteStore::open(&cold.file, &Options::default()).unwrap();
    let mut keys = cold.keys.clone();
    keys.callbacks = Facts::of(&mut store, &browse, &keys).callbacks().clone();
    let whole = Facts::of(&mut store, &browse, &keys);
    let again = whole.compare(&Facts::of(&mut store, &browse, &keys));
    assert!(again.is_honest() && again.said == 0, "a whole store tells its facts in two ways: {again:#?}");
    drop((store, browse));
    eprintln!("{} octets hold {:?}", cold.bytes.len(), whole.census());
    let places = places(cold.bytes.len());
    let judge = |first: usize, places: &[Damage]| {
        let mut verdicts = Verdicts::default();
        for damage in places.iter().skip(first).step_by(AT_A_TIME) {
            verdicts.judge(*damage, &damage.of(&cold.bytes), &whole, &keys);
        }
        verdicts
    };
    for (what, places) in [("flipped bits", &places[..FLIPPED]), ("stores cut off", &places[FLIPPED..])] {
        let mut verdicts = Verdicts::default();
        std::thread::scope(|scope| {
            let judge = &judge;
            let parts: Vec<_> = (0..AT_A_TIME).map(|first| scope.spawn(move || judge(first, places))).collect();
            parts.into_iter().for_each(|part| verdicts.add(part.join().unwrap()));
        });
        let wrong = std::mem::take(&mut verdicts.wrong);
        eprintln!("{} {what}: {} wrong, {verdicts:?}, {:?}", places.len(), wrong.len(), started.elapsed());
        assert!(wrong.is_empty(), "told wrong as if it were right: {:#?}", &wrong[..wrong.len().min(5)]);
        let silent = verdicts.silent * 100 / places.len();
        assert!(silent <= SILENT_PERCENT_MAX, "{} of {} {what} were not noticed", verdicts.silent, places.len());
    }
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "something panicked");
}

/// How many of the same damaged stores the real binary is given.
const SERVED: usize = 60;
/// Types of a page that holds records and leads nowhere else (SQLite file format §1.6).
const LEAVES: [u8; 2] = [10, 13];

/// What the gateway says of a whole store: messages by id.
type Told = BTreeMap<String, Value>;

/// The messages that have no part of themselves in a page and are not next to one that has: a search for those may
/// look at the page's edge. `None` when the page leads to others or is none of theirs, so that damage to it can hide
/// any of them.
fn apart_from<'t>(page: &[u8], whole: &'t Told) -> Option<BTreeSet<&'t String>> {
    let holds = |needle: &[u8]| page.windows(needle.len()).any(|window| window == needle);
    // In the order of their stamps, as ids and the store's keys are.
    let held = whole.iter().map(|(id, message)| {
        let stamp = u64::from_str_radix(&id["msg_".len()..][..16], 16).unwrap().to_be_bytes();
        holds(message["text"].as_str().unwrap().as_bytes()) || holds(&stamp)
    });
    let held: Vec<bool> = held.collect();
    let is_near = |at: usize| held[at.saturating_sub(1)..held.len().min(at + 2)].contains(&true);
    let apart = whole.keys().enumerate().filter(|(at, _)| !is_near(*at)).map(|(_, id)| id).collect();
    (LEAVES.contains(&page[0]) && held.contains(&true)).then_some(apart)
}

/// A gateway over a store of these bytes; without applications and without a network.
struct Served {
    http: u16,
    run: Run,
    _place: Place,
}

impl Served {
    fn start(bytes: &[u8]) -> Served {
        let place = Place::new("damaged");
        let http = free_port();
        let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
        fs::write(place.path().join("store.db"), bytes).unwrap();
        let run = Run::serve(&config, place.path().join("damaged.log"));
        Served { http, run, _place: place }
    }

    /// Whether it serves; else it has ended with a code.
    fn serves(&mut self, what: Damage) -> bool {
        let mut ended = None;
        wait_for("the gateway to serve or to refuse", || {
            ended = self.run.has_ended();
            ended.is_some() || get(self.http, "/health/ready").is_some_and(|(status, _)| status == 200)
        });
        let Some(status) = ended else { return true };
        let words = self.run.words();
        assert!(status.code() == Some(1) && words.contains("HS-20"), "{what:?}: {status}\n{words}");
        false
    }

    /// What lists tell up to a page that can't be told, and what is told of each message that is not in them.
    fn told(&self, whole: &Told, what: Damage) -> Told {
        let mut found = Told::new();
        let mut path = "/v1/messages?limit=200".to_owned();
        while let Some((200, body)) = get(self.http, &path) {
            let page: Value = serde_json::from_str(&body).unwrap();
            for message in page["_embedded"]["messages"].as_array().unwrap() {
                found.insert(message["id"].as_str().unwrap().to_owned(), message.clone());
            }
            match page["_links"]["next"]["href"].as_str() {
                Some(next) => path = next.to_owned(),
                None => break,
            }
        }
        for id in whole.keys() {
            if !found.contains_key(id) {
                let (status, body) =
                    get(self.http, &format!("/v1/messages/{id}")).unwrap_or_else(|| panic!("{what:?}: {id}"));
                if status == 200 {
                    found.insert(id.clone(), serde_json::from_str(&body).unwrap());
                }
            }
        }
        found
    }
}

#[test]
fn the_gateway_serves_what_is_not_damaged_or_says_why_it_does_not() {
    let started = Instant::now();
    let cold = Cold::make();
    let mut whole = Served::start(&cold.bytes);
    assert!(whole.serves(Damage::CutOff { kept: cold.bytes.len() }));
    let whole = whole.told(&Told::new(), Damage::CutOff { kept: cold.bytes.len() });
    assert_eq!(whole.len(), cold.keys.messages.len());
    let (mut refused, mut in_whole, mut in_part, mut judged, mut ended_later) = (0, 0, 0, 0, 0);
    let places = places(cold.bytes.len());
    let some = places.iter().step_by(places.len() / SERVED).copied();
    for damage in some {
        let mut served = Served::start(&damage.of(&cold.bytes));
        if !served.serves(damage) {
            refused += 1;
            continue;
        }
        let told = served.told(&whole, damage);
        let wrong = told.iter().filter(|(id, now)| {
            whole.get(*id).is_none_or(|was| ["text", "from", "to", "direction"].iter().any(|key| now[key] != was[key]))
        });
        assert_eq!(wrong.collect::<Vec<_>>(), [], "{damage:?}: told wrong as if it were right");
        let as_before = |id: &String| told.get(id).is_some_and(|now| now["state"] == whole[id]["state"]);
        let bad: Vec<&String> = whole.keys().filter(|id| !as_before(id)).collect();
        if let Damage::Flipped { at, .. } = damage {
            let page = &cold.bytes[at / PAGE_BYTES * PAGE_BYTES..][..PAGE_BYTES];
            if let Some(apart) = apart_from(page, &whole) {
                judged += 1;
                let innocent: Vec<_> = bad.iter().filter(|id| apart.contains(**id)).collect();
                assert!(innocent.is_empty(), "{damage:?}: not touched and not told as before: {innocent:?}");
            }
        }
        in_whole += usize::from(bad.is_empty());
        in_part += usize::from(!bad.is_empty());
        // A send finds its answer too, or the end of a gateway that says why.
        let sent = post(served.http, "/v1/messages", "", r#"{"to": "+41790000000", "from": "8282", "text": "after"}"#);
        match sent.filter(|(status, _)| *status < 500) {
            Some((status, body)) => assert_eq!(status, 202, "{damage:?}: {body}"),
            // The process is on its way out; its last words may come after the last answer.
            None => {
                ended_later += 1;
                wait_for("the reason why a send failed", || served.run.words().contains("HS-20"));
            }
        }
        assert!(!served.run.words().contains("panicked"), "{damage:?}:\n{}", served.run.words());
    }
    eprintln!(
        "{} damaged stores of {} octets: {refused} refused, {in_whole} served in whole, {in_part} in part, \
         {ended_later} ended when they were written to, {judged} judged by what the damage touched, {:?}",
        refused + in_whole + in_part,
        cold.bytes.len(),
        started.elapsed()
    );
    assert!(judged >= SERVED / 4, "only of {judged} places it was known what they touch");
}

#[test]
fn a_store_of_a_newer_version_is_refused_with_its_log_and_left_as_it_is() {
    let place = Place::new("newer");
    let (network, http) = (Network::start(), free_port());
    let application = Application::start(|asked| format!("re {}", asked.field("body")));
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let gateway = Gateway::start(&config, http);
    (0..100).map(ledger::text).for_each(|text| network.send(text));
    wait_for("texts to be taken", || network.seen().acknowledged.len() >= 60);
    gateway.kill();
    // `user_version` (SQLite file format §1.3).
    let (store, log) = (place.path().join("store.db"), place.path().join("store.db-wal"));
    let known = fs::read(&store).unwrap();
    let mut newer = known.clone();
    let version = u32::from_be_bytes(known[60..64].try_into().unwrap());
    newer[60..64].copy_from_slice(&(version + 1).to_be_bytes());
    fs::write(&store, &newer).unwrap();
    let kept = fs::read(&log).unwrap();
    assert!(kept.len() > PAGE_BYTES, "nothing is in the log");
    let mut run = Run::serve(&config, place.path().join("refused.log"));
    assert_eq!(run.ended().code(), Some(1));
    assert!(run.words().contains("HS-2005"), "{}", run.words());
    assert!(fs::read(&store).unwrap() == newer, "the store was changed");
    assert!(fs::read(&log).unwrap() == kept, "its log was changed");
    // As this version's, with what only the log knows, it is fine.
    fs::write(&store, &known).unwrap();
    let gateway = Gateway::start(&config, http);
    finish(&network, http);
    check("a store after an unclean end", &application, &network, http, 100, 1);
    assert_eq!(messages(http, "direction=mo").len(), 100);
    assert!(gateway.terminate().success());
}
