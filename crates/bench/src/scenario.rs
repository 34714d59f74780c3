//! What is measured. Each scenario starts everything anew for each run.

use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpListener;

use crate::gateway::{self, Gateway, Setup};
use crate::growth;
use crate::http_load::{self, Api};
use crate::metric_load;
use crate::process::{Running, now_us};
use crate::report::{self, Figures, percentile};
use crate::shape;
use crate::smsc::{Plan, Smsc};

const NAMES: [&str; 8] =
    ["stub", "mo-callback", "mo-reply", "send-submit", "send-report", "put-submit", "metrics", "idle"];
const WINDOW: usize = 50;
/// The one application of these scenarios.
const KEYWORDS: [&str; 1] = ["weather"];

/// Options: `[--runs N] [--messages N] [scenario …]`.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let (mut runs, mut messages, mut chosen) = (5, None, Vec::new());
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--runs" => runs = number(words.next())?,
            "--messages" => messages = Some(number(words.next())?),
            name if NAMES.contains(&name) || is_shape(name) => chosen.push(name),
            other => {
                let names = [&NAMES[..], &shape::NAMES[..], &growth::NAMES[..]].concat();
                return Err(format!("{other} is no scenario; there are {}", names.join(", ")));
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(NAMES);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let (shapes, rates): (Vec<&str>, Vec<&str>) = chosen.into_iter().partition(|name| is_shape(name));
    for name in shapes {
        let local = tokio::task::LocalSet::new();
        if shape::NAMES.contains(&name) {
            local.block_on(&runtime, shape::run(name, messages))?;
        } else {
            local.block_on(&runtime, growth::run(name, messages))?;
        }
    }
    if !rates.is_empty() {
        report::head();
    }
    for name in rates {
        let count = if name == "idle" { 1_000 } else { messages.unwrap_or(60_000) };
        let mut figures = Vec::new();
        for _ in 0..runs {
            let local = tokio::task::LocalSet::new();
            figures.push(local.block_on(&runtime, once(name, count))?);
        }
        report::show(name, count, &figures);
    }
    Ok(())
}

/// True for what is one run told in words, not a rate with medians.
fn is_shape(name: &str) -> bool {
    shape::NAMES.contains(&name) || growth::NAMES.contains(&name)
}

fn number(word: Option<&&str>) -> Result<usize, String> {
    word.and_then(|w| w.parse().ok()).ok_or_else(|| "a number is missing".to_owned())
}

async fn once(name: &str, count: usize) -> Result<Figures, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| e.to_string())?;
    let port = listener.local_addr().map_err(|e| e.to_string())?.port();
    let myself = std::env::current_exe().map_err(|e| e.to_string())?;
    let mode = if name == "mo-reply" { "reply" } else { "silent" };
    let (_app, app) = Running::start(&myself, &["app", mode, "0"])?;
    if name == "stub" {
        let (stub, _) =
            Running::start(&myself, &["stub", &format!("127.0.0.1:{port}"), &format!("http://{app}/gateway")])?;
        let mut smsc = Smsc::accept(&listener).await?;
        let before = stub.usage().cpu_us;
        let seen = smsc.run(plan(count)).await?;
        let stats = callbacks(&app, count as u64).await?;
        let cpu_us = stub.usage().cpu_us - before;
        return Ok(figures(count, seen.first_us, &stats, cpu_us, stub.usage().rss_kib));
    }
    let applications = vec![(KEYWORDS[0], app.clone())];
    let gateway =
        Gateway::start(&Setup { smsc_port: port, applications, window: WINDOW, links: 1, other_routes: 0 }).await?;
    let mut smsc = Smsc::accept(&listener).await?;
    let before = gateway.usage().cpu_us;
    let figures = match name {
        "mo-callback" | "idle" => {
            let pace_us = if name == "idle" { 5_000 } else { 0 };
            let seen = smsc.run(Plan { pace_us, ..plan(count) }).await?;
            if seen.refused > 0 {
                return Err(format!("{} MOs were refused", seen.refused));
            }
            let stats = callbacks(&app, count as u64).await?;
            figures(count, seen.first_us, &stats, gateway.usage().cpu_us - before, gateway.usage().rss_kib)
        }
        "mo-reply" => {
            let seen = smsc.run(Plan { until_reply: true, ..plan(count) }).await?;
            from_round_trips(count, seen, gateway.usage().cpu_us - before, gateway.usage().rss_kib)
        }
        "metrics" => {
            let address = gateway.url.trim_start_matches("http://").to_owned();
            let seen = metric_load::put(&address, count, WINDOW).await?;
            from_round_trips(count, seen, gateway.usage().cpu_us - before, gateway.usage().rss_kib)
        }
        _ => {
            let receipts = name == "send-report";
            let address = gateway.url.trim_start_matches("http://").to_owned();
            let api = if name == "put-submit" { Api::Vumi } else { Api::Native };
            let load = tokio::task::spawn_local(async move { http_load::send(api, &address, count, WINDOW).await });
            let run = Plan { mos: 0, submits: count, receipts, ..plan(0) };
            let mut seen = smsc.run(run).await?;
            load.await.map_err(|e| e.to_string())??;
            if receipts {
                // Acknowledgements of receipts must still be read while callbacks are on their way.
                let stats = tokio::select! {
                    stats = callbacks(&app, count as u64) => stats?,
                    ended = smsc.run(Plan { submits: usize::MAX, ..run }) => return Err(format!("{ended:?}")),
                };
                seen.last_us = stats["last_us"].as_u64().unwrap_or(seen.last_us);
            }
            from_round_trips(count, seen, gateway.usage().cpu_us - before, gateway.usage().rss_kib)
        }
    };
    drop(smsc);
    gateway.stop()?;
    Ok(figures)
}

/// MOs of 10,000 phones for the one application.
pub(crate) const fn plan(mos: usize) -> Plan {
    Plan {
        mos,
        window: WINDOW,
        until_reply: false,
        pace_us: 0,
        submits: 0,
        receipts: false,
        answer_after_us: 0,
        until_us: 0,
        phones: 10_000,
        first_phone: 0,
        keywords: &KEYWORDS,
    }
}

fn from_round_trips(count: usize, seen: crate::smsc::Seen, cpu_us: u64, rss_kib: u64) -> Figures {
    let mut ages = seen.round_trips_us;
    ages.sort_unstable();
    Figures {
        rate: count as f64 / ((seen.last_us - seen.first_us) as f64 / 1e6),
        cpu_us: cpu_us as f64 / count as f64,
        p50_ms: percentile(&ages, 0.5),
        p99_ms: percentile(&ages, 0.99),
        rss_mib: rss_kib as f64 / 1024.0,
    }
}

fn figures(count: usize, first_us: u64, stats: &Value, cpu_us: u64, rss_kib: u64) -> Figures {
    let last_us = stats["last_us"].as_u64().unwrap_or_else(now_us);
    Figures {
        rate: count as f64 / (last_us.saturating_sub(first_us) as f64 / 1e6),
        cpu_us: cpu_us as f64 / count as f64,
        p50_ms: stats["p50_ms"].as_f64().unwrap_or(0.0),
        p99_ms: stats["p99_ms"].as_f64().unwrap_or(0.0),
        rss_mib: rss_kib as f64 / 1024.0,
    }
}

/// Waits until the application has taken so many callbacks.
pub(crate) async fn callbacks(app: &str, count: u64) -> Result<Value, String> {
    let deadline = now_us() + 300_000_000;
    let mut stats = Value::Null;
    let mut seen = 0;
    while now_us() < deadline {
        let now = gateway::get(&format!("http://{app}/")).await?;
        // The ages are those since the last look; the first look that saw most of them is the one to quote.
        let total = now["count"].as_u64().unwrap_or(0);
        if stats.is_null() || total - seen > count / 2 {
            stats = now.clone();
        }
        seen = total;
        for told in ["count", "first_us", "last_us", "disordered", "links_max"] {
            stats[told] = now[told].clone();
        }
        if seen >= count {
            return Ok(stats);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("only {seen} of {count} callbacks came"))
}
