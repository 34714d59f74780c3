//! Clients of the send APIs, the native one and that of the Vumi contract: so many connections, each with one request open at a time.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::metric_load::BASIC;

/// The API that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// `POST /v1/messages`.
    Native,
    /// `PUT messages.json`.
    Vumi,
}

/// Sends `count` messages over `connections`; ends when all were answered.
pub(crate) async fn send(api: Api, address: &str, count: usize, connections: usize) -> Result<(), String> {
    let next = Rc::new(Cell::new(0));
    let mut clients = Vec::new();
    for _ in 0..connections {
        let (address, next) = (address.to_owned(), next.clone());
        clients.push(tokio::task::spawn_local(async move { client(api, &address, count, &next).await }));
    }
    for client in clients {
        client.await.map_err(|e| e.to_string())??;
    }
    Ok(())
}

async fn client(api: Api, address: &str, count: usize, next: &Cell<usize>) -> Result<(), String> {
    let socket = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
    socket.set_nodelay(true).map_err(|e| e.to_string())?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(|e| e.to_string())?;
    tokio::task::spawn_local(connection);
    loop {
        let index = next.get();
        if index >= count {
            return Ok(());
        }
        next.set(index + 1);
        let phone = 41_790_000_000 + (index % 10_000) as u64;
        let text = format!("A notice for you at {}", crate::process::now_us());
        let (request, body) = match api {
            Api::Native => (
                Request::post("/v1/messages").header("authorization", "Bearer bench-account-token"),
                format!(r#"{{"to":"{phone}","from":"8282","application":"weather","text":"{text}"}}"#),
            ),
            Api::Vumi => (
                Request::put("/api/v1/go/http_api_nostream/meter/messages.json").header("authorization", BASIC),
                format!(r#"{{"to_addr":"{phone}","content":"{text}"}}"#),
            ),
        };
        let request = request.header("host", address).header("content-type", "application/json");
        let request = request.body(Full::new(Bytes::from(body))).map_err(|e| e.to_string())?;
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
        if status != (if api == Api::Native { 202 } else { 200 }) {
            return Err(format!("the gateway answered {status}: {}", String::from_utf8_lossy(&body)));
        }
    }
}
