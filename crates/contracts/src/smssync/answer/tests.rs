//! What the answers of SMSSync servers come to: the documented ones, those of real servers, and the hostile.

use proptest::prelude::*;

use super::*;
use crate::chain::Method;

fn secret() -> Secret {
    Secret::new("s3cret")
}

fn told(told: Told, body: &str) -> Result<Understood, Failure> {
    understand(told, &secret(), body.as_bytes())
}

/// The texts that are sent, and how many complaints there are.
#[track_caller]
fn check(what: Told, body: &str, texts: &[&str], complaints: usize) {
    let understood = told(what, body).unwrap_or_else(|failure| panic!("{body}: {failure}"));
    let found: Vec<&str> = understood.messages.iter().map(|wanted| wanted.text.as_str()).collect();
    assert_eq!(found, texts, "{body}");
    assert_eq!(understood.complaints.len(), complaints, "{body}: {:?}", understood.complaints);
}

const ONE: &str = r#""messages":[{"to":"+123","message":"hi","uuid":"u-1"}]"#;

#[test]
fn the_documented_answer_with_a_callback() {
    let body = r#"{
  "callback": {
    "options": {
      "host": "10.0.0.172",
      "port": "5984",
      "method": "POST",
      "headers": {
        "Content-Type": "application/json; charset=utf-8"
      },
      "path": "/v1/your-other-api/"
    },
    "data": {
      "uuid": "7cb8cfb7267c2296d3f4ff9e089d0076",
      "foo": "bar"
    }
  },
  "payload": {
    "success": true,
    "task": "send",
    "messages": [
      {
        "to": "+123",
        "message": "Your submission was received, thank you."
      }
    ]
  }
}"#;
    let understood = told(Told::Message, body).unwrap();
    assert_eq!(
        understood.messages,
        [Wanted {
            to: Address::parse("+123").unwrap(),
            text: "Your submission was received, thank you.".into(),
            uuid: None
        }]
    );
    assert_eq!(understood.complaints, Vec::<String>::new());
    let request = understood.callback.unwrap().request.unwrap();
    assert_eq!((request.method, request.url.as_str()), (Method::Post, "http://10.0.0.172:5984/v1/your-other-api/"));
    assert_eq!(request.body, br#"{"uuid":"7cb8cfb7267c2296d3f4ff9e089d0076","foo":"bar"}"#);
}

#[test]
fn success_is_a_boolean_or_its_word() {
    for body in [
        r#"{"payload":{"success":true,"error":null}}"#,
        r#"{"payload":{"success":"true"}}"#,
        r#"{"payload":{"success":" True "}}"#,
        "\u{feff} {\"payload\":{\"success\":true}} \n",
        r#"{"payload":{"success":true,"messages":[]}}"#,
        r#"{"payload":{"success":true,"task":"send","messages":null}}"#,
    ] {
        check(Told::Message, body, &[], 0);
    }
    check(Told::Message, r#"{"payload":{"success":1}}"#, &[], 1);
    let failed = |body: &str| told(Told::Message, body).unwrap_err();
    let unsuccessful = |error: &str| Failure::Unsuccessful { error: error.into() };
    assert_eq!(failed(r#"{"payload":{"success":false,"error":"no such form"}}"#), unsuccessful("no such form"));
    assert_eq!(failed(r#"{"payload":{"success":"FALSE","error":null}}"#), unsuccessful(""));
    assert_eq!(failed(r#"{"payload":{"success":0}}"#), unsuccessful(""));
    let long = format!(r#"{{"payload":{{"success":false,"error":"{}\r\n"}}}}"#, "x".repeat(10_000));
    assert_eq!(failed(&long), unsuccessful(&"x".repeat(ERROR_CHARS_MAX)));
    for none in [
        r#"{"payload":{}}"#,
        r#"{"payload":{"success":null}}"#,
        r#"{"payload":{"success":"yes"}}"#,
        r#"{"payload":{"success":2}}"#,
    ] {
        assert_eq!(failed(none), Failure::NoSuccess, "{none}");
    }
    for none in ["{}", r#"{"payload":null}"#, r#"{"payload":[]}"#, r#"{"success":true}"#, r#"{"callback":null}"#] {
        assert_eq!(failed(none), Failure::NoPayload, "{none}");
    }
    for none in ["", "OK", "[]", "<html></html>", "{", "{\"payload\":{\"success\":true}} x"] {
        assert_eq!(failed(none), Failure::Unreadable, "{none}");
    }
}

#[test]
fn replies_to_a_message_need_success_and_nothing_else() {
    check(Told::Message, &format!(r#"{{"payload":{{"success":true,{ONE}}}}}"#), &["hi"], 0);
    check(Told::Message, &format!(r#"{{"payload":{{"success":"true","task":"send",{ONE}}}}}"#), &["hi"], 0);
    check(Told::Message, &format!(r#"{{"payload":{{"success":true,"task":"x","secret":"wrong",{ONE}}}}}"#), &["hi"], 0);
    let failed = told(Told::Message, &format!(r#"{{"payload":{{"success":false,{ONE}}}}}"#));
    assert_eq!(failed, Err(Failure::Unsuccessful { error: String::new() }));
}

#[test]
fn work_needs_the_task_and_the_secret() {
    check(Told::Poll, &format!(r#"{{"payload":{{"task":"send","secret":"s3cret",{ONE}}}}}"#), &["hi"], 0);
    check(Told::Poll, &format!(r#"{{"payload":{{"secret":"s3cret",{ONE}}}}}"#), &[], 0);
    check(Told::Poll, &format!(r#"{{"payload":{{"task":"send","secret":"S3cret",{ONE}}}}}"#), &[], 1);
    check(Told::Poll, &format!(r#"{{"payload":{{"task":"send",{ONE}}}}}"#), &[], 1);
    check(
        Told::Poll,
        &format!(r#"{{"payload":{{"success":false,"task":"send","secret":"s3cret",{ONE}}}}}"#),
        &["hi"],
        0,
    );
    for nothing in [
        "{}",
        r#"{"payload":{}}"#,
        r#"{"payload":{"success":"false"}}"#,
        r#"{"payload":{"task":"send","secret":"s3cret","messages":[]}}"#,
    ] {
        check(Told::Poll, nothing, &[], 0);
    }
    assert_eq!(told(Told::Poll, "nothing"), Err(Failure::Unreadable));
    let open =
        understand(Told::Poll, &Secret::default(), format!(r#"{{"payload":{{"task":"send",{ONE}}}}}"#).as_bytes());
    assert_eq!(open.unwrap().messages.len(), 1);
}

#[test]
fn an_answer_in_a_chain_never_fails_and_may_send() {
    check(Told::Chained, "", &[], 0);
    check(Told::Chained, r#"{"ok":true,"id":"doc","rev":"1-x"}"#, &[], 0);
    check(Told::Chained, "<html>", &[], 1);
    check(Told::Chained, "[]", &[], 1);
    check(Told::Chained, &format!(r#"{{"payload":{{"success":true,{ONE}}}}}"#), &["hi"], 0);
    check(Told::Chained, &format!(r#"{{"payload":{{"task":"send",{ONE}}}}}"#), &["hi"], 0);
    check(Told::Chained, &format!(r#"{{"payload":{{{ONE}}}}}"#), &[], 0);
    check(Told::Chained, &format!(r#"{{"payload":{{"success":false,"task":"send",{ONE}}}}}"#), &[], 0);
    // Somebody else than the application may answer; a wrong secret is a sign of it.
    check(Told::Chained, &format!(r#"{{"payload":{{"success":true,"secret":"wrong",{ONE}}}}}"#), &[], 1);
    check(Told::Chained, &format!(r#"{{"payload":{{"success":true,"secret":"s3cret",{ONE}}}}}"#), &["hi"], 0);
    let goes_on = told(Told::Chained, r#"{"callback":{"options":{"host":"a.example","method":"GET"}}}"#).unwrap();
    assert!(goes_on.callback.unwrap().request.is_ok());
}

#[test]
fn a_callback_that_can_be_made_is_a_success() {
    let good = r#""callback":{"options":{"host":"a.example","method":"GET"}}"#;
    let bad = r#""callback":{"options":{"host":"a.example","method":"TRACE"}}"#;
    let alone = told(Told::Message, &format!("{{{good}}}")).unwrap();
    assert!(alone.callback.unwrap().request.is_ok() && alone.complaints.is_empty());
    let but =
        told(Told::Message, &format!(r#"{{{good},"payload":{{"success":false,"error":"later",{ONE}}}}}"#)).unwrap();
    assert!(but.callback.unwrap().request.is_ok() && but.messages.is_empty());
    assert_eq!(but.complaints, ["payload.success is false: later; the callback is made all the same"]);
    let refusal = Refusal::Method { given: "TRACE".into() };
    assert_eq!(told(Told::Message, &format!("{{{bad}}}")), Err(Failure::BadCallback(refusal.clone())));
    let with_success = told(Told::Message, &format!(r#"{{{bad},"payload":{{"success":true}}}}"#)).unwrap();
    assert_eq!(with_success.callback.unwrap().request, Err(refusal));
    for odd in [r#""callback":[]"#, r#""callback":"http://a.example/""#] {
        let understood = told(Told::Message, &format!(r#"{{{odd},"payload":{{"success":true}}}}"#)).unwrap();
        assert_eq!(understood.callback.unwrap().request, Err(Refusal::NoObject { member: "callback" }));
    }
}

#[test]
fn messages_are_taken_one_by_one() {
    let body = |messages: &str| format!(r#"{{"payload":{{"success":true,"messages":{messages}}}}}"#);
    check(Told::Message, &body(r#"{"to":"1","message":"alone"}"#), &["alone"], 0);
    check(
        Told::Message,
        &body(r#"[{"to":41791234567,"message":12},{"to":"2","message":"a\r\nb\u0000"}]"#),
        &["12", "a\nb"],
        0,
    );
    check(
        Told::Message,
        &body(
            r#"[1,{"message":"x"},{"to":null,"message":"x"},{"to":"1"},{"to":"1","message":" "},{"to":"a\u0001","message":"x"},{"to":"1","message":{}},{"to":"1","message":"good"}]"#,
        ),
        &["good"],
        7,
    );
    check(Told::Message, &body(r#""none""#), &[], 1);
    let long = "x".repeat(REPLY_CHARS_MAX + 1);
    check(Told::Message, &body(&format!(r#"[{{"to":"1","message":"{long}"}}]"#)), &[], 1);
    check(Told::Message, &body(&format!(r#"[{{"to":"1","message":"a","uuid":"{long}"}}]"#)), &[], 1);
    let many = vec![r#"{"to":"1","message":"x"}"#; ENTRIES_MAX + 1].join(",");
    let understood = told(Told::Message, &body(&format!("[{many}]"))).unwrap();
    assert_eq!((understood.messages.len(), understood.complaints.len()), (ENTRIES_MAX, 1));
    let uuids = told(Told::Message, &body(r#"[{"to":"1","message":"x","uuid":" u "},{"to":"1","message":"x","uuid":""},{"to":"1","message":"x","uuid":7}]"#)).unwrap();
    let uuids: Vec<_> = uuids.messages.into_iter().map(|wanted| wanted.uuid).collect();
    assert_eq!(uuids, [Some("u".to_owned()), None, Some("7".to_owned())]);
}

#[test]
fn only_200_and_201_are_read() {
    for status in [200, 201] {
        assert_eq!(verdict(status), Verdict::Read);
    }
    for status in [0, 100, 202, 204, 302, 400, 401, 404, 500, 503] {
        assert_eq!(verdict(status), Verdict::Again, "{status}");
    }
}

#[test]
fn uuids_are_read_from_200_alone() {
    let check = |status, body: &str, golden: Option<&[&str]>| {
        let found = uuids(status, body.as_bytes());
        let found = found.as_ref().map(|uuids| uuids.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), golden, "{status} {body}");
    };
    check(200, r#"{"message_uuids":["a-1"," a-2 ",3,"",null,{}]}"#, Some(&["a-1", "a-2", "3"]));
    check(200, r#"{"message_uuids":[]}"#, Some(&[]));
    check(201, r#"{"message_uuids":["a-1"]}"#, None);
    for none in
        ["", "[]", "{}", r#"{"message_uuids":"a-1"}"#, r#"{"message_uuids":null}"#, r#"{"payload":{"success":true}}"#]
    {
        check(200, none, None);
    }
}

#[test]
fn bytes_that_are_no_text_are_said() {
    let understood = understand(
        Told::Message,
        &secret(),
        b"{\"payload\":{\"success\":true,\"messages\":[{\"to\":\"1\",\"message\":\"caf\xe9\"}]}}",
    )
    .unwrap();
    assert_eq!(understood.messages[0].text, "caf\u{fffd}");
    assert_eq!(understood.complaints.len(), 1);
}

proptest! {
    #[test]
    fn any_body_is_understood_or_fails(body in prop::collection::vec(any::<u8>(), 0..200), text in any::<String>()) {
        let json = serde_json::json!({"payload": {"success": text, "messages": [{"to": text, "message": text}]}, "callback": text});
        for told in [Told::Message, Told::Poll, Told::Chained] {
            let _ = understand(told, &secret(), &body);
            let found = understand(told, &secret(), json.to_string().as_bytes());
            prop_assert!(told != Told::Chained || found.is_ok());
        }
        let _ = uuids(200, &body);
    }
}
