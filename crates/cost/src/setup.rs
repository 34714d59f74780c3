//! The configuration and the nouns that the scenarios start from.

use std::sync::Arc;

use domain::address::Address;
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use domain::secret::Secret;
use domain::time::At;

/// 2026-11-18, the time of every scenario.
pub(crate) const NOW: At = At::from_ms(1_795_000_000_000);
/// The person of every scenario.
pub(crate) const PHONE: &str = "+41791234567";
/// Our end.
pub(crate) const SERVICE_ADDRESS: &str = "8282";

const SESSION_MS: u64 = 600_000;

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("the scenarios write addresses well")
}

pub(crate) fn application(id: &str) -> Application {
    Application {
        id: id.into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9000/gateway".into(),
        api_key: Secret::new("weather-key"),
        retry: RetryPolicy { waits_ms: vec![0, 5_000, 30_000, 120_000, 600_000, 3_600_000], for_ms: 86_400_000 },
        order_hold_ms: 300_000,
        concurrency: 16,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    }
}

/// A keyword that opens a session; without one, everything to the address.
pub(crate) fn route(application: &str, on: &str, keyword: Option<&str>) -> Route {
    Route {
        application: application.into(),
        address: address(on),
        keyword: keyword.map(Into::into),
        matching: KeywordMatch::StartsWith,
        session: keyword.is_some(),
        session_ms: SESSION_MS,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    }
}

fn channel(addresses: Vec<Address>) -> Channel {
    Channel {
        id: "carrier".into(),
        kind: "smpp",
        addresses,
        in_doubt: InDoubt::Resubmit,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: 86_400_000,
        dedupe_ms: 3_600_000,
        reassembly_ms: 1_800_000,
        ussd: None,
    }
}

/// `applications` of one account and their routes, on one channel that serves every address with a route.
pub(crate) fn directory(applications: Vec<Application>, routes: Vec<Route>) -> Arc<Directory> {
    let account = Account { key: "acme".into(), tokens: vec![Secret::new("acme-token")], concurrency: None };
    let mut addresses: Vec<Address> = routes.iter().map(|route| route.address.clone()).collect();
    addresses.sort();
    addresses.dedup();
    Arc::new(Directory::new(vec![account], applications, vec![channel(addresses)], routes))
}

/// Two applications and three keywords: a small gateway.
pub(crate) fn small_directory() -> Arc<Directory> {
    let routes = vec![
        route("weather", SERVICE_ADDRESS, Some("weather")),
        route("news", SERVICE_ADDRESS, Some("news")),
        route("news", "9292", None),
    ];
    directory(vec![application("weather"), application("news")], routes)
}
