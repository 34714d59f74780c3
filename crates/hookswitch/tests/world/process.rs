//! The real binary in a directory of its own.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longest wait for anything that is expected.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A directory that goes with the test.
pub struct Place(PathBuf);

impl Place {
    pub fn new(name: &str) -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{count}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Place(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _removed = fs::remove_dir_all(&self.0);
        }
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits for a condition; fails with `what` when it does not come.
pub fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5)); // waits: polls a condition with a deadline
    }
}

/// The settings of a gateway that binds to `smsc` and calls `application`.
pub fn settings(place: &Place, http: u16, smsc: u16, application: &str, more: &str) -> PathBuf {
    let file = place.path().join("hookswitch.toml");
    let text = format!(
        r#"[server]
listen = "127.0.0.1:{http}"

[store]
url = "sqlite:{store}"

[operator]
token = "operator-token-of-tests"

[callbacks]
allow = ["127.0.0.1/32"]

[[account]]
key = "acme"
tokens = ["acme-token-of-tests"]

[[channel]]
id = "carrier"
kind = "smpp"
host = "127.0.0.1"
port = {smsc}
system_id = "hookswitch"
password = "secret"
window = 20
addresses = ["8282"]

[[application]]
id = "weather"
account = "acme"
contract = "service-layer"
url = "http://{application}/gateway"
api_key = "weather-key-of-tests"
retry_ms = [0, 50, 200]
concurrency = 16

[[route]]
application = "weather"
address = "8282"
session = true
{more}"#,
        store = place.path().join("store.db").display()
    );
    fs::write(&file, text).unwrap();
    file
}

/// The same with the store in another place.
pub fn settings_with_store(place: &Place, store: &Path, http: u16, smsc: u16, application: &str) -> PathBuf {
    let config = settings(place, http, smsc, application, "");
    replace(&config, &place.path().join("store.db").display().to_string(), &store.display().to_string());
    config
}

/// Changes a configuration; fails when there is nothing to replace.
pub fn replace(config: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(config).unwrap();
    assert!(text.contains(old), "{old:?} is not in\n{text}");
    fs::write(config, text.replace(old, new)).unwrap();
}

/// A running gateway; killed when dropped.
pub struct Gateway {
    child: Child,
    pub http: u16,
}

impl Gateway {
    /// Starts it and waits until it is ready.
    pub fn start(config: &Path, http: u16) -> Gateway {
        let gateway = Gateway::spawn(config, http);
        wait_for("the gateway to be ready", || get(http, "/health/ready").is_some_and(|(status, _)| status == 200));
        gateway
    }

    /// Starts it and does not wait.
    pub fn spawn(config: &Path, http: u16) -> Gateway {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch"));
        command.arg("serve").arg("--config").arg(config);
        Gateway::of(command, &config.with_extension("log"), http)
    }

    /// A gateway that a command becomes; its words and its log go to a file that stays when the test fails.
    pub fn of(mut command: Command, log: &Path, http: u16) -> Gateway {
        let log = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        Gateway { child: command.spawn().unwrap(), http }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether its process is there.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Stands still from now on, in the middle of whatever it does.
    pub fn freeze(&self) {
        freeze(self.child.id());
    }

    /// Goes on.
    pub fn thaw(&self) {
        signal(self.child.id(), "CONT");
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        self.ended()
    }

    /// Waits for its end.
    pub fn ended(mut self) -> ExitStatus {
        ended(&mut self.child)
    }
}

/// A run of the gateway that may end by itself; killed when dropped.
pub struct Run {
    child: Child,
    log: PathBuf,
}

impl Run {
    /// Its words and its log go to a file.
    pub fn of(mut command: Command, log: PathBuf) -> Run {
        let file = fs::File::create(&log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Run { child: command.spawn().unwrap(), log }
    }

    /// `serve` with this configuration.
    pub fn serve(config: &Path, log: PathBuf) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookswitch"));
        command.arg("serve").arg("--config").arg(config);
        Run::of(command, log)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// How it ended.
    pub fn ended(&mut self) -> ExitStatus {
        ended(&mut self.child)
    }

    /// What it has said.
    pub fn words(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap()).into_owned()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Sends a signal, by name without SIG.
pub fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

/// Stops all threads of a process where they are (SIGSTOP); a system call under way ends first.
pub fn freeze(pid: u32) {
    signal(pid, "STOP");
    let is_stopped = |stat: &str| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('T'));
    wait_for("all threads to stand still", || {
        let mut tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
        tasks.all(|task| std::fs::read_to_string(task.path().join("stat")).is_ok_and(|stat| is_stopped(&stat)))
    });
}

/// Waits for the end of a process.
pub fn ended(child: &mut Child) -> ExitStatus {
    let mut status = None;
    wait_for("the process to end", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A GET as the operator: status and body. None when there is no answer.
pub fn get(port: u16, path: &str) -> Option<(u16, String)> {
    exchange(
        port,
        &format!(
            "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer operator-token-of-tests\r\nconnection: close\r\n\r\n"
        ),
    )
}

/// A POST of JSON as the account: status and body.
pub fn post(port: u16, path: &str, headers: &str, body: &str) -> Option<(u16, String)> {
    exchange(
        port,
        &format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer acme-token-of-tests\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        ),
    )
}

/// Sends a request that asks to close the connection; status and body.
pub fn exchange(port: u16, request: &str) -> Option<(u16, String)> {
    let answer = exchange_raw(port, request)?;
    let status = answer.split_whitespace().nth(1)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n")?.1.to_owned();
    Some((status, body))
}

/// The same with the head, as it came.
pub fn exchange_raw(port: u16, request: &str) -> Option<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    socket.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// A GET as the operator that must succeed with JSON.
pub fn get_json(port: u16, path: &str) -> serde_json::Value {
    let (status, body) = get(port, path).unwrap_or_else(|| panic!("no answer to GET {path}"));
    assert_eq!(status, 200, "GET {path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("GET {path}: {error}: {body}"))
}

/// All messages of a query, page by page.
pub fn messages(port: u16, query: &str) -> Vec<serde_json::Value> {
    let mut found = Vec::new();
    let mut path = format!("/v1/messages?limit=200&{query}");
    loop {
        let page = get_json(port, &path);
        found.extend(page["_embedded"]["messages"].as_array().unwrap().iter().cloned());
        match page["_links"]["next"]["href"].as_str() {
            Some(next) => path = next.to_owned(),
            None => return found,
        }
    }
}

/// The timeline of a message: code and words of each entry.
pub fn timeline(port: u16, id: &str) -> Vec<(String, String)> {
    let page = get_json(port, &format!("/v1/messages/{id}/timeline"));
    let entries = page["_embedded"]["entries"].as_array().unwrap();
    entries.iter().map(|e| (e["code"].as_str().unwrap().to_owned(), e["words"].as_str().unwrap().to_owned())).collect()
}
