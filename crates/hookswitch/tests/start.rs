//! How the binary starts, refuses to start, and is told things while it runs: exit codes, codes and words for people,
//! and files that are left as they were.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use world::process::{Gateway, Place, ended, exchange, free_port, settings, signal, wait_for};
use world::program::{Program, system_tool};

/// How a run of the binary ended.
struct Run {
    code: Option<i32>,
    out: String,
    err: String,
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_hookswitch"))
}

fn run(args: &[&str]) -> Run {
    let mut child =
        binary().args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let mut running = Running(child);
    let code = ended(&mut running.0).code();
    let mut run = Run { code, out: String::new(), err: String::new() };
    out.read_to_string(&mut run.out).unwrap();
    err.read_to_string(&mut run.err).unwrap();
    run
}

/// Kills what does not end by itself.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn serve(config: &Path) -> Run {
    run(&["serve", "--config", config.to_str().unwrap()])
}

impl Run {
    /// Fails unless it ended so, with all these words on standard error.
    fn must(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "out: {}\nerr: {}", self.out, self.err);
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not in:\n{}", self.err);
        }
    }
}

const GOOD: &str = r#"[operator]
token = "operator-token-of-tests"

[callbacks]
allow = ["127.0.0.1/32"]

[[account]]
key = "acme"
tokens = ["acme-token-of-tests"]

[[channel]]
id = "simulator"
kind = "simulator"
addresses = ["8282"]

[[application]]
id = "weather"
account = "acme"
contract = "service-layer"
url = "http://127.0.0.1:9/gateway"
api_key = "weather-key-of-tests"

[[route]]
application = "weather"
address = "8282"
keyword = "weather"
"#;

#[test]
fn a_bad_file_ends_with_78_and_says_where_and_what() {
    let place = Place::new("bad-file");
    let file = place.path().join("hookswitch.toml");
    let check = |text: &str, line: usize, words: &[&str]| {
        fs::write(&file, text).unwrap();
        let place = format!("{}:{line}:", file.display());
        for command in ["serve", "check"] {
            let run = run(&[command, "--config", file.to_str().unwrap()]);
            run.must(78, words);
            assert!(run.err.contains(&place), "{place} is not in:\n{}", run.err);
            assert_eq!(run.out, "", "problems belong on standard error");
            assert!(!run.err.contains("of-tests"), "a secret was shown:\n{}", run.err);
        }
    };
    let line_of = |needle: &str| GOOD.lines().position(|line| line.contains(needle)).unwrap() + 1;
    check(&GOOD.replace("kind = ", "kinds = "), line_of("kind = "), &["HS-1003", "kinds", "did you mean `kind`"]);
    check(
        &GOOD.replace("\"operator-token-of-tests\"", "\"env:HOOKSWITCH_NO_SUCH_VARIABLE\""),
        line_of("token = "),
        &["HS-1012", "HOOKSWITCH_NO_SUCH_VARIABLE", "not set"],
    );
    let clash = "\n[[route]]\napplication = \"weather\"\naddress = \"8282\"\nkeyword = \" Weather \"\n";
    check(
        &format!("{GOOD}{clash}"),
        GOOD.lines().count() + 2,
        &["HS-1018", &format!("on line {} always wins", line_of("[[route]]"))],
    );
    check(&GOOD.replace("kind = \"simulator\"", "kind = simulator"), line_of("kind = "), &["HS-1002"]);
    // All problems at once.
    let many = GOOD.replace("[callbacks]", "[callback]").replace("key = \"acme\"", "key = 7");
    check(&many, line_of("[callbacks]"), &["HS-1003", "did you mean", "HS-1005"]);
    let missing = place.path().join("nowhere.toml");
    serve(&missing).must(78, &["HS-1001", "nowhere.toml"]);
    assert!(!place.path().join("hookswitch.db").exists(), "a bad file must not make a store");
}

#[test]
fn check_says_what_a_good_file_holds_and_touches_nothing() {
    let place = Place::new("good-file");
    let file = place.path().join("hookswitch.toml");
    fs::write(&file, GOOD).unwrap();
    let run = run(&["check", "--config", file.to_str().unwrap()]);
    run.must(0, &[]);
    assert!(run.out.contains("1 channels, 1 applications, 1 routes"), "{}", run.out);
    let names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["hookswitch.toml"]);
}

#[test]
fn words_that_are_no_command_end_with_2() {
    for args in [&[][..], &["nonsense"], &["serve"], &["check", "--config"], &["serve", "--config", "x", "--port", "1"]]
    {
        let run = run(args);
        run.must(2, &["help"]);
        assert_eq!(run.out, "", "{args:?}");
    }
    let version = run(&["version"]);
    version.must(0, &[]);
    assert_eq!(version.out, format!("hookswitch {}\n", env!("CARGO_PKG_VERSION")));
    run(&["--help"]).must(0, &[]);
}

#[test]
fn a_taken_port_ends_with_1() {
    let place = Place::new("taken-port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let config = settings(&place, port, free_port(), "127.0.0.1:9", "");
    serve(&config).must(1, &["HS-1060", &format!("127.0.0.1:{port}"), "server.listen"]);
}

/// A gateway whose store is there and closed.
fn stored(place: &Place) -> (PathBuf, PathBuf) {
    let http = free_port();
    let config = settings(place, http, free_port(), "127.0.0.1:9", "");
    let gateway = Gateway::start(&config, http);
    let sent = json!({"to": "+41790000000", "from": "8282", "text": "kept", "application": "weather"});
    let (status, body) = world::process::post(http, "/v1/messages", "", &sent.to_string()).unwrap();
    assert_eq!(status, 202, "{body}");
    assert!(gateway.terminate().success());
    (config, place.path().join("store.db"))
}

#[test]
fn a_store_that_cannot_be_used_is_left_as_it_is() {
    let place = Place::new("stores");
    let (config, store) = stored(&place);
    let good = fs::read(&store).unwrap();
    let log = place.path().join("store.db-wal");
    assert!(!log.exists() || fs::metadata(&log).unwrap().len() == 0, "a stop in good order leaves nothing in the log");
    let check = |bytes: &[u8], words: &[&str]| {
        fs::write(&store, bytes).unwrap();
        serve(&config).must(1, words);
        assert!(fs::read(&store).unwrap() == bytes, "{words:?}: the file was changed");
    };
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    check(b"Dear diary, today I was mistaken for a database once more.\n", &["HS-2004", "store.db", "store.url"]);
    // `application_id` and `user_version` (SQLite file format §1.3).
    check(&patched(68, &[0; 4]), &["HS-2004", "another program"]);
    check(&patched(60, &[0, 0, 0x27, 0x0f]), &["HS-2005", "9999", "newer"]);
    // The first page holds the list of tables.
    check(&patched(100, &[0xA5; 3000]), &["HS-2006", "damaged", "backup"]);
    check(&good[..good.len() / 2], &["HS-2006", "damaged"]);
    fs::write(&store, &good).unwrap();
    let readonly = |on: bool| {
        let mut permissions = fs::metadata(&store).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false, reason = "a file of this test")]
        permissions.set_readonly(on);
        fs::set_permissions(&store, permissions).unwrap();
    };
    readonly(true);
    serve(&config).must(1, &["HS-2002", "read-only"]);
    assert!(fs::read(&store).unwrap() == good);
    readonly(false);
    fs::remove_file(&store).unwrap();
    fs::create_dir(&store).unwrap();
    serve(&config).must(1, &["HS-2004", "no file"]);
    fs::remove_dir(&store).unwrap();
    fs::write(&store, &good).unwrap();
    // After all of that the good one is still good.
    let http = free_port();
    let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
    let gateway = Gateway::start(&config, http);
    let kept = world::process::messages(http, "direction=mt");
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["text"], "kept");
    assert!(gateway.terminate().success());
}

#[test]
fn a_folder_is_not_made_and_a_store_in_use_is_not_shared() {
    let place = Place::new("folder");
    let http = free_port();
    let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
    let text = fs::read_to_string(&config).unwrap();
    let elsewhere = place.path().join("elsewhere.toml");
    fs::write(&elsewhere, text.replace("store.db", "not-mounted/store.db")).unwrap();
    serve(&elsewhere).must(1, &["HS-2001", "not-mounted"]);
    assert!(!place.path().join("not-mounted").exists());

    let gateway = Gateway::start(&config, http);
    let second = place.path().join("second.toml");
    fs::write(&second, text.replace(&http.to_string(), &free_port().to_string())).unwrap();
    serve(&second).must(1, &["HS-2003", &format!("process {}", gateway.pid())]);
    // The first one does not care.
    assert_eq!(world::process::get(http, "/health/ready").unwrap().0, 200);
    assert!(gateway.terminate().success());
}

/// Where the gateway says a text would go.
fn explained(http: u16, text: &str) -> String {
    let body = json!({"to": "8282", "from": "+41790000000", "text": text}).to_string();
    let (status, answer) = world::process::post(http, "/v1/explain", "", &body).unwrap();
    assert_eq!(status, 200, "{answer}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    answer["application"].as_str().unwrap_or("nobody").to_owned()
}

#[test]
fn sighup_takes_over_a_new_route_and_refuses_a_bad_file() {
    let place = Place::new("reload");
    let http = free_port();
    let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
    let mut gateway = Gateway::start(&config, http);
    assert_eq!(explained(http, "news please"), "weather");
    let good = fs::read_to_string(&config).unwrap();
    let more = r#"
[[application]]
id = "news"
account = "acme"
contract = "service-layer"
url = "http://127.0.0.1:9/gateway"
api_key = "news-key-of-tests"

[[route]]
application = "news"
address = "8282"
keyword = "news"
"#;
    fs::write(&config, format!("{good}{more}")).unwrap();
    signal(gateway.pid(), "HUP");
    wait_for("the new route to win", || explained(http, "news please") == "news");
    assert_eq!(explained(http, "anything else"), "weather");

    // What can't be read changes nothing, and the log says why.
    fs::write(&config, good.replace("[[account]]", "[[acount]]")).unwrap();
    signal(gateway.pid(), "HUP");
    let log = config.with_extension("log");
    wait_for("the log to say why", || {
        let log = fs::read_to_string(&log).unwrap();
        log.contains("HS-1003") && log.contains("not reloaded")
    });
    assert_eq!(explained(http, "news please"), "news");

    // And back again.
    fs::write(&config, &good).unwrap();
    signal(gateway.pid(), "HUP");
    wait_for("the route to be gone", || explained(http, "news please") == "weather");
    assert!(gateway.is_running());
    assert!(gateway.terminate().success());
}

#[test]
fn commands_talk_to_a_running_gateway() {
    let place = Place::new("commands");
    let http = free_port();
    let config = settings(&place, http, free_port(), "127.0.0.1:9", "");
    let gateway = Gateway::start(&config, http);
    let url = format!("http://127.0.0.1:{http}");
    let ask = |args: &[&str]| run(&[args, &["--gateway", &url, "--token", "acme:acme-token-of-tests"]].concat());
    let sent = ask(&["send", "--to", "+41790000000", "--from", "8282", "--text", "Hi", "--idempotency-key", "one"]);
    sent.must(0, &[]);
    let id = sent.out.trim();
    assert!(id.starts_with("msg_"), "{id}");
    let again = ask(&["send", "--to", "+41790000000", "--from", "8282", "--text", "Hi", "--idempotency-key", "one"]);
    assert_eq!(again.out, sent.out, "the same key sends nothing again");
    let timeline = ask(&["timeline", id]);
    timeline.must(0, &[]);
    assert!(timeline.out.contains("accepted") && timeline.out.contains("queued"), "{}", timeline.out);
    let explained = ask(&["explain", "--to", "8282", "--from", "+41790000000", "--text", "hello"]);
    explained.must(0, &[]);
    assert!(explained.out.contains("weather"), "{}", explained.out);
    ask(&["timeline", "msg_00000000000000000000000000000000"]).must(1, &["HS-1109", "HTTP 404"]);
    let nobody = run(&["timeline", id, "--gateway", &url, "--token", "wrong"]);
    nobody.must(1, &["HS-1201", "HTTP 401"]);
    assert!(gateway.terminate().success());
    ask(&["timeline", id]).must(1, &["no gateway answers", &url]);
}

/// The demo in a folder for temporary files of its own, with the URL that it printed.
fn demo(place: &Place, args: &[&str]) -> (Program, String) {
    let mut command = binary();
    command.arg("demo").args(args).env("TMPDIR", place.path());
    let mut demo = Program::start("the demo", command);
    let url = demo.wait_for_line("the URL of the console", |line| {
        line.trim().strip_prefix("Console and phone").map(|url| url.trim().trim_end_matches('/').to_owned())
    });
    demo.wait_for_line("the whole welcome", |line| line.contains("Ctrl-C stops").then_some(()));
    (demo, url)
}

#[test]
fn the_demo_prints_lines_that_work_and_leaves_nothing_behind() {
    let place = Place::new("demo");
    system_tool("curl");
    let (demo, url) = demo(&place, &["--listen", "127.0.0.1:0"]);
    let lines: Vec<String> = demo
        .lines()
        .iter()
        .filter_map(|l| Some(l.strip_prefix("    ")?.to_owned()))
        .filter(|l| l.starts_with("curl "))
        .collect();
    assert_eq!(lines.len(), 3, "{:?}", demo.lines());
    let asked = |line: &str| -> Value {
        let output = Command::new("sh").args(["-c", line]).output().unwrap();
        assert!(output.status.success(), "{line}");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{line}: {error}: {}", String::from_utf8_lossy(&output.stdout)))
    };
    let sent = asked(&lines[0]);
    let id = sent["id"].as_str().unwrap().to_owned();
    assert_eq!(sent["text"], "Hello from curl");
    let listed = asked(&lines[1]);
    assert_eq!(listed["_embedded"]["messages"][0]["id"], id);
    wait_for("the message to be delivered", || asked(&lines[1])["_embedded"]["messages"][0]["state"] == "delivered");
    let timeline = asked(&lines[2]);
    let codes: Vec<&str> =
        timeline["_embedded"]["entries"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    for code in ["accepted", "queued", "submitted", "reported"] {
        assert!(codes.contains(&code), "{code} is not in {codes:?}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "one temporary folder");
    let (status, lines) = demo.end_with("INT");
    assert_eq!(status.code(), Some(0), "{lines:?}");
    assert!(lines.iter().any(|line| line == "Bye."), "{lines:?}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0, "the temporary folder was left behind");
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    assert!(exchange(port, "GET / HTTP/1.0\r\n\r\n").is_none(), "it still listens");
}

#[test]
fn the_demo_takes_another_port_when_the_usual_one_is_taken_and_keeps_data_that_was_asked_for() {
    let place = Place::new("demo-port");
    // Whoever has it, it is taken.
    let _taken = TcpListener::bind("127.0.0.1:8080");
    let data = place.path().join("data");
    let (first, url) = demo(&place, &["--data", data.to_str().unwrap()]);
    assert!(!url.ends_with(":8080"), "{url}");
    let line = first.lines().into_iter().find(|l| l.trim().starts_with("curl ")).unwrap();
    assert!(Command::new("sh").args(["-c", &line]).output().unwrap().status.success());
    let (status, lines) = first.end_with("TERM");
    assert_eq!(status.code(), Some(0), "{lines:?}");
    assert!(data.join("demo.db").exists());
    let (second, url) = demo(&place, &["--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]);
    let list = format!("curl -s -u demo:demo-account-token {url}/v1/messages");
    let listed = Command::new("sh").args(["-c", &list]).output().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains("Hello from curl"), "the data was not kept");
    assert_eq!(second.end_with("INT").0.code(), Some(0));
}
