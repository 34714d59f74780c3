//! Numbers, timeouts and late answers; above all that no slot leaks.

use super::*;

#[test]
fn a_number_in_flight_is_never_given_again() {
    let mut window = Window::new(10, 1000);
    window.last_sequence = SEQUENCE_MAX - 2;
    let mut given = Vec::new();
    for token in 0..3 {
        given.push(window.next_sequence());
        window.sent(given[token as usize], token, 0);
    }
    assert_eq!(given, [SEQUENCE_MAX - 1, SEQUENCE_MAX, 1]);
    // All the way round, up to what is still in flight.
    window.last_sequence = SEQUENCE_MAX - 2;
    assert_eq!(window.next_sequence(), 2);
}

#[test]
fn late_answers_still_name_their_request_once() {
    let mut window = Window::new(10, 1000);
    let sequence = window.next_sequence();
    window.sent(sequence, 7, 0);
    assert_eq!(window.expired(999), None);
    assert_eq!(window.expired(1000), Some(7));
    assert_eq!(window.expired(1000), None);
    assert_eq!(window.answered(sequence, 5000), Some(Answered { token: 7, late: true }));
    assert_eq!(window.answered(sequence, 5000), None);
}

#[test]
fn very_late_answers_are_strangers() {
    let mut window = Window::new(10, 1000);
    let sequence = window.next_sequence();
    window.sent(sequence, 7, 0);
    assert_eq!(window.expired(1000), Some(7));
    assert_eq!(window.answered(sequence, 1000 + LATE_MS_MAX), None);
}

#[test]
fn postponed_requests_expire_later() {
    let mut window = Window::new(10, 1000);
    let sequence = window.next_sequence();
    window.sent(sequence, 7, 0);
    window.postpone(500);
    assert_eq!(window.next_deadline(), Some(1500));
    assert_eq!(window.expired(1499), None);
    assert_eq!(window.expired(1500), Some(7));
}

#[test]
fn abandoned_requests_come_in_the_order_they_were_sent() {
    let mut window = Window::new(10, 1000);
    window.last_sequence = SEQUENCE_MAX - 3;
    let sequences: Vec<u32> = (0..6)
        .map(|token| {
            let sequence = window.next_sequence();
            window.sent(sequence, token, token);
            sequence
        })
        .collect();
    assert!(window.answered(sequences[2], 0).is_some());
    assert_eq!(window.abandon(), [0, 1, 3, 4, 5]);
    assert_eq!(window.in_flight(), 0);
}

/// Numbers that look random and are the same in every run (SplitMix64).
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

/// A million submits to a peer that answers out of order, twice, late, or never.
#[test]
fn no_slot_leaks() {
    const SUBMITS: u64 = 1_000_000;
    const SIZE: usize = 100;
    let mut window = Window::new(SIZE, 1000);
    window.last_sequence = SEQUENCE_MAX - 1000;
    let mut seed = 1;
    let mut now = 0;
    let mut sent: Vec<(u32, u64)> = Vec::new();
    let mut ended = vec![0u8; SUBMITS as usize];
    let (mut token, mut order_max) = (0, 0);
    while token < SUBMITS {
        while !window.is_full() && token < SUBMITS {
            let sequence = window.next_sequence();
            window.sent(sequence, token, now);
            sent.push((sequence, token));
            token += 1;
        }
        // Some answers, in any order; one in sixteen requests is never answered.
        for _ in 0..chance(&mut seed) % 64 {
            let at = (chance(&mut seed) % sent.len() as u64) as usize;
            let (sequence, expected) = sent[at];
            if expected.is_multiple_of(16) && !chance(&mut seed).is_multiple_of(64) {
                continue;
            }
            if let Some(answered) = window.answered(sequence, now) {
                assert_eq!(answered.token, expected);
                ended[expected as usize] |= if answered.late { 4 } else { 1 };
            }
            if !chance(&mut seed).is_multiple_of(4) {
                sent.swap_remove(at);
            }
        }
        if sent.len() > 2000 {
            sent.drain(..1000);
        }
        now += chance(&mut seed) % 40;
        while let Some(expired) = window.expired(now) {
            ended[expired as usize] |= 2;
        }
        order_max = order_max.max(window.order.len());
        assert!(window.in_flight() <= SIZE && window.late.len() <= LATE_MAX);
    }
    while let Some(expired) = window.expired(now + 1000) {
        ended[expired as usize] |= 2;
    }
    assert_eq!(window.in_flight(), 0);
    assert_eq!(window.next_deadline(), None);
    assert!(order_max <= 2 * SIZE + 65, "{order_max}");
    // Answered, or timed out and perhaps answered late; never both and never neither.
    assert_eq!(ended.iter().find(|end| !matches!(**end, 1 | 2 | 6)), None);
    for way in [1, 2, 6] {
        assert!(ended.contains(&way), "the peer was too kind: no {way}");
    }
}
