//! What the response to a push means (`docs/reference/vumi.md §5`).
//!
//! Vumi reads the status and nothing else: an application replies by putting a message, so a response asks for nothing.

use domain::answer::Answer;
use domain::callback::CallbackKind;

use crate::Verdict;

/// Budget of one attempt, in milliseconds, unless configured otherwise.
pub const TIMEOUT_MS: u64 = 5_000;
/// Waits before attempts 2, 3 and 4, in milliseconds, unless configured otherwise: they come 5, 30 and 60 minutes
/// after the first one.
pub const RETRY_WAITS_MS: [u64; 3] = [300_000, 1_500_000, 1_800_000];
/// How long attempts go on, in milliseconds, unless configured otherwise.
pub const RETRY_FOR_MS: u64 = 3_600_000;

/// What follows a response with this status. Redirects are not followed; a status that HTTP doesn't know counts as the
/// server's fault (RFC 9110 §15).
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200..=299 => Verdict::Taken,
        100..=199 | 300..=499 => Verdict::Refused,
        _ => Verdict::Again,
    }
}

/// Understands the response to a push that was taken: whatever it says, nothing is asked.
pub fn understand(_kind: CallbackKind, _content_type: Option<&str>, _body: &[u8]) -> Answer {
    Answer::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_servers_fault_is_attempted_again() {
        let check = |statuses: &[u16], expected| {
            for status in statuses {
                assert_eq!(verdict(*status), expected, "{status}");
            }
        };
        check(&[200, 201, 202, 204, 299], Verdict::Taken);
        check(&[500, 502, 503, 504, 599, 600, 999, 0, 99], Verdict::Again);
        check(&[101, 199, 300, 301, 302, 307, 308, 400, 401, 404, 408, 410, 429, 499], Verdict::Refused);
    }

    #[test]
    fn a_response_asks_for_nothing() {
        let body = br#"{"body":"hi","close_session":true,"content":"hi"}"#;
        for kind in CallbackKind::ALL {
            assert_eq!(understand(kind, Some("application/json"), body), Answer::default());
        }
    }

    #[test]
    fn the_last_attempt_comes_when_the_waits_are_over() {
        assert_eq!(RETRY_WAITS_MS.iter().sum::<u64>(), RETRY_FOR_MS);
    }
}
