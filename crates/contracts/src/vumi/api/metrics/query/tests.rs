//! Queries as clients write them, and the bytes of the answers.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// 2026-11-22 03:20:57
const NOW: At = At(1_795_317_657_118_275);

fn read(query: &str) -> Result<Query, BadQuery> {
    Query::read(query, NOW)
}

fn last(name: &str) -> SeriesName {
    SeriesName::parse(name).unwrap()
}

#[test]
fn the_defaults() {
    let day = Query {
        series: vec![],
        from_s: 1_795_231_257,
        until_s: 1_795_317_657,
        interval_s: 3600,
        nulls: Nulls::Zeroize,
        is_aligned_to_from: false,
    };
    assert_eq!(read(""), Ok(day.clone()));
    assert_eq!(read("from=&until=&x=y&m="), Ok(day.clone()));
    assert_eq!(read("from=now&until=-1d"), Ok(day));
}

#[test]
fn a_query_of_the_client() {
    let query = read("m=stores.store_name.metric_name.last&from=-30d&interval=1d&nulls=omit&until=-0s").unwrap();
    assert_eq!(query.series, [last("stores.store_name.metric_name.last")]);
    assert_eq!((query.until_s - query.from_s, query.interval_s), (30 * 86_400, 86_400));
    assert_eq!((query.nulls, query.is_aligned_to_from), (Nulls::Omit, false));
    let query = read("m=a.last&m=b%20c.max&m=a.last&align_to_from=True&from=-2h&from=-1y&nulls=keep").unwrap();
    let max = last("b c.max");
    assert_eq!(query.series, [last("a.last"), max]);
    assert_eq!((query.until_s - query.from_s, query.is_aligned_to_from), (7200, true));
}

#[test]
fn every_refusal_has_its_bytes() {
    let check = |query: &str, reason: &str| {
        let response = read(query).unwrap_err().response();
        assert_eq!((response.status, response.phrase), (400, "Bad Request"));
        let golden = format!(r#"{{"status_code":400,"reason":{}}}"#, serde_json::json!(reason));
        assert_eq!(std::str::from_utf8(&response.body).unwrap(), golden, "{query}");
    };
    check("from=-1d&interval=1s", "86400 data points requested, maximum allowed is 10000");
    check("from=now&until=-1d&interval=1s", "86400 data points requested, maximum allowed is 10000");
    check("m=a&m=b&from=-1d&interval=10s", "17280 data points requested, maximum allowed is 10000");
    check("nulls=unknown", "Unrecognised null parser 'unknown'");
    check("from=blahblah", "Invalid time string: 'blahblah'");
    check("until=-12", "Invalid time string: '-12'");
    check("interval=2fortnights", "Invalid interval string: '2fortnights'");
    check("interval=0s", "Invalid interval string: '0s'");
    check(
        "m=stores.a.b&interval=1d",
        "'stores.a.b' is not a valid metric name: it must end in .sum, .avg, .max, .min or .last",
    );
    check("m=last", "'last' is not a valid metric name: it must end in .sum, .avg, .max, .min or .last");
    check("m=a%0A.last", "'a.last' is not a valid metric name: it must end in .sum, .avg, .max, .min or .last");
    check(&format!("interval=1y{}", "&m=a.last".repeat(257)), "257 metrics requested, maximum allowed is 256");
}

#[test]
fn the_most_points_are_allowed() {
    assert!(read("from=-10000s&interval=1s").is_ok());
    assert!(read("from=-10001s&interval=1s").is_err());
    assert!(read("m=a.last&m=b.last&from=-1d&interval=20s").is_ok());
    assert!(read("from=0&until=99991231&interval=99999999999y").is_ok());
}

#[test]
fn intervals_begin_at_multiples_or_at_from() {
    let check = |query: &str, starts: &[i64]| {
        assert_eq!(read(query).unwrap().interval_starts().collect::<Vec<_>>(), starts, "{query}");
    };
    check("from=3700&until=7300&interval=1h", &[3600, 7200]);
    check("from=3600&until=7200&interval=1h", &[3600, 7200]);
    check("from=3700&until=3700&interval=1h", &[3600]);
    check("from=3700&until=10900&interval=1h&align_to_from=true", &[3700, 7300]);
    check("from=3700&until=10901&interval=1h&align_to_from=true", &[3700, 7300, 10900]);
    check("from=3700&until=3700&interval=1h&align_to_from=true", &[]);
}

#[test]
fn an_answer_treats_gaps_as_asked() {
    let check = |nulls: &str, golden: &str| {
        let query = read(&format!("m=a.last&m=b.max&m=c.sum&from=3600&until=10800&interval=1h&nulls={nulls}")).unwrap();
        let (a, b): (&[_], &[_]) = (&[None, Some(88_916.0), Some(0.5)], &[Some(1e300), Some(f64::NAN), None]);
        let response = query.answer([("a.last", a), ("ü\".max", b)]);
        assert_eq!(std::str::from_utf8(&response.body).unwrap(), golden);
        assert_eq!((response.status, response.content_type), (200, "application/json; charset=utf-8"));
    };
    check(
        "keep",
        concat!(
            r#"{"a.last":[{"x":3600000,"y":null},{"x":7200000,"y":88916.0},{"x":10800000,"y":0.5}],"#,
            r#""\u00fc\".max":[{"x":3600000,"y":1e300},{"x":7200000,"y":null},{"x":10800000,"y":null}]}"#,
        ),
    );
    check(
        "omit",
        concat!(
            r#"{"a.last":[{"x":7200000,"y":88916.0},{"x":10800000,"y":0.5}],"#,
            r#""\u00fc\".max":[{"x":3600000,"y":1e300}]}"#,
        ),
    );
    check(
        "zeroize",
        concat!(
            r#"{"a.last":[{"x":3600000,"y":0.0},{"x":7200000,"y":88916.0},{"x":10800000,"y":0.5}],"#,
            r#""\u00fc\".max":[{"x":3600000,"y":1e300},{"x":7200000,"y":0.0},{"x":10800000,"y":0.0}]}"#,
        ),
    );
    assert_eq!(read("").unwrap().answer([]).body, b"{}");
}

proptest! {
    #[test]
    fn any_query_is_answered_within_bounds(
        given in any::<String>(),
        from in "-?[0-9]{1,12}(s|min|h|y)?|now|[0-9]{8}",
        interval in "[0-9]{1,12}(s|min|h|y)",
        align in any::<bool>(),
        us in any::<i64>(),
    ) {
        let _ = Query::read(&given, At(us));
        let text = format!("m=a.last&from={from}&interval={interval}&align_to_from={align}");
        if let Ok(query) = Query::read(&text, At(us)) {
            let starts: Vec<i64> = query.interval_starts().collect();
            prop_assert!(starts.len() as u64 <= POINTS_MAX + 2);
            prop_assert!(starts.windows(2).all(|pair| pair[1] - pair[0] == query.interval_s));
            let values = vec![Some(1.0); starts.len()];
            let body: Value = serde_json::from_slice(&query.answer([("a.last", &values[..])]).body).unwrap();
            prop_assert_eq!(body["a.last"].as_array().unwrap().len(), starts.len());
        }
    }
}
