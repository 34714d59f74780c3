//! When the next attempt comes.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::address::Address;
use crate::callback::{AttemptRecord, CallbackKind, CallbackState};
use crate::id::{CallbackId, MessageId, Stamp};

const MADE_AT: At = At::from_ms(1_795_000_000_000);

fn callback(attempts: u32) -> Callback {
    let message = MessageId::new(Stamp::new(1, 0), 1);
    Callback {
        id: CallbackId::new(message.stamp, 2),
        message,
        application: "weather".into(),
        phone: Address::parse("+41791").unwrap(),
        service_address: Address::parse("8282").unwrap(),
        channel: "carrier".into(),
        hops: 0,
        kind: CallbackKind::IncomingMessage,
        state: CallbackState::Pending,
        created_at: MADE_AT,
        due_at: MADE_AT,
        attempts,
        failing_since: None,
        detached: false,
        subscribe: None,
    }
}

fn failed(failure: AttemptFailure, retry_after_ms: Option<u64>) -> AttemptOutcome {
    AttemptOutcome {
        record: AttemptRecord {
            number: 1,
            started_at: MADE_AT,
            took_ms: 1,
            url: "http://127.0.0.1:9000/".into(),
            status: None,
            failure: Some(failure),
            detail: String::new(),
            content_type: String::new(),
            body: String::new(),
        },
        answer: None,
        retry_after_ms,
    }
}

/// What follows after `attempts` ended attempts, `after_ms` after the callback was made.
fn verdict(policy: &RetryPolicy, attempts: u32, after_ms: u64, outcome: &AttemptOutcome, seed: u64) -> Verdict {
    let mut mint = Mint::new(Stamp(0), seed);
    after_failure(policy, &callback(attempts - 1), outcome, MADE_AT.plus_ms(after_ms), &mut mint)
}

fn policy(waits_ms: &[u64]) -> RetryPolicy {
    RetryPolicy { waits_ms: waits_ms.to_vec(), for_ms: 86_400_000 }
}

#[test]
fn the_wait_is_anywhere_between_nothing_and_the_bound_of_the_attempt() {
    let policy = policy(&[0, 5_000, 30_000]);
    for (attempts, bound) in [(1, 0), (2, 5_000), (3, 30_000), (4, 30_000), (4_000_000, 30_000)] {
        let waits: Vec<u64> = (0..1_000)
            .map(|seed| match verdict(&policy, attempts, 0, &failed(AttemptFailure::TimedOut, None), seed) {
                Verdict::Again { wait_ms } => wait_ms,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(waits.iter().all(|wait| *wait <= bound), "attempt {attempts}");
        let (low, high) = (bound / 10, bound - bound / 10);
        assert!(waits.iter().any(|wait| *wait <= low) && waits.iter().any(|wait| *wait >= high), "attempt {attempts}");
        let mean = waits.iter().sum::<u64>() / 1_000;
        assert!(mean >= bound * 4 / 10 && mean <= bound * 6 / 10, "attempt {attempts}: {mean} of {bound}");
    }
}

#[test]
fn a_failure_leads_to_the_verdict_the_words_say() {
    let policy = policy(&[0]);
    let check = |failure: AttemptFailure, after_ms: u64, expected: Verdict| {
        assert_eq!(verdict(&policy, 1, after_ms, &failed(failure, None), 1), expected, "{failure:?} after {after_ms}");
    };
    let again = || Verdict::Again { wait_ms: 0 };
    for failure in AttemptFailure::ALL {
        let gone = matches!(failure, AttemptFailure::Gone | AttemptFailure::Refused);
        check(failure, 0, if gone { Verdict::Refused } else { again() });
        check(failure, 86_399_999, if gone { Verdict::Refused } else { again() });
        check(failure, 86_400_000, if gone { Verdict::Refused } else { Verdict::Exhausted });
    }
}

#[test]
fn retry_after_is_the_least_wait_and_has_a_bound() {
    let check = |retry_after_ms: u64, after_ms: u64, expected_ms: u64| {
        let outcome = failed(AttemptFailure::Status, Some(retry_after_ms));
        assert_eq!(verdict(&policy(&[0]), 1, after_ms, &outcome, 1), Verdict::Again { wait_ms: expected_ms });
    };
    check(0, 0, 0);
    check(90_000, 0, 90_000);
    check(RETRY_AFTER_MS_MAX, 0, RETRY_AFTER_MS_MAX);
    check(RETRY_AFTER_MS_MAX + 1, 0, RETRY_AFTER_MS_MAX);
    check(u64::MAX, 0, RETRY_AFTER_MS_MAX);
    check(90_000, 86_400_000 - 1_000, 1_000);
}

#[test]
fn a_schedule_without_waits_attempts_at_once() {
    let outcome = failed(AttemptFailure::TimedOut, None);
    assert_eq!(verdict(&policy(&[]), 3, 0, &outcome, 1), Verdict::Again { wait_ms: 0 });
}

proptest! {
    #[test]
    fn no_wait_leaves_its_bounds(
        waits_ms in vec(0u64..100_000, 1..6),
        for_ms in 0u64..1_000_000,
        attempts in 1u32..20,
        after_ms in 0u64..1_000_000,
        retry_after_ms in prop::option::of(0u64..10_000_000),
        seed in any::<u64>(),
    ) {
        let policy = RetryPolicy { waits_ms: waits_ms.clone(), for_ms };
        let outcome = failed(AttemptFailure::Status, retry_after_ms);
        match verdict(&policy, attempts, after_ms, &outcome, seed) {
            Verdict::Again { wait_ms } => {
                prop_assert!(after_ms < for_ms);
                prop_assert!(after_ms + wait_ms <= for_ms, "the last attempt comes when the time is used up");
                let bound = waits_ms[(attempts as usize - 1).min(waits_ms.len() - 1)];
                let least = retry_after_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX);
                prop_assert!(wait_ms <= bound.max(least));
                prop_assert!(wait_ms >= least.min(for_ms - after_ms));
            }
            Verdict::Exhausted => prop_assert!(after_ms >= for_ms),
            Verdict::Refused => prop_assert!(false, "nobody said no"),
        }
    }
}
