//! Taking the text of a receipt apart: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`
//! (SMPP 3.4 appendix B). What the fields mean is read by [`super::Receipt`].

/// The fields found, each from its first occurrence and without the spaces and commas around it.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) sub: Option<&'a str>,
    pub(super) dlvrd: Option<&'a str>,
    pub(super) submit_date: Option<&'a str>,
    pub(super) done_date: Option<&'a str>,
    pub(super) stat: Option<&'a str>,
    pub(super) err: Option<&'a str>,
    pub(super) text: Option<&'a str>,
    begins_with_id: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// Spellings of the keys in small letters; a space stands for none, one or several of space, `_` and `-`.
const KEYS: &[(&str, Key)] = &[
    ("id", Key::Id),
    ("msg id", Key::Id),
    ("message id", Key::Id),
    ("sub", Key::Sub),
    ("dlvrd", Key::Dlvrd),
    ("dlvd", Key::Dlvrd),
    ("submit date", Key::SubmitDate),
    ("sub date", Key::SubmitDate),
    ("done date", Key::DoneDate),
    ("stat", Key::Stat),
    ("status", Key::Stat),
    ("state", Key::Stat),
    ("err", Key::Err),
    ("error", Key::Err),
    ("err code", Key::Err),
    ("error code", Key::Err),
    ("text", Key::Text),
];

/// What stands around values: spaces, separators, the NUL of a C string, quotes.
const fn around(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | ',' | ';' | '&' | '|' | '\0' | '"' | '\'')
}

impl<'a> Fields<'a> {
    /// Finds the fields. All that follows `text:` is the original message and isn't searched.
    pub(super) fn find(text: &'a str) -> Fields<'a> {
        let mut fields = Fields::default();
        let mut open: Option<(Key, usize)> = None;
        let mut at = 0;
        while at < text.len() {
            let Some((key, value_at)) = key_at(text, at) else {
                at += 1;
                continue;
            };
            if open.is_none() {
                fields.begins_with_id = key == Key::Id && text[..at].trim_matches(around).is_empty();
            }
            if let Some((before, from)) = open {
                fields.put(before, &text[from..at]);
            }
            open = Some((key, value_at));
            at = value_at;
            if key == Key::Text {
                break;
            }
        }
        if let Some((key, from)) = open {
            fields.put(key, &text[from..]);
        }
        fields
    }

    /// Whether this can't be anything else: it begins with an id, tells a state, and one thing more.
    pub(super) fn are_a_receipt(&self) -> bool {
        let more = [self.sub, self.dlvrd, self.submit_date, self.done_date, self.err];
        self.begins_with_id
            && self.id.is_some()
            && self.stat.and_then(super::MessageState::of_text).is_some()
            && more.iter().any(Option::is_some)
    }

    fn put(&mut self, key: Key, value: &'a str) {
        let value = match key {
            Key::Text => value.trim_matches('\0').trim(),
            // Fields that we have no name for may follow inside; they end the first word.
            Key::SubmitDate | Key::DoneDate => date_of(value.trim_matches(around)),
            Key::Stat => state_of(value.trim_matches(around)),
            _ => value.trim_matches(around).split(around).next().unwrap_or_default(),
        };
        let field = match key {
            Key::Id => &mut self.id,
            Key::Sub => &mut self.sub,
            Key::Dlvrd => &mut self.dlvrd,
            Key::SubmitDate => &mut self.submit_date,
            Key::DoneDate => &mut self.done_date,
            Key::Stat => &mut self.stat,
            Key::Err => &mut self.err,
            Key::Text => &mut self.text,
        };
        if field.is_none() && !value.is_empty() {
            *field = Some(value);
        }
    }
}

/// Digits and what stands between the digits of a date.
fn date_of(value: &str) -> &str {
    let end = value.find(|c: char| !(c.is_ascii_digit() || " :-/.T+".contains(c)));
    value[..end.unwrap_or(value.len())].trim()
}

/// One word, or two for `EN ROUTE`.
fn state_of(value: &str) -> &str {
    let words = if value.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("en ")) { 2 } else { 1 };
    let end = value.match_indices(around).nth(words - 1).map_or(value.len(), |(at, _)| at);
    &value[..end]
}

/// A key that begins at `at`, and where its value begins.
fn key_at(text: &str, at: usize) -> Option<(Key, usize)> {
    let bytes = text.as_bytes();
    let inside_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if inside_word || !bytes[at].is_ascii_alphabetic() {
        return None;
    }
    // Most words are none of ours, which their first letter shows.
    let first = bytes[at].to_ascii_lowercase();
    let likely = KEYS.iter().filter(|(spelling, _)| spelling.as_bytes().first() == Some(&first));
    likely.copied().find_map(|(spelling, key)| Some((key, value_after(bytes, at, spelling)?)))
}

/// Where the value begins if `spelling` and a colon (or an equals sign) stand at `at`.
fn value_after(bytes: &[u8], mut at: usize, spelling: &str) -> Option<usize> {
    for letter in spelling.bytes() {
        if letter == b' ' {
            at += bytes[at..].iter().take_while(|byte| b" _-".contains(byte)).count();
        } else if bytes.get(at)?.eq_ignore_ascii_case(&letter) {
            at += 1;
        } else {
            return None;
        }
    }
    at += bytes[at..].iter().take_while(|byte| **byte == b' ').count();
    matches!(bytes.get(at)?, b':' | b'=').then_some(at + 1)
}
