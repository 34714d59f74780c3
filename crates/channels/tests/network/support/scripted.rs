//! An SMSC whose answer to each submit is a function of the test's, and which writes down what it was asked.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use smpp::{Bind, BindEvent, Latin1, Limits, SmscOptions, Status, Submit};

/// A submit and what was said to it.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) phone: String,
    pub(crate) text: String,
    pub(crate) status: Status,
    pub(crate) at: Instant,
}

pub(crate) struct Scripted {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Scripted {
    /// Serves one connection after the other, on a thread that ends with the process.
    pub(crate) fn start(mut answer: impl FnMut(&Submit) -> Status + Send + 'static) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::<Mutex<Vec<Seen>>>::default();
        let noted = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A connection that breaks is the gateway's right.
                let _ = serve(stream.unwrap(), &mut answer, &noted);
            }
        });
        Scripted { port, seen }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, is_it: fn(&Seen) -> bool) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| is_it(seen)).count()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &mut impl FnMut(&Submit) -> Status,
    noted: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let limits = Limits { enquire_interval_ms: 0, ..Limits::default() };
    let mut bind = Bind::smsc(SmscOptions { system_id: Latin1::from(b"script"), limits }, 0).unwrap();
    let mut octets = vec![0; 64 * 1024];
    let mut out = Vec::new();
    while !bind.is_closed() {
        let bytes = stream.read(&mut octets)?;
        if bytes == 0 {
            return Ok(());
        }
        bind.receive(&octets[..bytes], 0);
        while let Some(event) = bind.poll_event() {
            match event {
                BindEvent::BindAsked(_) => bind.accept_bind(0).unwrap(),
                BindEvent::SubmitAsked { handle, submit } => {
                    let status = answer(&submit);
                    let mut noted = noted.lock().unwrap();
                    let id = Latin1::from_bytes(format!("{:X}", noted.len()).as_bytes());
                    noted.push(Seen {
                        phone: submit.destination.address.to_text(),
                        text: domain::text::coding::decode(submit.octets(), domain::text::coding::Alphabet::GSM7).text,
                        status,
                        at: Instant::now(),
                    });
                    bind.respond_submit(handle, status, &id, 0).unwrap();
                }
                _ => {}
            }
        }
        out.clear();
        bind.take_output(&mut out);
        stream.write_all(&out)?;
    }
    Ok(())
}
