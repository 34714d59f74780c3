//! What devices of every version send, byte for byte, and what they get.

use domain::limit::TEXT_BYTES_MAX;
use domain::time::At;
use proptest::prelude::*;

use super::*;
use crate::smssync::key::Key;

const ID: &str = "0f9f3a4e-2d5b-4c8e-9a38-5d2b1c7e6f01";

fn post(body: &[u8]) -> Result<Request, BadRequest> {
    read("POST", "", body, &Keys::default())
}

#[track_caller]
fn received(body: &str) -> (Received, Vec<String>) {
    let request = post(body.as_bytes()).unwrap_or_else(|bad| panic!("{body}: {bad}"));
    match request.ask {
        Ask::Message(received) => (received, request.complaints),
        other => panic!("{other:?}"),
    }
}

/// A whole SMS of the last version.
fn whole() -> Received {
    Received {
        from: "+41791234567".into(),
        message: "Grüße & so".into(),
        message_id: Some(ID.into()),
        sent_at: Some(DeviceTime::Exact(At::from_ms(1_795_317_657_118))),
        sent_to: Some("8282".into()),
        device_id: Some("desk".into()),
        battery_percent: None,
    }
}

#[test]
fn every_format_is_read() {
    let form = format!(
        "secret=s3cret&from=%2B41791234567&message=Gr%C3%BC%C3%9Fe+%26+so&sent_timestamp=1795317657118&sent_to=8282\
         &message_id={ID}&device_id=desk"
    );
    let json = format!(
        r#"{{"secret":"s3cret","from":"+41791234567","message":"Grüße & so","sent_timestamp":"1795317657118","sent_to":"8282","message_id":"{ID}","device_id":"desk"}}"#
    );
    let numbers = json.replace("\"1795317657118\"", "1795317657118").replace("\"8282\"", "8282");
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><payload><secret>s3cret</secret><from>+41791234567</from>\
         <message>Grüße &amp; so</message><sent_timestamp>1795317657118</sent_timestamp><sent_to>8282</sent_to>\
         <message_id>{ID}</message_id><device_id>desk</device_id></payload>"
    );
    for body in [&form, &json, &numbers, &xml, &format!("\u{feff}{json}"), &format!("\r\n {xml}\n")] {
        for method in ["POST", "PUT"] {
            let request = read(method, "", body.as_bytes(), &Keys::default()).unwrap();
            assert_eq!(request.ask, Ask::Message(whole()), "{body}");
            assert_eq!((request.secret.expose(), request.complaints.len()), ("s3cret", 0));
        }
    }
}

#[test]
fn old_versions_bring_less() {
    let (bare, complaints) = received("secret=&from=%2B1&message=hi");
    assert_eq!((bare.from.as_str(), bare.message.as_str(), bare.identity()), ("+1", "hi", None));
    assert_eq!(complaints, ["neither a message_id nor a sent_timestamp came: a repetition would not be recognised"]);
    let (minute, complaints) = received("from=%2B1&message=hi&sent_timestamp=11-22-26+03%3A20");
    assert_eq!(minute.sent_at, Some(DeviceTime::Minute(At::from_ms(1_795_317_600_000))));
    assert_eq!((minute.identity(), complaints.len()), (None, 1));
    let (seconds, complaints) = received("from=%2B1&message=hi&sent_timestamp=1795317657");
    assert_eq!(seconds.sent_at, Some(DeviceTime::Exact(At::from_ms(1_795_317_657_000))));
    assert_eq!((seconds.identity().is_some(), complaints.len()), (true, 0));
    let (odd, complaints) = received("from=%2B1&message=hi&sent_timestamp=yesterday&message_id=1");
    assert_eq!((odd.sent_at, complaints.len()), (None, 1));
}

#[test]
fn the_test_button_is_recognised() {
    let (test, complaints) = received("secret=s&from=%2B000000000000&message=Test+Message+From+SMSSync+Integration");
    assert!(test.is_test());
    assert_eq!(complaints, Vec::<String>::new());
    assert!(!received("from=%2B000000000000&message=hi").0.is_test());
}

#[test]
fn renamed_keys_are_read_under_their_new_names() {
    let keys = Keys::renamed([(Key::From, "sender"), (Key::Message, "text"), (Key::Secret, "pass")]).unwrap();
    let request = read("POST", "", b"pass=s&sender=%2B1&text=hi&message_id=7", &keys).unwrap();
    let Ask::Message(found) = request.ask else { panic!() };
    assert_eq!((found.from.as_str(), found.message.as_str(), request.secret.expose()), ("+1", "hi", "s"));
    // A device that was not set up yet uses the old ones.
    let request = read("POST", "", b"secret=s&from=%2B1&message=hi", &keys).unwrap();
    assert!(matches!(request.ask, Ask::Message(Received { ref from, .. }) if from == "+1"));
    // A name that now means something else is not taken for the old one.
    let swapped = Keys::renamed([(Key::From, "message"), (Key::Message, "from")]).unwrap();
    let Ask::Message(found) = read("POST", "", b"from=hi&message=%2B1", &swapped).unwrap().ask else { panic!() };
    assert_eq!((found.from.as_str(), found.message.as_str()), ("+1", "hi"));
    assert_eq!(
        read("POST", "", b"from=hi", &swapped),
        Err(BadRequest::Missing { name: "message".into(), came: "from".into() })
    );
}

#[test]
fn what_is_missing_is_named_with_what_came() {
    let missing = |name: &str, came: &str| Err(BadRequest::Missing { name: name.into(), came: came.into() });
    assert_eq!(post(b""), missing("from", ""));
    assert_eq!(post(b"message=hi"), missing("from", "message"));
    assert_eq!(post(b"from=1"), missing("message", "from"));
    assert_eq!(post(b"sender=1&text=hi"), missing("from", "sender, text"));
    assert_eq!(post(b"{}"), missing("from", ""));
    assert_eq!(post(b"<payload/>"), missing("from", ""));
    assert_eq!(post(br#"{"from":null,"message":"x"}"#), missing("from", "message"));
    assert_eq!(
        post(b"sender=1").unwrap_err().to_string(),
        "the key from is missing: keys that came are sender; were they renamed on the device?"
    );
    for broken in ["{", "{\"from\":", "<payload>", "<!DOCTYPE a []><payload/>", "[]{"] {
        let bad = post(broken.as_bytes()).unwrap_err();
        assert!(matches!(bad, BadRequest::Unreadable | BadRequest::Missing { .. }), "{broken}: {bad:?}");
    }
    let (empty, complaints) = received("from=&message=&message_id=0f9f3a4e-2d5b-4c8e-9a38-5d2b1c7e6f01");
    assert_eq!((empty.from.as_str(), empty.message.as_str(), complaints.len()), ("", "", 1));
}

#[test]
fn what_is_too_much_is_refused() {
    let long = |bytes: usize| format!("from=1&message={}", "a".repeat(bytes));
    assert!(post(long(TEXT_BYTES_MAX).as_bytes()).is_ok());
    assert_eq!(post(long(TEXT_BYTES_MAX + 1).as_bytes()), Err(BadRequest::TooLong));
    let many = |count: usize| (0..count).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join("&") + "&from=1&message=2";
    assert!(post(many(FIELDS_MAX - 2).as_bytes()).is_ok());
    assert_eq!(post(many(FIELDS_MAX).as_bytes()), Err(BadRequest::TooManyFields));
    let object = format!("{{{}}}", (0..=FIELDS_MAX).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(","));
    assert_eq!(post(object.as_bytes()), Err(BadRequest::TooManyFields));
    assert_eq!(read("POST", &many(FIELDS_MAX), b"", &Keys::default()), Err(BadRequest::TooManyFields));
    let id = "x".repeat(UUID_BYTES_MAX + 1);
    let (without, complaints) = received(&format!("from=1&message=2&sent_timestamp=1795317657118&message_id={id}"));
    assert_eq!((without.message_id, complaints.len()), (None, 1));
    let deep =
        format!(r#"{{"from":"1","message":"2","message_id":"7","x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(received(&deep).1, ["the member x is not a text and was ignored"]);
}

#[test]
fn one_sms_has_one_identity_and_two_have_two() {
    let identity = |body: &str| received(body).0.identity();
    // A UUID stands for itself, however it is written and whatever else came.
    let by_id = identity(&format!("from=1&message=a&sent_timestamp=1795317657118&message_id={ID}"));
    assert_eq!(by_id.as_deref(), Some(ID));
    assert_eq!(by_id, identity(&format!("from=1&message=b&message_id={}", ID.to_uppercase())));
    // Row numbers begin anew when the app is installed anew.
    let row = |id: u8, text: &str, time: u64| {
        identity(&format!("from=1&message={text}&message_id={id}&sent_timestamp={time}"))
    };
    assert_eq!(row(7, "a", 1_795_317_657_118), row(7, "a", 1_795_317_657_118));
    assert_ne!(row(7, "a", 1_795_317_657_118), row(8, "a", 1_795_317_657_118));
    assert_ne!(row(7, "a", 1_795_317_657_118), row(7, "b", 1_795_317_657_118));
    assert_ne!(row(7, "a", 1_795_317_657_118), row(7, "a", 1_795_317_657_119));
    // Without an id, sender, text and time.
    let timed =
        |from: u8, text: &str, time: u64| identity(&format!("from={from}&message={text}&sent_timestamp={time}"));
    assert_eq!(timed(1, "yes", 1_795_317_657_118), timed(1, "yes", 1_795_317_657_118));
    assert_ne!(timed(1, "yes", 1_795_317_657_118), timed(1, "yes", 1_795_317_657_119));
    assert_ne!(timed(1, "yes", 1_795_317_657_118), timed(2, "yes", 1_795_317_657_118));
    assert_ne!(timed(1, "yes", 1_795_317_657_118), timed(1, "no", 1_795_317_657_118));
    assert!(timed(1, "yes", 1_795_317_657_118).unwrap().starts_with("1795317657118:"));
}

#[test]
fn a_battery_is_read_when_it_is_there() {
    let battery = |fields: &str| received(&format!("from=1&message=2&message_id=7&{fields}")).0.battery_percent;
    assert_eq!(battery("battery=87"), Some(87));
    assert_eq!(battery("battery_level=100%25"), Some(100));
    for none in ["", "battery=101", "battery=full", "battery=-1"] {
        assert_eq!(battery(none), None, "{none}");
    }
}

#[test]
fn tasks_are_found_in_every_url_that_devices_make() {
    let ask = |method: &str, query: &str| {
        read(method, query, b"", &Keys::default()).map(|request| (request.ask, request.secret.expose().to_owned()))
    };
    for query in [
        "task=send&secret=s3%20c",
        "a=b?task=send&secret=s3+c",
        "?task=send&secret=s3%20c",
        "task=send?secret=s3%20c&from=1",
        "a?b?task=send&secret=s3%20c",
    ] {
        assert_eq!(ask("GET", query), Ok((Ask::Poll, "s3 c".into())), "{query}");
    }
    assert_eq!(ask("GET", "task=send"), Ok((Ask::Poll, String::new())));
    assert_eq!(ask("GET", "task=result&secret=s"), Ok((Ask::Awaited, "s".into())));
    for query in ["", "task=", "task=sent", "task=SEND", "task=sendx", "x=1"] {
        assert_eq!(ask("GET", query), Err(BadRequest::NoTask), "{query}");
    }
    assert_eq!(ask("HEAD", "task=send"), Err(BadRequest::NoTask));
    // Work may be asked for by a form; a message with the task of a query is a message.
    assert_eq!(read("POST", "", b"task=send&secret=s", &Keys::default()).unwrap().ask, Ask::Poll);
    let message = read("POST", "task=send&secret=s", b"from=1&message=2&message_id=7", &Keys::default()).unwrap();
    assert!(matches!(message.ask, Ask::Message(_)));
    assert_eq!(message.secret.expose(), "s");
    // Of a secret in the body and one in the query, the body's counts.
    assert_eq!(read("POST", "secret=q", b"from=1&message=2&secret=b", &Keys::default()).unwrap().secret.expose(), "b");
}

#[test]
fn what_was_queued_is_read() {
    let queued = |body: &str| {
        read("POST", "task=sent", body.as_bytes(), &Keys::default())
            .map(|request| (request.ask, request.complaints.len()))
    };
    let uuids = |uuids: &[&str], complaints| {
        Ok((Ask::Queued(uuids.iter().map(|uuid| (*uuid).to_owned()).collect()), complaints))
    };
    assert_eq!(queued(r#"{"queued_messages":["a-1","a-2"]}"#), uuids(&["a-1", "a-2"], 0));
    assert_eq!(queued(r#"{"queued_messages":"[\"a-1\"]"}"#), uuids(&["a-1"], 0));
    assert_eq!(queued(r#"{"queued_messages":[]}"#), uuids(&[], 0));
    assert_eq!(queued(r#"{"queued_messages":[1," b ",null,"",[]]}"#), uuids(&["1", "b"], 3));
    let bad = Err(BadRequest::BadTask { task: Task::Sent });
    for body in
        ["", "[]", "{}", r#"{"queued_messages":null}"#, r#"{"queued_messages":"a-1"}"#, r#"{"queued_messages":{}}"#]
    {
        assert_eq!(queued(body), bad, "{body}");
    }
}

#[test]
fn results_are_read_as_json_or_as_a_form() {
    let results = |body: &str| match read("POST", "task=result&secret=s", body.as_bytes(), &Keys::default())
        .map(|request| request.ask)
    {
        Ok(Ask::Results(results)) => Ok(results.into_iter().map(|result| result.uuid).collect::<Vec<_>>()),
        Ok(other) => panic!("{other:?}"),
        Err(bad) => Err(bad),
    };
    assert_eq!(results(r#"{"message_result":"[{\"uuid\":\"a-1\"}]"}"#), Ok(vec!["a-1".to_owned()]));
    assert_eq!(results("message_result=%5B%7B%22uuid%22%3A%22a-1%22%7D%5D"), Ok(vec!["a-1".to_owned()]));
    assert_eq!(results(r#"{"message_result":[]}"#), Ok(Vec::new()));
    for body in ["", "x=y", "{", r#"{"message_result":1}"#] {
        assert_eq!(results(body), Err(BadRequest::BadTask { task: Task::Result }), "{body}");
    }
}

#[test]
fn the_secret_is_looked_at_where_devices_send_it() {
    let request =
        |method: &str, query: &str, body: &str| read(method, query, body.as_bytes(), &Keys::default()).unwrap();
    let secret = Secret::new("s3cret");
    let check = |request: &Request, allowed: bool| {
        assert_eq!(is_allowed(&secret, request), allowed, "{request:?}");
        assert!(is_allowed(&Secret::default(), request), "{request:?}");
    };
    check(&request("GET", "task=send&secret=s3cret", ""), true);
    check(&request("GET", "task=send&secret=S3cret", ""), false);
    check(&request("GET", "task=send", ""), false);
    check(&request("POST", "", "from=1&message=2&secret=s3cret"), true);
    check(&request("POST", "", "from=1&message=2"), false);
    check(&request("POST", "task=sent", r#"{"queued_messages":[]}"#), true);
    check(&request("POST", "task=result&secret=s3cret", r#"{"message_result":[]}"#), true);
    check(&request("POST", "task=result", r#"{"message_result":[]}"#), false);
    assert!(!format!("{:?}", request("GET", "task=send&secret=hidden", "")).contains("hidden"));
}

#[test]
fn answers_byte_for_byte() {
    let check = |body: Vec<u8>, golden: &str| assert_eq!(String::from_utf8(body).unwrap(), golden);
    let hi = Outgoing { to: "+123", text: "Your submission was received, thank you.", uuid: None };
    let two = Outgoing { to: "+124", text: "\"é\"\n", uuid: Some("a-1") };
    check(taken(&[]), r#"{"payload":{"success":true,"error":null}}"#);
    check(
        taken(&[hi]),
        r#"{"payload":{"success":true,"error":null,"task":"send","messages":[{"to":"+123","message":"Your submission was received, thank you."}]}}"#,
    );
    check(
        refused("the key \"from\" is missing"),
        r#"{"payload":{"success":false,"error":"the key \"from\" is missing"}}"#,
    );
    let secret = Secret::new("s3\"cret");
    check(work(&secret, &[]), r#"{"payload":{"task":"send","secret":"s3\"cret","messages":[]}}"#);
    check(
        work(&secret, &[hi, two]),
        concat!(
            r#"{"payload":{"task":"send","secret":"s3\"cret","messages":[{"to":"+123","message":"#,
            r#""Your submission was received, thank you."},{"to":"+124","message":"\"é\"\n","uuid":"a-1"}]}}"#,
        ),
    );
    check(
        work(&Secret::default(), &[two]),
        r#"{"payload":{"task":"send","messages":[{"to":"+124","message":"\"é\"\n","uuid":"a-1"}]}}"#,
    );
    check(uuids(["a-1", "a-2"]), r#"{"message_uuids":["a-1","a-2"]}"#);
    check(uuids([]), r#"{"message_uuids":[]}"#);
}

proptest! {
    #[test]
    fn any_request_is_read_or_refused(
        method in "GET|POST|PUT",
        query in "[ -~]{0,40}|task=(send|sent|result)",
        body in prop::collection::vec(any::<u8>(), 0..200),
        text in any::<String>(),
    ) {
        let keys = Keys::default();
        let _ = read(&method, &query, &body, &keys);
        for body in [text.clone(), format!("{{{text}"), format!("<{text}"), format!("from={text}&message={text}")] {
            let read = read(&method, &query, body.as_bytes(), &keys);
            if let Err(bad) = read {
                let answer = refused(&bad.to_string());
                prop_assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_ok());
            }
        }
    }

    /// What we hand out, an application's side of ours understands.
    #[test]
    fn work_is_understood_by_whom_it_is_for(texts in prop::collection::vec("[^\u{0}-\u{1f}\u{7f}-\u{9f} ][^\u{0}-\u{1f}\u{7f}-\u{9f}]{0,20}", 0..5), secret in "[ -~]{0,8}") {
        use crate::smssync::answer::{Told, understand};

        let secret = Secret::new(secret);
        let wanted: Vec<Outgoing<'_>> = texts.iter().map(|text| Outgoing { to: "+1", text, uuid: Some("u") }).collect();
        let read = understand(Told::Poll, &secret, &work(&secret, &wanted)).unwrap();
        let read_texts: Vec<_> = read.messages.into_iter().map(|wanted| wanted.text).collect();
        prop_assert_eq!(&read_texts, &texts.iter().filter(|text| !text.trim().is_empty()).cloned().collect::<Vec<_>>());
        let read = understand(Told::Message, &secret, &taken(&wanted)).unwrap();
        prop_assert_eq!(read.messages.len(), read_texts.len());
    }
}
