//! Figures: medians over runs, a table for people, JSON lines for programs.

use std::io::Write;

use serde_json::json;

/// What one run of a scenario gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) rate: f64,
    pub(crate) cpu_us: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) rss_mib: f64,
}

/// A line on standard output.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{line}");
    let _gone = out.flush();
}

/// Prints the head of the table.
pub(crate) fn head() {
    say("scenario         runs   rate/s (min–max)          CPU µs/msg   p50 ms   p99 ms   RSS MiB");
}

/// Prints the medians of the runs of one scenario.
pub(crate) fn show(name: &str, count: usize, runs: &[Figures]) {
    let median = |pick: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = runs.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let rates = || runs.iter().map(|r| r.rate);
    let (low, high) = (rates().fold(f64::MAX, f64::min), rates().fold(0.0, f64::max));
    let rate = median(|r| r.rate);
    let (cpu_us, p50_ms, p99_ms, rss_mib) =
        (median(|r| r.cpu_us), median(|r| r.p50_ms), median(|r| r.p99_ms), median(|r| r.rss_mib));
    let range = format!("{rate:.0} ({low:.0}–{high:.0})");
    say(&format!(
        "{name:<16} {:>4}   {range:<25} {cpu_us:>10.1} {p50_ms:>8.2} {p99_ms:>8.2} {rss_mib:>9.1}",
        runs.len()
    ));
    let line = json!({
        "scenario": name, "runs": runs.len(), "messages": count, "rate_per_s": rate, "rate_min": low, "rate_max": high,
        "cpu_us_per_message": cpu_us, "p50_ms": p50_ms, "p99_ms": p99_ms, "rss_mib": rss_mib,
    });
    say(&line.to_string());
}

/// The value below which `part` (0 to 1) of the sorted values lie.
pub(crate) fn percentile(sorted_us: &[u64], part: f64) -> f64 {
    let index = ((sorted_us.len() as f64 * part) as usize).min(sorted_us.len().saturating_sub(1));
    sorted_us.get(index).copied().unwrap_or(0) as f64 / 1000.0
}
