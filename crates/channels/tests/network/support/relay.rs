//! A relay between a gateway and an operator that vanishes on demand, as a router does that lost its power: nothing
//! passes any more, and nobody is told.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// How it treats what it is to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passes {
    All = 0,
    /// What comes is read and thrown away, both ways. Stays so on every connection that was hit.
    Nothing = 1,
    /// As `Nothing`, but it does not even read: the kernel's buffers fill up.
    NotEvenReads = 2,
    /// What the gateway says is thrown away, what it is told still comes through.
    Deaf = 3,
}

pub(crate) struct Relay {
    pub(crate) port: u16,
    passes: Arc<AtomicU8>,
}

impl Relay {
    pub(crate) fn start(operator: u16, passes: Passes) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let passes = Arc::new(AtomicU8::new(passes as u8));
        let mode = passes.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let gateway = stream.unwrap();
                let Ok(operator) = TcpStream::connect(("127.0.0.1", operator)) else { continue };
                gateway.set_nodelay(true).unwrap();
                operator.set_nodelay(true).unwrap();
                let ways =
                    [(gateway.try_clone().unwrap(), operator.try_clone().unwrap(), true), (operator, gateway, false)];
                let hit = Arc::new(AtomicU8::new(0));
                for (from, to, is_gateway) in ways {
                    let (mode, hit) = (mode.clone(), hit.clone());
                    std::thread::spawn(move || carry(from, to, is_gateway, &mode, &hit));
                }
            }
        });
        Relay { port, passes }
    }

    /// For the connections that are, as soon as they carry something, and those to come.
    pub(crate) fn set(&self, passes: Passes) {
        self.passes.store(passes as u8, Ordering::SeqCst);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, is_gateway: bool, mode: &AtomicU8, hit: &AtomicU8) {
    let mut octets = [0; 4096];
    loop {
        let bytes = from.read(&mut octets).unwrap_or(0);
        let passes = match hit.load(Ordering::SeqCst) {
            0 => mode.load(Ordering::SeqCst),
            earlier => earlier,
        };
        hit.store(passes, Ordering::SeqCst);
        match passes {
            0 if bytes == 0 => {
                let _gone = to.shutdown(Shutdown::Both);
                return;
            }
            0 => {}
            _ if bytes == 0 => return, // The other side is not told.
            2 => loop {
                std::thread::park();
            },
            3 if !is_gateway => {}
            _ => continue,
        }
        if to.write_all(&octets[..bytes]).is_err() {
            return;
        }
    }
}
