//! Very many messages through one machine, with a peer that answers as it likes: nothing is lost, told twice or kept.

use crate::pair::{bound_esme, events, message, output};
use smpp::pdu::{Command, Frame, PDU_BYTES_MAX, frame, write_empty};
use smpp::{BindEvent, Limits, SendRefused, Status};

const SUBMITS: u64 = 1_000_000;
const WINDOW: usize = 100;

/// Numbers that look random and are the same in every run (SplitMix64).
fn chance(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB)
}

/// The numbers of the submits in what was written.
fn sequences(mut octets: &[u8], take: &mut Vec<u32>) {
    while let Frame::Pdu { header, bytes, .. } = frame(octets, PDU_BYTES_MAX) {
        assert_eq!(header.command, Command::SUBMIT_SM);
        take.push(header.sequence);
        octets = &octets[bytes..];
    }
    assert!(octets.is_empty());
}

const ANSWERED: u8 = 1;
const TIMED_OUT: u8 = 2;
const LATE: u8 = 4;

/// How each submit ended.
struct Ends(Vec<u8>);

impl Ends {
    fn take(&mut self, told: Vec<BindEvent>) {
        for event in told {
            let (token, end) = match event {
                BindEvent::Submitted { token, late: false, .. } => (token, ANSWERED),
                BindEvent::Submitted { token, late: true, .. } => (token, LATE),
                BindEvent::SubmitTimedOut { token } => (token, TIMED_OUT),
                BindEvent::Complaint { .. } => continue,
                other => panic!("{other:?}"),
            };
            let ends = &mut self.0[token as usize];
            assert_eq!(*ends & end, 0, "{token} ended twice in one way");
            *ends |= end;
        }
    }
}

#[test]
fn a_million_submits_answered_out_of_order_twice_late_or_never_leave_no_slot_behind() {
    let limits = Limits { window: WINDOW, response_timeout_ms: 1000, enquire_interval_ms: 0, ..Limits::default() };
    let mut bind = bound_esme(limits);
    let text = message("hello");
    let (mut seed, mut now_ms, mut token) = (1, 0, 0);
    let mut waiting: Vec<u32> = Vec::new();
    let mut ends = Ends(vec![0; SUBMITS as usize]);
    let mut answers = Vec::new();
    while token < SUBMITS {
        while token < SUBMITS && bind.submit(token, &text, now_ms).is_ok() {
            token += 1;
        }
        assert!(bind.in_flight() == WINDOW || token == SUBMITS);
        sequences(&output(&mut bind), &mut waiting);
        answers.clear();
        for _ in 0..chance(&mut seed) % 64 {
            let at = (chance(&mut seed) % waiting.len() as u64) as usize;
            let sequence = waiting[at];
            // One in sixteen is never answered, one in sixteen late.
            let is_slow = sequence.is_multiple_of(8) && !chance(&mut seed).is_multiple_of(64);
            if sequence.is_multiple_of(16) || is_slow {
                continue;
            }
            let status = [Status::ROK, Status::RTHROTTLED][at % 2];
            write_empty(&mut answers, Command::SUBMIT_SM.response(), status, sequence);
            // One in four is answered again some time.
            if !chance(&mut seed).is_multiple_of(4) {
                waiting.swap_remove(at);
            }
        }
        if waiting.len() > 2000 {
            waiting.drain(..1000);
        }
        bind.receive(&answers, now_ms);
        now_ms += chance(&mut seed) % 40;
        bind.timeout(now_ms);
        ends.take(events(&mut bind));
        assert_eq!(bind.buffered_bytes(), 0);
    }
    bind.timeout(now_ms + 1000);
    ends.take(events(&mut bind));
    assert_eq!((bind.in_flight(), bind.next_deadline()), (0, None));
    // Answered, or timed out and perhaps answered late; never both and never neither.
    let odd = ends.0.iter().position(|ends| !matches!(*ends, ANSWERED | TIMED_OUT | 6));
    assert_eq!(odd, None);
    let count = |end: u8| ends.0.iter().filter(|ends| **ends == end).count();
    let counts = (count(ANSWERED), count(TIMED_OUT), count(TIMED_OUT | LATE));
    println!("{SUBMITS} submits: {counts:?} answered, timed out, timed out and answered late");
    assert!(counts.0 > 500_000 && counts.1 > 50_000 && counts.2 > 10_000, "the peer was too kind: {counts:?}");
    // The whole window is free again.
    for _ in 0..WINDOW {
        bind.submit(token, &text, now_ms).expect("room");
    }
    assert_eq!(bind.submit(token, &text, now_ms), Err(SendRefused::WindowFull));
}
