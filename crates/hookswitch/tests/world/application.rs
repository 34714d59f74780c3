//! An application that answers every MO with a reply, and remembers what it was asked and when.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request it got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The callback's id, from its header.
    pub callback: String,
    /// The form, decoded.
    pub fields: Vec<(String, String)>,
    /// The body as it came.
    pub body: String,
}

impl Asked {
    pub fn field(&self, name: &str) -> &str {
        self.fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// Answers a request on its connection; `None` ends the connection.
type Answer = dyn Fn(&Asked, &mut dyn Write) -> Option<()> + Send + Sync;

/// A running application; it ends with the process.
#[derive(Clone)]
pub struct Application {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Application {
    /// One that answers with a body of plain text.
    pub fn start(answer: impl Fn(&Asked) -> String + Send + Sync + 'static) -> Application {
        Application::start_raw(move |asked, out| {
            let text = answer(asked);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\r\n", text.len());
            out.write_all((head + &text).as_bytes()).ok()
        })
    }

    /// One that writes its answers, octet for octet. What it was asked is remembered before it answers.
    pub fn start_raw(answer: impl Fn(&Asked, &mut dyn Write) -> Option<()> + Send + Sync + 'static) -> Application {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let application = Application { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let answer: Arc<Answer> = Arc::new(answer);
        let asked = application.asked.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let (asked, answer) = (asked.clone(), answer.clone());
                std::thread::spawn(move || serve(&socket, &asked, &*answer));
            }
        });
        application
    }

    /// Everything it was asked, in the order in which it came.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Forms of one type.
    pub fn asked_of(&self, kind: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.field("type") == kind).collect()
    }

    /// MOs it was asked about.
    pub fn texts(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|a| a.field("type") == "incoming_message").map(|a| a.field("body").to_owned()).collect()
    }
}

/// One keep-alive connection; ends with it.
fn serve(socket: &TcpStream, asked: &Mutex<Vec<Asked>>, answer: &Answer) -> Option<()> {
    socket.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(socket);
    let mut writer = socket;
    loop {
        let (mut length, mut callback) = (0, String::new());
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let line = line.trim();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':')?;
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().ok()?,
                "idempotency-key" => callback = value.trim().to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let fields = form_urlencoded::parse(&body).into_owned().collect();
        let request = Asked { callback, fields, body: String::from_utf8_lossy(&body).into_owned() };
        asked.lock().unwrap().push(request.clone());
        answer(&request, &mut writer)?;
    }
}
