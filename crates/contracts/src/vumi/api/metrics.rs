//! Metrics: put by a conversation ([`publish`]), or fired and queried by an account ([`fire`], [`query`])
//! (`docs/reference/vumi.md §8`, `docs/reference/vumi.md §9`).
//!
//! Here is what the three share: aggregators, names and values. Series are stored elsewhere.

use std::fmt;

use serde_json::Value;

use super::response::{Response, phrase};
use crate::vumi::json::Object;

pub mod fire;
pub mod publish;
pub mod query;
#[cfg(test)]
mod tests;
mod time;

/// Most metrics of one request.
pub const METRICS_MAX: usize = 10_000;
/// Longest name of a metric or series, in bytes.
pub const NAME_BYTES_MAX: usize = 255;
/// A foreign value is repeated in an error up to this many characters.
const VALUE_CHARS_SHOWN: usize = 64;

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

/// One value of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name: of the metric alone when a conversation put it, of the whole series when an account fired it.
    pub name: String,
    /// Its value; finite.
    pub value: f64,
    /// How values become one.
    pub aggregator: Aggregator,
}

/// The series under which a metric that a conversation put is queried: `stores.<store>.<name>.<aggregator>`. The
/// store is the conversation's `metric_store`.
pub fn series_of(store: &str, metric: &Metric) -> String {
    format!("stores.{store}.{}.{}", metric.name, metric.aggregator.name())
}

/// Whether a text may be a name: not empty, of a bounded length, without control characters.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && !text.contains(char::is_control)
}

/// A value as Python's `float()` takes it: a number, a boolean, or a text that is a number. Not a number and infinity
/// are none: no series can hold them.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

/// A foreign value as errors show it: plain values as Python writes them, others as JSON.
struct Shown<'a>(&'a Value);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("None"),
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::String(text) => write!(f, "'{}'", cut(text)),
            other => f.write_str(&cut(&other.to_string())),
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(VALUE_CHARS_SHOWN).collect()
}

/// `{"status_code":…,"reason":…}`: how the metrics of an account speak of failure.
fn failed(status: u16, reason: &str) -> Response {
    let mut body = Vec::with_capacity(reason.len() + 40);
    let mut object = Object::begin(&mut body);
    object.raw("status_code", &status.to_string());
    object.text("reason", reason);
    object.end();
    Response::json(status, phrase(status), body)
}

/// Nobody: the metrics of an account want a Bearer token.
pub fn unauthorized() -> Response {
    Response { header: Some(("WWW-Authenticate", "Bearer")), ..failed(401, phrase(401)) }
}

/// A number as JSON; always with a point or an exponent, as Python writes a float. Null when it is not finite.
fn write_number(out: &mut Vec<u8>, number: f64) {
    let text = if number.is_finite() { format!("{number:?}") } else { "null".to_owned() };
    out.extend_from_slice(text.as_bytes());
}
