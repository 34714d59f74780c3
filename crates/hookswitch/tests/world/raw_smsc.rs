//! An SMSC made by hand, octet by octet (SMPP 3.4 §3.2, §4), so that it can say what no good one says.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use super::process::{PATIENCE, wait_for};

const GENERIC_NACK: u32 = 0x8000_0000;
const SUBMIT_SM: u32 = 0x0000_0004;
const DELIVER_SM: u32 = 0x0000_0005;
const BIND_TRANSCEIVER: u32 = 0x0000_0009;
const ENQUIRE_LINK: u32 = 0x0000_0015;
const RESPONSE: u32 = 0x8000_0000;

/// A PDU with a header that tells the truth.
pub fn pdu(id: u32, status: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap();
    [&length.to_be_bytes(), &id.to_be_bytes(), &status.to_be_bytes(), &sequence.to_be_bytes(), body].concat()
}

/// What a `deliver_sm` says beside the service address, which is 8282.
#[derive(Clone, Copy, Default)]
pub struct Mo<'a> {
    pub phone: &'a str,
    pub esm_class: u8,
    pub data_coding: u8,
    pub octets: &'a [u8],
    /// Optional parameters as they stand on the wire.
    pub tlvs: &'a [u8],
}

impl Mo<'_> {
    /// The body of the PDU.
    pub fn body(&self) -> Vec<u8> {
        let length = u8::try_from(self.octets.len()).unwrap();
        let mut body = vec![0, 1, 1];
        body.extend_from_slice(self.phone.as_bytes());
        body.extend_from_slice(b"\0\0\x018282\0");
        body.extend_from_slice(&[self.esm_class, 0, 0, 0, 0, 0, 0, self.data_coding, 0, length]);
        body.extend_from_slice(self.octets);
        body.extend_from_slice(self.tlvs);
        body
    }
}

/// A port that a gateway connects to.
pub struct RawSmsc {
    listener: TcpListener,
    pub port: u16,
}

impl RawSmsc {
    pub fn start() -> RawSmsc {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        RawSmsc { listener, port }
    }

    /// Waits for the next connection and accepts its bind.
    pub fn bound(&self) -> Link {
        let mut accepted = None;
        wait_for("the gateway to connect", || {
            accepted = self.listener.accept().ok();
            accepted.is_some()
        });
        let (socket, _) = accepted.unwrap();
        socket.set_nonblocking(false).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut link = Link { socket, sequence: 0 };
        let (id, _, sequence) = link.read().expect("a bind request");
        assert_eq!(id, BIND_TRANSCEIVER);
        link.write(&pdu(id | RESPONSE, 0, sequence, b"raw\0"));
        link
    }
}

/// A bound connection.
pub struct Link {
    socket: TcpStream,
    sequence: u32,
}

impl Link {
    /// Writes octets; that the gateway has hung up is seen when reading.
    pub fn write(&mut self, octets: &[u8]) {
        let _gone = self.socket.write_all(octets);
    }

    /// Delivers a message and gives the status of the answer, whatever kind of answer it is.
    pub fn deliver(&mut self, mo: &Mo<'_>) -> Option<u32> {
        self.ask(DELIVER_SM, &mo.body())
    }

    /// Sends a request and waits for its answer: the status. None when the connection ends instead.
    pub fn ask(&mut self, id: u32, body: &[u8]) -> Option<u32> {
        self.sequence += 1;
        let asked = self.sequence;
        self.write(&pdu(id, 0, asked, body));
        loop {
            let (answer, status, sequence) = self.next()?;
            if sequence == asked && (answer == id | RESPONSE || answer == GENERIC_NACK) {
                return Some(status);
            }
        }
    }

    /// Reads until the gateway hangs up; fails when it does not.
    pub fn must_end(mut self) {
        self.socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        while self.next().is_some() {}
        let ended = self.socket.read(&mut [0; 1]);
        let gone =
            matches!(&ended, Ok(0)) || ended.as_ref().is_err_and(|e| e.kind() == std::io::ErrorKind::ConnectionReset);
        assert!(gone, "the gateway went on with a broken connection: {ended:?}");
    }

    /// The next PDU that is no request of the gateway; those are answered.
    fn next(&mut self) -> Option<(u32, u32, u32)> {
        loop {
            let (id, status, sequence) = self.read()?;
            match id {
                ENQUIRE_LINK => self.write(&pdu(id | RESPONSE, 0, sequence, b"")),
                SUBMIT_SM => self.write(&pdu(id | RESPONSE, 0, sequence, format!("{sequence:X}\0").as_bytes())),
                _ => return Some((id, status, sequence)),
            }
        }
    }

    fn read(&mut self) -> Option<(u32, u32, u32)> {
        let mut head = [0; 16];
        self.socket.read_exact(&mut head).ok()?;
        let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
        let mut body = vec![0; number(0) as usize - head.len()];
        self.socket.read_exact(&mut body).ok()?;
        Some((number(4), number(8), number(12)))
    }
}
