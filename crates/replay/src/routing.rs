//! Addresses, keywords and the choice between routes: one spelling for what is the same, and the explanation is the
//! decision.

use domain::address::Address;
use domain::directory::{Account, Application, Contract, Directory, KeywordMatch, RetryPolicy, Route};
use domain::limit::ADDRESS_CHARS_MAX;
use domain::route::explain::explain;
use domain::route::{Choice, choose};
use domain::secret::Secret;
use domain::text::fold::{bare, exact, folded, starts_with_word};
use domain::time::At;

use crate::input::Input;

/// Most routes of one input.
const ROUTES_MAX: usize = 12;

/// An address, how many routes with their keywords, and a text.
pub fn check(octets: &[u8]) {
    let mut input = Input::new(octets);
    let address = input.text();
    addresses(&address);
    let to = Address::from_network(&address);
    let routes: Vec<Route> =
        (0..usize::from(input.octet()) % ROUTES_MAX).map(|at| route(&mut input, at, &to)).collect();
    let text = String::from_utf8_lossy(input.rest()).into_owned();
    words(&text);
    for route in &routes {
        if let Some(keyword) = &route.keyword {
            keywords(keyword, &text);
        }
    }
    choice(routes, &to, &text);
}

fn addresses(text: &str) {
    let network = Address::from_network(text);
    assert!(network.as_str().chars().count() <= ADDRESS_CHARS_MAX && !network.key().as_str().is_empty());
    assert!(!network.as_str().chars().any(char::is_control));
    let Ok(address) = Address::parse(text) else { return };
    assert_eq!(Address::parse(address.as_str()).as_ref(), Ok(&address));
    assert_eq!(network.key(), address.key(), "an operator and a configuration mean the same");
    let key = address.key();
    // With the plus sign in front it must still be an address.
    let is_short = key.as_str().len() < ADDRESS_CHARS_MAX;
    if is_short && address.is_number() && !key.as_str().starts_with("00") {
        assert!(key.as_str().bytes().all(|octet| octet.is_ascii_digit()));
        let international = Address::parse(&format!("+{}", key.as_str())).expect("digits are an address");
        assert_eq!(international.key(), key);
        assert_eq!(international.key().shard(), key.shard());
    }
}

fn words(text: &str) {
    let once = folded(text);
    assert_eq!(folded(&once), once);
    assert_eq!(once.trim(), once);
    assert!(!once.contains("  "));
    assert!(once.ends_with(bare(&once)) || once.contains(bare(&once)));
    assert_eq!(folded(&format!(" \t{text}\n")), once);
}

fn keywords(keyword: &str, text: &str) {
    let keyword = folded(keyword);
    if keyword.is_empty() {
        return assert!(!exact(text, &keyword) && !starts_with_word(text, &keyword));
    }
    assert!(exact(&keyword, &keyword) && starts_with_word(&keyword, &keyword));
    assert!(starts_with_word(&folded(&format!("{keyword} {text}")), &keyword));
    let text = folded(text);
    if exact(&text, &keyword) {
        assert!(starts_with_word(&text, &keyword), "{text:?} is {keyword:?}, but does not begin with it");
    }
}

fn route(input: &mut Input<'_>, at: usize, to: &Address) -> Route {
    let kind = input.octet();
    let keyword = folded(&input.text());
    Route {
        application: format!("a{at}").into(),
        address: to.clone(),
        keyword: (kind & 2 == 0).then(|| keyword.into()),
        matching: if kind & 1 == 0 { KeywordMatch::Exact } else { KeywordMatch::StartsWith },
        session: false,
        session_ms: 0,
        auto_reply: None,
        auto_subscribe: false,
        confirmation: None,
    }
}

/// The rule by the book: an exact keyword, else the longest that the text starts with, else the one for everything. Of
/// equally long ones, that of the text as it is comes before that without the punctuation around it, and then the first.
fn expected(routes: &[Route], text: &str) -> Option<usize> {
    let text = folded(text);
    let best = |matching: KeywordMatch, takes: fn(&str, &str) -> bool| {
        let matched =
            routes.iter().enumerate().filter(|(_, route)| route.matching == matching).filter_map(|(at, route)| {
                let keyword = route.keyword.as_deref().filter(|keyword| takes(&text, keyword))?;
                Some((keyword.chars().count(), text.starts_with(keyword), std::cmp::Reverse(at)))
            });
        matched.max().map(|(_, _, std::cmp::Reverse(at))| at)
    };
    best(KeywordMatch::Exact, exact)
        .or_else(|| best(KeywordMatch::StartsWith, starts_with_word))
        .or_else(|| routes.iter().position(|route| route.keyword.is_none()))
}

fn choice(routes: Vec<Route>, to: &Address, text: &str) {
    let expected = expected(&routes, text);
    let applications = routes.iter().map(|route| application(&route.application)).collect();
    let account = Account { key: "acme".into(), tokens: vec![], concurrency: None };
    let directory = Directory::new(vec![account], applications, vec![], routes);
    let explanation = explain(&directory, None, to, text, At(0));
    let winners: Vec<_> = explanation.steps.iter().filter(|step| step.wins).collect();
    match choose(&directory, None, to, text, At(0)) {
        Choice::Session(_) => unreachable!("no phone is known"),
        Choice::Nobody => {
            assert_eq!(expected, None);
            assert!(explanation.application.is_none() && winners.is_empty());
        }
        Choice::Route(route) => {
            assert_eq!(Some(&*route.application), expected.map(|at| format!("a{at}")).as_deref());
            assert_eq!(explanation.application.as_ref(), Some(&route.application));
            assert_eq!(winners.len(), 1);
            assert_eq!(winners[0].application, route.application);
        }
    }
    assert_eq!(explanation.steps.len() + explanation.more, directory.routes.len());
}

fn application(id: &str) -> Application {
    Application {
        id: id.into(),
        account: "acme".into(),
        contract: Contract::ServiceLayer,
        url: "http://127.0.0.1:9000/".into(),
        api_key: Secret::new("key"),
        retry: RetryPolicy { waits_ms: vec![], for_ms: 0 },
        order_hold_ms: 0,
        concurrency: 1,
        timeout_ms: 1,
        report_queued: false,
        vumi: None,
    }
}
