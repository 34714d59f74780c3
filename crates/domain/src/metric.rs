//! Metrics: values that applications fire into named series, and how the values of one span of time become one.
//!
//! A series is an account and a whole name, such as `stores.default.total_pings.max`; the last part of the name says how
//! its values become one. Where series are kept, and how long, is the store's affair ([`crate::limit::RESOLUTIONS`]).

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use crate::limit::SERIES_BYTES_MAX;

/// How the values of one interval become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aggregator {
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The last.
    Last,
}

impl Aggregator {
    /// All.
    pub const ALL: [Aggregator; 5] =
        [Aggregator::Sum, Aggregator::Avg, Aggregator::Max, Aggregator::Min, Aggregator::Last];

    /// The word on the wire and at the end of a series' name.
    pub const fn name(self) -> &'static str {
        match self {
            Aggregator::Sum => "sum",
            Aggregator::Avg => "avg",
            Aggregator::Max => "max",
            Aggregator::Min => "min",
            Aggregator::Last => "last",
        }
    }

    /// Reads [`Aggregator::name`], whatever the case.
    pub fn parse(name: &str) -> Option<Aggregator> {
        Aggregator::ALL.into_iter().find(|aggregator| name.eq_ignore_ascii_case(aggregator.name()))
    }

    /// The aggregator that a series' name ends in, behind a dot.
    fn of_series(name: &str) -> Option<Aggregator> {
        let (_, last) = name.rsplit_once('.').filter(|(front, _)| !front.is_empty())?;
        Aggregator::ALL.into_iter().find(|aggregator| aggregator.name() == last)
    }
}

/// A finite number: neither infinity nor "not a number", which no sum or mean could be made of.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Finite(f64);

// Without "not a number" every value equals itself.
impl Eq for Finite {}

impl Finite {
    /// The number, if it is finite.
    pub fn new(number: f64) -> Option<Finite> {
        number.is_finite().then_some(Finite(number))
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// The whole name of a series: not empty, at most [`SERIES_BYTES_MAX`] bytes, without control characters, ending in an
/// aggregator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesName(Arc<str>);

impl SeriesName {
    /// Reads a name; none when it is no series.
    pub fn parse(text: &str) -> Option<SeriesName> {
        let fits = text.len() <= SERIES_BYTES_MAX && !text.contains(char::is_control);
        Aggregator::of_series(text).filter(|_| fits).map(|_| SeriesName(text.into()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How its values become one.
    pub fn aggregator(&self) -> Aggregator {
        Aggregator::of_series(&self.0).unwrap_or(Aggregator::Last)
    }

    /// The store and the metric of a series that a conversation put: `stores.<store>.<metric>.<aggregator>`.
    pub fn store_and_metric(&self) -> Option<(&str, &str)> {
        let (front, _aggregator) = self.0.rsplit_once('.')?;
        front.strip_prefix("stores.")?.split_once('.').filter(|(store, metric)| !store.is_empty() && !metric.is_empty())
    }
}

impl Borrow<str> for SeriesName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SeriesName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One value fired into one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// The series.
    pub series: SeriesName,
    /// The value.
    pub value: Finite,
}

/// What several values of one series have become so far. It can be added to without the values themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aggregate {
    /// The sum for [`Aggregator::Sum`] and [`Aggregator::Avg`], otherwise the value itself. Finite.
    pub value: f64,
    /// How many values.
    pub count: u64,
}

impl Aggregate {
    /// A single value.
    pub const fn of(value: Finite) -> Aggregate {
        Aggregate { value: value.get(), count: 1 }
    }

    /// Adds what came later. A sum stays at the largest finite number instead of becoming infinite.
    pub fn add(&mut self, aggregator: Aggregator, later: Aggregate) {
        self.count = self.count.saturating_add(later.count);
        self.value = match aggregator {
            Aggregator::Sum | Aggregator::Avg => (self.value + later.value).clamp(f64::MIN, f64::MAX),
            Aggregator::Max => self.value.max(later.value),
            Aggregator::Min => self.value.min(later.value),
            Aggregator::Last => later.value,
        };
    }

    /// The one value they become.
    pub fn result(self, aggregator: Aggregator) -> f64 {
        match aggregator {
            Aggregator::Avg => self.value / self.count.max(1) as f64,
            _ => self.value,
        }
    }
}

/// In what steps values are kept, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// Length of a step, in seconds. Steps begin at multiples of it since 1970.
    pub width_s: i64,
    /// How long a step is kept after it began, in seconds.
    pub kept_s: i64,
}

impl Resolution {
    /// When the step that holds a moment begins, in seconds since 1970.
    pub const fn step_of(self, at_s: i64) -> i64 {
        at_s - at_s.rem_euclid(self.width_s)
    }

    /// The begin of the oldest step that is kept at `now_s`, in seconds since 1970.
    pub const fn kept_from(self, now_s: i64) -> i64 {
        self.step_of(now_s.saturating_sub(self.kept_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aggregate(aggregator: Aggregator, values: &[f64]) -> f64 {
        let mut all = values.iter().map(|value| Aggregate::of(Finite::new(*value).unwrap()));
        let mut whole = all.next().unwrap();
        all.for_each(|later| whole.add(aggregator, later));
        whole.result(aggregator)
    }

    #[test]
    fn values_become_one() {
        let check = |aggregator, values: &[f64], expected: f64| {
            assert_eq!(aggregate(aggregator, values), expected, "{aggregator:?} of {values:?}");
        };
        check(Aggregator::Sum, &[1.0, 2.5, -4.0], -0.5);
        check(Aggregator::Avg, &[1.0, 2.0, 6.0], 3.0);
        check(Aggregator::Max, &[1.0, 9.0, -3.0], 9.0);
        check(Aggregator::Min, &[1.0, 9.0, -3.0], -3.0);
        check(Aggregator::Last, &[1.0, 9.0, -3.0], -3.0);
        check(Aggregator::Sum, &[f64::MAX, f64::MAX], f64::MAX);
        check(Aggregator::Avg, &[f64::MIN, f64::MIN], f64::MIN / 2.0);
    }

    #[test]
    fn what_is_not_finite_is_no_value() {
        assert_eq!(Finite::new(f64::NAN), None);
        assert_eq!(Finite::new(f64::INFINITY), None);
        assert_eq!(Finite::new(-1e308).map(Finite::get), Some(-1e308));
    }

    #[test]
    fn a_series_says_how_its_values_become_one() {
        let check = |name: &str, expected: Option<Aggregator>| {
            assert_eq!(SeriesName::parse(name).map(|name| name.aggregator()), expected, "{name:?}");
        };
        check("stores.default.total_pings.max", Some(Aggregator::Max));
        check("a.last", Some(Aggregator::Last));
        check("a b.<i>.sum", Some(Aggregator::Sum));
        check("max", None);
        check(".max", None);
        check("a.MAX", None);
        check("a.median", None);
        check("a\n.max", None);
        check(&format!("{}.max", "x".repeat(SERIES_BYTES_MAX - 4)), Some(Aggregator::Max));
        check(&format!("{}.max", "x".repeat(SERIES_BYTES_MAX - 3)), None);
    }

    #[test]
    fn a_series_of_a_conversation_has_a_store_and_a_metric() {
        let check = |name: &str, expected: Option<(&str, &str)>| {
            assert_eq!(SeriesName::parse(name).unwrap().store_and_metric(), expected, "{name:?}");
        };
        check("stores.default.total_pings.max", Some(("default", "total_pings")));
        check("stores.a.b.c.sum", Some(("a", "b.c")));
        check("stores.a.sum", None);
        check("foo.last", None);
    }
}
