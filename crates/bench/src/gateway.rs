//! The gateway under test: its configuration in a directory of its own, started, waited for, stopped.

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

impl Gateway {
    /// Starts one that binds to `smsc_port` and calls `app`.
    pub(crate) async fn start(smsc_port: u16, app: &str) -> Result<Gateway, String> {
        let directory = std::env::current_dir().map_err(|e| e.to_string())?.join("target/bench").join(format!(
            "{}-{}",
            std::process::id(),
            crate::process::now_us()
        ));
        std::fs::create_dir_all(&directory).map_err(|e| e.to_string())?;
        let port = free_port()?;
        let config = directory.join("hookswitch.toml");
        std::fs::write(&config, settings(&directory, port, smsc_port, app)).map_err(|e| e.to_string())?;
        let program = std::env::current_exe().map_err(|e| e.to_string())?.with_file_name("hookswitch");
        let path = config.to_str().ok_or("the path of the configuration is no text")?;
        let (running, _) = Running::start(&program, &["serve", "--config", path])?;
        let url = format!("http://127.0.0.1:{port}");
        let gateway = Gateway { running, url, directory };
        let deadline = Instant::now() + Duration::from_secs(30);
        while get(&format!("{}/health/ready", gateway.url)).await.is_err() {
            if Instant::now() > deadline {
                return Err("the gateway did not become ready".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(gateway)
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

fn settings(directory: &Path, port: u16, smsc_port: u16, app: &str) -> String {
    format!(
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

[[channel]]
id = "carrier"
kind = "smpp"
host = "127.0.0.1"
port = {smsc_port}
system_id = "hookswitch"
password = "secret"
window = 50
addresses = ["8282"]

[[application]]
id = "weather"
account = "bench"
contract = "service-layer"
url = "http://{app}/gateway"
api_key = "bench-api-key"
concurrency = 64

[[route]]
application = "weather"
address = "8282"
keyword = "weather"
match = "starts-with"
"#,
        store = directory.join("bench.db").display()
    )
}

fn free_port() -> Result<u16, String> {
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
