//! A store at rest that holds something of everything: answered, refused, exhausted and pending callbacks, replies with
//! and without reports, parked reports, scheduled and repeatable sends, sessions, a long text in the making, two days.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::decision::Change;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::note::Entry;
use domain::time::At;
use engine::page::MessageQuery;
use engine::port::{Browse, Store};
use smpp::{ShortMessage, Tag};
use store::sqlite::{Options, SqliteBrowse, SqliteStore};

use super::application::Application;
use super::ledger;
use super::network::{Habits, Network, Text, from_phone, receipt};
use super::process::{Gateway, Place, free_port, get_json, messages, post, settings, wait_for};

const TEXTS: usize = 300;
/// Of each kind of callback that was not answered.
const UNANSWERED: usize = 5;
pub const SENDS: usize = 30;
const SCHEDULED: usize = 20;
const PARKED: usize = 10;
const IN_THE_MAKING: usize = 10;
const YESTERDAY: usize = 100;
const DAY_MS: u64 = 86_400_000;

/// A store at rest.
pub struct Cold {
    pub bytes: Vec<u8>,
    /// A copy that stays whole.
    pub file: PathBuf,
    pub keys: Keys,
    _place: Place,
}

/// By which names its records are asked for.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    pub messages: BTreeSet<MessageId>,
    pub callbacks: BTreeSet<CallbackId>,
    pub phones: BTreeSet<String>,
    /// Network ids that may have been given.
    pub network_ids: BTreeSet<String>,
    pub idempotency: BTreeSet<String>,
}

/// Applications that are told of texts beginning with a word of their own, and do not answer.
const SILENT: &str = r#"
[[application]]
id = "sulky"
account = "acme"
contract = "service-layer"
url = "http://ADDRESS/sulky"
api_key = "sulky-key-of-tests"
retry_ms = [604800000]
retry_for_ms = 2592000000

[[application]]
id = "tired"
account = "acme"
contract = "service-layer"
url = "http://ADDRESS/tired"
api_key = "tired-key-of-tests"
retry_for_ms = 0

[[application]]
id = "gone"
account = "acme"
contract = "service-layer"
url = "http://ADDRESS/gone"
api_key = "gone-key-of-tests"

[[route]]
application = "sulky"
address = "8282"
keyword = "sulky"

[[route]]
application = "tired"
address = "8282"
keyword = "tired"

[[route]]
application = "gone"
address = "8282"
keyword = "gone"
"#;

fn application() -> Application {
    Application::start_raw(|asked, out| {
        let text = asked.field("body");
        let (status, body) = match text.split(' ').next() {
            Some("sulky" | "tired") => ("500 Internal Server Error", String::new()),
            Some("gone") => ("410 Gone", String::new()),
            Some("text") if asked.field("type") == "incoming_message" => ("200 OK", format!("re {text}")),
            _ => ("200 OK", String::new()),
        };
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", body.len());
        out.write_all((head + &body).as_bytes()).ok()
    })
}

/// The first of two segments.
fn half(number: usize) -> ShortMessage {
    let mut message = from_phone(&format!("4179400000{number}"), format!("half {number}").as_bytes());
    message.tlvs.push_u16(Tag::SAR_MSG_REF_NUM, 7);
    message.tlvs.push_u8(Tag::SAR_TOTAL_SEGMENTS, 2);
    message.tlvs.push_u8(Tag::SAR_SEGMENT_SEQNUM, 1);
    message
}

impl Cold {
    pub fn make() -> Cold {
        let place = Place::new("cold");
        // Delivered, undelivered, and no last word for every third.
        let receipts = |number: u64| [Some(2), Some(5), None][number as usize % 3];
        let network = Network::with(Habits { receipt: receipts, ..Habits::default() });
        let (application, http) = (application(), free_port());
        let address = application.address.to_string();
        let config = settings(&place, http, network.port, &address, &SILENT.replace("ADDRESS", &address));
        let gateway = Gateway::start(&config, http);
        let keys = give(&network, http);
        rest(&network, http);
        // Whatever is in the file, is in the file alone.
        let log = place.path().join("store.db-wal");
        wait_for("the store's log to be empty", || fs::metadata(&log).is_ok_and(|log| log.len() == 0));
        assert!(gateway.terminate().success());
        let file = place.path().join("store.db");
        let keys = add_yesterday(&file, keys);
        Cold { bytes: fs::read(&file).unwrap(), file, keys, _place: place }
    }
}

/// Texts, sends and reports; the names under which they can be found.
fn give(network: &Network, http: u16) -> Keys {
    let mut keys = Keys::default();
    (0..TEXTS).map(ledger::text).for_each(|text| network.send(text));
    for (at, word) in ["sulky", "tired", "gone"].into_iter().enumerate() {
        for number in 0..UNANSWERED {
            let phone = format!("417950{at}{number:04}");
            network.send(Text { id: format!("{word}-{number}"), phone, text: format!("{word} {number}") });
        }
    }
    for number in 0..PARKED {
        network.deliver(receipt("41799999999", &format!("FFFF{number:04}"), 2));
        keys.network_ids.insert(format!("FFFF{number:04}"));
    }
    (0..IN_THE_MAKING).for_each(|number| network.deliver(half(number)));
    keys.phones.extend((0..IN_THE_MAKING).map(|number| format!("4179400000{number}")));
    let mut now = String::new();
    wait_for("a message, which tells the time", || {
        let page = get_json(http, "/v1/messages?limit=1");
        now = page["_embedded"]["messages"][0]["createdAt"].as_str().unwrap_or_default().to_owned();
        !now.is_empty()
    });
    let far = months_after(&now);
    for number in 0..SENDS + SCHEDULED {
        let when = if number < SENDS { String::new() } else { format!(r#","sendAt":"{far}""#) };
        let body = format!(
            r#"{{"to":"+4179600{number:04}","from":"8282","application":"weather","text":"send {number}"{when}}}"#
        );
        let (status, answer) =
            post(http, "/v1/messages", &format!("idempotency-key: key-{number}\r\n"), &body).unwrap();
        assert_eq!(status, 202, "{answer}");
        keys.idempotency.insert(format!("key-{number}"));
    }
    let submits = TEXTS + SENDS;
    keys.network_ids.extend((1..=submits).map(|number| format!("{number:X}")));
    keys
}

/// Half a year later than a time of the API.
fn months_after(time: &str) -> String {
    let (year, rest) = time.split_once('-').unwrap();
    let month: u32 = rest[..2].parse().unwrap();
    let (year, month) = (year.parse::<u32>().unwrap() + (month + 5) / 12, (month + 5) % 12 + 1);
    format!("{year}-{month:02}-01T00:00:00Z")
}

/// Waits until nothing is under way but what waits for days.
fn rest(network: &Network, http: u16) {
    let callbacks = |state: &str| {
        let page = get_json(http, &format!("/v1/callbacks?limit=200&state={state}"));
        page["_embedded"]["callbacks"].as_array().unwrap().len()
    };
    wait_for("everything to be acknowledged", || network.waiting() == 0 && network.others_waiting() == 0);
    wait_for("all submits", || network.seen().submits.len() == TEXTS + SENDS);
    wait_for("all receipts", || network.others_waiting() == 0);
    let submitted = (1..=(TEXTS + SENDS)).filter(|number| number % 3 == 2).count();
    wait_for("all reports", || messages(http, "state=submitted").len() == submitted);
    for state in ["pending", "exhausted", "refused"] {
        wait_for(state, || callbacks(state) == UNANSWERED);
    }
    assert_eq!(messages(http, "state=scheduled").len(), SCHEDULED);
}

/// All messages that a store lists, newest first.
fn listed(browse: &SqliteBrowse) -> Vec<engine::page::MessageRow> {
    let mut query = MessageQuery { limit: 200, ..MessageQuery::default() };
    let mut found = Vec::new();
    loop {
        let page = browse.messages(&query).unwrap();
        found.extend(page.rows);
        let Some(next) = page.next else { return found };
        query.before = Some(Stamp(next as u64));
    }
}

/// Some of today's messages again, as if they had come a day before: what a gateway of some days has, filed by phone.
fn add_yesterday(file: &Path, mut keys: Keys) -> Keys {
    let (mut store, browse) = SqliteStore::open(file, &Options::default()).unwrap();
    let today = listed(&browse);
    assert_eq!(today.len(), TEXTS * 2 + UNANSWERED * 3 + SENDS + SCHEDULED);
    let mut changes = Vec::new();
    for row in today.iter().take(YESTERDAY) {
        let mut message = row.message.clone();
        let timeline = browse.timeline(message.id.stamp).unwrap();
        message.id.stamp = Stamp(message.id.stamp.0 - (DAY_MS << 16));
        message.text = format!("old {}", message.text);
        message.created_at = At(message.created_at.0 - DAY_MS as i64 * 1_000);
        let entries = timeline.into_iter().flat_map(|row| row.entries);
        let entries = entries.filter(|entry| matches!(entry, Entry::Note(_))).collect();
        keys.messages.insert(message.id);
        changes.push(Change::AddMessage { message, state: row.state, entries });
    }
    store.commit(today[0].message.created_at, &changes).unwrap();
    for row in &today {
        keys.messages.insert(row.message.id);
        keys.phones.insert(row.message.phone().key().as_str().to_owned());
    }
    keys
}
