//! What the simulation drives: failing commits and crashes.

use domain::callback::CallbackState;
use domain::decision::Change;
use engine::port::{Browse, Store, StoreError};

use super::{Durable, MemoryStore};
use crate::tests::sample::{NOW, callback, callback_id};

#[test]
fn a_commit_fails_once_with_or_without_effect() {
    for (durable, is_there) in [(Durable::Nothing, false), (Durable::All, true)] {
        let (mut store, browse) = MemoryStore::new();
        let put = |number| [Change::PutCallback(callback(number, "a", CallbackState::Pending))];
        browse.fail_next_commit(StoreError::Full("test".into()), durable);
        assert_eq!(store.commit(NOW, &put(1)), Err(StoreError::Full("test".into())));
        assert_eq!(browse.callback(callback_id(1)).unwrap().is_some(), is_there);
        assert_eq!(store.commit(NOW, &put(2)), Ok(()));
    }
}

#[test]
fn a_crashed_owner_can_do_nothing_more() {
    let (mut old, browse) = MemoryStore::new();
    let put = |number| [Change::PutCallback(callback(number, "a", CallbackState::Pending))];
    old.commit(NOW, &put(1)).unwrap();
    let mut new = browse.crash();
    assert!(old.commit(NOW, &put(2)).unwrap_err().is_fatal());
    assert!(old.last_stamp().unwrap_err().is_fatal());
    let mut found = 0;
    new.unfinished(&mut |_| found += 1).unwrap();
    assert_eq!(found, 1);
}
