//! How fast one link takes messages: an SMSC pumps `deliver_sm` through a real socket, and a fake engine answers every
//! ticket at once. Prints messages a second and the CPU time of each thread for a message.
//!
//! `cargo run --release -p channels --example deliver_rate [messages]`

#![allow(clippy::print_stdout)] // Its output is its purpose.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use channels::smpp::{Endpoint, Options, SmppChannel};
use domain::decision::Outcome;
use domain::directory::Name;
use domain::id::{MessageId, Stamp};
use domain::secret::Secret;
use engine::inlet::Inlet;
use engine::live::Live;
use smpp::pdu::{BindResponse, Command, Frame, frame};
use smpp::{BindMode, Latin1, ShortMessage, Status};
use tokio::sync::watch;

/// Messages the SMSC sends ahead of the answers: its window.
const AHEAD: u32 = 500;

fn main() -> Result<(), Box<dyn Error>> {
    let messages: u32 = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let inlet = Inlet::new();
    spawn_engine(inlet.clone())?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("link").enable_all().build()?;
    let endpoint = Endpoint { host: "127.0.0.1".into(), port };
    let options = Options::new(Name::from("carrier"), endpoint, "hookswitch", Secret::new("secret"));
    let shutdown = watch::Sender::new(false);
    let _channel = SmppChannel::start(options, inlet, Live::new(), runtime.handle(), shutdown.subscribe())?;
    let smsc = std::thread::Builder::new().name("smsc".into()).spawn(move || {
        let elapsed = pump(&listener, messages);
        (elapsed, ["link", "engine", "smsc"].map(|name| (name, cpu_us(name))))
    })?;
    let (elapsed, threads) = smsc.join().map_err(|_| "the SMSC panicked")?;
    let elapsed = elapsed.map_err(|error| format!("the SMSC failed: {error}"))?;
    println!("{messages} messages in {elapsed:.2?}: {:.0} messages/s", f64::from(messages) / elapsed.as_secs_f64());
    for (name, us) in threads {
        println!("{name:>8}: {:.2} µs of CPU a message", us / f64::from(messages));
    }
    Ok(())
}

/// Takes all that arrives and answers at once, as an engine whose commits cost nothing.
fn spawn_engine(inlet: Inlet) -> std::io::Result<()> {
    let message = MessageId::new(Stamp::new(1, 0), 1);
    std::thread::Builder::new().name("engine".into()).spawn(move || {
        loop {
            for envelope in inlet.take(Duration::from_secs(1)).events {
                if let Some(ticket) = envelope.ticket {
                    ticket(Ok(Outcome::Accepted { message }));
                }
            }
        }
    })?;
    Ok(())
}

/// Accepts the bind, sends all messages with [`AHEAD`] of them unanswered, and gives the time from the first to the
/// last answer.
fn pump(listener: &TcpListener, messages: u32) -> std::io::Result<Duration> {
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut inbox = Vec::new();
    let mut out = Vec::new();
    read_pdus(&mut stream, &mut inbox, |sequence, _| {
        let response = BindResponse { system_id: Latin1::from(b"pump"), sc_interface_version: None };
        response.encode(BindMode::Transceiver, Status::ROK, sequence, &mut out).map_err(std::io::Error::other)
    })?;
    stream.write_all(&out)?;
    let started = Instant::now();
    let (mut sent, mut answered) = (0, 0);
    while answered < messages {
        out.clear();
        while sent < messages && sent - answered < AHEAD {
            sent += 1;
            message(sent).encode(Command::DELIVER_SM, sent, 1 << 16, &mut out).map_err(std::io::Error::other)?;
        }
        stream.write_all(&out)?;
        read_pdus(&mut stream, &mut inbox, |_, status| {
            answered += 1;
            if status.is_ok() { Ok(()) } else { Err(std::io::Error::other(status.to_string())) }
        })?;
    }
    Ok(started.elapsed())
}

fn message(number: u32) -> ShortMessage {
    ShortMessage {
        source: smpp::Address { ton: 1, npi: 1, address: Latin1::from_bytes(format!("4179{number:07}").as_bytes()) },
        destination: smpp::Address { ton: 0, npi: 1, address: Latin1::from(b"8282") },
        short_message: b"weather zurich tomorrow morning, please, and the day after".to_vec(),
        ..ShortMessage::default()
    }
}

/// Reads once and hands out the sequence number and status of each whole PDU.
fn read_pdus(
    stream: &mut TcpStream,
    inbox: &mut Vec<u8>,
    mut each: impl FnMut(u32, Status) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut octets = [0; 64 * 1024];
    let bytes = stream.read(&mut octets)?;
    if bytes == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    inbox.extend_from_slice(&octets[..bytes]);
    let mut taken = 0;
    while let Frame::Pdu { header, bytes, .. } = frame(&inbox[taken..], 1 << 16) {
        taken += bytes;
        each(header.sequence, header.status)?;
    }
    inbox.drain(..taken);
    Ok(())
}

/// Microseconds that the threads of this name have run (`/proc/self/task/*/schedstat`, in nanoseconds; Linux).
fn cpu_us(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let mut us = 0.0;
    for task in tasks {
        let read = |file: &str| std::fs::read_to_string(task.path().join(file)).unwrap_or_default();
        if read("comm").trim() == name {
            us += read("schedstat").split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1000.0;
        }
    }
    us
}
