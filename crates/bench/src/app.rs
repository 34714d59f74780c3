//! The application, a process of its own: takes callbacks, counts them, measures how old their text is, and answers
//! with nothing or with a reply. Prints its address, then serves until it is killed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use crate::process::now_us;
use crate::report::say;

#[derive(Default)]
struct Seen {
    count: u64,
    first_us: u64,
    last_us: u64,
    ages_us: Vec<u64>,
    /// By phone, when the text seen last had left it.
    phones: HashMap<String, u64>,
    disordered: u64,
    links: u64,
    links_max: u64,
}

/// Serves; `mode` is `silent` (empty answers) or `reply`. Port 0 is any.
pub(crate) fn run(mode: &str, port: &str) -> Result<(), String> {
    let port: u16 = port.parse().map_err(|_| format!("{port} is no port"))?;
    let reply = mode == "reply";
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|e| e.to_string())?;
        say(&listener.local_addr().map_err(|e| e.to_string())?.to_string());
        let seen = Rc::new(RefCell::new(Seen::default()));
        loop {
            let (socket, _) = listener.accept().await.map_err(|e| e.to_string())?;
            socket.set_nodelay(true).map_err(|e| e.to_string())?;
            let seen = seen.clone();
            tokio::task::spawn_local(async move {
                {
                    let mut seen = seen.borrow_mut();
                    seen.links += 1;
                    seen.links_max = seen.links_max.max(seen.links);
                }
                let serving = seen.clone();
                let service = service_fn(move |request| answer(request, serving.clone(), reply));
                let http = hyper::server::conn::http1::Builder::new();
                let _ended = http.serve_connection(TokioIo::new(socket), service).await;
                seen.borrow_mut().links -= 1;
            });
        }
    })
}

async fn answer(
    request: Request<Incoming>,
    seen: Rc<RefCell<Seen>>,
    reply: bool,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let arrived_us = now_us();
    if request.method() == Method::GET {
        return Ok(Response::new(Full::new(Bytes::from(stats(&seen)))));
    }
    let body = request.into_body().collect().await.map(|b| b.to_bytes()).unwrap_or_default();
    let text = field(&body, b"body=").unwrap_or_default();
    let sent_us: u64 = text.rsplit('+').next().and_then(|t| t.parse().ok()).unwrap_or(arrived_us);
    let mut seen = seen.borrow_mut();
    seen.count += 1;
    if seen.first_us == 0 {
        seen.first_us = arrived_us;
    }
    seen.last_us = arrived_us;
    if let Some(phone) = field(&body, b"phone_number=") {
        let before = seen.phones.insert(phone.to_owned(), sent_us);
        seen.disordered += u64::from(before.is_some_and(|before| before > sent_us));
    }
    seen.ages_us.push(arrived_us.saturating_sub(sent_us));
    let answer = if reply { format!("re {sent_us}") } else { String::new() };
    Ok(Response::new(Full::new(Bytes::from(answer))))
}

/// A form field as it stands, undecoded: digits and `+` are all that is looked at.
fn field<'b>(body: &'b [u8], name: &[u8]) -> Option<&'b str> {
    let start = body.windows(name.len()).position(|w| w == name)? + name.len();
    let end = body[start..].iter().position(|b| *b == b'&').map_or(body.len(), |i| start + i);
    std::str::from_utf8(&body[start..end]).ok()
}

/// Counts since the last look, and their ages.
fn stats(seen: &RefCell<Seen>) -> String {
    let mut seen = seen.borrow_mut();
    let mut ages = std::mem::take(&mut seen.ages_us);
    ages.sort_unstable();
    let (p50_ms, p99_ms) = (crate::report::percentile(&ages, 0.5), crate::report::percentile(&ages, 0.99));
    json!({
        "count": seen.count, "first_us": seen.first_us, "last_us": seen.last_us, "p50_ms": p50_ms, "p99_ms": p99_ms,
        "disordered": seen.disordered, "links_max": seen.links_max,
    })
    .to_string()
}
