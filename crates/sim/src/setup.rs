//! The configuration every world starts from.

use std::sync::Arc;

use domain::address::Address;
use domain::directory::{
    Account, Application, Channel, Contract, Directory, InDoubt, KeywordMatch, RetryPolicy, Route, SegmentMark,
};
use domain::secret::Secret;

use crate::plan::Plan;

/// How long a failing callback holds its lane.
pub(crate) const ORDER_HOLD_MS: u64 = 20_000;
/// How long segments of a long MO are waited for.
pub(crate) const REASSEMBLY_MS: u64 = 120_000;

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).expect("the addresses of the world are well formed")
}

/// `weather` opens sessions, `news` subscribes, `bank` takes the rest and sends. `carrier` submits doubts again, `spare`
/// holds them.
pub(crate) fn directory(plan: &Plan, without: Option<&str>) -> Arc<Directory> {
    let account = Account { key: "acme".into(), tokens: Vec::new(), concurrency: None };
    let applications = ["weather", "news", "bank"].into_iter().filter(|id| Some(*id) != without);
    let applications = applications.map(|id| application(id, plan)).collect();
    let channels = vec![
        Channel { rate: plan.rate, ..channel("carrier", &["8282", "9292"], InDoubt::Resubmit, plan) },
        channel("spare", &["7777"], InDoubt::Hold, plan),
    ];
    let routes = vec![
        Route { session: true, ..route("weather", "8282", Some("weather")) },
        Route { auto_reply: Some("Send WEATHER and a town.".into()), ..route("weather", "8282", Some("help")) },
        Route {
            auto_subscribe: true,
            confirmation: Some("Welcome to the news.".into()),
            ..route("news", "8282", Some("join"))
        },
        route("news", "8282", Some("news")),
        route("news", "7777", Some("news")),
        route("bank", "9292", None),
        route("bank", "7777", None),
    ];
    let routes = routes.into_iter().filter(|route| Some(&*route.application) != without).collect();
    Arc::new(Directory::new(vec![account], applications, channels, routes))
}

fn application(id: &str, plan: &Plan) -> Application {
    Application {
        id: id.into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: format!("http://127.0.0.1:9000/{id}").into(),
        api_key: Secret::new(format!("{id}-key")),
        retry: RetryPolicy { waits_ms: vec![0, 2_000, 10_000], for_ms: plan.retry_for_ms },
        order_hold_ms: ORDER_HOLD_MS,
        concurrency: plan.concurrency,
        timeout_ms: 5_000,
        report_queued: id == "bank",
        vumi: None,
    }
}

fn channel(id: &str, addresses: &[&str], in_doubt: InDoubt, plan: &Plan) -> Channel {
    Channel {
        id: id.into(),
        kind: "smpp",
        addresses: addresses.iter().map(|a| address(a)).collect(),
        in_doubt,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: plan.validity_ms,
        dedupe_ms: plan.dedupe_ms,
        reassembly_ms: REASSEMBLY_MS,
        ussd: None,
    }
}

fn route(application: &str, on: &str, keyword: Option<&str>) -> Route {
    Route {
        application: application.into(),
        address: address(on),
        keyword: keyword.map(Into::into),
        matching: KeywordMatch::StartsWith,
        session: false,
        session_ms: 45_000,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    }
}
