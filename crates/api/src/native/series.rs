//! `GET /v1/metrics`: the last values of an account's series, for Prometheus to scrape (text exposition format 0.0.4).
//!
//! Not on the operator's `/metrics`: the number of series is the tenants' affair, and one of them has up to 10,000.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::directory::Name;
use domain::limit::SERIES_MAX;
use engine::page::{SeriesQuery, SeriesRow};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Uri};

use crate::auth::Caller;
use crate::problem::{Kind, Problem};
use crate::query::Parameters;
use crate::state::ApiState;

const EXPOSITION: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// The last values.
pub(crate) async fn scrape(State(state): State<ApiState>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let mut parameters = Parameters::of(&uri);
    let asked: Option<Name> = parameters.text("account").map(Name::from);
    parameters.finish()?;
    let account = match (&caller, asked) {
        (Caller::Account(own), None) => own.clone(),
        (_, Some(asked)) => asked,
        (Caller::Operator, None) => {
            return Err(Problem::new(Kind::Query, "account: say whose metrics, as in ?account=acme"));
        }
    };
    let all = SeriesQuery { account, text: None, after: None, limit: SERIES_MAX };
    let rows = state.reader(&caller).series(all).await?;
    Ok(([(CONTENT_TYPE, EXPOSITION)], exposition(&rows)).into_response())
}

/// The rows as text: samples of one name stand together, and the whole name of the series tells those apart whose names
/// became the same.
fn exposition(rows: &[SeriesRow]) -> String {
    let mut families: BTreeMap<String, Vec<&SeriesRow>> = BTreeMap::new();
    for row in rows {
        let metric = row.name.store_and_metric().map_or_else(|| front(row), |(_, metric)| metric);
        families.entry(valid(metric)).or_default().push(row);
    }
    let mut text = String::with_capacity(rows.len() * 128);
    for (name, rows) in &families {
        // Writing into a string never fails.
        let _ok = writeln!(text, "# TYPE {name} gauge");
        for row in rows {
            let store = row.name.store_and_metric().map_or("", |(store, _)| store);
            let _ok = writeln!(
                text,
                "{name}{{store=\"{}\",aggregator=\"{}\",series=\"{}\"}} {:?}",
                escaped(store),
                row.name.aggregator().name(),
                escaped(row.name.as_str()),
                row.last_value
            );
        }
    }
    text
}

/// A name without its aggregator.
fn front(row: &SeriesRow) -> &str {
    row.name.as_str().rsplit_once('.').map_or("", |(front, _)| front)
}

/// A name as Prometheus allows them: letters, digits, underscores and colons, not beginning with a digit.
fn valid(name: &str) -> String {
    let mut valid = String::with_capacity(name.len() + 1);
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        valid.push('_');
    }
    valid.extend(name.chars().map(|c| if c.is_ascii_alphanumeric() || c == ':' { c } else { '_' }));
    valid
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use domain::metric::SeriesName;
    use domain::time::At;

    use super::*;

    #[test]
    fn last_values_are_gauges_with_valid_names() {
        let row = |name: &str, last_value: f64| {
            let name = SeriesName::parse(name).unwrap();
            SeriesRow { name, last_at: At(0), last_value }
        };
        let rows = [
            row("9lives.last", 9.0),
            row("stores.default.total_pings.max", 1200.0),
            row("stores.default.total_pings.sum", 1e300),
            row("stores.eu\"west.a b{x}.é.avg", -0.5),
            row("stores.eu\\west.a_b_x_.é.avg", 2.0),
        ];
        let golden = "\
# TYPE _9lives gauge
_9lives{store=\"\",aggregator=\"last\",series=\"9lives.last\"} 9.0
# TYPE a_b_x___ gauge
a_b_x___{store=\"eu\\\"west\",aggregator=\"avg\",series=\"stores.eu\\\"west.a b{x}.é.avg\"} -0.5
a_b_x___{store=\"eu\\\\west\",aggregator=\"avg\",series=\"stores.eu\\\\west.a_b_x_.é.avg\"} 2.0
# TYPE total_pings gauge
total_pings{store=\"default\",aggregator=\"max\",series=\"stores.default.total_pings.max\"} 1200.0
total_pings{store=\"default\",aggregator=\"sum\",series=\"stores.default.total_pings.sum\"} 1e300
";
        assert_eq!(exposition(&rows), golden);
        assert_eq!(exposition(&[]), "");
    }
}
