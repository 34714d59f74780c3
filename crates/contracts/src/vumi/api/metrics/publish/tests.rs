//! Bodies that are metrics, and the bytes of every refusal.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::vumi::json;

fn metric(name: &str, value: f64, aggregator: Aggregator) -> Metric {
    Metric { name: name.into(), value, aggregator }
}

#[track_caller]
fn check(body: &str, metrics: &[Metric]) {
    assert_eq!(read(body.as_bytes()).as_deref(), Ok(metrics), "{body}");
}

#[track_caller]
fn check_refused(body: &str, phrase: &str, reason: &str) {
    let bad = read(body.as_bytes()).unwrap_err();
    let response = bad.response();
    assert_eq!((response.status, response.phrase), (400, phrase), "{body}");
    assert_eq!(response.content_type, "application/json; charset=utf-8");
    let golden = format!(r#"{{"success":false,"reason":{}}}"#, json::ascii(&json!(reason).to_string()));
    assert_eq!(std::str::from_utf8(&response.body).unwrap(), golden, "{body}");
}

#[test]
fn metrics_are_read_with_any_case_of_aggregator() {
    check(r#"[["total_pings", 1200, "MAX"]]"#, &[metric("total_pings", 1200.0, Aggregator::Max)]);
    check("[]", &[]);
    for aggregator in Aggregator::ALL {
        for word in [aggregator.name().to_owned(), aggregator.name().to_uppercase()] {
            check(&format!(r#"[["a",1,"{word}"]]"#), &[metric("a", 1.0, aggregator)]);
        }
    }
    check(
        r#"[["a.b c", -0.5, "sUm"], ["ü", 1e300, "last"]]"#,
        &[metric("a.b c", -0.5, Aggregator::Sum), metric("ü", 1e300, Aggregator::Last)],
    );
}

#[test]
fn values_are_what_python_takes_for_a_float() {
    let check = |value: &str, expected: f64| {
        check(&format!(r#"[["a",{value},"last"]]"#), &[metric("a", expected, Aggregator::Last)])
    };
    check("true", 1.0);
    check("false", 0.0);
    check(r#""12""#, 12.0);
    check(r#"" +1.5e3\n""#, 1500.0);
    check(r#""1.""#, 1.0);
    check(r#"".5""#, 0.5);
    check("123456789012345678901234567890", 123_456_789_012_345_680_000_000_000_000.0);
}

#[test]
fn what_is_no_array_of_triples_is_refused() {
    for body in
        ["", "x", "{}", "null", "5", "\"x\"", r#"[["a",NaN,"last"]]"#, r#"[["a",1e999,"last"]]"#, r#"[["a",1,"last"]"#]
    {
        check_refused(body, "Invalid Message", "Invalid Message");
    }
    for entry in ["5", "null", "{}", "\"abc\"", "[]", r#"["a",1]"#, r#"["a",1,"sum",2]"#] {
        let body = format!(r#"[["a",1,"sum"],{entry}]"#);
        check_refused(&body, "Bad Request", "Invalid Message: metric 2 is not [name, value, aggregator]");
    }
    for name in ["5", "null", "[]", r#""""#, r#""a\nb""#, &format!("{:?}", "a".repeat(256))] {
        check_refused(&format!(r#"[[{name},1,"sum"]]"#), "Bad Request", "Invalid Message: metric 1 has no usable name");
    }
    for value in
        ["null", "[]", "{}", r#""""#, r#""x""#, r#""1 2""#, r#""nan""#, r#""-inf""#, r#""Infinity""#, r#""1e999""#]
    {
        let reason = "Invalid Message: the value of metric 1 is not a finite number";
        check_refused(&format!(r#"[["a",{value},"sum"]]"#), "Bad Request", reason);
    }
}

#[test]
fn an_unknown_aggregator_is_named() {
    let check = |given: &str, shown: &str| {
        let body = format!(r#"[["a",1,{given}]]"#);
        check_refused(&body, "Bad Request", &format!("{shown} is not a valid aggregate."));
    };
    check(r#""unknown""#, "'unknown'");
    check(r#""""#, "''");
    check(r#"" sum""#, "' sum'");
    check(r#""é\r\nX""#, "'éX'");
    check("null", "None");
    check("5", "5");
    check("1.5", "1.5");
    check("true", "True");
    check("false", "False");
    check(r#"["sum"]"#, r#"["sum"]"#);
    check(&format!("{:?}", "x".repeat(1000)), &format!("'{}'", "x".repeat(64)));
}

#[test]
fn ten_thousand_metrics_are_the_most() {
    let body = |count: usize| json!(vec![json!(["a", 1, "sum"]); count]).to_string();
    assert_eq!(read(body(METRICS_MAX).as_bytes()).unwrap().len(), METRICS_MAX);
    let reason = "Invalid Message: 10001 metrics, maximum allowed is 10000";
    check_refused(&body(METRICS_MAX + 1), "Bad Request", reason);
}

#[test]
fn success_has_its_bytes() {
    let response = published();
    assert_eq!((response.status, response.phrase), (200, "Metrics published"));
    assert_eq!(response.body, br#"{"success":true,"reason":"Metrics published"}"#);
}

proptest! {
    #[test]
    fn any_triples_are_metrics_or_a_refusal(
        entries in proptest::collection::vec((any::<String>(), any::<f64>(), any::<bool>(), any::<String>()), 0..4),
    ) {
        let entries: Vec<_> = entries.into_iter().map(|(name, value, is_text, aggregator)| {
            let value = if is_text { json!(value.to_string()) } else { json!(value) };
            json!([name, value, aggregator])
        }).collect();
        match read(json!(entries).to_string().as_bytes()) {
            Ok(metrics) => prop_assert!(metrics.iter().all(|metric| metric.value.is_finite())),
            Err(bad) => {
                let body: Value = serde_json::from_slice(&bad.response().body).unwrap();
                prop_assert_eq!(body["reason"].as_str(), Some(&*bad.to_string()));
            }
        }
    }

    #[test]
    fn any_bytes_are_metrics_or_a_refusal(body in any::<Vec<u8>>()) {
        if let Err(bad) = read(&body) {
            prop_assert_eq!(bad.response().status, 400);
        }
    }
}
