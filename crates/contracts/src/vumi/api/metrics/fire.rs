//! `POST /api/v1/go/metrics/`: an account fires values of whole series (`docs/reference/vumi.md §9`).

use std::fmt;

use domain::metric::SeriesName;
use serde_json::Value;

use super::{METRICS_MAX, Metric, Shown, cut, failed, number, write_number};
use crate::vumi::api::response::{Response, phrase};
use crate::vumi::json::Object;

/// Why a body fires nothing. The sentence is the contract's `reason`.
#[derive(Clone, Debug, PartialEq)]
pub enum BadFire {
    /// No JSON.
    Unreadable {
        /// Where and why.
        detail: String,
    },
    /// JSON, but no object.
    NoObject,
    /// More than [`METRICS_MAX`].
    TooMany {
        /// How many.
        count: usize,
    },
    /// A name is none, or doesn't end in an aggregator.
    Name {
        /// What was given.
        given: String,
    },
    /// A value is no finite number.
    Value {
        /// What was given.
        given: Value,
    },
}

impl fmt::Display for BadFire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadFire::Unreadable { detail } => write!(f, "Invalid JSON: {detail}"),
            BadFire::NoObject => f.write_str("Invalid query: an object of metric names and values is expected"),
            BadFire::TooMany { count } => write!(f, "{count} metrics fired, maximum allowed is {METRICS_MAX}"),
            BadFire::Name { given } => write!(f, "{}", NoSeries(given)),
            BadFire::Value { given } => {
                // Python writes a text from JSON with a letter in front.
                let prefix = if given.is_string() { "u" } else { "" };
                write!(f, "{prefix}{} is not a valid metric value,should be a floating point number", Shown(given))
            }
        }
    }
}

impl std::error::Error for BadFire {}

/// The sentence about a name that is no series.
pub(super) struct NoSeries<'a>(pub(super) &'a str);

impl fmt::Display for NoSeries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = cut(self.0);
        write!(f, "'{name}' is not a valid metric name: it must end in .sum, .avg, .max, .min or .last")
    }
}

impl BadFire {
    /// 400 with the reason.
    pub fn response(&self) -> Response {
        failed(400, &self.to_string())
    }
}

/// Reads the body: all metrics, or none. A name that stands twice counts as written last.
pub fn read(body: &[u8]) -> Result<Vec<Metric>, BadFire> {
    let members = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err(BadFire::NoObject),
        Err(error) => return Err(BadFire::Unreadable { detail: error.to_string() }),
    };
    if members.len() > METRICS_MAX {
        return Err(BadFire::TooMany { count: members.len() });
    }
    let read = members.into_iter().map(|(name, value)| {
        let series = SeriesName::parse(&name);
        let Some(aggregator) = series.map(|series| series.aggregator()) else {
            return Err(BadFire::Name { given: name });
        };
        let Some(number) = number(&value) else { return Err(BadFire::Value { given: value }) };
        Ok(Metric { name, value: number, aggregator })
    });
    read.collect()
}

/// The metrics are kept.
pub fn fired(metrics: &[Metric]) -> Response {
    let mut body = vec![b'['];
    for metric in metrics {
        if body.len() > 1 {
            body.push(b',');
        }
        let mut object = Object::begin(&mut body);
        object.text("name", &metric.name);
        object.with("value", |out| write_number(out, metric.value));
        object.text("aggregator", metric.aggregator.name());
        object.end();
    }
    body.push(b']');
    Response::json(200, phrase(200), body)
}
