//! Query parameters of lists, taken one by one: an unknown or unreadable one is refused by name, never ignored,
//! because a filter that is ignored shows too much.

use std::borrow::Cow;

use engine::page::PAGE_ROWS_MAX;

use crate::problem::{Complaint, Kind, Problem};

/// Rows of a page when the client does not say.
const LIMIT_DEFAULT: usize = 50;
/// Most parameters of one request.
const PARAMETERS_MAX: usize = 32;

/// Parameters on their way to being understood.
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    /// Those understood, to make the link to the next page of.
    taken: Vec<(&'static str, String)>,
    complaints: Vec<Complaint>,
}

impl Parameters {
    /// Reads the query of a request's target.
    pub(crate) fn of(uri: &http::Uri) -> Parameters {
        let query = uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes()).take(PARAMETERS_MAX);
        let pairs = pairs.map(|(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into_owned(), value.into_owned()));
        Parameters { pairs: pairs.collect(), taken: Vec::new(), complaints: Vec::new() }
    }

    /// Takes a parameter as written; an empty one is none.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let position = self.pairs.iter().position(|(own, _)| own == name)?;
        let (_, value) = self.pairs.remove(position);
        if value.is_empty() {
            return None;
        }
        self.taken.push((name, value.clone()));
        Some(value)
    }

    /// Takes a parameter and reads it; `expected` says what would have been understood.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.complaints.push(Complaint { name: name.to_owned(), detail: format!("must be {expected}") });
        }
        value
    }

    /// Takes `cursor`: where a page starts.
    pub(crate) fn cursor(&mut self) -> Option<u128> {
        let cursor = self.parsed("cursor", "taken from a next link", |text| u128::from_str_radix(text, 16).ok());
        self.taken.retain(|(name, _)| *name != "cursor");
        cursor
    }

    /// Takes `limit`.
    pub(crate) fn limit(&mut self) -> usize {
        let expected = format!("a whole number from 1 to {PAGE_ROWS_MAX}");
        let in_range = |n: &usize| (1..=PAGE_ROWS_MAX).contains(n);
        self.parsed("limit", &expected, |text| text.parse().ok().filter(in_range)).unwrap_or(LIMIT_DEFAULT)
    }

    /// Ends it: whatever was not taken is unknown. Returns the query of this page without its cursor.
    pub(crate) fn finish(mut self) -> Result<PageQuery, Problem> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            self.complaints.push(Complaint { name, detail: "unknown or repeated".to_owned() });
        }
        if !self.complaints.is_empty() {
            return Err(Problem::with_errors(Kind::Query, self.complaints));
        }
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.taken {
            query.append_pair(name, value);
        }
        Ok(PageQuery { query: query.finish() })
    }
}

/// The understood query of a page, to make links of.
pub(crate) struct PageQuery {
    query: String,
}

impl PageQuery {
    /// The target of the page that starts at this cursor.
    pub(crate) fn at(&self, path: &str, cursor: u128) -> String {
        let and = if self.query.is_empty() { "" } else { "&" };
        format!("{path}?{}{and}cursor={cursor:x}", self.query)
    }
}
