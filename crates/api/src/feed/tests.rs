//! Who is told of what, and what happens to those who are slow.

use domain::directory::Directory;
use domain::id::{MessageId, Stamp};

use super::*;
use crate::auth::Caller;

fn changed(counter: u16, account: Option<&str>) -> Changed {
    let message = MessageId::new(Stamp::new(1_795_000_000_000, counter), 7);
    Changed { message, account: account.map(Into::into), application: None, state: None }
}

#[tokio::test]
async fn a_tenant_is_told_only_of_its_own() {
    let feed = FeedHandle::new();
    assert!(!feed.is_watched());
    let mut acme = feed.subscribe(Scope::of(&Caller::Account("acme".into()), &Directory::default()));
    let mut operator = feed.subscribe(Scope::of(&Caller::Operator, &Directory::default()));
    assert!(feed.is_watched());
    feed.publish(vec![changed(1, Some("other"))]);
    feed.publish(vec![changed(2, None), changed(3, Some("acme"))]);
    assert_eq!(acme.next().await, Some(FeedItem::Changed(vec![changed(3, Some("acme"))])));
    assert_eq!(operator.next().await, Some(FeedItem::Changed(vec![changed(1, Some("other"))])));
    assert_eq!(operator.next().await, Some(FeedItem::Changed(vec![changed(2, None), changed(3, Some("acme"))])));
    drop(feed);
    assert_eq!(acme.next().await, None);
}

#[tokio::test]
async fn who_lags_and_who_misses_a_large_commit_reads_again() {
    let feed = FeedHandle::new();
    let mut slow = feed.subscribe(Scope::of(&Caller::Operator, &Directory::default()));
    for n in 0..=COMMITS_KEPT_MAX {
        feed.publish(vec![changed(n as u16, None)]);
    }
    assert_eq!(slow.next().await, Some(FeedItem::Refresh), "it has lagged by one commit more than is kept");
    assert_eq!(slow.next().await, Some(FeedItem::Changed(vec![changed(1, None)])));

    let mut other = feed.subscribe(Scope::of(&Caller::Operator, &Directory::default()));
    feed.publish((0..=CHANGES_TOLD_MAX).map(|n| changed(n as u16, None)).collect());
    assert_eq!(other.next().await, Some(FeedItem::Refresh));
}
