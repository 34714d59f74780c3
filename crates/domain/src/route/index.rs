//! Look-up of routes: one map for each kind of rule, so that 100,000 routes cost what ten do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::address::{Address, AddressKey};
use crate::directory::{KeywordMatch, Route};
use crate::text::fold::{bare, folded, starts_with_word, without_marks_before};

/// The rules of one service address. Values are positions in the directory's list of routes.
#[derive(Clone, Debug, Default)]
struct AddressRules {
    exact: BTreeMap<String, usize>,
    starts_with: BTreeMap<String, usize>,
    longest_chars: usize,
    everything: Option<usize>,
}

/// Finds the route for an address and a text.
#[derive(Clone, Debug, Default)]
pub struct RouteIndex {
    rules: BTreeMap<AddressKey, AddressRules>,
}

impl RouteIndex {
    /// Builds the index; of two rules with the same place the first wins.
    pub fn new(routes: &[Arc<Route>]) -> RouteIndex {
        let mut rules: BTreeMap<AddressKey, AddressRules> = BTreeMap::new();
        for (position, route) in routes.iter().enumerate() {
            let entry = rules.entry(route.address.key()).or_default();
            match (route.keyword.as_deref().map(folded), route.matching) {
                (None, _) => {
                    entry.everything.get_or_insert(position);
                }
                // Nothing is written in it, so no text has it (`text::fold`).
                (Some(keyword), _) if keyword.is_empty() => {}
                (Some(keyword), KeywordMatch::Exact) => {
                    entry.exact.entry(keyword).or_insert(position);
                }
                (Some(keyword), KeywordMatch::StartsWith) => {
                    entry.longest_chars = entry.longest_chars.max(keyword.chars().count());
                    entry.starts_with.entry(keyword).or_insert(position);
                }
            }
        }
        RouteIndex { rules }
    }

    /// The rule that takes a text: exact keyword, else the longest keyword that its words start with, else the rule
    /// for everything.
    pub fn find(&self, to: &Address, text: &str) -> Option<usize> {
        let rules = self.rules.get(&to.key())?;
        if rules.exact.is_empty() && rules.starts_with.is_empty() {
            return rules.everything;
        }
        let text = folded(text);
        let bare = bare(&text);
        let exact = rules.exact.get(&text).or_else(|| rules.exact.get(bare)).copied();
        exact.or_else(|| rules.longest_start(&text)).or(rules.everything)
    }
}

impl AddressRules {
    /// The longest keyword that the text starts with, with or without the punctuation before its first word.
    fn longest_start(&self, text: &str) -> Option<usize> {
        let whole = self.longest_prefix(text);
        let unmarked = without_marks_before(text);
        if unmarked.len() == text.len() {
            return whole.map(|(_, position)| position);
        }
        let without = self.longest_prefix(unmarked);
        let longer = if without.map(|(chars, _)| chars) > whole.map(|(chars, _)| chars) { without } else { whole };
        longer.map(|(_, position)| position)
    }

    /// The longest keyword that ends where a word of the text ends, and how many characters it has.
    fn longest_prefix(&self, text: &str) -> Option<(usize, usize)> {
        let mut found = None;
        let mut chars = 0;
        for (count, (at, c)) in text.char_indices().enumerate() {
            if count > self.longest_chars {
                return found;
            }
            if at > 0
                && !c.is_alphanumeric()
                && let Some(position) = self.starts_with.get(&text[..at])
                && starts_with_word(text, &text[..at])
            {
                found = Some((count, *position));
            }
            chars = count + 1;
        }
        self.starts_with.get(text).map(|position| (chars, *position)).or(found)
    }
}

/// Two rules of which only the first can ever win.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Position of the first rule.
    pub first: usize,
    /// Position of the rule it hides.
    pub hidden: usize,
    /// The address both listen on.
    pub address: Address,
    /// The keyword both have; none when both take everything.
    pub keyword: Option<String>,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.keyword {
            Some(keyword) => write!(f, "two routes on {} have the keyword \"{keyword}\"", self.address),
            None => write!(f, "two routes on {} take everything", self.address),
        }
    }
}

/// Rules that can never win because an earlier one has the same place.
pub fn clashes(routes: &[Route]) -> Vec<Clash> {
    let mut places: BTreeMap<(AddressKey, Option<(String, KeywordMatch)>), usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (position, route) in routes.iter().enumerate() {
        let keyword = route.keyword.as_deref().map(folded);
        let place = (route.address.key(), keyword.clone().map(|k| (k, route.matching)));
        match places.get(&place) {
            Some(first) => {
                found.push(Clash { first: *first, hidden: position, address: route.address.clone(), keyword });
            }
            None => {
                places.insert(place, position);
            }
        }
    }
    found
}
