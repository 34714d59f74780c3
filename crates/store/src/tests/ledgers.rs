//! Promises about the opt-out ledger and the order of streams.

use domain::callback::CallbackState;
use domain::decision::Change;
use domain::event::Needs;
use domain::id::CallbackId;
use domain::opt_out::{OptOut, OptOutKey};
use domain::stream::{StreamKind, Streamed};
use domain::time::At;
use domain::view::View;

use super::sample::*;
use super::shelf::Shelf;

fn opt_out(account: &str, phone: &str) -> OptOut {
    let (account, address_type) = (account.into(), "msisdn".into());
    OptOut { account, address_type, address: address(phone), created_at: NOW, message: Some(id(1)) }
}

fn loaded(shelf: &mut dyn Shelf, key: &OptOutKey) -> Option<OptOut> {
    let mut view = View::default();
    let needs = Needs { opt_outs: [key.clone()].into(), ..Needs::default() };
    shelf.store().load(&needs, &mut view).unwrap();
    view.opt_outs.remove(key)
}

pub(crate) fn opt_outs_come_and_go(shelf: &mut dyn Shelf) {
    let (ours, theirs) = (opt_out("acme", "+41 79-1"), opt_out("press", "+41791"));
    assert_eq!(loaded(shelf, &ours.key()), None);
    let changes = [Change::PutOptOut(ours.clone()), Change::PutOptOut(theirs.clone())];
    shelf.store().commit(NOW, &changes).unwrap();
    let key = opt_out("acme", "+41791").key();
    for _ in 0..2 {
        assert_eq!(loaded(shelf, &key), Some(ours.clone()), "however the number is written");
        assert_eq!(shelf.browse().opt_out(&key).unwrap(), Some(ours.clone()));
        assert_eq!(shelf.browse().opt_outs("acme").unwrap(), 1);
        shelf.restart();
    }
    shelf.store().commit(NOW, &[Change::DropOptOut(key.clone())]).unwrap();
    assert_eq!(loaded(shelf, &key), None);
    assert_eq!((shelf.browse().opt_outs("acme").unwrap(), shelf.browse().opt_outs("press").unwrap()), (0, 1));
}

fn line(number: u64, application: &str, stream: StreamKind) -> Streamed {
    let at = At(NOW.0 + number as i64);
    Streamed { application: application.into(), stream, at, callback: callback_id(number) }
}

pub(crate) fn lines_keep_their_place_in_their_stream(shelf: &mut dyn Shelf) {
    let mut changes: Vec<Change> =
        (1..=5).map(|number| Change::AddStreamed(line(number, "weather", StreamKind::Messages))).collect();
    changes.push(Change::AddStreamed(line(6, "weather", StreamKind::Events)));
    changes.push(Change::AddStreamed(line(7, "news", StreamKind::Messages)));
    shelf.store().commit(NOW, &changes).unwrap();
    shelf.restart();
    let mut after = |number: i64, limit| -> Vec<CallbackId> {
        let after = At(NOW.0 + number);
        let found = shelf.store().streamed("weather", StreamKind::Messages, after, limit).unwrap();
        found.into_iter().map(|(_, callback)| callback).collect()
    };
    assert_eq!(after(0, 10), [1, 2, 3, 4, 5].map(callback_id));
    assert_eq!(after(2, 2), [3, 4].map(callback_id));
    assert_eq!(after(5, 10), []);
    let place = |range, stream| shelf.browse().streamed_at("weather", stream, range).unwrap();
    let exactly = |number| callback_id(number)..=callback_id(number);
    let of_message = |number| CallbackId::new(id(number).stamp, 0)..=CallbackId::new(id(number).stamp, u64::MAX);
    assert_eq!(place(exactly(3), StreamKind::Messages), Some(At(NOW.0 + 3)));
    assert_eq!(place(of_message(3), StreamKind::Messages), Some(At(NOW.0 + 3)));
    assert_eq!(place(exactly(3), StreamKind::Events), None, "of another stream");
    assert_eq!(place(exactly(7), StreamKind::Messages), None, "of another application");
}

pub(crate) fn places_are_forgotten_in_time_unless_the_line_still_waits(shelf: &mut dyn Shelf) {
    let lines = [1, 2].map(|number| Change::AddStreamed(line(number, "weather", StreamKind::Messages)));
    shelf.store().commit(NOW, &lines).unwrap();
    shelf.store().commit(NOW, &[mo(1), Change::PutCallback(callback(1, "weather", CallbackState::Pending))]).unwrap();
    shelf.store().sweep(At(0), NOW.plus_ms(6 * DAY_MS)).unwrap();
    let mut kept = || shelf.store().streamed("weather", StreamKind::Messages, NOW, 10).unwrap().len();
    assert_eq!(kept(), 2);
    shelf.store().sweep(At(0), NOW.plus_ms(8 * DAY_MS)).unwrap();
    assert_eq!(shelf.store().streamed("weather", StreamKind::Messages, NOW, 10).unwrap().len(), 1);
}
