//! A server that speaks raw bytes: each request is answered by a script, connections and requests are counted.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does, in order, once it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Writes bytes.
    Write(Vec<u8>),
    /// Writes bytes one by one with a pause after each.
    Trickle(Vec<u8>, Duration),
    /// Writes the same bytes again and again until the client goes.
    Flood(Vec<u8>),
    /// Closes, politely.
    Close,
    /// Closes its own direction, and does nothing until the client goes.
    HalfClose,
    /// Closes with a reset.
    Reset,
    /// Does nothing until the client goes.
    Hang,
}

/// An answer with a content length.
pub(crate) fn answer(head: &str, body: &str) -> Vec<Step> {
    vec![Step::Write(format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes())]
}

/// Plain bytes, then a polite close.
pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Vec<Step> {
    vec![Step::Write(bytes.into()), Step::Close]
}

type Script = dyn Fn(usize, usize, &str) -> Vec<Step> + Send + Sync;

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
    flooded: AtomicUsize,
}

/// The server; it ends with its runtime.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

impl Server {
    /// A server whose script is asked with the numbers of the connection and of the request on it, both from 0.
    pub(crate) async fn start(script: impl Fn(usize, usize) -> Vec<Step> + Send + Sync + 'static) -> Server {
        Server::scripted(Arc::new(move |connection, request, _: &str| script(connection, request))).await
    }

    /// A server whose script is asked with each request, head and body.
    pub(crate) async fn answering(script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Server {
        Server::scripted(Arc::new(move |_, _, request: &str| script(request))).await
    }

    async fn scripted(script: Arc<Script>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let shared = seen.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let connection = shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, connection, shared.clone(), script.clone()));
            }
        });
        Server { address, seen }
    }

    /// A server that does the same every time.
    pub(crate) async fn always(steps: Vec<Step>) -> Server {
        Server::start(move |_, _| steps.clone()).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/gateway", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Bytes of floods that were written, to whoever.
    pub(crate) fn flooded(&self) -> usize {
        self.seen.flooded.load(Ordering::SeqCst)
    }

    /// The requests as they came, head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, connection: usize, seen: Arc<Seen>, script: Arc<Script>) {
    for number in 0.. {
        let Some(request) = read_request(&mut stream).await else { return };
        let steps = script(connection, number, &request);
        seen.requests.lock().unwrap().push(request);
        for step in steps {
            if !perform(&mut stream, step, &seen).await {
                return;
            }
        }
    }
}

/// False when the connection is over.
async fn perform(stream: &mut TcpStream, step: Step, seen: &Seen) -> bool {
    match step {
        Step::Write(bytes) => stream.write_all(&bytes).await.is_ok(),
        Step::Trickle(bytes, pause) => {
            for byte in bytes {
                if stream.write_all(&[byte]).await.is_err() {
                    return false;
                }
                tokio::time::sleep(pause).await; // waits: this is how a slow server behaves
            }
            true
        }
        Step::Flood(bytes) => {
            while stream.write_all(&bytes).await.is_ok() {
                seen.flooded.fetch_add(bytes.len(), Ordering::SeqCst);
            }
            false
        }
        Step::Close => false,
        Step::HalfClose => {
            let _gone = stream.shutdown().await;
            idle(stream).await
        }
        Step::Reset => {
            stream.set_zero_linger().unwrap();
            false
        }
        Step::Hang => idle(stream).await,
    }
}

/// Does nothing until the client goes.
async fn idle(stream: &mut TcpStream) -> bool {
    let mut sink = [0; 64];
    while matches!(stream.read(&mut sink).await, Ok(1..)) {}
    false
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text.into_owned());
            }
        }
    }
}
