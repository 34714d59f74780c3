//! An SMSC made by hand on a blocking socket, for what a well-behaved one never does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use smpp::pdu::{BindResponse, Command, Frame, Header, frame, write_empty};
use smpp::{BindMode, Latin1, ShortMessage, Status};

use super::PATIENCE;

/// The port it will listen on.
pub(crate) fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// One connection.
pub(crate) struct Peer {
    stream: TcpStream,
    inbox: Vec<u8>,
}

impl Peer {
    pub(crate) fn accept(listener: &TcpListener) -> Peer {
        Peer::over(listener.accept().unwrap().0)
    }

    /// Either side of a connection.
    pub(crate) fn over(stream: TcpStream) -> Peer {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Peer { stream, inbox: Vec::new() }
    }

    /// The socket, to go on by hand.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Accepts a connection and the bind on it.
    pub(crate) fn bound(listener: &TcpListener) -> Peer {
        let mut peer = Peer::accept(listener);
        let (header, _) = peer.read().expect("a bind request");
        let mode = BindMode::of(header.command).expect("a bind request");
        let mut out = Vec::new();
        let response = BindResponse { system_id: Latin1::from(b"raw"), sc_interface_version: None };
        response.encode(mode, Status::ROK, header.sequence, &mut out).unwrap();
        peer.write(&out);
        peer
    }

    /// The next PDU; nothing at the end of the stream.
    pub(crate) fn read(&mut self) -> Option<(Header, Vec<u8>)> {
        loop {
            if let Frame::Pdu { header, body, bytes } = frame(&self.inbox, 1 << 16) {
                let found = (header, body.to_vec());
                self.inbox.drain(..bytes);
                return Some(found);
            }
            let mut octets = [0; 4096];
            match self.stream.read(&mut octets) {
                Ok(0) => return None,
                Ok(bytes) => self.inbox.extend_from_slice(&octets[..bytes]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(crate) fn write(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).unwrap();
    }

    /// Writes as much as the other side reads; false when the kernel's buffers are full.
    pub(crate) fn write_within(&mut self, octets: &[u8], wait: std::time::Duration) -> bool {
        self.stream.set_write_timeout(Some(wait)).unwrap();
        self.stream.write_all(octets).is_ok()
    }

    pub(crate) fn say(&mut self, command: Command, status: Status, sequence: u32) {
        let mut out = Vec::new();
        write_empty(&mut out, command, status, sequence);
        self.write(&out);
    }
}

/// A `deliver_sm` in octets.
pub(crate) fn deliver_octets(sequence: u32, text: &[u8]) -> Vec<u8> {
    let message = ShortMessage {
        source: smpp::Address { ton: 1, npi: 1, address: Latin1::from(b"41791234567") },
        destination: smpp::Address { ton: 0, npi: 1, address: Latin1::from(b"8282") },
        short_message: text.to_vec(),
        ..ShortMessage::default()
    };
    let mut out = Vec::new();
    message.encode(Command::DELIVER_SM, sequence, 1 << 16, &mut out).unwrap();
    out
}
