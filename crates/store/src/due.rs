//! Which unfinished MTs are overdue, whatever the backend.

use domain::outgoing::{Outgoing, OutgoingState};
use domain::time::At;

/// True when the validity of a queued MT, or the time of another one, is over.
pub(crate) fn is_overdue(outgoing: &Outgoing, now: At) -> bool {
    match outgoing.state {
        OutgoingState::Queued => outgoing.valid_until <= now,
        OutgoingState::Scheduled | OutgoingState::InDoubt | OutgoingState::Submitted => outgoing.due_at <= now,
    }
}
