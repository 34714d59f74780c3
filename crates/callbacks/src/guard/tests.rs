//! What the guard refuses, what it lets through, and the edges between, as tables and properties.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

#[track_caller]
fn check_all(guard: &Guard, urls: &[&str], expected: impl Fn(&Verdict) -> bool) {
    for url in urls {
        let verdict = guard.judge(url);
        assert!(expected(&verdict), "{url}: {verdict:?}");
    }
}

const fn is_forbidden(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Forbidden(_))
}

const fn is_misconfigured(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Misconfigured(_))
}

#[test]
fn addresses_that_are_not_public_are_forbidden_however_written() {
    let hosts = [
        // loopback and this host
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "00000177.0.0.1",
        "127.0.0.1.",
        "127.255.255.255",
        "0",
        "0.0.0.0",
        "0.1.2.3",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "%31%32%37.0.0.1",
        "\u{ff11}\u{ff12}\u{ff17}.0.0.1",
        "127\u{3002}0\u{3002}0\u{3002}1",
        "①②⑦.0.0.1",
        "1\u{ad}27.0.0.1",
        // IPv4 inside of IPv6
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[::5efe:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[::ffff:8.8.8.8]",
        // IPv6 that is not given out
        "[fe80::1]",
        "[fec0::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[5f00::1]",
        "[100::1]",
        "[2001:db8::1]",
        "[2001:1ff:ffff::1]",
        "[3fff::1]",
        "[3fff:fff:ffff::1]",
        "[4000::1]",
        "[1fff:ffff::1]",
        "[2620:4f:8000::1]",
        // metadata
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.170.2",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        // private and special networks, first and last
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.168.0.0",
        "192.168.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.255",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
    ];
    let urls: Vec<String> =
        hosts.iter().flat_map(|host| [format!("http://{host}/x"), format!("https://{host}:8443/")]).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    check_all(&Guard::default(), &urls, is_forbidden);
    check_all(
        &Guard::default(),
        &[
            "http://good@127.0.0.1/",
            "http://127.0.0.1#@good",
            "http://127.0.0.1?@good",
            "HTTP://127.0.0.1",
            "http://good:80@10.1.1.1",
        ],
        is_forbidden,
    );
}

#[test]
fn public_addresses_pass_up_to_the_edges() {
    let hosts = [
        "8.8.8.8",
        "1.0.0.0",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "191.255.255.255",
        "192.0.1.1",
        "192.0.3.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "203.0.112.255",
        "203.0.114.0",
        "223.255.255.255",
        "[2606:4700::1111]",
        "[2001:200::1]",
        "[2001:db7:ffff::1]",
        "[2001:db9::1]",
        "[2003::1]",
        "[3ffe::1]",
        "[3fff:1000::1]",
        "[2620:4f:8001::1]",
        "134744072",
    ];
    let urls: Vec<String> = hosts.iter().map(|host| format!("https://{host}/")).collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    check_all(&Guard::default(), &urls, |verdict| *verdict == Verdict::Allowed);
}

#[test]
fn names_depend_on_what_they_resolve_to() {
    let check =
        |url: &str, name: &str| assert_eq!(Guard::default().judge(url), Verdict::DependsOnName(name.into()), "{url}");
    check("http://localhost/", "localhost");
    check("http://LOCALHOST./", "localhost");
    check("https://app.example.com:8443/x?y#z", "app.example.com");
    check("https://bücher.example/", "xn--bcher-kva.example");
    check("http://127.0.0.1.nip.io/", "127.0.0.1.nip.io");
    check("http://my_app:9000/", "my_app");
    check("http://user:p%40ss@app.example/", "app.example");
}

#[test]
fn what_is_no_proper_url_cannot_be_called() {
    let label = "a".repeat(64);
    let long_label = format!("http://{label}.example/");
    let long_name = format!("http://{}example/", "abcdefg.".repeat(32));
    let long_url = format!("http://example.com/{}", "x".repeat(URL_BYTES_MAX));
    check_all(
        &Guard::default(),
        &[
            "",
            "example.com",
            "//example.com",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "http:example.com",
            "http:/example.com",
            "http://",
            "http:///",
            "http://[example.com]/",
            "http://[::1",
            "http://[fe80::1%25lo]/",
            "http://a..b/",
            "http://.example.com/",
            "http://example..",
            "http://example.com:0/",
            "http://example.com:65536/",
            "http://example.com:80:80/",
            "http://exa mple.com/",
            "http://good\\@127.0.0.1/",
            "http://exam\tple.com/",
            "http://example.com/\r\nX: y",
            " http://example.com/",
            "http://example.com/\u{0}",
            "http://999.1.1.1/",
            "http://1.2.3.4.5/",
            "http://ex%00ample.com/",
            "http://xn--a.xn--zzzz99999999/",
            "http://user@/",
            &long_label,
            &long_name,
            &long_url,
        ],
        is_misconfigured,
    );
}

#[test]
fn ports_of_other_services_need_an_exception_of_their_own() {
    check_all(&Guard::default(), &["http://8.8.8.8:25/", "http://8.8.8.8:6379/", "http://8.8.8.8:9200/"], is_forbidden);
    let open = Guard::from_entries(["10.0.0.0/8", "8.8.8.8/32:25"]).unwrap();
    check_all(&open, &["http://10.0.0.1:6379/", "http://8.8.8.8:465/", "http://8.8.4.4:25/"], is_forbidden);
    check_all(&open, &["http://10.0.0.1/", "http://8.8.8.8:25/"], |verdict| *verdict == Verdict::Allowed);
}

#[test]
fn an_exception_opens_what_it_says_and_nothing_beside() {
    let guard =
        Guard::from_entries(["127.0.0.1/32", "10.0.0.172/32:5984", "[fd00::]/8:443", " ::1 ", "172.16.0.1:8080"])
            .unwrap();
    check_all(
        &guard,
        &[
            "http://127.0.0.1:9000/",
            "http://127.1/",
            "http://10.0.0.172:5984/",
            "https://[fd12::1]/",
            "http://[::1]:81/",
            "http://172.16.0.1:8080/",
        ],
        |verdict| *verdict == Verdict::Allowed,
    );
    check_all(
        &guard,
        &[
            "http://127.0.0.2:9000/",
            "http://10.0.0.172/",
            "http://10.0.0.173:5984/",
            "https://[fd12::1]:444/",
            "https://[fc00::1]/",
            "http://[::2]/",
            "http://172.16.0.1/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/",
        ],
        is_forbidden,
    );
}

#[test]
fn an_exception_that_cannot_be_read_says_how_to_write_it() {
    let check = |entry: &str, part: &str| {
        let error = entry.parse::<Exception>().unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("HS-3003"), "{entry}: {error}");
    };
    check("", "is not a network");
    check("localhost", "names are not taken");
    check("intranet.example/24", "names are not taken");
    check("10.0.0.172/8", "did you mean 10.0.0.0/8?");
    check("10.0.0.0/33", "longer than its address");
    check("::/129", "longer than its address");
    check("10.0.0.0/", "no prefix length");
    check("10.0.0.0/+8", "no prefix length");
    check("10.0.0.0/8:0", "no port");
    check("10.0.0.0/8:65536", "no port");
    check("10.0.0.0/8:", "no port");
    check("fd00::/8:443", "brackets");
    check("[fd00::/8", "closing bracket");
    check("[fd00::]8", "behind the bracket");
    check("[10.0.0.0]/8", "leave them out");
    check("010.0.0.1", "is not a network");
}

#[test]
fn one_bad_answer_condemns_the_name() {
    let guard = Guard::default();
    let public = IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8));
    let public_v6: IpAddr = "2606:4700::1111".parse().unwrap();
    let private = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
    let loopback_v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let vet = |answers: &[IpAddr]| guard.vet_answers("app.example", answers, 443);
    assert_eq!(vet(&[public, public_v6]).unwrap(), [SocketAddr::new(public, 443), SocketAddr::new(public_v6, 443)]);
    for answers in [[public, private], [private, public], [public, loopback_v6]] {
        assert!(
            matches!(vet(&answers), Err(Refused::Forbidden(reason)) if reason.starts_with("app.example leads to ")),
            "{answers:?}"
        );
    }
    assert!(matches!(vet(&[public; ADDRESSES_MAX + 1]), Err(Refused::Forbidden(_))));
    assert!(matches!(vet(&[]), Err(Refused::Unresolved(_))));
}

#[test]
fn credentials_leave_the_url() {
    let destination = Destination::parse("https://us%65r:p%40ss@app.example:8443/x?y=1#frag").unwrap();
    assert_eq!(&*destination.shown, "https://app.example:8443/x?y=1");
    assert_eq!((destination.path.as_str(), destination.authority.as_str()), ("/x?y=1", "app.example:8443"));
    assert_eq!(destination.authorization.unwrap().expose(), "Basic dXNlcjpwQHNz");
    assert_eq!(destination.password.unwrap().expose(), "p@ss");
    let plain = Destination::parse("http://[::1]").unwrap();
    assert_eq!((plain.path.as_str(), plain.authority.as_str()), ("/", "[::1]"));
    assert!(plain.authorization.is_none());
    assert_eq!(format!("{:?}", Destination::parse("http://u:secret@x/").unwrap()).matches("secret").count(), 0);
}

proptest! {
    #[test]
    fn no_embedding_of_an_ipv4_address_is_better_than_itself(bits in any::<u32>(), low in any::<u64>()) {
        let v4 = Ipv4Addr::from_bits(bits);
        let wide = u128::from(bits);
        let embeddings = [
            wide,                                         // compatible
            0xffff_u128 << 32 | wide,                     // mapped
            0xffff_u128 << 48 | wide,                     // translated (SIIT)
            0x0064_ff9b_u128 << 96 | wide,                // NAT64
            0x0064_ff9b_0001_u128 << 80 | wide,           // local NAT64
            0x2002_u128 << 112 | wide << 80 | u128::from(low), // 6to4
            0x2001_0000_u128 << 96 | wide << 64 | u128::from(low), // Teredo, server
            0x2001_0000_u128 << 96 | u128::from(low >> 32) << 32 | u128::from(!bits), // Teredo, client
            0xfe80_u128 << 112 | 0x5efe_u128 << 32 | wide, // ISATAP
        ];
        let guard = Guard::default();
        for embedding in embeddings {
            let address = SocketAddr::new(IpAddr::V6(Ipv6Addr::from_bits(embedding)), 443);
            prop_assert!(guard.admit(address).is_err(), "{v4} as {address}");
        }
    }

    #[test]
    fn nothing_outside_of_the_global_network_passes(bits in any::<u128>()) {
        prop_assume!(bits >> 125 != 1);
        prop_assert!(Guard::default().admit(SocketAddr::new(IpAddr::V6(Ipv6Addr::from_bits(bits)), 443)).is_err());
    }

    #[test]
    fn any_text_is_judged(url in prop_oneof![any::<String>(), "https?://[a-z0-9.:@%\\[\\]/\\\\#?-]{0,40}"]) {
        let _ = Guard::default().judge(&url);
        if let Ok(destination) = Destination::parse(&url) {
            prop_assert!(!destination.shown.contains('@') || destination.path.contains('@'));
            prop_assert!(destination.path.starts_with('/'));
        }
    }

    #[test]
    fn any_entry_is_read_or_refused(entry in "[0-9a-f.:/\\[\\]]{0,24}") {
        if let Ok(exception) = entry.parse::<Exception>() {
            prop_assert!(!exception.to_string().is_empty());
        }
    }
}
