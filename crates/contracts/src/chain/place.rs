//! Where a request stands in its chain, and whether the next one may start (`docs/build/chains.md §5`).
//!
//! All that the rules need travels with each request, so that a branch is decided without looking at the others: a
//! request carries how many more may come below it, and the sum over all branches can never exceed the limit.

use std::fmt;

use domain::time::At;

use super::limit::{CHAIN_MS_MAX, DEPTH_MAX, FAN_OUT_MAX, REQUESTS_MAX};
use super::request::{Fingerprint, Request};

#[cfg(test)]
mod tests;

/// What a status means for the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The answer is read, and may ask for more.
    GoesOn,
    /// The request is attempted again, as after no answer at all.
    Again,
    /// The chain ends here.
    Ends,
}

/// What follows a status. Redirects are never followed; a status that HTTP doesn't know counts as the server's fault
/// (RFC 9110 §15).
pub const fn verdict(status: u16) -> Verdict {
    match status {
        200 | 201 => Verdict::GoesOn,
        429 => Verdict::Again,
        100..=499 => Verdict::Ends,
        _ => Verdict::Again,
    }
}

/// Why a chain ends, or why a request of it is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// [`DEPTH_MAX`] requests were made in a row.
    Depth,
    /// The answer asks for more than [`FAN_OUT_MAX`] requests.
    FanOut,
    /// The chain has [`REQUESTS_MAX`] requests.
    Requests,
    /// The chain has taken [`CHAIN_MS_MAX`].
    Deadline,
    /// The same request was made before on the way here.
    Cycle {
        /// At this depth.
        depth: u8,
    },
    /// The answer had a status other than 200 and 201.
    Status {
        /// Which.
        status: u16,
    },
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Depth => write!(f, "{DEPTH_MAX} requests were made in a row, and more are not"),
            End::FanOut => write!(f, "an answer may ask for {FAN_OUT_MAX} requests, and this is one more"),
            End::Requests => {
                write!(f, "a chain may have {REQUESTS_MAX} requests, and this branch has used its part of them")
            }
            End::Deadline => write!(f, "the chain has taken {} minutes", CHAIN_MS_MAX / 60_000),
            End::Cycle { depth } => write!(f, "the very same request was made at depth {depth} of this chain"),
            End::Status { status } => write!(f, "a chain goes on only after 200 or 201, not after {status}"),
        }
    }
}

impl std::error::Error for End {}

/// Where a request stands. Kept with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// How many requests were made in a row, this one included; 0 for what began the chain.
    pub depth: u8,
    /// How many more requests may come below this one.
    pub requests_left: u16,
    /// When the chain ends: no attempt starts at this time or later.
    pub deadline_at: At,
    /// The requests in a row, from the first to this one.
    pub path: Vec<Fingerprint>,
}

impl Place {
    /// The place of what begins a chain: the application's own callback, whose answer is committed now.
    pub const fn root(now: At) -> Place {
        Place { depth: 0, requests_left: REQUESTS_MAX, deadline_at: now.plus_ms(CHAIN_MS_MAX), path: Vec::new() }
    }

    /// Whether the chain's time is over: neither an attempt nor a further request may start.
    pub fn is_over(&self, now: At) -> bool {
        now >= self.deadline_at
    }

    /// Which of the requests that an answer asks for may start, in their order: the place of each, or why not.
    pub fn admit<'a>(&self, asked: impl IntoIterator<Item = &'a Request>, now: At) -> Vec<Result<Place, End>> {
        let found: Vec<Result<Fingerprint, End>> =
            asked.into_iter().enumerate().map(|(index, request)| self.check(index, request, now)).collect();
        let wanted = found.iter().filter(|found| found.is_ok()).count();
        let admitted = wanted.min(usize::from(self.requests_left)) as u16;
        // What is left is shared evenly by those that start.
        let requests_left = (self.requests_left - admitted).checked_div(admitted).unwrap_or(0);
        let mut started = 0;
        let place = |found: Result<Fingerprint, End>| {
            let own = found?;
            if started == admitted {
                return Err(End::Requests);
            }
            started += 1;
            let path = self.path.iter().copied().chain([own]).collect();
            Ok(Place { depth: self.depth + 1, requests_left, deadline_at: self.deadline_at, path })
        };
        found.into_iter().map(place).collect()
    }

    fn check(&self, index: usize, request: &Request, now: At) -> Result<Fingerprint, End> {
        if self.is_over(now) {
            return Err(End::Deadline);
        }
        if self.depth >= DEPTH_MAX {
            return Err(End::Depth);
        }
        if index >= FAN_OUT_MAX {
            return Err(End::FanOut);
        }
        let own = request.fingerprint();
        match self.path.iter().position(|earlier| *earlier == own) {
            // The path is no longer than the chain is deep.
            Some(position) => Err(End::Cycle { depth: position as u8 + 1 }),
            None => Ok(own),
        }
    }
}
