//! Neighbours that misbehave: networks that send what no specification allows, applications that answer what nobody can
//! use, a disk without room. Each costs only itself: the link recovers, every callback ends visibly, nothing that was
//! accepted is lost, and nobody else waits.
#![allow(clippy::unwrap_used, reason = "a test ends where its world is not as built")]

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use world::application::{Application, Asked};
use world::ledger::{self, Ledger};
use world::network::{Network, Text};
use world::process::{Gateway, Place, exchange_raw, free_port, get, get_json, messages, settings, timeline, wait_for};
use world::program::system_tool;
use world::raw_smsc::{Mo, RawSmsc, pdu};

/// A gateway bound to a handmade SMSC, whose application answers nothing.
struct Bench {
    smsc: RawSmsc,
    application: Application,
    gateway: Gateway,
    http: u16,
    _place: Place,
}

impl Bench {
    fn start(name: &str) -> Bench {
        let place = Place::new(name);
        let application = Application::start(|_| String::new());
        let smsc = RawSmsc::start();
        let http = free_port();
        let config = settings(&place, http, smsc.port, &application.address.to_string(), "");
        let gateway = Gateway::start(&config, http);
        Bench { smsc, application, gateway, http, _place: place }
    }

    /// What the application was told of a phone's texts.
    fn told(&self, phone: &str) -> Vec<String> {
        let asked = self.application.asked_of("incoming_message");
        asked.iter().filter(|asked| asked.field("phone_number") == phone).map(|a| a.field("body").to_owned()).collect()
    }

    fn wait_until_told(&self, phone: &str, text: &str) {
        wait_for(&format!("the callback of {phone}"), || !self.told(phone).is_empty());
        assert_eq!(self.told(phone), [text], "{phone}");
    }
}

const DELIVER_SM: u32 = 5;
const OK: Option<u32> = Some(0);

#[test]
fn a_link_survives_what_it_cannot_read() {
    let bench = Bench::start("bad-pdu");
    let mut link = bench.smsc.bound();
    let good = Mo { phone: "41790000001", octets: b"x", ..Mo::default() }.body();
    let with = |tail: &[u8]| [&good, tail].concat();
    let mut cut = good.clone();
    cut.truncate(12);
    let mut lying = good.clone();
    let at = lying.len() - 2;
    lying[at] = 200;
    let refused = [
        ("no body", DELIVER_SM, vec![], 0x01),
        ("no NUL anywhere", DELIVER_SM, vec![0xFF; 200], 0x01),
        ("cut inside an address", DELIVER_SM, cut, 0x01),
        ("sm_length beyond the end", DELIVER_SM, lying, 0x01),
        ("a parameter beyond the end", DELIVER_SM, with(&[0x04, 0x24, 0xFF, 0xFF, b'x']), 0xC0),
        ("half a parameter", DELIVER_SM, with(&[0x04]), 0xC0),
        ("a command of nobody", 0x0000_00AA, b"what".to_vec(), 0x03),
        ("a vendor's command", 0x0001_0200, vec![], 0x03),
        ("a request for the other side", 0x0000_0004, good.clone(), 0x03),
    ];
    for (name, id, body, status) in refused {
        let answered = link.ask(id, &body);
        assert_eq!(answered, Some(status), "{name}");
    }
    // Answers to questions nobody asked.
    for id in [0x8000_0004, 0x8000_0015, 0x8000_0000, 0x8000_0009] {
        link.write(&pdu(id, 0, 0x7777, b"id\0"));
    }
    // The same link goes on, also with parameters nobody knows.
    let unknown = [0x14, 0x01, 0, 2, 0xBE, 0xEF, 0x33, 0x33, 0, 0, 0x02, 0x04, 0, 3, 1, 2, 3];
    let mo = Mo { phone: "41790000002", octets: b"still here", tlvs: &unknown, ..Mo::default() };
    assert_eq!(link.deliver(&mo), OK);
    bench.wait_until_told("41790000002", "still here");
    let channel = get_json(bench.http, "/v1/channels/carrier");
    assert_eq!(channel["linksUp"], 1, "{channel}");
    drop(link);
    assert!(bench.gateway.terminate().success());
}

#[test]
fn a_link_that_lost_its_place_is_made_anew() {
    let whole = Mo { phone: "41790000001", octets: b"x", tlvs: &[0; 60_000], ..Mo::default() };
    let whole = pdu(DELIVER_SM, 0, 1, &[whole.body(), vec![0; 10_000]].concat());
    let check = |place: &str, octets: &[u8]| {
        let bench = Bench::start(place);
        let mut link = bench.smsc.bound();
        link.write(octets);
        link.must_end();
        let mut link = bench.smsc.bound();
        assert_eq!(link.deliver(&Mo { phone: "41790000002", octets: b"after that", ..Mo::default() }), OK, "{place}");
        bench.wait_until_told("41790000002", "after that");
        // The network goes away in the middle of a PDU.
        link.write(&pdu(DELIVER_SM, 0, 99, &[0; 100])[..50]);
        drop(link);
        let mut link = bench.smsc.bound();
        assert_eq!(link.deliver(&Mo { phone: "41790000003", octets: b"and again", ..Mo::default() }), OK, "{place}");
        bench.wait_until_told("41790000003", "and again");
        drop(link);
        assert!(bench.gateway.terminate().success(), "{place}");
    };
    let random: Vec<u8> = (0..400u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
    let cases: [(&str, &[u8]); 5] = [
        ("length-below-header", &[&15u32.to_be_bytes()[..], &[0; 60]].concat()),
        ("length-of-4-gib", &[&u32::MAX.to_be_bytes()[..], &[0; 60]].concat()),
        ("whole-pdu-above-64-kib", &whole),
        ("another-protocol", b"GET / HTTP/1.1\r\nHost: smsc\r\n\r\n"),
        ("random-octets", &random),
    ];
    // Each waits a while before it connects again, so they wait together.
    std::thread::scope(|scope| {
        for (place, octets) in cases {
            scope.spawn(move || check(place, octets));
        }
    });
}

/// Name, `esm_class`, `data_coding`, octets, the text that arrives, whether the timeline says that something was odd.
type OddMo = (&'static str, u8, u8, &'static [u8], &'static str, bool);

#[test]
fn odd_messages_arrive_with_what_can_be_read_and_say_what_was_odd() {
    let bench = Bench::start("bad-mo");
    let mut link = bench.smsc.bound();
    let udhi = 0x40;
    let cases: [OddMo; 12] = [
        ("a header longer than the message", udhi, 0, b"\xF0ab", "", true),
        ("a header with a cut element", udhi, 0, b"\x03\x00\x09\x01text", "text", true),
        ("segment 0 of 3", udhi, 0, b"\x05\x00\x03\x07\x03\x00text", "text", true),
        ("segment 5 of 3", udhi, 0, b"\x05\x00\x03\x07\x03\x05text", "text", true),
        ("segment 1 of 1", udhi, 0, b"\x05\x00\x03\x07\x01\x01text", "text", false),
        ("half a UCS-2 unit at the end", 0, 8, b"\x04\x1F\x04", "П\u{fffd}", true),
        ("half a surrogate pair", 0, 8, b"\x00a\xD8\x3D\x00b", "a\u{fffd}b", true),
        ("a data_coding nobody knows", 0, 0x9A, b"plain", "plain", true),
        ("eight-bit data", 0, 4, b"caf\xE9", "café", true),
        ("octets above 7 bits as GSM-7", 0, 0, b"a\xFFb", "a\u{fffd}b", true),
        ("an escape at the end", 0, 0, b"a\x1B", "a\u{fffd}", true),
        ("no text at all", 0, 0, b"", "", false),
    ];
    for (number, (name, esm_class, data_coding, octets, text, noted)) in cases.iter().enumerate() {
        let phone = format!("417900003{number:02}");
        let mo = Mo { phone: &phone, esm_class: *esm_class, data_coding: *data_coding, octets, tlvs: &[] };
        assert_eq!(link.deliver(&mo), OK, "{name}");
        wait_for(name, || !bench.told(&phone).is_empty());
        assert_eq!(bench.told(&phone), [*text], "{name}");
        let message = &messages(bench.http, &format!("direction=mo&phone={phone}"))[0];
        let odd: Vec<String> = timeline(bench.http, message["id"].as_str().unwrap())
            .into_iter()
            .filter(|(code, _)| code == "complaint")
            .map(|(_, words)| words)
            .collect();
        assert_eq!(!odd.is_empty(), *noted, "{name}: {odd:?}");
    }
    // Senders that are no numbers, or nobody.
    for (phone, shown) in [("Acme Shop", "Acme Shop"), ("", "unknown")] {
        let text = format!("from {phone:?}");
        let status = link.deliver(&Mo { phone, octets: text.as_bytes(), ..Mo::default() });
        assert_eq!(status, OK, "{phone:?}");
        let told =
            || bench.application.asked_of("incoming_message").into_iter().find(|asked| asked.field("body") == text);
        wait_for(&text, || told().is_some());
        assert_eq!(told().unwrap().field("phone_number"), shown);
    }
    assert!(bench.gateway.terminate().success());
}

/// What an application does with a text, how its callback must end, and what the timeline must say.
struct Misdeed {
    name: &'static str,
    answer: fn(&mut dyn Write) -> Option<()>,
    state: &'static str,
    words: &'static str,
    reply: Option<&'static str>,
}

fn whole(out: &mut dyn Write, head: &str, body: &[u8]) -> Option<()> {
    let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
    out.write_all(&[head.as_bytes(), body].concat()).ok()
}

const PLAIN: &str = "200 OK\r\ncontent-type: text/plain";

const MISDEEDS: &[Misdeed] = &[
    Misdeed {
        name: "huge",
        answer: |out| whole(out, PLAIN, &vec![b'x'; 300 * 1024]),
        state: "exhausted",
        words: "larger than allowed",
        reply: None,
    },
    Misdeed {
        name: "endless",
        answer: |out| {
            out.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
            while out.write_all(&[b'x'; 8192]).is_ok() {}
            None
        },
        state: "exhausted",
        words: "larger than allowed",
        reply: None,
    },
    Misdeed {
        name: "slow",
        answer: |out| {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n").ok()?;
            while out.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(250)); // waits: a slow application is what is tested
            }
            None
        },
        state: "exhausted",
        words: "time ran out",
        reply: None,
    },
    Misdeed {
        name: "mute",
        answer: |out| {
            std::thread::sleep(2 * TIMEOUT); // waits: a silent application is what is tested
            whole(out, PLAIN, b"too late")
        },
        state: "exhausted",
        words: "time ran out",
        reply: None,
    },
    Misdeed { name: "closing", answer: |_| None, state: "exhausted", words: "broke", reply: None },
    Misdeed {
        name: "cut",
        answer: |out| {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").ok()?;
            None
        },
        state: "exhausted",
        words: "broke",
        reply: None,
    },
    Misdeed {
        name: "foreign",
        answer: |out| {
            out.write_all(b"220 mail.example.org ESMTP\r\n").ok()?;
            None
        },
        state: "exhausted",
        words: "broke",
        reply: None,
    },
    Misdeed {
        name: "heady",
        answer: |out| {
            let header = format!("x-long: {}\r\n", "y".repeat(1000)).repeat(64);
            out.write_all(format!("HTTP/1.1 200 OK\r\n{header}content-length: 0\r\n\r\n").as_bytes()).ok()
        },
        state: "exhausted",
        words: "",
        reply: None,
    },
    Misdeed {
        name: "packed",
        answer: |out| {
            whole(out, "200 OK\r\ncontent-encoding: gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\0\0")
        },
        state: "exhausted",
        words: "gzip",
        reply: None,
    },
    Misdeed {
        name: "moved",
        answer: |out| whole(out, "302 Found\r\nlocation: /elsewhere", b""),
        state: "exhausted",
        words: "302",
        reply: None,
    },
    Misdeed {
        name: "failing",
        answer: |out| whole(out, "500 Internal Server Error", b"oops"),
        state: "exhausted",
        words: "HTTP 500",
        reply: None,
    },
    Misdeed {
        name: "gone",
        answer: |out| whole(out, "410 Gone", b""),
        state: "refused",
        words: "HTTP 410",
        reply: None,
    },
    Misdeed {
        name: "binary",
        answer: |out| whole(out, PLAIN, b"caf\xE9 \xFF"),
        state: "answered",
        words: "",
        reply: Some("caf\u{fffd} \u{fffd}"),
    },
    Misdeed {
        name: "deep",
        answer: |out| whole(out, PLAIN, format!("{{\"body\":{}", "[".repeat(50_000)).as_bytes()),
        state: "answered",
        words: "",
        reply: None,
    },
    Misdeed {
        name: "page",
        answer: |out| {
            whole(out, "200 OK\r\ncontent-type: text/html", b"<!DOCTYPE html><html><h1>It works!</h1></html>")
        },
        state: "answered",
        words: "HTML",
        reply: None,
    },
    Misdeed {
        name: "long",
        answer: |out| whole(out, PLAIN, "long ".repeat(3_000).as_bytes()),
        state: "answered",
        words: "",
        reply: None,
    },
];

/// Budget of an attempt at a bad application.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Each misdeed is an application of its own, so that it can only be told from the others by what it does.
fn bad_applications(address: &str) -> String {
    let tables = MISDEEDS.iter().map(|misdeed| misdeed.name).chain(["shaky"]).map(|name| {
        format!(
            r#"
[[application]]
id = "{name}"
account = "acme"
contract = "service-layer"
url = "http://{address}/gateway"
api_key = "{name}-key-of-tests"
timeout_ms = {timeout_ms}
retry_ms = [0, 100000]
retry_for_ms = 500

[[route]]
application = "{name}"
address = "8282"
keyword = "{name}"
session = false
"#,
            timeout_ms = TIMEOUT.as_millis()
        )
    });
    tables.collect()
}

/// The bad applications all live at one address; the first word of a text says which one is asked.
fn misbehave(asked: &Asked, out: &mut dyn Write) -> Option<()> {
    let (name, rest) = asked.field("body").split_once(' ')?;
    match MISDEEDS.iter().find(|misdeed| misdeed.name == name) {
        Some(misdeed) if rest == "first" => (misdeed.answer)(out),
        _ => whole(out, PLAIN, b"well"),
    }
}

#[test]
fn bad_applications_end_visibly_and_nobody_else_waits() {
    let place = Place::new("bad-application");
    let attempts: Arc<Mutex<u32>> = Arc::default();
    let counted = attempts.clone();
    // It fails once and then works.
    let bad = Application::start_raw(move |asked, out| {
        if asked.field("body") == "shaky first" {
            let mut count = counted.lock().unwrap();
            *count += 1;
            return match *count {
                1 => whole(out, "500 Internal Server Error", b""),
                _ => whole(out, PLAIN, b"at last"),
            };
        }
        misbehave(asked, out)
    });
    let arrived: Arc<Mutex<BTreeMap<String, Instant>>> = Arc::default();
    let noted = arrived.clone();
    let good = Application::start(move |asked| {
        noted.lock().unwrap().insert(asked.field("body").to_owned(), Instant::now());
        String::new()
    });
    let network = Network::start();
    let http = free_port();
    let more = bad_applications(&bad.address.to_string());
    let config = settings(&place, http, network.port, &good.address.to_string(), &more);
    let gateway = Gateway::start(&config, http);
    let phone = |number: usize| format!("417900005{number:02}");
    let names: Vec<&str> = MISDEEDS.iter().map(|misdeed| misdeed.name).chain(["shaky"]).collect();
    for turn in ["first", "next"] {
        for (number, name) in names.iter().enumerate() {
            let text = format!("{name} {turn}");
            network.send(Text { id: format!("mo {text}"), phone: phone(number), text });
        }
    }
    // Other phones send to another application all the while.
    let mut sent: BTreeMap<String, Instant> = BTreeMap::new();
    let has_ended = |number: usize| {
        let texts = messages(http, &format!("direction=mo&phone={}", phone(number)));
        texts.len() == 2 && texts.iter().all(|text| text["state"] != "received")
    };
    wait_for("all callbacks of bad applications to end", || {
        let text = format!("bystander {}", sent.len());
        let phone = format!("4179100{:04}", sent.len());
        sent.insert(text.clone(), Instant::now());
        network.send(Text { id: text.clone(), phone, text });
        (0..names.len()).all(has_ended)
    });
    wait_for("all other texts to arrive", || arrived.lock().unwrap().len() == sent.len());
    let arrived = arrived.lock().unwrap();
    let slowest = sent.iter().map(|(text, at)| arrived[text].duration_since(*at)).max().unwrap();
    eprintln!("{} texts beside {} bad applications, the slowest took {slowest:?}", sent.len(), names.len());
    assert!(slowest < TIMEOUT, "other phones waited for bad applications: {slowest:?}");

    for (number, name) in names.iter().enumerate() {
        let misdeed = MISDEEDS.iter().find(|misdeed| misdeed.name == *name);
        let (state, words) = misdeed.map_or(("answered", "HTTP 500"), |m| (m.state, m.words));
        let reply = misdeed.map_or(Some("at last"), |m| m.reply);
        let texts = messages(http, &format!("direction=mo&phone={}", phone(number)));
        let first = texts.iter().find(|text| text["text"] == format!("{name} first")).unwrap();
        let next = texts.iter().find(|text| text["text"] == format!("{name} next")).unwrap();
        let told: Vec<String> = timeline(http, first["id"].as_str().unwrap())
            .into_iter()
            .map(|(code, words)| format!("{code}: {words}"))
            .collect();
        let told = told.join("\n");
        assert_eq!(first["state"], state, "{name}:\n{told}");
        assert!(told.contains(words), "{name}: {words:?} is not in\n{told}");
        assert!(told.contains("attempt 1 of"), "{name}:\n{told}");
        assert_eq!(next["state"], "answered", "{name}");
        let replies = messages(http, &format!("direction=mt&phone={}", phone(number)));
        let mut replies: Vec<&str> = replies.iter().map(|reply| reply["text"].as_str().unwrap()).collect();
        replies.reverse();
        assert_eq!(replies, reply.into_iter().chain(["well"]).collect::<Vec<_>>(), "{name}:\n{told}");
        // The phone's next text waited for the end of the first.
        let texts = bad.texts();
        let mine: Vec<&String> = texts.iter().filter(|text| text.starts_with(&format!("{name} "))).collect();
        assert_eq!(mine.iter().position(|text| text.ends_with("next")), Some(mine.len() - 1), "{name}: {mine:?}");
    }
    let given_up = get_json(http, "/v1/callbacks?state=exhausted&limit=200");
    let given_up = given_up["_embedded"]["callbacks"].as_array().unwrap().len();
    assert_eq!(given_up, MISDEEDS.iter().filter(|m| m.state == "exhausted").count());
    assert!(gateway.terminate().success());
}

const SEND: &str = r#"{"to":"+41790000999","from":"8282","application":"weather","text":"not now"}"#;

/// A send by API, and the answer with its head.
fn send(http: u16) -> String {
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer acme-token-of-tests\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{SEND}",
        SEND.len()
    );
    exchange_raw(http, &head).unwrap_or_default()
}

/// Fills a disk to the last octet.
fn fill(filler: &Path) {
    let mut file = fs::File::create(filler).unwrap();
    for bytes in [1 << 20, 4096, 1] {
        while file.write_all(&vec![b'x'; bytes]).is_ok() {}
    }
}

#[test]
fn a_full_disk_refuses_for_now_and_loses_nothing() {
    let place = Place::new("full-disk");
    let application = Application::start(|asked| format!("re {}", asked.field("body")));
    let network = Network::start();
    let http = free_port();
    let config = settings(&place, http, network.port, &application.address.to_string(), "");
    let disk = place.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("/store.db", "/disk/store.db")).unwrap();
    // The small disk is seen by the gateway alone, and goes with it.
    let mut command = system_tool("unshare");
    command.args(["--mount", "--map-root-user", "--propagation=private", "sh", "-c"]);
    command.arg(r#"mount -t tmpfs -o size=96m tmpfs "$1" || exit 99; exec "$2" serve --config "$3""#);
    command.arg("sh").arg(&disk).arg(env!("CARGO_BIN_EXE_hookswitch")).arg(&config);
    let mut gateway = Gateway::of(command, &config.with_extension("log"), http);
    wait_for("the gateway to be ready", || {
        assert!(
            gateway.is_running(),
            "this test mounts a small disk in a namespace of its own (`unshare --mount`), which is not permitted here: \
             run it as root, or allow user namespaces. {}",
            fs::read_to_string(config.with_extension("log")).unwrap()
        );
        get(http, "/health/ready").is_some_and(|(status, _)| status == 200)
    });
    let mut given = 0;
    let mut give = |count: usize| {
        for _ in 0..count {
            network.send(ledger::text(given));
            given += 1;
        }
        given
    };
    // It fills up under load: texts, answers and reports are under way.
    give(3_000);
    wait_for("texts to be taken", || network.seen().acknowledged.len() >= 500);
    let filler = Path::new("/proc").join(gateway.pid().to_string()).join("root").join(disk.strip_prefix("/").unwrap());
    let filler = filler.join("filler");
    fill(&filler);
    wait_for("texts to be refused for now", || {
        // The gateway may have taken all of them before the disk was full.
        if network.waiting() == 0 {
            give(100);
        }
        network.seen().refused > 0
    });
    let mut refusal = String::new();
    wait_for("sends to be refused for now", || {
        refusal = send(http);
        refusal.starts_with("HTTP/1.1 503")
    });
    assert!(refusal.to_ascii_lowercase().contains("\r\nretry-after: "), "{refusal}");
    assert!(refusal.contains("application/problem+json") && refusal.contains("\"HS-12"), "{refusal}");
    assert!(gateway.is_running());
    // ESME_RMSGQFUL, after which networks deliver again.
    assert_eq!(network.seen().refusals.into_iter().collect::<Vec<_>>(), [0x14]);
    let waiting = network.waiting();
    assert!(waiting > 0);

    fs::remove_file(&filler).unwrap();
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    let total = give(200);
    wait_for("all texts to be acknowledged", || network.waiting() == 0);
    wait_for("all callbacks to end", || {
        get(http, "/v1/callbacks?state=pending&limit=1").is_some_and(|(_, body)| !body.contains("\"cbk_"))
    });
    let answer = send(http);
    assert!(answer.starts_with("HTTP/1.1 202"), "{answer}");
    wait_for("all replies to be submitted", || {
        let submits: std::collections::BTreeSet<_> = network.seen().submits.into_iter().collect();
        submits.iter().filter(|(_, text)| text.starts_with("re ")).count() == total
            && submits.iter().any(|(_, text)| text == "not now")
    });
    assert!(gateway.is_running(), "the gateway ended");
    let sends = messages(http, "direction=mt&text=not%20now");
    let taken_sends = sends.len();
    let ledger = Ledger::of(&application, &network, http, total);
    eprintln!(
        "{waiting} texts waited for room, {} refusals, {taken_sends} sends taken, {ledger:?}",
        network.seen().refused
    );
    assert_eq!((ledger.accepted, ledger.lost, ledger.reordered), (total, 0, 0));
    assert_eq!((ledger.repeated, ledger.changed, ledger.resubmitted), (0, 0, 0));
    assert!(gateway.terminate().success());
}
