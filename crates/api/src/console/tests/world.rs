//! A gateway for the console's tests: what is stored is a list, handsets are a list, the clock is set by hand.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use domain::address::{Address, AddressKey};
use domain::callback::{AttemptFailure, AttemptRecord, BodyType, Callback, CallbackKind, CallbackState, Rendered};
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use domain::id::{CallbackId, MessageId, Stamp};
use domain::message::{Direction, Message, MessageState};
use domain::note::{Entry, Note, NoteCode, RequestBody, TimelineRow};
use domain::opt_out::{OptOut, OptOutKey};
use domain::outgoing::Outgoing;
use domain::phone::{PhoneRecord, Session};
use domain::report::UnmatchedReport;
use domain::secret::Secret;
use domain::stream::StreamKind;
use domain::time::At;
use engine::inlet::Inlet;
use engine::live::Live;
use engine::page::{
    CallbackQuery, MessageQuery, MessageRow, Page, SeriesQuery, SeriesRow, SeriesValues, SessionQuery, ValuesQuery,
};
use engine::port::{Browse, StoreError};
use tokio::sync::broadcast;

use crate::feed::FeedHandle;
use crate::phones::{Dialog, DialogState, PhoneText, Phones};
use crate::state::{ApiState, DirectoryHandle, Parts, Readiness};

/// When the tests begin: 2026-11-22 09:30 UTC.
pub(crate) const START_MS: u64 = 1_795_339_800_000;
pub(crate) const TOKEN: &str = "the operator's token";

/// What is stored.
#[derive(Default)]
pub(crate) struct Archive {
    messages: RwLock<Vec<(MessageRow, Vec<TimelineRow>)>>,
    callbacks: RwLock<Vec<Callback>>,
    pub(crate) unmatched: RwLock<Vec<UnmatchedReport>>,
    pub(crate) phone: RwLock<Option<PhoneRecord>>,
    pub(crate) broken: std::sync::atomic::AtomicBool,
}

impl Archive {
    pub(crate) fn add(&self, message: Message, state: MessageState, rows: Vec<TimelineRow>) {
        let updated_at = rows.last().map_or(message.created_at, |row| row.at);
        self.messages.write().unwrap().push((MessageRow { message, state, updated_at }, rows));
    }

    pub(crate) fn owe(&self, callback: Callback) {
        self.callbacks.write().unwrap().push(callback);
    }
}

impl Browse for Archive {
    fn message(&self, stamp: Stamp) -> Result<Option<MessageRow>, StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the disk is gone".to_owned()));
        }
        Ok(self
            .messages
            .read()
            .unwrap()
            .iter()
            .find(|(row, _)| row.message.id.stamp == stamp)
            .map(|(row, _)| row.clone()))
    }

    fn messages(&self, query: &MessageQuery) -> Result<Page<MessageRow>, StoreError> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the disk is gone".to_owned()));
        }
        let mut rows: Vec<MessageRow> = self.messages.read().unwrap().iter().map(|(row, _)| row.clone()).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.message.id));
        rows.retain(|row| {
            let m = &row.message;
            query.phone.as_ref().is_none_or(|key| m.phone().key() == *key)
                && query.application.as_ref().is_none_or(|id| m.application.as_ref() == Some(id))
                && query.text.as_ref().is_none_or(|text| m.text.to_lowercase().contains(&text.to_lowercase()))
                && query.direction.is_none_or(|direction| m.direction == direction)
                && query.state.is_none_or(|state| row.state == state)
                && query.before.is_none_or(|before| m.id.stamp < before)
        });
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        let next = more.then(|| rows.last().map(|row| u128::from(row.message.id.stamp.0))).flatten();
        Ok(Page { rows, next })
    }

    fn timeline(&self, stamp: Stamp) -> Result<Vec<TimelineRow>, StoreError> {
        let messages = self.messages.read().unwrap();
        Ok(messages
            .iter()
            .find(|(row, _)| row.message.id.stamp == stamp)
            .map(|(_, rows)| rows.clone())
            .unwrap_or_default())
    }

    fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        Ok(self.callbacks.read().unwrap().iter().find(|callback| callback.id == id).cloned())
    }

    fn callbacks(&self, query: &CallbackQuery) -> Result<Page<Callback>, StoreError> {
        let mut rows = self.callbacks.read().unwrap().clone();
        rows.sort_by_key(|callback| std::cmp::Reverse(callback.id));
        rows.retain(|callback| {
            query.applications.as_ref().is_none_or(|ids| ids.contains(&callback.application))
                && query.state.is_none_or(|state| callback.state == state)
                && (!query.failing || callback.failing_since.is_some())
                && query.before.is_none_or(|before| callback.id < before)
        });
        let more = rows.len() > query.limit;
        rows.truncate(query.limit);
        let next = more.then(|| rows.last().map(|callback| callback.id.to_u128())).flatten();
        Ok(Page { rows, next })
    }

    fn outgoing(&self, _stamp: Stamp) -> Result<Option<Outgoing>, StoreError> {
        Ok(None)
    }

    fn phone(&self, phone: &AddressKey) -> Result<Option<PhoneRecord>, StoreError> {
        Ok(self.phone.read().unwrap().clone().filter(|record| record.key == *phone))
    }

    fn sessions(&self, _query: &SessionQuery) -> Result<Vec<(AddressKey, Session)>, StoreError> {
        Ok(Vec::new())
    }

    fn unmatched(&self, limit: usize) -> Result<Vec<UnmatchedReport>, StoreError> {
        Ok(self.unmatched.read().unwrap().iter().take(limit).cloned().collect())
    }

    fn opt_out(&self, _key: &OptOutKey) -> Result<Option<OptOut>, StoreError> {
        Ok(None)
    }

    fn opt_outs(&self, _account: &str) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn streamed_at(
        &self,
        _application: &str,
        _stream: StreamKind,
        _callbacks: RangeInclusive<CallbackId>,
    ) -> Result<Option<At>, StoreError> {
        Ok(None)
    }

    fn series(&self, _query: &SeriesQuery) -> Result<Vec<SeriesRow>, StoreError> {
        Ok(Vec::new())
    }

    fn series_values(&self, _query: &ValuesQuery) -> Result<Vec<SeriesValues>, StoreError> {
        Ok(Vec::new())
    }

    fn dashboards(&self, _account: &domain::directory::Name) -> Result<Vec<domain::dashboard::Dashboard>, StoreError> {
        Ok(Vec::new())
    }
}

/// Handsets that keep what they were asked to send.
pub(crate) struct Handsets {
    pub(crate) sent: Mutex<Vec<(String, String, String)>>,
    received: Mutex<Vec<(String, PhoneText)>>,
    pub(crate) dialog: Mutex<Option<Dialog>>,
    news: broadcast::Sender<String>,
}

impl Default for Handsets {
    fn default() -> Handsets {
        let (sent, received, dialog) = (Mutex::default(), Mutex::default(), Mutex::default());
        Handsets { sent, received, dialog, news: broadcast::Sender::new(16) }
    }
}

impl Handsets {
    pub(crate) fn arrive(&self, phone: &str, from: &str, text: &str, at: At) {
        let mut received = self.received.lock().unwrap();
        let text = PhoneText { seq: received.len() as u64 + 1, from: from.to_owned(), text: text.to_owned(), at };
        received.push((phone.to_owned(), text));
        drop(self.news.send(phone.to_owned()));
    }

    /// What is on the screen from now on.
    pub(crate) fn show(&self, text: &str, state: DialogState) {
        let dialog = Dialog { seq: 1, code: "*120*1#".into(), text: text.into(), state };
        *self.dialog.lock().unwrap() = Some(dialog);
    }
}

impl Phones for Handsets {
    fn send(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String> {
        if text == "no link" {
            return Err("The gateway is not bound to the simulated operator.".to_owned());
        }
        self.sent.lock().unwrap().push((phone.to_owned(), service_address.to_owned(), text.to_owned()));
        Ok(())
    }

    fn received(&self, phone: &str, after: u64) -> Vec<PhoneText> {
        let received = self.received.lock().unwrap();
        received.iter().filter(|(to, text)| to == phone && text.seq > after).map(|(_, text)| text.clone()).collect()
    }

    fn enter(&self, phone: &str, service_address: &str, text: &str) -> Result<(), String> {
        self.send(phone, service_address, &format!("entered {text}"))
    }

    fn hang_up(&self, _phone: &str, _service_address: &str) {
        self.show("", DialogState::Ended("You hung up"));
    }

    fn dialog(&self, _phone: &str, _service_address: &str) -> Option<Dialog> {
        self.dialog.lock().unwrap().clone()
    }

    fn subscribe(&self) -> broadcast::Receiver<String> {
        self.news.subscribe()
    }
}

/// A gateway.
pub(crate) struct World {
    pub(crate) archive: Arc<Archive>,
    pub(crate) handsets: Arc<Handsets>,
    pub(crate) inlet: Inlet,
    pub(crate) live: Live,
    pub(crate) feed: FeedHandle,
    pub(crate) now_us: Arc<AtomicI64>,
    pub(crate) state: ApiState,
}

impl World {
    /// The demo with its phone.
    pub(crate) fn demo() -> World {
        World::new(true, "http://127.0.0.1:8080", directory())
    }

    /// A gateway that serves: no phone, a sign-in.
    pub(crate) fn serving(public_url: &str) -> World {
        World::new(false, public_url, directory())
    }

    pub(crate) fn new(demo: bool, public_url: &str, directory: Directory) -> World {
        let archive = Arc::new(Archive::default());
        let handsets = Arc::new(Handsets::default());
        let now_us = Arc::new(AtomicI64::new(At::from_ms(START_MS as i64).0));
        let clock_us = Arc::clone(&now_us);
        let parts = Parts {
            inlet: Inlet::new(),
            live: Live::new(),
            directory: DirectoryHandle::new(Arc::new(directory)),
            operator_token: Secret::new(TOKEN),
            feed: FeedHandle::new(),
            phones: demo.then(|| Arc::clone(&handsets) as Arc<dyn Phones>),
            public_url: public_url.to_owned(),
            demo,
            started_at: At::from_ms(START_MS as i64),
            clock: Arc::new(move || At(clock_us.load(Ordering::Relaxed))),
            ready: Readiness::default(),
        };
        parts.ready.set_serving();
        let (inlet, live, feed) = (parts.inlet.clone(), parts.live.clone(), parts.feed.clone());
        let browse: Arc<dyn Browse> = Arc::clone(&archive) as Arc<dyn Browse>;
        World { archive, handsets, inlet, live, feed, now_us, state: ApiState::new(parts, browse) }
    }

    pub(crate) fn later_ms(&self, ms: u64) {
        self.now_us.fetch_add(ms as i64 * 1000, Ordering::Relaxed);
    }
}

/// Two applications, two channels, three routes.
pub(crate) fn directory() -> Directory {
    let application = |id: &str, url: &str| Application {
        id: id.into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: url.into(),
        api_key: Secret::new("key"),
        retry: RetryPolicy { waits_ms: vec![0, 5000], for_ms: 86_400_000 },
        order_hold_ms: 300_000,
        concurrency: 16,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    };
    let channel = |id: &str, kind: &'static str, address: &str| Channel {
        id: id.into(),
        kind,
        addresses: vec![Address::parse(address).unwrap()],
        in_doubt: InDoubt::Resubmit,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: 86_400_000,
        dedupe_ms: 60_000,
        reassembly_ms: 60_000,
        ussd: None,
    };
    let route = |application: &str, address: &str, keyword: Option<&str>| Route {
        application: application.into(),
        address: Address::parse(address).unwrap(),
        keyword: keyword.map(Into::into),
        matching: KeywordMatch::StartsWith,
        session: keyword.is_some(),
        session_ms: 300_000,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    };
    Directory::new(
        vec![Account { key: "acme".into(), tokens: vec![Secret::new("acme-token")], concurrency: None }],
        vec![
            application("weather", "http://user:pass@127.0.0.1:9000/gateway"),
            application("survey", "https://survey.example/hooks/sms"),
        ],
        vec![channel("carrier", "smpp", "8282"), channel("backup", "smpp", "+447700900999")],
        vec![
            route("weather", "8282", Some("weather")),
            route("survey", "8282", Some("vote")),
            route("survey", "8282", None),
        ],
    )
}

/// The time so many milliseconds after the start.
pub(crate) fn at(ms: u64) -> At {
    At::from_ms((START_MS + ms) as i64)
}

pub(crate) fn message_id(ms: u64) -> MessageId {
    MessageId::new(Stamp::new(START_MS + ms, 0), 0x1234_5678_9abc_def0 ^ (ms << 20))
}

pub(crate) fn callback_id(ms: u64) -> CallbackId {
    CallbackId::new(Stamp::new(START_MS + ms, 0), 0x0fed_cba9_8765_4321 ^ (ms << 24))
}

/// A message that came or went so many milliseconds after the start.
pub(crate) fn message(ms: u64, direction: Direction, phone: &str, text: &str) -> Message {
    let (phone, service) = (Address::parse(phone).unwrap(), Address::parse("8282").unwrap());
    let (from, to) = if direction == Direction::Mo { (phone, service) } else { (service, phone) };
    Message {
        id: message_id(ms),
        direction,
        account: Some("acme".into()),
        application: Some("weather".into()),
        channel: "carrier".into(),
        from,
        to,
        text: text.to_owned(),
        created_at: at(ms),
        parent: None,
        hops: 0,
        segments: 1,
    }
}

pub(crate) fn note(code: NoteCode, args: &[&str]) -> Entry {
    Entry::Note(Note { code, args: args.iter().map(|arg| (*arg).to_owned()).collect() })
}

pub(crate) fn row(ms: u64, entries: Vec<Entry>) -> TimelineRow {
    TimelineRow { at: at(ms), entries }
}

pub(crate) fn made(ms: u64, form: &str) -> Entry {
    Entry::CallbackMade {
        id: callback_id(ms),
        kind: CallbackKind::IncomingMessage,
        application: "weather".into(),
        request: RequestBody::Rendered(Rendered { body_type: BodyType::Form, body: form.as_bytes().into() }),
    }
}

pub(crate) fn attempt(ms: u64, number: u32, status: Option<u16>, failure: Option<AttemptFailure>, body: &str) -> Entry {
    Entry::Attempt {
        callback: callback_id(ms),
        record: AttemptRecord {
            number,
            started_at: at(ms),
            took_ms: 23,
            url: "http://127.0.0.1:9000/gateway".into(),
            status,
            failure,
            detail: String::new(),
            content_type: "application/json".to_owned(),
            body: body.to_owned(),
        },
    }
}

/// A text, its callback, the answer, the reply and its report.
pub(crate) fn tell_exchange(archive: &Archive, ms: u64, phone: &str, text: &str, reply: &str) {
    let mo = message(ms, Direction::Mo, phone, text);
    let mut mt = message(ms + 60, Direction::Mt, phone, reply);
    mt.parent = Some(mo.id);
    let reply_id = mt.id.to_string();
    let form = format!(
        "type=incoming_message&channel=sms&from={}&to=8282&body={}&api_key=hidden-key",
        phone.replace('+', "%2B"),
        form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
    );
    let answer = serde_json::json!({ "body": reply }).to_string();
    let callback = callback_id(ms).to_string();
    archive.add(
        mo,
        MessageState::Answered,
        vec![
            row(
                ms,
                vec![
                    note(NoteCode::Received, &["carrier", phone, "8282", "GSM-7, 1 segment"]),
                    note(NoteCode::RoutedByKeyword, &["weather", "weather", "starts with", "8282"]),
                    note(NoteCode::SessionOpened, &["weather", "8282"]),
                    made(ms, &form),
                ],
            ),
            row(
                ms + 60,
                vec![
                    attempt(ms, 1, Some(200), None, &answer),
                    note(NoteCode::Answered, &["1 reply"]),
                    note(NoteCode::Replied, &[&reply_id, phone]),
                ],
            ),
        ],
    );
    archive.add(
        mt,
        MessageState::Delivered,
        vec![
            row(
                ms + 60,
                vec![
                    note(NoteCode::InReplyTo, &[&callback]),
                    note(NoteCode::Segmented, &["GSM-7", "64", "1"]),
                    note(NoteCode::Queued, &["carrier"]),
                ],
            ),
            row(ms + 75, vec![note(NoteCode::Submitted, &["1", "1", "0e9931f2"])]),
            row(ms + 590, vec![note(NoteCode::Reported, &["1", "1", "delivered", "stat:DELIVRD err:000"])]),
        ],
    );
}

/// A text whose callback fails.
pub(crate) fn tell_failure(archive: &Archive, ms: u64, phone: &str, text: &str, state: CallbackState) {
    let mo = message(ms, Direction::Mo, phone, text);
    let message_state = if state == CallbackState::Pending { MessageState::Received } else { MessageState::Exhausted };
    let refused = "connection refused by 127.0.0.1:9000";
    let mut failed = attempt(ms, 1, None, Some(AttemptFailure::Unreachable), "");
    if let Entry::Attempt { record, .. } = &mut failed {
        record.detail = refused.to_owned();
    }
    archive.owe(Callback {
        id: callback_id(ms),
        message: mo.id,
        application: "weather".into(),
        phone: mo.from.clone(),
        service_address: mo.to.clone(),
        channel: "carrier".into(),
        hops: 0,
        kind: CallbackKind::IncomingMessage,
        state,
        created_at: at(ms),
        due_at: at(ms + 45_000),
        attempts: 2,
        failing_since: Some(at(ms + 20)),
        detached: false,
        subscribe: None,
    });
    archive.add(
        mo,
        message_state,
        vec![
            row(
                ms,
                vec![
                    note(NoteCode::Received, &["carrier", phone, "8282", "UCS-2, 1 segment"]),
                    note(NoteCode::RoutedByAddress, &["weather", "8282"]),
                    made(ms, "type=incoming_message&body=hi"),
                ],
            ),
            row(
                ms + 20,
                vec![failed, note(NoteCode::RetryPlanned, &["1", "no connection to the application", "4210"])],
            ),
            row(
                ms + 4300,
                vec![attempt(ms, 2, Some(503), Some(AttemptFailure::Status), "<h1>down for maintenance</h1>")],
            ),
        ],
    );
}
