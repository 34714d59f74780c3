//! When a chain goes on, and that it always ends.

use proptest::prelude::*;

use super::*;
use crate::chain::request::Method;

const NOW: At = At::from_ms(1_795_000_000_000);

fn request(name: &str) -> Request {
    Request { method: Method::Post, url: format!("http://a.example/{name}"), headers: Vec::new(), body: Vec::new() }
}

fn admit(place: &Place, count: usize) -> Vec<Result<Place, End>> {
    let asked: Vec<Request> = (0..count).map(|n| request(&format!("{}-{n}", place.depth))).collect();
    place.admit(&asked, NOW)
}

#[test]
fn only_200_and_201_go_on() {
    let check = |statuses: &[u16], expected| {
        for status in statuses {
            assert_eq!(verdict(*status), expected, "{status}");
        }
    };
    check(&[200, 201], Verdict::GoesOn);
    check(&[202, 204, 206, 299, 100, 199, 301, 302, 307, 400, 401, 403, 404, 408, 409, 410, 499], Verdict::Ends);
    check(&[500, 502, 503, 504, 599, 600, 0, 99, 429], Verdict::Again);
}

#[test]
fn twelve_requests_in_a_row_are_made() {
    let mut place = Place::root(NOW);
    for depth in 1..=DEPTH_MAX {
        place = admit(&place, 1).remove(0).unwrap();
        assert_eq!((place.depth, place.path.len()), (depth, usize::from(depth)));
        assert_eq!(place.deadline_at, NOW.plus_ms(600_000));
    }
    assert_eq!(admit(&place, 1), [Err(End::Depth)]);
}

#[test]
fn eight_requests_of_one_answer_are_made() {
    let found = admit(&Place::root(NOW), FAN_OUT_MAX + 2);
    assert!(found[..FAN_OUT_MAX].iter().all(Result::is_ok));
    assert_eq!(found[FAN_OUT_MAX..], [Err(End::FanOut), Err(End::FanOut)]);
}

#[test]
fn the_time_of_a_chain_runs_from_its_begin() {
    let root = Place::root(NOW);
    let last = NOW.plus_ms(CHAIN_MS_MAX - 1);
    let first = root.admit(&[request("a")], last).remove(0).unwrap();
    assert!(!first.is_over(last));
    let end = NOW.plus_ms(CHAIN_MS_MAX);
    assert!(first.is_over(end));
    assert_eq!(first.admit(&[request("b")], end), [Err(End::Deadline)]);
}

#[test]
fn the_same_request_again_is_a_cycle_and_another_body_is_not() {
    let (a, b) = (request("a"), request("b"));
    let at = |place: &Place, request: &Request| place.admit([request], NOW).remove(0);
    let one = at(&Place::root(NOW), &a).unwrap();
    let two = at(&one, &b).unwrap();
    assert_eq!(at(&one, &a), Err(End::Cycle { depth: 1 }));
    assert_eq!(at(&two, &a), Err(End::Cycle { depth: 1 }));
    assert_eq!(at(&two, &b), Err(End::Cycle { depth: 2 }));
    assert!(at(&two, &Request { body: b"page=2".to_vec(), ..a.clone() }).is_ok());
    assert!(at(&two, &Request { method: Method::Put, ..a.clone() }).is_ok());
    // Side by side is no cycle.
    assert!(Place::root(NOW).admit([&a, &a], NOW).iter().all(Result::is_ok));
}

#[test]
fn a_branch_that_used_its_part_ends_and_says_so() {
    let mut places: Vec<Place> = vec![Place::root(NOW)];
    let mut made = 0;
    let mut ended = false;
    while let Some(place) = places.pop() {
        for found in admit(&place, FAN_OUT_MAX) {
            match found {
                Ok(place) => {
                    made += 1;
                    places.push(place);
                }
                Err(end) => {
                    assert_eq!(end, End::Requests);
                    ended = true;
                }
            }
        }
    }
    assert_eq!((made, ended), (REQUESTS_MAX, true));
}

#[test]
fn ends_are_told_in_words() {
    let ends =
        [End::Depth, End::FanOut, End::Requests, End::Deadline, End::Cycle { depth: 3 }, End::Status { status: 404 }];
    let words: Vec<String> = ends.iter().map(End::to_string).collect();
    assert_eq!(words[0], "12 requests were made in a row, and more are not");
    assert_eq!(words[3], "the chain has taken 10 minutes");
    assert_eq!(words[5], "a chain goes on only after 200 or 201, not after 404");
}

proptest! {
    #[test]
    fn no_chain_has_more_requests_than_allowed(fans in prop::collection::vec(0_usize..12, 1..40)) {
        let mut fans = fans.into_iter().cycle();
        let mut places = vec![Place::root(NOW)];
        let mut made = 0_u16;
        while let Some(place) = places.pop() {
            prop_assert!(place.depth <= DEPTH_MAX);
            let asked = fans.next().unwrap_or(0);
            let admitted: Vec<Place> = admit(&place, asked).into_iter().flatten().collect();
            prop_assert!(admitted.len() <= asked.min(FAN_OUT_MAX));
            made += admitted.len() as u16;
            places.extend(admitted);
        }
        prop_assert!(made <= REQUESTS_MAX, "{made}");
    }
}
