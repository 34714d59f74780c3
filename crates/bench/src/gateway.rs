//! The gateway under test: its configuration in a directory of its own, started, waited for, stopped.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::process::{Running, Usage};

/// A running gateway.
pub(crate) struct Gateway {
    running: Running,
    pub(crate) url: String,
    directory: PathBuf,
}

/// What a gateway is configured with.
pub(crate) struct Setup<'s> {
    /// Where the network listens.
    pub(crate) smsc_port: u16,
    /// First word of a text, and the address of the application it leads to.
    pub(crate) applications: Vec<(&'s str, String)>,
    /// Submits open at a time on a link.
    pub(crate) window: usize,
    /// Links of the channel.
    pub(crate) links: usize,
    /// Rules beside those that lead to the applications; no text fits them.
    pub(crate) other_routes: usize,
}

impl Gateway {
    /// Starts one in a fresh directory.
    pub(crate) async fn start(setup: &Setup<'_>) -> Result<Gateway, String> {
        let directory = std::env::current_dir().map_err(|e| e.to_string())?.join("target/bench").join(format!(
            "{}-{}",
            std::process::id(),
            crate::process::now_us()
        ));
        std::fs::create_dir_all(&directory).map_err(|e| e.to_string())?;
        let port = free_port()?;
        std::fs::write(directory.join("hookswitch.toml"), settings(&directory, port, setup))
            .map_err(|e| e.to_string())?;
        Gateway::start_in(directory, format!("http://127.0.0.1:{port}")).await
    }

    async fn start_in(directory: PathBuf, url: String) -> Result<Gateway, String> {
        let program = std::env::current_exe().map_err(|e| e.to_string())?.with_file_name("hookswitch");
        let config = directory.join("hookswitch.toml");
        let path = config.to_str().ok_or("the path of the configuration is no text")?;
        let (running, _) = Running::start(&program, &["serve", "--config", path])?;
        let gateway = Gateway { running, url, directory };
        let deadline = Instant::now() + Duration::from_secs(60);
        while get(&format!("{}/health/ready", gateway.url)).await.is_err() {
            if Instant::now() > deadline {
                return Err("the gateway did not become ready".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(gateway)
    }

    /// Stops it in good order and starts it again over the same store.
    pub(crate) async fn restart(self) -> Result<Gateway, String> {
        let Gateway { running, url, directory } = self;
        running.stop()?;
        Gateway::start_in(directory, url).await
    }

    pub(crate) fn usage(&self) -> Usage {
        self.running.usage()
    }

    /// Stops it in good order and removes its directory.
    pub(crate) fn stop(self) -> Result<(), String> {
        self.running.stop()?;
        std::fs::remove_dir_all(&self.directory).map_err(|e| e.to_string())
    }
}

fn settings(directory: &Path, port: u16, setup: &Setup<'_>) -> String {
    let mut text = format!(
        r#"[server]
listen = "127.0.0.1:{port}"

[store]
url = "sqlite:{store}"

[operator]
token = "bench-operator-token"

[callbacks]
allow = ["127.0.0.1/32"]

[[account]]
key = "bench"
tokens = ["bench-account-token"]
concurrency_limit = 1000

[[channel]]
id = "carrier"
kind = "smpp"
host = "127.0.0.1"
port = {smsc_port}
system_id = "hookswitch"
password = "secret"
window = {window}
links = {links}
addresses = ["8282"]

[[application]]
id = "meter"
account = "bench"
contract = "vumi"
api_tokens = ["bench-metrics-token"]
ignore_messages = true
ignore_events = true

[[route]]
application = "meter"
address = "8282"
keyword = "meter"
"#,
        store = directory.join("bench.db").display(),
        smsc_port = setup.smsc_port,
        window = setup.window,
        links = setup.links,
    );
    routes(setup, &mut text);
    text
}

/// The applications with their routes, and routes that nothing is sent to.
fn routes(setup: &Setup<'_>, text: &mut String) {
    for number in 0..setup.other_routes {
        let _infallible = write!(
            text,
            "\n[[route]]\napplication = \"{}\"\naddress = \"8282\"\nkeyword = \"other{number}\"\n",
            setup.applications[0].0
        );
    }
    for (word, address) in &setup.applications {
        let _infallible = write!(
            text,
            r#"
[[application]]
id = "{word}"
account = "bench"
contract = "service-layer"
url = "http://{address}/gateway"
api_key = "bench-api-key-{word}"
concurrency = 64

[[route]]
application = "{word}"
address = "8282"
keyword = "{word}"
match = "starts-with"
"#
        );
    }
}

/// A port nobody listens on at the moment.
pub(crate) fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    Ok(listener.local_addr().map_err(|e| e.to_string())?.port())
}

/// A GET that must succeed; the body as JSON, or null.
pub(crate) async fn get(url: &str) -> Result<Value, String> {
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::get(url).body(Full::default()).map_err(|e| e.to_string())?;
    let response = client.request(request).await.map_err(|e| e.to_string())?;
    if !response.status().is_success() {
        return Err(response.status().to_string());
    }
    let body = response.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
    Ok(serde_json::from_slice(&body).unwrap_or_default())
}
