//! How the cost of an MO and its callback grows: with applications, with routes, with links, and with what waits for an
//! application that is dead. The best of three rounds each: what grows is seen in the least disturbed one.

use serde_json::json;

use crate::gateway::{Gateway, Setup, free_port};
use crate::process::now_us;
use crate::report::say;
use crate::scenario::{callbacks, plan};
use crate::shape::{Network, application, mib, rate};
use crate::smsc::{Plan, Smsc};

pub(crate) const NAMES: [&str; 4] = ["applications", "routes", "links", "queued"];

/// Runs one series; `messages` in each round instead of its own number.
pub(crate) async fn run(name: &str, messages: Option<usize>) -> Result<(), String> {
    let count = messages.unwrap_or(30_000);
    let steps: &[usize] = match name {
        "applications" => &[1, 10, 100, 1_000],
        "routes" => &[1, 100, 10_000, 100_000],
        "links" => &[1, 4, 16, 64],
        _ => &[0, 100_000, 1_000_000],
    };
    for step in steps {
        step_of(name, *step, count).await?;
    }
    Ok(())
}

async fn step_of(name: &str, step: usize, count: usize) -> Result<(), String> {
    let network = Network::open().await?;
    let (_app, app) = application(0)?;
    // Texts name their application; the words live as long as the process.
    let words: Vec<&'static str> = match name {
        "applications" => (0..step).map(|number| &*format!("app{number:04}").leak()).collect(),
        _ => vec!["weather"],
    };
    let words: &'static [&'static str] = words.leak();
    let mut applications: Vec<(&str, String)> = words.iter().map(|word| (*word, app.clone())).collect();
    if name == "queued" {
        applications.push(("dead", format!("127.0.0.1:{}", free_port()?)));
    }
    let links = if name == "links" { step } else { 1 };
    let other_routes = if name == "routes" { step - 1 } else { 0 };
    let setup = Setup { links, other_routes, ..network.setup(applications) };
    let started = now_us();
    let gateway = Gateway::start(&setup).await?;
    let start_ms = (now_us() - started) / 1000;
    let mut links = Vec::new();
    for _ in 0..setup.links {
        links.push(Smsc::accept(&network.listener).await?);
    }
    if name == "queued" && step > 0 {
        let waiting = Plan { keywords: &["dead"], phones: 100_000.min(step), ..plan(step) };
        links[0].run(waiting).await?;
    }
    let (mut best, mut cpu_us, mut total) = (0, f64::MAX, 0);
    for _ in 0..3 {
        let (before, first_us) = (gateway.usage().cpu_us, now_us());
        links = over_all(links, count, words).await?;
        total += (count / setup.links * setup.links) as u64;
        let stats = callbacks(&app, total).await?;
        best = best.max(rate(count, stats["last_us"].as_u64().unwrap_or(0).saturating_sub(first_us)));
        cpu_us = cpu_us.min((gateway.usage().cpu_us - before) as f64 / count as f64);
    }
    let told = json!({ "rate_per_s": best, "cpu_us": cpu_us, "mib": mib(&gateway), "start_ms": start_ms });
    say(&format!("{name} {step}: {told}"));
    drop(links);
    gateway.stop()
}

/// Shares the MOs among all links, each with phones of its own.
async fn over_all(links: Vec<Smsc>, count: usize, keywords: &'static [&'static str]) -> Result<Vec<Smsc>, String> {
    let share = links.len();
    let mut tasks = Vec::new();
    for (number, mut link) in links.into_iter().enumerate() {
        let window = (50 / share).max(1);
        let phones = 10_000 / share;
        let plan = Plan { window, phones, first_phone: number * phones, keywords, ..plan(count / share) };
        tasks.push(tokio::task::spawn_local(async move { link.run(plan).await.map(|_| link) }));
    }
    let mut links = Vec::new();
    for task in tasks {
        links.push(task.await.map_err(|e| e.to_string())??);
    }
    Ok(links)
}
