//! The example of the documentation byte for byte, and what hostile and careless answers come to.

use proptest::prelude::*;

use super::*;
use crate::chain::limit::{
    BODY_BYTES_MAX, HEADER_NAME_BYTES_MAX, HEADER_VALUE_BYTES_MAX, HEADERS_BYTES_MAX, HEADERS_MAX, URL_BYTES_MAX,
};
use crate::chain::{Header, Method};

/// The whole request as it goes over the wire, with the headers that are the gateway's.
fn wire(request: &Request) -> String {
    let mut wire =
        format!("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method.name(), request.target(), request.authority());
    for header in &request.headers {
        wire.push_str(&format!("{}: {}\r\n", header.name, header.value));
    }
    wire.push_str(&format!("User-Agent: {}\r\n", crate::smssync::USER_AGENT));
    if request.method != Method::Get {
        wire.push_str(&format!("Content-Length: {}\r\n", request.body.len()));
    }
    wire + "\r\n" + std::str::from_utf8(&request.body).unwrap()
}

/// Options with some members replaced or added: the first of a name is left out.
fn options(members: &str) -> String {
    format!(
        r#"{{"options":{{"host":"example.org","port":"8080","method":"POST","headers":{{}},"path":"/a",{members}}}}}"#
    )
}

#[track_caller]
fn made(callback: &str) -> Request {
    read(callback).request.unwrap_or_else(|refusal| panic!("{callback}: {refusal}"))
}

#[track_caller]
fn refused(callback: &str, refusal: Refusal) {
    assert_eq!(read(callback).request, Err(refusal), "{}", &callback[..callback.len().min(200)]);
}

#[test]
fn the_documented_example_byte_for_byte() {
    let asked = read(
        r#"{
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
  }"#,
    );
    assert_eq!(asked.complaints, []);
    assert_eq!(
        wire(&asked.request.unwrap()),
        "POST /v1/your-other-api/ HTTP/1.1\r\n\
         Host: 10.0.0.172:5984\r\n\
         Content-Type: application/json; charset=utf-8\r\n\
         User-Agent: SMSSync-Android/2.0\r\n\
         Content-Length: 55\r\n\
         \r\n\
         {\"uuid\":\"7cb8cfb7267c2296d3f4ff9e089d0076\",\"foo\":\"bar\"}"
    );
}

#[test]
fn a_get_and_a_put_byte_for_byte() {
    let get = read(&options(
        r#""method":"GET","headers":{"Accept":"application/json"},"path":"/db/doc?rev=1"}, "data":{"a":1"#,
    ));
    assert_eq!(get.complaints, [Complaint::BodyIgnored]);
    assert_eq!(
        wire(&get.request.unwrap()),
        "GET /db/doc?rev=1 HTTP/1.1\r\nHost: example.org:8080\r\nAccept: application/json\r\n\
         User-Agent: SMSSync-Android/2.0\r\n\r\n"
    );
    assert_eq!(
        wire(&made(&options(r#""method":"PUT","port":443},"data":" as it \u00e9s { }","x":{"#))),
        "PUT /a HTTP/1.1\r\nHost: example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\
         User-Agent: SMSSync-Android/2.0\r\nContent-Length: 14\r\n\r\n as it \u{e9}s { }"
    );
}

#[test]
fn data_is_sent_as_it_was_written() {
    let body =
        |data: &str| String::from_utf8(made(&options(&format!(r#""x":0}},"data":{data},"y":{{"#))).body).unwrap();
    assert_eq!(
        body(r#"{ "z" : 1.0, "a" : 12345678901234567890123, "z" : [ 1e400 , " " ] }"#),
        r#"{"z":1.0,"a":12345678901234567890123,"z":[1e400," "]}"#
    );
    assert_eq!(body(r#""a\nb \"c\"""#), "a\nb \"c\"");
    assert_eq!(body("{}"), "{}");
    assert_eq!(body("null"), "");
    assert_eq!(body(r#""""#), "");
    let deep = format!("{}{}", "{\"a\":".repeat(5_000), "1".to_owned() + &"}".repeat(5_000));
    assert_eq!(body(&deep), deep);
    let typed = made(&options(r#""headers":{"content-type":"text/csv"}},"data":"a;b","y":{"#));
    assert_eq!(typed.headers, [Header { name: "content-type".into(), value: "text/csv".into() }]);
    for bad in ["1", "true", "[1]"] {
        let callback = options(&format!(r#""x":0}},"data":{bad},"y":{{"#));
        refused(&callback, Refusal::Kind { member: "callback.data", expected: "a text or an object" });
    }
}

#[test]
fn ports_and_schemes_make_the_url() {
    let check = |members: &str, url: &str| assert_eq!(made(&options(members)).url, url, "{members}");
    check(r#""port":5984"#, "http://example.org:5984/a");
    check(r#""port":"5984""#, "http://example.org:5984/a");
    check(r#""port":"""#, "http://example.org/a");
    check(r#""port":null"#, "http://example.org/a");
    check(r#""port":80"#, "http://example.org/a");
    check(r#""port":"443""#, "https://example.org/a");
    check(r#""port":443,"scheme":"http""#, "http://example.org:443/a");
    check(r#""port":"","scheme":"https""#, "https://example.org/a");
    check(r#""port":8443,"protocol":"https:""#, "https://example.org:8443/a");
    check(r#""port":"","host":"example.org:443""#, "https://example.org/a");
    check(r#""port":"","host":"10.0.0.172:5984""#, "http://10.0.0.172:5984/a");
    check(r#""path":"""#, "http://example.org:8080/");
    check(r#""path":null"#, "http://example.org:8080/");
    check(r#""path":"/a b""#.replace(' ', "%20").as_str(), "http://example.org:8080/a%20b");
    check(r#""path":"/ä?ö=ü""#, "http://example.org:8080/%C3%A4?%C3%B6=%C3%BC");
    check(r#""path":"//b//c""#, "http://example.org:8080//b//c");
    check(r#""path":"/@evil.example/""#, "http://example.org:8080/@evil.example/");
}

#[test]
fn hosts_are_read_once_and_have_one_spelling() {
    let check = |host: &str, url: &str| {
        assert_eq!(made(&options(&format!(r#""port":"","host":"{host}""#))).url, url, "{host}");
    };
    check("EXAMPLE.org", "http://example.org/a");
    check(" example.org ", "http://example.org/a");
    check("example.org.", "http://example.org./a");
    check("::1", "http://[::1]/a");
    check("[::1]", "http://[::1]/a");
    check("[2001:DB8::0:1]:81", "http://[2001:db8::1]:81/a");
    check("::ffff:127.0.0.1", "http://[::ffff:7f00:1]/a");
    check("münchen.example", "http://xn--mnchen-3ya.example/a");
    check("xn--mnchen-3ya.example", "http://xn--mnchen-3ya.example/a");
    // All of these are 127.0.0.1, and the guard gets to see that.
    for spelling in
        ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "１２７。０。０。１", "127.0.0.1.", "%31%32%37.0.0.1"]
    {
        let url = made(&options(&format!(r#""port":"","host":"{spelling}""#))).url;
        assert!(url.starts_with("http://127.0.0.1"), "{spelling}: {url}");
    }
    for bad in [
        "",
        "a/b",
        "a?b",
        "a#b",
        "user@",
        "a b",
        "a\\b",
        "[::1",
        "fe80::1%25lo",
        "a..b",
        "1.2.3.256",
        "http://a",
        "[example.org]",
        "-\u{0}",
    ] {
        let asked = read(&options(&format!(r#""host":{}"#, serde_json::to_string(bad).unwrap())));
        let fits = matches!(asked.request, Err(Refusal::Host { .. } | Refusal::UrlCharacters | Refusal::Port { .. }));
        assert!(fits, "{bad}: {asked:?}");
    }
    let long_label = format!("{}.example", "a".repeat(64));
    refused(&options(&format!(r#""host":"{long_label}""#)), Refusal::Host { given: "a".repeat(40) });
    let long_name = vec!["abcdefg"; 32].join(".");
    let asked = read(&options(&format!(r#""host":"{long_name}""#)));
    assert!(matches!(asked.request, Err(Refusal::Host { .. })), "{asked:?}");
}

#[test]
fn credentials_of_a_host_become_a_header_and_nothing_else() {
    let asked = read(&options(r#""host":"user:p%40w@example.org""#));
    let request = asked.request.unwrap();
    assert_eq!(request.url, "http://example.org:8080/a");
    assert_eq!(request.header("authorization"), Some("Basic dXNlcjpwQHc="));
    assert_eq!(asked.complaints, [Complaint::CredentialsMoved { are_sent: true }]);
    let asked = read(&options(r#""host":"user:pw@example.org","headers":{"authorization":"Bearer x"}"#));
    assert_eq!(asked.request.unwrap().header("Authorization"), Some("Bearer x"));
    assert_eq!(asked.complaints, [Complaint::CredentialsMoved { are_sent: false }]);
    // What looks like the host is not it.
    assert_eq!(made(&options(r#""host":"good.example@127.0.0.1""#)).url, "http://127.0.0.1:8080/a");
    refused(&options(r#""host":"127.0.0.1#@good.example""#), Refusal::Host { given: "good.example".into() });
    refused(&options(r#""host":"good.example\\@127.0.0.1""#), Refusal::UrlCharacters);
    // Credentials are not repeated in a refusal.
    let asked = read(&options(r#""host":"user:hidden@a..b""#));
    assert!(!format!("{asked:?}").contains("hidden"), "{asked:?}");
}

#[test]
fn ports_that_are_none_are_refused() {
    for port in ["0", "65536", "70000", "-1", "80.5", "1e2", "99999999999999999999"] {
        refused(&options(&format!(r#""port":{port}"#)), Refusal::Port { given: port.into() });
        refused(&options(&format!(r#""port":"{port}""#)), Refusal::Port { given: port.into() });
    }
    for port in ["+80", "http", "80:80", "８０", "0x50"] {
        refused(&options(&format!(r#""port":"{port}""#)), Refusal::Port { given: port.into() });
    }
    refused(&options(r#""host":"example.org:81""#), Refusal::Port { given: "8080".into() });
    refused(&options(r#""port":"","host":"example.org:0""#), Refusal::Port { given: "0".into() });
    refused(&options(r#""port":"","host":"example.org:80:80""#), Refusal::Host { given: "example.org:80:80".into() });
    refused(
        &options(r#""port":true"#),
        Refusal::Kind { member: "callback.options.port", expected: "a number or a text" },
    );
}

#[test]
fn only_three_methods_are_served() {
    for given in ["TRACE", "CONNECT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get\\r\\nx", "", "G ET", "GETT"] {
        let asked = read(&options(&format!(r#""method":"{given}""#)));
        assert!(matches!(asked.request, Err(Refusal::Method { .. })), "{given}: {asked:?}");
    }
    let asked = read(&options(r#""method":"put""#));
    assert_eq!((asked.request.unwrap().method, &asked.complaints[..]), (Method::Put, &[Complaint::MethodCase][..]));
    refused(&options(r#""method":1"#), Refusal::Kind { member: "callback.options.method", expected: "a text" });
}

#[test]
fn what_is_missing_or_of_another_kind_is_named() {
    let missing = |member| Refusal::Missing { member };
    for none in ["", "null", "[]", "\"x\"", "1", "{", "{\"options\":"] {
        refused(none, Refusal::NoObject { member: "callback" });
    }
    refused("{}", missing("callback.options"));
    refused(r#"{"options":null}"#, missing("callback.options"));
    refused(r#"{"options":[]}"#, Refusal::NoObject { member: "callback.options" });
    refused(r#"{"options":{}}"#, missing("callback.options.method"));
    refused(r#"{"options":{"method":"GET"}}"#, missing("callback.options.host"));
    refused(r#"{"options":{"method":"GET","host":null}}"#, missing("callback.options.host"));
    refused(&options(r#""host":1"#), Refusal::Kind { member: "callback.options.host", expected: "a text" });
    refused(&options(r#""path":["/a"]"#), Refusal::Kind { member: "callback.options.path", expected: "a text" });
    refused(
        &options(r#""headers":"a: b""#),
        Refusal::Kind { member: "callback.options.headers", expected: "an object of texts" },
    );
    refused(&options(r#""scheme":"ftp""#), Refusal::Scheme { given: "ftp".into() });
    // Only host and method must be there.
    assert_eq!(made(r#"{"options":{"method":"POST","host":"a.example"}}"#).url, "http://a.example/");
    let asked = read(&options(r#""timeout":5"#));
    assert_eq!(asked.complaints, [Complaint::MemberUnknown { name: "timeout".into() }]);
}

#[test]
fn paths_cannot_reach_beyond_themselves() {
    for path in ["a", "@evil.example/", ":81/", ".evil.example/", "http://evil.example/"] {
        refused(&options(&format!(r#""path":"{path}""#)), Refusal::Path);
    }
    for path in ["/a\\r\\nX: y", "/a\\n", "/a b", "/a\\tb", "/\\u0000", "/a\\\\b", "/a\\u2028b", "/ HTTP/1.1\\r\\n"] {
        refused(&options(&format!(r#""path":"{path}""#)), Refusal::UrlCharacters);
    }
    refused(&options(&format!(r#""path":"/{}""#, "a".repeat(URL_BYTES_MAX))), Refusal::UrlTooLong);
    // Each of these grows to six bytes in ASCII.
    refused(&options(&format!(r#""path":"/{}""#, "ä".repeat(500))), Refusal::UrlTooLong);
    let asked = read(&options(r#""path":"/a?b#c""#));
    assert_eq!(asked.request.unwrap().target(), "/a?b");
    assert_eq!(asked.complaints, [Complaint::FragmentDropped]);
}

#[test]
fn headers_pass_or_are_ours_or_refuse_the_request() {
    let with = |headers: &str| read(&options(&format!(r#""headers":{headers}"#)));
    let passed = |headers: &str| {
        let headers = with(headers).request.unwrap().headers;
        headers.into_iter().map(|header| format!("{}: {}", header.name, header.value)).collect::<Vec<_>>()
    };
    assert_eq!(
        passed(r#"{"If-Match":"\"1\"","Accept":"*/*","X-N":5,"X-B":true,"X-0":null,"X-E":"","X-T":" a\tb "}"#),
        ["If-Match: \"1\"", "Accept: */*", "X-N: 5", "X-B: true", "X-E: ", "X-T: a\tb"]
    );
    assert_eq!(passed(r#"{"Authorization":"Basic x","Cookie":"a=b","Idempotency-Key":"k"}"#).len(), 3);
    for ours in [
        "Host",
        "User-Agent",
        "content-length",
        "Connection",
        "KEEP-ALIVE",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Expect",
        "Accept-Encoding",
        "Hookswitch-Callback",
        "hookswitch-x",
    ] {
        let asked = with(&format!(r#"{{"{ours}":"x"}}"#));
        assert_eq!(asked.complaints, [Complaint::HeaderOurs { name: ours.into() }]);
        assert_eq!(asked.request.unwrap().headers, []);
    }
    let twice = with(r#"{"X-A":"1","X-B":"2","x-a":"3"}"#);
    assert_eq!(twice.complaints, [Complaint::HeaderRepeated { name: "x-a".into() }]);
    assert_eq!(twice.request.unwrap().header("X-A"), Some("3"));
    for value in [r#""a\r\nb""#, r#""a\nb: c""#, r#""a\r""#, r#""\u0000""#, r#""a\u007f""#, r#""é""#, r#""\u0085""#] {
        assert_eq!(
            with(&format!(r#"{{"X-A":{value}}}"#)).request,
            Err(Refusal::HeaderCharacters { name: "X-A".into() })
        );
    }
    for name in ["", "a b", "a:b", "a\\r\\nb", "é", "\\u0000", &"a".repeat(HEADER_NAME_BYTES_MAX + 1)] {
        let asked = with(&format!(r#"{{"{name}":"x"}}"#));
        assert!(matches!(asked.request, Err(Refusal::HeaderName { .. })), "{name}: {asked:?}");
    }
    for value in ["[]", "{}", "[\"a\"]", r#""\ud800""#] {
        assert_eq!(with(&format!(r#"{{"X-A":{value}}}"#)).request, Err(Refusal::HeaderKind { name: "X-A".into() }));
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let with = |headers: String| read(&options(&format!(r#""headers":{{{headers}}}"#))).request;
    let fits = "a".repeat(HEADER_VALUE_BYTES_MAX);
    assert!(with(format!(r#""X-A":"{fits}""#)).is_ok());
    let too_long = Err(Refusal::HeaderTooLong { name: "X-A".into() });
    assert_eq!(with(format!(r#""X-A":"{fits}a""#)), too_long);
    assert_eq!(with(format!(r#""X-A":"{}""#, "a".repeat(1 << 20))), too_long);
    let many = |count: usize| (0..count).map(|n| format!(r#""X-{n}":"""#)).collect::<Vec<_>>().join(",");
    assert!(with(many(HEADERS_MAX)).is_ok());
    assert_eq!(with(many(HEADERS_MAX + 1)), Err(Refusal::TooManyHeaders));
    let heavy = (0..=HEADERS_BYTES_MAX / 4000).map(|n| format!(r#""X-{n}":"{}""#, "a".repeat(4000)));
    assert_eq!(with(heavy.collect::<Vec<_>>().join(",")), Err(Refusal::HeadersTooLong));
    let data = |bytes: usize| read(&options(&format!(r#""x":0}},"data":"{}","y":{{"#, "a".repeat(bytes)))).request;
    assert_eq!(data(BODY_BYTES_MAX).unwrap().body.len(), BODY_BYTES_MAX);
    assert_eq!(data(BODY_BYTES_MAX + 1), Err(Refusal::BodyTooLarge { bytes: BODY_BYTES_MAX + 1 }));
    assert_eq!(data(10 << 20), Err(Refusal::BodyTooLarge { bytes: 10 << 20 }));
    // Blanks between the parts of an object do not count.
    let padded = options(&format!(r#""x":0}},"data":{{"a":{}1}},"y":{{"#, " ".repeat(BODY_BYTES_MAX)));
    assert_eq!(made(&padded).body, b"{\"a\":1}");
}

#[test]
fn sentences_repeat_nothing_that_breaks_a_line() {
    let long = "x".repeat(10_000);
    for given in ["\\r\\n\\u0000TRACE", &long] {
        let refusal = read(&options(&format!(r#""method":"{given}""#))).request.unwrap_err().to_string();
        assert!(refusal.len() < 200 && !refusal.contains(char::is_control), "{refusal:?}");
        let asked = read(&options(&format!(r#""{given}":1"#)));
        assert!(asked.complaints.iter().all(|complaint| complaint.to_string().len() < 200));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = read(&text);
    }

    #[test]
    fn whatever_is_made_has_one_meaning(
        host in "[a-zA-Z0-9.:@%\\[\\]ä/#?-]{0,24}",
        port in "[0-9+a]{0,6}",
        path in "[/?#@:.a-zä%&= -]{0,24}",
        name in "[A-Za-z:\r\n -]{0,12}",
        value in "[ -~\r\n\t\u{e9}]{0,12}",
    ) {
        let callback = serde_json::json!({"options": {
            "host": host, "port": port, "path": path, "method": "POST", "headers": {name: value},
        }});
        if let Ok(request) = read(&callback.to_string()).request {
            let parsed = url::Url::parse(&request.url).unwrap();
            prop_assert_eq!(parsed.as_str(), &request.url);
            prop_assert!(request.url.is_ascii() && !request.url.contains(|c: char| c <= ' ' || c == '\\'));
            prop_assert!(parsed.username().is_empty() && parsed.password().is_none() && parsed.fragment().is_none());
            prop_assert_eq!(format!("{}://{}{}", parsed.scheme(), request.authority(), request.target()), request.url.clone());
            // The port that was asked for is the one that is called.
            if let Ok(port) = port.parse::<u16>() {
                prop_assert_eq!(parsed.port_or_known_default(), Some(port));
            }
            for header in &request.headers {
                prop_assert!(header.value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)));
                prop_assert!(!header.name.is_empty() && !header.name.contains([':', ' ', '\r', '\n']));
            }
        }
    }
}
