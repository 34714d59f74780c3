//! How many requests of each account are under way, and a bound on it (`docs/reference/vumi.md §7`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use domain::directory::{Account, Name};

type Counts = Arc<Mutex<HashMap<Name, u32>>>;

/// The counts; clones share them.
#[derive(Clone, Default)]
pub(crate) struct UnderWay {
    counts: Counts,
}

impl UnderWay {
    /// A place for one more request of the account; none when it has as many as it may.
    pub(crate) fn enter(&self, account: &Account) -> Option<Place> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&account.key).copied().unwrap_or(0);
        if account.concurrency.is_some_and(|most| count >= most) {
            return None;
        }
        counts.insert(account.key.clone(), count.saturating_add(1));
        Some(Place { account: account.key.clone(), counts: self.counts.clone() })
    }
}

/// A request's place, given back when it is dropped: that is, when the request ends, or its connection does.
pub(crate) struct Place {
    account: Name,
    counts: Counts,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.account) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.account)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_by_account_and_given_back() {
        let account = |key: &str, concurrency| Account { key: key.into(), tokens: Vec::new(), concurrency };
        let under_way = UnderWay::default();
        let first = under_way.enter(&account("acme", Some(2)));
        let second = under_way.enter(&account("acme", Some(2)));
        assert!(first.is_some() && second.is_some());
        assert!(under_way.enter(&account("acme", Some(2))).is_none());
        assert!(under_way.enter(&account("other", Some(1))).is_some(), "another account has places of its own");
        assert!(under_way.enter(&account("acme", None)).is_some(), "without a bound there is always one");
        drop(first);
        assert!(under_way.enter(&account("acme", Some(2))).is_some());
        drop(second);
        assert_eq!(under_way.counts.lock().unwrap().len(), 0, "nothing is kept of accounts without requests");
    }
}
