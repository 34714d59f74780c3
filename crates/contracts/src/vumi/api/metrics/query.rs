//! `GET /api/v1/go/metrics/`: series of an account over time, one value an interval (`docs/reference/vumi.md §9`).

use std::fmt;

use domain::metric::SeriesName;
use domain::time::At;

use super::fire::NoSeries;
use super::{cut, failed, time, write_number};
use crate::vumi::api::response::{Response, phrase};
use crate::vumi::json;

#[cfg(test)]
mod tests;

/// Most values of one answer.
pub const POINTS_MAX: u64 = 10_000;
/// Most series of one query.
pub const SERIES_MAX: usize = 256;

/// What becomes of an interval without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// It stands as null.
    Keep,
    /// It is left out.
    Omit,
    /// It stands as 0.
    Zeroize,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The series, each once.
    pub series: Vec<SeriesName>,
    /// From when, in seconds since 1970.
    pub from_s: i64,
    /// Until when, in seconds since 1970; not before `from_s`.
    pub until_s: i64,
    /// How long an interval is, in seconds; at least 1.
    pub interval_s: i64,
    /// What becomes of an interval without a value.
    pub nulls: Nulls,
    /// The first interval begins at `from_s`, instead of at a multiple of the interval since 1970.
    pub is_aligned_to_from: bool,
}

/// Why a query is none. The sentence is the contract's `reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadQuery {
    /// `from` or `until` is no time.
    Time {
        /// What was given.
        given: String,
    },
    /// `interval` is none.
    Interval {
        /// What was given.
        given: String,
    },
    /// More values than [`POINTS_MAX`].
    TooManyPoints {
        /// How many.
        points: u64,
    },
    /// `nulls` is unknown.
    Nulls {
        /// What was given.
        given: String,
    },
    /// More series than [`SERIES_MAX`].
    TooManySeries {
        /// How many.
        count: usize,
    },
    /// `m` is no name, or doesn't end in an aggregator.
    Name {
        /// What was given.
        given: String,
    },
}

impl fmt::Display for BadQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadQuery::Time { given } => write!(f, "Invalid time string: '{}'", cut(given)),
            BadQuery::Interval { given } => write!(f, "Invalid interval string: '{}'", cut(given)),
            BadQuery::TooManyPoints { points } => {
                write!(f, "{points} data points requested, maximum allowed is {POINTS_MAX}")
            }
            BadQuery::Nulls { given } => write!(f, "Unrecognised null parser '{}'", cut(given)),
            BadQuery::TooManySeries { count } => {
                write!(f, "{count} metrics requested, maximum allowed is {SERIES_MAX}")
            }
            BadQuery::Name { given } => write!(f, "{}", NoSeries(given)),
        }
    }
}

impl std::error::Error for BadQuery {}

impl BadQuery {
    /// 400 with the reason.
    pub fn response(&self) -> Response {
        failed(400, &self.to_string())
    }
}

/// The parameters as given; of one that stands twice, the first counts. Blank ones are as good as absent.
#[derive(Default)]
struct Given {
    names: Vec<String>,
    from: Option<String>,
    until: Option<String>,
    interval: Option<String>,
    nulls: Option<String>,
    align_to_from: Option<String>,
}

impl Given {
    fn read(query: &str) -> Given {
        let mut given = Given::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()).filter(|(_, value)| !value.is_empty()) {
            let slot = match &*name {
                "m" => {
                    given.names.push(value.into_owned());
                    continue;
                }
                "from" => &mut given.from,
                "until" => &mut given.until,
                "interval" => &mut given.interval,
                "nulls" => &mut given.nulls,
                "align_to_from" => &mut given.align_to_from,
                _ => continue,
            };
            slot.get_or_insert_with(|| value.into_owned());
        }
        given
    }
}

impl Query {
    /// Reads the query of the URL, without its question mark.
    pub fn read(query: &str, now: At) -> Result<Query, BadQuery> {
        let given = Given::read(query);
        let at = |given: Option<String>, default: &str| {
            let given = given.unwrap_or_else(|| default.to_owned());
            time::at_s(&given, now).ok_or(BadQuery::Time { given })
        };
        let (from_s, until_s) = (at(given.from, "-24h")?, at(given.until, "-0s")?);
        let (from_s, until_s) = (from_s.min(until_s), from_s.max(until_s));
        let interval = given.interval.unwrap_or_else(|| "1hour".to_owned());
        let interval_s = time::interval_s(&interval).filter(|interval_s| *interval_s > 0);
        let Some(interval_s) = interval_s else { return Err(BadQuery::Interval { given: interval }) };
        let series_count = given.names.len();
        let points = (until_s.abs_diff(from_s) / interval_s).saturating_mul(series_count.max(1) as u64);
        if points > POINTS_MAX {
            return Err(BadQuery::TooManyPoints { points });
        }
        let nulls = match given.nulls.as_deref() {
            None | Some("zeroize") => Nulls::Zeroize,
            Some("keep") => Nulls::Keep,
            Some("omit") => Nulls::Omit,
            Some(given) => return Err(BadQuery::Nulls { given: given.to_owned() }),
        };
        if series_count > SERIES_MAX {
            return Err(BadQuery::TooManySeries { count: series_count });
        }
        Ok(Query {
            series: series(given.names)?,
            from_s,
            until_s,
            interval_s: interval_s.cast_signed(),
            nulls,
            is_aligned_to_from: given.align_to_from.is_some_and(|align| align.eq_ignore_ascii_case("true")),
        })
    }

    /// When each interval begins, in seconds since 1970, in order: the last one reaches `until_s`.
    pub fn interval_starts(&self) -> impl Iterator<Item = i64> + use<> {
        let (from_s, until_s, interval_s) = (self.from_s, self.until_s, self.interval_s);
        let (first_s, end_s) = if self.is_aligned_to_from {
            (from_s, until_s)
        } else {
            (from_s - from_s.rem_euclid(interval_s), until_s - until_s.rem_euclid(interval_s) + interval_s)
        };
        let count = (end_s - first_s + interval_s - 1) / interval_s;
        (0..count).map(move |index| first_s + index * interval_s)
    }

    /// The answer: for each series that exists, one value for each of [`Query::interval_starts`]. Series that are not
    /// known are left out by the caller.
    pub fn answer<'v>(&self, found: impl IntoIterator<Item = (&'v str, &'v [Option<f64>])>) -> Response {
        let mut body = Vec::new();
        let mut object = json::Object::begin(&mut body);
        for (name, values) in found {
            object.with_text(name, |out| self.write_points(out, values));
        }
        object.end();
        Response::json(200, phrase(200), body)
    }

    fn write_points(&self, out: &mut Vec<u8>, values: &[Option<f64>]) {
        out.push(b'[');
        let mut is_first = true;
        for (start_s, value) in self.interval_starts().zip(values) {
            let value = match (value.filter(|value| value.is_finite()), self.nulls) {
                (None, Nulls::Omit) => continue,
                (None, Nulls::Zeroize) => Some(0.0),
                (value, _) => value,
            };
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            let mut point = json::Object::begin(out);
            point.raw("x", &(start_s * 1000).to_string());
            point.with("y", |out| write_number(out, value.unwrap_or(f64::NAN)));
            point.end();
        }
        out.push(b']');
    }
}

fn series(names: Vec<String>) -> Result<Vec<SeriesName>, BadQuery> {
    let mut series: Vec<SeriesName> = Vec::with_capacity(names.len());
    for given in names {
        let Some(name) = SeriesName::parse(&given) else { return Err(BadQuery::Name { given }) };
        if !series.contains(&name) {
            series.push(name);
        }
    }
    Ok(series)
}
