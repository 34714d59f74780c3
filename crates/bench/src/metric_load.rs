//! Clients that put metrics: so many connections, each with one request of 100 metrics open at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::process::now_us;
use crate::smsc::Seen;

/// Metrics of one request, each of a series of its own.
const METRICS: usize = 100;
/// `bench:bench-metrics-token`, as Basic credentials.
pub(crate) const BASIC: &str = "Basic YmVuY2g6YmVuY2gtbWV0cmljcy10b2tlbg==";
const AGGREGATORS: [&str; 5] = ["sum", "avg", "max", "min", "last"];

/// Puts `count` requests over `connections`; ends when all were answered.
pub(crate) async fn put(address: &str, count: usize, connections: usize) -> Result<Seen, String> {
    let next = Rc::new(Cell::new(0));
    let round_trips_us = Rc::new(RefCell::new(Vec::with_capacity(count)));
    let first_us = now_us();
    let mut clients = Vec::new();
    for _ in 0..connections {
        let (address, next, round_trips_us) = (address.to_owned(), next.clone(), round_trips_us.clone());
        clients.push(tokio::task::spawn_local(async move { client(&address, count, &next, &round_trips_us).await }));
    }
    for client in clients {
        client.await.map_err(|e| e.to_string())??;
    }
    let round_trips_us = round_trips_us.take();
    Ok(Seen { first_us, last_us: now_us(), round_trips_us, ..Seen::default() })
}

async fn client(
    address: &str,
    count: usize,
    next: &Cell<usize>,
    round_trips_us: &RefCell<Vec<u64>>,
) -> Result<(), String> {
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
        let request = Request::put("/api/v1/go/http_api_nostream/meter/metrics.json")
            .header("host", address)
            .header("authorization", BASIC)
            .body(Full::new(Bytes::from(body(index))))
            .map_err(|e| e.to_string())?;
        let asked_us = now_us();
        let response = sender.send_request(request).await.map_err(|e| e.to_string())?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|e| e.to_string())?.to_bytes();
        if status != 200 {
            return Err(format!("the gateway answered {status}: {}", String::from_utf8_lossy(&body)));
        }
        round_trips_us.borrow_mut().push(now_us() - asked_us);
    }
}

/// The same names each time, with other values.
fn body(index: usize) -> String {
    let mut body = String::with_capacity(METRICS * 40);
    body.push('[');
    for metric in 0..METRICS {
        let separator = if metric > 0 { "," } else { "" };
        let aggregator = AGGREGATORS[metric % AGGREGATORS.len()];
        body.push_str(&format!("{separator}[\"service.requests.{metric}\",{}.5,\"{aggregator}\"]", index + metric));
    }
    body.push(']');
    body
}
