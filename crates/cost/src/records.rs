//! Stored records: written for a commit, read for a decision.

use domain::callback::{BodyType, Rendered};
use domain::decision::{Change, Decision};
use domain::message::Message;
use domain::note::{Entry, RequestBody};
use domain::phone::PhoneRecord;

use crate::Scenario;
use crate::decisions::{Story, mo, new_callback, new_outgoing, send};
use crate::record::callback::CallbackRecord;
use crate::record::entry::EntriesRecord;
use crate::record::message::MessageRecord;
use crate::record::outgoing::OutgoingRecord;
use crate::record::phone::PhoneRow;
use crate::record::{Record, decode, encode};
use crate::setup::{PHONE, small_directory};

const BODY: &[u8] = b"type=incoming_message&api_key=weather-key&phone_number=%2B41791234567&body=Weather+Zurich\
    &sent_at=2026-11-18T14%3A26%3A40Z";

pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut story = Story::begin(small_directory());
    let arrived = story.tell(mo(PHONE, "Weather Zurich"));
    let sent = story.tell(send());
    let phone = new_phone(&arrived);
    let (read_phone, key) = (stored(&PhoneRow::from(&phone)), phone.key.clone());
    let callback = new_callback(&arrived);
    let read_callback = stored(&CallbackRecord::from(&callback));
    let outgoing = new_outgoing(&sent);
    let read_outgoing = stored(&OutgoingRecord::from(&outgoing));
    let (message, entries) = new_message(&arrived);
    let mut entries_bytes = Vec::new();
    vec![
        write("record: write a phone with a session", move |to| encode(&PhoneRow::from(&phone), to)),
        Scenario::new("record: read a phone with a session", move || {
            decode::<PhoneRow<'_>>(&read_phone).and_then(|row| row.phone(key.clone())).expect("as written")
        }),
        write("record: write a callback", move |to| encode(&CallbackRecord::from(&callback), to)),
        Scenario::new("record: read a callback", move || {
            decode::<CallbackRecord<'_>>(&read_callback).and_then(CallbackRecord::callback).expect("as written")
        }),
        write("record: write an MT", move |to| encode(&OutgoingRecord::from(&outgoing), to)),
        Scenario::new("record: read an MT", move || {
            decode::<OutgoingRecord<'_>>(&read_outgoing).and_then(OutgoingRecord::outgoing).expect("as written")
        }),
        write("record: write an MO and its timeline", move |to| {
            encode(&MessageRecord::from(&message), to);
            encode(&EntriesRecord::of(&entries).expect("its callback has its bytes"), &mut entries_bytes);
        }),
    ]
}

/// A buffer is used again and again, as the store does.
fn write(name: &str, mut write: impl FnMut(&mut Vec<u8>) + 'static) -> Scenario {
    let mut buffer = Vec::new();
    Scenario::new(name, move || {
        write(&mut buffer);
        buffer.len()
    })
}

fn stored<'a, R: Record<'a>>(record: &R) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(record, &mut bytes);
    bytes
}

/// The phone that a decision left.
fn new_phone(decision: &Decision) -> PhoneRecord {
    let phone = decision.changes.iter().find_map(|change| match change {
        Change::PutPhone(phone) if !phone.sessions.is_empty() => Some(phone.clone()),
        _ => None,
    });
    phone.expect("the keyword opens a session")
}

/// The message that a decision made, with its entries as they are committed.
fn new_message(decision: &Decision) -> (Message, Vec<Entry>) {
    let found = decision.changes.iter().find_map(|change| match change {
        Change::AddMessage { message, entries, .. } => Some((message.clone(), entries.clone())),
        _ => None,
    });
    let (message, mut entries) = found.expect("an MO is kept");
    for entry in &mut entries {
        if let Entry::CallbackMade { request, .. } = entry {
            *request = RequestBody::Rendered(Rendered { body_type: BodyType::Form, body: BODY.into() });
        }
    }
    (message, entries)
}
