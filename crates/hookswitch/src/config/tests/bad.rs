//! Bad files: which code, on which line.

use super::{WHOLE, good, parse, problems};

/// Replaces one line of [`WHOLE`] (the first that begins so after `table`) and says which problems follow: codes, with
/// the distance to the replaced line when they are about another one.
#[track_caller]
fn check(table: &str, beginning: &str, replacement: &str, expected: &[(&str, isize)]) {
    let start = WHOLE.find(table).expect("the table is in the file");
    let at = start + WHOLE[start..].find(&format!("\n{beginning}")).expect("the line is in the table") + 1;
    let end = at + WHOLE[at..].find('\n').expect("a line ends");
    let text = format!("{}{replacement}{}", &WHOLE[..at], &WHOLE[end..]);
    let line = WHOLE[..at].matches('\n').count() as isize + 1;
    let expected: Vec<(&str, usize)> =
        expected.iter().map(|(code, distance)| (*code, usize::try_from(line + distance).unwrap())).collect();
    assert_eq!(problems(&text), expected, "{replacement}\n{}", parse(&text).map(|_| ()).unwrap_err());
}

/// The same where the only problem is on the replaced line.
#[track_caller]
fn here(table: &str, beginning: &str, replacement: &str, code: &str) {
    check(table, beginning, replacement, &[(code, 0)]);
}

/// Adds a table at the end and says which problems follow, by lines of the addition.
#[track_caller]
fn added(addition: &str, expected: &[(&str, usize)]) {
    let text = format!("{WHOLE}{addition}");
    let before = WHOLE.matches('\n').count();
    let expected: Vec<(&str, usize)> = expected.iter().map(|(code, line)| (*code, line + before)).collect();
    assert_eq!(problems(&text), expected, "{addition}");
}

#[test]
fn the_file_they_are_made_from_is_good() {
    let (_, warnings) = parse(WHOLE).unwrap();
    assert_eq!(warnings, []);
}

#[test]
fn what_is_not_toml() {
    for (text, expected) in [
        ("[operator\ntoken = \"x\"\n", vec![("HS-1002", 1)]),
        ("[operator]\ntoken = \"x\n", vec![("HS-1002", 2)]),
        ("[operator]\ntoken = 'a'\ntoken = 'b'\n", vec![("HS-1002", 3)]),
        ("= 1\n[server]\nx\n", vec![("HS-1002", 1), ("HS-1002", 3)]),
        ("", vec![("HS-1014", 0)]),
    ] {
        assert_eq!(problems(text), expected, "{text}");
    }
}

#[test]
fn whole_tables() {
    added("[servr]\n", &[("HS-1003", 1)]);
    added("[[server]]\n", &[("HS-1005", 1)]);
    added("[[topic]]\nid = \"events\"\nurl = \"nats://127.0.0.1:4222\"\n", &[("HS-1021", 1)]);
    assert_eq!(problems("account = 1\n[operator]\ntoken = \"an-operator-token\"\n"), [("HS-1005", 1)]);
    assert_eq!(problems("account = [1]\n[operator]\ntoken = \"an-operator-token\"\n"), [("HS-1005", 1)]);
    assert_eq!(problems("[account]\nkey = \"a\"\n[operator]\ntoken = \"an-operator-token\"\n"), [("HS-1005", 1)]);
    assert_eq!(problems("operator = 1\n"), [("HS-1005", 1)]);
}

#[test]
fn server_and_store() {
    for (line, code) in [
        ("listen = \"localhost:8080\"", "HS-1010"),
        ("listen = \":8080\"", "HS-1010"),
        ("listen = \"127.0.0.1\"", "HS-1010"),
        ("listen = \"127.0.0.1:70000\"", "HS-1010"),
        ("listen = 8080", "HS-1005"),
        ("public_url = \"sms.example.org\"", "HS-1011"),
        ("public_url = \"ftp://sms.example.org\"", "HS-1011"),
        ("public_url = \"https://u:p@sms.example.org\"", "HS-1011"),
        ("public_url = \"https://sms.example.org/?a=b\"", "HS-1011"),
        ("connections_max = 0", "HS-1006"),
        ("max_connections = 10", "HS-1003"),
    ] {
        added(&format!("[server]\n{line}\n"), &[(code, 2)]);
    }
    for (line, code) in [
        ("url = \"postgres://hs:secret@db/hs\"", "HS-1021"),
        ("url = \"sqlite:\"", "HS-1026"),
        ("url = \"sqlite:a.db?mode=ro\"", "HS-1026"),
        ("url = \"sqlite::memory:\"", "HS-1026"),
        ("url = \"hookswitch.db\"", "HS-1026"),
        ("url = \"\"", "HS-1023"),
        ("retention_days = 0", "HS-1006"),
        ("retention_days = -1", "HS-1006"),
        ("retention_days = 1.5", "HS-1005"),
    ] {
        added(&format!("[store]\n{line}\n"), &[(code, 2)]);
    }
}

#[test]
fn operator_and_callbacks() {
    check("[operator]", "token", "", &[("HS-1014", -1)]);
    here("[operator]", "token", "token = [\"an-operator-token\"]", "HS-1005");
    check("[operator]", "token", "tokn = \"an-operator-token\"", &[("HS-1014", -1), ("HS-1003", 0)]);
    here("[callbacks]", "allow", "allow = [\"10.0.0.1/8\"]", "HS-3003");
    here("[callbacks]", "allow", "allow = [\"localhost\"]", "HS-3003");
    here("[callbacks]", "allow", "allow = [\"127.0.0.1/32:0\"]", "HS-3003");
    here("[callbacks]", "allow", "allow = [7]", "HS-1005");
    check("[callbacks]", "allow", "allow = [\n  \"127.0.0.1/32\",\n  \"127.0.0.1/33\"]", &[("HS-3003", 2)]);
    check("[callbacks]", "allow", "allow = []\ntimeout_ms = 15", &[("HS-1006", 1)]);
    check("[callbacks]", "allow", "ca_file = \"not/there.pem\"", &[("HS-1025", 0)]);
}

#[test]
fn accounts() {
    check("[[account]]", "key", "key = \"a:b\"", &[("HS-1009", 0), ("HS-1015", 12)]);
    check("[[account]]", "key", "key = \"acm\"", &[("HS-1015", 12)]);
    check("[[account]]", "key", "", &[("HS-1004", -1), ("HS-1015", 12)]);
    here("[[account]]", "tokens", "tokens = []", "HS-1022");
    here("[[account]]", "tokens", "tokens = \"a-long-enough-token\"", "HS-1005");
    here("[[account]]", "tokens", "tokens = [\"\"]", "HS-1023");
    here("[[account]]", "tokens", "tokens = [\"a\\nb\"]", "HS-1023");
    check("[[account]]", "tokens", "token = [\"a-long-enough-token\"]", &[("HS-1004", -2), ("HS-1003", 0)]);
    here("[[account]]", "tokens", "tokens = [\"env:NOT_SET\"]", "HS-1012");
    here("[[account]]", "tokens", "tokens = [\"env:EMPTY\"]", "HS-1012");
    here("[[account]]", "tokens", "tokens = [\"env:a b\"]", "HS-1012");
    here("[[account]]", "tokens", "tokens = [\"file:not/there\"]", "HS-1013");
    here("[[account]]", "tokens", "tokens = [\"an-operator-token\"]", "HS-1027");
    here("[[account]]", "tokens", "tokens = [\"one-of-twelve\", \"one-of-twelve\"]", "HS-1027");
    added("[[account]]\nkey = \"acme\"\ntokens = [\"another-long-token\"]\n", &[("HS-1008", 2)]);
}

#[test]
fn channels() {
    here("[[channel]]", "kind", "kind = \"smp\"", "HS-1007");
    here("[[channel]]", "kind", "kind = \"smssync\"", "HS-1021");
    check("[[channel]]", "kind", "", &[("HS-1004", -2)]);
    check("[[channel]]", "kind", "kind = \"simulator\"", &[("HS-1003", 1), ("HS-1003", 2)]);
    here("[[channel]]", "id", "id = \"\"", "HS-1023");
    here("[[channel]]", "id", "id = \"a b\"", "HS-1009");
    here("[[channel]]", "id", &format!("id = \"{}\"", "x".repeat(65)), "HS-1009");
    check("[[channel]]", "host", "", &[("HS-1004", -3)]);
    here("[[channel]]", "host", "host = \"smpp://127.0.0.1\"", "HS-1010");
    here("[[channel]]", "host", "host = \"127.0.0.256\"", "HS-1010");
    here("[[channel]]", "host", "hosts = []", "HS-1022");
    here("[[channel]]", "host", "hosts = [\"a.example:0\"]", "HS-1010");
    check("[[channel]]", "host", "host = \"a\"\nhosts = [\"b\"]", &[("HS-1024", 1)]);
    here("[[channel]]", "system_id", &format!("system_id = \"{}\"", "x".repeat(65)), "HS-1023");
    here("[[channel]]", "system_id", "system_id = \"поезд\"", "HS-1023");
    here("[[channel]]", "system_id", "system_id = \"a\\u0007b\"", "HS-1023");
    check("[[channel]]", "addresses", "addresses = [\"82 82\", \"82-82\"]", &[("HS-1019", 0)]);
    check("[[channel]]", "addresses", "addresses = [\"+\"]", &[("HS-1020", 0), ("HS-1017", 11)]);
    check("[[channel]]", "addresses", "addresses = [\"8283\"]", &[("HS-1017", 11)]);
    added(
        "[[channel]]\nid = \"carrier\"\nkind = \"simulator\"\naddresses = [\"1\", \"8282\"]\n",
        &[("HS-1008", 2), ("HS-1019", 4)],
    );
}

#[test]
fn keys_of_a_channel() {
    for (line, code) in [
        ("window = 0", "HS-1006"),
        ("window = \"10\"", "HS-1005"),
        ("windw = 10", "HS-1003"),
        ("rate = 100001", "HS-1006"),
        ("port = 65536", "HS-1006"),
        ("port = 0", "HS-1006"),
        ("links = 99999999999999999999", "HS-1006"),
        ("enquire_link_ms = -5", "HS-1006"),
        ("response_timeout_ms = 60", "HS-1006"),
        ("connect_timeout_ms = 1", "HS-1006"),
        ("bind = \"transmitter\"", "HS-1007"),
        ("in_doubt = \"drop\"", "HS-1007"),
        ("segment_mark = \"udh\"", "HS-1007"),
        ("default_alphabet = \"utf8\"", "HS-1007"),
        ("reports = \"yes\"", "HS-1005"),
        ("validity_ms = 1", "HS-1006"),
        ("dedupe_ms = 1_000_000_000", "HS-1006"),
        ("reassembly_ms = 0", "HS-1006"),
        ("temporary_status = 0", "HS-1006"),
        ("temporary_status = \"ESME_ROK\"", "HS-1007"),
        ("mo_identity_tag = 0x10000", "HS-1006"),
        ("source_ton = 1", "HS-1024"),
        ("dest_npi = 1", "HS-1024"),
        ("password = \"env:NOT_SET\"", "HS-1012"),
        ("password = \"пароль\"", "HS-1023"),
        ("system_type = \"thirteen-long\"", "HS-1023"),
        ("tls = true", "HS-1005"),
        ("tls = { ca = \"x\" }", "HS-1003"),
        ("tls = { ca_file = \"not/there.pem\" }", "HS-1025"),
        ("tls = { ca_file = \"/\" }", "HS-1025"),
        ("tls = { cert_file = \"/dev/null\" }", "HS-1024"),
    ] {
        check("[[channel]]", "system_id", &format!("system_id = \"hookswitch\"\n{line}"), &[(code, 1)]);
    }
}

/// What is wrong with a conversation, on the lines below its `contract`.
#[test]
fn conversations() {
    let vumi = |lines: &str| {
        WHOLE
            .replace("contract = \"service-layer\"\n", "contract = \"vumi\"\n")
            .replace("url = \"http://127.0.0.1:9000/gateway\"\napi_key = \"a-long-enough-key\"\n", lines)
    };
    let contract = 1 + vumi("").lines().position(|line| line == "contract = \"vumi\"").unwrap();
    let check = |lines: &str, code: &'static str, distance: isize| {
        assert_eq!(problems(&vumi(lines)), [(code, contract.checked_add_signed(distance).unwrap())], "{lines}");
    };
    let tokens = "api_tokens = [\"a-long-enough-token\"]\n";
    good(&vumi(tokens));
    check("", "HS-1004", -3);
    check("api_tokens = []\n", "HS-1022", 1);
    check("api_tokens = \"a-long-enough-token\"\n", "HS-1005", 1);
    for (line, code) in [
        ("url = \"https://app.example.org/\"", "HS-1003"),
        ("api_key = \"a-long-enough-key\"", "HS-1003"),
        ("report_queued = true", "HS-1003"),
        ("push_message_url = \"ftp://app.example.org/\"", "HS-1011"),
        ("push_event_url = \"app.example.org\"", "HS-1011"),
        ("ignore_messages = 1", "HS-1005"),
        ("ignore_events = \"yes\"", "HS-1005"),
        ("content_length_limit = 0", "HS-1006"),
        ("metric_store = \"a store\"", "HS-1009"),
        ("retry_ms = []", "HS-1022"),
        ("timeout_ms = 99", "HS-1006"),
    ] {
        check(&format!("{tokens}{line}\n"), code, 2);
    }
    let limit = |value: &str| {
        let account = "tokens = [\"a-long-enough-token\"]\n";
        WHOLE.replace(account, &format!("{account}concurrency_limit = {value}\n"))
    };
    for bad in ["0", "65537"] {
        let found = problems(&limit(bad));
        assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), ["HS-1006"], "{bad}");
    }
    assert_eq!(problems(&limit("\"-1\""))[0].0, "HS-1005");
}

#[test]
fn applications() {
    here("[[application]]", "contract", "contract = \"service_layer\"", "HS-1007");
    here("[[application]]", "contract", "contract = \"hookswitch\"", "HS-1021");
    check("[[application]]", "contract", "", &[("HS-1004", -3)]);
    here("[[application]]", "account", "account = \"acne\"", "HS-1015");
    check("[[application]]", "id", "id = \"whether\"", &[("HS-1016", 7)]);
    for url in [
        "ftp://app.example.org/",
        "app.example.org",
        "http://",
        "http://app.example.org/#part",
        "http://app.example.org/a b",
        "http://app.example.org:0/",
        "http://app..example.org/",
        "http:\\\\\\\\app.example.org/",
    ] {
        here("[[application]]", "url", &format!("url = \"{url}\""), "HS-1011");
    }
    here("[[application]]", "api_key", "api_key = 12", "HS-1005");
    check("[[application]]", "api_key", "", &[("HS-1004", -5)]);
    for (line, code) in [
        ("retry_ms = []", "HS-1022"),
        ("retry_ms = [0, -1]", "HS-1006"),
        ("retry_ms = [0, \"5s\"]", "HS-1005"),
        ("retry_ms = 5000", "HS-1005"),
        ("retry_for_ms = 2_592_000_001", "HS-1006"),
        ("order_hold_ms = 1e3", "HS-1005"),
        ("concurrency = 0", "HS-1006"),
        ("timeout_ms = 0", "HS-1006"),
        ("report_queued = 1", "HS-1005"),
    ] {
        check("[[application]]", "api_key", &format!("api_key = \"a-long-enough-key\"\n{line}"), &[(code, 1)]);
    }
    let waits = vec!["1"; 65].join(", ");
    check("[[application]]", "api_key", &format!("retry_ms = [{waits}]"), &[("HS-1004", -5), ("HS-1022", 0)]);
    let second = "[[application]]\nid = \"b\"\naccount = \"acme\"\ncontract = \"service-layer\"\n\
                  url = \"https://app.example.org/\"\napi_key = \"a-long-enough-key\"\n";
    added(second, &[("HS-1027", 6)]);
}

#[test]
fn routes() {
    here("[[route]]", "application", "application = \"wether\"", "HS-1016");
    here("[[route]]", "address", "address = \"8283\"", "HS-1017");
    here("[[route]]", "address", "address = 8282", "HS-1005");
    here("[[route]]", "address", "address = \"..\"", "HS-1020");
    here("[[route]]", "keyword", "keyword = \"  \"", "HS-1023");
    here("[[route]]", "keyword", &format!("keyword = \"{}\"", "x".repeat(161)), "HS-1023");
    here("[[route]]", "keyword", "match = \"exact\"", "HS-1024");
    here("[[route]]", "keyword", "confirmation = \"Welcome\"", "HS-1024");
    here("[[route]]", "keyword", "match = \"start\"\nkeyword = \"a\"", "HS-1007");
    here("[[route]]", "keyword", "session_ms = 10", "HS-1006");
    here("[[route]]", "keyword", "auto_reply = \"\"", "HS-1023");
    here("[[route]]", "keyword", &format!("auto_reply = \"{}\"", "x".repeat(10_001)), "HS-1023");
    let same = "[[route]]\napplication = \"weather\"\naddress = \"82-82\"\nkeyword = \" WEATHER \"\n";
    added(same, &[("HS-1018", 1)]);
    added(&format!("{same}match = \"exact\"\n[[route]]\naddress = \"8282\"\n"), &[("HS-1004", 6)]);
}

#[test]
fn ussd() {
    let check = |line: &str, code| here("[[channel]]", "host", &format!("{line}\nhost = \"127.0.0.1\""), code);
    check("ussd = 1", "HS-1005");
    check("ussd_sorry = \"Later\"", "HS-1024");
    check("ussd_reply_ms = 20000", "HS-1024");
    check("ussd_service_type = \"USSD\"", "HS-1024");
    check("ussd_service_type = \"TOO LONG\"\nussd = true", "HS-1023");
    check("ussd_reply_ms = 1\nussd = true", "HS-1006");
    check("ussd_sorry = \"\"\nussd = true", "HS-1023");
    for long in ["x".repeat(183), "ж".repeat(81)] {
        check(&format!("ussd_sorry = \"{long}\"\nussd = true"), "HS-1023");
    }
}

#[test]
fn a_clash_names_both_lines() {
    let text = format!("{WHOLE}[[route]]\napplication = \"weather\"\naddress = \"8282\"\nkeyword = \"Weather\"\n");
    let error = parse(&text).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("the one on line 25 always wins over the one on line 29"), "{error}");
}

#[test]
fn sentences_say_what_to_do() {
    let text = "[operator]\ntoken = \"an-operator-token\"\n[server]\nmax_connections = 7\nlisten = \":8080\"\n";
    let error = parse(text).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        error,
        "conf/hookswitch.toml:4:1: HS-1003: unknown key `max_connections` in [server]; did you mean \
         `connections_max`?\n\n\
         conf/hookswitch.toml:5:10: HS-1010: `listen` of [server] is \":8080\"; give an IP address and a port, like \
         \"127.0.0.1:8080\"; to listen on all addresses write \"0.0.0.0:8080\""
    );
}

#[test]
fn columns_count_characters() {
    let error = parse("operator = { \"tokén\" = 1, token = 2 }\n").map(|_| ()).unwrap_err();
    let columns: Vec<usize> = error.problems.iter().filter_map(|problem| Some(problem.place?.column)).collect();
    assert_eq!(columns, [14, 35]);
}

#[test]
fn a_file_that_cannot_be_read_is_told_apart() {
    let folder = std::env::temp_dir().join(format!("hookswitch-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let latin1 = folder.join("latin1.toml");
    std::fs::write(&latin1, b"# \xe9\n").unwrap();
    for path in [folder.join("missing.toml"), folder.clone(), latin1] {
        let error = crate::config::load(&path).map(|_| ()).unwrap_err();
        assert_eq!(error.problems[0].code.as_str(), "HS-1001", "{error}");
        assert!(error.to_string().starts_with(&format!("{}: HS-1001: ", path.display())), "{error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_flood_of_problems_is_cut_when_shown() {
    let text = format!("[operator]\ntoken = \"an-operator-token\"\n{}", "[[route]]\nx = 1\n".repeat(100));
    let error = parse(&text).map(|_| ()).unwrap_err();
    assert_eq!(error.problems.len(), 300);
    let shown = error.to_string();
    assert_eq!(shown.matches("HS-10").count(), 50);
    assert!(shown.ends_with("\n\nand 250 more"), "{shown}");
}
