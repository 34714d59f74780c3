//! A conversation of the Vumi contract on a real gateway: its configuration, what it puts, and the streams it reads.

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use super::process::{Place, exchange};

/// `acc` and the token of its conversation, as Basic credentials.
const BASIC: &str = "Basic YWNjOmNvbnYtdG9rZW4tb2YtdGVzdHM=";
/// Where `conv` streams.
pub const STREAMED: &str = "/api/v1/go/http_api/conv";
/// Where it is pushed to.
pub const PUSHED: &str = "/api/v1/go/http_api_nostream/conv";

/// The settings of a gateway with the conversation `conv` of `acc` on 8282.
pub fn settings(place: &Place, http: u16, smsc: u16, conversation: &str) -> PathBuf {
    let file = place.path().join("hookswitch.toml");
    let text = format!(
        r#"[server]
listen = "127.0.0.1:{http}"
connections_max = 4000

[store]
url = "sqlite:{store}"

[operator]
token = "operator-token-of-tests"

[callbacks]
allow = ["127.0.0.1/32"]

[[account]]
key = "acc"
tokens = ["acc-token-of-tests"]
concurrency_limit = -1

[[channel]]
id = "carrier"
kind = "smpp"
host = "127.0.0.1"
port = {smsc}
system_id = "hookswitch"
window = 20
addresses = ["8282"]

[[application]]
id = "conv"
account = "acc"
contract = "vumi"
api_tokens = ["conv-token-of-tests"]
{conversation}

[[route]]
application = "conv"
address = "8282"
"#,
        store = place.path().join("store.db").display()
    );
    fs::write(&file, text).unwrap();
    file
}

/// Puts something below the conversation: status and body; none when there is no whole answer.
pub fn put(http: u16, path: &str, headers: &str, body: &str) -> Option<(u16, Value)> {
    let request = format!(
        "PUT {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {BASIC}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let (status, body) = exchange(http, &request)?;
    Some((status, serde_json::from_str(&body).ok()?))
}

/// A client that reads a stream.
pub struct Stream {
    socket: BufReader<TcpStream>,
    /// What is left of a chunk.
    rest: Vec<u8>,
}

/// What a stream gave.
#[derive(Debug, PartialEq)]
pub enum Next {
    /// A line.
    Line(Value),
    /// Nothing within the patience.
    Nothing,
    /// The end, in good order or not.
    End,
}

impl Stream {
    /// Opens it, behind a line when a cursor is given; none when there is no gateway.
    pub fn open(http: u16, leaf: &str, cursor: Option<&str>) -> Option<Stream> {
        let socket = TcpStream::connect(("127.0.0.1", http)).ok()?;
        socket.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
        let cursor = cursor.map(|cursor| format!("Last-Event-ID: {cursor}\r\n")).unwrap_or_default();
        let request =
            format!("GET {STREAMED}/{leaf} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {BASIC}\r\n{cursor}\r\n");
        (&socket).write_all(request.as_bytes()).ok()?;
        let mut socket = BufReader::new(socket);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if socket.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        Some(Stream { socket, rest: Vec::new() })
    }

    /// The next line, waiting so long for its first octet.
    pub fn next(&mut self, patience: Duration) -> Next {
        while !self.rest.contains(&b'\n') {
            match self.chunk(patience) {
                Ok(chunk) if chunk.is_empty() => return Next::End,
                Ok(chunk) => self.rest.extend_from_slice(&chunk),
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Next::Nothing,
                Err(_) => return Next::End,
            }
        }
        let end = self.rest.iter().position(|byte| *byte == b'\n').unwrap();
        let line: Vec<u8> = self.rest.drain(..=end).collect();
        Next::Line(serde_json::from_slice(&line).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&line))))
    }

    fn chunk(&mut self, patience: Duration) -> Result<Vec<u8>, ErrorKind> {
        self.socket.get_ref().set_read_timeout(Some(patience)).map_err(|e| e.kind())?;
        if self.socket.fill_buf().map_err(|e| e.kind())?.is_empty() {
            return Ok(Vec::new());
        }
        // The rest of what has begun comes at once, or the gateway is gone.
        self.socket.get_ref().set_read_timeout(Some(Duration::from_secs(10))).map_err(|e| e.kind())?;
        let mut size = String::new();
        self.socket.read_line(&mut size).map_err(|_| ErrorKind::BrokenPipe)?;
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { return Ok(Vec::new()) };
        let mut chunk = vec![0; size + 2];
        self.socket.read_exact(&mut chunk).map_err(|_| ErrorKind::BrokenPipe)?;
        chunk.truncate(size);
        Ok(chunk)
    }
}
