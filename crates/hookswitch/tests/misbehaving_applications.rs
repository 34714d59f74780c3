//! Applications that are dead, come back all at once, or answer without end, beside those that do as they should, with
//! the real binary: each costs only itself.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use world::application::Application;
use world::network::{Network, Text};
use world::process::{Gateway, Place, free_port, get_json, settings, wait_for};

/// What an application does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// Answers after so many milliseconds.
    Answers(u64),
    /// Fails at once.
    Fails,
    /// Takes the request and never answers.
    Hangs,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Arrival {
    phone: String,
    text: String,
    at: Instant,
    done: Does,
}

#[derive(Default)]
struct Book {
    arrivals: Vec<Arrival>,
    in_flight: usize,
    in_flight_max: usize,
}

type Behaviour = dyn Fn(&str, &str) -> Does + Send + Sync;

/// Many applications at one address, each under a path of its own.
#[derive(Clone)]
struct Crowd {
    address: SocketAddr,
    books: Arc<Mutex<BTreeMap<String, Book>>>,
    does: Arc<Behaviour>,
}

impl Crowd {
    /// `does` is asked with the application and the text.
    fn start(does: impl Fn(&str, &str) -> Does + Send + Sync + 'static) -> Crowd {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let crowd = Crowd { address, books: Arc::default(), does: Arc::new(does) };
        let state = crowd.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let router = Router::new().route("/{application}", post(asked)).with_state(state);
                axum::serve(listener, router).await.unwrap();
            });
        });
        crowd
    }

    /// What arrived at an application, by phone, of those requests that it did so with.
    fn texts(&self, application: &str, done: impl Fn(Does) -> bool) -> BTreeMap<String, Vec<String>> {
        let books = self.books.lock().unwrap();
        let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for arrival in books.get(application).map_or(&[][..], |book| &book.arrivals).iter().filter(|a| done(a.done)) {
            texts.entry(arrival.phone.clone()).or_default().push(arrival.text.clone());
        }
        texts
    }

    fn answered(&self, application: &str) -> usize {
        self.texts(application, is_answer).values().map(Vec::len).sum()
    }
}

fn is_answer(done: Does) -> bool {
    matches!(done, Does::Answers(_))
}

/// A request under way; it ends when the answer is given, or when the gateway has given up.
struct UnderWay(Crowd, String);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.books.lock().unwrap().get_mut(&self.1).unwrap().in_flight -= 1;
    }
}

async fn asked(State(crowd): State<Crowd>, Path(application): Path<String>, body: Bytes) -> StatusCode {
    let field = |name: &str| form_urlencoded::parse(&body).find(|(key, _)| key == name).unwrap().1.into_owned();
    let (phone, text) = (field("phone_number"), field("body"));
    let done = (crowd.does)(&application, &text);
    {
        let mut books = crowd.books.lock().unwrap();
        let book = books.entry(application.clone()).or_default();
        book.in_flight += 1;
        book.in_flight_max = book.in_flight_max.max(book.in_flight);
        book.arrivals.push(Arrival { phone, text, at: Instant::now(), done });
    }
    let _under_way = UnderWay(crowd, application);
    match done {
        Does::Answers(0) => StatusCode::NO_CONTENT,
        Does::Answers(after_ms) => {
            tokio::time::sleep(Duration::from_millis(after_ms)).await; // waits: an application takes its time
            StatusCode::NO_CONTENT
        }
        Does::Fails => StatusCode::SERVICE_UNAVAILABLE,
        Does::Hangs => std::future::pending().await,
    }
}

/// A table of the configuration with its route, under the keyword of its own name.
fn application(crowd: &Crowd, name: &str, more: &str) -> String {
    format!(
        r#"
[[application]]
id = "{name}"
account = "acme"
contract = "service-layer"
url = "http://{}/{name}"
api_key = "{name}-key-of-tests"
{more}

[[route]]
application = "{name}"
address = "8282"
keyword = "{name}"
session = false
"#,
        crowd.address
    )
}

struct World {
    network: Network,
    gateway: Gateway,
    http: u16,
    _place: Place,
}

impl World {
    fn start(name: &str, crowd: &Crowd, tables: &str) -> World {
        let (place, network, http) = (Place::new(name), Network::start(), free_port());
        let config: PathBuf = settings(&place, http, network.port, &format!("{}", crowd.address), tables);
        let gateway = Gateway::start(&config, http);
        World { network, gateway, http, _place: place }
    }

    /// Phones of this application send in turn, so many texts each.
    fn send(&self, application: &str, first_phone: u64, phones: u64, texts: usize) {
        for place in 0..texts {
            for phone in first_phone..first_phone + phones {
                let (phone, text) = (phone.to_string(), format!("{application} {place:04}"));
                self.network.send(Text { id: format!("{application}-{phone}-{place}"), phone, text });
            }
        }
    }

    fn live(&self, application: &str, number: &str) -> u64 {
        get_json(self.http, &format!("/v1/applications/{application}"))["live"][number].as_u64().unwrap()
    }
}

/// Every phone's texts arrived, each once, in the order in which they were sent.
fn check_complete(arrived: &BTreeMap<String, Vec<String>>, application: &str, phones: usize, texts: usize) {
    assert_eq!(arrived.len(), phones, "{application}");
    let expected: Vec<String> = (0..texts).map(|place| format!("{application} {place:04}")).collect();
    for (phone, arrived) in arrived {
        assert_eq!(*arrived, expected, "{application} {phone}");
    }
}

const DEAD_PHONES: u64 = 500;
const DEAD_TEXTS: usize = 20;
const HEALTHY: usize = 20;
const HEALTHY_PHONES: u64 = 10;
const HEALTHY_TEXTS: usize = 10;

#[test]
fn ten_thousand_callbacks_of_a_dead_application_keep_nobody_waiting() {
    let revived = Arc::new(AtomicBool::new(false));
    let is_revived = revived.clone();
    let crowd = Crowd::start(move |application, _| match application {
        "dead" if !is_revived.load(Ordering::SeqCst) => Does::Hangs,
        _ => Does::Answers(0),
    });
    let name = |number: usize| format!("good{number:02}");
    let mut tables = application(&crowd, "dead", "timeout_ms = 1000\nretry_ms = [0, 1000]\norder_hold_ms = 3600000");
    tables.extend((0..HEALTHY).map(|number| application(&crowd, &name(number), "")));
    let world = World::start("dead-application", &crowd, &tables);

    let total = DEAD_PHONES * DEAD_TEXTS as u64;
    world.send("dead", 41_790_000_000, DEAD_PHONES, DEAD_TEXTS);
    wait_for("the dead application's texts to be acknowledged", || world.network.waiting() == 0);
    wait_for("its callbacks to wait", || world.live("dead", "pending") == total);
    let breaker_open = || get_json(world.http, "/v1/applications/dead")["live"]["breakerOpen"] == true;
    wait_for("its first attempts to time out", breaker_open);
    let begun = Instant::now();
    for number in 0..HEALTHY {
        world.send(&name(number), 41_791_000_000 + 100 * number as u64, HEALTHY_PHONES, HEALTHY_TEXTS);
    }
    let each = HEALTHY_PHONES as usize * HEALTHY_TEXTS;
    wait_for("the others to get theirs", || (0..HEALTHY).all(|number| crowd.answered(&name(number)) >= each));
    let took = begun.elapsed();
    assert_eq!(world.live("dead", "pending"), total);
    assert!(breaker_open());
    for number in 0..HEALTHY {
        let (arrived, name) = (crowd.texts(&name(number), |_| true), name(number));
        check_complete(&arrived, &name, HEALTHY_PHONES as usize, HEALTHY_TEXTS);
    }
    let tried = crowd.books.lock().unwrap()["dead"].arrivals.len();
    assert!(tried < 100, "the breaker is open, and {tried} attempts were made");

    revived.store(true, Ordering::SeqCst);
    wait_for("the dead application to get its own", || crowd.answered("dead") as u64 >= total);
    wait_for("nothing to wait", || world.live("dead", "pending") == 0);
    check_complete(&crowd.texts("dead", is_answer), "dead", DEAD_PHONES as usize, DEAD_TEXTS);
    let book = &crowd.books.lock().unwrap()["dead"];
    assert!(book.in_flight_max <= 16, "{}", book.in_flight_max);
    eprintln!(
        "{total} callbacks of a dead application beside {HEALTHY} others: theirs, {} in all, arrived in order within \
         {took:?}; then its own {total}, in order too, after {} attempts in vain",
        each * HEALTHY,
        book.arrivals.len() as u64 - total
    );
    assert!(world.gateway.terminate().success());
}

const CROWD: usize = 250;
const CONCURRENCY: usize = 3;
/// Longest wait before a retry.
const RETRY_MS: u64 = 4000;
const CROWD_PHONES: u64 = 5;
const CROWD_TEXTS: usize = 4;

/// How many fall into each of so many bins of equal width.
fn bins(values: impl Iterator<Item = Duration>, width: Duration, count: usize) -> Vec<usize> {
    let mut bins = vec![0; count];
    for value in values {
        bins[((value.as_millis() / width.as_millis()) as usize).min(count - 1)] += 1;
    }
    bins
}

#[test]
fn applications_that_come_back_all_at_once_are_not_overrun() {
    let name = |number: usize| format!("crowd{number:03}");
    let is_down = Arc::new(AtomicBool::new(true));
    let down = is_down.clone();
    let tried: Mutex<std::collections::BTreeSet<String>> = Mutex::default();
    let crowd = Crowd::start(move |application, text| {
        // The first text of each fails once, the others as long as everything is down.
        let first = text.ends_with("0000") && tried.lock().unwrap().insert(application.to_owned());
        let fails = first || (!text.ends_with("0000") && down.load(Ordering::SeqCst));
        if fails { Does::Fails } else { Does::Answers(5) }
    });
    let settings = format!("concurrency = {CONCURRENCY}\nretry_ms = [{RETRY_MS}]\norder_hold_ms = 3600000");
    let tables: String = (0..CROWD).map(|number| application(&crowd, &name(number), &settings)).collect();
    let world = World::start("crowd", &crowd, &tables);
    let all = |count: usize| (0..CROWD).all(|number| crowd.answered(&name(number)) >= count);

    // One text each: no breaker opens, each is tried again after a wait of its own.
    for number in 0..CROWD {
        world.send(&name(number), 41_792_000_000 + 100 * number as u64, 1, 1);
    }
    wait_for("the retries", || all(1));
    let waits: Vec<Duration> = {
        let books = crowd.books.lock().unwrap();
        books.values().map(|book| book.arrivals[1].at.duration_since(book.arrivals[0].at)).collect()
    };
    let retries = bins(waits.iter().copied(), Duration::from_millis(RETRY_MS / 10), 10);
    eprintln!("{CROWD} retries in tenths of {RETRY_MS} ms: {retries:?}");
    assert!(retries.iter().all(|bin| *bin <= 3 * CROWD / 10), "{retries:?}");
    assert!(retries[..9].iter().all(|bin| *bin > 0), "{retries:?}");

    // Then many, while everything is down; and everything comes back in the same moment.
    for number in 0..CROWD {
        let first = 41_793_000_000 + 100 * number as u64;
        for place in 1..=CROWD_TEXTS {
            for phone in first..first + CROWD_PHONES {
                let (application, phone) = (name(number), phone.to_string());
                let text = format!("{application} {place:04}");
                world.network.send(Text { id: format!("{application}-{phone}-{place}"), phone, text });
            }
        }
    }
    wait_for("all texts to be acknowledged", || world.network.waiting() == 0);
    let open = || {
        let list = get_json(world.http, "/v1/applications");
        let applications = list["_embedded"]["applications"].as_array().unwrap().clone();
        applications.iter().filter(|application| application["live"]["breakerOpen"] == true).count()
    };
    wait_for("all breakers to open", || open() == CROWD);
    let back_at = Instant::now();
    is_down.store(false, Ordering::SeqCst);
    let each = 1 + CROWD_PHONES as usize * CROWD_TEXTS;
    wait_for("all callbacks to be answered", || all(each));
    let took = back_at.elapsed();
    let books = crowd.books.lock().unwrap();
    let most = books.values().map(|book| book.in_flight_max).max().unwrap();
    assert_eq!(most, CONCURRENCY, "attempts at a time");
    let firsts = books.values().map(|book| {
        let back = |arrival: &&Arrival| arrival.at >= back_at && is_answer(arrival.done);
        book.arrivals.iter().find(back).unwrap().at.duration_since(back_at)
    });
    let seconds = bins(firsts, Duration::from_secs(1), 1 + took.as_secs() as usize);
    let mut arrived = 0;
    for book in books.values() {
        let mut by_phone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for arrival in book.arrivals.iter().filter(|arrival| is_answer(arrival.done)) {
            by_phone.entry(&arrival.phone).or_default().push(&arrival.text);
            arrived += 1;
        }
        assert!(by_phone.values().all(|texts| texts.is_sorted_by(|a, b| a < b)), "{by_phone:?}");
    }
    assert_eq!(arrived, CROWD * each);
    eprintln!(
        "{CROWD} applications came back at once: {arrived} callbacks answered once and in order, at most {most} at a time \
         for each, the last after {took:?}; first ones by seconds {seconds:?}"
    );
    drop(books);
    assert!(world.gateway.terminate().success());
}

/// A line of `/proc/PID/status`, in KiB.
fn memory_kib(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().unwrap()
}

const FLOODS: usize = 1000;
/// What answers without end may add to the gateway's memory: what 16 attempts at a time may read (256 KiB each) with
/// room to grow, and pages of the store for what is recorded of them.
const FLOOD_KIB_MAX: u64 = 64 * 1024;

#[test]
fn answers_without_end_cost_the_gateway_a_bounded_amount_of_memory() {
    let asked: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let (is_flooding, flooded) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let (may_flood, count) = (is_flooding.clone(), flooded.clone());
    let application = Application::start_raw(move |request, out: &mut dyn Write| {
        let times = {
            let mut asked = asked.lock().unwrap();
            let times = asked.entry(request.callback.clone()).or_default();
            *times += 1;
            *times
        };
        let turn = count.load(Ordering::SeqCst);
        // Every fourth is answered well, so that the breaker stays closed.
        if times > 1 || !may_flood.load(Ordering::SeqCst) || count.fetch_add(1, Ordering::SeqCst) % 4 == 3 {
            return out.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok();
        }
        let head: &[u8] = match turn % 3 {
            0 => b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n",
            1 => b"HTTP/1.1 200 OK\r\n\r\n",
            _ => b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
        };
        out.write_all(head).ok()?;
        while out.write_all(&[b'x'; 64 * 1024]).is_ok() {}
        None
    });
    let (place, network, http) = (Place::new("floods"), Network::start(), free_port());
    let gateway = Gateway::start(&settings(&place, http, network.port, &application.address.to_string(), ""), http);
    let send = |round: &str| {
        for number in 0..FLOODS {
            let phone = (41_794_000_000 + number as u64).to_string();
            network.send(Text { id: format!("{round} {number}"), phone, text: format!("{round} {number}") });
        }
        wait_for("all callbacks to be answered", || {
            network.waiting() == 0 && get_json(http, "/v1/applications/weather")["live"]["pending"] == 0
        });
    };
    // The same once without floods, so that what all of it costs anyway is not held against them.
    send("calm");
    let before = memory_kib(gateway.pid(), "VmHWM");
    is_flooding.store(true, Ordering::SeqCst);
    send("flood");
    let after = memory_kib(gateway.pid(), "VmHWM");
    let flooded = flooded.load(Ordering::SeqCst);
    eprintln!("{flooded} answers, three of four without end: {} KiB more than {before} KiB", after - before);
    assert!(flooded >= FLOODS);
    assert!(after - before <= FLOOD_KIB_MAX, "{} KiB", after - before);
    assert!(gateway.terminate().success());
}
