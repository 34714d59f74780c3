//! Good files mean what they say.

use std::path::{Path, PathBuf};

use domain::address::Address;
use domain::directory::{Contract, InDoubt, KeywordMatch, SegmentMark};
use domain::route::{Choice, choose};
use domain::time::At;

use super::{SMALLEST, WHOLE, good, parse};
use crate::config::settings::{
    AlphabetSetting, BindSetting, EndpointSetting, NumberingSetting, Settings, SimulatorChannelSetting, StoreSetting,
    TlsSetting,
};

/// The first example of the page about configuration.
fn example() -> Settings {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate/configuration.md"));
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the page has examples");
    let variable = |name: &str| match name {
        "CARRIER_PASSWORD" => Some("pässword".to_owned()),
        "ACME_TOKEN" => Some("a-long-enough-token".to_owned()),
        "WEATHER_KEY" => Some("a-long-enough-key".to_owned()),
        "HOOKSWITCH_OPERATOR_TOKEN" => Some("an-operator-token".to_owned()),
        _ => None,
    };
    let (settings, warnings) = crate::config::parse(text, Path::new("/etc/hs/hookswitch.toml"), &variable).unwrap();
    assert_eq!(warnings, []);
    settings
}

#[test]
fn the_example_means_what_it_says() {
    let settings = example();
    assert_eq!(settings.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!(settings.server.public_url.as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(settings.store, StoreSetting::Sqlite { path: "/etc/hs/hookswitch.db".into() });
    assert!(settings.operator_token.unwrap().matches("an-operator-token"));
    assert_eq!(settings.callbacks.allow, ["127.0.0.1/32", "10.0.0.172/32:5984"]);
    assert_eq!(settings.callbacks.timeout_ms, 15_000);
    let [carrier] = settings.smpp_channels.as_slice() else { panic!("one channel") };
    assert_eq!(carrier.hosts, [EndpointSetting { host: "127.0.0.1".into(), port: 2775 }]);
    assert_eq!((&*carrier.id, &*carrier.system_id, carrier.window), ("carrier", "hookswitch", 10));
    assert!(carrier.password.matches("pässword"));
    assert_eq!((carrier.bind, &carrier.tls), (BindSetting::Transceiver, &None));
}

#[test]
fn the_example_becomes_the_expected_directory() {
    let directory = example().directory;
    let account = &directory.accounts["acme"];
    assert!(account.tokens.len() == 1 && account.tokens[0].matches("a-long-enough-token"));
    let weather = &directory.applications["weather"];
    assert_eq!((&*weather.account, weather.contract), ("acme", Contract::ServiceLayer));
    assert_eq!(&*weather.url, "http://127.0.0.1:9000/gateway");
    assert!(weather.api_key.matches("a-long-enough-key"));
    assert_eq!(weather.retry.waits_ms, [0, 5000, 30_000, 120_000, 600_000, 3_600_000]);
    assert_eq!((weather.retry.for_ms, weather.order_hold_ms), (86_400_000, 300_000));
    assert_eq!((weather.concurrency, weather.timeout_ms, weather.report_queued), (16, 15_000, false));
    let address = Address::parse("8282").unwrap();
    let carrier = directory.channel_for(&address).unwrap();
    assert_eq!((&*carrier.id, carrier.kind, carrier.rate), ("carrier", "smpp", 0));
    assert_eq!((carrier.in_doubt, carrier.segment_mark, carrier.reports), (InDoubt::Resubmit, SegmentMark::Udh8, true));
    assert_eq!(
        (carrier.validity_ms, carrier.dedupe_ms, carrier.reassembly_ms),
        (86_400_000, 86_400_000, 1_800_000),
        "defaults"
    );
    let choice = choose(&directory, None, &address, "Weather Zürich", At::default());
    let Choice::Route(route) = choice else { panic!("{choice:?}") };
    assert_eq!((&*route.application, route.keyword.as_deref()), ("weather", Some("weather")));
    assert_eq!((route.matching, route.session, route.session_ms), (KeywordMatch::StartsWith, true, 1_800_000));
    assert_eq!((&route.auto_reply, route.auto_subscribe, &route.confirmation), (&None, false, &None));
}

#[test]
fn what_is_left_out_has_its_default() {
    let settings = good(SMALLEST);
    assert_eq!(settings.server.listen, "127.0.0.1:8080".parse().unwrap());
    assert_eq!((settings.server.public_url, settings.server.connections_max), (None, 1024));
    assert_eq!(settings.store, StoreSetting::Sqlite { path: "conf/hookswitch.db".into() });
    assert_eq!((settings.retention_days, settings.callbacks.timeout_ms), (30, 15_000));
    assert_eq!((settings.callbacks.allow.len(), settings.callbacks.ca_file), (0, None));
    let carrier = good(WHOLE).smpp_channels.remove(0);
    assert_eq!((carrier.links, carrier.window, carrier.system_type.as_str()), (1, 10, ""));
    assert_eq!(
        (carrier.enquire_link_ms, carrier.response_timeout_ms, carrier.connect_timeout_ms),
        (30_000, 60_000, 10_000)
    );
    assert_eq!(
        (carrier.temporary_status, carrier.mo_identity_tag, carrier.receipts_in_plain_text),
        (None, None, false)
    );
    assert_eq!((carrier.source, carrier.destination), (None, None));
    assert!(carrier.password.is_empty());
}

/// A conversation with these lines.
fn conversation(lines: &str) -> Settings {
    let text = format!(
        "{SMALLEST}[[account]]\nkey = \"acc\"\ntokens = [\"a-long-enough-token\"]\n[[application]]\nid = \"conv\"\n\
         account = \"acc\"\ncontract = \"vumi\"\napi_tokens = [\"first-token-of-two\", \"second-token-of-two\"]\n{lines}"
    );
    good(&text)
}

#[test]
fn every_key_of_a_conversation_is_obeyed() {
    let settings = conversation(
        "push_message_url = \"https://user:word@app.example.org/messages\"\n\
         push_event_url = \"https://app.example.org/events\"\nignore_messages = true\nignore_events = true\n\
         content_length_limit = 160\nmetric_store = \"pings\"\nretry_ms = [1, 2]\nretry_for_ms = 3\n\
         timeout_ms = 4000\norder_hold_ms = 5\nconcurrency = 6\n",
    );
    let own = &settings.directory.applications["conv"];
    assert_eq!((own.contract, own.retry.waits_ms.as_slice(), own.retry.for_ms), (Contract::Vumi, &[1, 2][..], 3));
    assert_eq!((own.timeout_ms, own.order_hold_ms, own.concurrency), (4000, 5, 6));
    let vumi = own.vumi.as_deref().unwrap();
    assert!(vumi.tokens[0].matches("first-token-of-two") && vumi.tokens[1].matches("second-token-of-two"));
    assert_eq!(vumi.push_message_url.as_deref(), Some("https://user:word@app.example.org/messages"));
    assert_eq!(vumi.push_event_url.as_deref(), Some("https://app.example.org/events"));
    assert_eq!((vumi.ignore_messages, vumi.ignore_events), (true, true));
    assert_eq!((vumi.content_length_limit, &*vumi.metric_store), (Some(160), "pings"));
}

#[test]
fn a_conversation_has_the_defaults_of_its_contract() {
    let settings = conversation("");
    let own = &settings.directory.applications["conv"];
    assert_eq!(own.retry.waits_ms, [300_000, 1_500_000, 1_800_000]);
    assert_eq!((own.retry.for_ms, own.timeout_ms), (3_600_000, 5_000));
    let vumi = own.vumi.as_deref().unwrap();
    assert_eq!((&vumi.push_message_url, &vumi.push_event_url), (&None, &None));
    assert_eq!((vumi.ignore_messages, vumi.ignore_events, vumi.content_length_limit), (false, false, None));
    assert_eq!(&*vumi.metric_store, "default");
    let limit = |line: &str| {
        let text = format!("{SMALLEST}[[account]]\nkey = \"acc\"\ntokens = [\"a-long-enough-token\"]\n{line}\n");
        good(&text).directory.accounts["acc"].concurrency
    };
    assert_eq!(limit(""), Some(10));
    assert_eq!(limit("concurrency_limit = 99"), Some(99));
    assert_eq!(limit("concurrency_limit = -1"), None, "as in Vumi Go");
}

#[test]
fn every_key_of_a_channel_is_obeyed() {
    let text = format!(
        "{SMALLEST}{}",
        r#"
[[channel]]
id = "north.1_a-b"
kind = "smpp"
hosts = ["smsc1.example", "smsc2.example:2777", "[2001:db8::1]:2778", "2001:db8::2", "192.0.2.1"]
port = 2776
system_id = "acme"
password = ""
system_type = ""
bind = "split"
links = 2
window = 1_000
rate = 99
enquire_link_ms = 0
response_timeout_ms = 100
connect_timeout_ms = 300000
default_alphabet = "latin1"
temporary_status = 0x64
mo_identity_tag = 0x1400
receipts_in_plain_text = true
source_ton = 3
source_npi = 0
dest_ton = 1
dest_npi = 1
in_doubt = "hold"
segment_mark = "payload"
reports = false
validity_ms = 60_000
dedupe_ms = 0
reassembly_ms = 1000
addresses = ["+41 79 000 00 00", "Acme"]
tls = { ca_file = "/dev/null", server_name = "smsc", cert_file = "/dev/null", key_file = "/dev/null" }

[[channel]]
id = "south"
kind = "simulator"
port = 2775
window = 7
"#
    );
    let mut settings = good(&text);
    let north = settings.smpp_channels.remove(0);
    let hosts: Vec<(&str, u16)> = north.hosts.iter().map(|host| (host.host.as_str(), host.port)).collect();
    let expected = [
        ("smsc1.example", 2776),
        ("smsc2.example", 2777),
        ("2001:db8::1", 2778),
        ("2001:db8::2", 2776),
        ("192.0.2.1", 2776),
    ];
    assert_eq!(hosts, expected);
    assert_eq!((north.bind, north.links, north.window), (BindSetting::Split, 2, 1000));
    assert_eq!((north.enquire_link_ms, north.response_timeout_ms, north.connect_timeout_ms), (0, 100, 300_000));
    assert_eq!((north.default_alphabet, north.temporary_status), (AlphabetSetting::Latin1, Some(0x64)));
    assert_eq!((north.mo_identity_tag, north.receipts_in_plain_text), (Some(0x1400), true));
    assert_eq!(north.source, Some(NumberingSetting { ton: 3, npi: 0 }));
    assert_eq!(north.destination, Some(NumberingSetting { ton: 1, npi: 1 }));
    let null = || Some(PathBuf::from("/dev/null"));
    let tls = TlsSetting { ca_file: null(), server_name: Some("smsc".into()), cert_file: null(), key_file: null() };
    assert_eq!(north.tls, Some(tls));
    let seen = &settings.directory.channels["north.1_a-b"];
    assert_eq!((seen.in_doubt, seen.segment_mark, seen.reports), (InDoubt::Hold, SegmentMark::Payload, false));
    assert_eq!((seen.rate, seen.validity_ms, seen.dedupe_ms, seen.reassembly_ms), (99, 60_000, 0, 1000));
    let swiss = settings.directory.channel_for(&Address::parse("0041790000000").unwrap());
    assert_eq!(swiss.map(|channel| &*channel.id), Some("north.1_a-b"));
    let south = SimulatorChannelSetting { id: "south".into(), port: 2775, window: 7, ussd: false };
    assert_eq!(settings.simulator_channels, [south]);
    assert_eq!(settings.directory.channels["south"].kind, "simulator");
}

#[test]
fn a_channel_of_ussd_splits_nothing_and_asks_for_no_reports() {
    let with =
        |lines: &str| good(&WHOLE.replace("system_id = \"hookswitch\"", &format!("system_id = \"us\"\n{lines}")));
    let plain = with("");
    assert_eq!(plain.directory.channels["carrier"].ussd, None);
    assert_eq!(plain.smpp_channels[0].ussd_service_type, None);
    let settings = with("ussd = true\nsegment_mark = \"sar\"\nreports = true");
    let carrier = &settings.directory.channels["carrier"];
    let ussd = carrier.ussd.as_ref().unwrap();
    assert_eq!((ussd.reply_ms, &*ussd.sorry), (20_000, "Sorry, this takes longer than usual. Please try again later."));
    assert_eq!((carrier.segment_mark, carrier.reports), (SegmentMark::Payload, false));
    assert_eq!(settings.smpp_channels[0].ussd_service_type.as_deref(), Some("USSD"));
    let own = with("ussd = true\nussd_reply_ms = 5000\nussd_sorry = \"Позже!\"\nussd_service_type = \"\"");
    let ussd = own.directory.channels["carrier"].ussd.clone().unwrap();
    assert_eq!((ussd.reply_ms, &*ussd.sorry), (5000, "Позже!"));
    assert_eq!(own.smpp_channels[0].ussd_service_type.as_deref(), Some(""));
    let simulated = good(&format!("{SMALLEST}[[channel]]\nid = \"s\"\nkind = \"simulator\"\nussd = true\n"));
    assert!(simulated.simulator_channels[0].ussd);
}

#[test]
fn words_of_a_status_have_their_numbers() {
    for (word, number) in
        [("ESME_RMSGQFUL", 0x14), ("ESME_RX_T_APPN", 0x64), ("ESME_RSYSERR", 8), ("ESME_RTHROTTLED", 0x58)]
    {
        let text = WHOLE.replace("kind = \"smpp\"", &format!("kind = \"smpp\"\ntemporary_status = \"{word}\""));
        assert_eq!(good(&text).smpp_channels[0].temporary_status, Some(number), "{word}");
    }
}

#[test]
fn stores() {
    for (url, path) in [
        ("sqlite:a/b.db", "conf/a/b.db"),
        ("sqlite:/var/lib/hs.db", "/var/lib/hs.db"),
        ("sqlite:///var/lib/hs.db", "/var/lib/hs.db"),
        ("sqlite://hs.db", "conf/hs.db"),
    ] {
        let settings = good(&format!("{SMALLEST}[store]\nurl = \"{url}\"\nretention_days = 7\n"));
        assert_eq!(settings.store, StoreSetting::Sqlite { path: path.into() }, "{url}");
        assert_eq!(settings.retention_days, 7);
    }
    let settings = good(&format!("{SMALLEST}[store]\nurl = \"memory:\"\n"));
    assert_eq!(settings.store, StoreSetting::Memory);
}

#[test]
fn routes() {
    let more = "[[route]]\napplication = \"weather\"\naddress = \"8282\"\n\
                [[route]]\napplication = \"weather\"\naddress = \"8282\"\nkeyword = \"weather\"\nmatch = \"exact\"\n\
                session = false\nsession_ms = 1000\nauto_reply = \"One\\nmoment\"\nauto_subscribe = true\n\
                confirmation = \"Welcome\"\n";
    let directory = good(&format!("{WHOLE}{more}")).directory;
    let sessions: Vec<bool> = directory.routes.iter().map(|route| route.session).collect();
    assert_eq!(sessions, [true, false, false], "by keyword, everything, as written");
    let last = &directory.routes[2];
    assert_eq!((last.matching, last.session_ms), (KeywordMatch::Exact, 1000));
    assert_eq!((last.auto_reply.as_deref(), last.confirmation.as_deref()), (Some("One\nmoment"), Some("Welcome")));
    assert!(last.auto_subscribe);
}

#[test]
fn an_application_may_have_its_own_times() {
    let text = WHOLE.replace(
        "api_key = ",
        "retry_ms = [1]\nretry_for_ms = 0\norder_hold_ms = 0\nconcurrency = 1\ntimeout_ms = 100\nreport_queued = true\n\
         api_key = ",
    );
    let directory = good(&text.replace("[callbacks]\n", "[callbacks]\ntimeout_ms = 200\n")).directory;
    let weather = &directory.applications["weather"];
    assert_eq!((weather.retry.waits_ms.as_slice(), weather.retry.for_ms), ([1].as_slice(), 0));
    assert_eq!((weather.order_hold_ms, weather.concurrency, weather.timeout_ms), (0, 1, 100));
    assert!(weather.report_queued);
    let inherited = good(&WHOLE.replace("[callbacks]\n", "[callbacks]\ntimeout_ms = 200\n")).directory;
    assert_eq!(inherited.applications["weather"].timeout_ms, 200);
}

#[test]
fn what_works_but_hardly_as_meant_is_warned_about() {
    let check = |from: &str, to: &str, expected: &[(&str, usize)]| {
        let (_, warnings) = parse(&WHOLE.replace(from, to)).unwrap();
        let found: Vec<(&str, usize)> = warnings
            .iter()
            .map(|warning| (warning.problem.code.as_str(), warning.problem.place.unwrap().line))
            .collect();
        assert_eq!(found, expected, "{to}");
    };
    check("an-operator-token", "short", &[("HS-1040", 2)]);
    check("a-long-enough-token", "acme-token", &[("HS-1040", 9)]);
    check("a-long-enough-key", "weather-key", &[("HS-1040", 23)]);
    check("\"127.0.0.1/32\"", "", &[("HS-1042", 22)]);
    check("\"127.0.0.1/32\"", "\"127.0.0.1/32:9001\"", &[("HS-1042", 22)]);
    check("http://127.0.0.1:9000", "http://localhost:9000", &[]);
    check("http://127.0.0.1:9000", "http://192.168.1.2", &[("HS-1042", 22)]);
    check("http://127.0.0.1:9000", "https://u:p@app.example.org", &[]);
    check(
        "addresses = [\"8282\"]",
        "addresses = [\"8282\"]\n[[channel]]\nid = \"x\"\nkind = \"simulator\"",
        &[("HS-1043", 17)],
    );
    let text = WHOLE.split("[[route]]").next().unwrap();
    let (_, warnings) = parse(text).unwrap();
    assert!(
        warnings[0].to_string().starts_with("conf/hookswitch.toml:19:6: HS-1041: no [[route]] leads"),
        "{warnings:?}"
    );
    let (_, warnings) =
        parse(&WHOLE.replace("\"127.0.0.1/32\"", "").replace("127.0.0.1:9000", "localhost:9000")).unwrap();
    assert!(warnings[0].to_string().contains("add \"127.0.0.1/32:9000\" to `allow`"), "{warnings:?}");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_problem() {
    let settings = good(&format!("\u{feff}{}", WHOLE.replace('\n', "\r\n")));
    assert_eq!(settings.directory.routes.len(), 1);
}

#[test]
fn twenty_thousand_routes_take_no_longer_than_their_number() {
    let mut text = WHOLE.to_owned();
    for number in 0..20_000 {
        text.push_str(&format!("[[route]]\napplication = \"weather\"\naddress = \"8282\"\nkeyword = \"k{number}\"\n"));
    }
    let directory = good(&text).directory;
    assert_eq!(directory.routes.len(), 20_001);
}
