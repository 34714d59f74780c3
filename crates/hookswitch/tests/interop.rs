//! Implementations of SMPP that are not ours: an ESME (smpplib, Python) at our simulated operator, and our binary as an
//! ESME at a foreign SMSC (npm's `smpp`). What we and they understand of each other is checked from both sides.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use world::application::Application;
use world::process::{Gateway, Place, exchange, free_port, get_json, post, settings, timeline, wait_for};
use world::program::{Program, system_tool, test_tool};

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(name)
}

/// The JSON objects that a program printed.
fn events(program: &Program) -> Vec<Value> {
    program.lines().iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn smpplib_submits_to_the_simulated_operator_and_gets_its_receipts() {
    let python = test_tool("HOOKSWITCH_PYTHON", "venv/bin/python");
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch"));
    command.args(["demo", "--listen", "127.0.0.1:0"]);
    let mut demo = Program::start("the demo", command);
    let http: u16 = demo.wait_for_line("the console's port", |line| {
        line.trim().strip_prefix("Console and phone")?.trim().trim_end_matches('/').rsplit(':').next()?.parse().ok()
    });
    let smpp: u16 = demo.wait_for_line("the operator's port", |line| {
        line.split_once("SMPP 3.4 on 127.0.0.1:")?.1.split(',').next()?.parse().ok()
    });
    let phone = "447700900777";
    let mut command = Command::new(python);
    command.arg("-W").arg("ignore").arg(script("esme.py")).args([&smpp.to_string(), phone, "foreigner"]);
    let mut esme = Program::start("smpplib", command);
    let (status, lines) = esme.ended();
    assert!(status.success(), "smpplib: {}", lines.join("\n"));
    let events = events(&esme);
    assert_eq!(named(&events, "bound")[0]["system_id"], "simulator");
    let submitted = named(&events, "submitted");
    let segments: Vec<u64> = submitted.iter().map(|e| e["segments"].as_u64().unwrap()).collect();
    assert_eq!(segments, [1, 1, 3, 2]);
    for answer in named(&events, "answered") {
        assert_eq!(answer["status"], 0, "{answer}");
    }
    let receipts = named(&events, "receipt");
    assert_eq!(receipts.len() as u64, segments.iter().sum::<u64>());
    for receipt in receipts {
        assert_eq!(
            (&receipt["stat"], &receipt["state"], &receipt["esm_class"]),
            (&json!("DELIVRD"), &json!(2), &json!(4))
        );
        assert_eq!(receipt["id"], receipt["tlv_id"]);
        assert_eq!((&receipt["from"], &receipt["to"]), (&json!(phone), &json!("8282")));
    }
    assert_eq!(named(&events, "unbound")[0]["status"], 0);
    // The phone shows what was meant, segments put together.
    let page =
        format!("GET /?phone=%2B{phone}&to=8282 HTTP/1.1\r\nhost: 127.0.0.1:{http}\r\nconnection: close\r\n\r\n");
    let (status, page) = exchange(http, &page).unwrap();
    assert_eq!(status, 200);
    for text in submitted {
        let text = text["text"].as_str().unwrap();
        assert!(page.contains(&format!(">{text}</li>")), "the phone does not show {text:?}");
    }
    assert!(demo.end_with("TERM").0.success());
}

/// The foreign SMSC with the gateway bound to it.
struct Abroad {
    smsc: Program,
    gateway: Gateway,
    http: u16,
    application: Application,
    _place: Place,
}

impl Abroad {
    fn start(name: &str, answer: fn(&str) -> String, more: &str) -> Abroad {
        let modules = test_tool("HOOKSWITCH_NODE_MODULES", "node/node_modules");
        let mut command = system_tool("node");
        command.arg(script("smsc.js")).env("NODE_PATH", modules);
        let mut smsc = Program::start("the foreign SMSC", command);
        let port = smsc.wait_for_line("the SMSC's port", |line| {
            let event: Value = serde_json::from_str(line).ok()?;
            event["port"].as_u64()
        });
        let application = Application::start(move |asked| match asked.field("type") {
            "incoming_message" => answer(asked.field("body")),
            _ => String::new(),
        });
        let place = Place::new(name);
        let http = free_port();
        let port = u16::try_from(port).unwrap();
        let config = settings(&place, http, port, &application.address.to_string(), "");
        if !more.is_empty() {
            let text = std::fs::read_to_string(&config).unwrap();
            std::fs::write(&config, text.replace("window = 20\n", &format!("window = 20\n{more}\n"))).unwrap();
        }
        let gateway = Gateway::start(&config, http);
        let abroad = Abroad { smsc, gateway, http, application, _place: place };
        wait_for("the bind", || !abroad.events("bound").is_empty());
        abroad
    }

    fn events(&self, name: &str) -> Vec<Value> {
        named(&events(&self.smsc), name).into_iter().cloned().collect()
    }

    /// A phone sends a text in these segments, which leave the network in this order.
    fn deliver(&mut self, phone: &str, parts: &[&str], order: &[usize], ucs2: bool, wide: bool) {
        let wanted = json!({
            "token": phone, "from": phone, "to": "8282",
            "parts": parts, "order": order, "ucs2": ucs2, "wide": wide,
        });
        self.smsc.tell(&wanted.to_string());
        wait_for("the deliveries to be acknowledged", || {
            let answers = self.events("delivered");
            let answers: Vec<&Value> = answers.iter().filter(|e| e["token"] == phone).collect();
            assert!(answers.iter().all(|e| e["status"] == 0), "{answers:?}");
            answers.len() == parts.len()
        });
    }

    /// The submit of a text, segments put together by the SMSC.
    fn submit(&self, phone: &str, text: &str) -> Value {
        let mut found = None;
        wait_for(&format!("a submit of {text:?}"), || {
            found = self.events("submitted").into_iter().find(|e| e["text"] == text && e["to"] == phone);
            found.is_some()
        });
        found.unwrap()
    }

    /// Waits until a message is in a state.
    fn state(&self, id: &str, state: &str) {
        let path = format!("/v1/messages/{id}");
        wait_for(&format!("{id} to be {state}"), || get_json(self.http, &path)["state"] == state);
    }

    fn end(self) {
        assert!(self.gateway.terminate().success());
        let events = events(&self.smsc);
        assert_eq!(named(&events, "error"), Vec::<&Value>::new());
        assert_eq!(named(&events, "unknown"), Vec::<&Value>::new());
        assert!(!named(&events, "unbound").is_empty(), "the gateway left without an unbind");
    }
}

#[test]
fn texts_come_from_a_foreign_smsc_and_replies_go_back() {
    let mut abroad = Abroad::start("interop-mo", |body| format!("re: {body}"), "");
    assert_eq!(abroad.events("bound")[0]["as"], "bind_transceiver");
    assert_eq!(abroad.events("bound")[0]["interface_version"], 0x34);
    let thirds = ["Ein langer Text, erster Teil mit ä und €; ", "zweiter Teil [mit] {Klammern}; ", "dritter ~ Teil."];
    let halves = ["Первая половина, ", "вторая половина 👋."];
    let check = |abroad: &mut Abroad, phone: &str, parts: &[&str], order: &[usize], ucs2: bool, wide: bool| {
        abroad.deliver(phone, parts, order, ucs2, wide);
        let text = parts.concat();
        wait_for(&format!("the callback of {text:?}"), || {
            abroad.application.asked_of("incoming_message").iter().any(|asked| asked.field("body") == text)
        });
        let submit = abroad.submit(phone, &format!("re: {text}"));
        assert_eq!((&submit["from"], &submit["ton"], &submit["wants_report"]), (&json!("8282"), &json!(1), &json!(1)));
        assert_eq!(submit["data_coding"], if ucs2 { 8 } else { 0 }, "{submit}");
        submit
    };
    let short = check(&mut abroad, "41790000101", &["Grüße @ 5€ [ok] {~} |^\\"], &[1], false, false);
    assert_eq!((&short["segments"], &short["has_header"]), (&json!(1), &json!(false)));
    check(&mut abroad, "41790000102", &["Привет, мир 👋"], &[1], true, false);
    check(&mut abroad, "41790000103", &thirds, &[3, 1, 2], false, false);
    check(&mut abroad, "41790000104", &thirds, &[2, 3, 1], false, true);
    check(&mut abroad, "41790000105", &halves, &[2, 1], true, false);
    // The reply is longer than one SMS.
    let long = "x".repeat(153);
    let submit = check(&mut abroad, "41790000106", &[&long, "and more"], &[2, 1], false, true);
    assert_eq!((&submit["segments"], &submit["has_header"]), (&json!(2), &json!(true)));
    assert_eq!(abroad.application.texts().len(), 6, "each text once");
    abroad.end();
}

#[test]
fn sends_are_reported_by_a_foreign_smsc_under_ids_spelled_otherwise() {
    let abroad = Abroad::start("interop-mt", |_| String::new(), "bind = \"split\"");
    wait_for("both binds", || abroad.events("bound").len() == 2);
    let mut kinds: Vec<Value> = abroad.events("bound").iter().map(|e| e["as"].clone()).collect();
    kinds.sort_by_key(Value::to_string);
    assert_eq!(kinds, ["bind_receiver", "bind_transmitter"]);
    let send = |to: &str, text: &str| {
        let body = json!({"to": to, "from": "8282", "text": text, "application": "weather"}).to_string();
        let (status, answer) = post(abroad.http, "/v1/messages", "", &body).unwrap();
        assert_eq!(status, 202, "{answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer["id"].as_str().unwrap().to_owned()
    };
    let long = "A text of three segments. ".repeat(16);
    // Two of each, so that receipts with and without parameters are met.
    let good: Vec<String> =
        (0..2).map(|n| send(&format!("+4179000020{n}"), &format!("Order {n} is on its way"))).collect();
    let many = send("+41790000203", &long);
    let bad: Vec<String> = (0..2).map(|n| send(&format!("+4179000{n}66"), &format!("Order {n} is lost"))).collect();
    assert_eq!(abroad.submit("41790000203", &long)["segments"], 3);
    for id in good.iter().chain([&many]) {
        abroad.state(id, "delivered");
    }
    for id in &bad {
        abroad.state(id, "undelivered");
    }
    // One report a segment: 2 + 3 delivered, 2 failed.
    let reports = || abroad.application.asked_of("delivery_report");
    wait_for("all reports to be told", || reports().len() >= 7);
    let told =
        |status: &str| reports().iter().filter(|r| r.field("status") == status && r.field("final") == "true").count();
    assert_eq!((told("1"), told("2"), reports().len()), (5, 2, 7));
    let ids: std::collections::BTreeSet<String> = reports().iter().map(|r| r.field("message_id").to_owned()).collect();
    assert_eq!(ids.len(), 7, "each segment has an id of its own");
    let codes: Vec<String> = timeline(abroad.http, &good[0]).into_iter().map(|(code, _)| code).collect();
    for code in ["accepted", "submitted", "reported", "callback_made", "attempt"] {
        assert!(codes.iter().any(|c| c == code), "{code} is not in {codes:?}");
    }
    // The network was told that each receipt arrived, and none was left over.
    assert!(abroad.events("receipt_answered").iter().all(|e| e["status"] == 0));
    let unmatched = get_json(abroad.http, "/v1/reports/unmatched");
    assert_eq!(unmatched["_embedded"]["reports"], json!([]), "{unmatched}");
    abroad.end();
}
