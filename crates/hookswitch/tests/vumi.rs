//! An application of the Vumi contract against the real gateway: a phone's message is pushed, the reply is put, events
//! tell what became of it; what is refused stays visible; a client that is not ours does all it can.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use smpp::Status;
use world::application::Application;
use world::conversation::{PUSHED, put, settings};
use world::network::{Habits, Network, Text};
use world::process::{Gateway, Place, free_port, get_json, timeline, wait_for};
use world::program::{Program, test_tool};

/// A phone to which the network takes nothing.
const BARRED: &str = "41790000666";

fn network() -> Network {
    Network::with(Habits {
        receipt: |_| Some(2),
        answer: |phone| if phone == BARRED { Status::RINVDSTADR } else { Status::ROK },
        ..Habits::default()
    })
}

/// An application that answers each request with what `status` says of it, the number of times it came before included.
fn application(status: impl Fn(&Value, usize) -> u16 + Send + Sync + 'static) -> Application {
    let tries = Arc::new(AtomicUsize::new(0));
    Application::start_raw(move |asked, out| {
        let told: Value = serde_json::from_str(&asked.body).unwrap();
        let status = status(&told, tries.fetch_add(1, Ordering::SeqCst));
        out.write_all(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").as_bytes()).ok()
    })
}

fn told(application: &Application) -> Vec<Value> {
    application.asked().iter().map(|asked| serde_json::from_str(&asked.body).unwrap()).collect()
}

/// What an application was told of a message it sent.
fn events(application: &Application, message: &str) -> Vec<Value> {
    told(application).into_iter().filter(|told| told["user_message_id"] == message).collect()
}

fn pushing(application: &Application, more: &str) -> String {
    let at = application.address;
    format!(
        "push_message_url = \"http://u:p@{at}/messages\"\npush_event_url = \"http://{at}/events\"\nretry_ms = [50]\n{more}"
    )
}

fn text(id: &str, phone: &str, text: &str) -> Text {
    Text { id: id.to_owned(), phone: phone.to_owned(), text: text.to_owned() }
}

fn messages_json() -> String {
    format!("{PUSHED}/messages.json")
}

#[test]
fn a_message_is_pushed_replied_to_and_its_fate_told() {
    let place = Place::new("vumi-push");
    let (network, http) = (network(), free_port());
    let application = application(|_, _| 200);
    let config = settings(&place, http, network.port, &pushing(&application, ""));
    let gateway = Gateway::start(&config, http);
    network.send(text("mo-1", "41790000001", "2015-01-02 03:04:05"));
    wait_for("the push", || !application.asked().is_empty());
    let mo = told(&application).remove(0);
    let id = mo["message_id"].as_str().unwrap();
    let timestamp = mo["timestamp"].as_str().unwrap();
    let golden = format!(
        r#"{{"message_id":"{id}","message_type":"user_message","message_version":"20110921","timestamp":"{timestamp}","to_addr":"8282","from_addr":"41790000001","to_addr_type":null,"from_addr_type":null,"content":"2015-01-02 03:04:05","in_reply_to":null,"session_event":null,"group":null,"provider":null,"transport_name":"carrier","transport_type":"sms","transport_metadata":{{}},"routing_metadata":{{}},"helper_metadata":{{"go":{{"conversation_key":"conv","conversation_type":"http_api_nostream","user_account":"acc"}}}}}}"#
    );
    assert_eq!(application.asked()[0].body, golden);
    assert_eq!((id.len(), timestamp.len()), (32, 26));

    let body = json!({"in_reply_to": id, "content": "re", "helper_metadata": {"note": "kept"}}).to_string();
    let (status, reply) = put(http, &messages_json(), "", &body).unwrap();
    assert_eq!((status, &reply["to_addr"], &reply["from_addr"]), (200, &json!("41790000001"), &json!("8282")));
    let sent = reply["message_id"].as_str().unwrap();
    wait_for("ack and report", || events(&application, sent).len() >= 2);
    let [ack, report] = &events(&application, sent)[..] else { panic!("more than two events") };
    assert_eq!((&ack["event_type"], &ack["sent_message_id"]), (&json!("ack"), &json!("00000001")));
    assert_eq!((&report["event_type"], &report["delivery_status"]), (&json!("delivery_report"), &json!("delivered")));
    assert_eq!((&ack["transport_name"], &ack["message_type"]), (&json!("carrier"), &json!("event")));
    assert_ne!(ack["event_id"], report["event_id"]);
    assert_eq!(network.seen().submits, [("41790000001".to_owned(), "re".to_owned())]);
    let words = timeline(http, &format!("msg_{sent}"));
    assert!(words.iter().any(|(code, words)| code == "metadata" && words.contains("kept")), "{words:?}");

    let refused = json!({"to_addr": format!("+{BARRED}"), "content": "x"}).to_string();
    let (status, message) = put(http, &messages_json(), "", &refused).unwrap();
    assert_eq!((status, &message["from_addr"]), (200, &Value::Null));
    let sent = message["message_id"].as_str().unwrap();
    wait_for("nack", || !events(&application, sent).is_empty());
    let [nack] = &events(&application, sent)[..] else { panic!("more than one event") };
    assert_eq!(nack["event_type"], "nack");
    assert!(!nack["nack_reason"].as_str().unwrap().is_empty(), "{nack}");
    assert!(gateway.terminate().success());
}

#[test]
fn faults_of_the_server_are_attempted_again_and_a_no_is_kept() {
    let place = Place::new("vumi-retry");
    let (network, http) = (network(), free_port());
    let application = application(|told, before| match told["content"].as_str() {
        Some("broken") if before < 2 => [500, 503][before],
        Some("unwanted") => 404,
        _ => 204,
    });
    let config = settings(&place, http, network.port, &pushing(&application, ""));
    let gateway = Gateway::start(&config, http);
    network.send(text("mo-1", "41790000001", "broken"));
    wait_for("three attempts", || application.asked().len() == 3);
    let asked = application.asked();
    assert!(asked.iter().all(|a| (&a.body, &a.callback) == (&asked[0].body, &asked[0].callback)), "the same each time");
    network.send(text("mo-2", "41790000001", "unwanted"));
    let refused = || get_json(http, "/v1/callbacks?state=refused")["_embedded"]["callbacks"].clone();
    wait_for("the refusal", || refused().as_array().is_some_and(|found| found.len() == 1));
    let id = refused()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(application.asked().len(), 4, "a no is final");
    let message = refused()[0]["_links"]["message"]["href"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let words = timeline(http, &message);
    assert!(words.iter().any(|(code, words)| code == "attempt" && words.contains("HTTP 404")), "{words:?}");
    let (status, _) = replay(http, &id);
    assert_eq!(status, 202);
    wait_for("the replay", || application.asked().len() == 5);
    assert_eq!(application.asked()[4].body, application.asked()[3].body);
    assert!(gateway.terminate().success());
}

fn replay(http: u16, id: &str) -> (u16, String) {
    let request = format!(
        "POST /v1/callbacks/{id}/replay HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer operator-token-of-tests\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    world::process::exchange(http, &request).unwrap()
}

#[test]
fn what_is_to_be_ignored_is_told_to_nobody() {
    let place = Place::new("vumi-ignore");
    let (network, http) = (network(), free_port());
    let application = application(|_, _| 200);
    let config =
        settings(&place, http, network.port, &pushing(&application, "ignore_messages = true\nignore_events = true"));
    let gateway = Gateway::start(&config, http);
    network.send(text("mo-1", "41790000001", "hello"));
    wait_for("the acknowledgement", || network.seen().acknowledged.len() == 1);
    let body = json!({"to_addr": "+41790000001", "content": "hi"}).to_string();
    let (status, message) = put(http, &messages_json(), "", &body).unwrap();
    assert_eq!(status, 200);
    let path = format!("/v1/messages/msg_{}", message["message_id"].as_str().unwrap());
    wait_for("the delivery", || get_json(http, &path)["state"] == "delivered");
    let owed = get_json(http, "/v1/callbacks");
    assert_eq!(owed["_embedded"]["callbacks"], json!([]));
    assert_eq!(told(&application), Vec::<Value>::new());
    assert!(gateway.terminate().success());
}

#[test]
fn a_client_that_is_not_ours_sends_replies_is_opted_out_and_fires_metrics() {
    let python = test_tool("HOOKSWITCH_PYTHON", "venv/bin/python");
    let place = Place::new("vumi-foreign");
    let (network, http) = (network(), free_port());
    let application = application(|_, _| 200);
    let config = settings(&place, http, network.port, &pushing(&application, ""));
    let gateway = Gateway::start(&config, http);
    network.send(text("mo-1", "41790000001", "hello"));
    wait_for("the push", || !application.asked().is_empty());
    let mo = told(&application)[0]["message_id"].as_str().unwrap().to_owned();
    let mut command = Command::new(python);
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/interop/vumi_go.py");
    command.arg("-W").arg("ignore").arg(script);
    command.args([&format!("http://127.0.0.1:{http}/api/v1/go"), "acc", "conv", "conv-token-of-tests"]);
    command.args(["acc-token-of-tests", &mo]);
    let mut client = Program::start("go-http", command);
    let (status, lines) = client.ended();
    assert!(status.success(), "go-http: {}", lines.join("\n"));
    let seen = || network.seen().submits;
    wait_for("both texts", || seen().len() == 2);
    let mut texts: Vec<String> = seen().into_iter().map(|(_, text)| text).collect();
    texts.sort();
    assert_eq!(texts, ["a reply", "a send"], "what was sent to who opted out did not leave");
    assert!(gateway.terminate().success());
}
