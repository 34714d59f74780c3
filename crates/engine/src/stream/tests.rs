//! Order, sharing, and what a reader leaves behind.
use super::*;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::id::Stamp;

use crate::port::Line;

#[derive(Debug, Default)]
struct Client {
    room: AtomicUsize,
    lines: Mutex<Vec<CallbackId>>,
}

impl StreamReader for Client {
    fn room(&self) -> usize {
        self.room.load(Ordering::Relaxed)
    }

    fn leave(&self) {
        self.room.store(0, Ordering::Relaxed);
    }

    fn give(&self, line: Line) {
        self.lines.lock().unwrap().push(line.callback);
    }
}

fn client(room: usize) -> Arc<Client> {
    Arc::new(Client { room: AtomicUsize::new(room), ..Client::default() })
}

fn id(number: u64) -> CallbackId {
    CallbackId { stamp: Stamp(number), tail: 0 }
}

fn key() -> StreamKey {
    ("menu".into(), StreamKind::Messages)
}

fn waiting(numbers: std::ops::Range<u64>) -> Streams {
    let mut streams = Streams::default();
    for number in numbers {
        streams.owe_at(&key().0, key().1, At(number as i64), id(number));
    }
    streams
}

/// What is offered to whom, by numbers.
fn offered(streams: &mut Streams) -> Vec<(u64, Vec<u64>)> {
    let offers = streams.offers().into_iter();
    offers
        .filter_map(|offer| match offer.what {
            What::Next(lines) => Some((offer.reader, lines.iter().map(|id| id.stamp.0).collect())),
            What::Again { .. } => None,
        })
        .collect()
}

#[test]
fn lines_wait_for_readers_and_are_shared_in_order() {
    let mut streams = waiting(0..7);
    assert_eq!(offered(&mut streams), []);
    assert_eq!(streams.opened(key(), 1, None, client(2)), []);
    streams.opened(key(), 2, None, client(3));
    assert_eq!(offered(&mut streams), [], "not in the turn in which they came");
    assert_eq!(offered(&mut streams), [(2, vec![0, 1, 2]), (1, vec![3, 4])]);
    assert_eq!(offered(&mut streams), [(1, vec![5, 6])], "turns change");
    assert_eq!(streams.numbers()[&key().0], (7, 2));
    (0..7).for_each(|number| streams.ended(id(number), None));
    assert!(streams.is_idle());
}

#[test]
fn what_a_reader_did_not_write_is_for_the_next_one_in_its_old_order() {
    let mut streams = waiting(0..5);
    streams.opened(key(), 1, None, client(3));
    streams.offers();
    assert_eq!(offered(&mut streams), [(1, vec![0, 1, 2])]);
    streams.ended(id(0), None);
    streams.closed(1);
    streams.opened(key(), 2, None, client(9));
    streams.offers();
    assert_eq!(offered(&mut streams), [(2, vec![1, 2, 3, 4])]);
}

#[test]
fn who_comes_back_with_a_place_gets_nothing_up_to_it_again() {
    let mut streams = waiting(0..6);
    let first = client(4);
    streams.opened(key(), 1, None, first.clone());
    streams.offers();
    assert_eq!(offered(&mut streams), [(1, vec![0, 1, 2, 3])]);
    // Its connection broke; that is not known yet. It has two of the lines.
    let had = streams.opened(key(), 2, Some(At(1)), client(9));
    assert_eq!(had, [id(0), id(1)]);
    assert_eq!(first.room(), 0, "it was told to leave");
    let again = |offer: &Offer| matches!(offer.what, What::Again { after: At(1), until: Some(At(2)), .. });
    streams.offers();
    assert!(streams.offers().iter().all(again));
    streams.closed(1);
    streams.repeated(&key(), 2, None);
    assert_eq!(offered(&mut streams), [(2, vec![2, 3, 4, 5])]);
    assert_eq!(offered(&mut streams), []);
    // What the old connection wrote after all is over, wherever it is.
    (0..6).for_each(|number| streams.ended(id(number), None));
    assert!(streams.is_idle());
}

#[test]
fn a_line_that_cannot_be_read_keeps_its_place() {
    let mut streams = waiting(0..2);
    streams.opened(key(), 1, None, client(9));
    streams.offers();
    assert_eq!(offered(&mut streams), [(1, vec![0, 1])]);
    streams.not_given(id(0));
    assert_eq!(offered(&mut streams), [(1, vec![0])]);
}
