//! Everything that a store tells, one fact at a time, so that what a damaged store tells can be held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;

use domain::address::{Address, AddressKey};
use domain::callback::CallbackState;
use domain::directory::Name;
use domain::event::Needs;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::note::{Entry, Note, NoteCode};
use domain::view::View;
use engine::page::{CallbackQuery, MessageQuery, MessageRow, SessionQuery};
use engine::port::{Browse, Store, StoreError, Unfinished};
use store::sqlite::{SqliteBrowse, SqliteStore};

use super::cold::Keys;

/// What is told, of what: `("text", "0193…")`.
pub type About = (&'static str, String);

/// What a store tells; `Err` where it says that it can't.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    told: BTreeMap<About, Result<String, ()>>,
    /// Lists that ended with an error: what is not in them is not denied.
    broken: BTreeSet<&'static str>,
    callbacks: BTreeSet<CallbackId>,
}

/// How one store differs from what it was.
#[derive(Debug, Default)]
pub struct Difference {
    /// Facts told as before.
    pub same: usize,
    /// Facts of which it says that it can't tell them.
    pub said: usize,
    /// Facts told otherwise, or told although they never were, and no word about it.
    pub altered: Vec<String>,
    /// How many of those of each kind.
    pub altered_kinds: BTreeMap<&'static str, usize>,
    /// How many facts of each kind are not told any more, and no word about it.
    pub missing_kinds: BTreeMap<&'static str, usize>,
}

fn id(message: MessageId) -> String {
    format!("{:016x}", message.stamp.0)
}

impl Facts {
    /// Asks for everything in every way there is.
    pub fn of(store: &mut SqliteStore, browse: &SqliteBrowse, keys: &Keys) -> Facts {
        let mut facts = Facts::default();
        facts.ask_unfinished(store);
        facts.ask_lists(browse);
        for message in &keys.messages {
            facts.ask_message(browse, *message);
        }
        facts.ask_records(store, keys);
        facts
    }

    fn put(&mut self, kind: &'static str, of: impl Into<String>, what: impl Debug) {
        self.told.insert((kind, of.into()), Ok(format!("{what:?}")));
    }

    fn damaged(&mut self, kind: &'static str, of: impl Into<String>) {
        self.told.insert((kind, of.into()), Err(()));
    }

    /// What the engine starts with.
    fn ask_unfinished(&mut self, store: &mut SqliteStore) {
        let mut found = Vec::new();
        if store.unfinished(&mut |one| found.push(one)).is_err() {
            self.broken.extend(["unfinished", "due"]);
        }
        for one in found {
            match one {
                Unfinished::Callback(callback) => {
                    self.callbacks.insert(callback.id);
                    self.put("unfinished", callback.id.to_string(), callback);
                }
                Unfinished::Outgoing(outgoing) => self.put("unfinished", id(outgoing.id), outgoing),
                Unfinished::Phone { phone, due_at } => self.put("due", phone.as_str(), due_at),
            }
        }
        match store.last_stamp() {
            Ok(stamp) => self.put("last stamp", "", stamp),
            Err(_) => self.damaged("last stamp", ""),
        }
    }

    /// What people see first.
    fn ask_lists(&mut self, browse: &SqliteBrowse) {
        let mut query = MessageQuery { limit: 200, ..MessageQuery::default() };
        loop {
            let Ok(page) = browse.messages(&query) else {
                self.broken.extend(["listed", "listed state"]);
                break;
            };
            for row in page.rows {
                let MessageRow { message, state, .. } = row;
                self.put("listed state", id(message.id), state);
                self.put("listed", id(message.id), message);
            }
            let Some(next) = page.next else { break };
            query.before = Some(Stamp(next as u64));
        }
        for state in [CallbackState::Pending, CallbackState::Refused, CallbackState::Exhausted] {
            let query = CallbackQuery { state: Some(state), limit: 200, ..CallbackQuery::default() };
            match browse.callbacks(&query) {
                Ok(page) => {
                    for callback in page.rows {
                        self.callbacks.insert(callback.id);
                        self.put("listed callback", callback.id.to_string(), callback);
                    }
                }
                Err(_) => drop(self.broken.insert("listed callback")),
            }
        }
        match browse.sessions(&SessionQuery { limit: 200, ..SessionQuery::default() }) {
            Ok(sessions) => {
                for (phone, session) in sessions {
                    self.put("session", phone.as_str(), session);
                }
            }
            Err(_) => drop(self.broken.insert("session")),
        }
        match browse.unmatched(200) {
            Ok(reports) => {
                for report in reports {
                    self.put("parked", report.network_id.clone(), report);
                }
            }
            Err(_) => drop(self.broken.insert("parked")),
        }
    }

    fn ask_message(&mut self, browse: &SqliteBrowse, message: MessageId) {
        match browse.message(message.stamp) {
            Ok(Some(row)) => {
                self.put("text", id(message), &row.message.text);
                self.put("state", id(message), row.state);
                self.put("updated at", id(message), row.updated_at);
                self.put("message", id(message), &row.message);
            }
            Ok(None) => {}
            Err(_) => {
                for kind in ["text", "state", "updated at", "message"] {
                    self.damaged(kind, id(message));
                }
            }
        }
        match browse.timeline(message.stamp) {
            Ok(rows) if rows.iter().any(|row| row.entries.iter().any(is_damage)) => {
                self.damaged("timeline", id(message));
                self.damaged("times of a timeline", id(message));
            }
            Ok(rows) => {
                let entries: Vec<&Entry> = rows.iter().flat_map(|row| &row.entries).collect();
                self.put("timeline", id(message), entries);
                let times: Vec<_> = rows.iter().map(|row| row.at).collect();
                self.put("times of a timeline", id(message), times);
            }
            Err(_) => {
                self.damaged("timeline", id(message));
                self.damaged("times of a timeline", id(message));
            }
        }
    }

    /// What decisions read.
    fn ask_records(&mut self, store: &mut SqliteStore, keys: &Keys) {
        self.callbacks.extend(&keys.callbacks);
        let phones = keys.phones.iter().map(|phone| Address::from_network(phone).key());
        let name = |phone: &AddressKey| phone.as_str().to_owned();
        self.records(store, "phone", phones, name, |needs| &mut needs.phones, |view| &view.phones);
        let stamps = keys.messages.iter().map(|message| message.stamp);
        let name = |stamp: &Stamp| format!("{:016x}", stamp.0);
        self.records(store, "outgoing", stamps, name, |needs| &mut needs.outgoing, |view| &view.outgoing);
        let ids = || keys.network_ids.iter().map(|id| (Arc::from("carrier"), id.clone()));
        let name = |(_, id): &(Name, String)| id.clone();
        self.records(store, "sent", ids(), name, |needs| &mut needs.sent, |view| &view.sent);
        self.records(store, "parked to decide", ids(), name, |needs| &mut needs.unmatched, |view| &view.unmatched);
        let names = keys.idempotency.iter().map(|key| (Arc::from("acme"), key.clone()));
        self.records(store, "send", names, name, |needs| &mut needs.idempotency, |view| &view.idempotency);
        let callbacks = self.callbacks.clone().into_iter();
        let name = CallbackId::to_string;
        self.records(store, "callback", callbacks, name, |needs| &mut needs.callbacks, |view| &view.callbacks);
        for callback in self.callbacks.clone() {
            let body = store.requests(&[callback]).map(|mut bodies| bodies.pop());
            // Bodies lie in timelines: one that can't be read takes its bodies along, with a line in the log.
            let timeline = self.told.get(&("timeline", format!("{:016x}", callback.stamp.0)));
            match body {
                Ok(None) if timeline == Some(&Err(())) => self.damaged("body", callback.to_string()),
                body => self.record("body", callback.to_string(), body),
            }
        }
        for message in keys.messages.iter().step_by(7) {
            let found = store.messages(&[message.stamp]).map(|mut found| found.pop());
            self.record("message to submit", id(*message), found);
        }
    }

    /// Records of one kind: all at once and, if any of them is damaged, one by one.
    fn records<K: Ord + Clone, T: Debug>(
        &mut self,
        store: &mut SqliteStore,
        kind: &'static str,
        keys: impl Iterator<Item = K>,
        name: impl Fn(&K) -> String,
        wanted: impl Fn(&mut Needs) -> &mut BTreeSet<K>,
        found: impl Fn(&View) -> &BTreeMap<K, T>,
    ) {
        let keys: BTreeSet<K> = keys.collect();
        let (mut needs, mut view) = (Needs::default(), View::default());
        wanted(&mut needs).clone_from(&keys);
        if store.load(&needs, &mut view).is_ok() {
            found(&view).iter().for_each(|(key, record)| self.put(kind, name(key), record));
            return;
        }
        for key in keys {
            let (mut needs, mut view) = (Needs::default(), View::default());
            wanted(&mut needs).insert(key.clone());
            let loaded = store.load(&needs, &mut view);
            self.record(kind, name(&key), loaded.map(|()| found(&view).get(&key)));
        }
    }

    fn record(&mut self, kind: &'static str, of: String, found: Result<Option<impl Debug>, StoreError>) {
        match found {
            Ok(Some(found)) => self.put(kind, of, found),
            Ok(None) => {}
            Err(_) => self.damaged(kind, of),
        }
    }

    /// The names of the callbacks that are told of.
    pub fn callbacks(&self) -> &BTreeSet<CallbackId> {
        &self.callbacks
    }

    /// How many facts of each kind.
    pub fn census(&self) -> BTreeMap<&'static str, usize> {
        let mut census = BTreeMap::new();
        self.told.keys().for_each(|(kind, _)| *census.entry(*kind).or_default() += 1);
        census
    }

    /// Holds what is told `now` against these.
    pub fn compare(&self, now: &Facts) -> Difference {
        let mut difference = Difference::default();
        let damaged: BTreeSet<&str> =
            now.told.iter().filter(|(_, told)| told.is_err()).map(|((_, of), _)| of.as_str()).collect();
        for (about, was) in &self.told {
            let was = was.as_ref().expect("a whole store tells everything");
            match now.told.get(about) {
                Some(Ok(is)) if is == was => difference.same += 1,
                Some(Ok(is)) => difference.alter(about, was, is),
                Some(Err(())) => difference.said += 1,
                // Left out of a list that broke off, or with a line in the log because its record is damaged.
                None if now.broken.contains(about.0) || damaged.contains(about.1.as_str()) => difference.said += 1,
                None => *difference.missing_kinds.entry(about.0).or_default() += 1,
            }
        }
        for (about, is) in &now.told {
            if let (Ok(is), false) = (is, self.told.contains_key(about)) {
                difference.alter(about, "nothing", is);
            }
        }
        difference
    }
}

impl Difference {
    fn alter(&mut self, about: &About, was: &str, is: &str) {
        self.altered.push(format!("{about:?}: was {was:.160}, is {is:.160}"));
        *self.altered_kinds.entry(about.0).or_default() += 1;
    }

    /// Nothing is told otherwise without a word.
    pub fn is_honest(&self) -> bool {
        self.altered.is_empty() && self.missing_kinds.is_empty()
    }
}

fn is_damage(entry: &Entry) -> bool {
    let is_said = |note: &Note| note.args.iter().any(|word| word.starts_with("a stored record is damaged"));
    matches!(entry, Entry::Note(note) if note.code == NoteCode::Complaint && is_said(note))
}
