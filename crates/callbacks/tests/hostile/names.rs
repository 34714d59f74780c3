//! Names: one look-up for each connection, every address judged, connections to judged addresses only. The name server
//! is the test's own, in a network namespace of its own, where the system's resolver asks nobody else.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, TcpListener as StdTcpListener, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use callbacks::guard::Guard;
use domain::callback::{AttemptFailure, AttemptOutcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::gateway::{Gateway, assert_failed};

/// Set where the test runs inside of its namespace.
const INSIDE: &str = "HOOKSWITCH_TEST_NAMESPACE";
/// How often each name is called.
const TIMES: usize = 20;
/// How often a name that changes its address is called.
const FLIPS: usize = 200;

#[test]
fn names_lead_to_judged_addresses_or_nowhere() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let folder = std::env::temp_dir().join(format!("hookswitch-names-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (servers, order) = (folder.join("resolv.conf"), folder.join("nsswitch.conf"));
    std::fs::write(&servers, "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
    std::fs::write(&order, "hosts: dns\n").unwrap();
    let script = r#"PATH="$PATH:/usr/sbin:/sbin"
        ip link set lo up && mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /etc/nsswitch.conf || exit 99
        exec "$3" --exact names::names_lead_to_judged_addresses_or_nowhere --nocapture"#;
    let mut command = Command::new("unshare");
    command.args(["--mount", "--net", "--map-root-user", "--propagation=private", "sh", "-c", script, "sh"]);
    command.arg(&servers).arg(&order).arg(std::env::current_exe().unwrap()).env(INSIDE, "1");
    let ran = command.output().unwrap_or_else(|error| panic!("`unshare` of util-linux is needed: {error}"));
    let _removed = std::fs::remove_dir_all(&folder);
    let said = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(
        ran.status.success() && said.contains("1 passed"),
        "this test has a name server in a namespace of its own (`unshare --net --mount`, `ip`): run it as root, or allow \
         user namespaces, and install iproute2.\n{said}"
    );
    eprint!(
        "{}",
        said.lines().filter(|line| line.contains("names")).map(|line| format!("{line}\n")).collect::<String>()
    );
}

/// What the name server says.
#[derive(Clone, Debug)]
enum Zone {
    Addresses(Vec<IpAddr>),
    /// First another name, then its addresses.
    Alias(&'static str, Vec<IpAddr>),
    /// One address after the other, each for one look-up.
    Turns(Vec<IpAddr>),
    Code(u8),
    Garbage,
    Silence,
}

const NAME_ERROR: u8 = 3;
const SERVER_FAILURE: u8 = 2;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn addresses(texts: &[&str]) -> Zone {
    Zone::Addresses(texts.iter().copied().map(ip).collect())
}

fn many(count: u16) -> Zone {
    Zone::Addresses((0..count).map(|n| Ipv4Addr::new(127, 1, (n >> 8) as u8, n as u8).into()).collect())
}

/// Asked for A records, by name.
type Asked = Arc<Mutex<BTreeMap<String, usize>>>;

const A: u16 = 1;
const AAAA: u16 = 28;
const CNAME: u16 = 5;

/// The answer to a question; none to stay silent (RFC 1035 §4.1).
fn reply(question: &[u8], zones: &BTreeMap<&'static str, Zone>, asked: &Asked, over_tcp: bool) -> Option<Vec<u8>> {
    let (name, end) = name_of(&question[12..]);
    let end = 12 + end;
    let kind = u16::from_be_bytes([question[end], question[end + 1]]);
    let turn = match asked.lock().unwrap().entry(name.clone()).or_default() {
        count if kind == A => {
            *count += 1;
            *count - 1
        }
        count => *count,
    };
    let (code, alias, addresses) = match zones.get(&*name) {
        Some(Zone::Addresses(all)) => (0, None, all.clone()),
        Some(Zone::Alias(other, all)) => (0, Some(*other), all.clone()),
        Some(Zone::Turns(all)) => (0, None, vec![all[turn % all.len()]]),
        Some(Zone::Code(code)) => (*code, None, vec![]),
        Some(Zone::Garbage) => {
            return Some((0..64).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect());
        }
        Some(Zone::Silence) => return None,
        None => (NAME_ERROR, None, vec![]),
    };
    let mut records: Vec<(Vec<u8>, u16, Vec<u8>)> = Vec::new();
    let mut owner = vec![0xc0, 12];
    if let Some(alias) = alias {
        let labels: Vec<u8> =
            alias.split('.').flat_map(|l| [&[l.len() as u8], l.as_bytes()].concat()).chain([0]).collect();
        records.push((owner, CNAME, labels.clone()));
        owner = labels;
    }
    for address in addresses {
        match address {
            IpAddr::V4(v4) if kind == A => records.push((owner.clone(), A, v4.octets().to_vec())),
            IpAddr::V6(v6) if kind == AAAA => records.push((owner.clone(), AAAA, v6.octets().to_vec())),
            _ => {}
        }
    }
    let body: Vec<u8> = records
        .iter()
        .flat_map(|(owner, kind, data)| {
            let fixed = [&kind.to_be_bytes()[..], &[0, 1, 0, 0, 0, 0], &(data.len() as u16).to_be_bytes()].concat();
            [&owner[..], &fixed, data].concat()
        })
        .collect();
    let is_cut = !over_tcp && body.len() > 400;
    let count = if is_cut { 0 } else { records.len() as u16 };
    let flags = [0x81 | if is_cut { 2 } else { 0 }, 0x80 | code];
    let head = [&question[..2], &flags, &[0, 1], &count.to_be_bytes(), &[0, 0, 0, 0]].concat();
    Some([&head[..], &question[12..end + 4], if is_cut { &[] } else { &body }].concat())
}

/// The name of a question in lower case, and where it ends.
fn name_of(bytes: &[u8]) -> (String, usize) {
    let (mut labels, mut at) = (Vec::new(), 0);
    while bytes[at] != 0 {
        let length = usize::from(bytes[at]);
        labels.push(String::from_utf8_lossy(&bytes[at + 1..=at + length]).to_ascii_lowercase());
        at += 1 + length;
    }
    (labels.join("."), at + 1)
}

fn serve_names(zones: BTreeMap<&'static str, Zone>) -> Asked {
    use std::io::{Read, Write};
    let asked = Asked::default();
    let udp = UdpSocket::bind("127.0.0.1:53").unwrap();
    let tcp = StdTcpListener::bind("127.0.0.1:53").unwrap();
    let (zones, count) = (Arc::new(zones), asked.clone());
    let (zones_of_tcp, count_of_tcp) = (zones.clone(), asked.clone());
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, peer)) = udp.recv_from(&mut buffer) {
            if let Some(bytes) = reply(&buffer[..length], &zones, &count, false) {
                udp.send_to(&bytes, peer).unwrap();
            }
        }
    });
    std::thread::spawn(move || {
        for stream in tcp.incoming() {
            let (mut stream, zones, count) = (stream.unwrap(), zones_of_tcp.clone(), count_of_tcp.clone());
            std::thread::spawn(move || {
                let mut length = [0; 2];
                while stream.read_exact(&mut length).is_ok() {
                    let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                    stream.read_exact(&mut question).unwrap();
                    let Some(bytes) = reply(&question, &zones, &count, true) else { return };
                    let framed = [&(bytes.len() as u16).to_be_bytes()[..], &bytes].concat();
                    if stream.write_all(&framed).is_err() {
                        return;
                    }
                }
            });
        }
    });
    asked
}

/// A server that says where it listens, and counts connections.
async fn serve_http(at: &'static str, port: u16) -> (u16, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind((ip(at), port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(Mutex::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            *count.lock().unwrap() += 1;
            tokio::spawn(async move {
                let mut chunk = [0; 4096];
                if matches!(stream.read(&mut chunk).await, Ok(1..)) {
                    let host = String::from_utf8_lossy(&chunk)
                        .lines()
                        .find_map(|l| Some(l.strip_prefix("host: ")?.to_owned()));
                    let answer = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{at} as {}", host.unwrap());
                    let _gone = stream.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    (port, connections)
}

const ALLOWED: [&str; 2] = ["127.0.0.1/32", "::1/128"];

struct World {
    gateway: Gateway,
    asked: Asked,
    port: u16,
}

impl World {
    /// One attempt; what the one before has learnt of the name is forgotten.
    async fn call(&self, name: &str, budget_ms: u64) -> AttemptOutcome {
        self.gateway.client.replace_guard(Guard::from_entries(ALLOWED).unwrap());
        self.gateway.attempt_within(&format!("http://{name}:{}/x", self.port), budget_ms).await
    }

    fn asked(&self, name: &str) -> usize {
        self.asked.lock().unwrap().get(name).copied().unwrap_or(0)
    }
}

fn zones() -> BTreeMap<&'static str, Zone> {
    BTreeMap::from([
        ("plain.test", addresses(&["127.0.0.1"])),
        ("six.test", addresses(&["::1"])),
        ("both.test", addresses(&["127.0.0.1", "::1"])),
        ("alias.test", Zone::Alias("inner.test", vec![ip("127.0.0.1")])),
        ("name-error.test", Zone::Code(NAME_ERROR)),
        ("failing.test", Zone::Code(SERVER_FAILURE)),
        ("refusing.test", Zone::Code(5)),
        ("empty.test", addresses(&[])),
        ("alias-to-nothing.test", Zone::Alias("nothing.test", vec![])),
        ("alias-to-itself.test", Zone::Alias("alias-to-itself.test", vec![])),
        ("private.test", addresses(&["10.0.0.1"])),
        ("other-loopback.test", addresses(&["127.0.0.9"])),
        ("metadata.test", addresses(&["169.254.169.254"])),
        ("any.test", addresses(&["0.0.0.0"])),
        ("private-six.test", addresses(&["fd00::1"])),
        ("mapped.test", addresses(&["::ffff:127.0.0.1"])),
        ("nat64.test", addresses(&["64:ff9b::7f00:1"])),
        ("good-then-bad.test", addresses(&["127.0.0.1", "10.0.0.1"])),
        ("bad-then-good.test", addresses(&["10.0.0.1", "127.0.0.1"])),
        ("good-and-bad-six.test", addresses(&["127.0.0.1", "fc00::1"])),
        ("bad-and-good-six.test", addresses(&["127.0.0.9", "::1"])),
        ("alias-to-private.test", Zone::Alias("inner.test", vec![ip("192.168.0.1")])),
        ("alias-to-metadata.test", Zone::Alias("metadata.internal", vec![ip("169.254.169.254")])),
        ("hundred.test", many(100)),
        ("thousand.test", many(1000)),
        ("flip.test", Zone::Turns(vec![ip("127.0.0.1"), ip("127.0.0.9")])),
        ("garbage.test", Zone::Garbage),
        ("silent.test", Zone::Silence),
    ])
}

fn inside() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let asked = serve_names(zones());
    runtime.block_on(async {
        let (port, good) = serve_http("127.0.0.1", 0).await;
        let (_, six) = serve_http("::1", port).await;
        let (_, bad) = serve_http("127.0.0.9", port).await;
        let world = World { gateway: Gateway::with(Handle::current(), &ALLOWED, None), asked, port };
        told_apart(&world).await;
        looked_up_once(&world).await;
        flipping(&world, &good).await;
        slow(&world).await;
        assert!(*six.lock().unwrap() >= TIMES);
        assert_eq!(*bad.lock().unwrap(), 0, "connections to an address that is not allowed");
    });
}

async fn told_apart(world: &World) {
    let mut names = 0;
    for (name, zone) in zones() {
        let must_be = match name {
            "flip.test" | "garbage.test" | "silent.test" => continue,
            "plain.test" | "six.test" | "both.test" | "alias.test" => None,
            "name-error.test" | "failing.test" | "refusing.test" => Some(AttemptFailure::Unresolved),
            "empty.test" | "alias-to-nothing.test" | "alias-to-itself.test" => Some(AttemptFailure::Unresolved),
            _ => Some(AttemptFailure::Forbidden),
        };
        for _ in 0..TIMES {
            let outcome = world.call(name, 5_000).await;
            match must_be {
                Some(failure) => assert_failed(&outcome, failure, None),
                None => assert!(outcome.record.body.ends_with(&format!("as {name}:{}", world.port)), "{outcome:?}"),
            }
            if let (Some(AttemptFailure::Forbidden), Zone::Addresses(all)) = (must_be, &zone) {
                let detail = &outcome.record.detail;
                let says_which = all.iter().any(|a| detail.contains(&a.to_string())) || detail.contains("more than 64");
                assert!(detail.contains(name) && says_which, "{detail}");
            }
        }
        names += 1;
    }
    eprintln!("names: {names} of them, each called {TIMES} times");
}

/// What was learnt serves for a while: a busy application does not ask for its name all the time.
async fn looked_up_once(world: &World) {
    let before = world.asked("plain.test");
    let started = Instant::now();
    let url = format!("http://plain.test:{}/x", world.port);
    world.gateway.client.replace_guard(Guard::from_entries(ALLOWED).unwrap());
    for _ in 0..TIMES {
        assert_eq!(world.gateway.attempt(&url).await.record.failure, None);
    }
    assert!(started.elapsed() > Duration::from_secs(5) || world.asked("plain.test") == before + 1);
}

/// An address that changes with every look-up is judged and called as what it was in that one look-up.
async fn flipping(world: &World, good: &Mutex<usize>) {
    let before = *good.lock().unwrap();
    let (mut reached, mut forbidden) = (0, 0);
    for _ in 0..FLIPS {
        let outcome = world.call("flip.test", 5_000).await;
        match outcome.record.failure {
            None => reached += 1,
            Some(AttemptFailure::Forbidden) => forbidden += 1,
            _ => panic!("{outcome:?}"),
        }
    }
    assert_eq!((reached, forbidden), (FLIPS / 2, FLIPS / 2));
    assert_eq!(*good.lock().unwrap() - before, reached);
    assert_eq!(world.asked("flip.test"), FLIPS, "each attempt has looked once");
    eprintln!("names: {FLIPS} attempts at a name that flips, {reached} reached its good address, {forbidden} refused");
}

/// A name server that says nothing, or nonsense, costs the attempt its time and nobody else's.
async fn slow(world: &World) {
    for name in ["silent.test", "garbage.test"] {
        let started = Instant::now();
        assert_failed(&world.call(name, 300).await, AttemptFailure::TimedOut, None);
        assert!(started.elapsed() < Duration::from_secs(2));
        // Others are resolved while that look-up still waits.
        assert_eq!(world.call("plain.test", 2_000).await.record.failure, None);
        let patient = world.call(name, 10_000).await;
        assert!(
            matches!(patient.record.failure, Some(AttemptFailure::Unresolved | AttemptFailure::TimedOut)),
            "{patient:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(12));
    }
}
