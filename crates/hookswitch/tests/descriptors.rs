//! The process may open no further files or sockets: what needs one is refused or waits, what has one goes on, nothing
//! that was accepted is lost, and all goes on by itself once there are some again.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use world::application::Application;
use world::ledger::{self, check, finish};
use world::network::Network;
use world::process::{Gateway, Place, free_port, get, settings, wait_for};
use world::program::system_tool;

const FILES_MAX: usize = 64;
const TEXTS: usize = 400;
/// How often the files run out.
const ROUNDS: usize = 3;

/// Files that a process has open.
fn open_files(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

/// One request over a kept connection: the status.
fn ask(kept: &mut TcpStream) -> u16 {
    let request = "GET /v1/messages?limit=1 HTTP/1.1\r\nhost: 127.0.0.1\r\n\
                   authorization: Bearer operator-token-of-tests\r\n\r\n";
    kept.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = kept.read(&mut buffer).unwrap();
        assert!(count > 0, "the kept connection was closed: {}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length: usize =
                length.split_once("content-length: ").unwrap().1.lines().next().unwrap().trim().parse().unwrap();
            if body.len() >= length {
                return head.split(' ').nth(1).unwrap().parse().unwrap();
            }
        }
    }
}

#[test]
fn without_further_files_it_refuses_and_recovers() {
    let place = Place::new("files");
    let (network, http) = (Network::start(), free_port());
    let application = Application::start(|asked| format!("re {}", asked.field("body")));
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let mut command = system_tool("prlimit");
    command.arg(format!("--nofile={FILES_MAX}:{FILES_MAX}"));
    command.arg(env!("CARGO_BIN_EXE_hookswitch")).arg("serve").arg("--config").arg(&config);
    let mut gateway = Gateway::of(command, &config.with_extension("log"), http);
    wait_for("the gateway to be ready", || get(http, "/health/ready").is_some_and(|(status, _)| status == 200));
    let before = open_files(gateway.pid());
    let mut kept = TcpStream::connect(("127.0.0.1", http)).unwrap();
    kept.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    assert_eq!(ask(&mut kept), 200);
    let mut most = 0;
    for round in 1..=ROUNDS {
        let idle: Vec<TcpStream> =
            (0..FILES_MAX * 2).map(|_| TcpStream::connect(("127.0.0.1", http)).unwrap()).collect();
        wait_for("all files to be in use", || open_files(gateway.pid()) >= FILES_MAX);
        // Texts come over the link there is; their callbacks find no socket, or the one another left.
        (TEXTS * (round - 1)..TEXTS * round).map(ledger::text).for_each(|text| network.send(text));
        let accepted = network.seen().acknowledged.len();
        wait_for("texts to be taken without further files", || network.seen().acknowledged.len() >= accepted + 100);
        let status = ask(&mut kept);
        assert!(status == 200 || status == 503, "HTTP {status}");
        most = most.max(open_files(gateway.pid()));
        assert!(gateway.is_running(), "it ended");
        drop(idle);
        wait_for("the API to answer again", || get(http, "/health/ready").is_some_and(|(status, _)| status == 200));
        finish(&network, http);
        kept = TcpStream::connect(("127.0.0.1", http)).unwrap();
        kept.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    }
    // What was refused for want of a socket was tried again; nothing was done twice.
    check("without further files", &application, &network, http, TEXTS * ROUNDS, 0);
    drop(kept);
    let words = fs::read_to_string(config.with_extension("log")).unwrap();
    eprintln!("{before} files before, at most {most} of {FILES_MAX}, {} lines of log", words.lines().count());
    assert!(!words.contains("panicked"), "{words}");
    assert!(words.contains("no connection could be accepted"), "files were not what it lacked:\n{words}");
    assert!(gateway.terminate().success());
}
