//! Metrics: put by a conversation ([`publish`]), or fired and queried by an account ([`fire`], [`query`])
//! (`docs/reference/vumi.md §8`, `docs/reference/vumi.md §9`).
//!
//! Here is what the three share: aggregators, names and values. Series are stored elsewhere.

use std::fmt;

pub use domain::metric::Aggregator;
use domain::metric::{Finite, Point, SeriesName};
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
pub const METRICS_MAX: usize = domain::limit::POINTS_MAX;
/// Longest name of a metric, in bytes; a series has its store in front.
pub const NAME_BYTES_MAX: usize = 255;
/// A foreign value is repeated in an error up to this many characters.
const VALUE_CHARS_SHOWN: usize = 64;

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

/// What a conversation put, as values of the series of its store; none when a name becomes too long with the store in
/// front.
pub fn points_of_store(store: &str, metrics: &[Metric]) -> Option<Vec<Point>> {
    metrics.iter().map(|metric| point(&series_of(store, metric), metric.value)).collect()
}

/// What an account fired, as values of its series.
pub fn points(metrics: &[Metric]) -> Option<Vec<Point>> {
    metrics.iter().map(|metric| point(&metric.name, metric.value)).collect()
}

fn point(series: &str, value: f64) -> Option<Point> {
    Some(Point { series: SeriesName::parse(series)?, value: Finite::new(value)? })
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
pub fn failed(status: u16, reason: &str) -> Response {
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
