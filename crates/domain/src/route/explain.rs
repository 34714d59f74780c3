//! Says for any phone, address and text where it would go, and why every other rule lost.

use crate::address::Address;
use crate::directory::{Directory, KeywordMatch, Name, Route};
use crate::phone::PhoneRecord;
use crate::route::{Choice, choose, open_session};
use crate::text::fold::{exact, folded, starts_with_word};
use crate::time::At;

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// An open session of the phone.
    Session,
    /// A configured route, by its position.
    Route(usize),
}

/// One rule and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The rule.
    pub rule: Rule,
    /// The application it leads to.
    pub application: Name,
    /// True for the one that wins.
    pub wins: bool,
    /// Why it wins or loses.
    pub reason: String,
}

/// Where an MO would go and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The application; none when nobody wants it.
    pub application: Option<Name>,
    /// The channel that serves the address, when one does.
    pub channel: Option<Name>,
    /// The sentence that sums it up.
    pub summary: String,
    /// Every rule of the address, the winner first, at most [`STEPS_MAX`].
    pub steps: Vec<Step>,
    /// How many rules were left out of `steps`.
    pub more: usize,
}

/// Most rules shown.
pub const STEPS_MAX: usize = 200;

/// Explains; uses the same choice as the real decision.
pub fn explain(directory: &Directory, phone: Option<&PhoneRecord>, to: &Address, text: &str, now: At) -> Explanation {
    let choice = choose(directory, phone, to, text, now);
    let (winner, application, summary) = match &choice {
        Choice::Session(session) => (
            Some(Rule::Session),
            Some(session.application.clone()),
            format!("goes to {}: its session with this phone on {to} is open", session.application),
        ),
        Choice::Route(route) => {
            let position = directory.routes.iter().position(|r| std::sync::Arc::ptr_eq(r, route));
            let why = match &route.keyword {
                Some(keyword) => format!("goes to {}: keyword \"{keyword}\"", route.application),
                None => format!("goes to {}: it takes everything to {to}", route.application),
            };
            (position.map(Rule::Route), Some(route.application.clone()), why)
        }
        Choice::Nobody => (None, None, format!("goes nowhere: no open session and no route for {to} takes this text")),
    };
    let mut steps = Vec::new();
    if let Some(session) = phone.and_then(|p| open_session(p, to, now)) {
        steps.push(session_step(directory, &session.application, to));
    }
    let mut more = 0;
    let text = folded(text);
    for (position, route) in directory.routes.iter().enumerate() {
        let wins = winner == Some(Rule::Route(position));
        if steps.len() >= STEPS_MAX && !wins {
            more += 1;
            continue;
        }
        let reason = if wins { wins_because(route) } else { loses_because(route, to, &text, application.as_ref()) };
        steps.push(Step { rule: Rule::Route(position), application: route.application.clone(), wins, reason });
    }
    steps.sort_by_key(|step| !step.wins);
    let channel = directory.channel_for(to).map(|c| c.id.clone());
    Explanation { application, channel, summary, steps, more }
}

fn session_step(directory: &Directory, application: &Name, to: &Address) -> Step {
    let known = directory.applications.contains_key(application);
    let reason = if known {
        format!("the session on {to} is open, and sessions come before routes")
    } else {
        "the session is open, but its application is no longer configured".to_owned()
    };
    Step { rule: Rule::Session, application: application.clone(), wins: known, reason }
}

fn wins_because(route: &Route) -> String {
    match (&route.keyword, route.matching) {
        (None, _) => "takes everything to this address, and no keyword matched".to_owned(),
        (Some(keyword), KeywordMatch::Exact) => format!("the whole text is \"{keyword}\""),
        (Some(keyword), KeywordMatch::StartsWith) => {
            format!("the text starts with \"{keyword}\", and no longer keyword matched")
        }
    }
}

fn loses_because(route: &Route, to: &Address, text: &str, winner: Option<&Name>) -> String {
    if route.address.key() != to.key() {
        return format!("listens on {}, not on {to}", route.address);
    }
    let beaten = || winner.map_or("an earlier rule".to_owned(), |name| format!("the rule of {name}"));
    let Some(keyword) = &route.keyword else {
        return format!("takes everything, but {} comes first", beaten());
    };
    let folded_keyword = folded(keyword);
    match route.matching {
        KeywordMatch::Exact if exact(text, &folded_keyword) => format!("matches, but {} comes first", beaten()),
        KeywordMatch::Exact => format!("the whole text would have to be \"{keyword}\""),
        KeywordMatch::StartsWith if starts_with_word(text, &folded_keyword) => {
            format!("matches, but {} comes first", beaten())
        }
        KeywordMatch::StartsWith => format!("the text does not start with the word \"{keyword}\""),
    }
}
