//! A gateway with conversations, on a real socket, and clients that write what they like.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use api::serve::{Limits, serve};
use domain::directory::{Application, Contract, Directory, Ussd, Vumi};
use domain::message::Direction;
use domain::secret::Secret;
use engine::inlet::NotTaken;
use engine::page::MessageRow;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::world::{World, account, address, application, channel, mt, route};

/// Longest wait for anything that is expected.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);
/// `acc` and its token `my:token`, as Basic credentials.
pub(crate) const BASIC: &str = "Basic YWNjOm15OnRva2Vu";
/// Where `conv` is put messages.
pub(crate) const MESSAGES: &str = "/api/v1/go/http_api_nostream/conv/messages.json";

fn conversation(id: &str, account: &str, tokens: &[&str]) -> Application {
    let vumi = Vumi {
        tokens: tokens.iter().map(|token| Secret::new(*token)).collect(),
        push_message_url: None,
        push_event_url: None,
        ignore_messages: false,
        ignore_events: false,
        content_length_limit: Some(200),
        metric_store: "default".into(),
    };
    let url = Arc::from("");
    Application {
        contract: Contract::Vumi,
        url,
        api_key: Secret::new(""),
        vumi: Some(Arc::new(vumi)),
        ..application(id, account)
    }
}

/// `acc` has `conv` on 9292 and `menu` on `*120#`, `other` has `theirs`; `weather` of `acc` speaks another contract.
fn directory() -> Directory {
    let mut ussd = channel("ussd", &["*120#"]);
    ussd.ussd = Some(Ussd { reply_ms: 20_000, sorry: "Sorry".into() });
    Directory::new(
        vec![account("acc", Some(3)), account("other", Some(3))],
        vec![
            conversation("conv", "acc", &["old-token", "my:token"]),
            conversation("menu", "acc", &["my:token"]),
            conversation("closed", "acc", &[""]),
            conversation("theirs", "other", &["their-token"]),
            application("weather", "acc"),
        ],
        vec![channel("sphex", &["9292"]), ussd],
        vec![route("conv", "9292", None), route("menu", "*120#", None)],
    )
}

/// A running gateway; it ends with the test.
pub(crate) struct Gateway {
    pub(crate) world: World,
    pub(crate) at: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    pub(crate) served: tokio::task::JoinHandle<api::serve::Served>,
}

impl Gateway {
    pub(crate) async fn start() -> Gateway {
        Gateway::refusing(None).await
    }

    pub(crate) async fn refusing(reason: Option<NotTaken>) -> Gateway {
        Gateway::with(reason, Limits::default()).await
    }

    pub(crate) async fn with(reason: Option<NotTaken>, limits: Limits) -> Gateway {
        let world = World::with(directory(), reason);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (stop, stopping) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(listener, world.router.clone(), limits, async move {
            let _gone = stopping.await;
        }));
        Gateway { world, at, stop: Some(stop), served }
    }

    /// As the process does it.
    pub(crate) fn stop(&mut self) {
        self.world.ready.set_draining();
        let _gone = self.stop.take().unwrap().send(());
    }

    /// An MO that was given to a conversation.
    pub(crate) fn received(&self, counter: u16, conversation: &str, on: (&str, &str)) -> MessageRow {
        let mut row = mt(counter, if conversation == "theirs" { "other" } else { "acc" }, conversation);
        (row.message.direction, row.message.channel) = (Direction::Mo, on.0.into());
        (row.message.from, row.message.to) = (address("+41791234567"), address(on.1));
        self.world.stored.add(row.clone());
        row
    }

    /// Asks with good credentials, and headers as written.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let headers = format!("authorization: {BASIC}\r\n{headers}");
        self.ask_raw(method, path, &headers, body).await
    }

    /// Asks on a connection of its own.
    pub(crate) async fn ask_raw(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let octets = request(method, path, headers, body);
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        // What is refused before it was all sent is answered, and the connection ends: the rest finds nobody.
        let _all_or_refused = stream.write_all(octets.as_bytes()).await;
        let mut answer = Vec::new();
        let _end = timeout(DEADLINE, stream.read_to_end(&mut answer)).await.expect("answered in time");
        Answer::of(&String::from_utf8(answer).unwrap())
    }

    pub(crate) async fn put(&self, body: &str) -> Answer {
        self.ask("PUT", MESSAGES, "", body).await
    }
}

pub(crate) fn request(method: &str, path: &str, headers: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A response as it came.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Status and reason phrase.
    pub(crate) status: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn of(octets: &str) -> Answer {
        let (head, body) = octets.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {octets:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().strip_prefix("HTTP/1.1 ").unwrap().to_owned();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Answer { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// Checks a `{"success":false,"reason":…}`.
    #[track_caller]
    pub(crate) fn is_no(&self, status: &str, reason: &str) {
        let json: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"));
        assert_eq!((self.status.as_str(), json["reason"].as_str().unwrap()), (status, reason));
        assert_eq!(json, serde_json::json!({"success": false, "reason": reason}));
        assert_eq!(self.header("content-type"), "application/json; charset=utf-8");
    }
}
