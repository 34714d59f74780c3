//! The ceiling: a gateway that stores nothing and decides nothing. It binds, has the same HTTP client make the same
//! request for each MO, and acknowledges when the application has answered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callbacks::guard::Guard;
use callbacks::{HttpClient, Options};
use domain::address::Address;
use domain::callback::{CallbackEvent, CallbackKind};
use domain::directory::{Application, Contract, RetryPolicy};
use domain::event::Event;
use domain::id::{CallbackId, MessageId, Stamp};
use domain::secret::Secret;
use domain::time::At;
use domain::ussd::TransportType;
use engine::inlet::Inlet;
use engine::port::{Attempt, CallbackClient, Clock};
use smpp::{Bind, BindEvent, BindMode, EsmeOptions, Handle, Latin1, Status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::process::now_us;
use crate::report::say;

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> At {
        At(now_us() as i64)
    }

    fn monotonic_ms(&self) -> u64 {
        now_us() / 1000
    }
}

/// Runs until the network closes the connection.
pub(crate) fn run(smsc: &str, url: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let inlet = Inlet::new();
    let guard = Guard::from_entries(["127.0.0.1/32"]).map_err(|e| e.to_string())?;
    let client = HttpClient::new(Options {
        guard,
        runtime: runtime.handle().clone(),
        inlet: inlet.clone(),
        clock: Arc::new(WallClock),
        version: "stub".into(),
        ca_file: None,
    })
    .map_err(|e| e.to_string())?;
    let (ended, results) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        loop {
            let arrivals = inlet.take(Duration::from_secs(1));
            for envelope in arrivals.events {
                if let Event::AttemptEnded { callback, .. } = envelope.event
                    && ended.send(callback).is_err()
                {
                    return;
                }
            }
        }
    });
    say("ready");
    runtime.block_on(serve(smsc, Arc::new(application(url)), client, results))
}

async fn serve(
    smsc: &str,
    application: Arc<Application>,
    client: HttpClient,
    mut results: mpsc::UnboundedReceiver<CallbackId>,
) -> Result<(), String> {
    let mut socket = TcpStream::connect(smsc).await.map_err(|e| e.to_string())?;
    socket.set_nodelay(true).map_err(|e| e.to_string())?;
    let text = |t: &str| Latin1::from(t.as_bytes());
    let options = EsmeOptions::new(BindMode::Transceiver, text("stub"), text("secret"));
    let mut bind = Bind::esme(options, 0).map_err(|e| e.to_string())?;
    let started = Instant::now();
    let mut open: BTreeMap<CallbackId, Handle> = BTreeMap::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut out = Vec::new();
    let mut made = 0;
    loop {
        out.clear();
        bind.take_output(&mut out);
        if !out.is_empty() {
            socket.write_all(&out).await.map_err(|e| e.to_string())?;
        }
        let now = || started.elapsed().as_millis() as u64;
        tokio::select! {
            read = socket.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return Ok(()),
                Ok(count) => bind.receive(&buffer[..count], now()),
            },
            Some(callback) = results.recv() => {
                let mut next = Some(callback);
                while let Some(callback) = next {
                    if let Some(handle) = open.remove(&callback) {
                        bind.respond_deliver(handle, Status::ROK, now()).map_err(|e| format!("{e:?}"))?;
                    }
                    next = results.try_recv().ok();
                }
            }
        }
        while let Some(event) = bind.poll_event() {
            if let BindEvent::Delivered { handle, deliver } = event {
                made += 1;
                let attempt = attempt(made, &deliver, &application);
                open.insert(attempt.callback, handle);
                client.start(attempt);
            }
        }
    }
}

fn attempt(number: u64, deliver: &smpp::Deliver, application: &Arc<Application>) -> Attempt {
    let message = MessageId::new(Stamp::new(number, 0), number);
    let phone = Address::from_network(&deliver.source.address.to_text());
    let event = CallbackEvent::IncomingMessage {
        message,
        phone: phone.clone(),
        service_address: Address::from_network(&deliver.destination.address.to_text()),
        text: String::from_utf8_lossy(deliver.octets()).into_owned(),
        sent_at: At(now_us() as i64),
        auto_subscribe: false,
        auto_responded: false,
        channel: "carrier".into(),
        transport: TransportType::Sms,
        session_event: None,
    };
    Attempt {
        callback: CallbackId::new(message.stamp, number),
        kind: CallbackKind::IncomingMessage,
        phone: phone.key(),
        number: 1,
        application: application.clone(),
        request: contracts::service_layer::request::render(&event, application),
    }
}

fn application(url: &str) -> Application {
    Application {
        id: "weather".into(),
        account: "bench".into(),
        contract: Contract::ServiceLayer,
        url: url.into(),
        api_key: Secret::new("bench-api-key"),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 64,
        timeout_ms: 15_000,
        report_queued: false,
        vumi: None,
    }
}
