//! Orders that were told as in doubt because the network was silent for too long, remembered while their connection
//! lasts, so that an answer that comes after all still finds its message. The bind machine forgets the numbers of such
//! submits after an hour.

use std::collections::BTreeMap;

use smpp::window::LATE_MAX;

use super::order::Overdue;

/// The youngest [`LATE_MAX`] of one connection, by the token of their submit.
#[derive(Default)]
pub(super) struct Overdues(BTreeMap<u64, Overdue>);

impl Overdues {
    /// Remembers one; the oldest goes when there are too many. Tokens count up.
    pub(super) fn keep(&mut self, token: u64, overdue: Overdue) {
        if self.0.len() >= LATE_MAX {
            self.0.pop_first();
        }
        self.0.insert(token, overdue);
    }

    /// Takes out the one whose answer came.
    pub(super) fn take(&mut self, token: u64) -> Option<Overdue> {
        self.0.remove(&token)
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{MessageId, Stamp};

    use super::*;

    #[test]
    fn the_youngest_are_remembered_and_taken_once() {
        let overdue = |token| Overdue { message: MessageId::new(Stamp::new(token, 0), 1), segment: 0 };
        let mut overdues = Overdues::default();
        for token in 0..LATE_MAX as u64 + 2 {
            overdues.keep(token, overdue(token));
        }
        assert_eq!((overdues.take(0), overdues.take(1)), (None, None));
        assert_eq!((overdues.take(2), overdues.take(2)), (Some(overdue(2)), None));
        assert_eq!(overdues.0.len(), LATE_MAX - 1);
    }
}
