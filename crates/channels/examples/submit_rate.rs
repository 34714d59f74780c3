//! How fast one link submits to a network that takes its time: an SMSC answers each `submit_sm` a fixed time after it
//! came, and a fake engine keeps the window full. Window ÷ delay is the limit; what is missing from it is ours.
//! Prints messages a second and the CPU time of each thread for a message.
//!
//! `cargo run --release -p channels --example submit_rate [messages] [window] [delay_ms]`

#![allow(clippy::print_stdout)] // Its output is its purpose.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use channels::smpp::{Endpoint, Options, SmppChannel};
use domain::address::Address;
use domain::directory::{Name, SegmentMark};
use domain::id::{MessageId, Stamp};
use domain::secret::Secret;
use domain::text::segment::Encoding;
use engine::inlet::Inlet;
use engine::live::Live;
use engine::port::{Channel, Signal, SubmitAnswer, SubmitOrder};
use smpp::pdu::{BindResponse, Command, Frame, Header, frame, write_message_id};
use smpp::{BindMode, Latin1, Status};
use tokio::sync::watch;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = |at: usize, default: u64| std::env::args().nth(at).map_or(Ok(default), |given| given.parse());
    let (messages, window, delay_ms) = (argument(1, 20_000)?, argument(2, 100)?, argument(3, 50)?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let delay = Duration::from_millis(delay_ms);
    let late_us = Arc::new(AtomicU64::new(0));
    let noted = late_us.clone();
    std::thread::Builder::new().name("smsc".into()).spawn(move || serve(&listener, delay, noted))?;
    let inlet = Inlet::new();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("link").enable_all().build()?;
    let endpoint = Endpoint { host: "127.0.0.1".into(), port };
    let window = u16::try_from(window)?;
    let options =
        Options { window, ..Options::new(Name::from("carrier"), endpoint, "hookswitch", Secret::new("secret")) };
    let shutdown = watch::Sender::new(false);
    let channel = SmppChannel::start(options, inlet.clone(), Live::new(), runtime.handle(), shutdown.subscribe())?;
    let elapsed = keep_the_window_full(&inlet, &channel, messages)?;
    let rate = messages as f64 / elapsed.as_secs_f64();
    println!("{messages} messages in {elapsed:.2?}: {rate:.0} messages/s");
    if delay_ms > 0 {
        let limit = f64::from(window) * 1000.0 / delay_ms as f64;
        println!("{:.1} % of window {window} ÷ {delay_ms} ms = {limit:.0}/s", 100.0 * rate / limit);
        let round_ms = f64::from(window) * 1000.0 / rate;
        let late_ms = late_us.load(Ordering::Relaxed) as f64 / 1000.0 / messages as f64;
        let ours_ms = round_ms - delay_ms as f64 - late_ms;
        println!(
            "a round of {round_ms:.2} ms: {delay_ms} ms of waiting, {late_ms:.2} ms that the SMSC is late, {ours_ms:.2} ms of ours"
        );
    }
    for name in ["link", "main", "smsc"] {
        println!("{name:>8}: {:.2} µs of CPU a message", cpu_us(name) / messages as f64);
    }
    Ok(())
}

/// Orders as many as the window takes, and another one for each answer; gives the time from the first to the last.
fn keep_the_window_full(inlet: &Inlet, channel: &SmppChannel, messages: u64) -> Result<Duration, Box<dyn Error>> {
    let (mut ordered, mut taken) = (0, 0);
    let mut started = Instant::now();
    while taken < messages {
        for signal in inlet.take(Duration::from_secs(1)).signals {
            let room = match signal {
                Signal::LinkUp { window, .. } => {
                    started = Instant::now();
                    window.into()
                }
                Signal::SubmitEnded { answer: SubmitAnswer::Taken { .. }, .. } => {
                    taken += 1;
                    1
                }
                other => return Err(format!("{other:?}").into()),
            };
            for _ in 0..room.min(messages - ordered) {
                ordered += 1;
                channel.submit(order(ordered)?);
            }
        }
    }
    Ok(started.elapsed())
}

fn order(number: u64) -> Result<SubmitOrder, Box<dyn Error>> {
    let address = |text: &str| Address::parse(text).map_err(|refusal| refusal.to_string());
    Ok(SubmitOrder {
        message: MessageId::new(Stamp::new(number, 0), 1),
        link: 0,
        segment: 0,
        segments: 1,
        reference: 1,
        mark: SegmentMark::Udh8,
        from: address("8282")?,
        to: address(&format!("4179{number:07}"))?,
        encoding: Encoding::Gsm7,
        payload: b"the weather in zurich tomorrow morning is fine".to_vec(),
        validity_ms: 86_400_000,
        priority: 0,
        report: true,
        ussd: None,
    })
}

/// An SMSC for one connection.
fn serve(listener: &TcpListener, delay: Duration, late_us: Arc<AtomicU64>) -> std::io::Result<()> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let answering = stream.try_clone()?;
    let (came, due) = mpsc::channel();
    std::thread::Builder::new().name("smsc".into()).spawn(move || answer(answering, &due, &late_us))?;
    let mut inbox = Vec::new();
    let mut octets = [0; 64 * 1024];
    loop {
        let bytes = stream.read(&mut octets)?;
        if bytes == 0 {
            return Ok(());
        }
        let at = Instant::now() + delay;
        inbox.extend_from_slice(&octets[..bytes]);
        let mut taken = 0;
        while let Frame::Pdu { header, bytes, .. } = frame(&inbox[taken..], 1 << 16) {
            taken += bytes;
            // Nobody answers any more.
            let _ = came.send((at, header));
        }
        inbox.drain(..taken);
    }
}

/// Answers what came when it is due, all that is due at once.
fn answer(mut stream: TcpStream, due: &mpsc::Receiver<(Instant, Header)>, late_us: &AtomicU64) -> std::io::Result<()> {
    let mut out = Vec::new();
    let mut next = due.recv().ok();
    while let Some((at, header)) = next {
        if let Some(wait) = at.checked_duration_since(Instant::now()).filter(|wait| !wait.is_zero()) {
            stream.write_all(&out)?;
            out.clear();
            std::thread::sleep(wait);
        }
        let late = u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX);
        late_us.fetch_add(late, Ordering::Relaxed);
        match BindMode::of(header.command) {
            Some(_) => {
                let response = BindResponse { system_id: Latin1::from(b"slow"), sc_interface_version: None };
                response
                    .encode(BindMode::Transceiver, Status::ROK, header.sequence, &mut out)
                    .map_err(std::io::Error::other)?;
            }
            None => {
                let id = Latin1::from_bytes(format!("{:08X}", header.sequence).as_bytes());
                write_message_id(&mut out, Command::SUBMIT_SM.response(), Status::ROK, header.sequence, &id);
            }
        }
        next = match due.try_recv() {
            Ok(next) => Some(next),
            Err(_) => {
                stream.write_all(&out)?;
                out.clear();
                due.recv().ok()
            }
        };
    }
    Ok(())
}

/// Microseconds that the threads of this name have run (`/proc/self/task/*/schedstat`, in nanoseconds; Linux). The
/// first thread is called like the program, and `main` here.
fn cpu_us(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut us = 0.0;
    for task in tasks {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        let is_first = task.file_name().to_string_lossy() == std::process::id().to_string();
        let called = if is_first { "main".to_owned() } else { read("comm").trim().to_owned() };
        if called == name {
            us += read("schedstat").split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0;
        }
    }
    us
}
