//! What needs two tables at once: ids that must differ, names that must exist, addresses, clashes, shared secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use callbacks::guard::{Destination, DestinationHost, Guard, Verdict};
use domain::address::AddressKey;
use domain::directory::{Name, Route};
use domain::route::index::clashes;

use super::code::Code;
use super::hint::did_you_mean;
use super::problem::Report;
use super::read::{Draft, RouteDraft};
use super::section::At;

/// Checks a draft.
pub(crate) fn check(draft: &Draft, report: &Report) {
    duplicates("[[account]]", draft.accounts.iter().filter_map(|account| account.key.as_ref()), report);
    duplicates("[[channel]]", draft.channels.iter().filter_map(|channel| channel.id.as_ref()), report);
    duplicates("[[application]]", draft.applications.iter().filter_map(|app| app.id.as_ref()), report);
    known_accounts(draft, report);
    known_applications(draft, report);
    served_addresses(draft, report);
    clashing_routes(&draft.routes, report);
    shared_secrets(draft, report);
    for url in draft.applications.iter().flat_map(|application| &application.urls) {
        guarded_url(url, &draft.guard, report);
    }
}

fn line(report: &Report, span: &Range<usize>) -> usize {
    report.place(span.start).line
}

fn duplicates<'a>(title: &str, ids: impl Iterator<Item = &'a At<Name>>, report: &Report) {
    let mut first_of: BTreeMap<&str, &Range<usize>> = BTreeMap::new();
    for id in ids {
        match first_of.get(&*id.value) {
            None => {
                first_of.insert(&id.value, &id.span);
            }
            Some(first) => {
                let line = line(report, first);
                let sentence = format!("another {title} is named \"{}\", on line {line}; rename one of them", id.value);
                report.problem(Code::DuplicateId, &id.span, sentence);
            }
        }
    }
}

fn known_accounts(draft: &Draft, report: &Report) {
    let known: BTreeSet<&str> =
        draft.accounts.iter().filter_map(|account| Some(&*account.key.as_ref()?.value)).collect();
    for account in draft.applications.iter().filter_map(|application| application.account.as_ref()) {
        if !known.contains(&*account.value) {
            let hint = did_you_mean(&account.value, known.iter().copied());
            let sentence = format!(
                "there is no account \"{0}\"; add an [[account]] with key = \"{0}\" or name another{hint}",
                account.value
            );
            report.problem(Code::UnknownAccount, &account.span, sentence);
        }
    }
}

fn known_applications(draft: &Draft, report: &Report) {
    let known: BTreeSet<&str> = draft.applications.iter().filter_map(|app| Some(&*app.id.as_ref()?.value)).collect();
    let mut routed: BTreeSet<&str> = BTreeSet::new();
    for application in draft.routes.iter().filter_map(|route| route.application.as_ref()) {
        routed.insert(&application.value);
        if !known.contains(&*application.value) {
            let hint = did_you_mean(&application.value, known.iter().copied());
            let sentence = format!(
                "there is no application \"{0}\"; add an [[application]] with id = \"{0}\" or name another{hint}",
                application.value
            );
            report.problem(Code::UnknownApplication, &application.span, sentence);
        }
    }
    for id in draft.applications.iter().filter_map(|application| application.id.as_ref()) {
        if !routed.contains(&*id.value) {
            let sentence = format!(
                "no [[route]] leads to the application \"{}\": it will get no messages, and has to name a service \
                 address with each send",
                id.value
            );
            report.warning(Code::NoRoute, &id.span, sentence);
        }
    }
}

fn served_addresses(draft: &Draft, report: &Report) {
    let mut served_by: BTreeMap<AddressKey, (&str, &Range<usize>)> = BTreeMap::new();
    for channel in &draft.channels {
        if channel.addresses.is_empty() {
            let sentence = format!("{} lists no `addresses`: nothing can be sent over it", channel.name);
            report.warning(Code::NoAddresses, &channel.span, sentence);
        }
        for address in &channel.addresses {
            if let Some((other, span)) = served_by.get(&address.value.key()) {
                let line = line(report, span);
                let sentence = format!(
                    "the service address {} is already served by {other}, on line {line}; take it out of one of them",
                    address.value
                );
                report.problem(Code::AddressServedTwice, &address.span, sentence);
            } else {
                served_by.insert(address.value.key(), (&channel.name, &address.span));
            }
        }
    }
    for address in draft.routes.iter().filter_map(|route| route.address.as_ref()) {
        if !served_by.contains_key(&address.value.key()) {
            let known: Vec<&str> = served_by.keys().map(AddressKey::as_str).collect();
            let hint = did_you_mean(address.value.key().as_str(), known);
            let sentence = format!(
                "no channel serves the address {}; list it under `addresses` of a [[channel]]{hint}",
                address.value
            );
            report.problem(Code::UnservedAddress, &address.span, sentence);
        }
    }
}

fn clashing_routes(drafts: &[RouteDraft], report: &Report) {
    let complete = drafts.iter().filter_map(|draft| Some((draft, draft.built.clone()?)));
    let (drafts, routes): (Vec<&RouteDraft>, Vec<Route>) = complete.unzip();
    for clash in clashes(&routes) {
        let (first, hidden) = (&drafts[clash.first].span, &drafts[clash.hidden].span);
        let sentence = format!(
            "{clash}: the one on line {} always wins over the one on line {}; change or remove one of them",
            line(report, first),
            line(report, hidden)
        );
        report.problem(Code::RouteClash, hidden, sentence);
    }
}

/// A token says who asks, so it must not open two accounts; an API key is all the Service Layer shows of an
/// application.
fn shared_secrets(draft: &Draft, report: &Report) {
    let operator = draft.operator_token.iter().map(|token| ("the operator token", token));
    let tokens = draft.accounts.iter().flat_map(|account| &account.tokens).map(|token| ("an account's token", token));
    let keys = draft.applications.iter().filter_map(|app| Some(("an application's `api_key`", app.api_key.as_ref()?)));
    for doors in [operator.chain(tokens).collect::<Vec<_>>(), keys.collect()] {
        let mut first_of: BTreeMap<&str, (&str, &Range<usize>)> = BTreeMap::new();
        for (what, secret) in doors {
            let exposed = secret.value.expose();
            if let Some((other, span)) = first_of.get(exposed) {
                let line = line(report, span);
                let sentence = format!("{what} is the same as {other} on line {line}; make a new one for one of them");
                report.problem(Code::SharedSecret, &secret.span, sentence);
            } else {
                first_of.insert(exposed, (what, &secret.span));
            }
        }
    }
}

/// Warns when the outbound guard will refuse every callback.
fn guarded_url(url: &At<String>, guard: &Guard, report: &Report) {
    let verdict = match guard.judge(&url.value) {
        Verdict::DependsOnName(name) if is_this_machine(&name) => {
            let port = Destination::parse(&url.value).map_or(0, |destination| destination.port);
            guard.judge(&format!("http://127.0.0.1:{port}/"))
        }
        verdict => verdict,
    };
    let Verdict::Forbidden(reason) = verdict else { return };
    let host = Destination::parse(&url.value).map(|destination| match destination.host {
        DestinationHost::Address(address) if address.is_ipv6() => format!("[{address}]/128:{}", destination.port),
        DestinationHost::Address(address) => format!("{address}/32:{}", destination.port),
        DestinationHost::Name(_) => format!("127.0.0.1/32:{}", destination.port),
    });
    let entry = host.unwrap_or_default();
    let sentence = format!(
        "callbacks to this URL will be refused: {reason}; to permit them add \"{entry}\" to `allow` of [callbacks]"
    );
    report.warning(Code::GuardedUrl, &url.span, sentence);
}

/// Names that always lead to the loopback address (RFC 6761 §6.3).
fn is_this_machine(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}
