//! When a failed callback is attempted again.

use crate::callback::{AttemptFailure, AttemptOutcome, Callback};
use crate::directory::RetryPolicy;
use crate::limit::RETRY_AFTER_MS_MAX;
use crate::mint::Mint;
use crate::time::At;

/// What follows a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Attempt again after this many milliseconds.
    Again {
        /// The wait.
        wait_ms: u64,
    },
    /// The application said no for good.
    Refused,
    /// The time for attempts is used up.
    Exhausted,
}

/// Decides on a failed attempt: full jitter over the schedule, `Retry-After` obeyed as the least wait (RFC 9110
/// §10.2.3), 410 final.
pub fn after_failure(
    policy: &RetryPolicy,
    callback: &Callback,
    outcome: &AttemptOutcome,
    now: At,
    mint: &mut Mint,
) -> Verdict {
    if matches!(outcome.record.failure, Some(AttemptFailure::Gone | AttemptFailure::Refused)) {
        return Verdict::Refused;
    }
    let ends_at = callback.created_at.plus_ms(policy.for_ms);
    if now >= ends_at {
        return Verdict::Exhausted;
    }
    let index = (callback.attempts as usize).min(policy.waits_ms.len().saturating_sub(1));
    let bound = policy.waits_ms.get(index).copied().unwrap_or(0);
    let least = outcome.retry_after_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX);
    let wait_ms = mint.up_to(bound).max(least);
    // The last attempt comes when the time is used up, not after it.
    let left_ms = ends_at.ms_since(now);
    Verdict::Again { wait_ms: wait_ms.min(left_ms) }
}

#[cfg(test)]
mod tests;
