//! What the values of series become, whatever the backend: the net effect of a batch, in which steps a query reads, and
//! how steps become the values of intervals.

use domain::limit::RESOLUTIONS;
use domain::metric::{Aggregate, Aggregator, Point, Resolution};
use engine::page::{STEPS_READ_MAX, ValuesQuery};

const US_PER_S: i64 = 1_000_000;

/// Whole seconds since 1970.
pub(crate) const fn seconds(at: domain::time::At) -> i64 {
    at.0.div_euclid(US_PER_S)
}

/// What a batch fires into one series. All of it is of one time, so every resolution gets the same.
pub(crate) struct Fired {
    pub(crate) all: Aggregate,
    pub(crate) last: f64,
}

impl Fired {
    pub(crate) const fn of(point: &Point) -> Fired {
        Fired { all: Aggregate::of(point.value), last: point.value.get() }
    }

    pub(crate) fn add(&mut self, point: &Point) {
        self.all.add(point.series.aggregator(), Aggregate::of(point.value));
        self.last = point.value.get();
    }
}

/// The steps that a query reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Steps {
    pub(crate) width_s: i64,
    /// The begin of the first one.
    from_s: i64,
    /// Behind the begin of the last one.
    until_s: i64,
}

impl Steps {
    /// The coarsest steps that intervals are whole numbers of, so that few are read; otherwise the finest. Only such as
    /// are kept since the first interval, and not more than may be read at once.
    pub(crate) fn of(query: &ValuesQuery) -> Steps {
        let now_s = seconds(query.now);
        let intervals = i64::try_from(query.intervals).unwrap_or(i64::MAX);
        let end_s = query.first_s.saturating_add(intervals.saturating_mul(query.interval_s));
        let covers = |resolution: &&Resolution| resolution.kept_from(now_s) <= query.first_s;
        let divides = |resolution: &&Resolution| {
            query.interval_s % resolution.width_s == 0 && query.first_s % resolution.width_s == 0
        };
        let exact = RESOLUTIONS.iter().rev().filter(covers).find(divides);
        let finest = || RESOLUTIONS.iter().find(covers);
        let chosen = *exact.or_else(finest).unwrap_or(&RESOLUTIONS[RESOLUTIONS.len() - 1]);
        let coarser = RESOLUTIONS.iter().filter(|resolution| resolution.width_s > chosen.width_s);
        let mut steps = Steps::within(&chosen, query.first_s, end_s, now_s);
        for resolution in coarser {
            if steps.count().saturating_mul(query.series.len() as i64) <= STEPS_READ_MAX {
                break;
            }
            steps = Steps::within(resolution, query.first_s, end_s, now_s);
        }
        steps
    }

    /// Those that are kept, up to now.
    fn within(resolution: &Resolution, first_s: i64, end_s: i64, now_s: i64) -> Steps {
        let width_s = resolution.width_s;
        let first_s = first_s.max(resolution.kept_from(now_s));
        let from_s = resolution.step_of(first_s.saturating_add(width_s - 1));
        Steps { width_s, from_s, until_s: end_s.min(now_s.saturating_add(1)) }
    }

    fn count(self) -> i64 {
        (self.until_s.saturating_sub(self.from_s)).max(0) / self.width_s + 1
    }

    /// When they begin, in order.
    pub(crate) fn begins(self) -> impl Iterator<Item = i64> {
        let Steps { width_s, from_s, until_s } = self;
        (0..).map(move |index| from_s + index * width_s).take_while(move |at_s| *at_s < until_s)
    }
}

/// Steps on their way to becoming the values of intervals.
pub(crate) struct Intervals<'q> {
    query: &'q ValuesQuery,
    aggregator: Aggregator,
    values: Vec<Option<Aggregate>>,
}

impl<'q> Intervals<'q> {
    pub(crate) fn new(query: &'q ValuesQuery, aggregator: Aggregator) -> Intervals<'q> {
        Intervals { query, aggregator, values: vec![None; query.intervals] }
    }

    /// Adds the step that begins then; they come in order.
    pub(crate) fn add(&mut self, begins_s: i64, step: Aggregate) {
        let place = (begins_s - self.query.first_s).div_euclid(self.query.interval_s);
        let Some(value) = usize::try_from(place).ok().and_then(|place| self.values.get_mut(place)) else { return };
        match value {
            Some(value) => value.add(self.aggregator, step),
            None => *value = Some(step),
        }
    }

    /// One value for each interval.
    pub(crate) fn values(self) -> Vec<Option<f64>> {
        self.values.into_iter().map(|value| value.map(|value| value.result(self.aggregator))).collect()
    }
}

#[cfg(test)]
mod tests {
    use domain::time::At;

    use super::*;

    #[test]
    fn a_query_reads_the_coarsest_steps_that_tell_the_truth() {
        const NOW_S: i64 = 1_795_317_657;
        const DAY_S: i64 = 86_400;
        let check = |ago_s: i64, interval_s: i64, series: usize, expected: i64| {
            let first_s = (NOW_S - ago_s) - (NOW_S - ago_s).rem_euclid(interval_s);
            let name = domain::metric::SeriesName::parse("a.sum").unwrap();
            let query = ValuesQuery {
                account: "acme".into(),
                series: vec![name; series],
                first_s,
                interval_s,
                intervals: (ago_s / interval_s) as usize + 1,
                now: At(NOW_S * US_PER_S),
            };
            let steps = Steps::of(&query);
            assert_eq!(steps.width_s, expected, "{ago_s} s ago, every {interval_s} s, {series} series");
            assert!(steps.begins().all(|at_s| at_s >= first_s && at_s <= NOW_S && at_s % expected == 0));
            assert!(steps.begins().count() as i64 <= steps.count());
        };
        check(3600, 10, 1, 10);
        check(3600, 60, 1, 10);
        check(DAY_S, 300, 1, 300);
        check(DAY_S, 3600, 1, 3600);
        check(30 * DAY_S, DAY_S, 1, DAY_S);
        check(30 * DAY_S, 3600, 1, 3600);
        // Nothing divides it: the finest that is kept as long.
        check(DAY_S, 7, 1, 10);
        check(10 * DAY_S, 7001, 1, 300);
        check(70 * DAY_S, 7001, 1, 3600);
        // Kept no longer than three years.
        check(5000 * DAY_S, 7001, 1, DAY_S);
        // Too many to read.
        check(59 * DAY_S, 7001, 256, 3600);
    }
}
