//! The configuration the scenarios start from, and how to bend it.

use std::sync::Arc;

use super::world::World;
use crate::address::Address;
use crate::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use crate::secret::Secret;

/// How long a session of the usual routes lives without a message.
pub(super) const SESSION_MS: u64 = 600_000;
/// How long the usual channels remember a network id.
pub(super) const DEDUPE_MS: u64 = 3_600_000;
/// How long the usual channels wait for segments.
pub(super) const REASSEMBLY_MS: u64 = 120_000;
/// How long an MT is valid on the usual channels.
pub(super) const VALIDITY_MS: u64 = 86_400_000;
/// The wait before the second, third, … attempt of the usual applications.
pub(super) const WAITS_MS: [u64; 3] = [0, 5_000, 30_000];
/// How long the usual applications are attempted.
pub(super) const RETRY_FOR_MS: u64 = 3_600_000;

pub(super) struct Setup {
    pub(super) applications: Vec<Application>,
    pub(super) channels: Vec<Channel>,
    pub(super) routes: Vec<Route>,
}

impl Setup {
    /// `weather` and `idle` belong to account `acme`, `news` to `press`. The channels `carrier` (8282, 9292) and `spare`
    /// (7777) ask for reports; `carrier` submits again in doubt, `spare` holds.
    pub(super) fn usual() -> Setup {
        Setup {
            applications: vec![
                application("weather", "acme"),
                application("idle", "acme"),
                application("news", "press"),
            ],
            channels: vec![
                channel("carrier", &["8282", "9292"], InDoubt::Resubmit),
                channel("spare", &["7777"], InDoubt::Hold),
            ],
            routes: vec![
                Route { session: true, ..route("weather", "8282", "weather") },
                Route {
                    matching: KeywordMatch::Exact,
                    auto_reply: Some("Send WEATHER and a town.".into()),
                    ..route("weather", "8282", "help")
                },
                route("news", "8282", "news"),
                Route {
                    matching: KeywordMatch::Exact,
                    auto_subscribe: true,
                    confirmation: Some("Welcome to the news.".into()),
                    ..route("news", "8282", "join")
                },
                Route { keyword: None, ..route("news", "9292", "") },
            ],
        }
    }

    pub(super) fn application(mut self, id: &str, change: impl FnOnce(&mut Application)) -> Setup {
        change(self.applications.iter_mut().find(|a| &*a.id == id).unwrap());
        self
    }

    pub(super) fn channel(mut self, id: &str, change: impl FnOnce(&mut Channel)) -> Setup {
        change(self.channels.iter_mut().find(|c| &*c.id == id).unwrap());
        self
    }

    pub(super) fn route(mut self, route: Route) -> Setup {
        self.routes.push(route);
        self
    }

    pub(super) fn without_application(mut self, id: &str) -> Setup {
        self.applications.retain(|a| &*a.id != id);
        self.routes.retain(|r| &*r.application != id);
        self
    }

    pub(super) fn directory(self) -> Arc<Directory> {
        let account = |key: &str| Account { key: key.into(), tokens: Vec::new(), concurrency: None };
        let accounts = vec![account("acme"), account("press")];
        Arc::new(Directory::new(accounts, self.applications, self.channels, self.routes))
    }

    pub(super) fn world(self) -> World {
        World::new(self.directory())
    }
}

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A route on the first words of a text, without session, text or subscription.
pub(super) fn route(application: &str, on: &str, keyword: &str) -> Route {
    Route {
        application: application.into(),
        address: address(on),
        keyword: Some(keyword.into()),
        matching: KeywordMatch::StartsWith,
        session: false,
        session_ms: SESSION_MS,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    }
}

fn application(id: &str, account: &str) -> Application {
    Application {
        id: id.into(),
        account: account.into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9000/gateway".into(),
        api_key: Secret::new("key"),
        retry: RetryPolicy { waits_ms: WAITS_MS.to_vec(), for_ms: RETRY_FOR_MS },
        order_hold_ms: 300_000,
        concurrency: 16,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    }
}

fn channel(id: &str, addresses: &[&str], in_doubt: InDoubt) -> Channel {
    Channel {
        id: id.into(),
        kind: "smpp",
        addresses: addresses.iter().map(|a| address(a)).collect(),
        in_doubt,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: VALIDITY_MS,
        dedupe_ms: DEDUPE_MS,
        reassembly_ms: REASSEMBLY_MS,
        ussd: None,
    }
}
