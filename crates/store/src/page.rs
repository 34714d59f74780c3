//! What a page of a list is made of, whatever the backend: which rows are wanted, and where the next page starts.

use domain::callback::CallbackState;
use domain::id::Stamp;
use domain::message::MessageState;
use engine::page::{CallbackQuery, MessageQuery, PAGE_ROWS_MAX, Page, SCAN_ROWS_MAX};

use crate::record::message::direction_code;

/// Which messages are wanted; cheap questions first.
pub(crate) struct WantedMessages<'q> {
    query: &'q MessageQuery,
    phone: Option<&'q str>,
    text: Option<String>,
}

impl<'q> WantedMessages<'q> {
    pub(crate) fn new(query: &'q MessageQuery) -> WantedMessages<'q> {
        let text = query.text.as_ref().map(|text| text.to_lowercase());
        WantedMessages { query, phone: query.phone.as_ref().map(|key| key.as_str()), text }
    }

    /// Judged by what lies beside the record.
    pub(crate) fn by_columns(
        &self,
        account: Option<&str>,
        application: Option<&str>,
        phone: &str,
        direction: u8,
    ) -> bool {
        let query = self.query;
        query.account.as_deref().is_none_or(|wanted| account == Some(wanted))
            && query.application.as_deref().is_none_or(|wanted| application == Some(wanted))
            && self.phone.is_none_or(|wanted| wanted == phone)
            && query.direction.is_none_or(|wanted| direction_code(wanted) == direction)
    }

    pub(crate) fn by_text(&self, text: &str) -> bool {
        self.text.as_ref().is_none_or(|wanted| text.to_lowercase().contains(wanted.as_str()))
    }

    pub(crate) fn by_state(&self, state: MessageState) -> bool {
        self.query.state.is_none_or(|wanted| wanted == state)
    }

    /// The stamp all wanted ones are below, when there is a cursor.
    pub(crate) fn before(&self) -> Option<Stamp> {
        self.query.before
    }
}

/// Whether a callback is wanted.
pub(crate) fn wants_callback(query: &CallbackQuery, application: &str, state: CallbackState, failing: bool) -> bool {
    query.applications.as_ref().is_none_or(|wanted| wanted.iter().any(|name| &**name == application))
        && query.state.is_none_or(|wanted| wanted == state)
        && (!query.failing || failing)
}

/// How many rows a page may have.
pub(crate) fn rows_max(limit: usize) -> usize {
    limit.clamp(1, PAGE_ROWS_MAX)
}

/// Fills one page and stops when it is full or too many rows were looked at.
pub(crate) struct PageMaker<T> {
    rows: Vec<T>,
    rows_max: usize,
    scan_max: usize,
    looked_at: usize,
    last_looked: Option<u128>,
    last_taken: Option<u128>,
    next: Option<u128>,
}

impl<T> PageMaker<T> {
    pub(crate) fn new(limit: usize) -> PageMaker<T> {
        PageMaker::with_scan(limit, SCAN_ROWS_MAX)
    }

    pub(crate) fn with_scan(limit: usize, scan_max: usize) -> PageMaker<T> {
        let rows_max = rows_max(limit);
        let rows = Vec::with_capacity(rows_max);
        PageMaker { rows, rows_max, scan_max, looked_at: 0, last_looked: None, last_taken: None, next: None }
    }

    /// To be asked before a row is looked at; false: stop, the page is done.
    pub(crate) fn may_look(&mut self, key: u128) -> bool {
        if self.looked_at == self.scan_max {
            self.next = self.last_looked;
            return false;
        }
        self.looked_at += 1;
        self.last_looked = Some(key);
        true
    }

    /// A wanted row. False: the page was full, and it starts the next one.
    pub(crate) fn take(&mut self, key: u128, row: T) -> bool {
        if self.rows.len() == self.rows_max {
            self.next = self.last_taken;
            return false;
        }
        self.last_taken = Some(key);
        self.rows.push(row);
        true
    }

    /// True when nothing more is to be looked at.
    pub(crate) fn is_done(&self) -> bool {
        self.next.is_some()
    }

    pub(crate) fn page(self) -> Page<T> {
        Page { rows: self.rows, next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(
        keys: impl Iterator<Item = u128>,
        limit: usize,
        scan_max: usize,
        wanted: impl Fn(u128) -> bool,
    ) -> Page<u128> {
        let mut maker = PageMaker::with_scan(limit, scan_max);
        for key in keys {
            if !maker.may_look(key) || (wanted(key) && !maker.take(key, key)) {
                break;
            }
        }
        maker.page()
    }

    #[test]
    fn a_page_says_where_to_go_on_and_the_last_one_does_not() {
        assert_eq!(fill((1..=5).rev(), 2, 100, |_| true), Page { rows: vec![5, 4], next: Some(4) });
        assert_eq!(fill((1..=2).rev(), 2, 100, |_| true), Page { rows: vec![2, 1], next: None });
        assert_eq!(fill((1..=9).rev(), 2, 100, |key| key >= 8), Page { rows: vec![9, 8], next: None });
    }

    #[test]
    fn a_search_that_finds_little_stops_and_can_go_on() {
        let wanted = |key| key == 1 || key == 9;
        let first = fill((1..=10).rev(), 5, 4, wanted);
        assert_eq!(first, Page { rows: vec![9], next: Some(7) });
        let second = fill((1..7).rev(), 5, 4, wanted);
        assert_eq!(second, Page { rows: vec![], next: Some(3) });
        assert_eq!(fill((1..3).rev(), 5, 4, wanted), Page { rows: vec![1], next: None });
    }
}
