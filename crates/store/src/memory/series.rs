//! Series in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use domain::directory::Name;
use domain::limit::RESOLUTIONS;
use domain::metric::{Aggregate, Point, SeriesName};
use domain::time::At;
use engine::page::{SeriesQuery, SeriesRow, SeriesValues, ValuesQuery};

use crate::series::{Intervals, Steps, seconds};

/// The series of all accounts.
#[derive(Default)]
pub(crate) struct SeriesShelf {
    accounts: BTreeMap<Name, BTreeMap<SeriesName, Kept>>,
}

/// One series.
struct Kept {
    last_at: At,
    last_value: f64,
    /// By width and begin, in seconds.
    steps: BTreeMap<(i64, i64), Aggregate>,
}

impl SeriesShelf {
    pub(crate) fn add(&mut self, at: At, account: &Name, points: &[Point]) {
        let account = self.accounts.entry(account.clone()).or_default();
        for point in points {
            let value = point.value.get();
            let kept = account.entry(point.series.clone()).or_insert_with(|| Kept {
                last_at: at,
                last_value: value,
                steps: BTreeMap::new(),
            });
            (kept.last_at, kept.last_value) = (at, value);
            for resolution in &RESOLUTIONS {
                let one = Aggregate::of(point.value);
                kept.steps
                    .entry((resolution.width_s, resolution.step_of(seconds(at))))
                    .and_modify(|step| step.add(point.series.aggregator(), one))
                    .or_insert(one);
            }
        }
    }

    pub(crate) fn names(&self, account: &Name) -> Option<Arc<BTreeSet<SeriesName>>> {
        self.accounts.get(account).map(|series| Arc::new(series.keys().cloned().collect()))
    }

    pub(crate) fn list(&self, query: &SeriesQuery) -> Vec<SeriesRow> {
        let Some(series) = self.accounts.get(&query.account) else { return Vec::new() };
        let after = query.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let wanted = query.text.as_deref().map(str::to_lowercase);
        let found = series
            .range::<SeriesName, _>((after, Bound::Unbounded))
            .filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| name.as_str().to_lowercase().contains(wanted)));
        found.take(query.limit).map(|(name, kept)| row(name, kept)).collect()
    }

    pub(crate) fn values(&self, query: &ValuesQuery) -> Vec<SeriesValues> {
        let Some(series) = self.accounts.get(&query.account) else { return Vec::new() };
        let steps = Steps::of(query);
        let found = query.series.iter().filter_map(|name| Some((name, series.get(name)?)));
        let values = found.map(|(name, kept)| {
            let mut intervals = Intervals::new(query, name.aggregator());
            for begins_s in steps.begins() {
                if let Some(step) = kept.steps.get(&(steps.width_s, begins_s)) {
                    intervals.add(begins_s, *step);
                }
            }
            SeriesValues { row: row(name, kept), values: intervals.values() }
        });
        values.collect()
    }

    /// Forgets what is no longer kept; says how many steps and series.
    pub(crate) fn sweep(&mut self, now: At) -> u64 {
        let now_s = seconds(now);
        let mut forgotten = 0;
        for series in self.accounts.values_mut() {
            let before: usize = series.values().map(|kept| kept.steps.len() + 1).sum();
            for kept in series.values_mut() {
                kept.steps.retain(|(width_s, begins_s), _| {
                    let resolution = RESOLUTIONS.iter().find(|resolution| resolution.width_s == *width_s);
                    resolution.is_some_and(|resolution| *begins_s >= resolution.kept_from(now_s))
                });
            }
            let kept_from_s = RESOLUTIONS.iter().map(|resolution| resolution.kept_from(now_s)).min();
            series.retain(|_, kept| kept_from_s.is_some_and(|from_s| kept.last_at.0 >= from_s * 1_000_000));
            let after: usize = series.values().map(|kept| kept.steps.len() + 1).sum();
            forgotten += (before - after) as u64;
        }
        self.accounts.retain(|_, series| !series.is_empty());
        forgotten
    }
}

fn row(name: &SeriesName, kept: &Kept) -> SeriesRow {
    SeriesRow { name: name.clone(), last_at: kept.last_at, last_value: kept.last_value }
}
