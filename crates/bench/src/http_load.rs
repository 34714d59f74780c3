//! Clients of the send API: so many connections, each with one request open at a time.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Sends `count` messages over `connections`; ends when all were answered.
pub(crate) async fn send(address: &str, count: usize, connections: usize) -> Result<(), String> {
    let next = Rc::new(Cell::new(0));
    let mut clients = Vec::new();
    for _ in 0..connections {
        let (address, next) = (address.to_owned(), next.clone());
        clients.push(tokio::task::spawn_local(async move { client(&address, count, &next).await }));
    }
    for client in clients {
        client.await.map_err(|e| e.to_string())??;
    }
    Ok(())
}

async fn client(address: &str, count: usize, next: &Cell<usize>) -> Result<(), String> {
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
        let body = format!(
            r#"{{"to":"{phone}","from":"8282","application":"weather","text":"A notice for you at {}"}}"#,
            crate::process::now_us()
        );
        let request = Request::post("/v1/messages")
            .header("host", address)
            .header("authorization", "Bearer bench-account-token")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| e.to_string())?;
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
        if status != 202 {
            return Err(format!("the gateway answered {status}: {}", String::from_utf8_lossy(&body)));
        }
    }
}
