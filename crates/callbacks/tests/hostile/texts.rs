//! Bodies of 200 that are no good answer, by the hundred, through the reader of the Service Layer contract: none does
//! harm, what is odd is complained about, and what no person should get does not become a text
//! (`docs/reference/service-layer.md §4`).

use contracts::understand;
use domain::answer::{Answer, Instruction};
use domain::callback::CallbackKind;
use domain::directory::Contract;
use domain::limit::{RECORDED_BYTES_MAX, REPLY_CHARS_MAX};
use engine::port::CallbackClient;

use crate::gateway::{Gateway, order};
use crate::server::{Server, Step};

/// Content types under which everything is read again: none of them decides between text and JSON.
const TYPES: [Option<&str>; 4] =
    [None, Some("text/plain; charset=utf-8"), Some("application/json"), Some("application/octet-stream; x=\"\u{e9}")];

/// What becomes of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// Nothing was asked for.
    Nothing,
    /// This goes to the phone.
    Sent(String),
    /// This goes to the phone, and the operator reads that it was odd.
    SentOddly(String),
    /// Nothing goes to the phone, and the operator reads why.
    Dropped,
    /// Nothing goes to the phone but something else is done.
    Done,
}

use Fate::{Done, Dropped, Nothing, Sent, SentOddly};

fn fate(answer: &Answer) -> Fate {
    let replies: Vec<&str> = answer.instructions.iter().filter_map(reply).collect();
    match (replies.as_slice(), answer.complaints.is_empty()) {
        ([text], true) => Sent((*text).to_owned()),
        ([text], false) => SentOddly((*text).to_owned()),
        ([], _) if !answer.instructions.is_empty() => Done,
        ([], true) => Nothing,
        ([], false) => Dropped,
        _ => panic!("more than one reply: {answer:?}"),
    }
}

fn reply(instruction: &Instruction) -> Option<&str> {
    match instruction {
        Instruction::Reply { text } => Some(text),
        _ => None,
    }
}

type Case = (Vec<u8>, Fate);

/// Broken, or no object of the contract: a text with a remark.
fn like_json() -> Vec<Case> {
    let broken = [
        "{",
        "{{",
        "{}}",
        "{} {}",
        "{]",
        "{[}",
        "{\"",
        "{\"body",
        "{\"body\"",
        "{\"body\":",
        "{\"body\":}",
        "{\"body\":\"x\"",
        "{\"body\":\"x",
        "{\"body\":'x'}",
        "{'body':'x'}",
        "{body:\"x\"}",
        "{\"body\" \"x\"}",
        "{\"body\"::\"x\"}",
        "{\"body\":\"x\",}",
        "{,\"body\":\"x\"}",
        "{\"body\":\"x\",,\"a\":1}",
        "{\"body\":\"x\";\"a\":1}",
        "{\"body\"=\"x\"}",
        "{\"body\":\"x\"}}",
        "{\"body\":\"x\"} //",
        "{\"body\":\"x\"}#",
        "{\"body\":\"x\"},",
        "{\"body\":\"x\"}\u{feff}",
        "{/**/\"body\":\"x\"}",
        "{\"body\":/**/\"x\"}",
        "{\"body\":\"x\" \"y\"}",
        "{\"body\":x}",
        "{\"body\":True}",
        "{\"body\":NULL}",
        "{\"body\":nul}",
        "{\"body\":undefined}",
        "{\"body\":NaN}",
        "{\"body\":Infinity}",
        "{\"body\":-Infinity}",
        "{\"body\":+1}",
        "{\"body\":01}",
        "{\"body\":1.}",
        "{\"body\":.5}",
        "{\"body\":-}",
        "{\"body\":1e}",
        "{\"body\":1e+}",
        "{\"body\":0x1}",
        "{\"body\":1_000}",
        "{\"body\":1e400}",
        "{\"body\":-1e400}",
        "{\"body\":\"\\x41\"}",
        "{\"body\":\"\\u12\"}",
        "{\"body\":\"\\u12g4\"}",
        "{\"body\":\"\\U0041\"}",
        "{\"body\":\"\\a\"}",
        "{\"body\":\"\\\"}",
        "{\"body\":\"\\",
        "{\"body\":\"\\ud800\"}",
        "{\"body\":\"\\udc00\"}",
        "{\"body\":\"\\ud800\\ud800\"}",
        "{\"body\":\"\\ud800x\"}",
        "{\"body\":\"\\udfff\\ud800\"}",
        "{\"body\":\"\\ud83d\"}",
        "{\"\\ud800\":1}",
        "{1:2}",
        "{null:1}",
        "{true}",
        "{\"a\"}",
        "{\"a\",\"b\"}",
        "{:}",
        "{,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":[}",
        "{\"a\":[1,]}",
        "{\"a\":{}",
        "{\"a\":]}",
        "{\u{a0}}",
        "{\"error\":",
        "{\"stack\":\"at main.js:1",
        "{\"body\":\"x\"",
        "{\"body\": \"caf\u{e9}\"",
        "{\"status\":500,\"message\":\"Internal",
    ];
    let objects = [
        "{\"a\":1}",
        "{\"Body\":\"x\"}",
        "{\"BODY\":\"x\"}",
        "{\" body\":\"x\"}",
        "{\"body \":\"x\"}",
        "{\"bod\\u0443\":\"x\"}",
        "{\"\":\"x\"}",
        "{\"error\":\"not found\"}",
        "{\"a\":{\"body\":\"x\"}}",
        "{\"text\":\"hi\",\"to\":\"+1\"}",
        "{\"__proto__\":{\"body\":\"x\"}}",
        "{\"a\":1e300}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":1,\"a\":2}",
        "[]",
        "[1]",
        "[null]",
        "[[]]",
        "[{\"body\":\"x\"}]",
        "[\"body\",\"x\"]",
        "\"x\"",
        "\"\"",
        "\"{\\\"body\\\":\\\"x\\\"}\"",
        "[1,\n2]",
        "[1.0e10]",
        "[\"\\u00e9\"]",
    ];
    broken.iter().chain(&objects).map(|text| (text.as_bytes().to_vec(), SentOddly((*text).to_owned()))).collect()
}

/// Objects of the contract with something odd about them.
fn obeyed() -> Vec<Case> {
    let sent = |text: &str| Sent(text.to_owned());
    let oddly = |text: &str| SentOddly(text.to_owned());
    let escaped: String = "sunny".chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    let many: String = (0..5000).map(|n| format!("\"k{n}\":{n},")).collect();
    let cases: Vec<(String, Fate)> = vec![
        ("{}".into(), Nothing),
        ("{ }".into(), Nothing),
        ("{\r\n\t}".into(), Nothing),
        ("\u{feff}{}".into(), Nothing),
        ("{\"body\":null}".into(), Nothing),
        ("{\"body\":\"\"}".into(), Nothing),
        ("{\"body\":\" \\n\\t \"}".into(), Nothing),
        ("{\"close_session\":false}".into(), Nothing),
        ("{\"close_session\":null,\"reprocess\":null}".into(), Nothing),
        ("{\"close_session\":true}".into(), Done),
        ("{\"close_session\":\"yes\"}".into(), Done),
        ("{\"reprocess\":\"again\"}".into(), Done),
        ("{\"reprocess\":\"again\",\"body\":7}".into(), Done),
        (format!("{{\"body\":\"{escaped}\"}}"), sent("sunny")),
        ("{\"bod\\u0079\":\"x\"}".into(), sent("x")),
        ("{\"body\":\"first\",\"body\":\"last\"}".into(), sent("last")),
        ("{\"body\":\"x\",\"body\":null}".into(), Nothing),
        ("{\"body\":null,\"body\":\"x\"}".into(), sent("x")),
        ("{\"body\":\"{\\\"body\\\":\\\"y\\\"}\"}".into(), sent("{\"body\":\"y\"}")),
        ("{\"body\":\"\\ud83d\\ude00\"}".into(), sent("\u{1f600}")),
        ("{\"body\":\"\\uffff\\ufdd0\"}".into(), sent("\u{ffff}\u{fdd0}")),
        ("{\"body\":\"\\u2028x\\u2029\"}".into(), sent("\u{2028}x\u{2029}")),
        ("{\"body\":\"a\\r\\nb\\rc\"}".into(), sent("a\nb\nc")),
        ("{\"body\":\"a\\u0000b\\u001bc\\u007f\"}".into(), oddly("abc")),
        ("{\"body\":\"\\u0000\"}".into(), Dropped),
        ("{\"body\":\"<html>\"}".into(), sent("<html>")),
        ("{\"body\":1}".into(), Dropped),
        ("{\"body\":1e300}".into(), Dropped),
        ("{\"body\":true}".into(), Dropped),
        ("{\"body\":[\"x\"]}".into(), Dropped),
        ("{\"body\":{\"body\":\"x\"}}".into(), Dropped),
        ("{\"reprocess\":[]}".into(), Dropped),
        ("{\"reprocess\":\"\"}".into(), Dropped),
        ("{\"close_session\":\"maybe\"}".into(), Dropped),
        ("{\"close_session\":-1}".into(), Dropped),
        ("{\"close_session\":1e300}".into(), Dropped),
        ("{\"body\":\"x\",\"a\":1}".into(), oddly("x")),
        ("{\"body\":\"x\",\"\\u0000\\u0007\":1}".into(), oddly("x")),
        ("{\"body\":\"x\",\"a\":99999999999999999999999999}".into(), oddly("x")),
        (format!("{{{many}\"body\":\"x\"}}"), oddly("x")),
        (format!("{{\"body\":\"{}\"}}", "y".repeat(REPLY_CHARS_MAX)), sent(&"y".repeat(REPLY_CHARS_MAX))),
        (format!("{{\"body\":\"{}\"}}", "y".repeat(REPLY_CHARS_MAX + 1)), Dropped),
        (format!("{{\"body\":\"{}\"}}", "\\u0041".repeat(40_000)), Dropped),
    ];
    cases.into_iter().map(|(text, fate)| (text.into_bytes(), fate)).collect()
}

/// Nobody wrote this for a person.
fn never_for_phones() -> Vec<Case> {
    let mut cases: Vec<Vec<u8>> = vec![
        b"<!DOCTYPE html><html><body>500</body></html>".to_vec(),
        b"<!doctype HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">".to_vec(),
        b"\n\n  <html lang=\"en\">".to_vec(),
        b"<HTML>".to_vec(),
        b"<html".to_vec(),
        b"\xef\xbb\xbf<!DOCTYPE html>".to_vec(),
        "x".repeat(REPLY_CHARS_MAX + 1).into_bytes(),
        "\u{1f600}".repeat(REPLY_CHARS_MAX + 1).into_bytes(),
        vec![0; 1000],
        b"\x01\x02\x03\x04".to_vec(),
    ];
    for depth in [65, 1000, 100_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("{\"body\":", "}"), ("[{\"a\":", "}]"), (" [\n", "]")] {
            cases.push(open.repeat(depth).into_bytes());
            cases.push(format!("{}1{}", open.repeat(depth), close.repeat(depth)).into_bytes());
            cases.push(format!("{{\"body\":\"x\",\"a\":{}", open.repeat(depth)).into_bytes());
        }
    }
    cases.into_iter().map(|bytes| (bytes, Dropped)).collect()
}

/// Text that software stumbles over: it goes out as it is, controls apart.
fn naughty() -> Vec<Case> {
    let texts = [
        "undefined",
        "null",
        "NULL",
        "(null)",
        "nil",
        "true",
        "false",
        "None",
        "NaN",
        "-Infinity",
        "0",
        "-0",
        "1e400",
        "1/0",
        "0x0",
        "0xffffffffffffffff",
        "123456789012345678901234567890",
        "00",
        "1,000.00",
        "٠١٢",
        "½⅓",
        "\u{b2}\u{b3}",
        "-",
        "--",
        "'",
        "''",
        "`",
        "\\",
        "\\\\",
        "/",
        "//",
        "/dev/null",
        "../../../etc/passwd",
        "C:\\con\\con",
        "CON",
        "PRN",
        "~",
        "$HOME",
        "${7*7}",
        "#{7*7}",
        "%s%s%s%n",
        "%00",
        "%d",
        "&amp;",
        "&lt;script&gt;",
        "$(touch x)",
        "`touch x`",
        "| ls",
        "; ls",
        "&& ls",
        "' OR 1=1 --",
        "1; DROP TABLE users",
        "'; EXEC xp_cmdshell('x'); --",
        "=1+1",
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+1",
        "<3",
        "< b",
        "</script",
        "<script>alert(1)</script>",
        "<svg/onload=alert(1)>",
        "<?xml version=\"1.0\"?><a/>",
        "<a href=\"x\">y</a>",
        "<!-- x -->",
        "<![CDATA[x]]>",
        "javascript:alert(1)",
        "http://127.0.0.1/",
        "data:text/html,x",
        "From: a@b\nTo: c",
        "HTTP/1.1 200 OK",
        "Content-Length: 0",
        "STOP",
        "stop",
        "+++ATH0",
        "*100#",
        "<CR><LF>",
        "\\r\\n",
        "\\u0000",
        "\\ud800",
        "\u{feff}x\u{feff}",
        "a\u{200b}b",
        "\u{200e}\u{200f}x",
        "\u{202e}abc",
        "\u{2066}x\u{2069}",
        "\u{fff9}a\u{fffa}b\u{fffb}",
        "\u{fffd}",
        "\u{fffe}x",
        "\u{ffff}x",
        "\u{10ffff}",
        "\u{e0001}x",
        "e\u{301}\u{302}\u{303}\u{304}",
        "Z\u{351}\u{36b}\u{343}",
        "ﬁ",
        "ẞ ß",
        "İ ı",
        "ǅ",
        "Ω Ω",
        "Å Å",
        "田中さんにあげて下さい",
        "사회과학원",
        "كيف حالك",
        "הָיְתָה",
        "👩‍👩‍👧‍👦",
        "🇨🇭",
        "👍🏽",
        "1️⃣",
        "🏳️‍🌈",
        "👾 🙇 💁",
        "﷽",
        "＜ｓｃｒｉｐｔ＞",
        "𝕋𝕙𝕖 𝕢𝕦𝕚𝕔𝕜",
        "⠠⠓",
        "˙ɐnbᴉlɐ",
        "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤ ̖t̝͕̳̣̻̪͞h̼͓̲̦̳̘̲e͇̣̰̦̬͎ ̢̼̻̱̘h͚͎͙̜̣̲ͅi̦̲̣̰̤v̻͍e̺̭̳̪̰-m̢iͅn̖̺̞̲̯̰d̵̼̟͙̩̼̘̳",
        "€ ¢ £",
        "a\tb",
        "a\n\n\nb",
        "no\u{a0}break",
        "\u{2003}wide\u{2003}",
        "42 [ad] {x}",
        "}",
        "]",
        "x{\"body\":\"y\"}",
        "=?utf-8?q?x?=",
        "AT+CMGS=\"+1\"",
        ">>> ",
        "\u{1f4a9}",
        "x".repeat(1600).leak(),
        "ü".repeat(REPLY_CHARS_MAX).leak(),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for text in texts {
        // A byte order mark belongs to the encoding, not to the text.
        let sent = text.strip_prefix('\u{feff}').unwrap_or(text);
        cases.push((text.as_bytes().to_vec(), Sent(sent.to_owned())));
        let object = serde_like(text);
        cases.push((object.into_bytes(), Sent(text.to_owned())));
    }
    for control in (0..0x20).chain([0x7f]).filter(|byte| ![b'\t', b'\n', b'\r'].contains(byte)) {
        cases.push((vec![b'a', control, b'b'], SentOddly("ab".into())));
    }
    for control in '\u{80}'..='\u{9f}' {
        cases.push((format!("a{control}b").into_bytes(), SentOddly("ab".into())));
    }
    cases
}

/// The text as `{"body":…}`, every character beyond ASCII escaped.
fn serde_like(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| match char::from_u32(u32::from(unit)) {
        Some(c) if c.is_ascii_alphanumeric() => c.to_string(),
        _ => format!("\\u{unit:04x}"),
    });
    format!("{{\"body\":\"{}\"}}", units.collect::<String>())
}

/// Bytes that are no UTF-8: something readable goes out, and the operator reads what was replaced.
fn not_utf8() -> Vec<Case> {
    let oddly = |text: &str| SentOddly(text.to_owned());
    let utf16 = |text: &str, bytes_of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes_of).collect::<Vec<u8>>();
    vec![
        (b"\xff\xfeh\0i\0".to_vec(), oddly("\u{fffd}\u{fffd}hi")),
        (b"\xfe\xff\0h\0i".to_vec(), oddly("\u{fffd}\u{fffd}hi")),
        (utf16("hi", u16::to_le_bytes), oddly("hi")),
        (utf16("hi", u16::to_be_bytes), oddly("hi")),
        (b"caf\xe9".to_vec(), oddly("caf\u{fffd}")),
        (b"\xc3".to_vec(), oddly("\u{fffd}")),
        (b"a\xc0\xafb".to_vec(), oddly("a\u{fffd}\u{fffd}b")),
        (b"a\xe0\x80\x80b".to_vec(), oddly("a\u{fffd}\u{fffd}\u{fffd}b")),
        (b"\xed\xa0\x80x".to_vec(), oddly("\u{fffd}\u{fffd}\u{fffd}x")),
        (b"\xed\xa0\xbd\xed\xb8\x80".to_vec(), oddly(&"\u{fffd}".repeat(6))),
        (b"\xf4\x90\x80\x80".to_vec(), oddly(&"\u{fffd}".repeat(4))),
        (b"\xf8\x88\x80\x80\x80".to_vec(), oddly(&"\u{fffd}".repeat(5))),
        (b"\xff".repeat(100), oddly(&"\u{fffd}".repeat(100))),
        (b"\x80\x81".to_vec(), oddly("\u{fffd}\u{fffd}")),
        (b"{\"body\":\"caf\xe9\"}".to_vec(), oddly("caf\u{fffd}")),
        (b"{\"body\":\"x\",\"\xff\":1}".to_vec(), oddly("x")),
        (b"{\"body\xff\":\"x\"}".to_vec(), oddly("{\"body\u{fffd}\":\"x\"}")),
        (b"\xef\xbb\xbfhi".to_vec(), Sent("hi".into())),
        (b"\xef\xbb\xbf".to_vec(), Nothing),
        (b"\xef\xbb".to_vec(), oddly("\u{fffd}")),
        (b"".to_vec(), Nothing),
        (b" \r\n\t ".to_vec(), Nothing),
        (b"\xc2\xa0\xe2\x80\x83".to_vec(), Nothing),
    ]
}

fn cases() -> Vec<Case> {
    [like_json(), obeyed(), never_for_phones(), naughty(), not_utf8()].concat()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned()
}

#[test]
fn every_body_becomes_what_the_contract_says() {
    let cases = cases();
    for (bytes, expected) in &cases {
        for content_type in TYPES {
            let answer = understand(Contract::ServiceLayer, CallbackKind::IncomingMessage, content_type, bytes);
            assert_eq!(fate(&answer), *expected, "{:?} as {content_type:?}: {:?}", shown(bytes), answer.complaints);
            for complaint in &answer.complaints {
                assert!(complaint.len() < 300 && !complaint.contains(char::is_control), "{complaint:?}");
            }
        }
        for kind in CallbackKind::ALL.into_iter().filter(|kind| *kind != CallbackKind::IncomingMessage) {
            assert_eq!(understand(Contract::ServiceLayer, kind, None, bytes), Answer::default(), "{}", shown(bytes));
        }
    }
    eprintln!("{} bodies under {} content types", cases.len(), TYPES.len());
    assert!(cases.len() >= 400);
}

#[test]
fn declared_charsets_are_obeyed_or_do_no_harm() {
    for charset in [
        "utf-16",
        "utf-16le",
        "utf-32",
        "utf-7",
        "shift_jis",
        "gb18030",
        "x-user-defined",
        "",
        "\"",
        "utf-8\0",
        "latin1",
        "windows-1252",
        "iso-8859-1",
        "klingon",
        "\u{e9}",
        "x".repeat(10_000).leak(),
    ] {
        for (bytes, _) in cases() {
            let header = format!("text/plain; charset={charset}");
            let answer = understand(Contract::ServiceLayer, CallbackKind::IncomingMessage, Some(&header), &bytes);
            for text in answer.instructions.iter().filter_map(reply) {
                assert!(text.chars().count() <= REPLY_CHARS_MAX && !text.trim().is_empty(), "{}", shown(&bytes));
                assert!(text.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'), "{text:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_body_is_recorded_within_bounds_and_understood_the_same_over_http() {
    let cases = cases();
    let bodies: Vec<Vec<u8>> = cases.iter().map(|(bytes, _)| bytes.clone()).collect();
    let server = Server::answering(move |request| {
        let number = request.lines().find_map(|line| line.strip_prefix("hookswitch-attempt: ")).unwrap();
        let body = &bodies[number.parse::<usize>().unwrap()];
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        vec![Step::Write([head.as_bytes(), body].concat())]
    })
    .await;
    let gateway = Gateway::new();
    let (mut told, mut too_large) = (0, 0);
    for (number, (bytes, expected)) in cases.iter().enumerate() {
        gateway.client.start(order(&server.url(), 10_000, number as u32));
        let (_, outcome) = gateway.results(1).await.remove(0);
        assert!(outcome.record.body.len() <= RECORDED_BYTES_MAX && !outcome.record.body.contains('\0'));
        match outcome.answer {
            Some(answer) => {
                assert_eq!(fate(&answer), *expected, "{:?}", shown(bytes));
                told += 1;
            }
            None => {
                assert!(bytes.len() > callbacks::ANSWER_BYTES_MAX, "{:?}", outcome.record);
                too_large += 1;
            }
        }
    }
    assert_eq!(told + too_large, cases.len());
    eprintln!("{told} bodies understood over HTTP, {too_large} too large");
}
