//! Promises of the owner's side: what is committed is there, all of it, also after a restart.

use domain::callback::{CallbackEvent, CallbackKind, CallbackState};
use domain::decision::Change;
use domain::event::Needs;
use domain::id::Stamp;
use domain::message::{Direction, MessageState};
use domain::note::{Entry, RequestBody};
use domain::outgoing::{Outgoing, OutgoingState};
use domain::phone::{LongMessage, PhoneRecord};
use domain::text::reassembly::{Carrier, Concatenation, Reassembly, Reference};
use domain::time::At;
use domain::view::{Finished, View};
use engine::limit::OVERDUE_SCAN_ROWS;
use engine::page::MessageQuery;
use engine::port::{StoreError, Swept, Unfinished};

use super::sample::*;
use super::shelf::Shelf;

fn load(shelf: &mut dyn Shelf, needs: &Needs) -> View {
    let mut view = View::default();
    shelf.store().load(needs, &mut view).unwrap();
    view
}

fn unfinished(shelf: &mut dyn Shelf) -> Vec<Unfinished> {
    let mut found = Vec::new();
    shelf.store().unfinished(&mut |one| found.push(one)).unwrap();
    found
}

pub(crate) fn a_batch_is_committed_whole_or_not_at_all(shelf: &mut dyn Shelf) {
    shelf.store().commit(NOW, &[mo(1)]).unwrap();
    let pending = callback(2, "weather", CallbackState::Pending);
    let again = [Change::PutCallback(pending.clone()), Change::PutPhone(phone(2, &["weather"])), mo(2), mo(1)];
    let error = shelf.store().commit(NOW, &again).unwrap_err();
    assert!(!error.is_fatal(), "{error}");
    shelf.restart();
    assert_eq!(unfinished(shelf), []);
    assert_eq!(shelf.browse().phone(&phone_key(2)).unwrap(), None);
    assert_eq!(shelf.browse().message(id(2).stamp).unwrap(), None);
    // The first one is as it was, and the rest of the batch can still be committed.
    assert_eq!(shelf.browse().timeline(id(1).stamp).unwrap().len(), 1);
    shelf.store().commit(NOW, &again[..3]).unwrap();
    assert_eq!(unfinished(shelf)[0], Unfinished::Callback(pending));
    assert!(shelf.browse().message(id(2).stamp).unwrap().is_some());
}

pub(crate) fn a_load_finds_what_was_committed_and_leaves_the_rest_absent(shelf: &mut dyn Shelf) {
    let record = callback(1, "weather", CallbackState::Exhausted);
    let (mt, remembered) = (outgoing(id(2), OutgoingState::Queued), phone(3, &["weather"]));
    let (report, repeatable) = (parked("77", NOW), send("k", NOW));
    let changes = [
        Change::PutCallback(record.clone()),
        Change::PutOutgoing(mt.clone()),
        Change::PutPhone(remembered.clone()),
        Change::ParkReport(report.clone()),
        Change::RememberSend(repeatable.clone()),
    ];
    shelf.store().commit(NOW, &changes).unwrap();
    shelf.restart();
    let mut needs = Needs::default();
    needs.callbacks.extend([callback_id(1), callback_id(2)]);
    needs.outgoing.extend([id(2).stamp, id(3).stamp]);
    needs.phones.extend([phone_key(3), phone_key(4)]);
    needs.unmatched.extend([("carrier".into(), "77".into()), ("other".into(), "77".into())]);
    needs.idempotency.extend([("acme".into(), "k".into()), ("acme".into(), "l".into()), ("other".into(), "k".into())]);
    needs.sent.insert(("carrier".into(), "none".into()));
    let view = load(shelf, &needs);
    assert_eq!(view.callbacks.into_values().collect::<Vec<_>>(), [record]);
    assert_eq!(view.outgoing.into_values().collect::<Vec<_>>(), [mt]);
    assert_eq!(view.phones.into_values().collect::<Vec<_>>(), [remembered]);
    assert_eq!(view.unmatched.into_values().collect::<Vec<_>>(), [report]);
    assert_eq!(view.idempotency.into_values().collect::<Vec<_>>(), [repeatable]);
    assert!(view.sent.is_empty() && view.finished.is_empty());
    // What nobody asked for is not loaded.
    let view = load(shelf, &Needs::default());
    assert!(view.callbacks.is_empty() && view.outgoing.is_empty() && view.phones.is_empty());
    assert!(view.unmatched.is_empty() && view.idempotency.is_empty());
}

pub(crate) fn small_records_change_and_end(shelf: &mut dyn Shelf) {
    let first = [
        Change::PutCallback(callback(1, "weather", CallbackState::Pending)),
        Change::PutOutgoing(outgoing(id(2), OutgoingState::Queued)),
        Change::PutPhone(phone(3, &["weather"])),
        Change::ParkReport(parked("77", NOW)),
    ];
    shelf.store().commit(NOW, &first).unwrap();
    let second = [
        Change::PutCallback(callback(1, "weather", CallbackState::Refused)),
        Change::PutOutgoing(outgoing(id(2), OutgoingState::Submitted)),
        Change::PutPhone(phone(3, &[])),
    ];
    shelf.store().commit(NOW, &second).unwrap();
    let browse = shelf.browse();
    assert_eq!(browse.callback(callback_id(1)).unwrap().unwrap().state, CallbackState::Refused);
    assert_eq!(browse.outgoing(id(2).stamp).unwrap().unwrap().state, OutgoingState::Submitted);
    assert_eq!(browse.phone(&phone_key(3)).unwrap(), Some(phone(3, &[])));
    let ends = [
        Change::EndCallback { id: callback_id(1) },
        Change::EndOutgoing { id: id(2), state: MessageState::Delivered, segments: 2 },
        Change::PutPhone(PhoneRecord::new(phone_key(3))),
        Change::DropParked { channel: "carrier".into(), network_id: "77".into() },
    ];
    shelf.store().commit(NOW, &ends).unwrap();
    shelf.restart();
    let browse = shelf.browse();
    assert_eq!(browse.callback(callback_id(1)).unwrap(), None);
    assert_eq!(browse.outgoing(id(2).stamp).unwrap(), None);
    assert_eq!(browse.phone(&phone_key(3)).unwrap(), None);
    assert_eq!(browse.unmatched(10).unwrap(), []);
    assert_eq!(unfinished(shelf), []);
}

pub(crate) fn of_several_changes_in_a_batch_the_last_one_counts(shelf: &mut dyn Shelf) {
    let changes = [
        Change::PutCallback(callback(1, "weather", CallbackState::Pending)),
        Change::EndCallback { id: callback_id(1) },
        Change::EndCallback { id: callback_id(2) },
        Change::PutCallback(callback(2, "weather", CallbackState::Pending)),
        Change::PutPhone(PhoneRecord::new(phone_key(3))),
        Change::PutPhone(phone(3, &["weather"])),
        Change::PutPhone(phone(4, &["weather"])),
        Change::PutPhone(PhoneRecord::new(phone_key(4))),
        Change::DropParked { channel: "carrier".into(), network_id: "1".into() },
        Change::ParkReport(parked("1", NOW)),
        Change::ParkReport(parked("2", NOW)),
        Change::DropParked { channel: "carrier".into(), network_id: "2".into() },
        Change::PutOutgoing(outgoing(id(5), OutgoingState::Queued)),
        Change::EndOutgoing { id: id(5), state: MessageState::Rejected, segments: 1 },
    ];
    shelf.store().commit(NOW, &changes).unwrap();
    let browse = shelf.browse();
    assert_eq!(browse.callback(callback_id(1)).unwrap(), None);
    assert!(browse.callback(callback_id(2)).unwrap().is_some());
    assert_eq!(browse.phone(&phone_key(3)).unwrap(), Some(phone(3, &["weather"])));
    assert_eq!(browse.phone(&phone_key(4)).unwrap(), None);
    assert_eq!(browse.unmatched(10).unwrap(), [parked("1", NOW)]);
    assert_eq!(browse.outgoing(id(5).stamp).unwrap(), None);
}

pub(crate) fn a_network_id_leads_to_its_message(shelf: &mut dyn Shelf) {
    let mt = |number| add(message(id(number), Direction::Mt), MessageState::Queued);
    let record = outgoing(id(1), OutgoingState::Submitted);
    let ended = Change::AddEntries { message: id(2), state: Some(MessageState::Delivered), entries: vec![note("end")] };
    let later = Change::AddEntries { message: id(2), state: None, entries: vec![note("late")] };
    let changes = [mt(1), Change::PutOutgoing(record.clone()), sent("a", id(1)), mt(2), sent("b", id(2)), ended, later];
    shelf.store().commit(NOW, &changes).unwrap();
    shelf.restart();
    let mut needs = Needs::default();
    needs.sent.extend(["a", "b", "c"].map(|id| ("carrier".into(), id.to_owned())));
    needs.sent.insert(("other".into(), "a".into()));
    let view = load(shelf, &needs);
    let found: Vec<_> = view.sent.iter().map(|((_, id), to)| (id.as_str(), to.message, to.segment)).collect();
    assert_eq!(found, [("a", id(1), 1), ("b", id(2), 1)]);
    assert_eq!(view.outgoing.into_values().collect::<Vec<Outgoing>>(), [record]);
    let finished = Finished { state: MessageState::Delivered, segments: 2 };
    assert_eq!(view.finished.into_iter().collect::<Vec<_>>(), [(id(2).stamp, finished)]);
}

pub(crate) fn a_network_id_used_again_leads_to_the_newer_message(shelf: &mut dyn Shelf) {
    let old = id_of_day(TODAY - 1, 1);
    let mt = |id| add(message(id, Direction::Mt), MessageState::Submitted);
    shelf.store().commit(NOW, &[mt(old), mt(id(1)), mt(id(2)), sent("a", id(1))]).unwrap();
    let mut needs = Needs::default();
    needs.sent.insert(("carrier".into(), "a".into()));
    let key = ("carrier".into(), "a".to_owned());
    shelf.store().commit(NOW, &[sent("a", old)]).unwrap();
    assert_eq!(load(shelf, &needs).sent[&key].message, id(1));
    shelf.store().commit(NOW, &[sent("a", id(2))]).unwrap();
    assert_eq!(load(shelf, &needs).sent[&key].message, id(2));
}

pub(crate) fn unfinished_work_is_found_again_in_order(shelf: &mut dyn Shelf) {
    let pending = |number, application| callback(number, application, CallbackState::Pending);
    let sleeping = PhoneRecord { sessions: vec![], seen: vec![], ..phone(9, &[]) };
    let mts = [outgoing(id(3), OutgoingState::Queued), outgoing(id(4), OutgoingState::Scheduled)];
    let changes = [
        Change::PutPhone(phone(8, &["weather"])),
        Change::PutPhone(phone(7, &[])),
        Change::PutPhone(sleeping),
        Change::PutOutgoing(mts[1].clone()),
        Change::PutOutgoing(mts[0].clone()),
        Change::PutCallback(pending(5, "b")),
        Change::PutCallback(pending(6, "a")),
        Change::PutCallback(pending(1, "b")),
        Change::PutCallback(callback(2, "a", CallbackState::Refused)),
        Change::PutCallback(callback(3, "a", CallbackState::Exhausted)),
    ];
    shelf.store().commit(NOW, &changes).unwrap();
    shelf.restart();
    let due = |number, ms| Unfinished::Phone { phone: phone_key(number), due_at: NOW.plus_ms(ms) };
    let expected = [
        Unfinished::Callback(pending(1, "b")),
        Unfinished::Callback(pending(5, "b")),
        Unfinished::Callback(pending(6, "a")),
        Unfinished::Outgoing(mts[0].clone()),
        Unfinished::Outgoing(mts[1].clone()),
        due(7, 90_000),
        due(8, 60_000),
    ];
    let mut found = unfinished(shelf);
    // Callbacks come first, in any order.
    found[..3].sort_by_key(|work| match work {
        Unfinished::Callback(callback) => Some(callback.id),
        _ => None,
    });
    assert_eq!(found, expected);
}

pub(crate) fn texts_bodies_and_the_last_stamp_are_found_again(shelf: &mut dyn Shelf) {
    assert_eq!(shelf.store().last_stamp().unwrap(), Stamp(0));
    let text = message(id(1), Direction::Mo);
    let first = Change::AddMessage {
        message: text.clone(),
        state: MessageState::Received,
        entries: vec![note("x"), made(callback_id(1), "one")],
    };
    let other = domain::id::CallbackId::new(id(1).stamp, 999 << 9);
    let further = Change::AddEntries { message: id(1), state: None, entries: vec![note("y"), made(other, "two")] };
    shelf.store().commit(NOW, &[first, mo(3)]).unwrap();
    shelf.store().commit(NOW, &[further]).unwrap();
    shelf.restart();
    assert_eq!(shelf.store().last_stamp().unwrap(), id(3).stamp);
    let absent = [id(2).stamp, id_of_day(TODAY + 9, 1).stamp, Stamp(u64::MAX)];
    let asked = [absent[0], id(1).stamp, absent[1], absent[2]];
    assert_eq!(shelf.store().messages(&asked).unwrap(), [text]);
    let asked = [other, callback_id(7), callback_id(1)];
    assert_eq!(shelf.store().requests(&asked).unwrap(), [(other, body("two")), (callback_id(1), body("one"))]);
}

pub(crate) fn a_stamp_kept_for_a_long_mo_is_not_given_again(shelf: &mut dyn Shelf) {
    let place = Concatenation { reference: Reference { carrier: Carrier::Udh8, value: 7 }, total: 3, number: 1 };
    let long = LongMessage {
        channel: "carrier".into(),
        service_address: address("8282"),
        phone: address("41791234567"),
        message: id(5),
        parts: Reassembly::new("41791234567", "8282", &place, NOW, 60_000),
    };
    let record = PhoneRecord { long_messages: vec![long], ..phone(5, &[]) };
    let kept = id(5).stamp;
    shelf.store().commit(NOW, &[Change::PutPhone(record.clone())]).unwrap();
    shelf.restart();
    assert_eq!(shelf.store().last_stamp().unwrap(), kept);
    // Its segments went into another message, or were given up: the stamp has been given all the same.
    shelf.store().commit(NOW, &[Change::PutPhone(PhoneRecord::new(record.key))]).unwrap();
    shelf.restart();
    assert_eq!(shelf.store().last_stamp().unwrap(), kept);
}

pub(crate) fn overdue_messages_are_found_in_steps(shelf: &mut dyn Shelf) {
    let many = OVERDUE_SCAN_ROWS as u64 + 3;
    let mts = (0..many).map(|number| {
        let state = if number % 2 == 0 { OutgoingState::Queued } else { OutgoingState::Submitted };
        Change::PutOutgoing(outgoing(id(number), state))
    });
    shelf.store().commit(NOW, &mts.collect::<Vec<_>>()).unwrap();
    // Waiting for reports ends before the validity of what is queued.
    let (found, next) = shelf.store().overdue(None, NOW.plus_ms(1000)).unwrap();
    assert_eq!(next, Some(id(OVERDUE_SCAN_ROWS as u64 - 1).stamp));
    assert_eq!((found.len(), found[0]), (OVERDUE_SCAN_ROWS / 2, id(1)));
    let rest = shelf.store().overdue(next, NOW.plus_ms(2000)).unwrap();
    assert_eq!(rest, ((many - 3..many).map(id).collect(), None));
    assert_eq!(shelf.store().overdue(next, NOW.plus_ms(999)).unwrap(), (vec![], None));
}

pub(crate) fn outlived_rows_are_forgotten(shelf: &mut dyn Shelf) {
    let week_ms = 7 * DAY_MS;
    let old = At(NOW.0 - (week_ms * 1000) as i64 - 1);
    let changes = [
        Change::RememberSend(send("over", NOW)),
        Change::RememberSend(send("valid", NOW.plus_ms(1))),
        Change::ParkReport(parked("old", old)),
        Change::ParkReport(parked("new", At(old.0 + 1))),
        Change::PutPhone(phone(1, &[])),
    ];
    shelf.store().commit(NOW, &changes).unwrap();
    assert_eq!(shelf.store().sweep(NOW, NOW).unwrap(), Swept { days: 0, rows: 2 });
    let mut needs = Needs::default();
    needs.idempotency.extend(["over", "valid"].map(|key| ("acme".into(), key.into())));
    needs.phones.insert(phone_key(1));
    let view = load(shelf, &needs);
    assert_eq!(view.idempotency.into_values().collect::<Vec<_>>(), [send("valid", NOW.plus_ms(1))]);
    assert_eq!(shelf.browse().unmatched(9).unwrap(), [parked("new", At(old.0 + 1))]);
    assert_eq!(view.phones.len(), 1);
}

pub(crate) fn whole_days_are_dropped_but_not_unfinished_work(shelf: &mut dyn Shelf) {
    let of_day = |day| add(message(id_of_day(day, 1), Direction::Mt), MessageState::Submitted);
    let (empty, owed, unsent, kept) = (TODAY - 9, TODAY - 8, TODAY - 7, TODAY - 6);
    let with_day = |day, state| {
        let id = domain::id::CallbackId::new(id_of_day(day, 1).stamp, 5 << 9);
        domain::callback::Callback { id, ..callback(1, "weather", state) }
    };
    let changes = [
        of_day(empty),
        of_day(owed),
        of_day(unsent),
        of_day(kept),
        of_day(TODAY),
        sent("a", id_of_day(empty, 1)),
        Change::PutCallback(with_day(owed, CallbackState::Pending)),
        Change::PutCallback(with_day(kept, CallbackState::Refused)),
        Change::PutOutgoing(outgoing(id_of_day(unsent, 1), OutgoingState::Submitted)),
    ];
    shelf.store().commit(NOW, &changes).unwrap();
    assert_eq!(shelf.store().sweep(NOW, NOW).unwrap(), Swept { days: 2, rows: 0 });
    for _ in 0..2 {
        let listed = shelf.browse().messages(&MessageQuery { limit: 9, ..MessageQuery::default() }).unwrap();
        let days: Vec<_> = listed.rows.iter().map(|row| row.message.id.stamp.day() as u64).collect();
        assert_eq!(days, [TODAY, unsent, owed]);
        assert_eq!(shelf.browse().callback(with_day(kept, CallbackState::Refused).id).unwrap(), None);
        assert_eq!(shelf.browse().timeline(id_of_day(empty, 1).stamp).unwrap(), []);
        let mut needs = Needs::default();
        needs.sent.insert(("carrier".into(), "a".into()));
        assert!(load(shelf, &needs).sent.is_empty());
        shelf.restart();
    }
    // What still refers to a dropped message changes nothing and fails nothing.
    let late = Change::AddEntries { message: id_of_day(empty, 1), state: None, entries: vec![note("late")] };
    shelf.store().commit(NOW, &[late]).unwrap();
    assert_eq!(shelf.browse().timeline(id_of_day(empty, 1).stamp).unwrap(), []);
    // A day that was dropped can begin again, and ids never do.
    let everything = At::from_ms(((TODAY + 1) * DAY_MS) as i64);
    assert_eq!(shelf.store().sweep(everything, NOW).unwrap().days, 1);
    assert_eq!(shelf.store().last_stamp().unwrap(), id(1).stamp);
    shelf.restart();
    assert_eq!(shelf.store().last_stamp().unwrap(), id(1).stamp);
    shelf.store().commit(NOW, &[mo(2)]).unwrap();
    assert_eq!(shelf.browse().timeline(id(2).stamp).unwrap().len(), 1);
    assert_eq!(shelf.browse().timeline(id(1).stamp).unwrap().len(), 0);
}

pub(crate) fn a_callback_without_its_bytes_is_not_stored(shelf: &mut dyn Shelf) {
    let event = CallbackEvent::AutoReplyLoop { phone: address("41790000001") };
    let entry = Entry::CallbackMade {
        id: callback_id(1),
        kind: CallbackKind::AutoReplyLoop,
        application: "weather".into(),
        request: RequestBody::Told(event),
    };
    let change = Change::AddMessage {
        message: message(id(1), Direction::Mo),
        state: MessageState::Received,
        entries: vec![entry],
    };
    assert!(matches!(shelf.store().commit(NOW, &[change]), Err(StoreError::Unavailable(_))));
    assert_eq!(shelf.browse().message(id(1).stamp).unwrap(), None);
}
