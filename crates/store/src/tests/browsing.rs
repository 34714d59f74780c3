//! Promises of the reading side: what people and programs see.

use domain::callback::CallbackState;
use domain::decision::Change;
use domain::id::{CallbackId, Stamp};
use domain::message::{Direction, MessageState};
use domain::outgoing::OutgoingState;
use domain::time::At;
use engine::page::{CallbackQuery, MessageQuery, PAGE_ROWS_MAX, SessionQuery};

use super::sample::*;
use super::shelf::Shelf;

pub(crate) fn a_timeline_is_in_the_order_of_commits(shelf: &mut dyn Shelf) {
    let more = |text: &str, state| Change::AddEntries { message: id(1), state, entries: vec![note(text), note("and")] };
    shelf.store().commit(NOW, &[mo(1), more("b", None)]).unwrap();
    // The clock steps back; the order stays.
    let back = At(NOW.0 - 1_000_000);
    shelf.store().commit(back, &[more("c", Some(MessageState::Answered)), more("d", None)]).unwrap();
    shelf.restart();
    shelf.store().commit(NOW, &[more("e", None)]).unwrap();
    let timeline = shelf.browse().timeline(id(1).stamp).unwrap();
    let told: Vec<_> = timeline.iter().map(|row| (row.at, row.entries[0].clone())).collect();
    let expected = [(NOW, "first"), (NOW, "b"), (back, "c"), (back, "d"), (NOW, "e")];
    assert_eq!(told, expected.map(|(at, text)| (at, note(text))));
    assert_eq!(timeline[1].entries, [note("b"), note("and")]);
    let row = shelf.browse().message(id(1).stamp).unwrap().unwrap();
    assert_eq!((row.state, row.updated_at), (MessageState::Answered, NOW));
    assert_eq!(shelf.browse().timeline(id(2).stamp).unwrap(), []);
    assert_eq!(shelf.browse().timeline(Stamp(u64::MAX)).unwrap(), []);
}

pub(crate) fn messages_are_listed_newest_first_in_pages(shelf: &mut dyn Shelf) {
    let ids: Vec<_> = (TODAY - 2..=TODAY).flat_map(|day| (0..5).map(move |number| id_of_day(day, number))).collect();
    for id in &ids {
        let change = add(message(*id, Direction::Mo), MessageState::Received);
        shelf.store().commit(NOW, &[change]).unwrap();
    }
    let mut query = MessageQuery { limit: 4, ..MessageQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = shelf.browse().messages(&query).unwrap();
        assert!(page.rows.len() <= 4);
        seen.extend(page.rows.iter().map(|row| row.message.id));
        let Some(next) = page.next else { break };
        assert_eq!(page.rows.len(), 4);
        assert_eq!(next, u128::from(page.rows[3].message.id.stamp.0));
        query.before = Some(Stamp(next as u64));
    }
    seen.reverse();
    assert_eq!(seen, ids);
    let page = shelf.browse().messages(&MessageQuery { limit: 15, ..MessageQuery::default() }).unwrap();
    assert_eq!((page.rows.len(), page.next), (15, None));
    let beyond = MessageQuery { before: Some(Stamp(u64::MAX)), limit: PAGE_ROWS_MAX + 1, ..MessageQuery::default() };
    assert_eq!(shelf.browse().messages(&beyond).unwrap().rows.len(), 15);
}

pub(crate) fn messages_are_found_by_what_is_asked(shelf: &mut dyn Shelf) {
    let mut changes: Vec<_> = (0..10).map(mo).collect();
    changes.extend((10..20).map(|number| add(message(id(number), Direction::Mt), MessageState::Queued)));
    for (number, state) in [(4, MessageState::Answered), (14, MessageState::Delivered)] {
        changes.push(Change::AddEntries { message: id(number), state: Some(state), entries: vec![note("end")] });
    }
    shelf.store().commit(NOW, &changes).unwrap();
    let numbers_of = |query: MessageQuery| {
        let page = shelf.browse().messages(&MessageQuery { limit: 99, ..query }).unwrap();
        assert_eq!(page.next, None);
        let number = |row: &engine::page::MessageRow| row.message.id.stamp.ms() - TODAY * DAY_MS;
        page.rows.iter().rev().map(number).collect::<Vec<_>>()
    };
    let q = MessageQuery::default;
    let everything: Vec<u64> = (0..20).collect();
    assert_eq!(numbers_of(q()), everything);
    let keep = |wanted: &dyn Fn(u64) -> bool| everything.iter().copied().filter(|n| wanted(*n)).collect::<Vec<_>>();
    // `sample::message` derives these from the low bits of the id's tail.
    let tail = |number: u64| id(number).tail & 0xffff;
    let acme = keep(&|number| tail(number) % 3 != 0);
    assert!(!acme.is_empty() && acme.len() < 20);
    assert_eq!(numbers_of(MessageQuery { account: Some("acme".into()), ..q() }), acme);
    assert_eq!(numbers_of(MessageQuery { application: Some("weather".into()), ..q() }), acme);
    assert_eq!(numbers_of(MessageQuery { account: Some("other".into()), ..q() }), []);
    let phone = message(id(3), Direction::Mo).phone().key();
    let of_phone = keep(&|number| tail(number) % 7 == tail(3) % 7);
    assert!(of_phone.len() > 1);
    assert_eq!(numbers_of(MessageQuery { phone: Some(phone), ..q() }), of_phone);
    assert_eq!(numbers_of(MessageQuery { direction: Some(Direction::Mt), ..q() }), keep(&|n| n >= 10));
    assert_eq!(numbers_of(MessageQuery { state: Some(MessageState::Answered), ..q() }), [4]);
    assert_eq!(numbers_of(MessageQuery { state: Some(MessageState::Delivered), ..q() }), [14]);
    assert_eq!(numbers_of(MessageQuery { state: Some(MessageState::Received), ..q() }), keep(&|n| n < 10 && n != 4));
    assert_eq!(numbers_of(MessageQuery { text: Some("GRÜEZI".into()), ..q() }), everything);
    assert_eq!(numbers_of(MessageQuery { text: Some(format!("i {}", tail(5))), ..q() }), [5]);
    let both = MessageQuery { direction: Some(Direction::Mo), account: Some("acme".into()), ..q() };
    assert_eq!(numbers_of(both), keep(&|number| number < 10 && tail(number) % 3 != 0));
    assert_eq!(numbers_of(MessageQuery { before: Some(id(3).stamp), ..q() }), [0, 1, 2]);
}

pub(crate) fn callbacks_are_listed_newest_first_in_pages(shelf: &mut dyn Shelf) {
    let states = [CallbackState::Pending, CallbackState::Refused, CallbackState::Exhausted];
    let application = |number: u64| if number < 6 { "a" } else { "b" };
    let all: Vec<_> = (0..9).map(|n| callback(n, application(n), states[n as usize % 3])).collect();
    let puts: Vec<_> = all.iter().cloned().map(Change::PutCallback).collect();
    shelf.store().commit(NOW, &puts).unwrap();
    let numbers_of = |query: CallbackQuery| {
        let page = shelf.browse().callbacks(&CallbackQuery { limit: 99, ..query }).unwrap();
        assert_eq!(page.next, None);
        page.rows.iter().rev().map(|c| all.iter().position(|one| one == c).unwrap()).collect::<Vec<_>>()
    };
    let q = CallbackQuery::default;
    assert_eq!(numbers_of(q()), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(numbers_of(CallbackQuery { applications: Some(vec!["b".into(), "c".into()]), ..q() }), [6, 7, 8]);
    assert_eq!(numbers_of(CallbackQuery { applications: Some(vec![]), ..q() }), []);
    assert_eq!(numbers_of(CallbackQuery { state: Some(CallbackState::Refused), ..q() }), [1, 4, 7]);
    assert_eq!(numbers_of(CallbackQuery { failing: true, ..q() }), [0, 2, 4, 6, 8]);
    let first = shelf.browse().callbacks(&CallbackQuery { limit: 5, ..q() }).unwrap();
    assert_eq!((first.rows.len(), first.next), (5, Some(callback_id(4).to_u128())));
    let before = first.next.map(CallbackId::from_u128);
    assert_eq!(numbers_of(CallbackQuery { before, ..q() }), [0, 1, 2, 3]);
}

pub(crate) fn sessions_are_found(shelf: &mut dyn Shelf) {
    let phones = [phone(1, &["a", "b"]), phone(2, &[]), phone(3, &["b"])];
    let puts: Vec<_> = phones.iter().cloned().map(Change::PutPhone).collect();
    shelf.store().commit(NOW, &puts).unwrap();
    let found = |query: SessionQuery| {
        let sessions = shelf.browse().sessions(&query).unwrap();
        sessions.into_iter().map(|(key, session)| (key, session.application.to_string())).collect::<Vec<_>>()
    };
    let of = |number, application: &str| (phone_key(number), application.to_owned());
    let q = || SessionQuery { limit: 9, ..SessionQuery::default() };
    assert_eq!(found(q()), [of(1, "a"), of(1, "b"), of(3, "b")]);
    assert_eq!(found(SessionQuery { limit: 2, ..q() }), [of(1, "a"), of(1, "b")]);
    assert_eq!(found(SessionQuery { applications: Some(vec!["b".into()]), ..q() }), [of(1, "b"), of(3, "b")]);
    assert_eq!(found(SessionQuery { phone: Some(phone_key(1)), ..q() }), [of(1, "a"), of(1, "b")]);
    assert_eq!(found(SessionQuery { phone: Some(phone_key(9)), ..q() }), []);
    assert_eq!(shelf.browse().sessions(&q()).unwrap()[2].1, phones[2].sessions[0]);
}

pub(crate) fn parked_reports_are_listed_newest_first(shelf: &mut dyn Shelf) {
    let reports = [parked("b", NOW), parked("c", NOW.plus_ms(2)), parked("a", NOW.plus_ms(1))];
    let puts: Vec<_> = reports.iter().cloned().map(Change::ParkReport).collect();
    shelf.store().commit(NOW, &puts).unwrap();
    let [b, c, a] = reports;
    assert_eq!(shelf.browse().unmatched(2).unwrap(), [c.clone(), a.clone()]);
    assert_eq!(shelf.browse().unmatched(9).unwrap(), [c, a, b]);
}

pub(crate) fn single_records_are_found(shelf: &mut dyn Shelf) {
    let (mo, owed) = (message(id(1), Direction::Mo), callback(1, "weather", CallbackState::Pending));
    let (mt, remembered) = (outgoing(id(2), OutgoingState::InDoubt), phone(1, &["weather"]));
    let changes = [
        add(mo.clone(), MessageState::Received),
        Change::PutCallback(owed.clone()),
        Change::PutOutgoing(mt.clone()),
        Change::PutPhone(remembered.clone()),
    ];
    shelf.store().commit(NOW, &changes).unwrap();
    let browse = shelf.browse();
    let row = browse.message(id(1).stamp).unwrap().unwrap();
    assert_eq!((row.message, row.state, row.updated_at), (mo, MessageState::Received, NOW));
    assert_eq!(browse.callback(owed.id).unwrap(), Some(owed));
    assert_eq!(browse.outgoing(id(2).stamp).unwrap(), Some(mt));
    assert_eq!(browse.phone(&phone_key(1)).unwrap(), Some(remembered));
    assert_eq!(browse.outgoing(Stamp(u64::MAX)).unwrap(), None);
    assert_eq!(browse.message(Stamp(u64::MAX)).unwrap(), None);
}
