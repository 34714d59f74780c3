//! `PUT metrics.json`: all metrics of a body, or none (`docs/reference/vumi.md §8`).

use std::fmt;

use serde_json::Value;

use super::{Aggregator, METRICS_MAX, Metric, Shown, is_name, number};
use crate::vumi::api::response::{Response, phrase};

#[cfg(test)]
mod tests;

/// Why a body makes no metrics. The sentence is the contract's `reason`.
#[derive(Clone, Debug, PartialEq)]
pub enum BadMetrics {
    /// No JSON, or no array.
    Unreadable,
    /// More than [`METRICS_MAX`].
    TooMany {
        /// How many.
        count: usize,
    },
    /// An entry is no triple.
    NoTriple {
        /// Its place, counted from 1.
        place: usize,
    },
    /// The name is no text, empty, too long, or has control characters.
    Name {
        /// Its place, counted from 1.
        place: usize,
    },
    /// The value is no finite number.
    Value {
        /// Its place, counted from 1.
        place: usize,
    },
    /// The aggregator is none of the five.
    Aggregate {
        /// What was given.
        given: Value,
    },
}

impl fmt::Display for BadMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadMetrics::Unreadable => f.write_str("Invalid Message"),
            BadMetrics::TooMany { count } => {
                write!(f, "Invalid Message: {count} metrics, maximum allowed is {METRICS_MAX}")
            }
            BadMetrics::NoTriple { place } => {
                write!(f, "Invalid Message: metric {place} is not [name, value, aggregator]")
            }
            BadMetrics::Name { place } => write!(f, "Invalid Message: metric {place} has no usable name"),
            BadMetrics::Value { place } => {
                write!(f, "Invalid Message: the value of metric {place} is not a finite number")
            }
            BadMetrics::Aggregate { given } => write!(f, "{} is not a valid aggregate.", Shown(given)),
        }
    }
}

impl std::error::Error for BadMetrics {}

impl BadMetrics {
    /// 400 with the reason.
    pub fn response(&self) -> Response {
        let phrase = match self {
            BadMetrics::Unreadable => "Invalid Message",
            _ => phrase(400),
        };
        Response::said(400, phrase, &self.to_string())
    }
}

/// Reads the body; the first metric that is wrong decides.
pub fn read(body: &[u8]) -> Result<Vec<Metric>, BadMetrics> {
    let Ok(Value::Array(entries)) = serde_json::from_slice(body) else { return Err(BadMetrics::Unreadable) };
    if entries.len() > METRICS_MAX {
        return Err(BadMetrics::TooMany { count: entries.len() });
    }
    entries.into_iter().enumerate().map(|(index, entry)| metric(index + 1, entry)).collect()
}

fn metric(place: usize, entry: Value) -> Result<Metric, BadMetrics> {
    let Value::Array(entry) = entry else { return Err(BadMetrics::NoTriple { place }) };
    let [name, value, aggregator] = <[Value; 3]>::try_from(entry).map_err(|_| BadMetrics::NoTriple { place })?;
    let Value::String(name) = name else { return Err(BadMetrics::Name { place }) };
    if !is_name(&name) {
        return Err(BadMetrics::Name { place });
    }
    let value = number(&value).ok_or(BadMetrics::Value { place })?;
    let known = aggregator.as_str().and_then(Aggregator::parse);
    let aggregator = known.ok_or(BadMetrics::Aggregate { given: aggregator })?;
    Ok(Metric { name, value, aggregator })
}

/// The metrics are kept.
pub fn published() -> Response {
    Response::said(200, "Metrics published", "Metrics published")
}
