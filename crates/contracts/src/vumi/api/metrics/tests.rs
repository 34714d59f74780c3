//! What an account fires, and names.

use proptest::prelude::*;
use serde_json::json;

use super::fire::BadFire;
use super::*;

#[test]
fn an_account_fires_whole_series() {
    let metrics = fire::read(br#"{"foo.last":3.25}"#).unwrap();
    assert_eq!(metrics, [Metric { name: "foo.last".into(), value: 3.25, aggregator: Aggregator::Last }]);
    let response = fire::fired(&metrics);
    assert_eq!(response.body, br#"[{"name":"foo.last","value":3.25,"aggregator":"last"}]"#);
    assert_eq!((response.status, response.phrase), (200, "OK"));
    let two = fire::fired(&fire::read(br#"{"a.sum":3,"b.c.avg":"1e20"}"#).unwrap());
    assert_eq!(
        std::str::from_utf8(&two.body).unwrap(),
        r#"[{"name":"a.sum","value":3.0,"aggregator":"sum"},{"name":"b.c.avg","value":1e20,"aggregator":"avg"}]"#
    );
    assert_eq!(fire::fired(&fire::read(b"{}").unwrap()).body, b"[]");
}

#[test]
fn what_cannot_be_fired_is_refused() {
    let check = |body: &str, reason: &str| {
        let response = fire::read(body.as_bytes()).unwrap_err().response();
        let golden = format!(r#"{{"status_code":400,"reason":{}}}"#, json!(reason));
        assert_eq!(std::str::from_utf8(&response.body).unwrap(), golden, "{body}");
        assert_eq!(response.status, 400);
    };
    let value = |given: &str| format!("{given} is not a valid metric value,should be a floating point number");
    check(r#"{"a.last":"x"}"#, &value("u'x'"));
    check(r#"{"a.last":null}"#, &value("None"));
    check(r#"{"a.last":"nan"}"#, &value("u'nan'"));
    check(r#"{"a.last":[1]}"#, &value("[1]"));
    let ends = "it must end in .sum, .avg, .max, .min or .last";
    check(r#"{"a":1}"#, &format!("'a' is not a valid metric name: {ends}"));
    check(r#"{".LAST":1}"#, &format!("'.LAST' is not a valid metric name: {ends}"));
    check("[]", "Invalid query: an object of metric names and values is expected");
    assert!(matches!(fire::read(b"{\"a.last\":NaN}"), Err(BadFire::Unreadable { .. })));
    let many: serde_json::Map<_, _> = (0..=METRICS_MAX).map(|i| (format!("{i}.last"), json!(i))).collect();
    check(&Value::Object(many).to_string(), "10001 metrics fired, maximum allowed is 10000");
    assert!(fire::read(b"x").unwrap_err().to_string().starts_with("Invalid JSON: "));
}

#[test]
fn a_put_metric_is_a_series_of_its_store() {
    let metric = Metric { name: "total_pings".into(), value: 1.0, aggregator: Aggregator::Max };
    assert_eq!(series_of("default", &metric), "stores.default.total_pings.max");
    let points = points_of_store("default", std::slice::from_ref(&metric)).unwrap();
    assert_eq!(points[0].series.as_str(), "stores.default.total_pings.max");
    // The longest name can be queried, whatever the store.
    let longest = Metric { name: "x".repeat(NAME_BYTES_MAX), ..metric };
    let points = points_of_store("default", std::slice::from_ref(&longest)).unwrap();
    let asked = query::Query::read(&format!("m={}", points[0].series), domain::time::At(0)).unwrap();
    assert_eq!(asked.series, [points[0].series.clone()]);
    assert_eq!(points_of_store(&"s".repeat(300), &[longest]), None);
}

#[test]
fn nobody_is_told_as_json() {
    let response = unauthorized();
    assert_eq!(response.body, br#"{"status_code":401,"reason":"Unauthorized"}"#);
    assert_eq!((response.status, response.header), (401, Some(("WWW-Authenticate", "Bearer"))));
}

proptest! {
    #[test]
    fn any_object_fires_or_is_refused(name in any::<String>(), value in any::<f64>(), tail in "(\\.last|\\.sum)?") {
        let body = json!({ format!("{name}{tail}"): value }).to_string();
        match fire::read(body.as_bytes()) {
            Ok(metrics) => {
                let answer: Value = serde_json::from_slice(&fire::fired(&metrics).body).unwrap();
                // Reading a number costs up to a unit in its last place, each time.
                let read = answer[0]["value"].as_f64().unwrap();
                prop_assert!((read - value).abs() <= value.abs() * 1e-15 + f64::MIN_POSITIVE, "{} {}", read, value);
            }
            Err(bad) => prop_assert_eq!(bad.response().status, 400),
        }
    }

    #[test]
    fn any_bytes_fire_or_are_refused(body in any::<Vec<u8>>()) {
        let _ = fire::read(&body);
    }
}
