//! What waits for one client is bounded, and told as written once it is.

use std::task::Wake;

use domain::address::Address;
use domain::callback::{BodyType, Rendered};
use domain::id::{CallbackId, Stamp};

use super::*;

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

fn lines() -> Lines {
    Lines::new(7, "127.0.0.1:1".to_owned(), Inlet::new(), Arc::new(|| At(0)))
}

fn line(bytes: usize) -> Line {
    let request = Rendered { body_type: BodyType::Json, body: vec![b'x'; bytes].into() };
    let told = Some((Address::parse("+4179").unwrap().key(), 2));
    Line { callback: CallbackId::new(Stamp::new(1, 0), 1), told, request }
}

fn next(lines: &Lines) -> Poll<Option<Bytes>> {
    lines.poll_next(&Context::from_waker(&Waker::from(Arc::new(Nobody))))
}

#[test]
fn lines_and_bytes_are_bounded_until_they_are_written() {
    let lines = lines();
    assert_eq!(lines.room(), LINES_MAX);
    for left in (0..LINES_MAX).rev() {
        lines.give(line(10));
        assert_eq!(lines.room(), left);
    }
    let Poll::Ready(Some(piece)) = next(&lines) else { panic!("there are lines") };
    assert_eq!(piece.len(), 64 * 11, "put together");
    assert_eq!(lines.room(), 0, "handed out is not written");
    lines.written();
    assert_eq!(lines.room(), LINES_MAX);
    assert_eq!(lines.inlet.depth(), LINES_MAX, "each is told");
    lines.written();
    assert_eq!(lines.inlet.depth(), LINES_MAX, "once");
    // From a long line on, room is for lines as long as that.
    lines.give(line(100_000));
    assert_eq!(lines.room(), 2);
    lines.give(line(100_000));
    lines.give(line(100_000));
    assert_eq!(lines.room(), 0);
}

#[test]
fn pieces_are_small_unless_a_line_is_not() {
    let lines = lines();
    for bytes in [10_000, 5_000, 5_000, 50_000, 1] {
        lines.give(line(bytes));
    }
    let mut sizes = Vec::new();
    while let Poll::Ready(Some(piece)) = next(&lines) {
        sizes.push(piece.len());
    }
    assert_eq!(sizes, [15_002, 5_001, 50_001, 2]);
}

#[test]
fn a_stop_waits_for_what_is_handed_out_and_for_nothing_else() {
    let lines = lines();
    lines.give(line(20_000));
    lines.give(line(20_000));
    assert!(matches!(next(&lines), Poll::Ready(Some(_))));
    lines.close();
    assert!(next(&lines).is_pending());
    lines.written();
    assert_eq!(next(&lines), Poll::Ready(None));
    assert_eq!((lines.inlet.depth(), lines.room()), (1, 0));
}

#[test]
fn what_a_client_did_not_get_is_not_told() {
    let lines = lines();
    lines.give(line(1));
    assert!(matches!(next(&lines), Poll::Ready(Some(_))));
    lines.give(line(1));
    lines.abandon();
    lines.written();
    lines.give(line(1));
    assert_eq!((next(&lines), lines.inlet.depth()), (Poll::Ready(None), 0));
}
