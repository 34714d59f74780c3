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
        let child = Command::new(env!("CARGO_BIN_EXE_hookswitch"))
            .arg("serve")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Gateway { child, http }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how it ended.
    pub fn terminate(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "the gateway did not stop");
            std::thread::sleep(Duration::from_millis(5)); // waits: polls a process with a deadline
        }
    }
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

fn exchange(port: u16, request: &str) -> Option<(u16, String)> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    socket.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split_whitespace().nth(1)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n")?.1.to_owned();
    Some((status, body))
}
