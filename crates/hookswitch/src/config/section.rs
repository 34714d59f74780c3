//! Reading one table of the file: typed look-ups that report what is wrong and go on, so that one run shows all
//! problems. What a value means beyond its type is not judged here.

use std::ops::Range;

use domain::directory::Name;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::defaults::{LINE_BYTES_MAX, LIST_MAX, NAME_CHARS_MAX};
use super::hint::did_you_mean;
use super::keys::{Need, Number, Sheet, Words};
use super::problem::Report;

/// A value with its place in the text.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    /// The value.
    pub(crate) value: T,
    /// The bytes it stands in.
    pub(crate) span: Range<usize>,
}

impl<T> At<T> {
    /// Another value at the same place.
    pub(crate) fn with<U>(&self, value: U) -> At<U> {
        At { value, span: self.span.clone() }
    }
}

/// One table, its description, and where to report to.
pub(crate) struct Section<'a> {
    table: &'a DeTable<'a>,
    /// The bytes of its head.
    pub(crate) span: Range<usize>,
    sheet: &'static Sheet,
    /// How sentences name it, e.g. `[[channel]] "carrier"`.
    pub(crate) name: String,
    /// Where to report to.
    pub(crate) report: &'a Report,
}

impl<'a> Section<'a> {
    /// Opens a table; reports keys that its description does not have, and missing ones.
    pub(crate) fn open(table: At<&'a DeTable<'a>>, sheet: &'static Sheet, report: &'a Report) -> Section<'a> {
        let section = Section::quiet(table, sheet, report);
        section.refuse_unknown();
        for key in sheet.keys() {
            section.require(key.name);
        }
        section
    }

    /// Opens a table without a look at its keys.
    pub(crate) fn quiet(table: At<&'a DeTable<'a>>, sheet: &'static Sheet, report: &'a Report) -> Section<'a> {
        let At { value: table, span } = table;
        let id = ["id", "key", "application"].iter().find_map(|key| table.get(*key)?.get_ref().as_str());
        let shown = id.filter(|id| sheet.title.starts_with("[[") && is_name(id));
        let name = shown.map_or_else(|| sheet.title.to_owned(), |id| format!("{} \"{id}\"", sheet.title));
        Section { table, span, sheet, name, report }
    }

    /// Reports keys that the description does not have.
    pub(crate) fn refuse_unknown(&self) {
        for (key, _) in self.table.iter().filter(|(key, _)| self.sheet.key(key.get_ref()).is_none()) {
            let unknown = printable(key.get_ref());
            let hint = did_you_mean(&unknown, self.sheet.keys().map(|key| key.name));
            let sentence = format!("unknown key `{unknown}` in {}{hint}", self.name);
            self.problem(Code::UnknownKey, &key.span(), sentence);
        }
    }

    /// Reports a required key that is missing.
    pub(crate) fn require(&self, key: &str) {
        if let Some(Need::Required(example)) = self.sheet.key(key).map(|key| key.need)
            && !self.has(key)
        {
            let sentence = format!("{} has no `{key}`; add a line like `{key} = {example}`", self.name);
            self.problem(Code::MissingKey, &self.span, sentence);
        }
    }

    /// The raw value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        debug_assert!(self.sheet.key(key).is_some(), "{key} is not described in {}", self.sheet.title);
        self.table.get(key)
    }

    /// True when the key is there, whatever its value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The place of a key's value, or else of the table.
    pub(crate) fn span_of(&self, key: &str) -> Range<usize> {
        self.get(key).map_or_else(|| self.span.clone(), Spanned::span)
    }

    /// Reports a problem at a place of this table.
    pub(crate) fn problem(&self, code: Code, span: &Range<usize>, sentence: String) {
        self.report.problem(code, span, sentence);
    }

    /// Reports a value, or an element of a list, that is not of the described kind.
    pub(super) fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>) {
        let found = value.get_ref().type_str();
        let verb = if self.span_of(key) == value.span() { "is" } else { "holds" };
        let wanted = self.sheet.key(key).map_or(String::new(), |key| {
            let bounds = if key.bounds().is_empty() { String::new() } else { format!(", {}", key.bounds()) };
            let otherwise = match key.need {
                Need::Default(_) => format!("; left out, it is {}", key.default()),
                Need::Required(_) | Need::Optional => String::new(),
            };
            format!("{}{bounds}{otherwise}", key.kind())
        });
        let sentence = format!("`{key}` of {} {verb} {} {found}; it must be: {wanted}", self.name, article(found));
        self.problem(Code::WrongType, &value.span(), sentence);
    }

    /// A text that may have several lines; not empty.
    pub(crate) fn prose(&self, key: &str) -> Option<At<&'a str>> {
        let value = self.get(key)?;
        self.string(key, value)
    }

    /// A text on one line, not empty.
    pub(crate) fn text(&self, key: &str) -> Option<At<&'a str>> {
        let text = self.prose(key)?;
        self.one_line(key, text)
    }

    fn string(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<At<&'a str>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, value);
            return None;
        };
        if text.trim().is_empty() {
            let sentence = format!("`{key}` of {} is empty; give it a value or leave the line out", self.name);
            self.problem(Code::BadText, &value.span(), sentence);
            return None;
        }
        Some(At { value: text, span: value.span() })
    }

    fn one_line(&self, key: &str, text: At<&'a str>) -> Option<At<&'a str>> {
        let fault = if text.value.chars().any(char::is_control) {
            "contains a control character; take it out"
        } else if text.value.len() > LINE_BYTES_MAX {
            "is longer than 4096 bytes; shorten it"
        } else {
            return Some(text);
        };
        self.problem(Code::BadText, &text.span, format!("`{key}` of {} {fault}", self.name));
        None
    }

    /// A list of texts on one line each, at most `max`; empty when left out.
    pub(crate) fn texts(&self, key: &str, max: usize) -> Vec<At<&'a str>> {
        let elements = self.list(key, max).unwrap_or_default();
        let read = |element| self.one_line(key, self.string(key, element)?);
        elements.into_iter().filter_map(read).collect()
    }

    /// The elements of a list, at most `max`.
    pub(crate) fn list(&self, key: &str, max: usize) -> Option<Vec<&'a Spanned<DeValue<'a>>>> {
        let value = self.get(key)?;
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(key, value);
            return None;
        };
        if list.len() > max {
            let sentence = format!("`{key}` of {} has {} elements; at most {max} are possible", self.name, list.len());
            self.problem(Code::BadList, &value.span(), sentence);
        }
        Some(list.iter().take(max).collect())
    }

    /// Reports a list that is there but empty.
    pub(crate) fn refuse_empty(&self, key: &str) {
        if let Some(value) = self.get(key)
            && value.get_ref().as_array().is_some_and(|list| list.is_empty())
        {
            let sentence = format!("`{key}` of {} is empty; give at least one element", self.name);
            self.problem(Code::BadList, &value.span(), sentence);
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self, key: &str, default: bool) -> bool {
        let Some(value) = self.get(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(key, value);
            default
        })
    }

    /// A number with a default; its bounds fit the type.
    pub(crate) fn number<T: TryFrom<u64>>(&self, number: &Number) -> T {
        let default = number.default.expect("a number read like this has a default");
        let value = self.number_or_none(number).unwrap_or(default);
        T::try_from(value).ok().expect("the bounds of a number fit the type it is kept in")
    }

    /// A number that may be left out; its bounds fit the type.
    pub(crate) fn optional_number<T: TryFrom<u64>>(&self, number: &Number) -> Option<T> {
        let value = self.number_or_none(number)?;
        Some(T::try_from(value).ok().expect("the bounds of a number fit the type it is kept in"))
    }

    /// A bound with a default; none when it is negative, which stands for no bound.
    pub(crate) fn limit<T: TryFrom<u64>>(&self, number: &Number) -> Option<T> {
        let written = self.get(number.key).and_then(|value| value.get_ref().as_integer());
        let is_negative = written.is_some_and(|integer| integer.as_str().starts_with('-'));
        if is_negative { None } else { Some(self.number(number)) }
    }

    fn number_or_none(&self, number: &Number) -> Option<u64> {
        self.whole_number(number, self.get(number.key)?)
    }

    /// A value as a whole number within bounds.
    pub(crate) fn whole_number(&self, number: &Number, value: &Spanned<DeValue<'_>>) -> Option<u64> {
        let Number { key, unit, min, max, .. } = number;
        let Some(integer) = value.get_ref().as_integer() else {
            self.wrong_type(key, value);
            return None;
        };
        let read = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let inside = read.filter(|value| (min..=max).contains(&value));
        if inside.is_none() {
            let sentence = format!("`{key}` of {} is {integer}; give a number from {min} to {max} ({unit})", self.name);
            self.problem(Code::OutOfBounds, &value.span(), sentence);
        }
        inside
    }

    /// A list of numbers; none when left out or bad.
    pub(crate) fn numbers(&self, number: &Number) -> Option<Vec<u64>> {
        let elements = self.list(number.key, LIST_MAX)?;
        elements.into_iter().map(|element| self.whole_number(number, element)).collect()
    }

    /// A word with its meaning; none when left out or unknown.
    pub(crate) fn word<T: Copy>(&self, words: &Words<T>) -> Option<T> {
        let written = self.text(words.key)?;
        if let Some((_, meaning)) = words.words.iter().find(|(word, _)| *word == written.value) {
            return Some(*meaning);
        }
        let known = words.words.iter().map(|(word, _)| *word);
        let listed: Vec<String> = known.clone().map(|word| format!("\"{word}\"")).collect();
        let (key, shown) = (words.key, printable(written.value));
        let (code, sentence) = if words.not_yet.contains(&written.value) {
            let sentence = format!("{key} \"{shown}\" is not available yet; for now use {}", listed.join(" or "));
            (Code::NotYet, sentence)
        } else {
            let hint = did_you_mean(&shown, known);
            let sentence = format!("`{key}` of {} is \"{shown}\"; use {}{hint}", self.name, listed.join(" or "));
            (Code::UnknownWord, sentence)
        };
        self.problem(code, &written.span, sentence);
        None
    }

    /// A word, or the first one when it is left out or unknown.
    pub(crate) fn word_or_first<T: Copy>(&self, words: &Words<T>) -> T {
        self.word(words).unwrap_or(words.words[0].1)
    }

    /// An id or key.
    pub(crate) fn id(&self, key: &str) -> Option<At<Name>> {
        let text = self.text(key)?;
        if is_name(text.value) {
            return Some(text.with(text.value.into()));
        }
        let sentence = format!(
            "`{key}` of {} must be 1 to {NAME_CHARS_MAX} letters a to z, digits, dots, underscores and hyphens, \
             since it appears in URLs and logs",
            self.name
        );
        self.problem(Code::BadName, &text.span, sentence);
        None
    }

    /// A table inside of this one; missing keys in it are not reported.
    pub(crate) fn table(&self, key: &str, sheet: &'static Sheet) -> Option<Section<'a>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => {
                let section = Section::quiet(At { value: table, span: value.span() }, sheet, self.report);
                section.refuse_unknown();
                Some(section)
            }
            DeValue::Array(list) if list.iter().all(|element| element.get_ref().is_table()) => {
                let sentence = format!("there can be only one {0}; write {0} with single brackets", sheet.title);
                self.problem(Code::WrongType, &value.span(), sentence);
                None
            }
            _ => {
                self.table_wanted(key, value, sheet.title);
                None
            }
        }
    }

    fn table_wanted(&self, key: &str, value: &Spanned<DeValue<'_>>, written: &str) {
        let found = value.get_ref().type_str();
        let sentence = format!("`{key}` is {} {found} here; it must be written {written}", article(found));
        self.problem(Code::WrongType, &value.span(), sentence);
    }

    /// The tables of a list of tables.
    pub(crate) fn tables(&self, key: &str) -> Vec<At<&'a DeTable<'a>>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.table_wanted(key, value, &format!("[[{key}]], with two brackets"));
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(list.len());
        for element in list.iter() {
            match element.get_ref() {
                DeValue::Table(table) => tables.push(At { value: table, span: element.span() }),
                _ => self.table_wanted(key, element, &format!("[[{key}]], with two brackets")),
            }
        }
        tables
    }
}

/// What may be an id: letters, digits, dots, underscores and hyphens, since it appears in URLs, logs and metrics.
fn is_name(text: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// A value as sentences may show it.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect()
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'i']) { "an" } else { "a" }
}
