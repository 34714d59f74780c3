//! How many callbacks a second the client makes, and what each costs in CPU time, against a stub in a process of its
//! own: `cargo run --release -p callbacks --example throughput [seconds] [concurrency]`.
//!
//! Only the client's process is measured: the port, the pool, HTTP, understanding the answer, and posting the result.
#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use callbacks::guard::Guard;
use callbacks::{HttpClient, Options};
use domain::address::Address;
use domain::callback::{BodyType, CallbackKind, Rendered};
use domain::directory::{Application, Contract, RetryPolicy};
use domain::event::Event;
use domain::id::{CallbackId, Stamp};
use domain::secret::Secret;
use domain::time::At;
use engine::inlet::Inlet;
use engine::port::{Attempt, CallbackClient, Clock};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const BODY: &str = "type=incoming_message&api_key=weather-key&phone_number=%2B41791234567&body=weather+Zurich&sent_at=2026-11-22T05%3A06%3A12Z";

/// Ticks of /proc/self/stat a second; Linux has told programs 100 since ever (`getconf CLK_TCK`).
const TICKS_PER_S: f64 = 100.0;

struct System;

impl Clock for System {
    fn now(&self) -> At {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        At(since.as_micros() as i64)
    }
    fn monotonic_ms(&self) -> u64 {
        0
    }
}

/// A stub in another process; stopped by its id when dropped.
struct Stub {
    process: Child,
    address: String,
}

impl Stub {
    fn start() -> std::io::Result<Stub> {
        let mut process = Command::new(std::env::current_exe()?).arg("stub").stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        let output = process.stdout.take().expect("the stub's output is piped");
        BufReader::new(output).read_line(&mut address)?;
        Ok(Stub { process, address: address.trim().to_owned() })
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "stub") {
        return serve();
    }
    let seconds = arguments.first().map_or(Ok(5), |text| text.parse())?;
    let concurrency = arguments.get(1).map_or(Ok(64), |text| text.parse())?;
    let stub = Stub::start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let inlet = Inlet::new();
    let options = Options {
        guard: Guard::from_entries(["127.0.0.1/32"])?,
        runtime: runtime.handle().clone(),
        inlet: inlet.clone(),
        clock: Arc::new(System),
        version: env!("CARGO_PKG_VERSION").into(),
        ca_file: None,
    };
    let client = HttpClient::new(options)?;
    let template = template(&format!("http://{}/gateway", stub.address));
    run(&client, &inlet, &template, concurrency, Duration::from_millis(500));
    let (started, cpu_before) = (Instant::now(), cpu_seconds());
    let answered = run(&client, &inlet, &template, concurrency, Duration::from_secs(seconds));
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);
    let per_second = f64::from(answered) / wall;
    let cpu_us = cpu * 1e6 / f64::from(answered);
    println!(
        "{concurrency} at a time: {answered} answered in {wall:.1} s, {per_second:.0} a second, {cpu_us:.1} µs CPU each"
    );
    Ok(())
}

/// Keeps so many attempts under way for a time; every result must be an answer.
fn run(client: &HttpClient, inlet: &Inlet, template: &Attempt, concurrency: u32, time: Duration) -> u32 {
    let mut started = 0_u32;
    let mut start = || {
        started += 1;
        let callback = CallbackId::new(Stamp::new(1_795_000_000_123, 0), u64::from(started) << 2);
        client.start(Attempt { callback, ..template.clone() });
    };
    (0..concurrency).for_each(|_| start());
    let until = Instant::now() + time;
    let (mut ended, mut under_way) = (0, concurrency);
    while under_way > 0 {
        for envelope in inlet.take(Duration::from_millis(100)).events {
            let Event::AttemptEnded { outcome, .. } = envelope.event else { continue };
            assert!(outcome.answer.is_some(), "{outcome:?}");
            ended += 1;
            if Instant::now() < until {
                start();
            } else {
                under_way -= 1;
            }
        }
    }
    ended
}

fn template(url: &str) -> Attempt {
    let application = Application {
        id: "weather".into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: url.into(),
        api_key: Secret::new("weather-key"),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 64,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    };
    Attempt {
        callback: CallbackId::new(Stamp(0), 0),
        kind: CallbackKind::IncomingMessage,
        phone: Address::parse("+41791234567").expect("it is a number").key(),
        number: 1,
        application: Arc::new(application),
        request: Rendered { body_type: BodyType::Form, body: BODY.as_bytes().into() },
    }
}

/// CPU time of this process, user and system.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / TICKS_PER_S
}

/// Answers every request with a short reply.
fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let respond = service_fn(|request: hyper::Request<hyper::body::Incoming>| async {
                let _ = http_body_util::BodyExt::collect(request.into_body()).await;
                Ok::<_, Infallible>(hyper::Response::new(Full::new(bytes::Bytes::from_static(b"Sunny, 24 degrees"))))
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), respond));
        }
    })
}
