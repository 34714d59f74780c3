//! Where a text goes, found quickly and explained truly.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::explain::{Explanation, Rule, STEPS_MAX, explain};
use super::index::{RouteIndex, clashes};
use super::*;
use crate::directory::{Application, Channel, Contract, InDoubt, KeywordMatch, RetryPolicy, SegmentMark};
use crate::id::{MessageId, Stamp};
use crate::secret::Secret;
use crate::text::fold::{exact, folded, starts_with_word};

use KeywordMatch::{Exact, StartsWith};

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A route to the application of this name.
fn route(application: &str, on: &str, keyword: Option<&str>, matching: KeywordMatch) -> Route {
    Route {
        application: application.into(),
        address: address(on),
        keyword: keyword.map(Into::into),
        matching,
        session: false,
        session_ms: 1_000,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    }
}

fn application(id: &str) -> Application {
    Application {
        id: id.into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9000/".into(),
        api_key: Secret::new("key"),
        retry: RetryPolicy { waits_ms: vec![0], for_ms: 1_000 },
        order_hold_ms: 1_000,
        concurrency: 1,
        timeout_ms: 1_000,
        report_queued: false,
        vumi: None,
    }
}

fn channel() -> Channel {
    Channel {
        id: "carrier".into(),
        kind: "smpp",
        addresses: vec![address("8282")],
        in_doubt: InDoubt::Hold,
        segment_mark: SegmentMark::Udh8,
        reports: true,
        rate: 0,
        validity_ms: 1_000,
        dedupe_ms: 0,
        reassembly_ms: 1_000,
        ussd: None,
    }
}

/// Every route's application exists.
fn directory(routes: Vec<Route>) -> Directory {
    let applications = routes.iter().map(|r| application(&r.application)).collect();
    Directory::new(Vec::new(), applications, vec![channel()], routes)
}

fn session(application: &str, on: &str, expires_at: At) -> Session {
    Session {
        phone: address("+41791"),
        service_address: address(on),
        channel: "carrier".into(),
        application: application.into(),
        opened_by: MessageId::new(Stamp::new(1, 0), 0),
        opened_at: At(0),
        expires_at,
        idle_ms: 1_000,
    }
}

fn phone(sessions: Vec<Session>) -> PhoneRecord {
    PhoneRecord { sessions, ..PhoneRecord::new(address("+41791").key()) }
}

/// Where a text to 8282 goes, by the names of the routes below.
fn goes_to(routes: &[(&str, Option<&str>, KeywordMatch)], text: &str) -> Option<String> {
    let routes = routes.iter().map(|(name, keyword, matching)| route(name, "8282", *keyword, *matching)).collect();
    let directory = directory(routes);
    let found = directory.index.find(&address("8282"), text);
    found.map(|position| directory.routes[position].application.to_string())
}

#[test]
fn exact_comes_before_the_longest_start_and_that_before_everything() {
    let routes = [
        ("everything", None, StartsWith),
        ("short", Some("news"), StartsWith),
        ("long", Some("news sport"), StartsWith),
        ("exact", Some("news sport now"), Exact),
        ("second", Some("news"), StartsWith),
    ];
    let check = |text: &str, expected: &str| assert_eq!(goes_to(&routes, text).as_deref(), Some(expected), "{text:?}");
    check("news sport now", "exact");
    check(" NEWS  Sport NOW! ", "exact");
    check("news sport now please", "long");
    check("news sport", "long");
    check("news sports", "short");
    check("news", "short");
    check("news, sport", "short");
    check("newsport", "everything");
    check("", "everything");
    check("...", "everything");
}

#[test]
fn keywords_are_found_however_phones_write_them() {
    let check = |keyword: &str, matching: KeywordMatch, text: &str, expected: bool| {
        let found = goes_to(&[("a", Some(keyword), matching)], text).is_some();
        assert_eq!(found, expected, "{keyword:?} {matching:?} {text:?}");
    };
    check("Straße", Exact, "STRASSE", true);
    check("STRASSE", StartsWith, "straße 7", true);
    check("bilgi", Exact, "BİLGİ", true);
    check("BİLGİ", StartsWith, "bilgi istanbul", true);
    check("BILGI", StartsWith, "bılgı", true);
    check("погода", StartsWith, "ПОГОДА в Москве", true);
    check("погода", StartsWith, "погодаж", false);
    check("stop", Exact, "«Stop!»", true);
    check("stop", StartsWith, "\"stop\" it", true);
    check("stop", StartsWith, "stop\nit", true);
    check("stop", StartsWith, "don't stop", false);
    check("stop", Exact, "stop it", false);
    check("#1", StartsWith, "#1 now", true);
    check("1", StartsWith, "#1 now", false);
    check("cafe", StartsWith, "cafe\u{301} noir", false);
    check("क", StartsWith, "क्या", false);
    check("a!", StartsWith, "(a!", true);
    check("a!", Exact, "a!", true);
    check("👍", StartsWith, "👍👍", true);
    check("", Exact, "", false);
    check(" ", StartsWith, "", false);
    check("", StartsWith, "...", false);
}

#[test]
fn a_keyword_behind_punctuation_is_found_when_it_is_the_longer_one() {
    let routes = [("dash", Some("-"), StartsWith), ("stop", Some("stop"), StartsWith)];
    assert_eq!(goes_to(&routes, "- stop").as_deref(), Some("stop"));
    assert_eq!(goes_to(&routes, "-").as_deref(), Some("dash"));
    let routes = [("marked", Some(".ab"), StartsWith), ("bare", Some("ab c"), StartsWith)];
    assert_eq!(goes_to(&routes, ".ab c").as_deref(), Some("bare"), "it is the longer one by a character");
    let routes = [("bare", Some("ab-"), StartsWith), ("marked", Some("-ab"), StartsWith)];
    assert_eq!(goes_to(&routes, "-ab- c").as_deref(), Some("marked"), "of equals the one that leaves nothing out");
}

#[test]
fn routes_of_other_addresses_take_nothing() {
    let directory = directory(vec![route("a", "+41 79 000", None, StartsWith), route("b", "Acme", Some("go"), Exact)]);
    let find = |to: &str, text: &str| directory.index.find(&address(to), text);
    assert_eq!((find("0041790 00", "x"), find("41790001", "x")), (Some(0), None));
    assert_eq!((find("ACME", "go"), find("acme", "x"), find("nobody", "go")), (Some(1), None, None));
}

#[test]
fn a_session_comes_first_while_it_is_open_on_this_address_for_an_application_that_exists() {
    let directory = directory(vec![route("keyword", "8282", Some("go"), Exact), route("open", "1", None, Exact)]);
    let now = At::from_ms(1_000);
    let check = |sessions: Vec<Session>, expected: &str| {
        let phone = phone(sessions.clone());
        let to = address("8282");
        let chosen = match choose(&directory, Some(&phone), &to, "go", now) {
            Choice::Session(session) => session.application.to_string(),
            Choice::Route(route) => route.application.to_string(),
            Choice::Nobody => "nobody".to_owned(),
        };
        assert_eq!(chosen, expected, "{sessions:?}");
        let explained = explain(&directory, Some(&phone), &to, "go", now);
        assert_eq!(explained.application.as_deref(), Some(expected));
    };
    let later = At::from_ms(1_001);
    check(vec![], "keyword");
    check(vec![session("open", "8282", later)], "open");
    check(vec![session("open", "8282", now)], "keyword");
    check(vec![session("open", "9292", later)], "keyword");
    check(vec![session("gone", "8282", later)], "keyword");
    check(vec![session("keyword", "8282", later), session("open", "8282", later)], "open");
}

#[test]
fn rules_that_can_never_win_are_named() {
    let check = |routes: &[(&str, Option<&str>, KeywordMatch)], hidden: &[(usize, usize)]| {
        let routes: Vec<Route> = routes.iter().map(|(on, keyword, how)| route("a", on, *keyword, *how)).collect();
        let found: Vec<(usize, usize)> = clashes(&routes).iter().map(|c| (c.first, c.hidden)).collect();
        assert_eq!(found, hidden);
    };
    check(&[("8282", Some("a"), Exact), ("8282", Some("A "), Exact), ("8282", Some("a"), Exact)], &[(0, 1), (0, 2)]);
    check(&[("8282", Some("a"), Exact), ("8282", Some("a"), StartsWith), ("9292", Some("a"), Exact)], &[]);
    check(&[("+41791", None, Exact), ("0041791", None, StartsWith)], &[]);
    check(&[("+41791000", None, Exact), ("0041791000", None, StartsWith)], &[(0, 1)]);
    let words = |keyword: Option<&str>| {
        let routes = [route("a", "8282", keyword, Exact), route("b", "8282", keyword, Exact)];
        clashes(&routes)[0].to_string()
    };
    assert_eq!(words(Some("Go")), "two routes on 8282 have the keyword \"go\"");
    assert_eq!(words(None), "two routes on 8282 take everything");
}

#[test]
fn every_rule_that_loses_has_its_reason() {
    let directory = directory(vec![
        route("other", "9292", None, Exact),
        route("everything", "8282", None, Exact),
        route("whole", "8282", Some("weather"), Exact),
        route("short", "8282", Some("weather"), StartsWith),
        route("long", "8282", Some("weather in"), StartsWith),
        route("apart", "8282", Some("news"), StartsWith),
    ]);
    let explanation = explain(&directory, None, &address("8282"), "Weather in Zurich", At(0));
    let reasons: Vec<(&str, &str)> = explanation.steps.iter().map(|s| (&*s.application, s.reason.as_str())).collect();
    let expected = [
        ("long", "the text starts with \"weather in\", and no longer keyword matched"),
        ("other", "listens on 9292, not on 8282"),
        ("everything", "takes everything, but the rule of long comes first"),
        ("whole", "the whole text would have to be \"weather\""),
        ("short", "matches, but the rule of long comes first"),
        ("apart", "the text does not start with the word \"news\""),
    ];
    assert_eq!(reasons, expected);
    assert_eq!(explanation.summary, "goes to long: keyword \"weather in\"");
    assert_eq!(explanation.channel.as_deref(), Some("carrier"));
    let twice = ["first", "second"].map(|name| route(name, "8282", Some("stop"), Exact));
    let explanation = explain(&self::directory(twice.to_vec()), None, &address("8282"), "Stop!", At(0));
    let reasons: Vec<&str> = explanation.steps.iter().map(|s| s.reason.as_str()).collect();
    assert_eq!(reasons, ["the whole text is \"stop\"", "matches, but the rule of first comes first"]);
    let nobody = explain(&directory, None, &address("4711"), "x", At(0));
    assert_eq!((nobody.application, nobody.channel), (None, None));
    assert!(nobody.summary.starts_with("goes nowhere"));
}

#[test]
fn an_explanation_has_a_bound_and_shows_the_winner() {
    let mut routes: Vec<Route> = (0..1_000).map(|i| route("many", "8282", Some(&format!("k{i}")), Exact)).collect();
    routes.push(route("last", "8282", None, Exact));
    let explanation = explain(&directory(routes), None, &address("8282"), "x", At(0));
    assert_eq!(explanation.steps.len() + explanation.more, 1_001);
    assert!(explanation.steps.len() <= STEPS_MAX + 1);
    assert!(explanation.steps[0].wins && &*explanation.steps[0].application == "last");
}

/// The rule as the words say it: exact, else the longest keyword the text starts with, else everything; of equals the
/// one that needs no punctuation left out, else the first.
fn find_slowly(routes: &[Arc<Route>], to: &Address, text: &str) -> Option<usize> {
    let text = folded(text);
    let rank = |route: &Route| -> Option<(u8, usize, bool)> {
        let Some(keyword) = &route.keyword else { return Some((0, 0, true)) };
        let keyword = folded(keyword);
        let length = keyword.chars().count();
        match route.matching {
            Exact if exact(&text, &keyword) => Some((2, length, true)),
            StartsWith if starts_with_word(&text, &keyword) => Some((1, length, text.starts_with(&keyword))),
            _ => None,
        }
    };
    let here = routes.iter().enumerate().filter(|(_, r)| r.address.key() == to.key());
    let ranked = here.filter_map(|(position, r)| rank(r).map(|rank| (rank, std::cmp::Reverse(position))));
    ranked.max().map(|(_, position)| position.0)
}

fn any_address() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["8282", "+8282", "9292"])
}

/// Words over few letters, so that keywords and texts meet often: letters that fold, marks that join, punctuation.
fn any_text() -> impl Strategy<Value = String> {
    let letter = prop::sample::select(vec![
        "a", "A", "b", "ß", "ss", "İ", "i", " ", "  ", "-", "!", ".", "#", "1", "\u{301}", "😀", "क", "्",
    ]);
    vec(letter, 0..7).prop_map(|letters| letters.concat())
}

fn any_routes() -> impl Strategy<Value = Vec<Route>> {
    let matching = prop::sample::select(vec![Exact, StartsWith]);
    let one = (any_address(), prop::option::weighted(0.9, any_text()), matching, 0..4u8);
    let one = one.prop_map(|(on, keyword, how, name)| route(&format!("app{name}"), on, keyword.as_deref(), how));
    vec(one, 0..12)
}

/// The winner of an explanation, when there is one.
fn winner(explanation: &Explanation) -> Option<&Rule> {
    let wins: Vec<&Rule> = explanation.steps.iter().filter(|s| s.wins).map(|s| &s.rule).collect();
    assert!(wins.len() <= 1, "{explanation:?}");
    wins.first().copied()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_index_finds_what_a_scan_finds(routes in any_routes(), to in any_address(), text in any_text()) {
        let routes: Vec<Arc<Route>> = routes.into_iter().map(Arc::new).collect();
        let to = address(to);
        prop_assert_eq!(RouteIndex::new(&routes).find(&to, &text), find_slowly(&routes, &to, &text));
    }

    #[test]
    fn an_explanation_agrees_with_the_decision(
        routes in any_routes(),
        to in any_address(),
        text in any_text(),
        sessions in vec(("app[0-5]", any_address(), 0..3i64), 0..3),
    ) {
        let directory = directory(routes);
        let now = At(1);
        let sessions = sessions.into_iter().map(|(name, on, at)| session(&name, on, At(at))).collect();
        let (phone, to) = (phone(sessions), address(to));
        let explanation = explain(&directory, Some(&phone), &to, &text, now);
        let (rule, application) = match choose(&directory, Some(&phone), &to, &text, now) {
            Choice::Session(session) => (Some(Rule::Session), Some(&session.application)),
            Choice::Route(chosen) => {
                let position = directory.routes.iter().position(|r| Arc::ptr_eq(r, chosen));
                (position.map(Rule::Route), Some(&chosen.application))
            }
            Choice::Nobody => (None, None),
        };
        prop_assert_eq!(winner(&explanation), rule.as_ref());
        prop_assert_eq!(explanation.application.as_ref(), application);
        let routes = explanation.steps.iter().filter(|s| s.rule != Rule::Session).count();
        prop_assert_eq!((routes, explanation.more), (directory.routes.len(), 0));
        for step in &explanation.steps {
            prop_assert!(!step.reason.is_empty());
            prop_assert!(
                rule.is_some() || !step.reason.contains("comes first"),
                "nobody wins, yet it says: {}",
                step.reason
            );
        }
    }
}
