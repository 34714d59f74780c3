//! What is measured beside rates: a backlog and its memory, the start with it, its recovery, good applications beside
//! a dead one, a network that is far away, and more than can be delivered. One run each, told in a line of words and one
//! of JSON.

use std::time::Instant;

use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::gateway::{Gateway, Setup, free_port};
use crate::http_load;
use crate::process::{Running, now_us};
use crate::report::{percentile, say};
use crate::scenario::{callbacks, plan};
use crate::smsc::{Plan, Seen, Smsc};

pub(crate) const NAMES: [&str; 5] = ["backlog", "backlog-phones", "isolation", "far-network", "overload"];

const HEALTHY: [&str; 20] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8",
    "b9",
];

/// Runs one; `messages` instead of its own number.
pub(crate) async fn run(name: &str, messages: Option<usize>) -> Result<(), String> {
    let told = match name {
        "backlog" => backlog(messages.unwrap_or(1_000_000), 100_000).await?,
        "backlog-phones" => backlog(messages.unwrap_or(1_000_000), usize::MAX).await?,
        "isolation" => isolation(messages.unwrap_or(100_000)).await?,
        "far-network" => far_network(messages.unwrap_or(40_000)).await?,
        _ => overload(messages.unwrap_or(10)).await?,
    };
    say(&format!("{name}: {told}"));
    Ok(())
}

/// The network's end of a gateway that is about to start.
pub(crate) struct Network {
    pub(crate) listener: TcpListener,
    port: u16,
}

impl Network {
    pub(crate) async fn open() -> Result<Network, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        Ok(Network { listener, port })
    }

    pub(crate) fn setup<'s>(&self, applications: Vec<(&'s str, String)>) -> Setup<'s> {
        Setup { smsc_port: self.port, applications, window: 50, links: 1, other_routes: 0 }
    }
}

pub(crate) fn application(port: u16) -> Result<(Running, String), String> {
    let myself = std::env::current_exe().map_err(|e| e.to_string())?;
    Running::start(&myself, &["app", "silent", &port.to_string()])
}

pub(crate) fn mib(gateway: &Gateway) -> f64 {
    (gateway.usage().rss_kib as f64 / 102.4).round() / 10.0
}

/// `count` MOs for an application that is down; a restart with them; then it comes back.
async fn backlog(count: usize, phones: usize) -> Result<Value, String> {
    let network = Network::open().await?;
    let port = free_port()?;
    let setup = network.setup(vec![("weather", format!("127.0.0.1:{port}"))]);
    let gateway = Gateway::start(&setup).await?;
    let idle_mib = mib(&gateway);
    let mut smsc = Smsc::accept(&network.listener).await?;
    let seen = smsc.run(Plan { phones: phones.min(count), ..plan(count) }).await?;
    let queued_mib = mib(&gateway);
    drop(smsc);
    let stopping = Instant::now();
    let gateway = gateway.restart().await?;
    let restart_ms = stopping.elapsed().as_millis() as u64;
    let ready_mib = mib(&gateway);
    let (_app, app) = application(port)?;
    let waited = now_us();
    let stats = callbacks(&app, count as u64).await?;
    let first_us = stats["first_us"].as_u64().unwrap_or(waited);
    let drained_us = stats["last_us"].as_u64().unwrap_or(waited).saturating_sub(first_us);
    let told = json!({
        "queued": seen.taken, "refused": seen.refused, "phones": phones.min(count),
        "accepted_per_s": rate(seen.taken, seen.last_us - seen.first_us),
        "idle_mib": idle_mib, "queued_mib": queued_mib, "stop_and_start_ms": restart_ms, "restarted_mib": ready_mib,
        "first_callback_after_ms": first_us.saturating_sub(waited) / 1000,
        "drained_per_s": rate(count, drained_us), "out_of_order": stats["disordered"], "links_max": stats["links_max"],
        "drained_mib": mib(&gateway),
    });
    gateway.stop()?;
    Ok(told)
}

/// Twenty good applications, alone and then beside one that takes connections and never answers, with `queued` callbacks.
async fn isolation(queued: usize) -> Result<Value, String> {
    let network = Network::open().await?;
    let (_app, app) = application(0)?;
    let hole = std::net::TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    let hole_address = hole.local_addr().map_err(|e| e.to_string())?.to_string();
    let mut applications: Vec<(&str, String)> = HEALTHY.iter().map(|word| (*word, app.clone())).collect();
    applications.push(("dead", hole_address));
    let gateway = Gateway::start(&network.setup(applications)).await?;
    let mut smsc = Smsc::accept(&network.listener).await?;
    let mut total = 0;
    let alone = neighbours(&mut smsc, &app, &mut total).await?;
    let backlog = smsc.run(Plan { keywords: &["dead"], ..plan(queued) }).await?;
    let beside = neighbours(&mut smsc, &app, &mut total).await?;
    let queued_mib = mib(&gateway);
    gateway.stop()?;
    Ok(json!({ "queued": backlog.taken, "alone": alone, "beside": beside, "queued_mib": queued_mib }))
}

/// Ages at a steady 2,000 a second, and the rate without a pace: medians of five rounds.
async fn neighbours(smsc: &mut Smsc, app: &str, total: &mut u64) -> Result<Value, String> {
    let (mut p50, mut p99, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        smsc.run(Plan { pace_us: 500, keywords: &HEALTHY, ..plan(10_000) }).await?;
        *total += 10_000;
        let stats = callbacks(app, *total).await?;
        p50.push(stats["p50_ms"].as_f64().unwrap_or(0.0));
        p99.push(stats["p99_ms"].as_f64().unwrap_or(0.0));
        let seen = smsc.run(Plan { keywords: &HEALTHY, ..plan(30_000) }).await?;
        *total += 30_000;
        let stats = callbacks(app, *total).await?;
        rates
            .push(rate(30_000, stats["last_us"].as_u64().unwrap_or(seen.last_us).saturating_sub(seen.first_us)) as f64);
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Ok(json!({ "p50_ms": median(&mut p50), "p99_ms": median(&mut p99), "rate_per_s": median(&mut rates) }))
}

/// Sends through a network that answers every submit after 50 ms, with a window of 100 on one link.
async fn far_network(count: usize) -> Result<Value, String> {
    let network = Network::open().await?;
    let (_app, app) = application(0)?;
    let gateway = Gateway::start(&Setup { window: 100, ..network.setup(vec![("weather", app)]) }).await?;
    let mut smsc = Smsc::accept(&network.listener).await?;
    let address = gateway.url.trim_start_matches("http://").to_owned();
    let load =
        tokio::task::spawn_local(async move { http_load::send(http_load::Api::Native, &address, count, 50).await });
    let seen = smsc.run(Plan { submits: count, answer_after_us: 50_000, ..plan(0) }).await?;
    load.await.map_err(|e| e.to_string())??;
    gateway.stop()?;
    let per_s = rate(count, seen.last_us - seen.first_us);
    Ok(json!({ "submits": count, "window": 100, "answer_after_ms": 50, "rate_per_s": per_s, "ceiling_per_s": 2000 }))
}

/// As many MOs as the link takes for so many seconds, with 1,000 unacknowledged: more than can be delivered.
async fn overload(seconds: usize) -> Result<Value, String> {
    let network = Network::open().await?;
    let (_app, app) = application(0)?;
    let gateway = Gateway::start(&network.setup(vec![("weather", app.clone())])).await?;
    let mut smsc = Smsc::accept(&network.listener).await?;
    let until_us = now_us() + seconds as u64 * 1_000_000;
    let seen: Seen = smsc.run(Plan { window: 1_000, until_us, ..plan(usize::MAX) }).await?;
    let busy_mib = mib(&gateway);
    let stats = callbacks(&app, seen.taken as u64).await?;
    let mut ages = seen.acknowledged_us;
    ages.sort_unstable();
    let told = json!({
        "seconds": seconds, "accepted": seen.taken, "refused": seen.refused,
        "accepted_per_s": rate(seen.taken, seen.last_us - seen.first_us),
        "delivered": stats["count"], "out_of_order": stats["disordered"],
        "all_delivered_after_ms": stats["last_us"].as_u64().unwrap_or(0).saturating_sub(seen.last_us) / 1000,
        "acknowledged_p50_ms": percentile(&ages, 0.5), "acknowledged_p99_ms": percentile(&ages, 0.99), "mib": busy_mib,
    });
    gateway.stop()?;
    Ok(told)
}

pub(crate) fn rate(count: usize, took_us: u64) -> u64 {
    (count as u64).saturating_mul(1_000_000) / took_us.max(1)
}
